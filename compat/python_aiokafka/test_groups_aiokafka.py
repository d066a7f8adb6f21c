"""aiokafka in groups: two consumers share, one leaves, the other goes on where it was."""

import asyncio
import subprocess
import sys

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


async def join(broker, topic, **options):
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap,
        group_id=f"g-{topic}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=6000,
        heartbeat_interval_ms=300,
        **options,
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


def test_a_restarted_static_member_keeps_its_partitions(broker, topic):
    async def scenario():
        await fill(broker, topic)
        first = await join(broker, topic, group_instance_id="one")
        second = await join(broker, topic, group_instance_id="two")
        await read_until(first, lambda _values: len(first.assignment()) == 2 == len(second.assignment()))
        kept, others = first.assignment(), second.assignment()
        await first.stop()
        again = await join(broker, topic, group_instance_id="one")
        await read_until(again, lambda _values: again.assignment() == kept)
        assert second.assignment() == others
        await again.stop()
        await second.stop()

    asyncio.run(scenario())


CRASHING = """
import asyncio, sys
from aiokafka import AIOKafkaConsumer

async def main():
    consumer = AIOKafkaConsumer(
        sys.argv[2], bootstrap_servers=sys.argv[1], group_id="g-" + sys.argv[2], auto_offset_reset="earliest",
        enable_auto_commit=False, session_timeout_ms=6000, heartbeat_interval_ms=300,
    )
    await consumer.start()
    await consumer.getone()
    await consumer.commit({partition: 5 for partition in consumer.assignment()})
    print(len(consumer.assignment()), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_killed_consumers_partitions_are_taken_over(broker, topic):
    asyncio.run(fill(broker, topic))
    command = [sys.executable, "-c", CRASHING, broker.bootstrap, topic]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as first:
        assert int(first.stdout.readline()) == PARTITIONS
        first.kill()

    async def take_over():
        second = await join(broker, topic)
        values = await read_until(second, lambda values: len(values) == 20)
        assert sorted(values) == list(range(20, 40))  # each partition from its committed offset on
        await second.stop()

    asyncio.run(take_over())
