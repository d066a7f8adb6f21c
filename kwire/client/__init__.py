"""A small Kafka client on trio over the generated codec, for the command line and the tests."""
