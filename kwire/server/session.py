"""Session: one client connection, from its first byte to its last.

One task reads a request, has it answered and sends the reply, then takes the next. A handler that answers at once costs
no task switch; over a socket, between requests, that task leaves such work to the server's poller. While a handler
waits (a long poll, a group's join, durability), the replies that are ready leave, a bounded read-ahead is kept, and the
session ends when the client goes away, which cancels the handler: the poller sees to that, or a companion task.
"""

from __future__ import annotations

import logging
from functools import partial
from types import CoroutineType, coroutine
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import trio

from kwire.api.context import CloseConnection, ConnectionInfo
from kwire.broker.refusals import CLOSED, shown
from kwire.limits import (
    LONG_RECEIVE_BYTES,
    PIPELINED_REPLIES,
    READ_AHEAD_BYTES,
    RECEIVE_BYTES,
    STALLED_REQUEST_S,
    UNRESERVED_REQUEST_BYTES,
)
from kwire.protocol.connection import Connection
from kwire.protocol.errors import ProtocolError
from kwire.server.dispatch import answer
from kwire.server.transport import ConnectionLost, SocketTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Sequence

    from kwire.cluster.broker import Broker
    from kwire.cluster.cluster import Cluster
    from kwire.server.in_flight import InFlight
    from kwire.server.transport import Part, Transport
    from kwire.storage.port import LogSlice

logger = logging.getLogger("kwire.server")

IN_MEMORY: Final = (memoryview, bytes)
"""Segments of these types are sent as they are; another one is a LogSlice."""

T = TypeVar("T")


