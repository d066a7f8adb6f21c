"""The durable engine: segment files in the on-disk form of Apache Kafka."""
