"""Requests over real sockets, with the poller and where there is none: the same answers, in the same order."""

import socket
import struct
from itertools import pairwise

import pytest
import trio
import trio.testing

from kwire.app import running
from kwire.client.connection import ConnectionClosed, connected
from kwire.limits import RECEIVE_BYTES, SOCKETS_A_TURN
from kwire.protocol import frames
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages.fetch import (
    FetchableTopicResponse,
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    PartitionData,
)
from kwire.protocol.messages.metadata import MetadataRequest, MetadataResponse
from kwire.server import poller
from kwire.settings import Address, BrokerSetting, Settings

MEMORY = Settings((BrokerSetting(listen=(Address("127.0.0.1", 0),)),))
ASKED = MetadataRequest(topics=[])
VERSION = 12
PIPELINED = 200


@pytest.fixture(params=[True, False], ids=["poller", "no poller"])
def has_poller(request, monkeypatch):
    if request.param and not poller.AVAILABLE:
        pytest.xfail("this system has no epoll")
    monkeypatch.setattr(poller, "AVAILABLE", request.param)
    return request.param


@pytest.fixture
async def address(has_poller, nursery):
    async with running(MEMORY) as started:
        yield started.addresses[0]


class Numbered:
    """A handler whose replies count requests; those that `waits` picks are given by a coroutine that waits."""

    def __init__(self, waits=lambda _: False, padding=""):
        self.count = 0
        self.tasks = set()
        self.waits = waits
        self.padding = padding

    def __call__(self, request, context):
        self.count += 1
        self.tasks.add(trio.lowlevel.current_task().name)
        reply = MetadataResponse(controller_id=self.count, cluster_id=self.padding)
        return self.later(reply) if self.waits(self.count) else reply

    async def later(self, reply):
        await trio.sleep(0.001)
        return reply


async def ask_all(client, count):
    for _ in range(count):
        await client.send(ASKED, VERSION)
    with trio.fail_after(10):
        return [(await client.receive(ASKED, VERSION)).controller_id for _ in range(count)]


async def test_what_needs_no_waiting_is_answered_in_the_pollers_task(address, has_poller, handler):
    numbered = Numbered()
    handler(ApiKey.METADATA, numbered)
    async with connected(*address) as client:
        for number in range(1, 4):
            assert (await client.request(ASKED, VERSION)).controller_id == number
    assert {name.endswith("Poller.run") for name in numbered.tasks} == {has_poller}


@pytest.mark.parametrize("every", [2, 3, 63, 64, 65, PIPELINED + 1])
async def test_pipelined_requests_are_answered_in_order_whether_they_wait_or_not(address, handler, every):
    handler(ApiKey.METADATA, Numbered(waits=lambda number: number % every == 0))
    async with connected(*address) as client:
        assert await ask_all(client, PIPELINED) == [*range(1, PIPELINED + 1)]


async def test_a_client_that_reads_slowly_gets_everything(address, handler):
    handler(ApiKey.METADATA, Numbered(padding="x" * 30_000))
    async with connected(*address) as client:
        for _ in range(PIPELINED):
            await client.send(ASKED, VERSION)
        await trio.sleep(0.1)
        with trio.fail_after(10):
            got = [await client.receive(ASKED, VERSION) for _ in range(PIPELINED)]
    assert [reply.controller_id for reply in got] == [*range(1, PIPELINED + 1)]


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 20])
async def test_a_request_may_come_in_pieces(address, handler, cut):
    handler(ApiKey.METADATA, Numbered())
    frame = frames.encode_request(ApiKey.METADATA, VERSION, 1, "test", ASKED)
    async with connected(*address) as client:
        for _ in range(2):
            await client.send_bytes(frame + frame[:cut])
            await trio.sleep(0.01)
            await client.send_bytes(frame[cut:])
        with trio.fail_after(5):
            got = [(await client.receive(ASKED, VERSION)).controller_id for _ in range(4)]
    assert got == [1, 2, 3, 4]


async def test_a_long_request_is_answered_between_short_ones(address, handler):
    handler(ApiKey.METADATA, Numbered())
    long = MetadataRequest(topics=[])
    long_frame = frames.encode_request(ApiKey.METADATA, VERSION, 1, "test", long) + bytes(300_000)
    long_frame = struct.pack(">i", len(long_frame) - 4) + long_frame[4:]
    frame = frames.encode_request(ApiKey.METADATA, VERSION, 1, "test", ASKED)
    async with connected(*address) as client:
        await client.send_bytes(frame + long_frame + frame)
        with trio.fail_after(5):
            assert [(await client.receive(ASKED, VERSION)).controller_id for _ in range(3)] == [1, 2, 3]


