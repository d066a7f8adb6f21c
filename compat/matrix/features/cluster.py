"""Several brokers."""

from compat.cluster.conftest import started
from compat.matrix.driver import Row
from compat.matrix.features.groups import Member, poll_until, values
from compat.matrix.features.stage import Stage

PARTITIONS = 6


def brokers(stage: Stage) -> None:
    """Three brokers, of which each stops once: a producer and a group go on without them."""
    directory = stage.directory / "cluster"
    directory.mkdir()
    with started(directory) as cluster:
        inner = Stage(stage.client, cluster, stage.directory, stage.drivers, stage.environment)
        topic, group = inner.topic(PARTITIONS), inner.new_name("g")
        producer, member = inner.driver(), Member(inner, group, topic)
        sent = 0
        for stopped in (None, *cluster.addresses):
            if stopped is not None:
                cluster.stop(stopped)
            rows = [Row(b"%d" % i, b"%d" % i, partition=i % PARTITIONS) for i in range(sent, sent + 60)]
            positions = producer.produce(topic, rows, acks="all")
            assert [partition for partition, _ in positions] == [row.partition for row in rows]
            sent += 60
            poll_until([member], "everything is read", lambda sent=sent: set(values([member])) == set(range(sent)))
            if stopped is not None:
                cluster.start(stopped)
        member.close()
        for driver in stage.drivers:
            driver.stop()
