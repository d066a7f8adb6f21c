"""A Kafka broker in Python: real protocol, real log, no JVM."""

__version__ = "0.1.0"