class Session:
    """A client's connection to one broker.

    active_s: when bytes last came or went, by clock_s. handling: a handler is at work, so silence means nothing.
    """

    __slots__ = (
        "_begun",
        "_broker",
        "_clock_s",
        "_cluster",
        "_connection",
        "_in_flight",
        "_nursery",
        "_polled",
        "_reserved_bytes",
        "_scope",
        "_transport",
        "_unsent",
        "_watch_ended",
        "_watch_scope",
        "_watched",
        "active_s",
        "handling",
        "info",
    )

    def __init__(
        self,
        transport: Transport,
        info: ConnectionInfo,
        cluster: Cluster,
        broker: Broker,
        in_flight: InFlight,
        clock_s: Callable[[], float],
        max_frame_bytes: int,
    ) -> None:
        self.info = info
        self.active_s = clock_s()
        self.handling = False
        self._begun: Coroutine[Any, Any, Sequence[object]] | None = None
        self._broker = broker
        self._cluster = cluster
        self._clock_s = clock_s
        self._connection = Connection(max_frame_bytes)
        self._in_flight = in_flight
        self._nursery: trio.Nursery | None = None
        self._polled = transport if isinstance(transport, SocketTransport) and transport.has_poller else None
        self._reserved_bytes = 0
        self._scope = trio.CancelScope()
        self._transport = transport
        self._unsent: list[object] = []
        self._watch_ended: trio.Event | None = None
        self._watch_scope: trio.CancelScope | None = None
        self._watched = False

    async def run(self) -> None:
        """The client was served until either side ended it; what the connection held is let go of."""
        try:
            with self._scope:
                async with trio.open_nursery() as self._nursery:
                    try:
                        await self._serve()
                    except (ProtocolError, CloseConnection):
                        await self._send()  # what was asked before, and answered, is not taken back
                        raise
                    self._nursery.cancel_scope.cancel()
        except* (ProtocolError, CloseConnection) as group:
            self._log_drop(_reason(group))
        except* ConnectionLost as group:
            logger.debug("connection from %s lost: %s", shown(self.info.peer), _reason(group))
        except* Exception:
            logger.exception("bug in the connection from %s", shown(self.info.peer))
        finally:
            for segment in self._segments():
                _close(segment)
            self._in_flight.release(self._reserved_bytes)
            await self._transport.aclose()

    def end(self, reason: str) -> None:
        """End the session now, and log why."""
        self._log_drop(reason)
        self._scope.cancel()

    def let_go(self) -> None:
        """In a forked child: the connection is its parent's alone."""
        if isinstance(self._transport, SocketTransport):
            self._transport.let_go()

    def _log_drop(self, reason: str) -> None:
        self._broker.refusals.tell(CLOSED, self.info.peer, reason)

    # The loop

    async def _serve(self) -> None:
        connection = self._connection
        while True:
            frame = connection.next_request()
            between = frame is None and not connection.buffered_bytes and not connection.arriving_frame_bytes
            if between and self._polled is not None:
                await self._serve_polled(self._polled)
                frame = connection.next_request()
            if frame is None:
                if not await self._receive():
                    return
                continue
            answered = 0
            while frame is not None:
                connection.respond(await self._answer(frame))
                answered += 1
                frame = connection.next_request() if answered < PIPELINED_REPLIES else None
            await self._send()
            self._in_flight.release(self._reserved_bytes)
            self._reserved_bytes = 0
            if answered == PIPELINED_REPLIES:
                await trio.lowlevel.checkpoint()

    async def _receive(self) -> bool:
        """More bytes have arrived; False at the stream's end."""
        connection = self._connection
        arriving_bytes = connection.arriving_frame_bytes
        if arriving_bytes > UNRESERVED_REQUEST_BYTES and not self._reserved_bytes:
            await self._in_flight.reserve(arriving_bytes)
            self._reserved_bytes = arriving_bytes
        while self._reserved_bytes:
            with trio.move_on_after(STALLED_REQUEST_S):
                return await self._receive_some()
            if self._in_flight.is_wanted:
                raise CloseConnection(
                    f"no bytes of its request for {STALLED_REQUEST_S:.0f} s while others wait for its room"
                )
        return await self._receive_some()

    async def _receive_some(self) -> bool:
        connection = self._connection
        missing_bytes = connection.missing_bytes
        if missing_bytes > UNRESERVED_REQUEST_BYTES:
            data = await self._transport.receive(LONG_RECEIVE_BYTES, min(missing_bytes, LONG_RECEIVE_BYTES))
        else:
            data = await self._transport.receive(RECEIVE_BYTES)
        self.active_s = self._clock_s()
        if data:
            connection.receive_data(data)
        else:
            connection.receive_eof()
        return bool(data)

    async def _send(self) -> None:
        """All replies that are ready have left."""
        segments = self._segments()
        if segments:
            try:
                await self._transport.send(_parts(segments), self._note_activity)
            finally:
                for segment in segments:
                    _close(segment)

    def _note_activity(self) -> None:
        self.active_s = self._clock_s()

    def _segments(self) -> list[object]:
        segments, self._unsent = self._unsent, []
        return segments + self._connection.data_to_send()

    # What needs no task

    async def _serve_polled(self, transport: SocketTransport) -> None:
        """The poller has answered requests, up to one that it could not bring to its end."""
        try:
            await transport.serve(partial(self._serve_at_once, transport))
        finally:  # a handler that has begun goes on to where it waits, cancelled or not
            if self._begun is not None:
                begun, self._begun = self._begun, None
                self._connection.respond(await self._finish(begun))
        await self._send()

    def _serve_at_once(self, transport: SocketTransport, buffer: memoryview, now_s: float) -> bool:
        """What has arrived is answered, in the poller's task; False where the session's own task has to go on."""
        data = transport.receive_now(buffer)
        if not data:
            return data is None  # the end of the stream is found again by the session's task
        connection = self._connection
        self.active_s = now_s
        frame = connection.receive_request(data)
        answered = 0
        while frame is not None:
            reply = answer(frame, self._cluster, self._broker, self.info)
            if type(reply) is CoroutineType:
                self._begun = reply
                return False
            connection.respond(cast("Sequence[object]", reply))
            answered += 1
            frame = connection.next_request() if answered < PIPELINED_REPLIES else None
        long = connection.arriving_frame_bytes > UNRESERVED_REQUEST_BYTES
        return self._send_now(transport) and not long and answered < PIPELINED_REPLIES

    def _send_now(self, transport: SocketTransport) -> bool:
        """Whether all replies have left."""
        segments = self._connection.data_to_send()
        if not segments:
            return True
        replies = segments[0] if len(segments) == 1 else _joined(segments)
        if type(replies) not in IN_MEMORY:
            self._unsent = segments
            return False
        data = cast("memoryview | bytes", replies)
        sent = transport.send_now(data)
        if sent == len(data):
            return True
        self._unsent.append(memoryview(data)[sent:])
        return False

    # One request

    async def _answer(self, frame: bytearray) -> Sequence[object]:
        """The reply's segments."""
        reply = answer(frame, self._cluster, self._broker, self.info)
        return await self._finish(reply) if isinstance(reply, CoroutineType) else cast("Sequence[object]", reply)

    async def _finish(self, work: Coroutine[Any, Any, Sequence[object]]) -> Sequence[object]:
        """What work returns. While the handler waits, the client is watched."""
        self.handling = True
        try:
            return await _notice_waiting(work, self._begin_watch)
        finally:
            self.handling = False
            if self._watched and self._polled is not None:
                self.active_s = self._clock_s()
                self._watched = False
                self._polled.unwatch()
            elif self._watch_scope is not None and self._watch_ended is not None:
                self.active_s = self._clock_s()
                self._watch_scope.cancel()
                self._watch_scope = None
                await self._watch_ended.wait()

    def _begin_watch(self) -> None:
        """Earlier replies leave, later requests are read ahead; a client that goes away ends the session."""
        try:
            if self._polled is not None and self._send_now(self._polled):
                self._polled.watch(partial(self._read_ahead, self._polled))
                self._watched = True
                return
        except ConnectionLost as error:  # not raised: a handler is cancelled where it waits
            self._lose(error)
            return
        assert self._nursery is not None
        self._watch_scope = trio.CancelScope()
        self._watch_ended = trio.Event()
        self._nursery.start_soon(self._watch, self._watch_scope, self._watch_ended)

    def _read_ahead(self, transport: SocketTransport, buffer: memoryview, now_s: float) -> bool:
        """What has arrived is kept, in the poller's task; False where no more shall be read."""
        try:
            data = transport.receive_now(buffer)
        except ConnectionLost as error:
            self._lose(error)
            return False
        if data is None:
            return True
        if not data:
            self._scope.cancel()
            return False
        self.active_s = now_s
        self._connection.receive_data(data)
        return self._reads_ahead

    @property
    def _reads_ahead(self) -> bool:
        """Whether a client whose request is being answered is read further: not what nobody will ask for."""
        return self._connection.reads_more and self._connection.buffered_bytes < READ_AHEAD_BYTES

    def _lose(self, error: ConnectionLost) -> None:
        logger.debug("connection from %s lost: %s", shown(self.info.peer), error)
        self._scope.cancel()

    async def _watch(self, scope: trio.CancelScope, ended: trio.Event) -> None:
        """As _begin_watch says, where there is no poller, or the client is slow to take its replies."""
        try:
            await self._send()
            with scope:
                while self._reads_ahead:
                    if not await self._receive_some():
                        self._scope.cancel()
        finally:
            ended.set()