async def test_a_session_that_its_own_request_ends_leaves_nothing_behind(has_poller, handler, caplog):
    numbered = Numbered(waits=lambda _: True)
    async with running(MEMORY) as started:
        (server,) = started.servers.values()

        def ends_its_session(request, context):
            (session,) = server.sessions
            session.end("a test")
            return numbered(request, context)

        handler(ApiKey.METADATA, ends_its_session)
        async with connected(*started.addresses[0]) as client:
            await client.send(ASKED, VERSION)
            with trio.fail_after(5), pytest.raises(ConnectionClosed):
                await client.receive_frame()
        assert numbered.count == 1
        handler(ApiKey.METADATA, Numbered())
        async with connected(*started.addresses[0]) as client:
            with trio.fail_after(5):
                assert (await client.request(ASKED, VERSION)).controller_id == 1
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == ["a test"]


class Slice:
    closed = 0

    def __len__(self):
        return 3

    def parts(self):
        return (memoryview(b"abc"),)

    def tobytes(self):
        return b"abc"

    def close(self):
        self.closed += 1


async def test_slices_of_a_log_are_sent_and_let_go_of(address, handler):
    records = Slice()
    row = PartitionData(partition_index=0, records=records)
    reply = FetchResponse(responses=[FetchableTopicResponse(topic="t", partitions=[row])])
    handler(ApiKey.FETCH, lambda _request, _context: reply)
    asked = FetchRequest(topics=[FetchTopic("t", partitions=[FetchPartition()])])
    async with connected(*address) as client:
        with trio.fail_after(5):
            (topic,) = (await client.request(asked, VERSION)).responses
    assert bytes(topic.partitions[0].records) == b"abc"
    assert records.closed == 1


async def test_what_breaks_one_connection_leaves_the_others(address, handler, caplog):
    handler(ApiKey.METADATA, Numbered())
    async with connected(*address) as good, connected(*address) as bad:
        assert (await good.request(ASKED, VERSION)).controller_id == 1
        await bad.request(ASKED, VERSION)
        await bad.send_bytes(struct.pack(">i", -7))
        with trio.fail_after(5), pytest.raises(ConnectionClosed):
            await bad.receive_frame()
        assert (await good.request(ASKED, VERSION)).controller_id == 3
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == ["a frame of -7 bytes"]


async def test_a_bug_in_a_handler_is_told_and_logged(address, handler, caplog):
    def broken(request, context):
        raise ZeroDivisionError

    handler(ApiKey.METADATA, broken)
    async with connected(*address) as client:
        assert (await client.request(ASKED, 13)).error_code == -1
        handler(ApiKey.METADATA, Numbered())
        assert (await client.request(ASKED, VERSION)).controller_id == 1
    assert [record.getMessage() for record in caplog.records] == ["bug while answering Metadata v13"]


async def test_a_client_that_resets_its_connection_is_forgotten(has_poller, handler):
    handler(ApiKey.METADATA, Numbered())
    async with running(MEMORY) as started:
        (server,) = started.servers.values()
        async with connected(*started.addresses[0]) as client:
            await client.request(ASKED, VERSION)
            assert len(server.sessions) == 1
            client.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with trio.fail_after(5):
            while server.sessions:  # noqa: ASYNC110 - nothing tells of a session's end
                await trio.sleep(0.01)


@pytest.mark.parametrize("resets", [False, True])
async def test_a_client_that_goes_away_cancels_its_waiting_handler(has_poller, handler, resets):
    began, ended = trio.Event(), []

    async def waits(request, context):
        began.set()
        try:
            await trio.sleep_forever()
        finally:
            ended.append(True)

    handler(ApiKey.METADATA, waits)
    async with running(MEMORY) as started:
        (server,) = started.servers.values()
        with trio.fail_after(5):
            async with connected(*started.addresses[0]) as client:
                await client.send(ASKED, VERSION)
                await began.wait()
                assert not ended
                if resets:
                    client.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            while server.sessions:  # noqa: ASYNC110 - nothing tells of a session's end
                await trio.sleep(0.01)
    assert ended == [True]


