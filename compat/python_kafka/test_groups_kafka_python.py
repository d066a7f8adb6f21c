"""kafka-python in groups: two consumers share, one leaves or dies, the other goes on where it was; the admin's view."""

import contextlib
import subprocess
import sys
import time

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import NewTopic
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from compat.conftest import running

WAIT_S = 40
PARTITIONS = 4
POLL_MS = 350
"""Not what its metadata retries take: a poll that ends in the same moment as a join makes the client forget it."""


@pytest.fixture
def filled(broker, topic):
    """The topic has four partitions with ten records each."""
    fill(broker.bootstrap, topic)
    return topic


def fill(bootstrap, topic):
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    with contextlib.closing(KafkaProducer(bootstrap_servers=bootstrap)) as producer:
        for index in range(10 * PARTITIONS):
            producer.send(topic, b"%d" % index, partition=index % PARTITIONS)
        producer.flush(WAIT_S)


def join(bootstrap, topic, **options):
    options = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 300, "enable_auto_commit": False} | options
    return KafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=f"g-{topic}", auto_offset_reset="earliest", **options
    )


def poll_until(done, consumers):
    """What each consumer has read until done() holds."""
    read = {consumer: [] for consumer in consumers}
    deadline = time.monotonic() + WAIT_S
    while not done(read):
        assert time.monotonic() < deadline, {id(c): (c.assignment(), len(rows)) for c, rows in read.items()}
        for consumer, rows in read.items():
            for records in consumer.poll(timeout_ms=POLL_MS).values():
                rows += [int(record.value) for record in records]
    return read


def shared(consumers):
    """Whether the consumers have all partitions, each as many as the others, none twice."""
    assigned = [consumer.assignment() for consumer in consumers]
    return (
        len(set().union(*assigned)) == sum(map(len, assigned)) == PARTITIONS
        and len({len(each) for each in assigned}) == 1
    )


def test_two_share_one_leaves_the_other_goes_on(broker, filled):
    with contextlib.closing(join(broker.bootstrap, filled)) as first:
        read = poll_until(lambda read: len(read[first]) == 40, [first])
        assert sorted(read[first]) == list(range(40))
        first.commit()
        second = join(broker.bootstrap, filled)
        poll_until(lambda _read: shared([first, second]), [first, second])
        second.close()
        read = poll_until(lambda _read: shared([first]), [first])
        assert read[first] == []
        assert {first.committed(partition) for partition in first.assignment()} == {10}


CRASHING = """
import sys
from kafka import KafkaConsumer, OffsetAndMetadata
consumer = KafkaConsumer(
    sys.argv[2], bootstrap_servers=sys.argv[1], group_id="g-" + sys.argv[2], auto_offset_reset="earliest",
    session_timeout_ms=6000, heartbeat_interval_ms=300, enable_auto_commit=False,
)
while True:
    if consumer.poll(timeout_ms=2000):  # kafka-python forgets a join that ends between two polls
        consumer.commit({partition: OffsetAndMetadata(5, "half", -1) for partition in consumer.assignment()})
        print(len(consumer.assignment()), flush=True)
"""


def test_a_killed_consumers_partitions_are_taken_over(broker, filled):
    command = [sys.executable, "-c", CRASHING, broker.bootstrap, filled]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as first, contextlib.ExitStack() as stack:
        stack.callback(first.kill)
        assert int(first.stdout.readline()) == PARTITIONS
        with contextlib.closing(join(broker.bootstrap, filled)) as second:
            read = poll_until(lambda _read: len(second.assignment()) == PARTITIONS // 2, [second])[second]
            first.kill()
            read += poll_until(lambda _read: len(second.assignment()) == PARTITIONS, [second])[second]
            read += poll_until(lambda more: len(set(read + more[second])) == 20, [second])[second]
            assert set(read) == set(range(20, 40))  # each partition from its committed offset on


ASSIGNORS = [
    RangePartitionAssignor,
    RoundRobinPartitionAssignor,
    StickyPartitionAssignor,
    CooperativeStickyAssignor,
]


@pytest.mark.parametrize("strategy", ASSIGNORS)
def test_assignors(broker, filled, strategy):
    options = {"partition_assignment_strategy": [strategy]}
    with contextlib.closing(join(broker.bootstrap, filled, **options)) as first:
        poll_until(lambda read: len(read[first]) == 40, [first])
        with contextlib.closing(join(broker.bootstrap, filled, **options)) as second:
            poll_until(lambda _read: shared([first, second]), [first, second])


def test_a_restarted_static_member_keeps_its_partitions(broker, filled):
    first = join(broker.bootstrap, filled, group_instance_id="one")
    with contextlib.closing(join(broker.bootstrap, filled, group_instance_id="two")) as second:
        poll_until(lambda _read: shared([first, second]), [first, second])
        kept, others = first.assignment(), second.assignment()
        first.close()
        with contextlib.closing(join(broker.bootstrap, filled, group_instance_id="one")) as again:
            poll_until(lambda _read: again.assignment() == kept, [again, second])
            assert second.assignment() == others


def test_the_admin_sees_and_changes_groups(broker, filled):
    group_id = f"g-{filled}"
    with (
        contextlib.closing(join(broker.bootstrap, filled)) as consumer,
        contextlib.closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin,
    ):
        poll_until(lambda read: len(read[consumer]) == 40, [consumer])
        consumer.commit()
        assert any(group["group_id"] == group_id for group in admin.list_groups())
        described = admin.describe_groups([group_id])[group_id]
        assert (described["group_state"], described["protocol_type"]) == ("Stable", "consumer")
        assert len(described["members"]) == 1
        offsets = admin.list_group_offsets([group_id])[group_id]
        assert offsets[TopicPartition(filled, 0)].offset == 10
        consumer.close()
        admin.delete_groups([group_id])
        assert not any(group["group_id"] == group_id for group in admin.list_groups())


def test_groups_outlive_the_broker(tmp_path, topic, request):
    kind = request.config.getoption("--broker")
    with running(kind, tmp_path) as first:
        fill(first.bootstrap, topic)
        with contextlib.closing(join(first.bootstrap, topic)) as consumer:
            poll_until(lambda read: len(read[consumer]) == 40, [consumer])
            consumer.commit({TopicPartition(topic, 0): OffsetAndMetadata(7, "here", 0)})
    with running(kind, tmp_path) as again, contextlib.closing(join(again.bootstrap, topic)) as consumer:
        read = poll_until(lambda read: len(read[consumer]) >= 33, [consumer])
        assert len(read[consumer]) == 33
        assert consumer.committed(TopicPartition(topic, 0), metadata=True).metadata == "here"