@coroutine
def _notice_waiting(work: Coroutine[Any, Any, T], begin: Callable[[], None]) -> Generator[Any, Any, T]:
    """What work returns; begin() is called when it waits for the first time, and not at all if it never does."""
    try:
        trap = work.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    begin()
    while True:
        try:
            value = yield trap
        except BaseException as error:  # noqa: BLE001 - trio cancels by throwing into the task
            step = partial(work.throw, error)
        else:
            step = partial(work.send, value)
        try:
            trap = step()
        except StopIteration as stop:
            return cast("T", stop.value)


def _joined(segments: Sequence[object]) -> bytes | None:
    """All segments, None where one is not in memory."""
    return b"".join(segments) if all(type(segment) in IN_MEMORY for segment in segments) else None  # type: ignore[arg-type]


def _parts(segments: Sequence[object]) -> list[Part]:
    parts: list[Part] = []
    for segment in segments:
        if type(segment) in IN_MEMORY:
            parts.append(cast("memoryview | bytes", segment))
        else:
            parts.extend(cast("LogSlice", segment).parts())
    return parts


def _close(segment: object) -> None:
    if type(segment) not in IN_MEMORY:
        cast("LogSlice", segment).close()


def _reason(group: BaseExceptionGroup[BaseException]) -> str:
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return str(first)
