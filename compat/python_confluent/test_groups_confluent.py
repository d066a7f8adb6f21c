"""confluent-kafka (librdkafka) in classic groups: eager and cooperative, a crash, offsets, the admin's view."""

import contextlib
import subprocess
import sys
import time

import pytest
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

WAIT_S = 40
PARTITIONS = 4


@pytest.fixture
def filled(broker, topic):
    """The topic has four partitions with ten records each."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(WAIT_S)
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for index in range(10 * PARTITIONS):
        producer.produce(topic, b"%d" % index, partition=index % PARTITIONS)
    assert producer.flush(WAIT_S) == 0
    return topic


def join(broker, topic, **options):
    settings = {
        "bootstrap.servers": broker.bootstrap,
        "group.id": f"g-{topic}",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 300,
    }
    consumer = Consumer(settings | {name.replace("_", "."): value for name, value in options.items()})
    consumer.subscribe([topic])
    return consumer


def join_consumer_group(broker, topics, group_id, **options):
    """A consumer of KIP-848's protocol, whose intervals are the broker's."""
    settings = {
        "bootstrap.servers": broker.bootstrap,
        "group.id": group_id,
        "group.protocol": "consumer",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
    consumer = Consumer(settings | {name.replace("_", "."): value for name, value in options.items()})
    consumer.subscribe(topics)
    return consumer


def poll_until(done, consumers):
    """What each consumer has read until done() holds."""
    read = {consumer: [] for consumer in consumers}
    deadline = time.monotonic() + WAIT_S
    while not done(read):
        assert time.monotonic() < deadline, [(c.assignment(), len(rows)) for c, rows in read.items()]
        for consumer, rows in read.items():
            message = consumer.poll(0.05)
            if message is not None:
                assert message.error() is None
                rows.append(int(message.value()))
    return read


def shared(consumers):
    """Whether the consumers have all partitions, each as many as the others, none twice."""
    assigned = [{each.partition for each in consumer.assignment()} for consumer in consumers]
    return (
        len(set().union(*assigned)) == sum(map(len, assigned)) == PARTITIONS
        and len({len(each) for each in assigned}) == 1
    )


@pytest.mark.parametrize("strategy", ["range", "roundrobin", "cooperative-sticky"])
def test_two_share_one_leaves_the_other_goes_on(broker, filled, strategy):
    options = {"partition_assignment_strategy": strategy}
    with contextlib.closing(join(broker, filled, **options)) as first:
        read = poll_until(lambda read: len(read[first]) == 40, [first])
        assert sorted(read[first]) == list(range(40))
        first.commit(asynchronous=False)
        second = join(broker, filled, **options)
        poll_until(lambda _read: shared([first, second]), [first, second])
        second.close()
        read = poll_until(lambda _read: shared([first]), [first])
        assert read[first] == []
        assert {each.offset for each in first.committed(first.assignment(), WAIT_S)} == {10}


CRASHING = """
import sys
from confluent_kafka import Consumer, TopicPartition
consumer = Consumer({
    "bootstrap.servers": sys.argv[1], "group.id": "g-" + sys.argv[2], "auto.offset.reset": "earliest",
    "enable.auto.commit": False, "session.timeout.ms": 6000, "heartbeat.interval.ms": 300,
})
consumer.subscribe([sys.argv[2]])
while True:
    if consumer.poll(0.1) is not None:
        offsets = [TopicPartition(each.topic, each.partition, 5) for each in consumer.assignment()]
        consumer.commit(offsets=offsets, asynchronous=False)
        print(len(offsets), flush=True)
"""


def test_a_killed_consumers_partitions_are_taken_over(broker, filled):
    command = [sys.executable, "-c", CRASHING, broker.bootstrap, filled]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as first:
        assert int(first.stdout.readline()) == PARTITIONS
        first.kill()
    with contextlib.closing(join(broker, filled)) as second:
        read = poll_until(lambda read: len(read[second]) == 20, [second])
        assert sorted(read[second]) == list(range(20, 40))  # each partition from its committed offset on


def test_a_restarted_static_member_keeps_its_partitions(broker, filled):
    first = join(broker, filled, group_instance_id="one")
    with contextlib.closing(join(broker, filled, group_instance_id="two")) as second:
        poll_until(lambda _read: shared([first, second]), [first, second])
        kept, others = first.assignment(), second.assignment()
        first.close()
        with contextlib.closing(join(broker, filled, group_instance_id="one")) as again:
            poll_until(lambda _read: again.assignment() == kept, [again, second])
            assert second.assignment() == others


def test_the_admin_sees_and_changes_groups(broker, filled):
    group_id = f"g-{filled}"
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    consumer = join(broker, filled)
    poll_until(lambda read: len(read[consumer]) == 40, [consumer])
    consumer.commit(asynchronous=False)
    listed = admin.list_consumer_groups(request_timeout=WAIT_S).result(WAIT_S)
    assert group_id in {each.group_id for each in listed.valid}
    described = admin.describe_consumer_groups([group_id])[group_id].result(WAIT_S)
    assert (described.state.name, len(described.members)) == ("STABLE", 1)
    assert {each.partition for each in described.members[0].assignment.topic_partitions} == set(range(PARTITIONS))
    consumer.close()
    asked = ConsumerGroupTopicPartitions(group_id, [TopicPartition(filled, 0, 3)])
    admin.alter_consumer_group_offsets([asked])[group_id].result(WAIT_S)
    told = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group_id)])[group_id].result(WAIT_S)
    assert {each.partition: each.offset for each in told.topic_partitions} == {0: 3, 1: 10, 2: 10, 3: 10}
    admin.delete_consumer_groups([group_id])[group_id].result(WAIT_S)
    listed = admin.list_consumer_groups(request_timeout=WAIT_S).result(WAIT_S)
    assert group_id not in {each.group_id for each in listed.valid}


def test_metadata_of_a_committed_offset_round_trips(broker, filled):
    with contextlib.closing(join(broker, filled)) as consumer:
        note = "ünïcode \N{DELIVERY TRUCK}" * 50
        committed = TopicPartition(filled, 2, 4, note, 0)
        poll_until(lambda read: read[consumer], [consumer])
        consumer.commit(offsets=[committed], asynchronous=False)
        (told,) = consumer.committed([TopicPartition(filled, 2)], WAIT_S)
        assert (told.offset, told.metadata) == (4, note)


def kind_of(broker, group_id):
    """The type and the state of the group as the admin sees them."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    (found,) = [each for each in admin.list_consumer_groups().result(WAIT_S).valid if each.group_id == group_id]
    return found.type.name, found.state.name


