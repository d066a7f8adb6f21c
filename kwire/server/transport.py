"""Transport: what a session needs of a byte stream.

SocketTransport drives a plain socket, and sends parts of files without reading them; StreamTransport drives any trio
stream (memory streams, TLS). What is sent are parts: bytes in memory, or a range of an open file.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, Final, Protocol, cast

import trio

from kwire.files import NO_DESCRIPTOR, File
from kwire.limits import RECEIVE_BYTES, SENDFILE_TURN_BYTES
from kwire.storage.port import FileRange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kwire.env import RunBlocking
    from kwire.server.poller import Poller, Work

    Part = memoryview | bytes | bytearray | FileRange

MAX_PARTS_A_CALL: Final = 256
"""Below IOV_MAX (1024) of every system; more parts than this gain nothing."""


COPY_BYTES: Final = 16 << 10
"""A file range up to this long is read and leaves with its neighbours in one call, cheaper than by sendfile."""

STREAM_PIECE_BYTES: Final = 64 << 10
"""What a stream is given at a time: a client that takes as much again and again is not idle."""

PROBE_STEP_BYTES: Final = 128 << 10
"""One byte of each such stretch says whether it is in the page cache: Linux reads ahead in stretches of this length."""

LOW_WATER_S: Final = 0.1
"""How long a receiver waits for more than a byte, so that a slow client is still seen to send."""

HAS_LOW_WATER: Final = sys.platform == "linux"
"""Elsewhere the option exists, but what waits for the socket does not ask for it."""

_MORE_FOLLOWS: Final = getattr(socket, "MSG_MORE", 0)
_HAS_SENDFILE: Final = hasattr(os, "sendfile")


class ConnectionLost(Exception):  # noqa: N818 - what happened, not whose error it is
    """The peer is gone, or what was promised to it can no longer be sent."""


def _ignore() -> None:
    """Nobody asks about progress."""


class Transport(Protocol):
    """A byte stream to one client."""

    async def receive(self, max_bytes: int, at_least: int = 1) -> bytes | memoryview:
        """The next bytes, none at the stream's end; good until the next await. Always a checkpoint.

        at_least: how many are worth a wake-up, as a hint; fewer may come, at the end or after LOW_WATER_S.

        Raises:
            ConnectionLost.
        """
        ...

    async def send(self, parts: Sequence[Part], progressed: Callable[[], None] = _ignore) -> None:
        """All parts are given to the operating system, in order; progressed() is called as often as it took some.

        Raises:
            ConnectionLost.
        """
        ...

    async def aclose(self) -> None:
        """Both directions are closed at once, cancelled or not. Idempotent."""
        ...


class SocketTransport:
    """A connected, non-blocking socket of the standard library."""

    __slots__ = ("_low_water", "_poller", "_run_blocking", "_socket")

    def __init__(self, connected: socket.socket, run_blocking: RunBlocking, poller: Poller | None = None) -> None:
        self._socket = connected
        self._run_blocking = run_blocking
        self._poller = poller
        self._low_water = 1

    @property
    def has_poller(self) -> bool:
        """Whether serve() can be used."""
        return self._poller is not None

    async def serve(self, work: Work) -> None:
        """As Poller.serve: work is called whenever bytes have arrived, until it gives False."""
        assert self._poller is not None
        self._wake_for_any()
        await self._poller.serve(self._socket.fileno(), work)

    def watch(self, work: Work) -> None:
        """As Poller.watch: work is called whenever bytes have arrived, until it gives False, or unwatch().

        Raises:
            ConnectionLost.
        """
        assert self._poller is not None
        self._wake_for_any()
        self._poller.watch(self._socket.fileno(), work)

    def unwatch(self) -> None:
        """No work is called any more."""
        assert self._poller is not None
        self._poller.unwatch(self._socket.fileno())

    def receive_now(self, buffer: memoryview) -> memoryview | None:
        """The bytes that are there, in the buffer, none at the stream's end; None where none have arrived.

        Raises:
            ConnectionLost.
        """
        try:
            return buffer[: self._socket.recv_into(buffer)]
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            raise ConnectionLost(str(error)) from error

    def send_now(self, data: memoryview | bytes) -> int:
        """How many bytes of data the socket took.

        Raises:
            ConnectionLost.
        """
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise ConnectionLost(str(error)) from error

    async def receive(self, max_bytes: int, at_least: int = 1) -> bytes | memoryview:
        """The next bytes. It waits first: a client has hardly ever sent more by the time its reply leaves."""
        while True:
            try:
                self._set_low_water(at_least)
                if self._low_water > 1:
                    with trio.move_on_after(LOW_WATER_S) as waiting:
                        await trio.lowlevel.wait_readable(self._socket)
                    if waiting.cancelled_caught:
                        at_least = 1
                        continue
                else:
                    await trio.lowlevel.wait_readable(self._socket)
                if max_bytes > RECEIVE_BYTES and self._poller is not None:
                    buffer = self._poller.long_buffer
                    return buffer[: self._socket.recv_into(buffer)]
                return self._socket.recv(max_bytes)
            except (BlockingIOError, InterruptedError):
                continue
            except (OSError, trio.ClosedResourceError) as error:
                raise ConnectionLost(str(error)) from error

    def _wake_for_any(self) -> None:
        try:
            self._set_low_water(1)
        except OSError as error:
            raise ConnectionLost(str(error)) from error

    def _set_low_water(self, size_bytes: int) -> None:
        """The socket counts as readable with so many bytes, at its end, or with what the system can hold.

        Without it, a long request that comes in small pieces wakes the broker for each of them.
        """
        if size_bytes != self._low_water and HAS_LOW_WATER:
            self._low_water = size_bytes
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size_bytes)

    async def send(self, parts: Sequence[Part], progressed: Callable[[], None] = _ignore) -> None:
        """Neighbouring bytes leave in one call, ranges of files by sendfile. A checkpoint only where it has to wait."""
        try:
            waiting: list[memoryview] = []
            for part in parts:
                if not isinstance(part, FileRange):
                    waiting.append(memoryview(part))
                elif not _HAS_SENDFILE or part.size_bytes <= COPY_BYTES or _file(part).fileno() == NO_DESCRIPTOR:
                    for position, size_bytes in _turns(part):
                        data = await _read(_file(part), position, size_bytes, self._run_blocking)
                        waiting.append(memoryview(data))
                else:
                    await self._send_bytes(waiting, _MORE_FOLLOWS, progressed)
                    waiting = []
                    await self._send_file(part, progressed)
            await self._send_bytes(waiting, 0, progressed)
        except (OSError, trio.ClosedResourceError) as error:
            raise ConnectionLost(str(error)) from error

    async def _send_bytes(self, parts: list[memoryview], flags: int, progressed: Callable[[], None]) -> None:
        index = 0
        while index < len(parts):
            try:
                sent = self._send_some(parts[index : index + MAX_PARTS_A_CALL], flags)
            except (BlockingIOError, InterruptedError):
                await trio.lowlevel.wait_writable(self._socket)
                continue
            progressed()
            while index < len(parts) and sent >= len(parts[index]):
                sent -= len(parts[index])
                index += 1
            if sent:
                parts[index] = parts[index][sent:]

    def _send_some(self, parts: list[memoryview], flags: int) -> int:
        if len(parts) == 1 or not hasattr(self._socket, "sendmsg"):
            return self._socket.send(parts[0], flags)
        return self._socket.sendmsg(parts, (), flags)

    async def _send_file(self, part: FileRange, progressed: Callable[[], None]) -> None:
        file = _file(part)
        for turn, (start, size_bytes) in enumerate(_turns(part)):
            if turn:
                await trio.lowlevel.checkpoint()
            position, end = start, start + size_bytes
            if not _is_cached(file, position, end):
                data = await _read(file, position, size_bytes, self._run_blocking)
                await self._send_bytes([memoryview(data)], 0, progressed)
                continue
            while position < end:
                try:
                    sent = os.sendfile(self._socket.fileno(), file.fileno(), position, end - position)
                except (BlockingIOError, InterruptedError):
                    await trio.lowlevel.wait_writable(self._socket)
                    continue
                if sent == 0:
                    raise ConnectionLost("the log was cut while it was sent")
                position += sent
                progressed()

    async def aclose(self) -> None:
        """The socket is closed; whoever waits for it gets a ConnectionLost."""
        if self._socket.fileno() != -1:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()

    def let_go(self) -> None:
        """In a forked child: the socket is its parent's alone, which goes on with it."""
        self._socket.close()


