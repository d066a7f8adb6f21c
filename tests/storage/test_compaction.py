"""What is cleaned, and what is kept: against a model that knows no batches, and case by case."""

from dataclasses import replace
from hashlib import blake2b

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kwire.protocol.records.batch import read_header
from kwire.protocol.records.compression import Codec
from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.protocol.records.record import Record, encode_batch, iter_records
from kwire.storage.aborted import AbortedTransactions
from kwire.storage.compaction import (
    OFFSET_MAP_ENTRY_BYTES,
    BatchFilter,
    CleanedTransactions,
    OffsetMap,
    find_dirty_range,
    group_segments,
    last_batches,
)
from kwire.storage.config import LogConfig
from kwire.storage.port import SegmentInfo
from kwire.storage.producer_state import ProducerState, read_marker
from tests.kit.storage_bench import START_MS

COMPACTED = LogConfig(cleanup_policy=frozenset({"compact"}))
RETENTION_MS = 1000


class PureLog:
    """A list of batches, and what a log knows beside them."""

    def __init__(self):
        self.batches = []
        self.next_offset = 0
        self.producers = ProducerState()
        self.aborted = AbortedTransactions()
        self.sequences = {}

    def append(self, batch):
        header = read_header(batch)
        header.base_offset = self.next_offset
        batch[:8] = self.next_offset.to_bytes(8, "big")
        row = self.producers.update(header, read_marker(batch, header))
        if row is not None:
            self.aborted.append(row)
        self.batches.append(bytes(batch))
        self.next_offset = header.next_offset

    def produce(self, records, producer_id, *, codec, transactional, at_ms):
        options = {}
        if producer_id is not None:
            sequence = self.sequences.get(producer_id, 0)
            self.sequences[producer_id] = sequence + len(records)
            options = {"producer_id": producer_id, "producer_epoch": 0, "base_sequence": sequence}
        entries = [Record(0, at_ms + index, key, value) for index, (key, value) in enumerate(records)]
        self.append(encode_batch(entries, compression=codec, transactional=transactional, **options))

    def end_transaction(self, producer_id, *, committed):
        entry = self.producers.get(producer_id)
        if entry is not None and entry.current_txn_first_offset is not None:
            self.append(encode_marker_batch(EndTransactionMarker(committed, 0), producer_id, 0, START_MS))

    def end_all(self):
        for producer_id in [*self.sequences]:
            self.end_transaction(producer_id, committed=True)

    def clean(self, from_offset, now_ms, keys=1000):
        """The offset up to which it is clean now."""
        offsets = OffsetMap(keys * OFFSET_MAP_ENTRY_BYTES, from_offset)
        transactions = CleanedTransactions(self.aborted.collect(from_offset, self.next_offset))
        for batch in self.batches:
            header = read_header(batch)
            if header.next_offset > from_offset and not offsets.add_batch(batch, header, transactions):
                break
        else:
            offsets.latest_offset = self.next_offset - 1
        keep = BatchFilter(
            offsets,
            CleanedTransactions(self.aborted.collect(0, self.next_offset)),
            last_batches(self.producers),
            now_ms,
            RETENTION_MS,
            self.next_offset,
        )
        kept = [keep.keep(memoryview(batch), read_header(batch)) for batch in self.batches]
        self.batches = [bytes(each[0]) for each in kept if each is not None]
        for each in kept:
            assert each is None or read_header(each[0]) == each[1]
        self.aborted = AbortedTransactions(keep.transactions.take_rows())
        return offsets.latest_offset + 1

    def headers(self):
        return [read_header(batch) for batch in self.batches]

    def records(self):
        """(Offset, key, value, timestamp) of what a read_committed consumer sees."""
        aborted = self.aborted.collect(0, self.next_offset)
        found = []
        for batch in self.batches:
            header = read_header(batch)
            is_aborted = header.is_transactional and any(
                row.producer_id == header.producer_id and row.first_offset <= header.base_offset < row.last_offset
                for row in aborted
            )
            if not header.is_control and not is_aborted:
                for record in iter_records(batch, header):
                    value = None if record.value is None else bytes(record.value)
                    found.append((record.offset, bytes(record.key), value, record.timestamp))
        return found


def newest(records):
    """Of each key the newest record."""
    return sorted({key: (offset, key, value, at_ms) for offset, key, value, at_ms in records}.values())


KEYS = st.sampled_from(
    [b"", b"a", b"b", b"a key that is longer than a digest is", b"a key that is longer than a digest"]
)
VALUES = st.sampled_from([b"1", b"2", None])
PRODUCERS = st.sampled_from([None, 1, 2])


