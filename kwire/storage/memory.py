"""The memory engine: logs in memory, bounded; the reference of the port, and the default of `kwire serve`.

A log is a list of segments, a segment a list of chunks that its batches fill without a gap, and an index. So an
append copies the batch once, and a read costs a few bisections and a view per chunk.

The store's budget counts chunks and arrays. When it is used up, the oldest closed segments of logs with delete policy
go, over all logs; when there are none, appends fail. Segments are therefore short. Chunks that a LogSlice still
refers to are freed a little later than they are counted as free.
"""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from kwire.files import Space
from kwire.limits import MEMORY_MIN_SEGMENT_BYTES, MEMORY_SEGMENT_BYTES, MEMORY_STORE_BYTES
from kwire.protocol.records.batch import INT32_MAX, NO_TIMESTAMP, CorruptBatch, iter_headers, patch_offset, read_header
from kwire.storage.aborted import AbortedTransactions
from kwire.storage.leader_epochs import LeaderEpochs
from kwire.storage.memory_segment import EMPTY_SLICE, INDEX_BYTES_PER_BATCH, MemoryReplacement, MemorySlice, Segment
from kwire.storage.port import Appended, OffsetOutOfRange, StorageError, StoredLog, TimestampOffset
from kwire.storage.producer_state import ProducerState, decode_snapshot, encode_snapshot, read_marker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kwire.env import Env
    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.storage.config import LogConfig
    from kwire.storage.port import Replacement, SegmentedLog, SegmentInfo

SEGMENTS_IN_BUDGET = 64
"""A single log's segments are this part of the budget, at most."""

ACTIVE_PART_OF_BUDGET = 4
"""The active segments of all logs, which cannot go, take at most one part in this many."""

_log = logging.getLogger(__name__)


