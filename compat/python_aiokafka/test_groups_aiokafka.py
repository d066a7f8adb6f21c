"""aiokafka in groups: two consumers share, one leaves, the other goes on where it was."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

WAIT_S = 40
PARTITIONS = 4


async def fill(broker, topic):
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    for index in range(10 * PARTITIONS):
        await producer.send_and_wait(topic, b"%d" % index, partition=index % PARTITIONS)
    await producer.stop()


async def join(broker, topic):
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap,
        group_id=f"g-{topic}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=6000,
        heartbeat_interval_ms=300,
    )
    await consumer.start()
    return consumer


async def read_until(consumer, done):
    """What the consumer has read until done(values) holds."""
    values = []
    async with asyncio.timeout(WAIT_S):
        while not done(values):
            for records in (await consumer.getmany(timeout_ms=100)).values():
                values += [int(record.value) for record in records]
    return values


def test_two_share_one_leaves_the_other_goes_on(broker, topic):
    async def scenario():
        await fill(broker, topic)
        first = await join(broker, topic)
        assert sorted(await read_until(first, lambda values: len(values) == 40)) == list(range(40))
        await first.commit({TopicPartition(topic, index): (index + 1, f"note {index}") for index in range(PARTITIONS)})
        second = await join(broker, topic)
        await read_until(first, lambda _values: len(first.assignment()) == 2 == len(second.assignment()))
        assert first.assignment() | second.assignment() == {TopicPartition(topic, i) for i in range(PARTITIONS)}
        await first.stop()
        values = await read_until(second, lambda values: len(second.assignment()) == 4 and len(set(values)) == 30)
        assert set(values) == {value for value in range(40) if value // 4 > value % 4}
        assert await second.committed(TopicPartition(topic, 2)) == 3
        await second.stop()

    asyncio.run(scenario())


def test_a_restarted_consumer_resumes(broker, topic):
    async def scenario():
        await fill(broker, topic)
        consumer = await join(broker, topic)
        await read_until(consumer, lambda values: len(values) == 40)
        await consumer.commit()
        await consumer.stop()
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
        await producer.start()
        await producer.send_and_wait(topic, b"40", partition=0)
        await producer.stop()
        again = await join(broker, topic)
        assert await read_until(again, len) == [40]
        await again.stop()

    asyncio.run(scenario())
