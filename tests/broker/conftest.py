"""A cluster over either engine that tests configure in every way there is, and reach through the handlers."""

import pytest

from kwire.api import fetch, incremental_alter_configs, produce
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.memory import MemoryStore
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import ManualClock, build_cluster, build_env, context_of, create_topic
from tests.kit.faulty_files import FaultyFiles

SET, DELETE = 0, 1
PRODUCE_VERSION, FETCH_VERSION = 12, 12
DAY_S = 86_400


class World:
    """A cluster of brokers 1 to n, its clock, and its files, which count what is asked of them."""

    def __init__(self, engine, directory, brokers, static):
        self.clock = ManualClock()
        self.files = FaultyFiles()
        self.directory = directory
        self.env = build_env(self.clock)
        self.env.files = self.files
        store = MemoryStore(self.env) if engine == "memory" else SegmentStore(str(directory), self.env)
        store.start()
        self.cluster = build_cluster(brokers, env=self.env, store=store, static=static)

    def context(self, api_version, node_id=1):
        return context_of(self.cluster, api_version, node_id=node_id)

    async def create(self, name="t", partitions=1, *, brokers=1, configs=None):
        """The topic has a replica of each partition on so many brokers, the first of them leads."""
        replicas = [list(range(1, brokers + 1))] * partitions
        return await create_topic(self.cluster, name, assignments=replicas, configs=configs)

    def partition(self, index=0, topic="t"):
        return self.cluster.partition(topic, index)

    def log(self, index=0, topic="t"):
        return self.partition(index, topic).open()

    async def alter(self, resource_type, name, config, value):
        """The error of setting that config, of unsetting it where value is None."""
        change = AlterableConfig(name=config, config_operation=DELETE if value is None else SET, value=value)
        resource = AlterConfigsResource(resource_type=resource_type, resource_name=name, configs=[change])
        response = await incremental_alter_configs.handle(
            IncrementalAlterConfigsRequest(resources=[resource]), self.context(1)
        )
        return ErrorCode(response.responses[0].error_code), response.responses[0].error_message

    def batch(self, *, key=b"truck-1", value=b"position", age_s=0, count=1, **options):
        """A batch of so many equal records that are age_s old now."""
        timestamp_ms = self.env.wall_ms() - round(age_s * 1000)
        return encode_batch([Record(index, timestamp_ms, key, value) for index in range(count)], **options)

    async def produce(self, batch=None, *, index=0, topic="t", acks=-1):
        """The partition's row of the answer."""
        data = PartitionProduceData(index=index, records=memoryview(batch or self.batch()))
        request = ProduceRequest(
            acks=acks, timeout_ms=1000, topic_data=[TopicProduceData(name=topic, partition_data=[data])]
        )
        response = await produce.handle(request, self.context(PRODUCE_VERSION))
        return response.responses[0].partition_responses[0]

    async def fetch(self, offset=0, *, index=0, topic="t", session_epoch=-1, max_bytes=2**31 - 1):
        """The answer to a fetch of one partition, without waiting."""
        asked = FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=max_bytes)
        request = FetchRequest(
            max_wait_ms=0,
            min_bytes=1,
            max_bytes=max_bytes,
            session_epoch=session_epoch,
            topics=[FetchTopic(topic=topic, partitions=[asked])],
        )
        return await fetch.handle(request, self.context(FETCH_VERSION))

    async def stored(self, offset=0):
        """The bytes that a consumer gets."""
        records = (await self.fetch(offset)).responses[0].partitions[0].records
        data = records.tobytes()
        records.close()
        return data

    def housekeep(self):
        self.cluster.store.housekeep(self.env.wall_ms())

    def fsyncs(self):
        """How often a file was synced since the last question."""
        return self.files.calls.pop("fsync", 0)

    def segments(self, index=0, topic="t"):
        """How many segments the partition has."""
        return len(self.log(index, topic).segments())


@pytest.fixture
def make_world(tmp_path):
    """Makes a world on that engine: memory or segments. Its logs are closed at the end of the test."""
    worlds = []

    def make(engine="memory", *, brokers=1, static=None):
        world = World(engine, tmp_path / "data", brokers, static)
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.cluster.close()
