"""Under pytest-xdist: each worker has clusters of its own."""

import asyncio
import os

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


@pytest.mark.kafka(topics={"orders": 2})
@pytest.mark.parametrize("number", range(4))
def test_each_has_its_own(kafka, kafka_session, number):
    assert os.environ["SHOP_KAFKA"] == kafka.bootstrap_servers
    kafka.append("orders", str(number))
    assert [record.value for record in kafka.records("orders")] == [b"%d" % number]
    assert kafka_session.records("orders") == []


@pytest.mark.kafka(topics=["orders"])
def test_a_client_of_asyncio(kafka):
    async def there_and_back():
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
            await producer.send_and_wait("orders", b"two coffees")
        settings = {"bootstrap_servers": kafka.bootstrap_servers, "group_id": "g", "auto_offset_reset": "earliest"}
        async with AIOKafkaConsumer("orders", **settings) as consumer:
            return (await consumer.getone()).value

    assert asyncio.run(there_and_back()) == b"two coffees"
