"""Stock clients that produce and consume until they are told to stop, each in its own way."""

import json
import subprocess
import threading
import time

from confluent_kafka import Consumer as ConfluentConsumer
from confluent_kafka import KafkaException
from confluent_kafka import Producer as ConfluentProducer
from confluent_kafka import TopicPartition as ConfluentTopicPartition
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from compat import apache_kafka
from compat.cluster.ledger import Row

DRAIN_S = 60


class Load:
    """A thread that works until stop(), then drains. Its own exceptions are raised there."""

    def __init__(self, bootstrap, topic, partitions):
        self.bootstrap, self.topic, self.partitions = bootstrap, topic, partitions
        self.acknowledged = []
        self.errors = []
        self._stopping = threading.Event()
        self._failure = None
        self._thread = threading.Thread(target=self._guarded, daemon=True)
        self._thread.start()

    def _guarded(self):
        try:
            self.run()
        except BaseException as error:  # noqa: BLE001 - it is raised again by stop()
            self._failure = error

    def stop(self):
        """All that it sent has been acknowledged or refused."""
        self._stopping.set()
        self._thread.join(DRAIN_S * 2)
        assert not self._thread.is_alive(), f"{type(self).__name__} did not come to an end"
        if self._failure is not None:
            raise self._failure

    def numbers(self, per_second):
        """Counts up at that pace until stop()."""
        started_s, number = time.monotonic(), 0
        while not self._stopping.is_set():
            yield number
            number += 1
            ahead_s = number / per_second - (time.monotonic() - started_s)
            if ahead_s > 0:
                time.sleep(ahead_s)


class KafkaPythonProducer(Load):
    exactly_once = True
    options = {"enable_idempotence": True}  # noqa: RUF012 - read only

    def run(self):
        producer = KafkaProducer(bootstrap_servers=self.bootstrap.split(","), **self.options)
        futures = []
        for number in self.numbers(300):
            partition = number % self.partitions
            futures.append((number, producer.send(self.topic, b"%d" % number, partition=partition)))
        producer.flush(DRAIN_S)
        for number, future in futures:
            if future.succeeded():
                told = future.value
                self.acknowledged.append(Row(told.partition, told.offset, number))
            else:
                self.errors.append(repr(future.exception))
        producer.close(timeout=5)


class KafkaPythonPlainProducer(KafkaPythonProducer):
    exactly_once = False
    options = {"enable_idempotence": False, "acks": "all", "max_in_flight_requests_per_connection": 1}  # noqa: RUF012 - read only


class ConfluentIdempotentProducer(Load):
    exactly_once = True

    def run(self):
        producer = ConfluentProducer(
            {"bootstrap.servers": self.bootstrap, "enable.idempotence": True, "linger.ms": 5, "log_level": 0}
        )

        def delivered(error, message):
            if error is not None:
                self.errors.append(str(error))
            else:
                self.acknowledged.append(Row(message.partition(), message.offset(), int(message.value())))

        for number in self.numbers(1000):
            producer.produce(self.topic, b"%d" % number, partition=number % self.partitions, on_delivery=delivered)
            producer.poll(0)
        assert producer.flush(DRAIN_S) == 0


class JavaProducer:
    """Apache Kafka's VerifiableProducer, with the idempotence and the retries that Java producers have by default."""

    exactly_once = True

    def __init__(self, bootstrap, topic, directory):
        self.errors = []
        self.acknowledged = []
        config = directory / "producer.properties"
        config.write_text("enable.idempotence=true\nretries=2147483647\n")
        options = ["--bootstrap-server", bootstrap, "--topic", topic, "--throughput", "500"]
        options += ["--repeating-keys", "100"]  # without keys all would go to one partition for a long while
        tool = apache_kafka.java("org.apache.kafka.tools.VerifiableProducer", *options, "--command-config", str(config))
        self._output = (directory / "producer.out").open("w+")
        self._process = subprocess.Popen(tool, stdout=self._output, stderr=subprocess.STDOUT)

    def stop(self):
        self._process.terminate()
        self._process.wait(DRAIN_S)
        self._output.seek(0)
        for line in self._output:
            said = json.loads(line)
            if said["name"] == "producer_send_success":
                self.acknowledged.append(Row(said["partition"], said["offset"], int(said["value"])))
            elif said["name"] == "producer_send_error":
                self.errors.append(said["message"])
        self._output.close()


