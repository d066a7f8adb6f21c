"""Kafka Streams counts words on two instances; one is stopped, the other goes on; the changelog gives state back."""

import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from compat import apache_kafka

WAIT_S = 90
PARTITIONS = 4
WORDS = ["truck", "bus", "tram", "train", "ferry", "bicycle", "ünïcode"]
PROGRAM = Path(__file__).with_name("WordCount.java")

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)


class WordCount:
    """A Streams application: its topics, its instances, and what it has to count."""

    def __init__(self, bootstrap, name, directory):
        self.bootstrap, self.name, self.directory = bootstrap, name, directory
        self.input, self.output = f"{name}-lines", f"{name}-counts"
        self.admin = AdminClient({"bootstrap.servers": bootstrap})
        topics = [NewTopic(topic, PARTITIONS, 1) for topic in (self.input, self.output)]
        for done in self.admin.create_topics(topics).values():
            done.result(WAIT_S)
        self.expected = Counter()
        self.random = random.Random(name)

    def say(self, count):
        """So many lines more are to be counted."""
        producer = Producer({"bootstrap.servers": self.bootstrap})
        for number in range(count):
            words = self.random.choices(WORDS, k=5)
            self.expected.update(words)
            producer.produce(self.input, " ".join(words), partition=number % PARTITIONS)
        assert producer.flush(WAIT_S) == 0

    @contextmanager
    def instance(self, name):
        """One instance with a state directory of its own; it ends cleanly."""
        settings = self.directory / f"{name}.properties"
        options = {
            "application.id": self.name,
            "bootstrap.servers": self.bootstrap,
            "client.id": name,
            "state.dir": self.directory / f"state-{name}",
            "default.key.serde": "org.apache.kafka.common.serialization.Serdes$StringSerde",
            "default.value.serde": "org.apache.kafka.common.serialization.Serdes$StringSerde",
            "statestore.cache.max.bytes": 0,  # so that each count is told
            "commit.interval.ms": 200,
            "session.timeout.ms": 6000,  # an instance that is closed does not leave, it only falls silent
            "heartbeat.interval.ms": 500,
            "auto.offset.reset": "earliest",
        }
        settings.write_text("".join(f"{option}={value}\n" for option, value in options.items()))
        log = self.directory / f"{name}.log"
        command = apache_kafka.java(str(PROGRAM), str(settings), self.input, self.output)
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(WAIT_S)
        said = log.read_text().split()
        assert said[-1] == "NOT_RUNNING", said

    def members(self):
        """The partitions of the input that each member has, where the group is stable."""
        group = self.admin.describe_consumer_groups([self.name])[self.name].result(WAIT_S)
        if group.state.name != "STABLE":
            return []
        assert group.partition_assignor == "stream"
        return [
            sum(each.topic == self.input for each in member.assignment.topic_partitions) for member in group.members
        ]

    def wait_members(self, count):
        """So many members share the input's partitions, each has some."""
        deadline = time.monotonic() + WAIT_S
        while len(shares := self.members()) != count or not all(shares) or sum(shares) != PARTITIONS:
            assert time.monotonic() < deadline, shares
            time.sleep(0.3)

    def wait_counts(self):
        """Each word was counted up by one, from one to how often it was said."""
        settings = {"bootstrap.servers": self.bootstrap, "group.id": "unused", "enable.auto.commit": False}
        consumer = Consumer(settings)
        consumer.assign([TopicPartition(self.output, partition, 0) for partition in range(PARTITIONS)])
        counts = {word: [] for word in self.expected}
        total, deadline = self.expected.total(), time.monotonic() + WAIT_S
        while sum(map(len, counts.values())) < total and time.monotonic() < deadline:
            for message in consumer.consume(1000, 0.3):
                assert message.error() is None
                counts[message.key().decode()].append(int(message.value()))
        consumer.close()
        assert counts == {word: list(range(1, often + 1)) for word, often in self.expected.items()}


@pytest.mark.timeout(400)
def test_word_count(broker, topic, tmp_path):
    app = WordCount(broker.bootstrap, topic, tmp_path)
    app.say(200)
    with app.instance("one"):
        with app.instance("two"):
            app.wait_members(2)
            app.say(100)
            app.wait_counts()
        app.say(100)
        app.wait_counts()  # the counts of the other instance's words go on: its state was restored here
        app.wait_members(1)
    shutil.rmtree(tmp_path / "state-one")
    app.say(100)
    with app.instance("one"):
        app.wait_counts()
    changelog = f"{topic}-counts-changelog"
    assert changelog in app.admin.list_topics(timeout=WAIT_S).topics
    resource = ConfigResource(ConfigResource.Type.TOPIC, changelog)
    configs = app.admin.describe_configs([resource])[resource].result(WAIT_S)
    assert configs["cleanup.policy"].value == "compact"
