"""The sparse indexes of a segment: offset to position, and timestamp to offset.

Sorted entries of a fixed size, offsets relative to the segment's base offset. The newest entries wait in memory until
there are enough of them or the segment is closed: what a crash loses of them, recovery makes again from the log.
Source: Kafka's .index (int32 relative offset, int32 position) and .timeindex (int64 timestamp, int32 relative offset).
"""

from __future__ import annotations

import contextlib
import struct
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from kwire.limits import MAX_PENDING_INDEX_BYTES

if TYPE_CHECKING:
    from kwire.storage.segments.open_files import OpenFiles


NO_TIMESTAMP = -1

_first = itemgetter(0)
_second = itemgetter(1)


class Index:
    """A sorted sequence of fixed size entries in a file that exists once there is something to store."""

    __slots__ = ("_base_offset", "_open_files", "_pending", "_stored", "path")

    ENTRY = struct.Struct(">ii")

    def __init__(self, path: str, base_offset: int, open_files: OpenFiles) -> None:
        self.path = path
        self._base_offset = base_offset
        self._open_files = open_files
        self._stored: int | None = None
        self._pending = b""

    def _stored_entries(self) -> int:
        if self._stored is None:
            try:
                self._stored = self._open_files.files.size(self.path) // self.ENTRY.size
            except FileNotFoundError:
                self._stored = 0
        return self._stored

    def __len__(self) -> int:
        return self._stored_entries() + len(self._pending) // self.ENTRY.size

    def __getitem__(self, slot: int) -> tuple[int, int]:
        size = self.ENTRY.size
        stored = self._stored_entries()
        if slot >= stored:
            first, second = self.ENTRY.unpack_from(self._pending, (slot - stored) * size)
        else:
            first, second = self.ENTRY.unpack(self._open_files.get(self.path, "read").pread(size, slot * size))
        return first, second

    @property
    def size_bytes(self) -> int:
        """Bytes of all entries."""
        return len(self) * self.ENTRY.size

    def _add(self, first: int, second: int) -> None:
        self._pending += self.ENTRY.pack(first, second)
        if len(self._pending) >= MAX_PENDING_INDEX_BYTES:
            with contextlib.suppress(OSError):  # a full disk: they wait on, and the log needs no more than that
                self.store()

    def _keep(self, entries: int) -> None:
        """Only the first entries are left."""
        stored = self._stored_entries()
        self._pending = self._pending[: max(0, entries - stored) * self.ENTRY.size]
        if entries < stored:
            self._open_files.forget(self.path)
            file = self._open_files.files.open(self.path, "append")
            try:
                file.truncate(entries * self.ENTRY.size)
            finally:
                file.close()
            self._stored = entries

    def is_full(self, max_bytes: int) -> bool:
        """Whether the file may not grow by an entry (segment.index.bytes)."""
        return len(self) >= max_bytes // self.ENTRY.size

    def store(self) -> None:
        """All entries are in the file.

        Raises:
            OSError: the file is as it was.
        """
        stored = self._stored_entries()
        self._open_files.forget(self.path)
        file = self._open_files.files.open(self.path, "create")
        try:
            if file.size() != stored * self.ENTRY.size:  # a failed write or a crash left something
                file.truncate(stored * self.ENTRY.size)
            if self._pending:
                file.append([self._pending])
        finally:
            file.close()
        self._stored = stored + len(self._pending) // self.ENTRY.size
        self._pending = b""

    def reset(self) -> None:
        """No entries, in a file that can be trusted."""
        self._open_files.forget(self.path)
        self._open_files.files.remove(self.path)
        self._stored = 0
        self._pending = b""

    def is_sound(self) -> bool:
        """Whether the file is there and made of whole entries."""
        try:
            return self._open_files.files.size(self.path) % self.ENTRY.size == 0
        except FileNotFoundError:
            return False


class OffsetIndex(Index):
    """Offset to position: an entry is the last offset of an append and where in the log that append starts."""

    __slots__ = ()

    ENTRY = struct.Struct(">ii")

    def add(self, offset: int, position: int) -> None:
        """The append that starts at position ends with offset."""
        self._add(offset - self._base_offset, position)

    def lookup(self, offset: int) -> tuple[int, int]:
        """(Offset, position) of the last entry that is not after offset, or (base offset, 0)."""
        slot = bisect_right(self, offset - self._base_offset, key=_first)
        if slot == 0:
            return self._base_offset, 0
        relative_offset, position = self[slot - 1]
        return self._base_offset + relative_offset, position

    def last(self) -> tuple[int, int]:
        """(Offset, position) of the last entry, or (base offset, 0)."""
        entries = len(self)
        if not entries:
            return self._base_offset, 0
        relative_offset, position = self[entries - 1]
        return self._base_offset + relative_offset, position

    def truncate(self, offset: int) -> None:
        """No entry at or above offset is left."""
        self._keep(bisect_right(self, offset - 1 - self._base_offset, key=_first))


class TimeIndex(Index):
    """Timestamp to offset: an entry says that no record before and at offset is newer than timestamp."""

    __slots__ = ("_last",)

    ENTRY = struct.Struct(">qi")

    def __init__(self, path: str, base_offset: int, open_files: OpenFiles) -> None:
        super().__init__(path, base_offset, open_files)
        self._last: tuple[int, int] | None = None

    def last(self) -> tuple[int, int]:
        """(Timestamp, offset) of the last entry, or (-1, base offset)."""
        if self._last is None:
            entries = len(self)
            timestamp, relative_offset = self[entries - 1] if entries else (NO_TIMESTAMP, 0)
            self._last = timestamp, self._base_offset + relative_offset
        return self._last

    def add(self, timestamp: int, offset: int) -> None:
        """The newest timestamp so far is that of the batch that ends with offset; nothing is added for no news."""
        if timestamp > self.last()[0]:
            self._last = timestamp, offset
            self._add(timestamp, offset - self._base_offset)

    def lookup(self, timestamp: int) -> int:
        """The offset of the last entry that is not after timestamp, or the base offset."""
        slot = bisect_right(self, timestamp, key=_first)
        return self._base_offset + self[slot - 1][1] if slot else self._base_offset

    def truncate(self, offset: int) -> None:
        """No entry at or above offset is left."""
        self._last = None
        self._keep(bisect_right(self, offset - 1 - self._base_offset, key=_second))

    def reset(self) -> None:
        """No entries, in a file that can be trusted."""
        super().reset()
        self._last = None

    def is_full(self, max_bytes: int) -> bool:
        """As an offset index, but the last place is kept for the entry that closes the segment."""
        return len(self) >= max_bytes // self.ENTRY.size - 1