class KafkaPythonReader(Load):
    """Reads by assignment from the beginning; rows are what it saw."""

    def run(self):
        self.rows = []
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap.split(","), group_id=None)
        assigned = [TopicPartition(self.topic, partition) for partition in range(self.partitions)]
        consumer.assign(assigned)
        consumer.seek_to_beginning(*assigned)
        ends, deadline = None, None
        while ends is None or any(consumer.position(partition) < end for partition, end in ends.items()):
            if self._stopping.is_set() and ends is None:
                ends, deadline = consumer.end_offsets(assigned), time.monotonic() + DRAIN_S
            assert deadline is None or time.monotonic() < deadline, "the end was not reached"
            for records in consumer.poll(timeout_ms=200).values():
                self.rows += [Row(record.partition, record.offset, int(record.value)) for record in records]
        consumer.close()


class ConfluentReader(Load):
    def run(self):
        self.rows = []
        settings = {"bootstrap.servers": self.bootstrap, "group.id": "unused", "enable.auto.commit": False}
        consumer = ConfluentConsumer(settings | {"log_level": 0})
        assigned = [ConfluentTopicPartition(self.topic, partition, 0) for partition in range(self.partitions)]
        consumer.assign(assigned)
        positions, ends, deadline = dict.fromkeys(range(self.partitions), 0), None, None
        while ends is None or any(positions[partition] < end for partition, end in ends.items()):
            if self._stopping.is_set() and ends is None:
                ends = {each.partition: consumer.get_watermark_offsets(each, timeout=30)[1] for each in assigned}
                deadline = time.monotonic() + DRAIN_S
            assert deadline is None or time.monotonic() < deadline, "the end was not reached"
            for message in consumer.consume(500, 0.2):
                assert message.error() is None, message.error()
                positions[message.partition()] = message.offset() + 1
                self.rows.append(Row(message.partition(), message.offset(), int(message.value())))
        consumer.close()


class ConfluentGroup(Load):
    """Two members of a group, which commit what they have seen; rows are what either saw, some perhaps twice."""

    def run(self):
        self.rows = []
        settings = {
            "bootstrap.servers": self.bootstrap,
            "group.id": self.topic,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": True,
            "auto.commit.interval.ms": 500,
            "session.timeout.ms": 6000,
            "log_level": 0,
        }
        members = [ConfluentConsumer(settings) for _ in range(2)]
        for member in members:
            member.subscribe([self.topic])
        positions, ends, deadline = dict.fromkeys(range(self.partitions), 0), None, None
        while ends is None or any(positions[partition] < end for partition, end in ends.items()):
            if self._stopping.is_set() and ends is None:
                ends = {partition: end_of(members[0], self.topic, partition) for partition in range(self.partitions)}
                deadline = time.monotonic() + DRAIN_S
            assert deadline is None or time.monotonic() < deadline, "the end was not reached"
            for member in members:
                for message in member.consume(500, 0.1):
                    assert message.error() is None, message.error()
                    positions[message.partition()] = max(positions[message.partition()], message.offset() + 1)
                    self.rows.append(Row(message.partition(), message.offset(), int(message.value())))
        for member in members:
            member.close()


class JavaReader:
    """Apache Kafka's console consumer, on partition 0."""

    def __init__(self, bootstrap, topic, directory):
        options = ["--bootstrap-server", bootstrap, "--topic", topic, "--partition", "0", "--offset", "earliest"]
        tool = apache_kafka.java("org.apache.kafka.tools.consumer.ConsoleConsumer", *options)
        self._path = directory / "consumer.out"
        with self._path.open("w") as output:
            self._process = subprocess.Popen(tool, stdout=output, stderr=subprocess.DEVNULL)

    def stop(self, last_number):
        """The numbers that it saw, up to that one."""
        deadline = time.monotonic() + DRAIN_S
        while time.monotonic() < deadline and str(last_number) not in self._path.read_text().split()[-1:]:
            time.sleep(0.2)
        self._process.terminate()
        self._process.wait(DRAIN_S)
        return [int(word) for word in self._path.read_text().split()]


def end_of(consumer, topic, partition):
    """The partition's end; the client does not ask again by itself where the leader has just moved."""
    deadline = time.monotonic() + DRAIN_S
    while True:
        try:
            return consumer.get_watermark_offsets(ConfluentTopicPartition(topic, partition), timeout=30)[1]
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def read_all(bootstrap, topic, partitions):
    """Everything that the topic holds, each partition's in order."""
    reader = ConfluentReader(bootstrap, topic, partitions)
    reader.stop()
    return reader.rows
