"""A broker under mixed load for half an hour, while a client is killed every second.

Two producers, three consumers of one group and an administrator, all confluent-kafka in processes of their own, at a
rate that leaves the machine time for other things; each second one of them is killed with -9 and started again. At the
end everything that was acknowledged must be there once, at its offset; everything must have been consumed; memory and
descriptors must be where they were after two minutes.

    python benchmarks/soak.py [--minutes 30]
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import brokers
from raw_requests import Client as RawClient
from workloads import create_topics

if TYPE_CHECKING:
    from confluent_kafka import Message

TOPIC = "soak"
GROUP = "soak"
PARTITIONS = 6
CLIENTS = ("produce", "produce", "consume", "consume", "consume", "administer")
PAUSE_S = 0.01
TOPICS_PAUSE_S = 0.3
KILL_S = 1.0
SAMPLE_S = 5.0
SETTLED_MINUTES = 2.0
GROWTH_MB = 4.0
GROWTH_DESCRIPTORS = 20
"""Of clients that are there at one sample and not at another, and of segments' files."""
WAIT_S = 60
EXPIRY = {"producer.id.expiration.ms": 60_000, "log.retention.check.interval.ms": 15_000}
"""A killed producer's id stays with its partitions, 0.8 KB each, for a day as in Apache Kafka; here for a minute."""


def produce(bootstrap: str, log: Path) -> None:
    """Numbers with a mark of this process; each acknowledged one is noted with its place."""
    from confluent_kafka import Producer

    mark = f"{random.getrandbits(64):x}"
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 2})
    with log.open("a", buffering=1) as notes:

        def delivered(error: object, message: Message) -> None:
            if error is None:
                place = message.partition(), message.offset(), (message.value() or b"").decode()
                notes.write(json.dumps(place) + "\n")

        for number in itertools.count():
            producer.produce(TOPIC, f"{mark}-{number}", partition=number % PARTITIONS, on_delivery=delivered)
            producer.poll(PAUSE_S)


