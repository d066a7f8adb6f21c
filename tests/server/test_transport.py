"""Sending bytes and ranges of files over sockets and streams, cached or not."""

import os
import socket

import pytest
import trio
import trio.testing

from kwire.files import NO_DESCRIPTOR, OsFiles
from kwire.limits import SENDFILE_TURN_BYTES
from kwire.server import transport as transport_module
from kwire.server.poller import Poller
from kwire.server.transport import (
    COPY_BYTES,
    HAS_LOW_WATER,
    MAX_PARTS_A_CALL,
    ConnectionLost,
    SocketTransport,
    StreamTransport,
)
from kwire.storage.port import FileRange

CONTENT = os.urandom(1 << 16) * 48


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(CONTENT)
    opened = OsFiles().open(str(path), "read")
    yield opened
    opened.close()


class Reads:
    """A file that counts what is read of it and may pretend that nothing is in the page cache."""

    def __init__(self, file, *, cached=True, descriptor=True):
        self.file = file
        self.cached = cached
        self.descriptor = descriptor
        self.read_bytes = 0

    def fileno(self):
        return self.file.fileno() if self.descriptor else NO_DESCRIPTOR

    def pread(self, size_bytes, position):
        self.read_bytes += size_bytes
        return self.file.pread(size_bytes, position)

    def pread_cached(self, size_bytes, position):
        if not self.cached:
            return None
        self.read_bytes += size_bytes
        return memoryview(self.file.pread(size_bytes, position))


class Threads:
    """Stands for worker threads and counts what they are asked for."""

    def __init__(self):
        self.calls = 0

    async def __call__(self, function):
        self.calls += 1
        await trio.lowlevel.checkpoint()
        return function()


async def received(ours, count):
    data = bytearray()
    while len(data) < count:
        try:
            data += ours.recv(1 << 16)
        except BlockingIOError:
            await trio.lowlevel.wait_readable(ours)
    return bytes(data)


async def sent_by_socket(parts, count, threads=None):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        transport = SocketTransport(theirs, threads or Threads())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(transport.send, parts)
            return await received(ours, count)


async def sent_by_stream(parts, threads=None):
    ours, theirs = trio.testing.memory_stream_pair()
    transport = StreamTransport(theirs, threads or Threads())
    await transport.send(parts)
    await transport.aclose()
    return b"".join([data async for data in ours])


async def test_bytes_leave_in_order_however_many():
    parts = [memoryview(b"%05d" % number) for number in range(3 * MAX_PARTS_A_CALL)]
    expected = b"".join(parts)
    assert await sent_by_socket(parts, len(expected)) == expected
    assert await sent_by_stream(parts) == expected


async def test_more_than_the_socket_takes_at_once_arrives_whole():
    parts = [memoryview(CONTENT), memoryview(b""), memoryview(CONTENT)]
    assert await sent_by_socket(parts, 2 * len(CONTENT)) == CONTENT * 2


async def test_long_ranges_are_sent_without_being_read(file):
    counted = Reads(file)
    parts = [memoryview(b"head"), FileRange(counted, 5, 2 * SENDFILE_TURN_BYTES + 7), memoryview(b"tail")]
    expected = b"head" + CONTENT[5 : 5 + 2 * SENDFILE_TURN_BYTES + 7] + b"tail"
    threads = Threads()
    assert await sent_by_socket(parts, len(expected), threads) == expected
    assert counted.read_bytes < 100
    assert threads.calls == 0


@pytest.mark.parametrize("cached", [True, False])
async def test_progress_is_told_whenever_some_bytes_were_taken(file, cached):
    whole = Reads(file, cached=cached)
    parts = [memoryview(CONTENT), FileRange(whole, 0, len(CONTENT)), memoryview(b"tail")]
    ours, theirs = socket.socketpair()
    taken, taken_at_progress = 0, []
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        transport = SocketTransport(theirs, Threads())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(transport.send, parts, lambda: taken_at_progress.append(taken))
            while taken < 2 * len(CONTENT) + len(b"tail"):
                await trio.lowlevel.wait_readable(ours)
                taken += len(ours.recv(1 << 16))
                await trio.testing.wait_all_tasks_blocked()
    assert len(set(taken_at_progress)) > 2 * len(CONTENT) // (1 << 20)
    within = [bytes_ for bytes_ in taken_at_progress if bytes_ > len(CONTENT)]
    assert len(set(within)) > 1, "progress within the file counts"


