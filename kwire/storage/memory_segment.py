"""The segments of the memory engine: batches in chunks of memory, and four numbers for each to find it by."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from kwire.limits import MEMORY_CHUNK_BYTES, MEMORY_FIRST_CHUNK_BYTES
from kwire.protocol.records.batch import NO_TIMESTAMP, iter_headers, read_header
from kwire.storage.port import SegmentInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.storage.aborted import AbortedTransaction
    from kwire.storage.port import FileRange

INDEX_BYTES_PER_BATCH = 32
"""Four int64 arrays."""


class MemorySlice:
    """Views of a log's chunks. They stay readable whatever becomes of the log."""

    __slots__ = ("_parts", "_size_bytes")

    def __init__(self, parts: list[memoryview], size_bytes: int) -> None:
        self._parts = parts
        self._size_bytes = size_bytes

    def __len__(self) -> int:
        return self._size_bytes

    def parts(self) -> Sequence[memoryview | FileRange]:
        """The bytes in order."""
        return self._parts

    def tobytes(self) -> bytes:
        """All bytes."""
        return b"".join(self._parts)

    def next_offset(self) -> int:
        """See LogSlice.next_offset. A batch does not go over from one part to the next."""
        end_offset = 0
        for part in self._parts:
            for _, header in iter_headers(part):
                end_offset = header.next_offset
        return end_offset

    def close(self) -> None:
        """Lets go of the chunks."""
        self._parts = []


EMPTY_SLICE = MemorySlice([], 0)
"""No bytes."""


