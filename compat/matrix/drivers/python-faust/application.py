"""Faust (faust-streaming, on aiokafka) as an application: see ../../DRIVERS.md."""

import sys
import tempfile

import faust

bootstrap, source, sink, group = sys.argv[1:]
app = faust.App(
    group,
    broker=f"kafka://{bootstrap}",
    autodiscover=False,
    broker_commit_interval=0.5,
    consumer_auto_offset_reset="earliest",
    datadir=tempfile.mkdtemp(),
    topic_disable_leader=True,
    web_enabled=False,
)
taken = app.topic(source, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
given = app.topic(sink, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


@app.agent(taken)
async def upper(stream):
    async for key, value in stream.items():
        await given.send(key=key, value=value.upper())


if __name__ == "__main__":
    faust.Worker(app, loglevel="WARNING").execute_from_commandline()