def consume(bootstrap: str, log: Path) -> None:
    """A member of the group, which commits what it has noted."""
    from confluent_kafka import Consumer

    settings = {"group.id": GROUP, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    consumer = Consumer({"bootstrap.servers": bootstrap, "session.timeout.ms": 6000, **settings})
    consumer.subscribe([TOPIC])
    with log.open("a", buffering=1) as notes:
        while True:
            messages = [each for each in consumer.consume(500, 0.5) if not each.error()]
            for message in messages:
                notes.write(json.dumps([message.partition(), message.offset()]) + "\n")
            if messages:
                consumer.commit(asynchronous=False)


def administer(bootstrap: str, log: Path) -> None:
    """Topics come and go."""
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": bootstrap})
    while True:
        name = f"passing-{random.getrandbits(64):x}"
        admin.create_topics([NewTopic(name, 4)])[name].result(WAIT_S)
        admin.list_topics(timeout=WAIT_S)
        admin.list_consumer_groups().result(WAIT_S)
        admin.delete_topics([name])[name].result(WAIT_S)
        log.write_text("works\n")
        time.sleep(TOPICS_PAUSE_S)


WORK = {"produce": produce, "consume": consume, "administer": administer}


class Client:
    """A process that works until it is killed."""

    def __init__(self, kind: str, bootstrap: str, log: Path) -> None:
        self._command = [sys.executable, __file__, "--client", kind, "--bootstrap", bootstrap, "--log", str(log)]
        self.start()

    def start(self) -> None:
        """It works."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """As kill -9."""
        self._process.kill()
        self._process.wait()


def load(broker: brokers.Broker, directory: Path, minutes: float) -> list[tuple[float, float, int]]:
    """Minutes, resident MB and descriptors, sampled while the clients work and die."""
    clients = [
        Client(kind, broker.bootstrap, directory / f"{kind}-{number}.log") for number, kind in enumerate(CLIENTS)
    ]
    samples, began_s = [], time.monotonic()
    next_sample_s = 0.0
    for victim in itertools.cycle(clients):
        time.sleep(KILL_S)
        elapsed_s = time.monotonic() - began_s
        if elapsed_s >= minutes * 60:
            break
        if elapsed_s >= next_sample_s:
            next_sample_s += SAMPLE_S
            descriptors = len(list(Path(f"/proc/{broker.process.pid}/fd").iterdir()))
            samples.append((elapsed_s / 60, broker.rss_mb(), descriptors))
        victim.kill()
        victim.start()
    for client in clients:
        client.kill()
    return samples


def noted(directory: Path, kind: str) -> list[Any]:
    """What the clients of that kind have written down, without lines that a kill has cut."""
    rows = []
    for log in directory.glob(f"{kind}-*.log"):
        for line in log.read_text().splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
    return rows


def stored(bootstrap: str) -> dict[tuple[int, int], str]:
    """Everything in the topic."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "check", "enable.auto.commit": False})
    ends = {
        index: consumer.get_watermark_offsets(TopicPartition(TOPIC, index), WAIT_S)[1] for index in range(PARTITIONS)
    }
    consumer.assign([TopicPartition(TOPIC, index, 0) for index in ends])
    rows: dict[tuple[int, int], str] = {}
    while len(rows) < sum(ends.values()):
        messages = consumer.consume(10_000, WAIT_S)
        if not messages:
            raise SystemExit(f"only {len(rows)} of {sum(ends.values())} records can be read")
        rows |= {(each.partition(), each.offset()): each.value().decode() for each in messages if not each.error()}
    consumer.close()
    return rows


def drain(broker: brokers.Broker, directory: Path, expected: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """What the group has not read, after one more member had a minute for it."""
    last = Client("consume", broker.bootstrap, directory / "consume-last.log")
    missing, deadline_s = expected, time.monotonic() + WAIT_S
    while missing and time.monotonic() < deadline_s:
        time.sleep(1)
        missing = expected - {(row[0], row[1]) for row in noted(directory, "consume")}
    last.kill()
    return missing


def check(broker: brokers.Broker, directory: Path, samples: list[tuple[float, float, int]]) -> list[str]:
    """What is wrong; the figures are printed."""
    acknowledged = {(row[0], row[1]): row[2] for row in noted(directory, "produce")}
    rows = stored(broker.bootstrap)
    lost = [place for place, value in acknowledged.items() if rows.get(place) != value]
    twice = len(rows) - len(set(rows.values()))
    unread = drain(broker, directory, set(rows))
    settled = [each for each in samples if each[0] >= min(SETTLED_MINUTES, samples[-1][0] / 2)]
    third = max(1, len(settled) // 3)
    first, last = settled[:third], settled[-third:]
    memory = median(each[1] for each in first), median(each[1] for each in last)
    descriptors = median(each[2] for each in first), median(each[2] for each in last)
    print(f"minutes                    {samples[-1][0]:.1f}, {len(samples)} samples")
    print(f"acknowledged, stored       {len(acknowledged):,}, {len(rows):,}")
    print(f"lost, twice, not consumed  {len(lost)}, {twice}, {len(unread)}")
    print(f"memory, MB                 {memory[0]:.1f} then, {memory[1]:.1f} at the end")
    print(f"descriptors                {descriptors[0]:.0f} then, {descriptors[1]:.0f} at the end")
    return [
        *(["records were lost"] if lost else []),
        *(["records are there twice"] if twice else []),
        *(["records were not consumed"] if unread else []),
        *(["no record was acknowledged"] if not acknowledged else []),
        *(["memory grows"] if memory[1] - memory[0] > GROWTH_MB else []),
        *(["descriptors leak"] if descriptors[1] - descriptors[0] > GROWTH_DESCRIPTORS else []),
    ]


def main() -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--client", choices=WORK, help=argparse.SUPPRESS)
    parser.add_argument("--bootstrap", help=argparse.SUPPRESS)
    parser.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        WORK[options.client](options.bootstrap, options.log)
    with tempfile.TemporaryDirectory(prefix="kwire-soak-") as name:
        directory = Path(name)
        broker = brokers.Broker("kwire", directory, EXPIRY)
        try:
            create_topics(RawClient(broker.port), [TOPIC], PARTITIONS)
            wrong = check(broker, directory, load(broker, directory, options.minutes))
        finally:
            broker.stop()
    print(", ".join(wrong) if wrong else "nothing lost, memory flat, no leak")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
