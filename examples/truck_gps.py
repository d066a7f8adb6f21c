"""A fleet of trucks reports its positions; a dashboard and a notification service each read all of them.

Start a broker (`kwire serve`), then: python examples/truck_gps.py [HOST:PORT]

Every position is keyed by its truck, so one truck's positions are in one partition, in order.
"""

import json
import random
import sys
from collections import defaultdict

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
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


def drive(bootstrap: str) -> None:
    """Every truck sends its positions, keyed by its id."""
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    positions = {f"truck-{number:02}": [52.5, 13.4] for number in range(TRUCKS)}
    for report in range(REPORTS_PER_TRUCK):
        for truck, position in positions.items():
            position[0] += random.uniform(-0.01, 0.01)
            position[1] += random.uniform(-0.01, 0.01)
            message = {"report": report, "lat": position[0], "lon": position[1]}
            producer.send(TOPIC, key=truck.encode(), value=json.dumps(message).encode())
    producer.close()
    print(f"{TRUCKS} trucks sent {TRUCKS * REPORTS_PER_TRUCK} positions")


def read_everything(bootstrap: str, reader: str) -> None:
    """All positions are read from the beginning, each truck's in the order in which they were sent."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
    partitions = [TopicPartition(TOPIC, number) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    reports: dict[str, list[int]] = defaultdict(list)
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for records in consumer.poll(timeout_ms=1000).values():
            for record in records:
                reports[record.key.decode()].append(json.loads(record.value)["report"])
    consumer.close()
    in_order = all(seen[-REPORTS_PER_TRUCK:] == list(range(REPORTS_PER_TRUCK)) for seen in reports.values())
    total = sum(len(seen) for seen in reports.values())
    print(f"{reader}: {total} positions of {len(reports)} trucks, in order: {in_order}")


def main() -> None:
    """The whole story, against the broker named on the command line."""
    bootstrap = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:9092"
    create_topic(bootstrap)
    drive(bootstrap)
    for reader in ("dashboard", "notification"):
        read_everything(bootstrap, reader)


if __name__ == "__main__":
    main()
