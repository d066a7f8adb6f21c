"""Loading: what a partition's directory holds becomes a log, recovered if the last run did not close it.

After a clean stop nothing is scanned, unless a log does not end as that stop left it. Otherwise the batches past the
recovery point are read and their CRCs checked, the log is cut behind the last good one, and indexes and derived
state are made again from there.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kwire.protocol.records.batch import CorruptBatch
from kwire.storage.port import StorageError
from kwire.storage.segments.partition_directory import read_directory

if TYPE_CHECKING:
    from kwire.storage.segments.data_directory import DataDirectory
    from kwire.storage.segments.log import FileLog
    from kwire.storage.segments.segment import Segment

_log = logging.getLogger(__name__)


def load(log: FileLog, data_directory: DataDirectory, *, clean: bool) -> None:
    """The log is what its directory holds. clean: the last run closed it.

    Raises:
        StorageError.
    """
    recovery_point = data_directory.recovery_points.offsets.get((log.topic, log.partition), 0)
    try:
        try:
            _load(log, data_directory, recovery_point, clean=clean)
        except CorruptBatch as error:
            if not clean:
                raise
            _log.error("%s was cleanly closed, but is damaged: all of it is recovered: %s", log.directory, error)
            _load(log, data_directory, 0, clean=False)
    except StorageError:
        log.abandon()
        raise
    except (OSError, CorruptBatch) as error:
        log.abandon()
        raise StorageError(f"cannot open the log in {log.directory}: {error}") from error


def _load(log: FileLog, data_directory: DataDirectory, recovery_point: int, *, clean: bool) -> None:
    files = data_directory.env.files
    partition = log.topic, log.partition
    content = read_directory(files, log.directory)
    segments = [_stored_segment(log, data_directory, base_offset) for base_offset in content.segments]
    trusted_end: int | None = None
    if not clean:
        trusted_end = _recover(log, segments, recovery_point)
    for segment in segments:
        if not (segment.index.is_sound() and segment.time_index.is_sound()):
            segment.rebuild_indexes()
    log_start_offset = data_directory.log_starts.offsets.get(partition, 0)
    log_end_offset = segments[-1].next_offset() if segments else 0
    if log_end_offset < log_start_offset:
        _log.warning("%s ends at %d, before its log start offset %d", log.directory, log_end_offset, log_start_offset)
    if log_end_offset < log_start_offset or not segments:  # without any: a crash came before the first
        log.discard(segments)
        segments = [log.new_segment(log_start_offset)]
        segments[0].create()
        log_end_offset = trusted_end = log_start_offset
    trusted_end = log_end_offset if trusted_end is None else min(trusted_end, log_end_offset)
    content.keep([segment.base_offset for segment in segments])
    log_start_offset = max(log_start_offset, segments[0].base_offset)
    log.loaded(segments, log_start_offset, log_end_offset, log_end_offset if clean else recovery_point, clean=clean)
    start = log.derived_state.load(content, trusted_end, log_end_offset)
    log.derived_state.replay(log.walk(min(start.producers, start.epochs)), start)
    log.derived_state.truncate_from_start(log_start_offset, segments[0].base_offset)
    log.derived_state.store_rows(segments)
    log.derived_state.store_epochs()
    if log_end_offset - log.recovery_point >= log.config.flush_messages:
        log.flush()  # of a crash between the write and the fsync: from now on it is readable


def _stored_segment(log: FileLog, data_directory: DataDirectory, base_offset: int) -> Segment:
    segment = log.new_segment(base_offset)
    segment.size_bytes = data_directory.env.files.size(segment.log_path)
    segment.created_ms = data_directory.env.files.modified_ms(segment.log_path)
    return segment


def _recover(log: FileLog, segments: list[Segment], recovery_point: int) -> int | None:
    """Segments past the recovery point are whole, those behind a cut are gone; returns up to where nothing was read."""
    trusted_end: int | None = None
    for number, segment in enumerate(segments):
        following = segments[number + 1] if number + 1 < len(segments) else None
        # Recover the one that ends there, too: if it was closed since, its indexes may not have been synced.
        if following is not None and following.base_offset < recovery_point:
            continue
        start_offset, cut_bytes = segment.recover(recovery_point)
        if trusted_end is None:
            trusted_end = start_offset
        if cut_bytes or (following is not None and not _meet(log, segment, following)):
            log.recovered_cut = True
            log.discard(segments[number + 1 :])
            del segments[number + 1 :]
            break
    return trusted_end


def _meet(log: FileLog, segment: Segment, following: Segment) -> bool:
    """Whether the second segment continues the first one.

    Power loss may have taken whole batches, so that nothing is torn, or brought a deleted segment back.
    Compaction leaves gaps, but no overlaps.
    """
    end = segment.next_offset()
    return end == following.base_offset or (end < following.base_offset and log.config.compact)
