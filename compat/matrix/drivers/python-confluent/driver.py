"""confluent-kafka as a driver: see ../../DRIVERS.md."""

import base64
import json
import os
import sys
import time

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

WAIT_S = 60
CONNECT_S = 15
PRODUCER_SETTINGS = {
    "acks": "acks",
    "compression": "compression.type",
    "idempotence": "enable.idempotence",
    "linger_ms": "linger.ms",
    "batch_bytes": "batch.size",
    "max_request_bytes": "message.max.bytes",
}
CONSUMER_SETTINGS = {
    "protocol": "group.protocol",
    "assignor": "partition.assignment.strategy",
    "instance_id": "group.instance.id",
    "session_timeout_ms": "session.timeout.ms",
    "heartbeat_interval_ms": "heartbeat.interval.ms",
}


def text(value):
    return None if value is None else base64.b64encode(value).decode()


def data(value):
    return None if value is None else base64.b64decode(value)


def told(message):
    kind, timestamp = message.timestamp()
    return {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": None if kind == TIMESTAMP_NOT_AVAILABLE else timestamp,
        "key": text(message.key()),
        "value": text(message.value()),
        "headers": [[name, text(value)] for name, value in message.headers() or []],
    }


class Driver:
    def __init__(self, bootstrap):
        security = json.loads(os.environ.get("CLIENT_SECURITY", "{}"))
        self.common = {"bootstrap.servers": bootstrap, "message.max.bytes": 8_000_000}
        if security:
            encrypted, sasl = "tls" in security, security.get("sasl")
            self.common["security.protocol"] = ("sasl_" if sasl else "") + ("ssl" if encrypted else "plaintext")
            if sasl:
                self.common["sasl.mechanism"] = sasl["mechanism"]
                self.common["sasl.username"], self.common["sasl.password"] = sasl["username"], sasl["password"]
            if encrypted and "ca_file" in security["tls"]:
                self.common["ssl.ca.location"] = security["tls"]["ca_file"]
        self.admin = AdminClient(self.common)
        self.producers = {}
        self.consumers = {}
        self.reader = None

    def metadata(self):
        found = self.admin.list_topics(timeout=CONNECT_S)
        brokers = [{"id": each.id, "host": each.host, "port": each.port} for each in found.brokers.values()]
        return {"brokers": brokers, "topics": {name: len(each.partitions) for name, each in found.topics.items()}}

    def create_topic(self, topic, partitions, replication_factor, configs):
        new = NewTopic(topic, partitions, replication_factor, config=configs)
        self.admin.create_topics([new])[topic].result(WAIT_S)
        return {}

    def add_partitions(self, topic, count):
        self.admin.create_partitions([NewPartitions(topic, count)])[topic].result(WAIT_S)
        return {}

    def topic_config(self, topic):
        (asked,) = self.admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
        return {"configs": {name: entry.value for name, entry in asked.result(WAIT_S).items()}}

    def alter_topic_config(self, topic, name, value):
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        (asked,) = self.admin.incremental_alter_configs([resource]).values()
        asked.result(WAIT_S)
        return {}

    def delete_topic(self, topic):
        self.admin.delete_topics([topic])[topic].result(WAIT_S)
        return {}

    def list_groups(self):
        return {"groups": [each.group_id for each in self.admin.list_consumer_groups().result(WAIT_S).valid]}

    def delete_group(self, group):
        self.admin.delete_consumer_groups([group])[group].result(WAIT_S)
        return {}

    def produce(self, topic, records, settings):
        key = json.dumps(settings, sort_keys=True)
        if key not in self.producers:
            own = {PRODUCER_SETTINGS[name]: value for name, value in settings.items()}
            self.producers[key] = Producer({**self.common, "message.timeout.ms": WAIT_S * 1000, **own})
        return {"positions": self.send(self.producers[key], topic, records)}

    def send(self, producer, topic, records):
        positions, failures = [None] * len(records), []

        def delivered(index):
            def note(error, message):
                if error is not None:
                    failures.append(error)
                else:
                    positions[index] = [message.partition(), message.offset()]

            return note

        for index, record in enumerate(records):
            headers = [(name, data(value)) for name, value in record["headers"]]
            while True:
                try:
                    producer.produce(
                        topic,
                        data(record["value"]),
                        data(record["key"]),
                        record.get("partition", -1),
                        on_delivery=delivered(index),
                        timestamp=record.get("timestamp", 0),
                        headers=headers,
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
        producer.flush(WAIT_S)
        if failures:
            raise KafkaException(failures[0])
        return positions

    def transaction(self, topic, records, transactional_id, commit, settings):
        own = {PRODUCER_SETTINGS[name]: value for name, value in settings.items()}
        producer = Producer({**self.common, "transactional.id": transactional_id, **own})
        producer.init_transactions(WAIT_S)
        producer.begin_transaction()
        positions = self.send(producer, topic, records)
        if commit:
            producer.commit_transaction(WAIT_S)
        else:
            producer.abort_transaction(WAIT_S)
        return {"positions": positions}

    def new_reader(self, isolation):
        settings = {"group.id": "unused", "enable.auto.commit": False, "isolation.level": isolation}
        return Consumer({**self.common, **settings, "auto.offset.reset": "earliest"})

    def consume(self, topic, partition, start, count, within_ms, isolation):
        offset = {"beginning": -2, "end": -1}.get(start, start)
        reader = self.new_reader(isolation)
        reader.assign([TopicPartition(topic, partition, offset)])
        rows = self.read(reader, count, within_ms)
        reader.close()
        return {"records": rows}

    def read(self, consumer, count, within_ms):
        rows, deadline = [], time.monotonic() + within_ms / 1000
        while len(rows) < count and (left := deadline - time.monotonic()) > 0:
            for message in consumer.consume(min(count - len(rows), 1000), min(left, 0.1)):
                if message.error() is not None:
                    raise KafkaException(message.error())
                rows.append(told(message))
        return rows

    def offsets(self, topic, partition, timestamp):
        reader = self.new_reader("read_uncommitted")
        beginning, end = reader.get_watermark_offsets(TopicPartition(topic, partition), WAIT_S)
        (found,) = reader.offsets_for_times([TopicPartition(topic, partition, timestamp)], WAIT_S)
        reader.close()
        return {"beginning": beginning, "end": end, "at_timestamp": None if found.offset < 0 else found.offset}

    def open(self, consumer, group, topics, settings):
        own = {CONSUMER_SETTINGS[name]: value for name, value in settings.items()}
        if settings.get("protocol") == "consumer" and "assignor" in settings:
            own["group.remote.assignor"] = own.pop("partition.assignment.strategy")
        begin = {"auto.offset.reset": "earliest", "enable.auto.commit": False, "group.id": group}
        self.consumers[consumer] = Consumer({**self.common, **begin, **own})
        self.consumers[consumer].subscribe(topics)
        return {}

    def poll(self, consumer, count, within_ms):
        opened = self.consumers[consumer]
        rows = self.read(opened, count, within_ms)
        return {"records": rows, "assignment": [[each.topic, each.partition] for each in opened.assignment()]}

    def commit(self, consumer):
        self.consumers[consumer].commit(asynchronous=False)
        return {}

    def seek(self, consumer, topic, partition, offset):
        self.consumers[consumer].seek(TopicPartition(topic, partition, offset))
        return {}

    def close(self, consumer):
        self.consumers.pop(consumer).close()
        return {}


def main():
    driver = Driver(sys.argv[-1])
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": getattr(driver, request.pop("do"))(**request)}
        except KafkaException as error:
            answer = {"error": f"{error.args[0].name()}: {error.args[0].str()}"}
        print(json.dumps(answer), flush=True)
    for consumer in driver.consumers.values():
        consumer.close()


if __name__ == "__main__":
    main()
