"""aiokafka as a driver: see ../../DRIVERS.md."""

import asyncio
import base64
import json
import os
import sys
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError, for_code
from aiokafka.helpers import create_ssl_context

CONNECT_S = 15
ASSIGNORS = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
}


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


def check(code):
    if code:
        raise for_code(code)


class Driver:
    def __init__(self, bootstrap):
        security = json.loads(os.environ.get("CLIENT_SECURITY", "{}"))
        self.common = {"bootstrap_servers": bootstrap}
        if security:
            encrypted, sasl = "tls" in security, security.get("sasl")
            self.common["security_protocol"] = ("SASL_" if sasl else "") + ("SSL" if encrypted else "PLAINTEXT")
            if sasl:
                self.common["sasl_mechanism"] = sasl["mechanism"]
                self.common["sasl_plain_username"] = sasl["username"]
                self.common["sasl_plain_password"] = sasl["password"]
            if encrypted:
                self.common["ssl_context"] = create_ssl_context(cafile=security["tls"].get("ca_file"))
        self.opened_admin = None
        self.producers = {}
        self.consumers = {}

    async def admin(self):
        if self.opened_admin is None:
            admin = AIOKafkaAdminClient(**self.common)
            await asyncio.wait_for(admin.start(), CONNECT_S)
            self.opened_admin = admin
        return self.opened_admin

    async def metadata(self):
        admin = await self.admin()
        cluster = await admin.describe_cluster()
        topics = {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
        brokers = [{"id": each["node_id"], "host": each["host"], "port": each["port"]} for each in cluster["brokers"]]
        return {"brokers": brokers, "topics": topics}

    async def create_topic(self, topic, partitions, replication_factor, configs):
        new = NewTopic(topic, partitions, replication_factor, topic_configs=configs)
        answer = await (await self.admin()).create_topics([new])
        check(answer.topic_errors[0][1])
        return {}

    async def add_partitions(self, topic, count):
        answer = await (await self.admin()).create_partitions({topic: NewPartitions(count)})
        check(answer.topic_errors[0][1])
        return {}

    async def topic_config(self, topic):
        (answer,) = await (await self.admin()).describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        ((code, _, _, _, entries),) = answer.resources
        check(code)
        return {"configs": {entry[0]: entry[1] for entry in entries}}

    async def alter_topic_config(self, topic, name, value):
        await (await self.admin()).alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})])
        return {}

    async def delete_topic(self, topic):
        answer = await (await self.admin()).delete_topics([topic])
        check(answer.topic_error_codes[0][1])
        return {}

    async def list_groups(self):
        return {"groups": [name for name, _ in await (await self.admin()).list_consumer_groups()]}

    async def produce(self, topic, records, settings):
        key = json.dumps(settings, sort_keys=True)
        if key not in self.producers:
            producer = self.new_producer(settings)
            await asyncio.wait_for(producer.start(), CONNECT_S)
            self.producers[key] = producer
        return {"positions": await self.send(self.producers[key], topic, records)}

    def new_producer(self, settings, **more):
        names = {"linger_ms": "linger_ms", "batch_bytes": "max_batch_size", "max_request_bytes": "max_request_size"}
        own = {names[name]: value for name, value in settings.items() if name in names}
        own["enable_idempotence"] = settings.get("idempotence", False)
        if "acks" in settings:
            own["acks"] = settings["acks"] if settings["acks"] == "all" else int(settings["acks"])
        if settings.get("compression", "none") != "none":
            own["compression_type"] = settings["compression"]
        return AIOKafkaProducer(**self.common, **own, **more)

    async def send(self, producer, topic, records):
        futures = [
            await producer.send(
                topic,
                data(record["value"]),
                data(record["key"]),
                record.get("partition"),
                record.get("timestamp"),
                [(name, data(value)) for name, value in record["headers"]],
            )
            for record in records
        ]
        sent = [await future for future in futures]
        if sent and sent[0] is None:
            await producer.flush()
            return [[None, None]] * len(records)
        return [[each.partition, each.offset] for each in sent]

    async def transaction(self, topic, records, transactional_id, commit, settings):
        producer = self.new_producer({**settings, "idempotence": True}, transactional_id=transactional_id)
        try:
            await producer.start()
            await producer.begin_transaction()
            positions = await self.send(producer, topic, records)
            await (producer.commit_transaction() if commit else producer.abort_transaction())
        finally:
            await producer.stop()
        return {"positions": positions}

    async def reader(self, topic, partition, **settings):
        reader = AIOKafkaConsumer(**self.common, enable_auto_commit=False, auto_offset_reset="earliest", **settings)
        await reader.start()
        reader.assign([TopicPartition(topic, partition)])
        return reader

    async def consume(self, topic, partition, start, count, within_ms, isolation):
        reader = await self.reader(topic, partition, isolation_level=isolation)
        where = TopicPartition(topic, partition)
        if start == "beginning":
            await reader.seek_to_beginning(where)
        elif start == "end":
            await reader.seek_to_end(where)
        else:
            reader.seek(where, start)
        rows = await self.read(reader, count, within_ms)
        await reader.stop()
        return {"records": rows}

    async def read(self, consumer, count, within_ms):
        rows, deadline = [], time.monotonic() + within_ms / 1000
        while len(rows) < count and (left := deadline - time.monotonic()) > 0:
            found = await consumer.getmany(timeout_ms=min(left, 0.1) * 1000, max_records=count - len(rows))
            rows += [told(record) for records in found.values() for record in records]
        return rows

    async def offsets(self, topic, partition, timestamp):
        reader, where = await self.reader(topic, partition), TopicPartition(topic, partition)
        beginning, end = (await reader.beginning_offsets([where]))[where], (await reader.end_offsets([where]))[where]
        found = (await reader.offsets_for_times({where: timestamp}))[where]
        await reader.stop()
        return {"beginning": beginning, "end": end, "at_timestamp": None if found is None else found.offset}

    async def open(self, consumer, group, topics, settings):
        own = {}
        if "assignor" in settings:
            own["partition_assignment_strategy"] = [ASSIGNORS[settings["assignor"]]]
        if "instance_id" in settings:
            own["group_instance_id"] = settings["instance_id"]
        for name in ("session_timeout_ms", "heartbeat_interval_ms"):
            if name in settings:
                own[name] = settings[name]
        begin = {"auto_offset_reset": "earliest", "enable_auto_commit": False, "group_id": group}
        opened = AIOKafkaConsumer(*topics, **self.common, **begin, **own)
        self.consumers[consumer] = opened
        await opened.start()
        return {}

    async def poll(self, consumer, count, within_ms):
        opened = self.consumers[consumer]
        rows = await self.read(opened, count, within_ms)
        return {"records": rows, "assignment": [[each.topic, each.partition] for each in opened.assignment()]}

    async def commit(self, consumer):
        await self.consumers[consumer].commit()
        return {}

    async def seek(self, consumer, topic, partition, offset):
        self.consumers[consumer].seek(TopicPartition(topic, partition), offset)
        return {}

    async def close(self, consumer):
        await self.consumers.pop(consumer).stop()
        return {}

    async def stop(self):
        for opened in (*self.consumers.values(), *self.producers.values()):
            await opened.stop()
        if self.opened_admin is not None:
            await self.opened_admin.close()


async def main():
    driver = Driver(sys.argv[-1])
    while line := await asyncio.to_thread(sys.stdin.readline):
        request = json.loads(line)
        try:
            answer = {"ok": await getattr(driver, request.pop("do"))(**request)}
        except (KafkaError, OSError, TimeoutError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    await driver.stop()


if __name__ == "__main__":
    asyncio.run(main())
