"""The runtime: appends that fail or become durable later, loading, unloading, timers on a clock."""

import pytest
import trio

from kwire.broker.partition import Partition
from kwire.coordinator import runtime as runtime_module
from kwire.coordinator.group.commands import CommitOffsets, FetchOffsets, Join
from kwire.coordinator.group.shard import GroupShard
from kwire.coordinator.runtime import Runtime
from kwire.env import Env
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kwire.protocol.messages.offset_fetch import OffsetFetchRequestGroup
from kwire.storage.config import LogConfig
from kwire.storage.memory import MemoryStore
from kwire.storage.port import Appended
from tests.kit.cluster import build_env


class SlowPartition:
    """A partition over a real log, whose appends fail or wait when a test says so."""

    def __init__(self, log, index=0):
        self.index = index
        self.log = log
        self.fails = self.durability_fails = False
        self.gate = None
        self.batches = 0

    def __getattr__(self, name):
        return getattr(self.log, name)

    def append(self, batch, header, now_ms):
        if self.fails:
            raise ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
        self.batches += 1
        appended = self.log.append(batch, header, 0, now_ms)
        if self.gate is None:
            return appended
        return Appended(appended.base_offset, appended.last_offset, durable=self.gate.wait)

    async def wait_durable(self, appended):
        if appended.durable is not None:
            await appended.durable()
        if self.durability_fails:
            raise ApiError(ErrorCode.KAFKA_STORAGE_ERROR)


class World:
    """A runtime with one shard of groups."""

    def __init__(self, make_driver, env):
        self.config = make_driver().config
        self.numbers = iter(range(1, 1000))
        store = MemoryStore(build_env())
        store.start()
        self.partition = SlowPartition(store.open("__consumer_offsets", b"o" * 16, 0, LogConfig()))
        self.max_batch_bytes = 1_000_000
        self.runtime = Runtime(env, self.new_machine, lambda: self.max_batch_bytes)

    def new_machine(self):
        return GroupShard(lambda: self.config, lambda _group_id: None, lambda: f"{next(self.numbers)}", lambda: None)

    @property
    def shard(self):
        return self.runtime.shard(self.partition, 1)

    async def commit(self, offset, *, partitions=(0,)):
        rows = [OffsetCommitRequestPartition(index, offset) for index in partitions]
        topics = [OffsetCommitRequestTopic("t", partitions=rows)]
        return await self.runtime.execute(self.shard, CommitOffsets(OffsetCommitRequest("g", topics=topics)))

    async def committed(self):
        command = FetchOffsets(OffsetFetchRequestGroup("g", topics=None))
        group = await self.runtime.execute(self.shard, command)
        return {row.partition_index: row.committed_offset for topic in group.topics for row in topic.partitions}

    async def join(self, member_id="", needs_id=False):
        protocols = [JoinGroupRequestProtocol("range", b"")]
        request = JoinGroupRequest("g", 10_000, 60_000, member_id, None, "consumer", protocols)
        return await self.runtime.execute(self.shard, Join(request, "c", "/", requires_member_id=needs_id))


@pytest.fixture
def world(make_driver):
    return World(make_driver, Env(clock_s=trio.current_time, wall_ms=lambda: int(trio.current_time() * 1000)))


async def test_a_restart_reads_what_was_committed(world):
    await world.commit(5)
    world.runtime.unload(0)
    assert await world.committed() == {0: 5}
    world.runtime.unload(0)
    await world.commit(6)
    assert await world.committed() == {0: 6}


async def test_after_a_failed_append_the_log_is_read_again(world, nursery):
    await world.commit(5)
    await world.join()
    outcome = []

    async def second():
        try:
            await world.join()
        except ApiError as error:
            outcome.append(error.code)

    nursery.start_soon(second)
    await trio.testing.wait_all_tasks_blocked()
    world.partition.fails = True
    with pytest.raises(ApiError) as refused:
        await world.runtime.execute(world.shard, CommitOffsets(_commit_of_nobody()))
    assert refused.value.code == ErrorCode.NOT_COORDINATOR
    await trio.testing.wait_all_tasks_blocked()
    assert outcome == [ErrorCode.NOT_COORDINATOR]
    world.partition.fails = False
    assert await world.committed() == {0: 5}


