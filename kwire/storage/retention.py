"""Retention: how far a log's start may advance by time and by size.

Source: Kafka documentation, "Topic Configs" (retention.ms, retention.bytes, cleanup.policy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.storage.config import LogConfig
    from kwire.storage.port import SegmentInfo


def log_start_after_retention(
    segments: Sequence[SegmentInfo], config: LogConfig, log_start_offset: int, high_watermark: int, now_ms: int
) -> int:
    """The log start offset once every segment that retention.ms or retention.bytes gives up is gone.

    Whole segments go, oldest first, never one with records at or above high_watermark. The active segment goes
    too when all of it has expired. A log that is only compacted keeps everything.
    """
    if not config.delete:
        return log_start_offset
    candidates = [segment for segment in segments if segment.size_bytes > 0]
    for index, segment in enumerate(candidates):
        if segment.next_offset > high_watermark:
            del candidates[index:]
            break
    expired = _count_expired(candidates, config.retention_ms, now_ms)
    total_bytes = sum(segment.size_bytes for segment in segments)
    expired_bytes = sum(segment.size_bytes for segment in candidates[:expired])
    surplus = _count_surplus(candidates[expired:], config.retention_bytes, total_bytes - expired_bytes)
    gone = expired + surplus
    return max(log_start_offset, candidates[gone - 1].next_offset) if gone else log_start_offset


def _count_expired(segments: Sequence[SegmentInfo], retention_ms: int, now_ms: int) -> int:
    """How many of the oldest segments have their newest record older than retention_ms (-1: no limit)."""
    if retention_ms < 0:
        return 0
    for count, segment in enumerate(segments):
        newest_ms = segment.max_timestamp_ms if segment.max_timestamp_ms >= 0 else segment.created_ms
        if now_ms - newest_ms <= retention_ms:
            return count
    return len(segments)


def _count_surplus(segments: Sequence[SegmentInfo], retention_bytes: int, total_bytes: int) -> int:
    """How many of the oldest segments the log can lose and still hold retention_bytes (-1: no limit)."""
    if retention_bytes < 0:
        return 0
    surplus_bytes = total_bytes - retention_bytes
    for count, segment in enumerate(segments):
        surplus_bytes -= segment.size_bytes
        if surplus_bytes < 0:
            return count
    return len(segments)
