"""A broker is stopped and started again every second while stock clients run.

Nothing acknowledged is lost, order within each partition holds, idempotent producers duplicate nothing, and every
consumer sees exactly what the log holds. For a whole minute: `make compat ARGS="-k restarts --restarts-s 60"`.
"""

import shutil
import time
from itertools import cycle

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from compat.cluster import loads
from compat.cluster.ledger import Row, faults

PARTITIONS = 6
PAUSE_S = 0.5


def create(cluster, topic):
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 3)])[topic].result(30)


def restart_brokers(cluster, seconds):
    """One broker after the other is stopped and started, one of them each second."""
    end_s = time.monotonic() + seconds
    node_ids = cycle(cluster.addresses)
    while time.monotonic() < end_s:
        node_id = next(node_ids)
        cluster.stop(node_id)
        time.sleep(PAUSE_S)
        cluster.start(node_id)
        time.sleep(PAUSE_S)


def check(load, cluster, topic):
    """The log, with which what the producer was told agrees."""
    log = loads.read_all(cluster.bootstrap, topic, PARTITIONS)
    assert len(load.acknowledged) > 100
    assert load.errors == []
    assert faults(load.acknowledged, log, exactly_once=load.exactly_once) == []
    return log


def by_partition(rows):
    return [[row for row in rows if row.partition == partition] for partition in range(PARTITIONS)]


@pytest.mark.timeout(400)
def test_python_clients(cluster, topic, restarts_s):
    pairs = {}
    for producer, reader in (
        (loads.KafkaPythonProducer, loads.ConfluentReader),
        (loads.KafkaPythonPlainProducer, loads.KafkaPythonReader),
        (loads.ConfluentIdempotentProducer, loads.KafkaPythonReader),
    ):
        name = f"{topic}-{producer.__name__}"
        create(cluster, name)
        pairs[name] = [kind(cluster.bootstrap, name, PARTITIONS) for kind in (producer, reader)]
    restart_brokers(cluster, restarts_s)
    for name, (load, reader) in pairs.items():
        load.stop()
        reader.stop()
        assert by_partition(reader.rows) == by_partition(check(load, cluster, name))


@pytest.mark.timeout(400)
def test_a_group_sees_everything_and_its_coordinator_moves(cluster, topic, restarts_s):
    create(cluster, topic)
    load = loads.ConfluentIdempotentProducer(cluster.bootstrap, topic, PARTITIONS)
    group = loads.ConfluentGroup(cluster.bootstrap, topic, PARTITIONS)
    restart_brokers(cluster, restarts_s)
    load.stop()
    group.stop()
    assert set(group.rows) == set(check(load, cluster, topic))


@pytest.mark.timeout(400)
@pytest.mark.skipif(shutil.which("mvn") is None, reason="no JDK or Maven")
def test_java_clients(cluster, topic, restarts_s, tmp_path):
    create(cluster, topic)
    load = loads.JavaProducer(cluster.bootstrap, topic, tmp_path)
    reader = loads.JavaReader(cluster.bootstrap, topic, tmp_path)
    time.sleep(3)  # for the two to have started
    restart_brokers(cluster, restarts_s)
    load.stop()
    first = [row.number for row in by_partition(check(load, cluster, topic))[0]]
    assert reader.stop(first[-1]) == first


GOOD = [Row(0, offset, number) for offset, number in enumerate([0, 2, 4])] + [Row(1, 0, 1)]


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (GOOD, ""),
        (GOOD[:2] + GOOD[3:], "was acknowledged, but there is None"),
        ([Row(0, 0, 0), Row(0, 1, 4), Row(0, 2, 2), Row(1, 0, 1)], "was acknowledged, but there is 4"),
        ([Row(0, 0, 0), Row(0, 1, 2), Row(0, 2, 4), Row(0, 3, 3), Row(1, 0, 1)], "partition 0 is out of order"),
        ([*GOOD[:3], Row(0, 3, 4), Row(1, 0, 1)], "partition 0 holds 1 duplicates"),
        ([*GOOD[:3], Row(0, 4, 6), Row(1, 0, 1)], "the offsets of partition 0 are not dense"),
    ],
)
def test_the_ledger_sees_what_is_wrong(log, said):
    found = " ".join(faults(GOOD, log, exactly_once=True))
    assert said in found
    assert bool(said) == bool(found)


def test_only_an_idempotent_producer_must_not_write_twice():
    assert faults(GOOD, [*GOOD[:3], Row(0, 3, 2), Row(1, 0, 1)], exactly_once=False) == []
