"""Quix Streams (on confluent-kafka) as an application: see ../../DRIVERS.md."""

import signal
import sys

from quixstreams import Application

bootstrap, source, sink, group = sys.argv[1:]
app = Application(
    bootstrap, consumer_group=group, auto_offset_reset="earliest", auto_create_topics=False, commit_interval=1.0
)
signal.signal(signal.SIGTERM, lambda *_: app.stop())
plain = {"key_serializer": "bytes", "value_serializer": "bytes"}
taken = app.topic(source, key_deserializer="bytes", value_deserializer="bytes")
rows = app.dataframe(taken)
rows.apply(lambda value: value.upper()).to_topic(app.topic(sink, **plain))
app.run()