def _commit_of_nobody():
    topics = [OffsetCommitRequestTopic("t", partitions=[OffsetCommitRequestPartition(0, 9)])]
    return OffsetCommitRequest("other", topics=topics)


async def test_a_reply_leaves_when_everything_before_it_is_durable(world, nursery):
    world.partition.gate = trio.Event()
    done = []

    async def run(name, call):
        await call()
        done.append(name)

    nursery.start_soon(run, "commit", lambda: world.commit(5))
    await trio.testing.wait_all_tasks_blocked()
    nursery.start_soon(run, "fetch", world.committed)
    await trio.testing.wait_all_tasks_blocked()
    assert done == []
    world.partition.gate.set()
    await trio.testing.wait_all_tasks_blocked()
    assert sorted(done) == ["commit", "fetch"]
    world.partition.gate = None
    assert await world.committed() == {0: 5}


async def test_only_what_has_to_be_waited_for_gives_a_coroutine(world):
    command = CommitOffsets(
        OffsetCommitRequest(
            "g", topics=[OffsetCommitRequestTopic("t", partitions=[OffsetCommitRequestPartition(0, 5)])]
        )
    )
    assert world.runtime.execute_at_once(world.shard, command).topics[0].partitions[0].error_code == 0
    world.partition.gate = trio.Event()
    waits = world.runtime.execute_at_once(world.shard, command)
    world.partition.gate.set()
    assert (await waits).topics[0].partitions[0].error_code == 0
    waits = world.runtime.execute_at_once(world.shard, command)
    world.runtime.unload(0)  # before anybody waits
    with pytest.raises(ApiError) as caught:
        await waits
    assert caught.value.code == ErrorCode.NOT_COORDINATOR


async def test_what_never_became_durable_is_told_to_all(world, nursery):
    world.partition.gate = trio.Event()
    world.partition.durability_fails = True
    outcome = []

    async def run(call):
        try:
            await call()
        except ApiError as error:
            outcome.append(error.code)

    nursery.start_soon(run, lambda: world.commit(5))
    await trio.testing.wait_all_tasks_blocked()
    nursery.start_soon(run, world.committed)
    nursery.start_soon(run, lambda: world.commit(6))
    await trio.testing.wait_all_tasks_blocked()
    world.partition.gate.set()
    await trio.testing.wait_all_tasks_blocked()
    assert outcome == [ErrorCode.NOT_COORDINATOR] * 3


async def test_a_client_that_goes_away_changes_nothing(world, nursery, autojump_clock):
    world.partition.gate = trio.Event()
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as inner:
            inner.start_soon(world.commit, 5)
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(_set_later, world.partition.gate)
            scope.cancel()
    world.partition.gate = None
    assert await world.committed() == {0: 5}


async def test_a_client_that_goes_away_holds_up_nobody_elses_reply(world, nursery, autojump_clock):
    first = await world.join()
    joined = []

    async def join(member_id):
        joined.append(await world.join(member_id))

    nursery.start_soon(join, "")  # the first one has to join again
    await trio.testing.wait_all_tasks_blocked()
    world.partition.gate = trio.Event()
    nursery.start_soon(world.runtime.execute, world.shard, CommitOffsets(_commit_of_nobody()))
    await trio.testing.wait_all_tasks_blocked()
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as inner:
            inner.start_soon(join, first.member_id)
            await trio.testing.wait_all_tasks_blocked()
            assert joined == []
            nursery.start_soon(_set_later, world.partition.gate)
            scope.cancel()
    await trio.testing.wait_all_tasks_blocked()
    assert [reply.generation_id for reply in joined if reply.member_id != first.member_id] == [2]


async def _set_later(event):
    await trio.sleep(1)
    event.set()


