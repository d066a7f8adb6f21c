"""The contract of a storage engine towards the cleaner, as tests; a part of storage_contract's LogContract.

The kept records are compared with a model that ignores batches: the newest record of each key.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import trio

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.records.batch import iter_headers, read_header
from kwire.protocol.records.compression import Codec
from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.protocol.records.record import Record, assemble_batch, encode_batch, iter_records, records_view
from kwire.storage.aborted import AbortedTransaction
from kwire.storage.cleaner import Cleaner, CleanerLimits, find_dirty
from kwire.storage.compaction import OFFSET_MAP_ENTRY_BYTES
from kwire.storage.config import LogConfig
from kwire.storage.port import StorageError, TimestampOffset
from kwire.storage.retention import log_start_after_retention
from tests.kit.storage_bench import DAY_MS, START_MS, Bench, MakeStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwire.protocol.records.batch import BatchHeader

COMPACTED = LogConfig(cleanup_policy=frozenset({"compact"}), min_cleanable_dirty_ratio=0.0)

OFFSET_DELTA_AT = 3
"""Position of the offset delta in a short record: after size, attributes and timestamp delta."""

Pair = tuple[bytes, bytes | None]


def keyed(*pairs: Pair, at_ms: int = START_MS, **options: int | bool) -> bytearray:
    """Make a batch with these keys and values."""
    records = [Record(index, at_ms, key, value) for index, (key, value) in enumerate(pairs)]
    return encode_batch(records, **options)  # type: ignore[arg-type]


def clean(bench: Bench, limits: CleanerLimits | None = None) -> bool:
    """Clean the log once; return whether there was anything to clean."""
    unstable = bench.first_unstable_offset()
    stable_offset = bench.log.log_end_offset if unstable is None else unstable
    cleaner = Cleaner(bench.time.env(), lambda: [(bench.log, stable_offset)])
    return trio.run(cleaner.clean_dirtiest, limits or CleanerLimits())


def batches(bench: Bench) -> Iterator[tuple[BatchHeader, list[Record]]]:
    """Return header and records of every readable batch."""
    data = bench.read_all()
    for at, header in iter_headers(data):
        yield header, list(iter_records(data, header, at))


def rows(bench: Bench) -> list[tuple[int, bytes, bytes | None]]:
    """Return offset, key and value of every readable record that is not a marker."""
    return [
        (record.offset, bytes(record.key or b""), None if record.value is None else bytes(record.value))
        for header, records in batches(bench)
        if not header.is_control
        for record in records
    ]


def roll(bench: Bench) -> None:
    """Close the active segment, so that all records are in closed ones."""
    bench.log.roll(bench.time.now_ms)


class CleaningContract:
    """What the cleaner requires of every engine."""

    survives_reopen = False

    @pytest.fixture
    def compacted(self, make_store: MakeStore) -> Bench:
        """Make an empty log with cleanup.policy=compact."""
        return Bench(make_store, COMPACTED)

    def reopen(self, bench: Bench) -> None:
        """Close the log and open it again, if the engine keeps logs."""
        if self.survives_reopen:
            bench.reopen()

    def test_the_newest_record_of_each_key_stays_at_its_offset(self, compacted: Bench) -> None:
        """Of five segments, the active one is left alone, and the others become one."""
        for number in range(4):
            compacted.append(keyed((b"a", b"%d" % number), (b"b%d" % number, b"x"), (b"a", b"%d." % number)))
            roll(compacted)
        compacted.append(keyed((b"a", b"active")))
        compacted.append(keyed((b"a", b"active")))
        assert clean(compacted)
        expected = [(1, b"b0", b"x"), (4, b"b1", b"x"), (7, b"b2", b"x"), (10, b"b3", b"x"), (11, b"a", b"3.")]
        active = [(12, b"a", b"active"), (13, b"a", b"active")]
        for _ in range(2):
            assert rows(compacted) == expected + active
            assert [info.base_offset for info in compacted.log.segments()] == [0, 12]
            assert (compacted.log.log_start_offset, compacted.log.log_end_offset) == (0, 14)
            assert compacted.log.cleaned_offset == 12
            assert sum(info.size_bytes for info in compacted.log.segments()) == compacted.log.size_bytes
            self.reopen(compacted)
        assert not clean(compacted), "nothing is dirty any more"
        assert compacted.append(keyed((b"c", b""))).base_offset == 14

    def test_every_offset_can_be_read_after_a_cleaning(self, compacted: Bench) -> None:
        """An offset in a gap gives the records after it; before_offset ends a read as usual."""
        for number in range(10):
            compacted.append(keyed((b"a", b"%d" % number), (b"%d" % (number // 2), b"")))
            roll(compacted)
        assert clean(compacted)
        left = [record.offset for _, records in batches(compacted) for record in records]
        assert left == [3, 7, 11, 15, 18, 19]
        for offset in range(20):
            found = compacted.read(offset)
            header = read_header(found)
            assert header.next_offset > offset
            assert next(iter_records(found, header)).offset == next(each for each in left if each >= offset // 2 * 2)
            assert not [each for each in compacted.read_headers(0, before_offset=offset) if each.base_offset >= offset]
        assert [header.base_offset for header in compacted.log.headers(5)] == [6, 10, 14, 18]

    def test_slices_being_read_keep_their_bytes(self, compacted: Bench) -> None:
        """The cleaning may wait for the slices (files on Windows), or go on beside them."""
        for _ in range(3):
            compacted.append(keyed((b"a", b"1")))
            roll(compacted)
        before = compacted.read(0)
        part = compacted.log.read(0, 10**6, before_offset=3, min_one_batch=True)
        clean(compacted)
        assert part.tobytes() == before
        part.close()
        clean(compacted)
        assert rows(compacted) == [(2, b"a", b"1")]

    def test_an_iteration_of_headers_goes_on_over_a_cleaning(self, compacted: Bench) -> None:
        """It misses no record that is kept, and repeats no offset."""
        for number in range(6):
            compacted.append(keyed((b"%d" % (number % 5), b"")))
            compacted.append(keyed((b"%d." % (number % 5), b"")))
            roll(compacted)
        iteration = compacted.log.headers()
        found = [next(iteration).base_offset for _ in range(3)]
        clean(compacted)
        found += [header.base_offset for header in iteration]
        assert found == sorted(set(found))
        assert {2, 3, 4, 5, 6, 7, 8, 9, 10, 11} <= set(found)

    def test_timestamps_are_found_after_a_cleaning(self, compacted: Bench) -> None:
        """The first record that is kept and not older is found."""
        for number in range(4):
            compacted.append(keyed((b"%d" % (number % 2), b""), at_ms=START_MS + number))
            roll(compacted)
        assert clean(compacted)
        find = compacted.log.offset_for_timestamp
        assert find(START_MS, before_offset=4) == TimestampOffset(START_MS + 2, 2, 0)
        assert find(START_MS + 3, before_offset=4) == TimestampOffset(START_MS + 3, 3, 0)
        assert compacted.log.max_timestamp() == TimestampOffset(START_MS + 3, 3, 0)

    @pytest.mark.parametrize("codec", [*Codec])
    def test_batches_keep_what_their_headers_say(self, compacted: Bench, codec: Codec) -> None:
        """Codec, offsets, leader epoch, producer and its sequences stay; timestamps are those of the records kept."""
        batch = encode_batch(
            [Record(0, START_MS + 9, b"a", b"old"), Record(1, START_MS + 5, b"b", b"x" * 500)],
            compression=codec,
            producer_id=7,
            producer_epoch=3,
            base_sequence=11,
        )
        compacted.append(batch, leader_epoch=4)
        before = read_header(batch)
        roll(compacted)
        compacted.append(keyed((b"a", b"new")), leader_epoch=4)
        roll(compacted)
        assert clean(compacted)
        header, records = next(batches(compacted))
        assert [(record.offset, record.timestamp, bytes(record.key or b"")) for record in records] == [
            (1, START_MS + 5, b"b")
        ]
        same = {"base_timestamp", "max_timestamp", "batch_length", "records_count", "crc"}
        assert {name for name in header.__slots__ if getattr(header, name) != getattr(before, name)} == same
        assert (header.base_timestamp, header.max_timestamp, header.records_count) == (START_MS + 5, START_MS + 5, 1)

    def test_log_append_time_stays(self, compacted: Bench) -> None:
        """It is the batch's time, whichever of its records are kept."""
        records = [Record(0, 0, b"a", b"old"), Record(1, 0, b"b", b"x")]
        compacted.append(encode_batch(records, log_append_time_ms=START_MS + 77))
        compacted.append(keyed((b"a", b"new")))
        roll(compacted)
        assert clean(compacted)
        header, left = next(batches(compacted))
        assert (header.is_log_append_time, header.max_timestamp) == (True, START_MS + 77)
        assert [(record.offset, record.timestamp) for record in left] == [(1, START_MS + 77)]

    def test_a_tombstone_goes_after_its_delete_horizon(self, compacted: Bench) -> None:
        """The first cleaning sets the horizon in the batch, delete.retention.ms ahead, and changes no timestamp."""
        compacted.append(keyed((b"a", b"1")))
        compacted.append(keyed((b"a", None), (b"b", b"2"), at_ms=START_MS + 3))
        compacted.append(keyed((b"c", b"3")))
        roll(compacted)
        assert clean(compacted)
        expected = [(1, b"a", None), (2, b"b", b"2"), (3, b"c", b"3")]
        for wait_ms in (0, DAY_MS - 1, 1):
            compacted.time.now_ms += wait_ms
            compacted.append(keyed((b"c", b"3")))
            roll(compacted)
            header, records = next(batches(compacted))
            assert header.delete_horizon_ms == START_MS + DAY_MS
            assert [record.timestamp for record in records] == [START_MS + 3] * 2
            assert [row for row in rows(compacted) if row[1] != b"c"] == expected[:2]
            assert clean(compacted)
        assert [row for row in rows(compacted) if row[1] != b"c"] == expected[1:2]

    def test_what_is_in_an_open_transaction_waits(self, compacted: Bench) -> None:
        """Cleaning stops before the segment of its first record."""
        for _ in range(2):
            compacted.append(keyed((b"a", b"1")))
            roll(compacted)
        compacted.append(keyed((b"a", b"2"), producer_id=9, producer_epoch=0, base_sequence=0, transactional=True))
        roll(compacted)
        compacted.append(keyed((b"a", b"3")))
        roll(compacted)
        assert clean(compacted)
        assert [row[0] for row in rows(compacted)] == [1, 2, 3]
        assert not clean(compacted)

    def test_an_aborted_transaction_goes_and_then_its_marker(self, compacted: Bench) -> None:
        """The marker outlives the data by two cleanings and delete.retention.ms; the index lists it until then."""
        compacted.append(keyed((b"a", b"1")))
        self._transaction(compacted, 9, (b"a", b"aborted"), committed=False)
        self._transaction(compacted, 8, (b"b", b"committed"), committed=True)
        roll(compacted)
        row = AbortedTransaction(9, 1, 2, 3)
        # left are data, a producer's last batch though it is empty, and markers
        assert clean(compacted)
        assert rows(compacted) == [(0, b"a", b"1"), (3, b"b", b"committed")]
        assert [header.base_offset for header, _ in batches(compacted)] == [0, 1, 2, 3, 4]
        assert list(compacted.log.aborted) == [row]
        self.reopen(compacted)
        assert list(compacted.log.aborted) == [row]
        compacted.log.producers.expire(START_MS + 2 * DAY_MS, 1)
        for wait_ms, left in [(0, [0, 2, 3, 4]), (0, [0, 2, 3, 4]), (DAY_MS, [0, 3, 4])]:
            compacted.time.now_ms += wait_ms
            compacted.append(keyed((b"z", b"")))
            roll(compacted)
            assert clean(compacted)
            assert [header.base_offset for header, _ in batches(compacted)][: len(left)] == left
        assert list(compacted.log.aborted) == []
        assert rows(compacted)[:2] == [(0, b"a", b"1"), (3, b"b", b"committed")]

    def _transaction(self, bench: Bench, producer_id: int, *pairs: Pair, committed: bool) -> None:
        options = {"producer_id": producer_id, "producer_epoch": 0, "base_sequence": 0, "transactional": True}
        bench.append(keyed(*pairs, **options))
        bench.append(encode_marker_batch(EndTransactionMarker(committed, 0), producer_id, 0, START_MS))

    def test_a_producers_last_batch_stays_though_it_is_empty(self, compacted: Bench) -> None:
        """It keeps the producer's next sequence, also over a restart, until the producer expires."""
        for number in range(3):
            compacted.append(keyed((b"a", b"%d" % number), producer_id=7, producer_epoch=1, base_sequence=number))
        compacted.append(keyed((b"a", b"last")))
        compacted.append(keyed((b"b", b"last")))
        roll(compacted)
        assert clean(compacted)
        assert [(header.base_offset, len(records)) for header, records in batches(compacted)] == [
            (2, 0),
            (3, 1),
            (4, 1),
        ]
        self.reopen(compacted)
        duplicate = compacted.log.producers.check(read_header(keyed((b"a", b"2"), **_producer(2))))
        assert duplicate is not None
        assert duplicate.first_offset == 2
        assert compacted.log.producers.check(read_header(keyed((b"a", b"3"), **_producer(3)))) is None
        with pytest.raises(ApiError) as caught:
            compacted.log.producers.check(read_header(keyed((b"a", b"5"), **_producer(5))))
        assert caught.value.code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
        compacted.log.producers.expire(START_MS + DAY_MS, 1)
        compacted.append(keyed((b"c", b"")))
        roll(compacted)
        assert clean(compacted)
        assert [header.base_offset for header, _ in batches(compacted)] == [3, 4, 5]

    def test_the_end_of_what_was_cleaned_is_known_though_nothing_is_left_of_it(self, compacted: Bench) -> None:
        """The cleaning leaves an empty batch at its end."""
        compacted.append(keyed((None, b"without a key")))  # type: ignore[arg-type]
        roll(compacted)
        assert clean(compacted)
        assert [(header.base_offset, len(records)) for header, records in batches(compacted)] == [(0, 0)]
        self.reopen(compacted)
        assert compacted.log.log_end_offset == 1

    def test_a_small_map_of_keys_takes_several_passes(self, compacted: Bench) -> None:
        """Each pass begins where the map of the previous one was full; the result is that of a single pass."""
        for number in range(40):
            compacted.append(keyed(*[(b"a key longer than a digest: %d" % key, b"%d" % number) for key in range(5)]))
            if number % 7 == 6:
                roll(compacted)
        roll(compacted)
        compacted.log.config = replace(compacted.log.config, min_cleanable_dirty_ratio=0.0)
        limits = CleanerLimits(dedupe_buffer_bytes=3 * OFFSET_MAP_ENTRY_BYTES, step_bytes=1)
        passes = 0
        while clean(compacted, limits):
            passes += 1
        assert passes > 5
        assert compacted.log.cleaned_offset == compacted.log.log_end_offset == 200
        assert {row[1] for row in rows(compacted)} == {b"a key longer than a digest: %d" % key for key in range(5)}
        assert {row[2] for row in rows(compacted)[-5:]} == {b"39"}

    @pytest.mark.parametrize("delta", [-1, 40])
    def test_a_record_whose_offset_is_not_in_its_batch_costs_none(self, compacted: Bench, delta: int) -> None:
        """A producer's plain batch may carry such an offset, as Kafka accepts it. It may be one in the cleaned part."""
        compacted.append(keyed((b"first", b"x")))
        roll(compacted)
        assert clean(compacted)
        odd = keyed((b"odd", b"x"))
        body = bytearray(records_view(odd, read_header(odd)))
        assert body[OFFSET_DELTA_AT] == 0
        body[OFFSET_DELTA_AT] = delta << 1 if delta >= 0 else ~(delta << 1)
        compacted.append(assemble_batch(read_header(odd), body))
        for number in range(20):
            compacted.append(keyed((b"%d" % number, b"x")))
        roll(compacted)
        assert clean(compacted)
        assert [key for _, key, _ in rows(compacted)] == [b"first", b"odd", *(b"%d" % number for number in range(20))]

    def test_long_runs_without_a_newest_record_leave_nothing(self, compacted: Bench) -> None:
        """Between records that are their keys' newest ones, and a producer's last batch."""
        alone = {1, 200, 201, 400}
        for number in range(500):
            key = b"%d" % number if number in alone else b"often"
            producer = {"producer_id": 1, "producer_epoch": 0, "base_sequence": 0} if number == 300 else {}
            compacted.append(keyed((key, b"%d" % number), **producer))
            if number % 300 == 0:
                roll(compacted)
        roll(compacted)
        assert clean(compacted)
        assert [row[0] for row in rows(compacted)] == [*sorted(alone), 499]
        assert [header.base_offset for header, records in batches(compacted) if not records] == [300]
        assert compacted.log.log_end_offset == 500

    def test_segments_are_merged_up_to_segment_bytes(self, make_store: MakeStore) -> None:
        """A merged segment is never longer than segment.bytes. Sizes are those before the cleaning."""
        size = len(keyed((b"0", b"x" * 100)))
        bench = Bench(make_store, replace(COMPACTED, segment_bytes=3 * size))
        for number in range(8):
            bench.append(keyed((b"%d" % number, b"x" * 100)))
            roll(bench)
        assert clean(bench)
        assert [info.size_bytes for info in bench.log.segments()] == [3 * size, 3 * size, 2 * size, 0]
        for _ in range(5):
            bench.append(keyed((b"7", b"x" * 100)))
            roll(bench)
        while clean(bench):
            assert all(info.size_bytes <= 3 * size for info in bench.log.segments())
        assert len(rows(bench)) == 8
        assert bench.log.size_bytes == 8 * size

    def test_what_changed_meanwhile_is_not_replaced(self, compacted: Bench) -> None:
        """Deleted and truncated segments, and those of a closed log, stay as they are."""
        for number in range(4):
            compacted.append(keyed((b"a", b"%d" % number)))
            roll(compacted)
        replacement = compacted.log.begin_replacement([0, 1])
        replacement.finish([])
        compacted.log.advance_log_start(1)
        assert not compacted.log.replace(replacement)
        replacement.abandon()
        with pytest.raises(StorageError):
            compacted.log.begin_replacement([0])
        with pytest.raises(StorageError):
            compacted.log.begin_replacement([1, 3])
        with pytest.raises(StorageError):
            compacted.log.begin_replacement([4])
        replacement = compacted.log.begin_replacement([1, 2])
        replacement.finish([])
        compacted.log.truncate(2)
        compacted.append(keyed((b"b", b"")))
        roll(compacted)
        assert not compacted.log.replace(replacement)
        replacement.abandon()
        assert rows(compacted) == [(1, b"a", b"1"), (2, b"b", b"")]
        replacement = compacted.log.begin_replacement([1])
        replacement.finish([])
        compacted.log.close()
        with pytest.raises(StorageError):
            compacted.log.replace(replacement)
        replacement.abandon()

    def test_truncation_takes_the_cleaners_point_back(self, compacted: Bench) -> None:
        """Records after the cut are dirty again."""
        for number in range(3):
            compacted.append(keyed((b"%d" % number, b"")))
            roll(compacted)
        assert clean(compacted)
        compacted.log.truncate(2)
        assert compacted.log.cleaned_offset == 2

    def test_a_log_start_past_the_cleaners_point_counts(self, make_store: MakeStore) -> None:
        """With compact and delete, retention removes whole segments, cleaned or not."""
        config = replace(COMPACTED, cleanup_policy=frozenset({"compact", "delete"}), retention_ms=DAY_MS)
        bench = Bench(make_store, config)
        for day in range(4):
            bench.append(keyed((b"%d" % day, b""), at_ms=START_MS + day * DAY_MS))
            bench.log.roll(START_MS)
            if day == 0:
                assert clean(bench)
        now_ms = START_MS + 3 * DAY_MS
        start = log_start_after_retention(bench.log.segments(), config, 0, 4, now_ms)
        assert start == 2
        bench.log.advance_log_start(start)
        assert find_dirty(bench.log, 4, now_ms).first_dirty_offset == 2
        assert clean(bench)
        assert [row[0] for row in rows(bench)] == [2, 3]


def _producer(base_sequence: int) -> dict[str, int | bool]:
    return {"producer_id": 7, "producer_epoch": 1, "base_sequence": base_sequence}
