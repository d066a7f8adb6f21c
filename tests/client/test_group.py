"""Groups of both protocols: assignments, positions, and changes of members and coordinators."""

from contextlib import asynccontextmanager
from inspect import isawaitable

import pytest
import trio

from kwire.api import registry
from kwire.client import admin
from kwire.client.assignors import by_range, by_turns
from kwire.client.errors import Refused
from kwire.client.group import member_of
from kwire.client.values import Address, TopicPartition
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.records.record import Record, encode_batch

SERVERS = {f"broker {node_id}": Address("127.0.0.1", 9091 + node_id) for node_id in (1, 2, 3)}
both = pytest.mark.parametrize("protocol", ["classic", "consumer"])


def places(count, topic="t"):
    return frozenset(TopicPartition(topic, number) for number in range(count))


def fill(w, partitions, first, count):
    for number in range(partitions):
        values = [b"%d" % value for value in range(first, first + count)]
        w.append("t", encode_batch([Record(0, 1, None, value) for value in values]), number)


async def read(member, count, *, commit=True):
    """Read at least this many records; commit each piece as it arrives."""
    found = []
    with trio.fail_after(120):
        while len(found) < count:
            piece = await member.next(0.5)
            if piece is not None:
                found += [(one.partition, int(one.value)) for one in piece.records]
                if commit:
                    await member.commit({piece.partition: piece.next_offset})
    return found


async def until(member, condition):
    with trio.fail_after(120):
        while not condition():
            await member.next(0.5)


async def passes(condition):
    """Wait until the condition holds by itself."""
    for _ in range(120):
        if condition():
            return
        await trio.sleep(0.5)
    raise AssertionError("the condition does not become true")


async def serve(member):
    """Keep a member reading and committing."""
    while True:
        piece = await member.next(0.5)
        if piece is not None:
            await member.commit({piece.partition: piece.next_offset})


@asynccontextmanager
async def joined(w, protocol, topics=("t",), **configs):
    async with (
        w.client(servers=SERVERS, group_protocol=protocol, **configs) as cluster,
        member_of(cluster, "g", topics, 0) as member,
    ):
        yield member


async def state_of(w, protocol):
    async with w.client(servers=SERVERS) as cluster:
        if protocol == "consumer":
            found = await admin.describe_consumer_group(cluster, "g")
            return found.group_state, len(found.members)
        found = await admin.describe_classic_group(cluster, "g")
        return found.group_state, len(found.members)


@both
async def test_a_group_goes_on_where_it_was(world, autojump_clock, protocol):
    async with world(1) as w:
        await w.topic("t", 2)
        fill(w, 2, 0, 10)
        async with joined(w, protocol) as member:
            assert not member.has_joined
            assert sorted(await read(member, 20)) == [(place, value) for place in (0, 1) for value in range(10)]
            assert member.has_joined
        assert await state_of(w, protocol) == ("Empty", 0)
        fill(w, 2, 10, 5)
        async with joined(w, protocol) as member:
            assert sorted(await read(member, 10)) == [(place, value) for place in (0, 1) for value in range(10, 15)]


@both
@pytest.mark.parametrize(("reset", "first"), [("earliest", 0), ("latest", 5)])
async def test_where_a_new_group_begins(world, autojump_clock, protocol, reset, first):
    async with world(1) as w:
        await w.topic("t", 1)
        fill(w, 1, 0, 5)
        async with joined(w, protocol, auto_offset_reset=reset) as member:
            await until(member, lambda: member.has_joined)
            fill(w, 1, 5, 5)
            with trio.fail_after(20):
                while member.positions[TopicPartition("t", 0)] < 10:
                    piece = await member.next(1)
                    if piece is not None:
                        assert int(piece.records[0].value) >= first
            assert member.positions == {TopicPartition("t", 0): 10}


