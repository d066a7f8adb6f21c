"""kafka-python as a driver: see ../../DRIVERS.md."""

import base64
import json
import os
import sys
import time
from contextlib import suppress

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.errors import KafkaError

WAIT_S = 60
CONNECT_MS = 15_000
ASSIGNORS = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
}
with suppress(ImportError):  # 2.0 has none
    from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

    ASSIGNORS["cooperative-sticky"] = CooperativeStickyAssignor


def text(value):
    return None if value is None else base64.b64encode(value).decode()


def data(value):
    return None if value is None else base64.b64decode(value)


def told(record):
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": text(record.key),
        "value": text(record.value),
        "headers": [[name, text(value)] for name, value in record.headers],
    }


def producer_settings(settings):
    names = {"linger_ms": "linger_ms", "batch_bytes": "batch_size", "max_request_bytes": "max_request_size"}
    own = {names[name]: value for name, value in settings.items() if name in names}
    if "acks" in settings:
        own["acks"] = settings["acks"] if settings["acks"] == "all" else int(settings["acks"])
    if settings.get("compression", "none") != "none":
        own["compression_type"] = settings["compression"]
    return own


class Driver:
    broker_id, topic_name = "broker_id", "name"

    def __init__(self, bootstrap):
        security = json.loads(os.environ.get("CLIENT_SECURITY", "{}"))
        self.common = {"bootstrap_servers": bootstrap.split(",")}
        if security:
            encrypted, sasl = "tls" in security, security.get("sasl")
            self.common["security_protocol"] = ("SASL_" if sasl else "") + ("SSL" if encrypted else "PLAINTEXT")
            if sasl:
                self.common["sasl_mechanism"] = sasl["mechanism"]
                self.common["sasl_plain_username"] = sasl["username"]
                self.common["sasl_plain_password"] = sasl["password"]
            if encrypted and "ca_file" in security["tls"]:
                self.common["ssl_cafile"] = security["tls"]["ca_file"]
        self.opened_admin = None
        self.producers = {}
        self.consumers = {}

    @property
    def admin(self):
        if self.opened_admin is None:
            self.opened_admin = KafkaAdminClient(**self.common, bootstrap_timeout_ms=CONNECT_MS)
        return self.opened_admin

    def metadata(self):
        brokers = [
            {"id": each[self.broker_id], "host": each["host"], "port": each["port"]}
            for each in self.admin.describe_cluster()["brokers"]
        ]
        topics = {each[self.topic_name]: len(each["partitions"]) for each in self.admin.describe_topics()}
        return {"brokers": brokers, "topics": topics}

    def create_topic(self, topic, partitions, replication_factor, configs):
        self.admin.create_topics([NewTopic(topic, partitions, replication_factor, topic_configs=configs)])
        return {}

    def add_partitions(self, topic, count):
        self.admin.create_partitions({topic: NewPartitions(count)})
        return {}

    def topic_config(self, topic):
        found = self.admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        return {"configs": {name: row["value"] for name, row in found["topic"][topic].items()}}

    def alter_topic_config(self, topic, name, value):
        self.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})])
        return {}

    def delete_topic(self, topic):
        self.admin.delete_topics([topic])
        return {}

    def list_groups(self):
        return {"groups": [each["group_id"] for each in self.admin.list_groups()]}

    def delete_group(self, group):
        ((_, outcome),) = dict(self.admin.delete_groups([group])).items()
        if outcome not in {"OK", "NoError"}:
            raise KafkaError(str(outcome))
        return {}

    def produce(self, topic, records, settings):
        key = json.dumps(settings, sort_keys=True)
        if key not in self.producers:
            self.producers[key] = self.new_producer(settings)
        return {"positions": self.send(self.producers[key], topic, records)}

    def new_producer(self, settings, **more):
        own = producer_settings(settings)
        return KafkaProducer(**self.common, **own, enable_idempotence=settings.get("idempotence", False), **more)

    def send(self, producer, topic, records):
        futures = []
        for record in records:
            headers = [(name, data(value)) for name, value in record["headers"]]
            futures.append(
                producer.send(
                    topic,
                    data(record["value"]),
                    data(record["key"]),
                    headers,
                    record.get("partition"),
                    record.get("timestamp"),
                )
            )
        producer.flush(WAIT_S)
        sent = [future.get(WAIT_S) for future in futures]
        return [[each.partition, each.offset if each.offset >= 0 else None] for each in sent]

    def transaction(self, topic, records, transactional_id, commit, settings):
        producer = self.new_producer({**settings, "idempotence": True}, transactional_id=transactional_id)
        producer.init_transactions()
        producer.begin_transaction()
        positions = self.send(producer, topic, records)
        if commit:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
        producer.close()
        return {"positions": positions}

    def consume(self, topic, partition, start, count, within_ms, isolation):
        reader = self.new_reader(isolation)
        where = TopicPartition(topic, partition)
        reader.assign([where])
        if start == "beginning":
            reader.seek_to_beginning(where)
        elif start == "end":
            reader.seek_to_end(where)
        else:
            reader.seek(where, start)
        rows = self.read(reader, count, within_ms)
        reader.close()
        return {"records": rows}

    def new_reader(self, isolation):
        settings = {"auto_offset_reset": "earliest", "enable_auto_commit": False}
        return KafkaConsumer(**self.common, **settings, isolation_level=isolation)

    def read(self, consumer, count, within_ms):
        rows, deadline = [], time.monotonic() + within_ms / 1000
        while len(rows) < count and (left := deadline - time.monotonic()) > 0:
            self.take_up(consumer)
            found = consumer.poll(min(left, 0.1) * 1000, max_records=count - len(rows))
            rows += [told(record) for records in found.values() for record in records]
        return rows

    def take_up(self, consumer):
        """3.0.12 joins again where metadata comes late, and forgets that if the poll ends meanwhile, as its log shows.

        A broker that delays the first rebalance gives the metadata time to come first.
        """
        coordinator = consumer._coordinator  # noqa: SLF001 - it offers no other way
        if coordinator is not None and coordinator.rejoining:
            coordinator.request_rejoin()

    def offsets(self, topic, partition, timestamp):
        reader, where = KafkaConsumer(**self.common), TopicPartition(topic, partition)
        beginning, end = reader.beginning_offsets([where])[where], reader.end_offsets([where])[where]
        found = reader.offsets_for_times({where: timestamp})[where]
        reader.close()
        return {"beginning": beginning, "end": end, "at_timestamp": None if found is None else found.offset}

    def open(self, consumer, group, topics, settings):
        own = {}
        if "assignor" in settings:
            own["partition_assignment_strategy"] = [ASSIGNORS[settings["assignor"]]]
        if "instance_id" in settings:
            own["group_instance_id"] = settings["instance_id"]
        for name in ("session_timeout_ms", "heartbeat_interval_ms"):
            if name in settings:
                own[name] = settings[name]
        begin = {"auto_offset_reset": "earliest", "enable_auto_commit": False, "group_id": group}
        self.consumers[consumer] = KafkaConsumer(*topics, **self.common, **begin, **own)
        return {}

    def poll(self, consumer, count, within_ms):
        opened = self.consumers[consumer]
        rows = self.read(opened, count, within_ms)
        return {"records": rows, "assignment": [[each.topic, each.partition] for each in opened.assignment()]}

    def commit(self, consumer):
        self.consumers[consumer].commit()
        return {}

    def seek(self, consumer, topic, partition, offset):
        self.consumers[consumer].seek(TopicPartition(topic, partition), offset)
        return {}

    def close(self, consumer):
        self.consumers.pop(consumer).close()
        return {}


def main(kind=Driver):
    driver = kind(sys.argv[-1])
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": getattr(driver, request.pop("do"))(**request)}
        except (KafkaError, AssertionError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    for opened in (*driver.consumers.values(), *driver.producers.values()):
        opened.close()


if __name__ == "__main__":
    main()
