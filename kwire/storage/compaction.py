"""Compaction: which part of a log is to be cleaned, and what is kept of it. Pure; cleaner.py does the work.

A cleaning maps the keys of the dirty part to their newest offsets, then copies every segment before its end, but for
records that have a newer one with their key. Offsets never change; what is removed leaves gaps.

Source: Kafka documentation, "Log Compaction"; KIP-58 and KIP-354 (lags), KIP-534 (delete horizons of tombstones and
of transaction markers).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from kwire.protocol.records.batch import (
    COMPRESSION_MASK,
    DELETE_HORIZON_FLAG,
    INT32_MAX,
    KNOWN_ATTRIBUTES,
    NO_TIMESTAMP,
)
from kwire.protocol.records.control import ControlType, read_control_type
from kwire.protocol.records.record import (
    assemble_batch,
    iter_records,
    records_view,
    rewrite_batch,
    scan_records,
    to_int64,
)
from kwire.storage.config import LONG_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.storage.aborted import AbortedTransaction
    from kwire.storage.config import LogConfig
    from kwire.storage.port import SegmentInfo
    from kwire.storage.producer_state import ProducerState

KEY_DIGEST_BYTES = 16
OFFSET_MAP_ENTRY_BYTES = 160
"""Memory of one key in an OffsetMap: digest, offset, and their place in a dict while it grows."""


# What is to be cleaned


@dataclass(slots=True, frozen=True)
class DirtyRange:
    """The part of a log that a cleaning would read: from first_dirty_offset to before end_offset, a segment's start.

    clean_bytes: of the segments that begin before it; overdue: max.compaction.lag.ms has passed for some of it.
    """

    first_dirty_offset: int
    end_offset: int
    clean_bytes: int
    dirty_bytes: int
    overdue: bool

    @property
    def ratio(self) -> float:
        """Share of the dirty bytes in all that a cleaning would read."""
        total_bytes = self.clean_bytes + self.dirty_bytes
        return self.dirty_bytes / total_bytes if total_bytes else 0.0

    def is_due(self, config: LogConfig) -> bool:
        """Whether min.cleanable.dirty.ratio or max.compaction.lag.ms asks for a cleaning."""
        return self.dirty_bytes > 0 and (self.overdue or self.ratio > config.min_cleanable_dirty_ratio)


def find_dirty_range(
    segments: Sequence[SegmentInfo],
    config: LogConfig,
    first_dirty_offset: int,
    last_stable_offset: int,
    now_ms: int,
    first_timestamp_ms: Callable[[int], int],
) -> DirtyRange:
    """What a cleaning at now_ms may read: no active segment, no open transaction, nothing within min.compaction.lag.ms.

    first_timestamp_ms: newest timestamp of a segment's first batch, by the segment's base offset.
    """
    active_base_offset = segments[-1].base_offset
    dirty = [each for each in segments[:-1] if each.next_offset > first_dirty_offset]
    uncleanable_offset = min(last_stable_offset, active_base_offset)
    if config.min_compaction_lag_ms > 0:
        too_new_ms = now_ms - config.min_compaction_lag_ms
        for segment in dirty:
            newest_ms = segment.max_timestamp_ms if segment.max_timestamp_ms >= 0 else segment.created_ms
            if newest_ms > too_new_ms:
                uncleanable_offset = min(uncleanable_offset, segment.base_offset)
                break
    uncleanable_offset = max(uncleanable_offset, first_dirty_offset)
    end_offset = max(each.base_offset for each in segments if each.base_offset <= uncleanable_offset)
    overdue = config.max_compaction_lag_ms < LONG_MAX and any(
        0 < first_timestamp_ms(each.base_offset) < now_ms - config.max_compaction_lag_ms for each in dirty
    )
    return DirtyRange(
        first_dirty_offset,
        end_offset,
        clean_bytes=sum(each.size_bytes for each in segments if each.base_offset < first_dirty_offset),
        dirty_bytes=sum(each.size_bytes for each in dirty if each.base_offset < end_offset),
        overdue=overdue,
    )


def group_segments(
    segments: Sequence[SegmentInfo], max_bytes: int, max_index_bytes: int, end_offset: int
) -> list[list[SegmentInfo]]:
    """The segments in runs of which each becomes one segment: bytes, indexes and offsets fit into it."""
    groups: list[list[SegmentInfo]] = []
    size_bytes = index_bytes = time_index_bytes = 0
    for segment, following in zip(segments, [*segments[1:], None], strict=True):
        end = following.base_offset if following is not None else end_offset
        fits = (
            bool(groups)
            and size_bytes + segment.size_bytes <= max_bytes
            and index_bytes + segment.index_bytes <= max_index_bytes
            and time_index_bytes + segment.time_index_bytes <= max_index_bytes
            and (segment.size_bytes == 0 or end - 1 - groups[-1][0].base_offset <= INT32_MAX)
        )
        if fits:
            groups[-1].append(segment)
        else:
            groups.append([segment])
            size_bytes = index_bytes = time_index_bytes = 0
        size_bytes += segment.size_bytes
        index_bytes += segment.index_bytes
        time_index_bytes += segment.time_index_bytes
    return groups


# The newest offsets of keys


class OffsetMap:
    """Keys of a log's dirty part, from from_offset on, and their newest offsets, as many as fit into budget_bytes.

    latest_offset: up to here the log is mapped. Long keys are told apart by a 128 bit digest.
    """

    __slots__ = ("_from_offset", "_is_ordered", "_left", "_limit", "_next_newest", "_offsets", "latest_offset")

    def __init__(self, budget_bytes: int, from_offset: int) -> None:
        self._from_offset = from_offset
        self._is_ordered = True
        """What is mapped stands in the order of its batches, as far as they are what their headers say."""
        self._left: Iterator[int] | None = None
        self._limit = max(1, budget_bytes // OFFSET_MAP_ENTRY_BYTES)
        self._next_newest = -1
        self._offsets: dict[bytes, int] = {}
        self.latest_offset = -1

    def __len__(self) -> int:
        return len(self._offsets)

    def put(self, key: ReadableBuffer, offset: int) -> bool:
        """The key's newest offset is this; False: the map has been full before."""
        offsets = self._offsets
        if len(offsets) >= self._limit:
            return False
        digest = _digest(key)
        offsets.pop(digest, None)
        offsets[digest] = self.latest_offset = offset
        return True

    def get(self, key: ReadableBuffer) -> int:
        """The key's newest offset in the mapped part, -1 where it has none."""
        return self._offsets.get(_digest(key), -1)

    def add_batch(self, batch: ReadableBuffer, header: BatchHeader, transactions: CleanedTransactions) -> bool:
        """The keys of the log's next batch are mapped, those of records from from_offset on; False: no more fit."""
        from_offset, base_offset = self._from_offset, header.base_offset
        last_offset = base_offset + header.last_offset_delta
        if base_offset <= self.latest_offset:
            self._is_ordered = False
        if header.is_control:
            transactions.control_batch_read(batch, header)
        elif not transactions.batch_read(header) and last_offset >= from_offset and header.records_count > 0:
            data = records_view(batch, header)
            for _, _, _, offset_delta, key, _ in scan_records(data, header.records_count):
                offset = base_offset + offset_delta
                if not base_offset <= offset <= last_offset:  # the producer of a plain batch may say so
                    self._is_ordered = False
                if key is not None and offset >= from_offset and not self.put(key, offset):
                    return False
        if last_offset >= from_offset:
            self.latest_offset = last_offset
        return True

    def may_have_newest(self, header: BatchHeader) -> bool:
        """Whether a record of the batch may be its key's newest, without a look at it.

        Asked of batches in the log's order, when all that fits is mapped.
        """
        first_offset, last_offset = header.base_offset, header.last_offset
        if not self._is_ordered or first_offset < self._from_offset or last_offset > self.latest_offset:
            return True
        if self._left is None:
            self._left = iter(self._offsets.values())
        while self._next_newest < first_offset:
            self._next_newest = next(self._left, LONG_MAX)
        return self._next_newest <= last_offset