@st.composite
def pure_logs(draw):
    """A log without open transactions."""
    log = PureLog()
    in_transaction = set()
    for _ in range(draw(st.integers(1, 12))):
        producer_id = draw(PRODUCERS)
        if producer_id in in_transaction and draw(st.booleans()):
            log.end_transaction(producer_id, committed=draw(st.booleans()))
            in_transaction.discard(producer_id)
            continue
        transactional = producer_id in in_transaction or (producer_id is not None and draw(st.booleans()))
        if transactional:
            in_transaction.add(producer_id)
        records = draw(st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=4))
        codec = draw(st.sampled_from([Codec.NONE, Codec.LZ4]))
        at_ms = START_MS + draw(st.integers(0, 3))
        log.produce(records, producer_id, codec=codec, transactional=transactional, at_ms=at_ms)
    log.end_all()
    return log


@settings(max_examples=300, deadline=None)
@given(log=pure_logs(), keys=st.integers(1, 6), now_ms=st.integers(START_MS, START_MS + RETENTION_MS))
def test_a_cleaning_keeps_of_each_key_the_newest_record_as_it_was(log, keys, now_ms):
    before, headers = log.records(), {header.base_offset: header for header in log.headers()}
    clean_to = 0
    while clean_to < log.next_offset:
        cleaned = log.clean(clean_to, now_ms, keys)
        assert cleaned > clean_to, "every pass comes further"
        clean_to = cleaned
        assert newest(log.records()) == newest(before)
        assert set(log.records()) <= set(before)
    assert log.records() == newest(before), "and nothing else"
    for header in log.headers():
        same = headers[header.base_offset]
        for name in ("last_offset_delta", "producer_id", "producer_epoch", "base_sequence", "partition_leader_epoch"):
            assert getattr(header, name) == getattr(same, name)
        assert header.is_control == same.is_control
        assert header.is_transactional == same.is_transactional
    assert log.headers()[-1].next_offset == log.next_offset
    again = ProducerState()
    for batch, header in zip(log.batches, log.headers(), strict=True):
        again.update(header, read_marker(batch, header))
    assert {entry.producer_id: entry.last_sequence for entry in again} == {
        entry.producer_id: entry.last_sequence for entry in log.producers
    }


@settings(max_examples=200, deadline=None)
@given(log=pure_logs())
def test_a_second_cleaning_at_the_same_time_changes_no_record(log):
    log.clean(0, START_MS)
    records = log.records()
    log.clean(0, START_MS)
    twice = log.batches
    assert log.records() == records
    log.clean(0, START_MS)
    assert log.batches == twice


@settings(max_examples=200, deadline=None)
@given(log=pure_logs())
def test_after_the_delete_horizon_only_what_has_a_value_is_left(log):
    before = newest(log.records())
    log.producers.clear()  # a live producer's last batch stays, and with it the marker
    for round_number in range(3):  # markers get their horizon when their data is gone
        log.clean(0, START_MS + round_number * RETENTION_MS)
    log.clean(0, START_MS + 10 * RETENTION_MS)
    assert log.records() == [record for record in before if record[2] is not None]
    assert not len(log.aborted)


# Which part is dirty


def infos(*sizes, newest_ms=()):
    """Segments of 10 offsets each; the last is active."""
    times = dict(enumerate(newest_ms))
    return [SegmentInfo(n * 10, n * 10 + 10, size, times.get(n, START_MS), START_MS) for n, size in enumerate(sizes)]


def dirty_range(segments, first_dirty_offset=0, *, stable=1000, now_ms=START_MS, config=COMPACTED, first_ms=START_MS):
    return find_dirty_range(segments, config, first_dirty_offset, stable, now_ms, lambda _: first_ms)


def test_the_active_segment_and_what_is_unstable_are_not_dirty():
    segments = infos(100, 200, 400, 800)
    found = dirty_range(segments)
    assert (found.end_offset, found.clean_bytes, found.dirty_bytes, found.ratio) == (30, 0, 700, 1.0)
    assert dirty_range(segments, stable=30).end_offset == 30
    assert (dirty_range(segments, stable=29).end_offset, dirty_range(segments, stable=29).dirty_bytes) == (20, 300)
    assert dirty_range(segments, stable=5).dirty_bytes == 0
    assert dirty_range(infos(100)).dirty_bytes == 0


def test_the_ratio_is_of_bytes_before_and_after_the_first_dirty_offset():
    segments = infos(100, 200, 700, 800)
    found = dirty_range(segments, 10)
    assert (found.clean_bytes, found.dirty_bytes, found.ratio) == (100, 900, 0.9)
    assert dirty_range(segments, 15).clean_bytes == 300, "a segment that is partly clean counts on both sides"
    assert dirty_range(segments, 15).dirty_bytes == 900
    assert dirty_range(segments, 30).ratio == 0
    assert dirty_range(infos(0, 0, 0)).ratio == 0


@pytest.mark.parametrize(("ratio", "is_due"), [(0.0, True), (0.89, True), (0.9, False), (1.0, False)])
def test_the_ratio_must_be_above_the_configured_one(ratio, is_due):
    config = replace(COMPACTED, min_cleanable_dirty_ratio=ratio)
    assert dirty_range(infos(100, 900, 1), 10).is_due(config) is is_due


