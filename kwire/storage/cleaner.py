"""Cleaner: compacts one log after the other, the dirtiest first, beside the requests.

A cleaning goes in steps bounded in bytes and records in a worker thread; between them requests are served, and
it is given up where the log was cut or closed. Only the swap of the finished segments runs on the event loop. What
was given up is left as it was, and tried again later.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakSet

import trio

from kwire.limits import CLEANER_STEP_RECORDS
from kwire.protocol.records.batch import CorruptBatch
from kwire.storage.compaction import (
    BatchFilter,
    CleanedTransactions,
    OffsetMap,
    find_dirty_range,
    group_segments,
    last_batches,
)
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kwire.env import Env
    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.storage.compaction import DirtyRange
    from kwire.storage.port import Replacement, SegmentedLog, SegmentInfo

Take: TypeAlias = "Callable[[ReadableBuffer, BatchHeader], int | None]"
"""Does something with a batch and tells how many bytes it has written; None: no more batches are wanted."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, frozen=True)
class CleanerLimits:
    """What a cleaning may take: memory for the map of keys, bytes read in one step, bytes read and written a second."""

    dedupe_buffer_bytes: int = 120_795_955
    step_bytes: int = 524_288
    max_bytes_per_second: float = float("inf")


@dataclass(slots=True)
class LogToClean:
    """A log, and what of it is dirty."""

    log: SegmentedLog
    dirty: DirtyRange


class Cleaner:
    """Cleans the logs that logs() tells, each with its last stable offset. One cleaning at a time.

    A log whose records cannot be read is told once, and left alone while the process runs.
    """

    def __init__(self, env: Env, logs: Callable[[], Iterable[tuple[SegmentedLog, int]]]) -> None:
        self._env = env
        self._logs = logs
        self._uncleanable: WeakSet[SegmentedLog] = WeakSet()
        self._put_off: WeakSet[SegmentedLog] = WeakSet()
        """Logs whose cleaning was given up, until nothing else is to be cleaned: others must not wait for them."""

    async def clean_dirtiest(self, limits: CleanerLimits) -> bool:
        """The dirtiest log that is due has been cleaned as far as the map of keys reaches; False: none was."""
        while (found := self._find_dirtiest()) is not None:
            log = found.log
            try:
                await _Cleaning(self._env, found, limits).run()
            except StorageError as error:
                _log.warning("the cleaning of %s-%d is given up for now: %s", log.topic, log.partition, error)
                self._put_off.add(log)
            except CorruptBatch as error:
                _log.error("%s-%d cannot be cleaned: %s", log.topic, log.partition, error)
                self._uncleanable.add(log)
            else:
                return True
        self._put_off.clear()
        return False

    def _find_dirtiest(self) -> LogToClean | None:
        now_ms = self._env.wall_ms()
        dirtiest: LogToClean | None = None
        for log, last_stable_offset in self._logs():
            if not log.config.compact or log in self._uncleanable or log in self._put_off:
                continue
            try:
                dirty = find_dirty(log, last_stable_offset, now_ms)
            except StorageError as error:
                _log.warning("cannot tell what of %s-%d is to be cleaned: %s", log.topic, log.partition, error)
                continue
            if dirty.is_due(log.config) and (dirtiest is None or dirty.ratio > dirtiest.dirty.ratio):
                dirtiest = LogToClean(log, dirty)
        return dirtiest


def find_dirty(log: SegmentedLog, last_stable_offset: int, now_ms: int) -> DirtyRange:
    """What of the log a cleaning would read now. Offsets of an earlier cleaning that the log has not are disregarded.

    Raises:
        StorageError.
    """
    first_dirty_offset = log.cleaned_offset
    if first_dirty_offset is None or not log.log_start_offset <= first_dirty_offset <= log.log_end_offset:
        first_dirty_offset = log.log_start_offset
    return find_dirty_range(
        log.segments(), log.config, first_dirty_offset, last_stable_offset, now_ms, log.first_timestamp_ms
    )


