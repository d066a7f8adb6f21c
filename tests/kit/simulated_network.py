"""SimulatedNetwork: connections in memory, with latency, that deliver in any pieces and can be cut at any byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from random import Random

MAX_LATENCY_S = 0.01


class Connection:
    """A connection; client and server are its ends.

    cut_after_bytes: deliver this many more bytes, of both directions together, and then cut the connection.
    """

    def __init__(self, rng: Random, cut_after_bytes: int | None = None) -> None:
        self.rng = rng
        self.cut_after_bytes = cut_after_bytes
        self.was_cut = False
        self.is_broken = False
        to_server, to_client = _Pipe(), _Pipe()
        self._pipes = to_server, to_client
        self.client = SimulatedStream(self, to_client, to_server)
        self.server = SimulatedStream(self, to_server, to_client)

    def cut(self) -> None:
        """Cut the connection: nothing more can be sent, but what was sent may still arrive."""
        self.is_broken = True
        for pipe in self._pipes:
            pipe.changed.unpark_all()

    def count(self, data: bytes) -> bytes:
        """Return the part of data that still gets through."""
        if self.cut_after_bytes is None or len(data) < self.cut_after_bytes:
            if self.cut_after_bytes is not None:
                self.cut_after_bytes -= len(data)
            return data
        self.was_cut = True
        return data[: self.cut_after_bytes]


class _Pipe:
    """One direction of a connection."""

    __slots__ = ("buffer", "changed", "is_ended")

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.changed = trio.lowlevel.ParkingLot()
        self.is_ended = False


class SimulatedStream(trio.abc.HalfCloseableStream):
    """One end of a connection."""

    def __init__(self, connection: Connection, incoming: _Pipe, outgoing: _Pipe) -> None:
        self._connection = connection
        self._incoming = incoming
        self._outgoing = outgoing
        self._is_closed = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """See trio.abc.SendStream."""
        await trio.lowlevel.checkpoint()
        self._check()
        connection = self._connection
        if connection.is_broken or self._outgoing.is_ended:
            raise trio.BrokenResourceError
        through = connection.count(bytes(data))
        self._outgoing.buffer += through
        self._outgoing.changed.unpark_all()
        if connection.was_cut:
            connection.cut()
            raise trio.BrokenResourceError

    async def wait_send_all_might_not_block(self) -> None:
        """See trio.abc.SendStream: it never blocks."""
        await trio.lowlevel.checkpoint()

    async def send_eof(self) -> None:
        """See trio.abc.HalfCloseableStream."""
        self._end()
        await trio.lowlevel.checkpoint()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """See trio.abc.ReceiveStream: any piece of what has arrived."""
        rng = self._connection.rng
        await trio.sleep(rng.random() * MAX_LATENCY_S if rng.random() < 0.3 else 0)
        pipe = self._incoming
        while True:
            self._check()
            if pipe.buffer:
                most = min(len(pipe.buffer), max_bytes or len(pipe.buffer))
                size = rng.randint(1, most) if rng.random() < 0.1 else most
                data = bytes(pipe.buffer[:size])
                del pipe.buffer[:size]
                return data
            if pipe.is_ended:
                return b""
            if self._connection.is_broken:
                raise trio.BrokenResourceError
            await pipe.changed.park()

    async def aclose(self) -> None:
        """See trio.abc.AsyncResource."""
        self._is_closed = True
        self._incoming.is_ended = True
        self._incoming.changed.unpark_all()
        self._end()
        await trio.lowlevel.checkpoint()

    def _end(self) -> None:
        self._outgoing.is_ended = True
        self._outgoing.changed.unpark_all()

    def _check(self) -> None:
        if self._is_closed:
            raise trio.ClosedResourceError