async def test_long_decisions_are_several_batches(world):
    world.max_batch_bytes = 1000
    await world.commit(5, partitions=range(50))
    assert world.partition.batches > 3
    world.runtime.unload(0)
    assert await world.committed() == dict.fromkeys(range(50), 5)
    world.max_batch_bytes = 70
    with pytest.raises(ApiError) as refused:
        await world.commit(6)
    assert refused.value.code == ErrorCode.UNKNOWN_SERVER_ERROR
    assert await world.committed() == dict.fromkeys(range(50), 5)


async def test_segments_are_closed_early_so_that_they_can_be_cleaned(world):
    world.partition.log.config = LogConfig(segment_records=100)
    for _ in range(5):
        await world.commit(5, partitions=range(50))

    def bases():
        return [segment.base_offset for segment in world.partition.log.segments()]

    assert bases() == [0, 100, 200]
    world.runtime.unload(0)
    for _ in range(2):
        await world.commit(6, partitions=range(50))
    assert bases() == [0, 100, 200, 300]


async def test_a_long_log_is_loaded_beside_the_requests(world, nursery, autojump_clock, monkeypatch):
    monkeypatch.setattr(runtime_module, "LOADED_AT_ONCE_BYTES", 1000)
    await world.commit(5, partitions=range(100))
    world.runtime.unload(0)
    nursery.start_soon(world.runtime.run)
    await trio.testing.wait_all_tasks_blocked()
    with pytest.raises(ApiError) as refused:
        await world.committed()
    assert refused.value.code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    await trio.sleep(1)
    assert await world.committed() == dict.fromkeys(range(100), 5)
    nursery.cancel_scope.cancel()


async def test_another_leader_loads_anew_and_who_waits_is_told(world, nursery):
    await world.join()
    outcome = []

    async def second():
        with pytest.raises(ApiError) as told:
            await world.join()
        outcome.append(told.value.code)

    nursery.start_soon(second)
    await trio.testing.wait_all_tasks_blocked()
    before = world.shard
    after = world.runtime.shard(world.partition, leader=2)
    await trio.testing.wait_all_tasks_blocked()
    assert outcome == [ErrorCode.NOT_COORDINATOR]
    assert after is not before
    assert before.unloaded


async def test_timers_go_off_by_themselves(world, nursery, autojump_clock):
    nursery.start_soon(world.runtime.run)
    joined = await world.join()
    await trio.sleep(9.9)
    assert world.shard.machine.groups["g"].members.keys() == {joined.member_id}
    await trio.sleep(0.2)
    assert not world.shard.machine.groups["g"].members
    nursery.cancel_scope.cancel()


async def test_a_log_that_cannot_be_opened(world):
    class Broken:
        index = 0

        @property
        def size_bytes(self):
            raise ApiError(ErrorCode.KAFKA_STORAGE_ERROR)

    with pytest.raises(ApiError) as refused:
        world.runtime.shard(Broken(), 1)
    assert refused.value.code == ErrorCode.NOT_COORDINATOR


async def test_a_bug_costs_the_shards_state_and_nothing_else(world, nursery, autojump_clock, monkeypatch, caplog):
    nursery.start_soon(world.runtime.run)
    await world.commit(5)
    await world.join()
    waiting = []

    async def second():
        with pytest.raises(ApiError) as told:
            await world.join()
        waiting.append(told.value.code)

    nursery.start_soon(second)
    await trio.testing.wait_all_tasks_blocked()
    with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
        patched.setattr(world.shard.machine, "decide", lambda *_: 1 / 0)
        await world.committed()
    await trio.testing.wait_all_tasks_blocked()
    assert waiting == [ErrorCode.NOT_COORDINATOR]
    assert await world.committed() == {0: 5}
    await world.join()
    monkeypatch.setattr(GroupShard, "decide", lambda *_: 1 / 0)
    await trio.sleep(20)  # the member's session ends
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    assert await world.committed() == {0: 5}
    nursery.cancel_scope.cancel()


def test_a_brokers_partition_is_one_that_holds_a_shard():
    assert {"append", "wait_durable", "read", "size_bytes", "log_start_offset", "log_end_offset"} <= set(dir(Partition))