class _Cleaning:
    """One cleaning of one log."""

    def __init__(self, env: Env, found: LogToClean, limits: CleanerLimits) -> None:
        self._env = env
        self._log = found.log
        self._dirty = found.dirty
        self._limits = limits
        self._now_ms = env.wall_ms()

    async def run(self) -> None:
        """The log is cleaned up to the last offset whose key fitted into the map.

        Raises:
            StorageError: the log changed, or a disk failed; segments that were done are done.
            CorruptBatch: its records cannot be read.
        """
        log, dirty = self._log, self._dirty
        offsets = OffsetMap(self._limits.dedupe_buffer_bytes, dirty.first_dirty_offset)
        await self._map_keys(offsets)
        end_offset = offsets.latest_offset + 1
        segments = [each for each in log.segments() if each.base_offset < end_offset]
        if not segments:
            raise StorageError("its segments are not there any more")
        # What is cleaned has gaps. Above the recovery point, the recovery of a log that is no longer compacted would
        # take them for what power loss has taken, and cut the log there.
        await self._env.run_blocking(log.flush)
        batch_filter = BatchFilter(
            offsets,
            CleanedTransactions(log.aborted.collect(segments[0].base_offset, dirty.end_offset)),
            last_batches(log.producers),
            self._now_ms,
            log.config.delete_retention_ms,
            dirty.end_offset,
        )
        groups = group_segments(segments, log.max_segment_bytes, log.config.segment_index_bytes, dirty.end_offset)
        for group in groups:
            await self._clean_group(group, batch_filter)
        log.mark_cleaned(end_offset)

    async def _map_keys(self, offsets: OffsetMap) -> None:
        """The keys of the dirty part have their newest offsets in the map, or it is full."""
        log, dirty = self._log, self._dirty
        from_offset = dirty.first_dirty_offset
        transactions = CleanedTransactions(log.aborted.collect(from_offset, dirty.end_offset))
        for segment in log.segments():
            if segment.next_offset <= from_offset or segment.base_offset >= dirty.end_offset:
                continue
            full = False

            def map_batch(batch: ReadableBuffer, header: BatchHeader) -> int | None:
                nonlocal full
                full = not offsets.add_batch(batch, header, transactions)
                return None if full else 0

            await self._read(segment, map_batch)
            if full:
                return
            offsets.latest_offset = segment.next_offset - 1

    async def _clean_group(self, group: Sequence[SegmentInfo], batch_filter: BatchFilter) -> None:
        """One segment with what is kept of them stands for the segments of the group."""
        replacement = self._log.begin_replacement([segment.base_offset for segment in group])
        # As of now: a producer's batch that is its last one now, and no more at the swap, only stays a little longer.
        batch_filter.producers = last_batches(self._log.producers)
        try:
            for segment in group:
                await self._read(segment, lambda batch, header: _copy(batch, header, batch_filter, replacement))
            rows = batch_filter.transactions.take_rows()
            await self._env.run_blocking(lambda: replacement.finish(rows))
            replaced = self._log.replace(replacement)
        except BaseException:
            replacement.abandon()
            raise
        if not replaced:
            replacement.abandon()
            raise StorageError("its segments are not there any more, or being read")

    async def _read(self, segment: SegmentInfo, take: Take) -> None:
        """Every batch of the segment has been taken, in bounded steps in a thread, unless no more were wanted."""
        batches = self._log.segment_batches(segment.base_offset)
        more = True
        while more:
            began_s = self._env.clock_s()
            taken_bytes, more = await self._env.run_blocking(lambda: _step(batches, self._limits.step_bytes, take))
            due_s = began_s + taken_bytes / self._limits.max_bytes_per_second
            await trio.sleep(max(0.0, due_s - self._env.clock_s()))


def _step(batches: Iterator[tuple[BatchHeader, ReadableBuffer]], step_bytes: int, take: Take) -> tuple[int, bool]:
    """The next batches have been taken, up to step_bytes: (bytes read and written, whether more are to come)."""
    read_bytes = written_bytes = records = 0
    for header, batch in batches:
        read_bytes += header.size_bytes
        records += header.records_count
        written = take(batch, header)
        if written is None:
            return read_bytes + written_bytes, False
        written_bytes += written
        if read_bytes >= step_bytes or records >= CLEANER_STEP_RECORDS:
            return read_bytes + written_bytes, True
    return read_bytes + written_bytes, False


def _copy(batch: ReadableBuffer, header: BatchHeader, batch_filter: BatchFilter, replacement: Replacement) -> int:
    kept = batch_filter.keep(batch, header)
    if kept is None:
        return 0
    replacement.append(*kept)
    return kept[1].size_bytes
