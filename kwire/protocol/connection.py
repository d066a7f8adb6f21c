"""Connection: one client connection without its I/O.

What arrives goes in by receive_data; whole requests come out by next_request; respond answers the one in hand, and
data_to_send gives what is ready to leave. Requests are answered one at a time and in order, as Kafka's channels do it.

Rules of this file: how a connection moves from state to state is in the tables below and nowhere else; a move that is
not in its table does not happen.
"""

from __future__ import annotations

import struct
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Final

from kwire.limits import MAX_FRAME_BYTES
from kwire.protocol.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE_BYTES: Final = 4

TLS_HANDSHAKE: Final = b"\x16\x03"
HTTP_METHODS: Final = (b"GET ", b"HEAD", b"POST", b"PUT ", b"DELE", b"OPTI", b"PRI ")


class _State(Enum):
    """Hashed by identity: Enum hashes the name, in Python, at every look into the tables below."""

    __hash__ = object.__hash__


class Reading(_State):
    """What the next byte from the client belongs to."""

    SIZE = "the size of a frame"
    FRAME = "a frame"
    ENDED = "nothing: the client has closed"
    BROKEN = "nothing: what arrived is no Kafka request"


class Arrival(_State):
    """What can arrive."""

    GOOD_SIZE = "a size that is allowed"
    BAD_SIZE = "a size that is not"
    LAST_BYTE = "the last byte of a frame"
    END = "the end of the stream"


class Answering(_State):
    """Whether a request is in the handler's hands."""

    READY = "the next request may be taken"
    BUSY = "one request is being answered"


READING: Final = {
    (Reading.SIZE, Arrival.GOOD_SIZE): Reading.FRAME,
    (Reading.SIZE, Arrival.BAD_SIZE): Reading.BROKEN,
    (Reading.SIZE, Arrival.END): Reading.ENDED,
    (Reading.FRAME, Arrival.LAST_BYTE): Reading.SIZE,
    (Reading.FRAME, Arrival.END): Reading.BROKEN,
    (Reading.ENDED, Arrival.END): Reading.ENDED,
    (Reading.BROKEN, Arrival.END): Reading.BROKEN,
}

NEXT_REQUEST: Final = {Answering.READY: Answering.BUSY}
RESPOND: Final = {Answering.BUSY: Answering.READY}

_read_size = struct.Struct(">i").unpack_from


class Connection:
    """Frames in, requests out; replies in, segments out.

    max_frame_bytes: Kafka's socket.request.max.bytes.
    """

    __slots__ = (
        "_error",
        "_frame_bytes",
        "_max_frame_bytes",
        "_partial",
        "_queued_bytes",
        "_requests",
        "_segments",
        "answering",
        "reading",
    )

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self.reading = Reading.SIZE
        self.answering = Answering.READY
        self._error = ""
        self._max_frame_bytes = max_frame_bytes
        self._partial = bytearray()
        self._frame_bytes = SIZE_BYTES
        self._requests: deque[bytearray] = deque()
        self._queued_bytes = 0
        self._segments: list[object] = []

    # What arrives

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """The frames that these bytes complete can be taken with next_request; each has a buffer of its own.

        Bytes after the end, or after a frame whose size is not allowed, are dropped.
        """
        partial = self._partial
        with memoryview(data) as view:
            position = 0
            while self.reads_more and len(partial) + len(view) - position >= self._frame_bytes:
                end = position + self._frame_bytes - len(partial)
                partial += view[position:end]
                position = end
                if self.reading is Reading.SIZE:
                    self._begin_frame(partial)
                    partial.clear()
                else:
                    partial = self._end_frame()
            if self.reads_more:
                partial += view[position:]

    def receive_request(self, data: memoryview) -> bytearray | None:
        """As receive_data and then next_request: quick where the data is one frame, as when a client waits for replies.

        Raises:
            ProtocolError: as next_request.
        """
        size_bytes = len(data) - SIZE_BYTES
        if (
            0 < size_bytes <= self._max_frame_bytes
            and _read_size(data)[0] == size_bytes
            and self.reading is Reading.SIZE
            and not self._partial
            and not self._requests
        ):
            self.answering = NEXT_REQUEST[self.answering]
            return bytearray(data[SIZE_BYTES:])
        self.receive_data(data)
        return self.next_request()

    @property
    def reads_more(self) -> bool:
        """Whether further bytes mean anything: the stream has neither ended nor broken Kafka's rules."""
        return self.reading is Reading.SIZE or self.reading is Reading.FRAME

    def receive_eof(self) -> None:
        """The client will send no more."""
        if self.reading is Reading.FRAME:
            self._error = f"the client closed inside a frame, {self.missing_bytes} bytes before its end"
        self.reading = READING[self.reading, Arrival.END]

    @property
    def buffered_bytes(self) -> int:
        """Bytes that arrived and were not yet taken by next_request."""
        return self._queued_bytes + len(self._partial)

    @property
    def missing_bytes(self) -> int:
        """How many more bytes complete what is being read, a size or a frame."""
        return self._frame_bytes - len(self._partial)

    @property
    def arriving_frame_bytes(self) -> int:
        """Size of the frame that is being read; 0 between frames."""
        return self._frame_bytes if self.reading is Reading.FRAME else 0

    def _begin_frame(self, head: bytearray) -> None:
        size_bytes = int.from_bytes(head, "big", signed=True)
        if not 0 < size_bytes <= self._max_frame_bytes:
            self.reading = READING[self.reading, Arrival.BAD_SIZE]
            self._error = _refusal(bytes(head), size_bytes, self._max_frame_bytes)
            return
        self.reading = READING[self.reading, Arrival.GOOD_SIZE]
        self._frame_bytes = size_bytes

    def _end_frame(self) -> bytearray:
        self.reading = READING[self.reading, Arrival.LAST_BYTE]
        self._requests.append(self._partial)
        self._queued_bytes += self._frame_bytes
        self._frame_bytes = SIZE_BYTES
        self._partial = bytearray()
        return self._partial

    # What is answered

    def next_request(self) -> bytearray | None:
        """The oldest frame (without its size) that was not yet taken, or None. It has to be answered before the next.

        Raises:
            ProtocolError: all whole frames were taken, and what came after them is no Kafka request.
        """
        if not self._requests:
            if self._error:
                raise ProtocolError(self._error)
            return None
        self.answering = NEXT_REQUEST[self.answering]
        frame = self._requests.popleft()
        self._queued_bytes -= len(frame)
        return frame

    def respond(self, segments: Sequence[object] = ()) -> None:
        """The request in hand is answered with these segments; with none, it has no reply (Produce with acks=0)."""
        self.answering = RESPOND[self.answering]
        self._segments += segments

    def data_to_send(self) -> list[object]:
        """The segments of all replies not yet given, in the order of their requests."""
        segments, self._segments = self._segments, []
        return segments


def _refusal(head: bytes, size_bytes: int, max_frame_bytes: int) -> str:
    if head.startswith(TLS_HANDSHAKE):
        return "a TLS handshake on a plaintext listener"
    if head.startswith(HTTP_METHODS):
        return "an HTTP request on a Kafka listener"
    if size_bytes <= 0:
        return f"a frame of {size_bytes} bytes"
    return f"a frame of {size_bytes} bytes, more than socket.request.max.bytes ({max_frame_bytes})"
