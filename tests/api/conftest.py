"""Contexts of requests to a real cluster on the memory engine, and batches to write to it."""

import pytest

from kwire.api import (
    find_coordinator,
    heartbeat,
    incremental_alter_configs,
    join_group,
    offset_commit,
    offset_fetch,
    sync_group,
)
from kwire.broker.resources import GROUP
from kwire.cluster.internal_topics import GROUP_TOPIC, partition_for
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from kwire.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kwire.protocol.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics
from kwire.protocol.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from kwire.protocol.records.record import Record, encode_batch
from tests.kit.cluster import START_MS, ManualClock, build_cluster, build_env, context_of, create_topic


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


class GroupWorld:
    """A cluster with a coordinator, the topic t of two partitions, and members that join, sync and commit."""

    def __init__(self, brokers=1, **static):
        self.clock = ManualClock()
        self.env = build_env(self.clock)
        self.cluster = build_cluster(
            brokers, env=self.env, static={name.replace("_", "."): str(value) for name, value in static.items()}
        )

    async def start(self):
        self.topic = await create_topic(self.cluster, "t", 2)
        await self.cluster.ensure_internal_topic(GROUP_TOPIC)
        return self

    def context(self, version, node_id=None, group_id="g"):
        return context_of(self.cluster, version, node_id=self.coordinator_of(group_id) if node_id is None else node_id)

    def coordinator_of(self, group_id):
        topic = self.cluster.image.topics[GROUP_TOPIC]
        return topic.partitions[partition_for(group_id, len(topic.partitions))].leader

    async def ask(self, handle, request, version, group_id="g", node_id=None):
        """The response as a client reads it to the request as a broker reads it."""
        request = codec.decode(type(request), version, codec.encode(request, version))
        response = await handle(request, self.context(version, node_id, group_id))
        return codec.decode(type(response), version, codec.encode(response, version))

    async def look_for(self, *ports, group_id="g"):
        """Clients on these ports ask where the group's coordinator is."""
        for port in ports:
            context = self.context(4)
            context.connection.peer = ("127.0.0.1", port)
            told = await find_coordinator.handle(FindCoordinatorRequest(coordinator_keys=[group_id]), context)
            assert told.coordinators[0].error_code == 0

    async def join(self, member_id="", *, version=9, group_id="g", protocols=(("range", b"m"),), **fields):
        request = JoinGroupRequest(
            group_id=group_id,
            member_id=member_id,
            session_timeout_ms=fields.pop("session_timeout_ms", 10_000),
            rebalance_timeout_ms=fields.pop("rebalance_timeout_ms", 60_000),
            protocol_type=fields.pop("protocol_type", "consumer"),
            protocols=[JoinGroupRequestProtocol(name, metadata) for name, metadata in protocols],
            **fields,
        )
        return await self.ask(join_group.handle, request, version, group_id)

    async def enter(self, **fields):
        """A new member's first generation: it asks for an id and joins with it."""
        told = await self.join(**fields)
        assert told.error_code == ErrorCode.MEMBER_ID_REQUIRED
        return await self.join(told.member_id, **fields)

    async def sync(self, joined, assignments=(), *, version=5, group_id="g", **fields):
        request = SyncGroupRequest(
            group_id=group_id,
            generation_id=joined.generation_id,
            member_id=joined.member_id,
            protocol_type="consumer",
            protocol_name=joined.protocol_name,
            assignments=[SyncGroupRequestAssignment(*each) for each in assignments],
            **fields,
        )
        return await self.ask(sync_group.handle, request, version, group_id)

    async def lead(self, **fields):
        """The only member of a stable group, which has the assignment b"all"."""
        joined = await self.enter(**fields)
        synced = await self.sync(joined, [(joined.member_id, b"all")], group_id=fields.get("group_id", "g"))
        assert (synced.error_code, synced.assignment) == (0, b"all")
        return joined

    async def beat(self, joined, *, version=4, group_id="g", **fields):
        request = HeartbeatRequest(group_id, joined.generation_id, joined.member_id, **fields)
        return (await self.ask(heartbeat.handle, request, version, group_id)).error_code

    async def commit(self, offset=7, *, joined=None, version=9, group_id="g", topic="t", partition=0, **fields):
        """The error of the only row."""
        row = OffsetCommitRequestPartition(partition, offset, 3, fields.pop("metadata", "note"))
        asked = OffsetCommitRequestTopic(topic, fields.pop("topic_id", bytes(16)), [row])
        request = OffsetCommitRequest(
            group_id=group_id,
            generation_id_or_member_epoch=joined.generation_id if joined else -1,
            member_id=joined.member_id if joined else "",
            topics=[asked],
            **fields,
        )
        response = await self.ask(offset_commit.handle, request, version, group_id)
        return response.topics[0].partitions[0].error_code

    async def fetch(self, *, group_id="g", topics=(("t", (0, 1)),), version=9, require_stable=False):
        """The group's row."""
        asked = None
        if topics is not None:
            asked = [OffsetFetchRequestTopics(name=name, partition_indexes=list(indexes)) for name, indexes in topics]
        request = OffsetFetchRequest(
            groups=[OffsetFetchRequestGroup(group_id=group_id, topics=asked)], require_stable=require_stable
        )
        return (await self.ask(offset_fetch.handle, request, version, group_id)).groups[0]

    async def committed(self, group_id="g", partition=0):
        """The offset of a partition of t, None where there is none."""
        group = await self.fetch(group_id=group_id, topics=[("t", [partition])])
        assert group.error_code == 0
        offset = group.topics[0].partitions[0].committed_offset
        return None if offset == -1 else offset

    async def configure(self, group_id, **configs):
        """The group has these configs of its own."""
        rows = [AlterableConfig(name, 0, text) for name, text in configs.items()]
        request = IncrementalAlterConfigsRequest([AlterConfigsResource(GROUP, group_id, rows)])
        (told,) = (await self.ask(incremental_alter_configs.handle, request, 1)).responses
        assert not told.error_code, told.error_message

    def shard(self, group_id):
        """The machine that has the group."""
        index = partition_for(group_id, len(self.cluster.image.topics[GROUP_TOPIC].partitions))
        (shard,) = [each for each in self.cluster.groups.runtime.shards if each.partition.index == index]
        return shard.machine

    def pass_time(self, seconds):
        """So much time has passed, and timers have gone off."""
        self.clock.advance(seconds)
        self.cluster.groups.runtime.fire_due()


@pytest.fixture
def group_world(first_joins_at_once):
    """Makes a GroupWorld, started, of so many brokers with these configs."""

    async def make(brokers=1, **static):
        return await GroupWorld(brokers, **static).start()

    return make


@pytest.fixture
async def groups(group_world):
    return await group_world()
