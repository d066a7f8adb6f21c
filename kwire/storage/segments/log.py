"""FileLog: one partition's log in segment files.

Nothing is on the disk before the first append. What a directory holds is loaded by loading.py.
"""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

from kwire.limits import MAX_TAIL_HINTS
from kwire.protocol.records.batch import NO_TIMESTAMP, CorruptBatch, iter_headers, patch_offset
from kwire.protocol.records.record import iter_records
from kwire.storage.port import Appended, OffsetOutOfRange, SegmentInfo, StorageError, TimestampOffset
from kwire.storage.segments.checkpoints import write_topic_id
from kwire.storage.segments.derived_state import DerivedState, ReplayFrom
from kwire.storage.segments.segment import DELETED_SUFFIX, FILE_SUFFIXES, Segment
from kwire.storage.segments.slices import EMPTY_SLICE, FileSlice
from kwire.storage.segments.syncable import SyncableSegments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kwire.protocol.records.batch import BatchHeader
    from kwire.storage.config import LogConfig
    from kwire.storage.port import LogSlice
    from kwire.storage.segments.data_directory import DataDirectory
    from kwire.storage.segments.scan import Place


_base_offset = attrgetter("base_offset")


class FileLog(SyncableSegments):
    """One partition's log in segment files; see kwire.storage.port.SegmentedLog.

    recovered_cut: opening it cut records off the end (the leader epoch must rise, so that consumers notice).
    exists: it has a directory. was_stored: it was closed, and its next opening has nothing to recover.
    """

    def __init__(
        self,
        topic: str,
        topic_id: bytes,
        partition: int,
        config: LogConfig,
        directory: str,
        data_directory: DataDirectory,
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partition = partition
        self.config = config
        self.directory = directory
        self.recovered_cut = False
        self.exists = False
        self.was_stored = False
        self.derived_state = DerivedState(directory, data_directory.env.files)
        self.producers = self.derived_state.producers
        self.aborted = self.derived_state.aborted
        self.leader_epochs = self.derived_state.leader_epochs
        self._data_directory = data_directory
        self._closed = False
        self._log_start_offset = 0
        self._log_end_offset = 0
        self._segments = [self.new_segment(0)]
        self._tail_hints: dict[int, int] = {}
        self._truncations = 0
        self._recovery_point = 0
        self._unflushed_since_ms: int | None = None
        self._names = 0
        self._synced_names = 0

    def loaded(
        self, segments: list[Segment], log_start_offset: int, log_end_offset: int, recovery_point: int, *, clean: bool
    ) -> None:
        """The directory has these segments, the last of which is active. clean: the last run synced all of it."""
        self.exists = True
        segments[-1].activate()
        self._segments = segments
        self._log_start_offset = log_start_offset
        self._log_end_offset = log_end_offset
        self._recovery_point = min(recovery_point, log_end_offset)
        if not clean:
            self._names += 1
        if self._recovery_point < log_end_offset:
            self._unflushed_since_ms = self._data_directory.env.wall_ms()

    # What it holds

    @property
    def log_start_offset(self) -> int:
        """First readable offset."""
        return self._log_start_offset

    @property
    def log_end_offset(self) -> int:
        """Offset of the next record to be appended."""
        return self._log_end_offset

    @property
    def size_bytes(self) -> int:
        """Bytes of all segments."""
        return sum(segment.size_bytes for segment in self._segments)

    @property
    def is_closed(self) -> bool:
        """Whether close() was called."""
        return self._closed

    @property
    def recovery_point(self) -> int:
        """Everything below it is on the disk."""
        return self._recovery_point

    def segments(self) -> Sequence[SegmentInfo]:
        """Oldest first; the last is the active one."""
        with self._storage_errors("read"):
            ends = [segment.base_offset for segment in self._segments[1:]] + [self._log_end_offset]
            return [
                SegmentInfo(
                    segment.base_offset,
                    end,
                    segment.size_bytes,
                    segment.newest()[0],
                    segment.created_ms,
                    segment.index.size_bytes,
                    segment.time_index.size_bytes,
                )
                for segment, end in zip(self._segments, ends, strict=True)
            ]

    # Appending

    def append(self, batch: bytearray | memoryview, header: BatchHeader, leader_epoch: int, now_ms: int) -> Appended:
        """The batch is the log's newest, in the page cache, and where flush.messages says so on the disk."""
        base_offset = self._log_end_offset
        patch_offset(batch, base_offset, leader_epoch)
        header.base_offset = base_offset
        header.partition_leader_epoch = leader_epoch
        self._append(batch, header, now_ms)
        return Appended(base_offset, self._log_end_offset - 1)

    def append_as_is(self, batches: bytes | bytearray | memoryview, now_ms: int) -> Appended:
        """Whole batches that carry their offsets already are the log's newest."""
        view = memoryview(batches)
        found = _ascending_batches(view, self._log_end_offset)
        end_before = self._log_end_offset
        for position, header in found:
            try:
                self._append(view[position : position + header.size_bytes], header, now_ms)
            except StorageError:
                self.truncate(end_before)
                raise
        return Appended(found[0][1].base_offset, self._log_end_offset - 1)

    def _append(self, batch: bytearray | memoryview, header: BatchHeader, now_ms: int) -> None:
        try:
            if self._closed:
                self._raise_closed()
            segment = self._segments[-1]
            if not segment.active or segment.is_due(header, self.config, now_ms):
                segment = self._begin_segment(header.base_offset, now_ms)
            position = segment.size_bytes
            if not position:
                segment.created_ms = now_ms
            segment.append(batch, header)
        except (OSError, CorruptBatch) as error:
            raise self._storage_error("append to", error) from error
        next_offset = header.next_offset
        is_due = next_offset - self._recovery_point >= self.config.flush_messages
        if is_due:
            self._flush_append(segment, position, header)
        try:  # before the end offset: a concurrent sync takes everything below it for written, derived state included
            self.derived_state.batch_appended(header, batch, segment.base_offset)
        finally:
            self._log_end_offset = next_offset
            if not is_due and self._unflushed_since_ms is None:
                self._unflushed_since_ms = now_ms

    def _flush_append(self, segment: Segment, position: int, header: BatchHeader) -> None:
        """Sync the batch just written, or remove it."""
        tells = header.is_control or header.partition_leader_epoch > self.leader_epochs.latest_epoch
        try:
            # Its marker or epoch is not in the derived state's files yet, so a recovery still has to read this batch.
            self._sync(header.next_offset, header.base_offset if tells else None)
        except StorageError:
            with suppress(OSError, CorruptBatch):  # if this fails too, the next append truncates first
                segment.truncate(position, header.base_offset)
            raise

    def _begin_segment(self, base_offset: int, now_ms: int) -> Segment:
        """A new segment is active, with its file, and what a recovery of it starts from.

        Raises:
            OSError: nothing has changed for a reader or the next append.
        """
        self._create_directory()
        old = self._segments[-1]
        new = self.new_segment(base_offset, created_ms=now_ms)
        if old.active:
            old.cut_torn()
            old.store_indexes()
        if old.size_bytes:
            self.derived_state.store_snapshot(base_offset)
            self.derived_state.store_rows(self._segments)
        for suffix in FILE_SUFFIXES:
            self._data_directory.trash.forget(new.stem + suffix)
        new.create()
        self._names += 1
        if old.size_bytes:
            old.active = False
            self._segments.append(new)
            if self._recovery_point > old.base_offset:  # its indexes are not synced yet
                self._recovery_point = old.base_offset
                if self._unflushed_since_ms is None:
                    self._unflushed_since_ms = now_ms
        else:
            self._segments[-1] = new
            if old.active and old.base_offset != new.base_offset:
                self.discard([old])
        self._tail_hints.clear()
        if old.size_bytes and self._log_start_offset >= base_offset:  # a truncation left only deleted records
            self._drop_below_log_start()
        return new

    def _create_directory(self) -> None:
        if self.exists:
            return
        files = self._data_directory.env.files
        files.mkdir(self.directory)
        write_topic_id(files, self.directory, self.topic_id)
        self.exists = True

    def roll(self, now_ms: int) -> None:
        """The active segment is closed and a new one begun, unless it is empty."""
        self._check_open()
        if self._segments[-1].size_bytes:
            with self._storage_errors("roll"):
                self._begin_segment(self._log_end_offset, now_ms)

    def roll_if_due(self, now_ms: int) -> None:
        """As roll, when segment.ms has passed for the active segment."""
        self._check_open()
        if self._segments[-1].is_old(self.config, now_ms):
            self.roll(now_ms)

    # Reading

    def read(self, offset: int, max_bytes: int, *, before_offset: int, min_one_batch: bool) -> LogSlice:
        """Batches of one segment, from the one that contains offset on."""
        self._check_open()
        if not self._log_start_offset <= offset <= self._log_end_offset:
            raise OffsetOutOfRange(f"{offset} is not in {self._log_start_offset} to {self._log_end_offset}")
        if offset >= min(before_offset, self._log_end_offset):
            if offset == self._log_end_offset:
                self._hint(offset, self._segments[-1].size_bytes)
            return EMPTY_SLICE
        try:
            return self._read(offset, max_bytes, before_offset, min_one_batch=min_one_batch)
        except (OSError, CorruptBatch) as error:
            raise self._storage_error("read", error) from error

    def _read(self, offset: int, max_bytes: int, before_offset: int, *, min_one_batch: bool) -> LogSlice:
        found = self._find(offset, self._tail_hints.get(offset))
        if found is None:
            return EMPTY_SLICE
        segment, place = found
        if place.base_offset >= before_offset or (place.size_bytes > max_bytes and not min_one_batch):
            return EMPTY_SLICE
        position = place.position
        end = self._end_position(segment, before_offset)
        size_bytes = min(end - position, max(max_bytes, place.size_bytes))
        if position + size_bytes == segment.size_bytes and segment.active:
            self._hint(self._log_end_offset, segment.size_bytes)
        file = segment.file()
        if self._data_directory.open_files.may_hold(file):
            return FileSlice(file, position, size_bytes)
        from kwire.storage.memory_segment import MemorySlice  # noqa: PLC0415 - only where descriptors are scarce

        data = file.pread(size_bytes, position)
        return MemorySlice([memoryview(data)], len(data))

    def _find(self, offset: int, hint: int | None = None) -> tuple[Segment, Place] | None:
        """The first batch that ends at or after offset, and its segment; compaction may have left gaps."""
        if hint is not None:
            active = self._segments[-1]
            place = active.place_at(hint)
            if place is not None:
                return active, place
        for segment in self._segments[self._segment_index(offset) :]:
            place = segment.find(offset)
            if place is not None:
                return segment, place
        return None

    def _end_position(self, segment: Segment, before_offset: int) -> int:
        """Where in the segment the first batch starts that starts at or after before_offset."""
        if before_offset >= self._log_end_offset:
            return segment.size_bytes
        position = self._tail_hints.get(before_offset) if segment.active else None
        if position is not None:
            return position
        place = segment.find(before_offset)
        if place is None:
            return segment.size_bytes
        return place.position if place.base_offset >= before_offset else place.position + place.size_bytes

    def _hint(self, offset: int, position: int) -> None:
        """The batch that will begin with offset will stand at position of the active segment."""
        hints = self._tail_hints
        if offset not in hints:
            if len(hints) >= MAX_TAIL_HINTS:
                del hints[next(iter(hints))]
            hints[offset] = position

    def headers(self, from_offset: int = 0) -> Iterator[BatchHeader]:
        """Every batch header from the batch that contains from_offset on."""
        self._check_open()
        with self._storage_errors("read"):
            for _, _, header in self.walk(max(from_offset, self._log_start_offset)):
                yield header

    def walk(self, from_offset: int) -> Iterator[tuple[Segment, int, BatchHeader]]:
        """(Segment, position, header) of every batch from the one that contains from_offset on.

        Raises:
            OSError, CorruptBatch.
        """
        found = self._find(from_offset)
        while found is not None:
            segment, place = found
            for at, header in segment.headers(place.position):
                yield segment, at, header
                from_offset = header.next_offset
            found = self._find(from_offset)  # not simply the next segment: the cleaner may have merged it with this one

    # By timestamp

    def offset_for_timestamp(self, timestamp_ms: int, *, before_offset: int) -> TimestampOffset | None:
        """The first record below before_offset whose timestamp is >= timestamp_ms."""
        self._check_open()
        with self._storage_errors("search"):
            for segment in self._segments:
                if segment.size_bytes and segment.newest()[0] >= timestamp_ms:
                    found = self._first_since(segment, timestamp_ms, before_offset)
                    if found is not None:
                        return found
        return None

    def _first_since(self, segment: Segment, timestamp_ms: int, before_offset: int) -> TimestampOffset | None:
        start = max(segment.time_index.lookup(timestamp_ms), self._log_start_offset)
        place = segment.find(start)
        if place is None:
            return None
        for position, header in segment.headers(place.position):
            if header.base_offset >= before_offset:
                return None
            if header.max_timestamp < timestamp_ms:
                continue
            batch = segment.file().pread(header.size_bytes, position)
            for record in iter_records(batch, header):
                if record.timestamp >= timestamp_ms and record.offset >= self._log_start_offset:
                    if record.offset >= before_offset:
                        return None
                    return TimestampOffset(record.timestamp, record.offset, header.partition_leader_epoch)
        return None

    def max_timestamp(self) -> TimestampOffset | None:
        """The record with the newest timestamp (the first of them)."""
        self._check_open()
        with self._storage_errors("search"):
            newest_ms, newest = max(
                ((self._newest_readable(segment), segment) for segment in self._segments), key=itemgetter(0)
            )
            if newest_ms == NO_TIMESTAMP:
                return None
            return self._first_since(newest, newest_ms, self._log_end_offset)

    def _newest_readable(self, segment: Segment) -> int:
        newest_ms, last_offset = segment.newest()
        if last_offset >= self._log_start_offset or not segment.size_bytes:
            return newest_ms
        place = segment.find(self._log_start_offset)
        rest = segment.headers(place.position) if place else ()
        return max((header.max_timestamp for _, header in rest), default=NO_TIMESTAMP)

    # Cutting

    def advance_log_start(self, offset: int) -> None:
        """log_start_offset is at least offset, also after a restart; segments wholly below it are deleted."""
        self._check_open()
        if offset <= self._log_start_offset:
            return
        if offset > self._log_end_offset:
            raise OffsetOutOfRange(f"{offset} is above the log end offset {self._log_end_offset}")
        if offset == self._log_end_offset:
            self.roll(self._data_directory.env.wall_ms())
        with self._storage_errors("cut the start of"):
            self._log_start_offset = offset
            self._drop_below_log_start()

    def _drop_below_log_start(self) -> None:
        """Segments wholly below the log start offset are gone, and the offset itself outlives a restart."""
        start = self._log_start_offset
        following = self._segments[1:]
        gone = [
            segment for segment, after in zip(self._segments, following, strict=False) if after.base_offset <= start
        ]
        del self._segments[: len(gone)]
        self.derived_state.truncate_from_start(start, self._segments[0].base_offset)
        self._store_log_start(is_first_base=self.discard(gone) and self._segments[0].base_offset == start)

    def _store_log_start(self, *, is_first_base: bool) -> None:
        log_starts = self._data_directory.log_starts
        log_starts.set((self.topic, self.partition), None if is_first_base else self._log_start_offset)
        log_starts.write(durable=False)

    def discard(self, segments: Sequence[Segment]) -> bool:
        """The segments' files leave the disk after file.delete.delay.ms; False when some keep their names until then.

        Raises:
            OSError: producer snapshots could not be removed.
        """
        env, trash = self._data_directory.env, self._data_directory.trash
        due_ms = env.wall_ms() + self.config.file_delete_delay_ms
        renamed = True
        for segment in segments:
            segment.active = False
            for suffix in FILE_SUFFIXES:
                path = segment.stem + suffix
                self._data_directory.open_files.forget(path)
                if not env.files.exists(path):
                    continue
                try:
                    env.files.rename(path, path + DELETED_SUFFIX)
                except OSError:  # open, on Windows
                    trash.add(path, due_ms)
                    renamed = False
                else:
                    trash.add(path + DELETED_SUFFIX, due_ms)
                    self._names += 1
        self.derived_state.drop_snapshots(segment.base_offset for segment in segments)
        return renamed

    def truncate(self, offset: int) -> None:
        """log_end_offset is at most offset; producers, aborted and leader_epochs forget what was cut."""
        self._check_open()
        if offset >= self._log_end_offset:
            return
        try:
            self._truncate(offset)
        except (OSError, CorruptBatch) as error:
            raise self._storage_error("truncate", error) from error

    def _truncate(self, offset: int) -> None:
        self._tail_hints.clear()
        self._truncations += 1  # a closed segment may be written again
        keep = max(1, bisect_left(self._segments, offset, key=_base_offset))
        gone = self._segments[keep:]
        del self._segments[keep:]
        active = self._segments[-1]
        active.activate()
        self.discard(gone)
        place = active.find(offset)
        if place is not None:
            active.truncate(place.position, place.base_offset)
        end = active.next_offset()
        if end > offset:  # nothing is left, and the log begins earlier than its segment did
            self._begin_segment(offset, active.created_ms)
            end = offset
        self._log_end_offset = end
        if end < self._log_start_offset:
            self._log_start_offset = end
            self._store_log_start(is_first_base=self._segments[0].base_offset == end)
        self._recovery_point = min(self._recovery_point, end)
        cleaned_offset = self.cleaned_offset
        if cleaned_offset is not None and cleaned_offset > end:
            self._data_directory.cleaner_points.set((self.topic, self.partition), end)
        self.derived_state.truncate_from_end(end, self._segments)
        start = self.derived_state.load_producers(end)
        self.derived_state.replay(self.walk(start), ReplayFrom(start, end, end))

    # To the disk

    def flush(self) -> None:
        """Everything appended is on the disk (fsync), and so is the recovery point."""
        self._check_open()
        self._sync(self._log_end_offset)
        with self._storage_errors("flush"):
            self._data_directory.recovery_points.write(durable=True)
            self._data_directory.log_starts.write(durable=True)

    def close(self) -> None:
        """Flushes and lets go of all files; further calls raise StorageError."""
        if self._closed:
            return
        try:
            if self.exists:
                self.store_everything()
                self._sync(self._log_end_offset)
                self.was_stored = True
        finally:
            self.abandon()

    def store_everything(self) -> None:
        """Write everything to the log's files, so that it can be closed after a sync. Append nothing afterwards.

        Raises:
            StorageError.
        """
        if not self.exists or self._closed:
            return
        with self._storage_errors("close"):
            active = self._segments[-1]
            active.cut_torn()
            active.store_indexes()
            active.active = False
            if self._log_end_offset not in self.derived_state.snapshots:
                self.derived_state.store_snapshot(self._log_end_offset)
                self._recovery_point = min(self._recovery_point, active.base_offset)  # the indexes have to be synced
            self.derived_state.store_rows(self._segments)
            self.derived_state.store_epochs()


def _ascending_batches(view: memoryview, log_end_offset: int) -> list[tuple[int, BatchHeader]]:
    """(Position, header) of each batch of the view.

    Raises:
        ValueError: there is none, or one is not whole, or their offsets do not ascend from log_end_offset.
    """
    try:
        found = list(iter_headers(view))
    except CorruptBatch as error:
        raise ValueError(f"not record batches: {error}") from None
    if not found or found[-1][0] + found[-1][1].size_bytes != len(view):
        raise ValueError("not whole record batches")
    for _, header in found:
        if header.base_offset < log_end_offset:
            raise ValueError(f"a batch begins at {header.base_offset}, below {log_end_offset}")
        log_end_offset = header.next_offset
    return found
