"""A fleet of trucks reports its positions; a dashboard and a notification service each read all of them, as groups.

Start a broker (`kwire serve`), then: python examples/truck_gps.py [HOST:PORT]

Every position is keyed by its truck, so one truck's positions are in one partition, in order. The dashboard's three
consumers share the partitions; one of them is killed, and the others go on where it had committed.
"""

import contextlib
import json
import random
import sys
from collections import defaultdict
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection, wait

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

TOPIC = "truck_gps"
PARTITIONS = 10
TRUCKS = 25
REPORTS_PER_TRUCK = 40


def create_topic(bootstrap: str) -> None:
    """The topic is there, with ten partitions."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
    except TopicAlreadyExistsError:
        print(f"{TOPIC} is there already")
    finally:
        admin.close()


def drive(bootstrap: str, reports: range) -> None:
    """Every truck sends its positions, keyed by its id."""
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    positions = {f"truck-{number:02}": [52.5, 13.4] for number in range(TRUCKS)}
    for report in reports:
        for truck, position in positions.items():
            position[0] += random.uniform(-0.01, 0.01)
            position[1] += random.uniform(-0.01, 0.01)
            message = {"report": report, "lat": position[0], "lon": position[1]}
            producer.send(TOPIC, key=truck.encode(), value=json.dumps(message).encode())
    producer.close()


def consume(bootstrap: str, group: str, pipe: Connection) -> None:
    """One consumer, a process of its own: hands over what it reads, then commits, until it is told to stop."""
    consumer = KafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=6000,  # a consumer that is silent for so long is dead
        heartbeat_interval_ms=500,
        max_poll_records=50,
    )
    while not pipe.poll():
        polled = consumer.poll(timeout_ms=250)
        positions = [(each.key.decode(), json.loads(each.value)["report"]) for rows in polled.values() for each in rows]
        pipe.send((len(consumer.assignment()), positions))
        if positions:
            consumer.commit()
    consumer.close()


class Application:
    """A group of consumers, and what they have read: of each truck the reports in the order in which they came."""

    def __init__(self, bootstrap: str, group: str, consumers: int) -> None:
        self.group = group
        self.processes: dict[Connection, Process] = {}
        self.partitions: dict[Connection, int] = {}
        self.reports: dict[str, list[int]] = defaultdict(list)
        for _ in range(consumers):
            ours, theirs = Pipe()
            process = Process(target=consume, args=(bootstrap, group, theirs), daemon=True)
            process.start()
            theirs.close()
            self.processes[ours], self.partitions[ours] = process, 0

    def read(self) -> None:
        """What its consumers hand over next."""
        for pipe in wait(list(self.processes)):
            self.receive(pipe)

    def receive(self, pipe: Connection) -> None:
        """What a consumer handed over. What a killed one had not committed comes once more, and is known."""
        self.partitions[pipe], positions = pipe.recv()
        for truck, report in positions:
            if report not in self.reports[truck]:
                self.reports[truck].append(report)

    def share(self) -> None:
        """All partitions are shared among all consumers."""
        while not all(self.partitions.values()) or sum(self.partitions.values()) != PARTITIONS:
            self.read()

    def kill_one(self) -> None:
        """One of the consumers is gone without a word."""
        pipe, process = self.processes.popitem()
        process.kill()
        process.join()
        with contextlib.suppress(EOFError, OSError):  # at the end, or within what it was handing over
            while True:
                self.receive(pipe)
        print(f"{self.group}: one of three consumers is killed, it had {self.partitions.pop(pipe)} partitions")

    def finish(self) -> None:
        """It has read everything, and its consumers leave the group."""
        while sum(map(len, self.reports.values())) < TRUCKS * REPORTS_PER_TRUCK:
            self.read()
        for pipe in self.processes:
            pipe.send("stop")
        in_order = all(seen == list(range(REPORTS_PER_TRUCK)) for seen in self.reports.values())
        total = sum(map(len, self.reports.values()))
        print(f"{self.group}: {total} positions of {len(self.reports)} trucks, in order: {in_order}")
        for process in self.processes.values():
            process.join()


def main() -> None:
    """The whole story, against the broker named on the command line."""
    bootstrap = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:9092"
    create_topic(bootstrap)
    dashboard = Application(bootstrap, "dashboard", consumers=3)
    notification = Application(bootstrap, "notification", consumers=1)
    dashboard.share()
    drive(bootstrap, range(REPORTS_PER_TRUCK // 2))
    dashboard.kill_one()
    drive(bootstrap, range(REPORTS_PER_TRUCK // 2, REPORTS_PER_TRUCK))
    print(f"{TRUCKS} trucks sent {TRUCKS * REPORTS_PER_TRUCK} positions")
    dashboard.finish()
    notification.finish()


if __name__ == "__main__":
    main()