def _digest(key: ReadableBuffer) -> bytes:
    # Shorter keys stand for themselves: no digest is as short, so that the two kinds cannot be mistaken.
    return bytes(key) if len(key) < KEY_DIGEST_BYTES else blake2b(key, digest_size=KEY_DIGEST_BYTES).digest()


# Transactions on the way through the log


class CleanedTransactions:
    """Which batches belong to aborted transactions, and which markers have no data left, as a cleaning goes by them.

    kept: the rows of the aborted transactions whose data is not known to be gone, since last asked for by take_rows.
    """

    __slots__ = ("_aborted", "_committed", "_kept", "_ongoing")

    def __init__(self, aborted: Iterable[AbortedTransaction]) -> None:
        self._aborted = sorted(aborted, key=lambda row: row.first_offset, reverse=True)
        self._ongoing: dict[int, tuple[AbortedTransaction, bool]] = {}
        self._committed: set[int] = set()
        self._kept: list[AbortedTransaction] = []

    def batch_read(self, header: BatchHeader) -> bool:
        """The next batch is one of data: whether it was aborted."""
        if not header.is_transactional:
            return False
        self._begin_up_to(header.last_offset)
        ongoing = self._ongoing.get(header.producer_id)
        if ongoing is None:
            self._committed.add(header.producer_id)
            return False
        self._ongoing[header.producer_id] = ongoing[0], True
        return True

    def control_batch_read(self, batch: ReadableBuffer, header: BatchHeader) -> bool:
        """The next batch is a control batch: whether nothing needs it any more, its transaction's data being gone."""
        self._begin_up_to(header.last_offset)
        control_type = read_control_type(batch, header)
        if control_type is None:
            return True
        if control_type == ControlType.ABORT:
            row, has_data = self._ongoing.pop(header.producer_id, (None, False))
            if row is None or not has_data:
                return True
            self._kept.append(row)
            return False
        if control_type == ControlType.COMMIT:
            had_data = header.producer_id in self._committed
            self._committed.discard(header.producer_id)
            return not had_data
        return False

    def take_rows(self) -> list[AbortedTransaction]:
        """The rows to keep of the markers that went by since the last call."""
        rows, self._kept = self._kept, []
        return rows

    def _begin_up_to(self, offset: int) -> None:
        while self._aborted and self._aborted[-1].first_offset <= offset:
            row = self._aborted.pop()
            self._ongoing.setdefault(row.producer_id, (row, False))


