"""MirrorMaker 2: what is written to one broker arrives at another one to the byte, and a group finds its place."""

import shutil
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from compat import apache_kafka

WAIT_S = 90
PARTITIONS = 3
GROUP = "billing"
NAMED_TOPICS = "offset-syncs.topic", "checkpoints.topic", "heartbeats.topic"
STORES = "config.storage", "offset.storage", "status.storage"

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)


@contextmanager
def mirror_maker(source, target, topic, directory):
    """MirrorMaker copies the topic from source to target; it ends cleanly."""
    options = {
        "clusters": "one,two",
        "one.bootstrap.servers": source.bootstrap,
        "two.bootstrap.servers": target.bootstrap,
        "one->two.enabled": "true",
        "two->one.enabled": "false",
        "topics": topic,
        "groups": GROUP,
        "replication.factor": 1,
        **{f"{name}.replication.factor": 1 for name in (*NAMED_TOPICS, *STORES)},
        "sync.topic.acls.enabled": "false",
        "sync.group.offsets.enabled": "true",
        "sync.group.offsets.interval.seconds": 1,
        "emit.checkpoints.interval.seconds": 1,
        "refresh.groups.interval.seconds": 1,
        "refresh.topics.interval.seconds": 1,
        "offset.lag.max": 0,
        "offset.flush.interval.ms": 1000,
    }
    settings = directory / "mm2.properties"
    settings.write_text("".join(f"{option} = {value}\n" for option, value in options.items()))
    log = directory / "mm2.log"
    command = apache_kafka.java("org.apache.kafka.connect.mirror.MirrorMaker", str(settings))
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) in {0, 143}
    except Exception as error:
        error.add_note(log.read_text(errors="replace")[-4000:])
        raise
    finally:
        process.kill()
        process.wait()


def create(broker, topic):
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, config={"retention.ms": "7200000"})])[topic].result(WAIT_S)


def send(broker, topic, numbers):
    """Each number with its key, a header and a time of its own."""
    producer = Producer({"bootstrap.servers": broker.bootstrap, "compression.type": "zstd"})
    for number in numbers:
        headers = [("number", b"%d" % number)]
        producer.produce(
            topic, b"value %d" % number, b"key %d" % (number % 7), number % PARTITIONS,
            timestamp=1_700_000_000_000 + number, headers=headers,
        )  # fmt: skip
    assert producer.flush(WAIT_S) == 0


def read(broker, topic, count):
    """The records of all partitions, as soon as there are so many; fewer where they do not come."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "unused", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, index, 0) for index in range(PARTITIONS)])
    rows, deadline = [], time.monotonic() + WAIT_S
    while len(rows) < count and time.monotonic() < deadline:
        message = consumer.poll(0.2)
        if message is not None and not message.error():
            where = message.partition(), message.offset(), message.timestamp()
            rows.append((*where, message.key(), message.value(), message.headers()))
    consumer.close()
    return sorted(rows, key=lambda row: row[:2])


def committed(broker, topic):
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": GROUP})
    asked = [TopicPartition(topic, index) for index in range(PARTITIONS)]
    found = [each.offset for each in consumer.committed(asked, WAIT_S)]
    consumer.close()
    return found


def test_records_and_a_groups_place_are_mirrored(request, start_broker, topic, tmp_path):
    kind = request.config.getoption("--broker")
    with start_broker(kind) as source, start_broker(kind) as target:
        create(source, topic)
        send(source, topic, range(300))
        member = Consumer({"bootstrap.servers": source.bootstrap, "group.id": GROUP, "enable.auto.commit": False})
        member.commit(offsets=[TopicPartition(topic, index, 100) for index in range(PARTITIONS)], asynchronous=False)
        member.close()
        with mirror_maker(source, target, topic, tmp_path):
            assert read(target, f"one.{topic}", 300) == read(source, topic, 300)
            send(source, topic, range(300, 600))
            assert read(target, f"one.{topic}", 600) == read(source, topic, 600)
            deadline = time.monotonic() + WAIT_S
            while not all(0 < offset <= 100 for offset in committed(target, f"one.{topic}")):
                assert time.monotonic() < deadline, committed(target, f"one.{topic}")
                time.sleep(0.5)