class MemoryLog:
    """A partition's log in memory. See SegmentedLog, which says what the methods do."""

    def __init__(self, store: MemoryStore, topic: str, topic_id: bytes, partition: int, config: LogConfig) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partition = partition
        self.config = config
        self.producers = ProducerState()
        self.aborted = AbortedTransactions()
        self.leader_epochs = LeaderEpochs()
        self.recovered_cut = False
        self._store = store
        self._log_start_offset = 0
        self._log_end_offset = 0
        self._size_bytes = 0
        self._cleaned_offset: int | None = None
        self._truncations = 0
        self._closed = False
        self._active = Segment(0, store.env.wall_ms())
        self._segments = [self._active]
        self._roll_ms = self._draw_roll_ms()

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
        return self._size_bytes

    def append(self, batch: bytearray | memoryview, header: BatchHeader, leader_epoch: int, now_ms: int) -> Appended:
        """See Log.append."""
        base_offset = self._log_end_offset
        header.base_offset = base_offset
        header.partition_leader_epoch = leader_epoch
        patch_offset(batch, base_offset, leader_epoch)
        self._append(batch, header, now_ms)
        return Appended(base_offset, self._log_end_offset - 1)

    def append_as_is(self, batches: bytes | bytearray | memoryview, now_ms: int) -> Appended:
        """See SegmentedLog.append_as_is."""
        self._check_open()
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
        """The batch, which carries its offsets, is the newest."""
        self._check_open()
        active = self._active
        if active.size_bytes and self._roll_is_due(header, len(batch), now_ms):
            self._roll(now_ms)
            active = self._active
        if not active.size_bytes:
            active.created_ms = now_ms
            active.serial = self._store.next_serial()
        chunk_bytes = active.missing_bytes(len(batch))
        self._store.reserve(chunk_bytes + INDEX_BYTES_PER_BATCH)
        active.append(batch, header, chunk_bytes)
        self._log_end_offset = active.next_offset
        self._size_bytes += len(batch)
        if header.partition_leader_epoch > self.leader_epochs.latest_epoch:
            self.leader_epochs.assign(header.partition_leader_epoch, header.base_offset)
        if header.producer_id >= 0:
            row = self.producers.update(header, read_marker(batch, header) if header.is_control else None)
            if row is not None:
                self.aborted.append(row)

    def _roll_is_due(self, header: BatchHeader, size_bytes: int, now_ms: int) -> bool:
        """Kafka's rule: by size, by the records' own time where they have one, by what int32 can count."""
        active = self._active
        if active.size_bytes + size_bytes > min(self.config.segment_bytes, self._store.segment_bytes):
            return True
        if header.base_offset - active.base_offset >= self.config.segment_records:
            return True
        timestamp_ms = header.max_timestamp
        if active.first_timestamp_ms >= 0 and timestamp_ms >= 0:
            waited_ms = timestamp_ms - active.first_timestamp_ms
        else:
            waited_ms = now_ms - active.created_ms
        return waited_ms > self._segment_ms() or header.last_offset - active.base_offset > INT32_MAX

    def _segment_ms(self) -> int:
        config = self.config
        limit_ms = min(config.segment_ms, config.max_compaction_lag_ms) if config.compact else config.segment_ms
        return limit_ms - self._roll_ms

    def _draw_roll_ms(self) -> int:
        """A random part of segment.jitter.ms, so that the segments of many partitions are not closed at once."""
        jitter_ms = min(self.config.segment_jitter_ms, self.config.segment_ms)
        return self._store.env.random.randrange(jitter_ms) if jitter_ms > 0 else 0

    def read(self, offset: int, max_bytes: int, *, before_offset: int, min_one_batch: bool) -> MemorySlice:
        """See Log.read. Only whole batches, of as many segments as it takes."""
        self._check_open()
        self._check_offset(offset)
        if offset >= before_offset or offset == self._log_end_offset:
            return EMPTY_SLICE
        views: list[memoryview] = []
        left = max_bytes
        for number in range(self._segment_of(offset), len(self._segments)):
            segment = self._segments[number]
            first = bisect_right(segment.next_offsets, offset)
            count = len(segment.ends)
            stop = count if before_offset >= segment.next_offset else bisect_left(segment.base_offsets, before_offset)
            if first >= stop:
                if stop < count:
                    break
                continue
            start = segment.ends[first - 1] if first else 0
            taken = bisect_right(segment.ends, start + left, first, stop)
            if taken == first:
                if views or not min_one_batch:
                    break
                taken += 1
            end = segment.ends[taken - 1]
            segment.views(start, end, views)
            left -= end - start
            if taken < count or left <= 0:
                break
        return MemorySlice(views, max_bytes - left) if views else EMPTY_SLICE

    def _segment_of(self, offset: int) -> int:
        """Index of the segment whose range holds offset."""
        if offset >= self._active.base_offset:
            return len(self._segments) - 1
        return bisect_right(self._segments, offset, key=_base_offset) - 1

    def offset_for_timestamp(self, timestamp_ms: int, *, before_offset: int) -> TimestampOffset | None:
        """See Log.offset_for_timestamp."""
        self._check_open()
        for segment in self._segments:
            if segment.base_offset >= before_offset:
                return None
            if segment.max_timestamp_ms < timestamp_ms:
                continue
            first = bisect_left(segment.newest_ms, timestamp_ms)
            for index in range(max(first, self._first_readable(segment)), len(segment.ends)):
                batch = segment.batch(index)
                header = read_header(batch)
                if header.base_offset >= before_offset:
                    return None
                if header.max_timestamp >= timestamp_ms:
                    found = _first_record(batch, header, timestamp_ms, self._log_start_offset, before_offset)
                    if found is not None:
                        return found
        return None

    def max_timestamp(self) -> TimestampOffset | None:
        """See Log.max_timestamp."""
        self._check_open()
        newest: Segment | None = None
        newest_ms, newest_index = NO_TIMESTAMP, 0
        for segment in self._segments:
            first = self._first_readable(segment)
            if first == 0:
                if segment.max_timestamp_ms > newest_ms:
                    newest, newest_ms = segment, segment.max_timestamp_ms
                    newest_index = bisect_left(segment.newest_ms, newest_ms)
                continue
            for index in range(first, len(segment.ends)):
                timestamp_ms = segment.header(index).max_timestamp
                if timestamp_ms > newest_ms:
                    newest, newest_ms, newest_index = segment, timestamp_ms, index
        if newest is None:
            return None
        batch = newest.batch(newest_index)
        return _first_record(batch, read_header(batch), newest_ms, 0, self._log_end_offset)

    def _first_readable(self, segment: Segment) -> int:
        """Index of the segment's first batch that reaches to the log start offset."""
        if segment.base_offset >= self._log_start_offset:
            return 0
        return bisect_right(segment.next_offsets, self._log_start_offset)

    def advance_log_start(self, offset: int) -> None:
        """See Log.advance_log_start."""
        self._check_open()
        if offset <= self._log_start_offset:
            return
        if offset > self._log_end_offset:
            raise OffsetOutOfRange(f"offset {offset} is above the log end offset {self._log_end_offset}")
        self._log_start_offset = offset
        if offset == self._log_end_offset:
            self._roll(self._store.env.wall_ms())
        self.leader_epochs.truncate_from_start(offset)
        self._drop_segments(self._segment_of(offset))

    def _drop_segments(self, count: int) -> None:
        """That many of the oldest segments are gone."""
        if count:
            self._release(self._segments[:count])
            del self._segments[:count]
            self.aborted.truncate_from_start(self._segments[0].base_offset)

    def truncate(self, offset: int) -> None:
        """See SegmentedLog.truncate. The batch that contains offset goes too."""
        self._check_open()
        if offset >= self._log_end_offset:
            return
        self._truncations += 1  # a closed segment may be written again
        while len(self._segments) > 1 and self._active.base_offset >= offset:
            self._release([self._segments.pop()])
            self._active = self._segments[-1]
        active = self._active
        cost_bytes, size_bytes = active.cost_bytes, active.size_bytes
        active.truncate(bisect_right(active.next_offsets, offset))
        if active.base_offset > offset:  # nothing is left, and the log begins earlier than its segment did
            active.base_offset = active.next_offset = offset
            active.producers_before = b""
        self._store.release(cost_bytes - active.cost_bytes)
        self._size_bytes -= size_bytes - active.size_bytes
        self._log_end_offset = active.next_offset
        self._log_start_offset = min(self._log_start_offset, self._log_end_offset)
        if self._cleaned_offset is not None:
            self._cleaned_offset = min(self._cleaned_offset, self._log_end_offset)
        self._forget_above(self._log_end_offset)

    def _forget_above(self, end_offset: int) -> None:
        self.leader_epochs.truncate_from_end(end_offset)
        self.aborted.truncate_from_end(end_offset)
        active = self._active
        self.producers.load(decode_snapshot(active.producers_before) if active.producers_before else [])
        for index in range(len(active.ends)):
            batch = active.batch(index)
            header = read_header(batch)
            self.producers.update(header, read_marker(batch, header))

    def roll(self, now_ms: int) -> None:
        """See SegmentedLog.roll."""
        self._check_open()
        self._roll(now_ms)

    def roll_if_due(self, now_ms: int) -> None:
        """See SegmentedLog.roll_if_due."""
        self._check_open()
        if now_ms - self._active.created_ms > self._segment_ms():
            self._roll(now_ms)

    def _roll(self, now_ms: int) -> None:
        if not self._active.size_bytes:
            return
        snapshot = encode_snapshot(self.producers) if len(self.producers) else b""
        self._store.release(self._active.seal() - len(snapshot))
        self._active = Segment(self._log_end_offset, now_ms, snapshot)
        self._segments.append(self._active)
        self._roll_ms = self._draw_roll_ms()

    def segments(self) -> Sequence[SegmentInfo]:
        """See SegmentedLog.segments."""
        self._check_open()
        return [segment.info() for segment in self._segments]

    def headers(self, from_offset: int = 0) -> Iterator[BatchHeader]:
        """See SegmentedLog.headers."""
        self._check_open()
        from_offset = max(from_offset, self._log_start_offset)
        for segment in self._segments[max(self._segment_of(from_offset), 0) :]:
            for index in range(bisect_right(segment.next_offsets, from_offset), len(segment.ends)):
                yield segment.header(index)

    @property
    def cleaned_offset(self) -> int | None:
        """See SegmentedLog.cleaned_offset."""
        return self._cleaned_offset

    def mark_cleaned(self, offset: int) -> None:
        """See SegmentedLog.mark_cleaned."""
        self._check_open()
        self._cleaned_offset = offset

    @property
    def max_segment_bytes(self) -> int:
        """See SegmentedLog.max_segment_bytes."""
        return min(self.config.segment_bytes, self._store.segment_bytes)

    def first_timestamp_ms(self, base_offset: int) -> int:
        """See SegmentedLog.first_timestamp_ms."""
        return self._closed_segments([base_offset])[0].first_timestamp_ms

    def segment_batches(self, base_offset: int) -> Iterator[tuple[BatchHeader, ReadableBuffer]]:
        """See SegmentedLog.segment_batches."""
        return self._closed_segments([base_offset])[0].batches()

    def begin_replacement(self, base_offsets: Sequence[int]) -> MemoryReplacement:
        """See SegmentedLog.begin_replacement."""
        return MemoryReplacement(self._closed_segments(base_offsets), self._truncations)

    def replace(self, replacement: Replacement) -> bool:
        """See SegmentedLog.replace."""
        self._check_open()
        assert isinstance(replacement, MemoryReplacement)
        replaced, segment = replacement.replaced, replacement.segment
        start = max(self._segment_of(segment.base_offset), 0)
        stop = start + len(replaced)
        if self._segments[start:stop] != replaced or replacement.truncations != self._truncations:
            return False
        self._segments[start:stop] = [segment]
        self._size_bytes += segment.size_bytes - sum(each.size_bytes for each in replaced)
        self._store.release(sum(each.cost_bytes for each in replaced) - segment.cost_bytes)
        self.aborted.replace(segment.base_offset, segment.next_offset, replacement.aborted)
        return True

    def _closed_segments(self, base_offsets: Sequence[int]) -> list[Segment]:
        """The consecutive segments that begin there, none of them active."""
        self._check_open()
        start = max(self._segment_of(base_offsets[0]), 0)
        found = self._segments[start : start + len(base_offsets)]
        if [segment.base_offset for segment in found] != [*base_offsets] or found[-1] is self._active:
            raise StorageError(f"{self.topic}-{self.partition} has no closed segments at {[*base_offsets]}")
        return found

    def flush(self) -> None:
        """Nothing is more durable than memory here."""
        self._check_open()

    def close(self) -> None:
        """The log's memory is free: what it held is gone."""
        if not self._closed:
            self._closed = True
            self._release(self._segments)
            self._store.forget(self)

    def oldest_closed_serial(self) -> int | None:
        """Age of the oldest segment that may go when memory is used up, None where there is none."""
        if len(self._segments) == 1 or not self.config.delete:
            return None
        return self._segments[0].serial

    def drop_oldest_segment(self) -> None:
        """The oldest closed segment is gone."""
        oldest = self._segments[0]
        self.advance_log_start(self._segments[1].base_offset)
        if self._segments[0] is oldest:  # it held nothing but what was deleted before
            self._drop_segments(1)

    def _release(self, segments: Sequence[Segment]) -> None:
        for segment in segments:
            self._size_bytes -= segment.size_bytes
            self._store.release(segment.cost_bytes)

    def _check_open(self) -> None:
        if self._closed:
            raise StorageError(f"the log of {self.topic}-{self.partition} is closed")

    def _check_offset(self, offset: int) -> None:
        if not self._log_start_offset <= offset <= self._log_end_offset:
            raise OffsetOutOfRange(
                f"offset {offset} is outside of {self._log_start_offset} to {self._log_end_offset}"
                f" of {self.topic}-{self.partition}"
            )