# What is kept


@dataclass(slots=True, frozen=True)
class LastBatch:
    """What a live producer is remembered by: the last offset of its newest data batch, or the epoch of its marker."""

    data_offset: int | None
    producer_epoch: int

    def is_in(self, header: BatchHeader) -> bool:
        """Whether the batch is the one to remember it by."""
        if self.data_offset is not None:
            return header.last_offset == self.data_offset
        return header.is_control and header.producer_epoch == self.producer_epoch


def last_batches(producers: ProducerState) -> dict[int, LastBatch]:
    """By producer id, which batches must stay though they are empty, so that sequences and epochs are not forgotten."""
    return {
        entry.producer_id: LastBatch(entry.batches[-1].last_offset if entry.batches else None, entry.producer_epoch)
        for entry in producers
    }


@dataclass(slots=True)
class BatchFilter:
    """Decides what is kept of each batch; the batches come in the log's order.

    end_offset: the end of the dirty range; the batch that reaches it stays, at least empty: the log is known to go on.
    """

    offsets: OffsetMap
    transactions: CleanedTransactions
    producers: Mapping[int, LastBatch]
    now_ms: int
    delete_retention_ms: int
    end_offset: int

    def keep(self, batch: ReadableBuffer, header: BatchHeader) -> tuple[ReadableBuffer, BatchHeader] | None:
        """What takes the batch's place, with its header: itself, a rewritten one, an empty one; None for nothing.

        Raises:
            CorruptBatch: its records cannot be read.
        """
        has_no_use, discard = self._discard(batch, header)
        last = self.producers.get(header.producer_id) if header.has_producer_id else None
        must_stay = (last is not None and last.is_in(header)) or header.next_offset == self.end_offset
        if not discard and header.records_count > 0 and (header.is_control or self.offsets.may_have_newest(header)):
            kept = self._filter(batch, header, marker_has_no_use=has_no_use and header.is_control)
            if kept is not None:
                return kept
        if not must_stay:
            return None
        emptied = replace(
            header,
            attributes=header.attributes & KNOWN_ATTRIBUTES & ~COMPRESSION_MASK & ~DELETE_HORIZON_FLAG,
            base_timestamp=NO_TIMESTAMP,
            records_count=0,
        )
        return assemble_batch(emptied, b""), emptied

    def _discard(self, batch: ReadableBuffer, header: BatchHeader) -> tuple[bool, bool]:
        """(Its transaction has no use for it, all its records go now)."""
        if not header.is_control:
            is_aborted = self.transactions.batch_read(header)
            return is_aborted, is_aborted
        has_no_use = self.transactions.control_batch_read(batch, header)
        horizon_ms = header.delete_horizon_ms
        return has_no_use, has_no_use and horizon_ms is not None and horizon_ms <= self.now_ms

    def _filter(
        self, batch: ReadableBuffer, header: BatchHeader, *, marker_has_no_use: bool
    ) -> tuple[ReadableBuffer, BatchHeader] | None:
        """The batch with the records that stay, None when there are none."""
        data = records_view(batch, header)
        kept: list[tuple[int, int, int]] = []
        has_tombstone = False
        for start, end, timestamp_delta, offset_delta, key, has_value in scan_records(data, header.records_count):
            if header.is_control or self._is_kept(header, header.base_offset + offset_delta, key, has_value=has_value):
                kept.append((start, end, timestamp_delta))
                has_tombstone = has_tombstone or not has_value
        if not kept:
            return None
        sets_horizon = (has_tombstone or marker_has_no_use) and not header.has_delete_horizon
        if len(kept) == header.records_count and not sets_horizon:
            return batch, header
        return self._rewrite(batch, header, data, kept, sets_horizon=sets_horizon)

    def _is_kept(self, header: BatchHeader, offset: int, key: memoryview | None, *, has_value: bool) -> bool:
        if offset > self.offsets.latest_offset:
            return True
        if key is None or offset < self.offsets.get(key):
            return False
        horizon_ms = header.delete_horizon_ms
        return has_value or horizon_ms is None or self.now_ms < horizon_ms

    def _rewrite(
        self,
        batch: ReadableBuffer,
        header: BatchHeader,
        data: memoryview,
        kept: Sequence[tuple[int, int, int]],
        *,
        sets_horizon: bool,
    ) -> tuple[ReadableBuffer, BatchHeader]:
        """The batch with the records at the kept places of data; all else stays but the header's timestamps."""
        timestamps = [to_int64(header.base_timestamp + timestamp_delta) for _, _, timestamp_delta in kept]
        base_timestamp, max_timestamp = timestamps[0], max(*timestamps, NO_TIMESTAMP)
        if header.is_log_append_time:
            base_timestamp = max_timestamp = header.max_timestamp
        if sets_horizon:
            base_timestamp = self.now_ms + self.delete_retention_ms
        elif header.has_delete_horizon:
            base_timestamp = header.base_timestamp
        rewritten = replace(
            header,
            attributes=header.attributes & KNOWN_ATTRIBUTES | (DELETE_HORIZON_FLAG if sets_horizon else 0),
            base_timestamp=base_timestamp,
            max_timestamp=max_timestamp,
            records_count=len(kept),
        )
        if base_timestamp == header.base_timestamp:  # the records say the same as before
            return assemble_batch(rewritten, b"".join(data[start:end] for start, end, _ in kept)), rewritten
        starts = {start for start, _, _ in kept}
        places = scan_records(data, header.records_count)
        records = [
            record for record, (start, *_) in zip(iter_records(batch, header), places, strict=True) if start in starts
        ]
        return rewrite_batch(rewritten, records), rewritten
