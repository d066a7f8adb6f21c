"""One segment of a log: its .log file and the indexes beside it."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from kwire.protocol.records.batch import NO_TIMESTAMP, CorruptBatch
from kwire.storage.segments.indexes import OffsetIndex, TimeIndex
from kwire.storage.segments.scan import PLACE_BYTES, Place, find_batch, headers, places, read_place, whole_batches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwire.files import File, Part
    from kwire.protocol.records.batch import BatchHeader
    from kwire.storage.config import LogConfig
    from kwire.storage.segments.open_files import OpenFiles

LOG_SUFFIX = ".log"
INDEX_SUFFIX = ".index"
TIME_INDEX_SUFFIX = ".timeindex"
TXN_INDEX_SUFFIX = ".txnindex"
SNAPSHOT_SUFFIX = ".snapshot"
DELETED_SUFFIX = ".deleted"

FILE_SUFFIXES = (LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX)

MAX_RELATIVE_OFFSET = 2**31 - 1

UNKNOWN_ROOM = -1

_log = logging.getLogger(__name__)


def file_stem(directory: str, base_offset: int) -> str:
    """Path of a segment's files without their suffixes: the base offset in 20 digits."""
    return f"{directory}/{base_offset:020d}"


class Segment:
    """A run of batches in one file. The last segment of a log is active: it alone is written.

    size_bytes is what is readable; bytes behind it, left by a failed write, are cut before the next append.
    """

    __slots__ = (
        "_first_timestamp",
        "_index_interval_bytes",
        "_limit_ms",
        "_limits_of",
        "_newest",
        "_open_files",
        "_room_within_bytes",
        "_since_index_entry",
        "_stale_from",
        "_torn",
        "active",
        "base_offset",
        "created_ms",
        "index",
        "jitter_ms",
        "log_path",
        "size_bytes",
        "stem",
        "time_index",
    )

    def __init__(
        self,
        directory: str,
        base_offset: int,
        open_files: OpenFiles,
        *,
        index_interval_bytes: int,
        size_bytes: int = 0,
        created_ms: int = 0,
        jitter_ms: int = 0,
    ) -> None:
        self.stem = file_stem(directory, base_offset)
        self.log_path = self.stem + LOG_SUFFIX
        self.base_offset = base_offset
        self.size_bytes = size_bytes
        self.created_ms = created_ms
        self.jitter_ms = jitter_ms
        self.active = False
        self.index = OffsetIndex(self.stem + INDEX_SUFFIX, base_offset, open_files)
        self.time_index = TimeIndex(self.stem + TIME_INDEX_SUFFIX, base_offset, open_files)
        self._open_files = open_files
        self._index_interval_bytes = index_interval_bytes
        self._since_index_entry = 0
        self._newest: tuple[int, int] | None = None
        self._first_timestamp: int | None = None
        self._torn = False
        self._stale_from: int | None = None
        self._limits_of: LogConfig | None = None
        self._limit_ms = 0
        self._room_within_bytes = UNKNOWN_ROOM

    def file(self) -> File:
        """The open .log file, borrowed (see OpenFiles.get)."""
        return self._open_files.get(self.log_path, "append" if self.active else "read")

    def create(self) -> None:
        """The .log file exists, empty, and this segment is the one to be written."""
        self._open_files.forget(self.log_path)
        file = self._open_files.get(self.log_path, "create")
        if file.size():  # left by a deleted segment that could not be renamed
            file.truncate(0)
        self.active = True

    def activate(self) -> None:
        """This segment is the one to be written."""
        self._open_files.forget(self.log_path)  # open to be read only, perhaps
        self.active = True

    # Appending

    def append(self, batch: Part, header: BatchHeader) -> None:
        """The batch stands at the end of the file.

        Raises:
            OSError: the segment is as it was.
        """
        file = self.file()
        position = self.size_bytes
        if self._torn:
            self.cut_torn()
        newest = self._newest or self.newest()
        try:
            file.append((batch,))
        except OSError:
            self._torn = True
            with contextlib.suppress(OSError):  # else before the next append
                self.cut_torn()
            raise
        timestamp = header.max_timestamp
        if not position:
            self._first_timestamp = timestamp
        size_bytes = header.size_bytes
        self.size_bytes = position + size_bytes
        if timestamp > newest[0]:
            self._newest = timestamp, header.last_offset
        if self._since_index_entry > self._index_interval_bytes:
            self._add_index_entry(header.last_offset, position)
        self._since_index_entry += size_bytes

    def cut_torn(self) -> None:
        """Nothing stands behind size_bytes any more: before the next append, and before the segment is closed.

        Raises:
            OSError.
        """
        if not self._torn:
            return
        if self._stale_from is not None:
            self.index.truncate(self._stale_from)
            self.time_index.truncate(self._stale_from)
            self._newest = self._reread_newest()
            self._stale_from = None
        file = self.file()
        file.truncate(self.size_bytes)
        file.fsync()  # else power loss brings it back, below a recovery point that vouches for something else
        self._torn = False

    def _add_index_entry(self, last_offset: int, position: int) -> None:
        self.index.add(last_offset, position)
        self.time_index.add(*self.newest())
        self._since_index_entry = 0
        self._room_within_bytes = UNKNOWN_ROOM

    def is_due(self, header: BatchHeader, config: LogConfig, now_ms: int) -> bool:
        """Whether a new segment must begin before the batch is appended, as Kafka decides it."""
        if header.base_offset + header.last_offset_delta - self.base_offset > MAX_RELATIVE_OFFSET:
            return True
        if not self.size_bytes:
            return False
        first = self._first_timestamp
        if first is None:
            first = self.first_timestamp()
        waited_ms = header.max_timestamp - first if first >= 0 else now_ms - self.created_ms
        return (
            self.size_bytes + header.size_bytes > config.segment_bytes
            or header.base_offset - self.base_offset >= config.segment_records
            or waited_ms > (self._limit_ms if config is self._limits_of else self._limit_by(config))
            or (self._room_within_bytes != config.segment_index_bytes and not self._has_room(config))
        )

    def is_old(self, config: LogConfig, now_ms: int) -> bool:
        """Whether segment.ms has passed since the first append."""
        return self.size_bytes > 0 and now_ms - self.created_ms > self._limit_by(config)

    def _limit_by(self, config: LogConfig) -> int:
        """How old the segment may become; remembered for that config object, which never changes."""
        limit_ms = min(config.segment_ms, config.max_compaction_lag_ms) if config.compact else config.segment_ms
        self._limits_of = config
        self._limit_ms = limit_ms - self.jitter_ms
        return self._limit_ms

    def _has_room(self, config: LogConfig) -> bool:
        """Whether the indexes may grow by an entry; remembered until there is a new entry or another bound."""
        max_bytes = config.segment_index_bytes
        if self.index.is_full(max_bytes) or self.time_index.is_full(max_bytes):
            return False
        self._room_within_bytes = max_bytes
        return True

    # Reading

    def first_timestamp(self) -> int:
        """The newest timestamp of the first batch, or -1."""
        if self._first_timestamp is None:
            first = next(self.headers(0), None)
            self._first_timestamp = first[1].max_timestamp if first else NO_TIMESTAMP
        return self._first_timestamp

    def newest(self) -> tuple[int, int]:
        """(Newest timestamp or -1, last offset of the first batch that has it)."""
        if self._newest is None:
            self.cut_torn()
            self._newest = self._newest or self.time_index.last()
        return self._newest

    def find(self, offset: int) -> Place | None:
        """The first batch that ends at or after offset, None behind the last one.

        Raises:
            OSError.
            CorruptBatch: the log itself is damaged; a damaged index is made again.
        """
        if not self.size_bytes:
            return None
        for position in self._positions_before(offset):
            try:
                return find_batch(self.file(), position, self.size_bytes, offset)
            except CorruptBatch:
                if not position:
                    raise
                self.rebuild_indexes()
        raise AssertionError("the log's own start is the last position tried")

    def _positions_before(self, offset: int) -> Iterator[int]:
        """Where a search for offset starts, and after a failure the start of the file."""
        entry_offset, position = self.index.lookup(offset)
        if position and entry_offset <= offset and self._is_batch_at(position, entry_offset):
            yield position
        elif position:
            self.rebuild_indexes()
        yield 0

    def _is_batch_at(self, position: int, entry_offset: int) -> bool:
        """Whether an append that ended with entry_offset can have started at position."""
        place = self.place_at(position)
        return place is not None and self.base_offset <= place.base_offset <= entry_offset

    def place_at(self, position: int) -> Place | None:
        """The batch that starts at position, None where there can be none."""
        if not 0 <= position <= self.size_bytes - PLACE_BYTES:
            return None
        try:
            return read_place(self.file().pread(PLACE_BYTES, position), 0, position, self.size_bytes)
        except CorruptBatch:
            return None

    def headers(self, position: int = 0) -> Iterator[tuple[int, BatchHeader]]:
        """(Position, header) of every batch from position on, up to the size of now."""
        if not self.size_bytes:
            return
        file = self.file().retain()
        try:
            yield from headers(file, position, self.size_bytes)
        finally:
            file.close()

    def next_offset(self) -> int:
        """The offset after the last batch."""
        if not self.size_bytes:
            return self.base_offset
        last = self.base_offset - 1
        for position in self._positions_before(self.base_offset + MAX_RELATIVE_OFFSET):
            try:
                for place in places(self.file(), position, self.size_bytes):
                    last = place.last_offset
                break
            except CorruptBatch:
                if not position:
                    raise
                self.rebuild_indexes()
        return last + 1

    # Changing

    def rebuild_indexes(self) -> None:
        """The indexes say what the log says.

        Raises:
            CorruptBatch: the log is damaged.
            OSError.
        """
        _log.warning("rebuilding the indexes of %s", self.log_path)
        self._reset_indexes()
        indexed = 0
        for position, header in self.headers():
            indexed = self._index(header, position, indexed)
        self.store_indexes()

    def _index(self, header: BatchHeader, position: int, indexed: int) -> int:
        """The batch at position is in the indexes, if it is time for an entry; returns the position of the last one."""
        if header.max_timestamp > self.newest()[0]:
            self._newest = header.max_timestamp, header.last_offset
        if position - indexed <= self._index_interval_bytes:
            return indexed
        self._add_index_entry(header.last_offset, position)
        return position

    def recover(self, recovery_point: int) -> tuple[int, int]:
        """The file ends with its last whole valid batch, and the indexes say what it says.

        What is below recovery_point was on the disk when that was written, and is not read again.

        Returns:
            The offset from which on it was read, and how many bytes were cut.

        Raises:
            OSError.
        """
        file = self._open_files.files.open(self.log_path, "append")
        try:
            end = file.size()
            position, start_offset = self._index_up_to(recovery_point, file, end)
            next_offset, last_possible_offset = start_offset, self.base_offset + MAX_RELATIVE_OFFSET
            self.size_bytes = position
            indexed = self.index.last()[1]
            try:
                for at, header, _ in whole_batches(file, position, end):
                    if not next_offset <= header.base_offset <= header.last_offset <= last_possible_offset:
                        break
                    indexed = self._index(header, at, indexed)
                    self.size_bytes = at + header.size_bytes
                    next_offset = header.next_offset
            except CorruptBatch as reason:
                _log.warning("%s is cut at %d of %d bytes: %s", self.log_path, self.size_bytes, end, reason)
            if self.size_bytes < end:
                file.truncate(self.size_bytes)
            self.store_indexes()
            return start_offset, end - self.size_bytes
        finally:
            file.close()

    def _index_up_to(self, recovery_point: int, file: File, end: int) -> tuple[int, int]:
        """(Position, offset) of recovery_point, with the indexes made good up to there by headers alone.

        Of the segment's start, with empty indexes, when a batch on the way is not what it should be.
        """
        if self.index.is_sound() and self.time_index.is_sound():
            self.index.truncate(recovery_point)
            self.time_index.truncate(recovery_point)
        else:
            self._reset_indexes()
        self._newest = self.time_index.last()
        next_offset, position = self.index.last()
        indexed = position
        with contextlib.suppress(CorruptBatch):  # the tail that recovery is here for, or an index that leads astray
            for at, header in headers(file, indexed, end):
                if not self.base_offset <= header.base_offset < recovery_point:
                    break
                indexed = self._index(header, at, indexed)
                next_offset, position = header.next_offset, at + header.size_bytes
        if next_offset == recovery_point:
            return position, recovery_point
        self._reset_indexes()
        return 0, self.base_offset

    def _reset_indexes(self) -> None:
        self.index.reset()
        self.time_index.reset()
        self._newest = NO_TIMESTAMP, self.base_offset

    def _reread_newest(self) -> tuple[int, int]:
        """newest() from the time index's last entry and the batches after it."""
        newest = self.time_index.last()
        for _, header in self.headers(self.index.lookup(newest[1])[1]):
            if header.max_timestamp > newest[0]:
                newest = header.max_timestamp, header.last_offset
        return newest

    def truncate(self, position: int, next_offset: int) -> None:
        """The segment ends at position, before the batch that starts with next_offset.

        Raises:
            OSError: nothing behind position is readable all the same.
        """
        self.size_bytes = position
        self._since_index_entry = 0
        self._torn = True
        self._stale_from = next_offset if self._stale_from is None else min(self._stale_from, next_offset)
        self._newest = None
        if not position:
            self._first_timestamp = None
        self.cut_torn()

    def store_indexes(self) -> None:
        """The indexes are in their files, with an entry for the newest timestamp.

        Raises:
            OSError.
        """
        self._room_within_bytes = UNKNOWN_ROOM
        self.time_index.add(*self.newest())
        self.index.store()
        self.time_index.store()

    def paths_to_sync(self) -> list[str]:
        """List the files to sync: the log, and of a closed segment the indexes too. May be called in a thread."""
        if self.active:
            return [self.log_path]
        indexes = (self.index, self.time_index)
        return [self.log_path, *(index.path for index in indexes if len(index))]  # a lost index is rebuilt