async def test_short_ranges_leave_with_their_neighbours(file):
    parts = [memoryview(b"head"), FileRange(file, 0, COPY_BYTES), FileRange(file, COPY_BYTES, 3), memoryview(b"tail")]
    expected = b"head" + CONTENT[: COPY_BYTES + 3] + b"tail"
    assert await sent_by_socket(parts, len(expected)) == expected
    assert await sent_by_stream(parts) == expected


async def test_what_is_not_cached_is_read_in_a_thread(file):
    cold = Reads(file, cached=False)
    threads = Threads()
    parts = [FileRange(cold, 0, len(CONTENT))]
    assert await sent_by_socket(parts, len(CONTENT), threads) == CONTENT
    assert threads.calls == len(CONTENT) // SENDFILE_TURN_BYTES
    assert await sent_by_stream(parts, threads) == CONTENT


async def test_a_file_without_a_descriptor_is_read(file):
    parts = [FileRange(Reads(file, descriptor=False), 3, 100_000)]
    assert await sent_by_socket(parts, 100_000) == CONTENT[3:100_003]


async def test_without_sendfile_ranges_are_read(file, monkeypatch):
    monkeypatch.setattr("kwire.server.transport._HAS_SENDFILE", False)
    counted = Reads(file)
    assert await sent_by_socket([FileRange(counted, 0, len(CONTENT))], len(CONTENT)) == CONTENT
    assert counted.read_bytes == len(CONTENT)


@pytest.mark.parametrize("cached", [True, False])
async def test_a_range_that_the_file_no_longer_has_loses_the_connection(file, cached):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        transport = SocketTransport(theirs, Threads())
        with pytest.raises(ConnectionLost, match="cut"):
            await transport.send([FileRange(Reads(file, cached=cached), len(CONTENT), 50_000)])


async def test_a_peer_that_is_gone_is_a_lost_connection():
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    transport = SocketTransport(theirs, Threads())
    ours.close()
    assert await transport.receive(10) == b""
    with pytest.raises(ConnectionLost):
        await transport.send([memoryview(b"x")])
    await transport.aclose()
    await transport.aclose()


async def test_closing_ends_a_wait():
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    transport = SocketTransport(theirs, Threads())
    lost = []

    async def wait():
        try:
            await transport.receive(10)
        except ConnectionLost as error:
            lost.append(error)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        await transport.aclose()
    assert len(lost) == 1
    ours.close()


@pytest.fixture
def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def low_water(connected):
    return connected.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)


@pytest.mark.skipif(not HAS_LOW_WATER, reason="this system does not wait for more than a byte")
class TestLowWater:
    async def test_pieces_of_a_long_request_are_one_wake_up(self, tcp_pair, monkeypatch):
        monkeypatch.setattr(transport_module, "LOW_WATER_S", 10)
        ours, theirs = tcp_pair
        transport = SocketTransport(theirs, Threads())
        got = []

        async def receive():
            got.append(bytes(await transport.receive(10_000, 5_000)))

        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(receive)
                for _ in range(5):
                    assert got == []
                    ours.sendall(b"a" * 1_000)
                    await trio.sleep(0.01)
        assert got == [b"a" * 5_000]

    @pytest.mark.parametrize("ends", [True, False])
    async def test_fewer_are_taken_at_the_end_and_from_a_slow_client(self, tcp_pair, monkeypatch, ends):
        monkeypatch.setattr(transport_module, "LOW_WATER_S", 10 if ends else 0.01)
        ours, theirs = tcp_pair
        transport = SocketTransport(theirs, Threads())
        ours.sendall(b"abc")
        if ends:
            ours.shutdown(socket.SHUT_WR)
        with trio.fail_after(5):
            assert await transport.receive(10_000, 5_000) == b"abc"
            if ends:
                assert await transport.receive(10_000, 5_000) == b""

    async def test_the_poller_and_short_requests_wait_for_a_byte(self, tcp_pair):
        ours, theirs = tcp_pair
        poller = Poller(trio.current_time)
        transport = SocketTransport(theirs, Threads(), poller)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(poller.run)
            for wait_for_a_byte in (
                lambda: transport.receive(10),
                lambda: transport.serve(lambda *_: not theirs.recv(10)),
            ):
                ours.sendall(b"a" * 5_000)
                assert await transport.receive(1 << 20, 5_000) == b"a" * 5_000
                assert low_water(theirs) == 5_000
                ours.sendall(b"a")
                with trio.fail_after(5):
                    await wait_for_a_byte()
                assert low_water(theirs) == 1
            nursery.cancel_scope.cancel()
        poller.close()