class StreamTransport:
    """Any trio stream; of files it sends chunks that it reads."""

    __slots__ = ("_run_blocking", "_stream")

    def __init__(self, stream: trio.abc.Stream, run_blocking: RunBlocking) -> None:
        self._stream = stream
        self._run_blocking = run_blocking

    async def receive(self, max_bytes: int, at_least: int = 1) -> bytes:
        """The next bytes."""
        try:
            return bytes(await self._stream.receive_some(max_bytes))
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise ConnectionLost(str(error)) from error

    async def send(self, parts: Sequence[Part], progressed: Callable[[], None] = _ignore) -> None:
        """The parts, one after the other."""
        try:
            gathered = bytearray()
            for part in parts:
                if not isinstance(part, FileRange):
                    gathered += part
                    continue
                for position, size_bytes in _turns(part):
                    gathered += await _read(_file(part), position, size_bytes, self._run_blocking)
                    await self._send_bytes(gathered, progressed)
                    gathered = bytearray()
            await self._send_bytes(gathered, progressed)
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError) as error:
            raise ConnectionLost(str(error)) from error

    async def _send_bytes(self, data: bytearray, progressed: Callable[[], None]) -> None:
        view = memoryview(data)
        for position in range(0, len(view), STREAM_PIECE_BYTES):
            await self._stream.send_all(view[position : position + STREAM_PIECE_BYTES])
            progressed()

    async def aclose(self) -> None:
        """The stream is closed without ceremony."""
        await trio.aclose_forcefully(self._stream)


def _file(part: FileRange) -> File:
    return cast("File", part.file)


def _is_cached(file: File, position: int, end: int) -> bool:
    """Whether sending the range will not wait for the disk, as far as one byte of each stretch can tell."""
    pread_cached = file.pread_cached
    for probe in (*range(position, end, PROBE_STEP_BYTES), end - 1):  # noqa: SIM110 - a generator costs as much again
        if pread_cached(1, probe) is None:
            return False
    return True


async def _read(file: File, position: int, size_bytes: int, run_blocking: RunBlocking) -> bytes | memoryview:
    cached = file.pread_cached(size_bytes, position)
    data = cached if cached is not None else await run_blocking(lambda: file.pread(size_bytes, position))
    if len(data) != size_bytes:
        raise ConnectionLost("the log was cut while it was sent")
    return data


def _turns(part: FileRange) -> Iterator[tuple[int, int]]:
    """The range as (position, size) of at most a turn each."""
    end = part.position + part.size_bytes
    for position in range(part.position, end, SENDFILE_TURN_BYTES):
        yield position, min(SENDFILE_TURN_BYTES, end - position)