async def test_what_is_read_ahead_while_a_handler_waits_is_bounded_and_answered(has_poller, handler, monkeypatch):
    monkeypatch.setattr("kwire.server.session.READ_AHEAD_BYTES", 100_000)
    began, goes_on = trio.Event(), trio.Event()
    numbered = Numbered()

    async def waits(request, context):
        began.set()
        await goes_on.wait()
        return numbered(request, context)

    handler(ApiKey.METADATA, waits)
    async with running(MEMORY) as started:
        (server,) = started.servers.values()
        async with connected(*started.addresses[0]) as client, trio.open_nursery() as nursery:
            sent = frames.encode_request(ApiKey.METADATA, VERSION, 0, "c" * 30_000, ASKED)
            nursery.start_soon(client.stream.send_all, sent * 200)
            with trio.fail_after(5):
                await began.wait()
                (session,) = server.sessions
                while session._connection.buffered_bytes < 100_000:  # noqa: ASYNC110 - nothing tells of it
                    await trio.sleep(0.01)
                await trio.sleep(0.05)
                assert session._connection.buffered_bytes < 100_000 + 2 * RECEIVE_BYTES
                goes_on.set()
                for number in range(1, 201):
                    assert (await client.receive(ASKED, VERSION)).controller_id == number


async def test_garbage_behind_a_request_is_not_read_on_and_on_while_its_handler_waits(has_poller, handler):
    began, goes_on = trio.Event(), trio.Event()
    numbered = Numbered()

    async def waits(request, context):
        began.set()
        await goes_on.wait()
        return numbered(request, context)

    handler(ApiKey.METADATA, waits)
    async with running(MEMORY) as started, connected(*started.addresses[0]) as client, trio.open_nursery() as nursery:
        await client.send(ASKED, VERSION)
        with trio.fail_after(5):
            await began.wait()

        async def send_garbage():
            with pytest.raises(trio.BrokenResourceError):
                await client.stream.send_all(b"\xff" * 64_000_000)

        nursery.start_soon(send_garbage)
        await trio.sleep(0.3)
        assert nursery.child_tasks  # the sockets' buffers are full
        goes_on.set()
        with trio.fail_after(5):
            assert (await client.receive(ASKED, VERSION)).controller_id == 1


@pytest.fixture
async def polling(nursery):
    if not poller.AVAILABLE:
        pytest.xfail("this system has no epoll")
    made = poller.Poller(trio.current_time)
    nursery.start_soon(made.run)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield made, ours, theirs


async def test_work_is_called_until_it_gives_false(polling):
    made, ours, theirs = polling
    got = []

    def work(*_):
        got.append(theirs.recv(1))
        return got[-1] != b"c"

    ours.send(b"abcd")
    with trio.fail_after(5):
        await made.serve(theirs.fileno(), work)
        assert got == [b"a", b"b", b"c"]
        await made.serve(theirs.fileno(), lambda *_: False)