@both
async def test_members_share_and_take_over(world, autojump_clock, protocol):
    async with world(1) as w:
        await w.topic("t", 4)
        fill(w, 4, 0, 3)
        async with joined(w, protocol) as first, trio.open_nursery() as nursery:
            await read(first, 12)
            assert first.positions.keys() == places(4)
            async with joined(w, protocol) as second:
                nursery.start_soon(serve, first)
                await until(second, lambda: len(second.positions) == 2)
                await passes(lambda: len(first.positions) == 2)
                assert first.positions.keys() | second.positions.keys() == places(4)
                fill(w, 4, 3, 2)
                assert sorted({value for _, value in await read(second, 4)}) == [3, 4]
            await passes(lambda: len(first.positions) == 4)
            nursery.cancel_scope.cancel()
        assert await state_of(w, protocol) == ("Empty", 0)


@both
async def test_more_members_than_partitions(world, autojump_clock, protocol):
    async with world(1) as w:
        await w.topic("t", 1)
        async with joined(w, protocol) as first, trio.open_nursery() as nursery:
            await until(first, lambda: first.has_joined)
            nursery.start_soon(serve, first)
            async with joined(w, protocol) as second:
                await until(second, lambda: second.has_joined)
                assert len(first.positions) + len(second.positions) <= 1
            nursery.cancel_scope.cancel()


@both
async def test_the_coordinator_moves(world, autojump_clock, protocol):
    async with world(3, **{"offsets.topic.replication.factor": "3"}) as w:
        await w.topic("t", 2, 3)
        fill(w, 2, 0, 5)
        async with joined(w, protocol) as member:
            await read(member, 10)
            async with w.client(servers=SERVERS) as cluster:
                gone = await cluster.coordinator("g")
            w.stop(gone)
            fill(w, 2, 5, 5)
            found = await read(member, 10)
            assert {value for _, value in found} >= set(range(5, 10))
            w.start(gone)
        async with w.client(servers=SERVERS) as cluster:
            assert await admin.committed(cluster, "g") == dict.fromkeys(places(2), 10)


async def test_the_coordinator_moves_while_a_member_waits_for_another(world, autojump_clock):
    async with world(3, **{"offsets.topic.replication.factor": "3"}) as w:
        await w.topic("t", 2, 3)
        async with joined(w, "classic") as first, joined(w, "classic") as second, trio.open_nursery() as nursery:
            await until(first, lambda: bool(first.positions))
            nursery.start_soon(serve, second)
            await trio.sleep(30)  # first is busy and does not join, so that second waits for it
            async with w.client(servers=SERVERS) as cluster:
                w.stop(await cluster.coordinator("g"))
            nursery.start_soon(serve, first)
            await passes(lambda: len(first.positions) == len(second.positions) == 1)
            nursery.cancel_scope.cancel()


@both
async def test_a_member_that_the_group_has_forgotten_joins_again(world, autojump_clock, protocol):
    async with world(1) as w:
        await w.topic("t", 1)
        fill(w, 1, 0, 5)
        configs = {"session_timeout_ms": 6000} if protocol == "classic" else {}
        async with joined(w, protocol, **configs) as member:
            await read(member, 5)
            w.deaf.add(1)
            w.cut(1)
            await trio.sleep(50)  # longer than the member's session
            w.deaf.clear()
            w.cut(1)
            assert (await state_of(w, protocol))[1] == 0
            fill(w, 1, 5, 5)
            assert [value for _, value in await read(member, 5)] == list(range(5, 10))
            await member.next(1)  # the commit of an unknown member has made it join
            assert (await state_of(w, protocol))[1] == 1
            assert set(member.positions) == places(1)


@both
async def test_a_static_member_keeps_its_place(world, autojump_clock, protocol):
    async with world(1) as w:
        await w.topic("t", 1)
        fill(w, 1, 0, 2)
        for _ in range(2):
            async with joined(w, protocol, group_instance_id="me") as member:
                await until(member, lambda: bool(member.positions))
            assert (await state_of(w, protocol))[1] == 1


