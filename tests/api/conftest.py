"""Contexts of requests to a real cluster on the memory engine, and batches to write to it."""

import pytest

from kwire.protocol.records.record import Record, encode_batch
from kwire.testing.cluster import START_MS, build_cluster, context_of, create_topic


@pytest.fixture
def make_context():
    """The context of a request to broker 1, started with these configs, which has the topic t with one partition."""

    async def make(static=None, *, brokers=1):
        cluster = build_cluster(brokers, static=static)
        await create_topic(cluster, "t")
        return context_of(cluster, 0)

    return make


@pytest.fixture
async def context(make_context):
    return await make_context()


class DataPath:
    """A cluster of one broker, or of as many as the test starts before anything else."""

    now_ms = START_MS

    def __init__(self):
        self.cluster = build_cluster()

    def start_brokers(self, count):
        self.cluster = build_cluster(count)

    def configure(self, **static):
        self.cluster = build_cluster(static={name.replace("_", "."): str(value) for name, value in static.items()})

    def context(self, api_version, *, node_id=1):
        return context_of(self.cluster, api_version, node_id=node_id)

    async def create(self, name, partitions=1, *, configs=None, replicas=()):
        """The id of the new topic."""
        topic = await create_topic(self.cluster, name, partitions, configs=configs, assignments=replicas)
        return topic.topic_id

    async def delete(self, name):
        await self.cluster.controller.delete_topics([self.cluster.image.topics[name].topic_id])

    def stop_broker(self, node_id):
        self.cluster.controller.stop_broker(node_id)

    def partition(self, topic, index=0):
        return self.cluster.partition(topic, index)

    def append(self, topic, index, records):
        return self.partition(topic, index).produce(
            records, acks=-1, now_ms=self.now_ms, validate_records=False, api_version=9
        )


@pytest.fixture
def data_path():
    return DataPath()


@pytest.fixture
def batch():
    """Makes batches of so many small records."""

    def make(count=1, *, timestamp=START_MS, key=b"truck-1", value=b"position", **options):
        records = [Record(index, timestamp, key, value, []) for index in range(count)]
        return memoryview(encode_batch(records, **options))

    return make
