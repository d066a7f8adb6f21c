"""Who is believed about a batch's newest timestamp, and what depends on it: offsets by time, retention, segments, files."""

import pytest

from kwire.api import api_versions, list_offsets, produce
from kwire.api.known_clients import knows_newest
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.protocol.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.batch import new_batch, read_header
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.memory import MemoryStore
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import START_MS, ManualClock, build_cluster, build_env, context_of, create_topic

MAX_TIMESTAMP = -3
TIMES = START_MS, START_MS + 30_000, START_MS + 10_000
HOUR_MS = 3_600_000
ROLL_MS = HOUR_MS // 2
LIES = {"none": -1, "the last one's": START_MS + 10_000, "too large": START_MS + 40_000, "much too large": 2**62}


class World:
    """A broker with the topic t, and a client's connection to it."""

    def __init__(self, store, env, clock):
        self.clock = clock
        self.cluster = build_cluster(env=env, store=store)
        self.connection = context_of(self.cluster, 4).connection

    def context(self, version):
        context = context_of(self.cluster, version)
        context.connection = self.connection
        return context

    async def introduce(self, name, version):
        request = ApiVersionsRequest(client_software_name=name, client_software_version=version)
        await api_versions.handle(request, self.context(4))

    async def produce(self, *times, claimed):
        batch = encode_batch([Record(0, time_ms, b"k", b"v") for time_ms in times])
        header = read_header(batch)
        header.max_timestamp = claimed
        data = PartitionProduceData(0, memoryview(new_batch(header, bytes(batch[61:]))))
        request = ProduceRequest(acks=-1, topic_data=[TopicProduceData(name="t", partition_data=[data])])
        (row,) = (await produce.handle(request, self.context(9))).responses[0].partition_responses
        assert row.error_code == 0
        return row.base_offset

    async def offset_at(self, time_ms):
        asked = ListOffsetsTopic("t", [ListOffsetsPartition(0, -1, time_ms)])
        (topic,) = (await list_offsets.handle(ListOffsetsRequest(-1, topics=[asked]), self.context(8))).topics
        return topic.partitions[0].offset

    @property
    def partition(self):
        return self.cluster.partition("t", 0)


@pytest.fixture(params=["memory", "segments"])
async def world(request, tmp_path):
    clock = ManualClock()
    env = build_env(clock)
    store = MemoryStore(env) if request.param == "memory" else SegmentStore(str(tmp_path), env)
    store.start()
    world = World(store, env, clock)
    await create_topic(world.cluster, "t", configs={"segment.ms": str(ROLL_MS), "retention.ms": str(2 * HOUR_MS)})
    yield world
    world.cluster.close()


@pytest.mark.parametrize("claimed", LIES.values(), ids=LIES)
async def test_offsets_by_time_whatever_the_header_says(world, claimed):
    for base_offset in (0, 3):
        assert await world.produce(*TIMES, claimed=claimed) == base_offset
    asked = [0, START_MS + 5_000, START_MS + 20_000, START_MS + 30_000, START_MS + 30_001]
    assert [await world.offset_at(time_ms) for time_ms in asked] == [0, 1, 1, 1, -1]
    assert await world.offset_at(MAX_TIMESTAMP) == 1


@pytest.mark.parametrize("claimed", [-1, START_MS + HOUR_MS])
async def test_retention_goes_by_the_records(world, claimed):
    await world.produce(*TIMES, claimed=claimed)
    world.partition.open().roll_if_due(START_MS)
    for after_ms, kept in ((2 * HOUR_MS + 30_000, True), (2 * HOUR_MS + 30_001, False)):
        world.partition.enforce_retention(START_MS + after_ms, HOUR_MS)
        assert (world.partition.open().log_start_offset == 0) is kept


async def test_segments_begin_by_the_records(world):
    await world.produce(START_MS, claimed=START_MS)
    await world.produce(START_MS + ROLL_MS, claimed=START_MS + ROLL_MS + 1)
    assert len(world.partition.open().segments()) == 1
    await world.produce(START_MS + ROLL_MS + 1, claimed=START_MS)
    assert len(world.partition.open().segments()) == 2


@pytest.mark.parametrize(
    ("name", "version", "known"),
    [
        ("apache-kafka-java", "4.4.0", True),
        ("librdkafka", "2.0.2", True),
        ("confluent-kafka-python", "2.16.1-rdkafka-2.16.0", True),
        ("confluent-kafka-go", "v2.11.1-librdkafka-2.11.1", True),
        ("kgo", "v1.22.3", True),
        ("kwire", "0.1.0", True),
        ("kafka-python", "2.2.15", True),
        ("sarama", "v1.61.1", True),
        ("sarama", "v1.45.1", True),
        ("sarama", "v2.0.0", False),
        ("sarama", "v1.45.0", False),
        ("sarama", "v1.43.3", False),
        ("sarama", "v1.5.0", False),
        ("sarama", "dev", False),
        ("rskafka", "0.6.0", False),
        ("kgo-fork", "1", False),
        ("", "", False),
    ],
)
async def test_who_is_known(world, name, version, known):
    assert knows_newest(name, version) is known
    await world.introduce(name or "unnamed", version or "1")
    assert world.connection.knows_newest is known
    await world.produce(*TIMES, claimed=TIMES[-1])
    assert (await world.offset_at(TIMES[1]) == -1) is known


async def test_the_header_of_a_known_client_may_not_contradict_itself(world):
    await world.introduce("kgo", "v1.0.0")
    await world.produce(*TIMES, claimed=START_MS - 1)
    assert await world.offset_at(START_MS + 20_000) == 1