@pytest.mark.parametrize("assignor", ["uniform", "range"])
def test_consumers_of_the_new_protocol_share_and_go_on(broker, filled, assignor):
    group_id, options = f"g-{filled}", {"group_remote_assignor": assignor}
    with contextlib.closing(join_consumer_group(broker, [filled], group_id, **options)) as first:
        read = poll_until(lambda read: len(read[first]) == 40, [first])
        assert sorted(read[first]) == list(range(40))
        first.commit(asynchronous=False)
        second = join_consumer_group(broker, [filled], group_id, **options)
        poll_until(lambda _read: shared([first, second]), [first, second])
        assert kind_of(broker, group_id) == ("CONSUMER", "STABLE")
        admin = AdminClient({"bootstrap.servers": broker.bootstrap})
        described = admin.describe_consumer_groups([group_id])[group_id].result(WAIT_S)
        held = [{row.partition for row in member.assignment.topic_partitions} for member in described.members]
        assert sorted(map(sorted, held)) == sorted(
            sorted(each.partition for each in consumer.assignment()) for consumer in (first, second)
        )
        second.close()
        read = poll_until(lambda _read: shared([first]), [first])
        assert read[first] == []
        assert {each.offset for each in first.committed(first.assignment(), WAIT_S)} == {10}
    assert kind_of(broker, group_id) == ("CONSUMER", "EMPTY")


def test_a_static_consumer_of_the_new_protocol_comes_back_to_its_partitions(broker, filled):
    group_id = f"g-{filled}"
    with contextlib.closing(join_consumer_group(broker, [filled], group_id, group_instance_id="a")) as first:
        second = join_consumer_group(broker, [filled], group_id, group_instance_id="b")
        poll_until(lambda _read: shared([first, second]), [first, second])
        had, kept = second.assignment(), first.assignment()
        second.close()
        with contextlib.closing(join_consumer_group(broker, [filled], group_id, group_instance_id="b")) as again:
            poll_until(lambda _read: again.assignment(), [first, again])
            assert sorted(again.assignment()) == sorted(had)
            assert sorted(first.assignment()) == sorted(kept)


def test_a_regular_expression_of_the_new_protocol_finds_topics(broker, filled):
    with contextlib.closing(join_consumer_group(broker, [f"^{filled}.*"], f"g-{filled}")) as consumer:
        read = poll_until(lambda read: len(read[consumer]) == 40, [consumer])
        assert sorted(read[consumer]) == list(range(40))


def test_a_group_is_upgraded_and_downgraded_while_it_reads(broker, filled):
    group_id = f"g-{filled}"
    with contextlib.closing(join(broker, filled)) as classic:
        poll_until(lambda read: len(read[classic]) == 40, [classic])
        assert kind_of(broker, group_id) == ("CLASSIC", "STABLE")
        classic.commit(asynchronous=False)
        new = join_consumer_group(broker, [filled], group_id)
        poll_until(lambda _read: shared([classic, new]), [classic, new])
        assert kind_of(broker, group_id)[0] == "CONSUMER"
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        for index in range(40, 80):
            producer.produce(filled, b"%d" % index, partition=index % PARTITIONS)
        assert producer.flush(WAIT_S) == 0
        read = poll_until(lambda read: sum(map(len, read.values())) >= 40, [classic, new])
        assert {index for rows in read.values() for index in rows} == set(range(40, 80))
        for consumer in (classic, new):
            consumer.commit(asynchronous=False)
        new.close()
        read = poll_until(lambda _read: shared([classic]), [classic])
        assert read[classic] == []
        assert kind_of(broker, group_id)[0] == "CLASSIC"
