"""A small Kafka client on trio over the generated codec: what the command line and the tests speak with."""