async def test_another_member_of_the_same_instance_is_told(world, autojump_clock):
    async with world(1) as w:
        await w.topic("t", 1)
        async with joined(w, "consumer", group_instance_id="me") as member:
            await until(member, lambda: member.has_joined)
            with pytest.raises(Refused, match="cannot join group g: UNRELEASED_INSTANCE_ID"):
                async with joined(w, "consumer", group_instance_id="me") as other:
                    await other.next(1)


@both
async def test_a_group_that_does_not_take_a_member_is_told(world, autojump_clock, protocol):
    async with world(1) as w:
        await w.topic("t", 1)
        refused = {"session_timeout_ms": 1} if protocol == "classic" else {"group_remote_assignor": "none"}
        with pytest.raises(Refused, match=r"cannot join group g: (INVALID_SESSION_TIMEOUT|UNSUPPORTED_ASSIGNOR): "):
            async with joined(w, protocol, **refused) as member:
                await member.next(1)


@both
async def test_who_is_cancelled_leaves(world, autojump_clock, protocol):
    async with world(1) as w:
        await w.topic("t", 1)
        with trio.move_on_after(30):
            async with joined(w, protocol) as member:
                await serve(member)
        assert await state_of(w, protocol) == ("Empty", 0)


def test_ranges_and_turns():
    counts = {"a": 3, "b": 2}
    members = {"m2": ["a", "b"], "m1": ["a"], "m3": ["b", "none"]}
    assert {member: list(map(str, found)) for member, found in by_range(members, counts).items()} == {
        "m1": ["a-0", "a-1"],
        "m2": ["a-2", "b-0"],
        "m3": ["b-1"],
    }
    assert {member: list(map(str, found)) for member, found in by_turns(members, counts).items()} == {
        "m1": ["a-0", "a-2"],
        "m2": ["a-1", "b-0"],
        "m3": ["b-1"],
    }


@pytest.fixture
def losing(monkeypatch):
    """Lose the answer to the first heartbeat for which is_meant is true, after the broker has handled it."""

    def make(w, is_meant):
        found = registry.APIS[ApiKey.CONSUMER_GROUP_HEARTBEAT]
        handle = found.handle
        lost = []

        async def lose(request, context):
            answer = handle(request, context)
            if isawaitable(answer):
                answer = await answer
            if not lost and is_meant(request, answer):
                lost.append(answer)
                w.cut(1)
            return answer

        monkeypatch.setattr(found, "_handle", lose)
        return lost

    return make


async def test_what_a_lost_answer_gave_is_told_again(world, autojump_clock, losing):
    async with world(1) as w:
        await w.topic("t", 2)
        fill(w, 2, 0, 3)
        lost = losing(w, lambda request, answer: request.member_epoch > 0 and answer.assignment is not None)
        async with joined(w, "consumer") as first, trio.open_nursery() as nursery:
            await read(first, 6)
            nursery.start_soon(serve, first)
            async with joined(w, "consumer") as second:
                await until(second, lambda: len(second.positions) == 1)
                await passes(lambda: len(first.positions) == 1)
            nursery.cancel_scope.cancel()
        assert lost


async def test_a_member_that_was_fenced_does_not_commit_as_the_next_one(world, autojump_clock):
    async with world(1) as w:
        await w.topic("t", 1)
        fill(w, 1, 0, 5)
        async with joined(w, "consumer") as member:
            await read(member, 5, commit=False)
            w.deaf.add(1)
            w.cut(1)
            await trio.sleep(60)  # longer than the member's session
            w.deaf.clear()
            w.cut(1)
            async with w.client() as cluster:
                await admin.commit(cluster, "g", {TopicPartition("t", 0): 3})
                await trio.sleep(20)  # several heartbeats, by which the member learns that it was fenced
                await member.commit({TopicPartition("t", 0): 5})
                assert await admin.committed(cluster, "g") == {TopicPartition("t", 0): 3}
            assert [value for _, value in await read(member, 2)] == [3, 4]
