"""FastStream (on aiokafka) as an application: see ../../DRIVERS.md."""

import asyncio
import sys

from aiokafka import ConsumerRecord
from faststream import FastStream
from faststream.kafka import KafkaBroker, KafkaMessage

bootstrap, source, sink, group = sys.argv[1:]
broker = KafkaBroker(bootstrap)
app = FastStream(broker)
sending = broker.publisher(sink)


@broker.subscriber(source, group_id=group, auto_offset_reset="earliest")
async def upper(body: bytes, message: KafkaMessage) -> None:
    record: ConsumerRecord = message.raw_message
    await sending.publish(record.value.upper(), key=record.key)


if __name__ == "__main__":
    asyncio.run(app.run())