class Segment:
    """Batches from base_offset on, each whole, in chunks without gaps."""

    __slots__ = (
        "_chunk_starts",
        "_chunks",
        "_room",
        "_tail",
        "base_offset",
        "base_offsets",
        "created_ms",
        "ends",
        "first_timestamp_ms",
        "max_timestamp_ms",
        "newest_ms",
        "next_offset",
        "next_offsets",
        "producers_before",
        "reserved_bytes",
        "serial",
        "size_bytes",
    )

    def __init__(self, base_offset: int, created_ms: int, producers_before: bytes = b"") -> None:
        self.base_offset = base_offset
        self.next_offset = base_offset
        self.created_ms = created_ms
        self.producers_before = producers_before
        """Snapshot of the producer state before the first batch, empty for none."""
        self.serial = 0
        """Order of the first appends over all logs."""
        self.size_bytes = 0
        self.reserved_bytes = 0
        """Bytes of all chunks."""
        self.first_timestamp_ms = NO_TIMESTAMP
        self.max_timestamp_ms = NO_TIMESTAMP
        self.base_offsets = array("q")
        self.next_offsets = array("q")
        self.ends = array("q")
        """Positions after each batch."""
        self.newest_ms = array("q")
        """The newest timestamp of each batch and all before it: ascending, so that it can be bisected."""
        self._chunks: list[memoryview] = []
        self._chunk_starts: list[int] = []
        self._tail = memoryview(b"")
        self._room = 0

    @property
    def cost_bytes(self) -> int:
        """What the segment counts against the budget."""
        return self.reserved_bytes + INDEX_BYTES_PER_BATCH * len(self.ends) + len(self.producers_before)

    def missing_bytes(self, size_bytes: int) -> int:
        """Size of the chunk to be added before a batch of size_bytes fits, 0 for none."""
        short = size_bytes - self._room
        if short <= 0:
            return 0
        grown = 2 * len(self._tail) if self._chunks else MEMORY_FIRST_CHUNK_BYTES
        return max(short, min(grown, MEMORY_CHUNK_BYTES))

    def append(self, batch: ReadableBuffer, header: BatchHeader, chunk_bytes: int) -> None:
        """The batch is the newest. chunk_bytes: what missing_bytes said of its size."""
        size = len(batch)
        room = self._room
        if chunk_bytes == 0:
            start = len(self._tail) - room
            self._tail[start : start + size] = batch
            self._room = room - size
        else:
            view = memoryview(batch)
            if room:
                self._tail[len(self._tail) - room :] = view[:room]
            if size - room == chunk_bytes:
                self._tail = memoryview(bytes(view[room:]))
            else:
                self._tail = memoryview(bytearray(chunk_bytes))
                self._tail[: size - room] = view[room:]
            self._chunk_starts.append(self.size_bytes + room)
            self._chunks.append(self._tail)
            self.reserved_bytes += chunk_bytes
            self._room = chunk_bytes - (size - room)
        timestamp_ms = header.max_timestamp
        if not self.ends:
            self.first_timestamp_ms = timestamp_ms
        self.max_timestamp_ms = max(self.max_timestamp_ms, timestamp_ms)
        self.size_bytes = end = self.size_bytes + size
        self.next_offset = next_offset = header.base_offset + header.last_offset_delta + 1
        self.base_offsets.append(header.base_offset)
        self.next_offsets.append(next_offset)
        self.ends.append(end)
        self.newest_ms.append(self.max_timestamp_ms)

    def seal(self) -> int:
        """The last chunk has no room left. Returns the bytes that are free by that."""
        freed = self._room
        if freed:
            self._tail = self._chunks[-1] = memoryview(self._tail[:-freed].tobytes())
            self.reserved_bytes -= freed
            self._room = 0
        return freed

    def truncate(self, index: int) -> None:
        """Batches from that index on are gone; their room stays."""
        size = self.ends[index - 1] if index else 0
        for numbers in (self.base_offsets, self.next_offsets, self.ends, self.newest_ms):
            del numbers[index:]
        while self._chunk_starts and self._chunk_starts[-1] >= size:
            self.reserved_bytes -= len(self._chunks.pop())
            self._chunk_starts.pop()
        # The bytes after the cut may be in a reader's hands: new batches go to a new chunk.
        if self._chunks:
            used = size - self._chunk_starts[-1]
            self.reserved_bytes -= len(self._chunks[-1]) - used
            self._chunks[-1] = self._chunks[-1][:used]
        self._tail = self._chunks[-1] if self._chunks else memoryview(b"")
        self._room = 0
        self.size_bytes = size
        self.next_offset = self.next_offsets[-1] if index else self.base_offset
        self.max_timestamp_ms = self.newest_ms[-1] if index else NO_TIMESTAMP

    def views(self, start: int, end: int, out: list[memoryview]) -> None:
        """The bytes of start <= position < end, as read-only views, at the end of out."""
        index = bisect_right(self._chunk_starts, start) - 1
        while start < end:
            chunk_start = self._chunk_starts[index]
            view = self._chunks[index][start - chunk_start : end - chunk_start].toreadonly()
            out.append(view)
            start += len(view)
            index += 1

    def batch(self, index: int) -> memoryview:
        """The bytes of one batch."""
        views: list[memoryview] = []
        self.views(self.ends[index - 1] if index else 0, self.ends[index], views)
        return views[0] if len(views) == 1 else memoryview(b"".join(views))

    def header(self, index: int) -> BatchHeader:
        """The header of one batch."""
        return read_header(self.batch(index))

    def batches(self) -> Iterator[tuple[BatchHeader, memoryview]]:
        """(Header, bytes) of each batch."""
        for index in range(len(self.ends)):
            batch = self.batch(index)
            yield read_header(batch), batch

    def info(self) -> SegmentInfo:
        """The segment as the port tells it."""
        return SegmentInfo(self.base_offset, self.next_offset, self.size_bytes, self.max_timestamp_ms, self.created_ms)


class MemoryReplacement:
    """A closed segment in the making; see kwire.storage.port.Replacement.

    Until the log takes it, its bytes are not counted against the store's budget: they are at most one segment's.
    """

    __slots__ = ("aborted", "replaced", "segment", "truncations")

    def __init__(self, replaced: list[Segment], truncations: int) -> None:
        first, last = replaced[0], replaced[-1]
        self.replaced = replaced
        self.truncations = truncations
        """How often the log had been truncated when this was begun."""
        self.aborted: Sequence[AbortedTransaction] = ()
        self.segment = Segment(first.base_offset, last.created_ms, first.producers_before)
        self.segment.serial = first.serial

    def append(self, batch: ReadableBuffer, header: BatchHeader) -> None:
        """The batch is the newest."""
        self.segment.append(batch, header, self.segment.missing_bytes(len(batch)))

    def finish(self, aborted: Sequence[AbortedTransaction]) -> None:
        """It is complete."""
        self.segment.seal()
        self.segment.next_offset = self.replaced[-1].next_offset
        self.aborted = aborted

    def abandon(self) -> None:
        """Nothing outlives the object."""
