"""What a scenario works with: the broker, the client's drivers, and another client that checks what they do."""

import os
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConsumerGroupDescription, NewTopic

from compat.conftest import RunningBroker
from compat.matrix.driver import Driver, Row
from compat.matrix.plan import Client

WAIT_S = 40


@dataclass
class Stage:
    """One cell of the matrix while it runs. directory: of the drivers' logs."""

    client: Client
    broker: RunningBroker
    directory: Path
    drivers: list[Driver] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def driver(self, bootstrap: str | None = None) -> Driver:
        """Another driver of the client."""
        log = self.directory / f"{len(self.drivers)}.log"
        environment = {**os.environ, **self.environment}
        driver = Driver.start(self.client, bootstrap or self.broker.bootstrap, log, environment)
        self.drivers.append(driver)
        return driver

    def new_name(self, prefix: str = "t") -> str:
        """A name that nothing has yet."""
        return f"{prefix}-{uuid.uuid4().hex[:12]}"

    def topic(self, partitions: int = 1, name: str | None = None, **configs: str) -> str:
        """A new topic; the configs' names have underscores for dots."""
        name = name or self.new_name()
        settings = {key.replace("_", "."): value for key, value in configs.items()}
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        created = admin.create_topics([NewTopic(name, partitions, config=settings)])
        created[name].result(WAIT_S)
        return name

    def send(self, topic: str, rows: list[Row], **settings: object) -> None:
        """The rows are stored, by another client."""
        producer = Producer({"bootstrap.servers": self.broker.bootstrap, "message.max.bytes": 2_000_000, **settings})
        failures: list[object] = []

        def delivered(error: object, _message: object) -> None:
            if error is not None:
                failures.append(error)

        for row in rows:
            partition = -1 if row.partition is None else row.partition
            producer.produce(
                topic,
                row.value,
                row.key,
                partition,
                on_delivery=delivered,
                timestamp=row.timestamp or 0,
                headers=list(row.headers),
            )
            producer.poll(0)
        assert producer.flush(WAIT_S) == 0
        assert not failures

    def stored(self, topic: str, count: int, partition: int = 0) -> list[Row]:
        """The first records of a partition, read by another client; that there are no more is checked."""
        settings = {"bootstrap.servers": self.broker.bootstrap, "group.id": "unused", "enable.partition.eof": True}
        consumer = Consumer({**settings, "fetch.message.max.bytes": 4_000_000})
        consumer.assign([TopicPartition(topic, partition, 0)])
        rows: list[Row] = []
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            message = consumer.poll(0.2)
            if message is None:
                continue
            if message.error():
                if len(rows) >= count:
                    break
                continue
            _, timestamp = message.timestamp()
            rows.append(
                Row(
                    message.key(),
                    message.value(),
                    message.headers() or [],
                    message.partition(),
                    timestamp,
                    message.offset(),
                    topic,
                )
            )
        consumer.close()
        assert len(rows) == count, f"{len(rows)} records instead of {count}"
        return rows

    def committed(self, group: str, topic: str, partitions: int) -> list[int]:
        """The group's committed offset of each partition, -1001 for none, as another client is told."""
        consumer = Consumer({"bootstrap.servers": self.broker.bootstrap, "group.id": group})
        asked = [TopicPartition(topic, index) for index in range(partitions)]
        found = [row.offset for row in consumer.committed(asked, WAIT_S)]
        consumer.close()
        return found

    def described(self, group: str) -> ConsumerGroupDescription:
        """The group as the broker tells another client; one of the consumer protocol is tried before a classic one."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        return admin.describe_consumer_groups([group], request_timeout=WAIT_S)[group].result(WAIT_S)


def wait_until(what: str, holds: object, within_s: float = WAIT_S) -> None:
    """Asks again and again until it holds."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s: {what}")


def numbered(count: int, size_bytes: int = 20) -> list[Row]:
    """Rows whose content tells them apart."""
    return [Row(b"k%d" % index, (b"%d " % index).ljust(size_bytes, b"x")) for index in range(count)]