def _base_offset(segment: Segment) -> int:
    return segment.base_offset


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


def _first_record(
    batch: memoryview, header: BatchHeader, timestamp_ms: int, from_offset: int, before_offset: int
) -> TimestampOffset | None:
    """The batch's first record in from_offset <= offset < before_offset whose timestamp is >= timestamp_ms."""
    from kwire.protocol.records.record import iter_records  # noqa: PLC0415 - a broker may never be asked for a time

    for record in iter_records(batch, header):
        if record.offset >= before_offset:
            return None
        if record.timestamp >= timestamp_ms and record.offset >= from_offset:
            return TimestampOffset(record.timestamp, record.offset, header.partition_leader_epoch)
    return None


class MemoryStore:
    """All logs of one process, in budget_bytes of memory."""

    def __init__(self, env: Env, budget_bytes: int = MEMORY_STORE_BYTES) -> None:
        self.env = env
        self.cluster_id: str | None = None
        self.budget_bytes = budget_bytes
        self.used_bytes = 0
        """What all logs take."""
        self.segment_bytes = 0
        """Longest segment; it shrinks with the number of logs."""
        self._logs: dict[tuple[bytes, int], MemoryLog] = {}
        self._serial = 0
        self._warned = False
        self._set_segment_bytes()

    @property
    def location(self) -> str:
        """There is no directory."""
        return "memory:"

    @property
    def was_clean(self) -> bool:
        """Nothing is left of a last run."""
        return True

    def start(self) -> None:
        """Nothing is to be prepared."""

    def list(self) -> Sequence[StoredLog]:
        """The open logs: closed ones are gone."""
        logs = tuple(self._logs.values())  # in one step, for this may run in a thread
        return [StoredLog(log.topic, log.topic_id, log.partition) for log in logs]

    def stored(self, topic: str) -> Sequence[int]:
        """See LogStore.stored."""
        return [log.partition for log in tuple(self._logs.values()) if log.topic == topic]

    def open(self, topic: str, topic_id: bytes, partition: int, config: LogConfig) -> MemoryLog:
        """See LogStore.open."""
        log = self._logs.get((topic_id, partition))
        if log is None:
            log = self._logs[topic_id, partition] = MemoryLog(self, topic, topic_id, partition, config)
            self._set_segment_bytes()
        return log

    def directory_of(self, topic: str, partition: int) -> str | None:
        """None: nothing outlives the process."""
        return None

    def delete(self, log: SegmentedLog) -> None:
        """See LogStore.delete."""
        log.close()

    def space(self) -> Space:
        """The budget; what is left of it is used before anything goes."""
        return Space(self.budget_bytes, self.budget_bytes - self.used_bytes)

    def spare_descriptors(self) -> bool:
        """Do nothing: this engine has no descriptors."""
        return False

    def housekeep(self, now_ms: int) -> None:
        """Nothing is due, ever."""

    def progress(self) -> str:
        """Return text for a progress line, which is never long in use: close() is immediate."""
        return "they are let go of"

    def close(self) -> None:
        """See LogStore.close."""
        for log in [*self._logs.values()]:
            log.close()

    def next_serial(self) -> int:
        """A number larger than any given before."""
        self._serial += 1
        return self._serial

    def reserve(self, size_bytes: int) -> None:
        """size_bytes more are in use.

        Raises:
            StorageError: they are not to be had, even after all that may go is gone.
        """
        used = self.used_bytes + size_bytes
        if used > self.budget_bytes:
            self._make_room(size_bytes)
            used = self.used_bytes + size_bytes
        self.used_bytes = used

    def release(self, size_bytes: int) -> None:
        """size_bytes are free again."""
        self.used_bytes -= size_bytes

    def forget(self, log: MemoryLog) -> None:
        """The log is closed."""
        del self._logs[log.topic_id, log.partition]
        self._set_segment_bytes()

    def _set_segment_bytes(self) -> None:
        share = self.budget_bytes // max(SEGMENTS_IN_BUDGET, ACTIVE_PART_OF_BUDGET * len(self._logs))
        self.segment_bytes = min(max(share, MEMORY_MIN_SEGMENT_BYTES), MEMORY_SEGMENT_BYTES)

    def _make_room(self, size_bytes: int) -> None:
        """Segments go, oldest first, until size_bytes are free."""
        while self.used_bytes + size_bytes > self.budget_bytes:
            oldest: MemoryLog | None = None
            oldest_serial = self._serial + 1
            for log in self._logs.values():
                serial = log.oldest_closed_serial()
                if serial is not None and serial < oldest_serial:
                    oldest, oldest_serial = log, serial
            if oldest is None:
                raise StorageError(
                    f"the {self.budget_bytes} bytes of memory for records are used up and no segment may be deleted;"
                    " give more with --memory, or keep the records in a directory with --data"
                )
            if not self._warned:
                self._warned = True
                _log.warning(
                    "The %d bytes of memory for records are used up: from now on the oldest records of topics with"
                    " cleanup.policy=delete go before their time, first those of %s-%d (see --memory, --data)",
                    self.budget_bytes,
                    oldest.topic,
                    oldest.partition,
                )
            oldest.drop_oldest_segment()
