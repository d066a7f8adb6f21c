"""aiokafka: produce, consume by assignment, admin."""

import asyncio
import time

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

WAIT_S = 30


async def produce(broker, topic, values, **options):
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, **options)
    await producer.start()
    try:
        futures = [await producer.send(topic, value, partition=0) for value in values]
        return [(await future).offset for future in futures]
    finally:
        await producer.stop()


async def consume(broker, topic, count, start=0):
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap)
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek(partition, start)
        async with asyncio.timeout(WAIT_S):
            return [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
@pytest.mark.parametrize("idempotent", [False, True])
def test_round_trip(broker, topic, codec, idempotent):
    values = [b"the quick brown fox " * 20 + b"%d" % i for i in range(100)]

    async def main():
        options = {"compression_type": codec, "linger_ms": 50, "enable_idempotence": idempotent}
        assert await produce(broker, topic, values, **options) == list(range(100))
        assert [(r.offset, r.value) for r in await consume(broker, topic, 100)] == list(enumerate(values))

    asyncio.run(main())
    assert set(broker.stored_codecs(topic)) == {codec or "none"}


def test_seek_and_timestamps(broker, topic):
    base_ms = int(time.time() * 1000) - 100_000

    async def main():
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
        await producer.start()
        for i in range(50):
            await producer.send_and_wait(topic, b"%d" % i, partition=0, timestamp_ms=base_ms + i * 1000)
        await producer.stop()
        assert (await consume(broker, topic, 1, start=33))[0].value == b"33"
        consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap)
        await consumer.start()
        partition = TopicPartition(topic, 0)
        assert await consumer.end_offsets([partition]) == {partition: 50}
        found = await consumer.offsets_for_times({partition: base_ms + 20_500})
        assert found[partition].offset == 21
        await consumer.stop()

    asyncio.run(main())


def test_admin(broker, topic):
    async def main():
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(topic, 4, 1)])
        assert topic in await admin.list_topics()
        (described,) = await admin.describe_topics([topic])
        assert len(described["partitions"]) == 4
        await admin.delete_topics([topic])
        await admin.close()

    asyncio.run(main())
