from itertools import accumulate

import pytest

from kwire.storage.config import LogConfig
from kwire.storage.port import SegmentInfo
from kwire.storage.retention import log_start_after_retention

NOW_MS = 1_000_000


def segments_of(*ages_ms, size_bytes=100, created_ms=NOW_MS):
    """Segments of ten offsets each; an age of None means that its records have no timestamps."""
    return [
        SegmentInfo(
            base_offset=index * 10,
            next_offset=index * 10 + 10,
            size_bytes=size_bytes,
            max_timestamp_ms=-1 if age_ms is None else NOW_MS - age_ms,
            created_ms=created_ms,
        )
        for index, age_ms in enumerate(ages_ms)
    ]


def log_start(segments, log_start_offset=0, high_watermark=None, **config):
    high_watermark = segments[-1].next_offset if high_watermark is None else high_watermark
    return log_start_after_retention(segments, LogConfig(**config), log_start_offset, high_watermark, NOW_MS)


def test_segments_whose_newest_record_is_too_old_go():
    segments = segments_of(3000, 1001, 1000, 0)
    assert log_start(segments, retention_ms=1000) == 20
    assert log_start(segments, retention_ms=999) == 30
    assert log_start(segments, retention_ms=5000) == 0
    assert log_start(segments, retention_ms=-1) == 0


def test_a_young_segment_protects_older_ones_behind_it():
    assert log_start(segments_of(3000, 0, 3000), retention_ms=1000) == 10


def test_records_from_the_future_are_young():
    assert log_start(segments_of(-5000, 3000), retention_ms=1000) == 0


def test_the_active_segment_goes_when_all_of_it_has_expired():
    assert log_start(segments_of(3000, 2000), retention_ms=1000) == 20


def test_an_empty_active_segment_is_no_reason_to_do_anything():
    empty = SegmentInfo(20, 20, 0, -1, 0)
    assert log_start([*segments_of(3000, 0), empty], retention_ms=1000) == 10
    assert log_start([empty], log_start_offset=20, retention_ms=0) == 20


def test_without_timestamps_the_segments_age_counts():
    assert log_start(segments_of(None, None, created_ms=NOW_MS - 1001), retention_ms=1000) == 20
    assert log_start(segments_of(None, created_ms=NOW_MS - 1000), retention_ms=1000) == 0


@pytest.mark.parametrize(
    ("retention_bytes", "expected"), [(-1, 0), (0, 40), (99, 30), (100, 30), (101, 20), (299, 10), (300, 10), (301, 0)]
)
def test_the_oldest_go_while_retention_bytes_are_left(retention_bytes, expected):
    assert log_start(segments_of(0, 0, 0, 0), retention_bytes=retention_bytes) == expected


def test_what_has_expired_does_not_count_for_the_size():
    segments = segments_of(3000, 0, 0)
    assert log_start(segments, retention_ms=1000, retention_bytes=200) == 10
    assert log_start(segments, retention_ms=1000, retention_bytes=100) == 20


def test_segments_of_different_size():
    sizes = [50, 10, 500, 40]
    ends = list(accumulate(sizes))
    segments = [SegmentInfo(end - size, end, size, NOW_MS, NOW_MS) for end, size in zip(ends, sizes, strict=True)]
    assert log_start(segments, retention_bytes=545) == 50
    assert log_start(segments, retention_bytes=540) == 60
    assert log_start(segments, retention_bytes=41) == 60
    assert log_start(segments, retention_bytes=40) == 560


def test_nothing_above_the_high_watermark_goes():
    segments = segments_of(3000, 3000, 3000)
    assert log_start(segments, high_watermark=29, retention_ms=1000) == 20
    assert log_start(segments, high_watermark=10, retention_ms=1000) == 10
    assert log_start(segments, high_watermark=0, retention_ms=1000, retention_bytes=0) == 0


def test_the_log_start_never_goes_back():
    assert log_start(segments_of(3000, 0), log_start_offset=15, retention_ms=1000) == 15
    assert log_start(segments_of(0), log_start_offset=5, retention_ms=1000) == 5


def test_only_the_delete_policy_deletes():
    segments = segments_of(3000, 3000)
    assert log_start(segments, retention_ms=1000, retention_bytes=0, cleanup_policy=frozenset({"compact"})) == 0
    assert log_start(segments, retention_ms=1000, cleanup_policy=frozenset({"compact", "delete"})) == 20