async def test_what_work_raises_is_raised_where_it_was_left(polling):
    made, ours, theirs = polling
    ours.send(b"a")
    with trio.fail_after(5), pytest.raises(ZeroDivisionError):
        await made.serve(theirs.fileno(), lambda *_: 1 // 0)


async def test_a_watched_socket_is_worked_on_beside_its_task(polling, caplog):
    made, ours, theirs = polling
    got = []

    def work(*_):
        got.append(theirs.recv(1))
        return got[-1] != b"c"

    made.watch(theirs.fileno(), work)
    ours.send(b"ab")
    await trio.testing.wait_all_tasks_blocked()
    assert got == [b"a", b"b"]
    made.unwatch(theirs.fileno())
    ours.send(b"cd")
    await trio.testing.wait_all_tasks_blocked()
    assert got == [b"a", b"b"]
    made.watch(theirs.fileno(), work)
    await trio.testing.wait_all_tasks_blocked()
    assert got == [b"a", b"b", b"c"]
    made.unwatch(theirs.fileno())  # which has ended by itself
    made.watch(theirs.fileno(), lambda *_: 1 // 0)
    await trio.testing.wait_all_tasks_blocked()
    assert [record.getMessage() for record in caplog.records] == ["bug in the poller"]


async def test_work_that_is_cancelled_is_not_called_any_more(polling):
    made, ours, theirs = polling
    called = []
    with trio.move_on_after(0.01) as scope:
        await made.serve(theirs.fileno(), lambda *_: called.append(1))
    assert scope.cancelled_caught
    ours.send(b"a")
    await trio.sleep(0.01)
    assert called == []


@pytest.mark.parametrize("goes_on", [True, False])
async def test_work_may_cancel_its_own_visit(polling, caplog, goes_on):
    made, ours, theirs = polling
    ours.send(b"a")
    with trio.fail_after(5):
        with trio.CancelScope() as scope:

            def work(*_):
                scope.cancel()
                return goes_on

            await made.serve(theirs.fileno(), work)
        assert scope.cancelled_caught
        await made.serve(theirs.fileno(), lambda *_: False)
    assert caplog.records == []


async def test_what_work_raises_after_it_cancelled_its_visit_is_not_lost(polling):
    made, ours, theirs = polling
    ours.send(b"a")
    with trio.fail_after(5), pytest.raises(ZeroDivisionError), trio.CancelScope() as scope:

        def work(*_):
            scope.cancel()
            return 1 // 0

        await made.serve(theirs.fileno(), work)


async def test_a_bug_in_the_poller_is_logged_and_the_other_sockets_are_served(polling, caplog):
    made, ours, theirs = polling
    other_ours, other_theirs = socket.socketpair()
    with other_ours, other_theirs, trio.fail_after(5):

        def closes_its_descriptor(*_):  # against the rules: then epoll does not know it any more
            made._epoll.unregister(theirs.fileno())
            return False

        ours.send(b"a")
        await made.serve(theirs.fileno(), closes_its_descriptor)
        other_ours.send(b"a")
        await made.serve(other_theirs.fileno(), lambda *_: False)
    assert [record.getMessage() for record in caplog.records] == ["bug in the poller"]


@pytest.fixture
def for_long(monkeypatch):
    """The poller lingers as long as a test takes."""
    for bound in ("LINGER_S", "SOON_S", "TURN_S"):
        monkeypatch.setattr(poller, bound, 5)


@pytest.fixture
async def lingering(nursery):
    if not poller.AVAILABLE:
        pytest.xfail("this system has no epoll")
    made = poller.Poller(trio.current_time, lingers=True)
    nursery.start_soon(made.run)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield made, ours, theirs


class Turns(trio.abc.Instrument):
    """Counts the turns of trio's loop."""

    count = 0

    def before_io_wait(self, timeout):
        self.count += 1

    async def serving(self, made, theirs, work):
        """Counts while the poller serves."""
        trio.lowlevel.add_instrument(self)
        try:
            with trio.fail_after(20):
                await made.serve(theirs.fileno(), work)
        finally:
            trio.lowlevel.remove_instrument(self)


async def test_a_lingering_poller_serves_the_next_requests_without_a_turn_of_the_loop(lingering, for_long):
    made, ours, theirs = lingering
    turns, seen = Turns(), []

    def work(*_):
        theirs.recv(1)
        seen.append(turns.count)
        if len(seen) < 30:
            ours.send(b"a")
        return len(seen) < 30

    ours.send(b"a")
    await turns.serving(made, theirs, work)
    assert seen[-1] - seen[1] == 0


async def test_a_task_that_the_poller_wakes_comes_before_the_next_request(lingering, nursery, for_long):
    made, ours, theirs = lingering
    order = []
    woken = trio.Event()

    async def waits():
        await woken.wait()
        order.append("task")
        ours.send(b"b")

    def work(*_):
        order.append(theirs.recv(1))
        if len(order) == 3:
            woken.set()
        elif len(order) < 3:
            ours.send(b"a")
        return order[-1] != b"b"

    nursery.start_soon(waits)
    await trio.testing.wait_all_tasks_blocked()
    ours.send(b"a")
    with trio.fail_after(5):
        await made.serve(theirs.fileno(), work)
    assert order == [b"a", b"a", b"a", "task", b"b"]


async def test_a_busy_poller_leaves_the_loop_its_turns(lingering):
    made, ours, theirs = lingering
    turns = Turns()
    ours.send(b"a")
    calls = 0

    def never_drained(*_):
        nonlocal calls
        calls += 1
        return turns.count < 20

    await turns.serving(made, theirs, never_drained)
    assert calls <= SOCKETS_A_TURN * (turns.count + 1)


async def test_requests_far_apart_cost_no_lingering(lingering, for_long, monkeypatch):
    monkeypatch.setattr(poller, "SOON_S", 0.001)
    made, ours, theirs = lingering
    turns, seen = Turns(), []

    def work(*_):
        theirs.recv(1)
        seen.append(turns.count)
        return len(seen) < 4

    async def asks():
        for _ in range(4):
            await trio.sleep(0.01)
            ours.send(b"a")

    async with trio.open_nursery() as tasks:
        tasks.start_soon(asks)
        await turns.serving(made, theirs, work)
    assert all(after > before for before, after in pairwise(seen))


async def test_a_silent_client_costs_no_lingering(lingering):
    made, ours, theirs = lingering
    turns = Turns()
    ours.send(b"a")

    def work(*_):
        return bool(theirs.recv(1))

    with trio.move_on_after(0.3):
        await turns.serving(made, theirs, work)
    assert turns.count < 10


async def test_a_socket_that_cannot_be_watched_leaves_nothing(polling):
    made, ours, _ = polling
    with ours.dup() as other:
        closed = other.fileno()
    with pytest.raises(OSError, match="Bad file descriptor"):
        made.watch(closed, lambda *_: True)
    with pytest.raises(OSError, match="Bad file descriptor"):
        await made.serve(closed, lambda *_: True)
    assert not made._visits