def test_the_minimum_lag_ends_the_range_at_the_first_young_segment():
    config = replace(COMPACTED, min_compaction_lag_ms=50)
    segments = infos(100, 200, 400, 800, newest_ms=[START_MS, START_MS + 20, START_MS])
    assert dirty_range(segments, now_ms=START_MS + 70, config=config).end_offset == 30
    assert dirty_range(segments, now_ms=START_MS + 69, config=config).end_offset == 10
    assert dirty_range(segments, now_ms=START_MS + 49, config=config).dirty_bytes == 0
    assert dirty_range(segments, 20, now_ms=START_MS + 69, config=config).end_offset == 30
    untimed = [replace(segment, max_timestamp_ms=-1) for segment in segments]
    assert dirty_range(untimed, now_ms=START_MS + 50, config=config).end_offset == 30
    assert dirty_range(untimed, now_ms=START_MS + 49, config=config).end_offset == 0


def test_past_the_maximum_lag_a_log_is_due_whatever_its_ratio():
    config = replace(COMPACTED, max_compaction_lag_ms=50, min_cleanable_dirty_ratio=1.0)
    segments = infos(100, 200, 400)
    assert not dirty_range(segments, now_ms=START_MS + 50, config=config).is_due(config)
    assert dirty_range(segments, now_ms=START_MS + 51, config=config).is_due(config)
    assert not dirty_range(segments, 20, now_ms=START_MS + 51, config=config).is_due(config)
    assert not dirty_range(segments, now_ms=START_MS + 51, config=config, first_ms=-1).is_due(config)
    assert not dirty_range(segments, stable=5, now_ms=START_MS + 51, config=config).is_due(config), "nothing to clean"


# Groups


def bases(groups):
    return [[segment.base_offset for segment in group] for group in groups]


def test_segments_are_grouped_as_they_fit():
    assert bases(group_segments(infos(40, 60, 1, 100, 0), 100, 1000, 50)) == [[0, 10], [20], [30, 40]]
    assert bases(group_segments(infos(500), 100, 1000, 10)) == [[0]]


@pytest.mark.parametrize("index", ["index_bytes", "time_index_bytes"])
def test_the_indexes_of_a_group_fit_too(index):
    segments = [replace(segment, **{index: 8}) for segment in infos(1, 1, 1)]
    assert bases(group_segments(segments, 100, 16, 30)) == [[0, 10], [20]]


def test_the_offsets_of_a_group_fit_into_its_index():
    far = [SegmentInfo(base, base + 10, 1, -1, 0) for base in (0, 10, 2**31 - 5, 2**31 + 5)]
    assert bases(group_segments(far, 100, 1000, 2**31 + 15)) == [[0, 10], [2**31 - 5, 2**31 + 5]]
    assert bases(group_segments(far[:3], 100, 1000, 2**31)) == [[0, 10, 2**31 - 5]]
    assert bases(group_segments(far[:3], 100, 1000, 2**31 + 1)) == [[0, 10], [2**31 - 5]]
    empty = [*far[:2], replace(far[2], size_bytes=0)]
    assert bases(group_segments(empty, 100, 1000, 2**40)) == [[0, 10, 2**31 - 5]]


def test_a_full_map_says_how_far_it_reaches():
    offsets = OffsetMap(2 * OFFSET_MAP_ENTRY_BYTES, 0)
    batch = encode_batch([Record(0, START_MS, key, b"") for key in (b"a", b"b", b"a", b"c")])
    assert not offsets.add_batch(batch, read_header(batch), CleanedTransactions([]))
    assert (offsets.latest_offset, len(offsets)) == (1, 2), "as in Kafka, also known keys wait for the next pass"
    assert (offsets.get(b"a"), offsets.get(b"b"), offsets.get(b"c")) == (0, 1, -1)


def test_batches_without_a_newest_record_are_known_without_a_look_at_them():
    offsets = OffsetMap(10 * OFFSET_MAP_ENTRY_BYTES, 2)
    headers = []
    for base_offset, keys in enumerate(["ab", "ab", "cb", "a", "c"]):
        batch = encode_batch([Record(0, START_MS, key.encode(), b"") for key in keys], base_offset=2 * base_offset)
        headers.append(read_header(batch))
        if base_offset < 4:
            assert offsets.add_batch(batch, headers[-1], CleanedTransactions([]))
    found = [offsets.may_have_newest(header) for header in headers]
    assert found == [True, False, True, True, True], "the first one is clean already, the last one is not mapped"
    assert offsets.add_batch(batch, headers[0], CleanedTransactions([]))
    assert offsets.may_have_newest(headers[1]), "a batch out of order: nothing is sure any more"


def test_a_short_key_is_no_digest_of_a_long_one():
    offsets = OffsetMap(10 * OFFSET_MAP_ENTRY_BYTES, 0)
    offsets.put(b"a long key, which is hashed", 7)
    digest = blake2b(b"a long key, which is hashed", digest_size=16).digest()
    assert offsets.get(digest) == -1
    assert offsets.get(digest[:15]) == -1
