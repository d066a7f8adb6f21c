"""The contract of a storage engine, as tests: every engine does what kwire.storage.port says.

A test module applies it by a subclass:

    class TestMyEngine(LogContract):  # or DurableLogContract, where logs survive close()
        @pytest.fixture
        def make_store(self, tmp_path):
            return lambda place, env: MyStore(env, str(tmp_path / place))

Everything is deterministic: the clock stands still unless a test moves it, randomness is seeded.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.records.batch import read_header
from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.aborted import AbortedTransaction
from kwire.storage.config import LogConfig
from kwire.storage.port import OffsetOutOfRange, StorageError, StoredLog, TimestampOffset
from tests.kit.cleaning_contract import CleaningContract
from tests.kit.storage_bench import (
    ALL,
    DAY_MS,
    START_MS,
    TOPIC,
    TOPIC_ID,
    Bench,
    MakeStore,
    Model,
    batch_of,
    write_aborted_transaction,
)


class LogContract(CleaningContract):
    """What every engine does."""

    survives_reopen = False

    @pytest.fixture
    def make_store(self) -> MakeStore:
        """Make a store of the engine under test. Override this."""
        raise NotImplementedError

    @pytest.fixture
    def bench(self, make_store: MakeStore) -> Bench:
        """Make an empty log."""
        return Bench(make_store)

    def test_new_log_is_empty(self, bench: Bench) -> None:
        """Offsets are 0; nothing can be read, and no timestamp is found."""
        log = bench.log
        assert (log.log_start_offset, log.log_end_offset, log.size_bytes) == (0, 0, 0)
        assert (log.topic, log.topic_id, log.partition) == (TOPIC, TOPIC_ID, 0)
        assert not bench.read(0)
        assert log.max_timestamp() is None
        assert log.offset_for_timestamp(0, before_offset=0) is None
        assert list(log.headers()) == []
        assert len(log.segments()) == 1

    def test_append_assigns_dense_offsets_and_patches(self, bench: Bench) -> None:
        """The batch gets its offset and epoch in the returned header and in the stored bytes."""
        assert bench.append(batch_of(3)).last_offset == 2
        batch = batch_of(2)
        header = read_header(batch)
        appended = bench.log.append(batch, header, 7, START_MS)
        assert (appended.base_offset, appended.last_offset, appended.durable) == (3, 4, None)
        assert (header.base_offset, header.partition_leader_epoch) == (3, 7)
        assert read_header(batch) == header
        assert bench.log.log_end_offset == 5
        assert bench.read(3) == batch

    def test_append_takes_a_view(self, bench: Bench) -> None:
        """A batch may be part of a longer buffer, which may change after the append."""
        batch = batch_of(2)
        frame = bytearray(b"before" + batch + b"after")
        with memoryview(frame)[6 : 6 + len(batch)] as view:
            bench.log.append(view, read_header(view), 0, START_MS)
        frame[:] = bytes(len(frame))
        batch[12:16] = bytes(4)
        assert bench.read(0) == batch

    def test_reads_begin_with_the_batch_that_contains_the_offset(self, bench: Bench) -> None:
        """A read at any offset, also in the middle of a batch, begins with that batch."""
        batches = [batch_of(count, value_bytes=count * 7) for count in (1, 5, 2, 9)]
        for batch in batches:
            bench.append(batch)
        bases = [0, 1, 6, 8, 17]
        for offset in range(17):
            number = max(index for index in range(4) if bases[index] <= offset)
            assert bench.read(offset) == b"".join(batches[number:])

    def test_read_is_bounded_by_max_bytes(self, bench: Bench) -> None:
        """For every max_bytes, a read gives a prefix of what is stored, of at most that length."""
        batches = [batch_of(value_bytes=50) for _ in range(4)]
        for batch in batches:
            bench.append(batch)
        stored = b"".join(batches)
        for max_bytes in range(0, len(stored) + 10, 7):
            data = bench.read(0, max_bytes, min_one_batch=False)
            assert len(data) <= max_bytes
            assert stored.startswith(data)
            assert len(data) >= max_bytes // len(batches[0]) * len(batches[0]) or data == stored

    def test_a_slice_knows_where_its_last_whole_batch_ends(self, bench: Bench) -> None:
        """A batch that is cut at max_bytes is not counted; a closed slice is not asked."""
        batches = [batch_of(count, value_bytes=50) for count in (1, 3, 2)]
        for batch in batches:
            bench.append(batch)
        ends = [0, 1, 4, 6]
        for max_bytes in range(0, sum(map(len, batches)) + 10, 7):
            found = bench.log.read(0, max_bytes, before_offset=6, min_one_batch=False)
            whole = max(count for count in range(4) if sum(map(len, batches[:count])) <= len(found))
            assert found.next_offset() == ends[whole]
            found.close()

    def test_read_gives_at_least_one_batch_if_asked(self, bench: Bench) -> None:
        """The first batch is whole, however small max_bytes is; no second one comes with it."""
        first = batch_of(value_bytes=500)
        bench.append(first)
        bench.append()
        assert bench.read(0, 1, min_one_batch=True) == first
        assert bench.read(0, 1, min_one_batch=False) == b""
        assert bench.read(0, len(first) - 1, min_one_batch=False) == b""
        assert bench.read(0, len(first), min_one_batch=False) == first

    def test_read_stops_before_an_offset(self, bench: Bench) -> None:
        """A read returns only batches that begin below before_offset (the high watermark, the last stable offset)."""
        batches = [batch_of(2) for _ in range(3)]
        for batch in batches:
            bench.append(batch)
        assert bench.read(0, before_offset=6) == b"".join(batches)
        assert bench.read(0, before_offset=4) == b"".join(batches[:2])
        assert bench.read(0, before_offset=2) == batches[0]
        assert not bench.read(2, before_offset=2)
        assert not bench.read(4, before_offset=2)

    def test_read_out_of_range(self, bench: Bench) -> None:
        """Reads below the log start and above the log end are out of range; a read at the log end is empty."""
        bench.append(batch_of(4))
        bench.log.advance_log_start(2)
        assert not bench.read(4)
        for offset in (0, 1, 5, 10**9):
            with pytest.raises(OffsetOutOfRange):
                bench.read(offset)

    def test_read_over_segments(self, bench: Bench) -> None:
        """Reading on and on gives everything, across segments."""
        batches = [batch_of(3) for _ in range(9)]
        for number, batch in enumerate(batches):
            bench.append(batch)
            if number % 3 == 2:
                bench.log.roll(START_MS)
        assert bench.read_all() == b"".join(batches)
        assert bench.read_all(10) == b"".join(batches[3:])
        assert [segment.base_offset for segment in bench.log.segments()] == [0, 9, 18, 27]

    def test_segments_roll_by_size(self, make_store: MakeStore) -> None:
        """A batch that would make the active segment longer than segment.bytes begins a new one."""
        size = len(batch_of(value_bytes=100))
        bench = Bench(make_store, LogConfig(segment_bytes=3 * size))
        for _ in range(7):
            bench.append(batch_of(value_bytes=100))
        assert [segment.size_bytes for segment in bench.log.segments()] == [3 * size, 3 * size, size]
        assert bench.log.size_bytes == 7 * size

    def test_config_changes_take_effect(self, make_store: MakeStore) -> None:
        """A smaller segment.bytes applies from the next append on."""
        bench = Bench(make_store)
        for _ in range(3):
            bench.append()
        assert len(bench.log.segments()) == 1
        bench.log.config = replace(bench.log.config, segment_bytes=1)
        bench.append()
        bench.append()
        assert [segment.base_offset for segment in bench.log.segments()] == [0, 3, 4]

    def test_segments_roll_by_the_records_time(self, make_store: MakeStore) -> None:
        """segment.ms counts from the first batch's newest timestamp to the appended one's."""
        bench = Bench(make_store, LogConfig(segment_ms=1000))
        for age_ms in (0, 1000, 1001, 1500):
            bench.append(batch_of(timestamps_ms=[START_MS + age_ms]))
        assert [segment.base_offset for segment in bench.log.segments()] == [0, 2]

    def test_segments_roll_by_the_clock_without_timestamps(self, make_store: MakeStore) -> None:
        """Without timestamps, segment.ms counts from the segment's first append."""
        bench = Bench(make_store, LogConfig(segment_ms=1000))
        bench.append(batch_of(timestamps_ms=[-1]))
        bench.time.now_ms += 1000
        bench.append(batch_of(timestamps_ms=[-1]))
        bench.time.now_ms += 1
        bench.append(batch_of(timestamps_ms=[-1]))
        assert [segment.base_offset for segment in bench.log.segments()] == [0, 2]

    def test_roll_if_due(self, make_store: MakeStore) -> None:
        """An idle active segment is closed after segment.ms, but never an empty one."""
        bench = Bench(make_store, LogConfig(segment_ms=1000))
        bench.log.roll_if_due(START_MS + DAY_MS)
        assert len(bench.log.segments()) == 1
        bench.append()
        bench.log.roll_if_due(START_MS + 1000)
        assert len(bench.log.segments()) == 1
        bench.log.roll_if_due(START_MS + 1001)
        assert [segment.base_offset for segment in bench.log.segments()] == [0, 1]

    def test_roll_of_an_empty_segment_does_nothing(self, bench: Bench) -> None:
        """There is never more than one empty segment."""
        bench.log.roll(START_MS)
        bench.append()
        bench.log.roll(START_MS)
        bench.log.roll(START_MS)
        assert [segment.base_offset for segment in bench.log.segments()] == [0, 1]

    def test_segment_infos(self, bench: Bench) -> None:
        """They have offsets, size, newest timestamp and age of each segment."""
        first = batch_of(timestamps_ms=[START_MS + 5, START_MS - 5])
        bench.append(first)
        bench.time.now_ms += 10
        bench.log.roll(bench.time.now_ms)
        bench.time.now_ms += 10
        second = batch_of(timestamps_ms=[-1])
        bench.append(second)
        old, active = bench.log.segments()
        assert (old.base_offset, old.next_offset, old.size_bytes) == (0, 2, len(first))
        assert (old.max_timestamp_ms, old.created_ms) == (START_MS + 5, START_MS)
        assert (active.base_offset, active.next_offset, active.size_bytes) == (2, 3, len(second))
        assert (active.max_timestamp_ms, active.created_ms) == (-1, START_MS + 20)

    @pytest.mark.parametrize("compression", [0, 1])
    def test_offset_for_timestamp(self, bench: Bench, compression: int) -> None:
        """It finds the first record that is not older, below before_offset, with its batch's epoch."""
        for leader_epoch, ages_ms in enumerate([[0, 10, 5], [3, 40], [20], [60, 50]]):
            batch = batch_of(timestamps_ms=[START_MS + age for age in ages_ms], compression=compression)
            bench.append(batch, leader_epoch=leader_epoch)
            if leader_epoch == 1:
                bench.log.roll(START_MS)
        for age_ms, expected in [
            (-99, (0, 0, 0)),
            (5, (10, 1, 0)),
            (11, (40, 4, 1)),
            (40, (40, 4, 1)),
            (41, (60, 6, 3)),
        ]:
            found = bench.log.offset_for_timestamp(START_MS + age_ms, before_offset=8)
            assert found == TimestampOffset(START_MS + expected[0], expected[1], expected[2])
        assert bench.log.offset_for_timestamp(START_MS + 61, before_offset=8) is None
        assert bench.log.offset_for_timestamp(START_MS + 41, before_offset=6) is None
        assert bench.log.offset_for_timestamp(START_MS + 11, before_offset=4) is None

    def test_offset_for_timestamp_skips_deleted_records(self, bench: Bench) -> None:
        """Records below the log start offset are not found."""
        bench.append(batch_of(timestamps_ms=[START_MS + 100]))
        bench.append(batch_of(timestamps_ms=[START_MS + 90, START_MS + 80]))
        bench.append(batch_of(timestamps_ms=[START_MS + 70, START_MS + 85]))
        bench.log.advance_log_start(2)
        find = bench.log.offset_for_timestamp
        assert find(START_MS, before_offset=5) == TimestampOffset(START_MS + 80, 2, 0)
        assert find(START_MS + 81, before_offset=5) == TimestampOffset(START_MS + 85, 4, 0)
        assert find(START_MS + 86, before_offset=5) is None

    def test_offset_for_timestamp_of_log_append_time(self, bench: Bench) -> None:
        """Each record has its batch's time."""
        for age_ms in (0, 10):
            records = [Record(index, 0, None, b"v") for index in range(3)]
            bench.append(encode_batch(records, log_append_time_ms=START_MS + age_ms))
        found = bench.log.offset_for_timestamp(START_MS + 1, before_offset=6)
        assert found == TimestampOffset(START_MS + 10, 3, 0)

    def test_max_timestamp(self, bench: Bench) -> None:
        """It is the first record with the newest timestamp of all segments."""
        for leader_epoch, ages_ms in enumerate([[0, 10], [3, 40, 40], [20], [40, 1]]):
            bench.append(batch_of(timestamps_ms=[START_MS + age for age in ages_ms]), leader_epoch=leader_epoch)
            bench.log.roll(START_MS)
        assert bench.log.max_timestamp() == TimestampOffset(START_MS + 40, 3, 1)
        bench.append(batch_of(timestamps_ms=[START_MS + 41]), leader_epoch=5)
        assert bench.log.max_timestamp() == TimestampOffset(START_MS + 41, 8, 5)

    def test_records_without_timestamps_have_no_max(self, bench: Bench) -> None:
        """-1 is not a time."""
        bench.append(batch_of(timestamps_ms=[-1, -1]))
        assert bench.log.max_timestamp() is None

    def test_leader_epochs_follow_the_appends(self, bench: Bench) -> None:
        """Each epoch begins with its first batch."""
        for leader_epoch in (0, 0, 2, 5, 5):
            bench.append(batch_of(2), leader_epoch=leader_epoch)
        epochs = bench.log.leader_epochs
        assert [(entry.epoch, entry.start_offset) for entry in epochs] == [(0, 0), (2, 4), (5, 6)]
        assert epochs.end_offset_for(1, bench.log.log_end_offset) == (0, 4)
        assert epochs.end_offset_for(5, bench.log.log_end_offset) == (5, 10)
        bench.log.advance_log_start(5)
        assert [(entry.epoch, entry.start_offset) for entry in epochs] == [(2, 5), (5, 6)]
        bench.log.truncate(6)
        assert [(entry.epoch, entry.start_offset) for entry in bench.log.leader_epochs] == [(2, 5)]

    def test_advance_log_start_deletes_whole_segments(self, bench: Bench) -> None:
        """It deletes only segments that are wholly below the offset, and never moves back."""
        batches = [batch_of(2) for _ in range(6)]
        for batch in batches:
            bench.append(batch)
            bench.log.roll(START_MS)
        bench.log.advance_log_start(5)
        assert bench.log.log_start_offset == 5
        assert bench.log.segments()[0].base_offset == 4
        assert bench.log.size_bytes == sum(map(len, batches[2:]))
        assert bench.read(5) == bench.read(5)[:0] + b"".join(batches[2:])[: len(bench.read(5))]
        bench.log.advance_log_start(3)
        assert bench.log.log_start_offset == 5
        with pytest.raises(OffsetOutOfRange):
            bench.log.advance_log_start(13)
        assert bench.log.log_start_offset == 5

    def test_advance_log_start_to_the_end(self, bench: Bench) -> None:
        """The active segment is rolled, so that no record is left; offsets continue."""
        for _ in range(3):
            bench.append(batch_of(2))
        bench.log.advance_log_start(6)
        assert (bench.log.log_start_offset, bench.log.log_end_offset, bench.log.size_bytes) == (6, 6, 0)
        assert [segment.base_offset for segment in bench.log.segments()] == [6]
        assert not bench.read(6)
        assert bench.append().base_offset == 6

    def test_truncate(self, bench: Bench) -> None:
        """Batches with records at or above the offset go, also whole segments; appends continue at the new end."""
        batches = [batch_of(2, timestamps_ms=[START_MS + number] * 2) for number in range(6)]
        for number, batch in enumerate(batches):
            bench.append(batch)
            if number in {1, 3}:
                bench.log.roll(START_MS)
        bench.log.truncate(99)
        assert bench.log.log_end_offset == 12
        bench.log.truncate(6)
        assert bench.log.log_end_offset == 6
        assert bench.log.size_bytes == sum(map(len, batches[:3]))
        assert bench.read_all() == b"".join(batches[:3])
        assert bench.log.max_timestamp() == TimestampOffset(START_MS + 2, 4, 0)
        assert bench.log.offset_for_timestamp(START_MS + 3, before_offset=99) is None
        assert bench.append().base_offset == 6
        bench.log.truncate(0)
        assert (bench.log.log_end_offset, bench.log.size_bytes) == (0, 0)
        assert bench.append().base_offset == 0

    def test_truncate_within_a_batch(self, bench: Bench) -> None:
        """A batch is never cut: the one that contains the offset is removed as a whole."""
        first = batch_of(2)
        bench.append(first)
        bench.append(batch_of(5))
        bench.log.truncate(4)
        assert 2 <= bench.log.log_end_offset <= 4
        assert bench.read_all() == first

    def test_truncate_below_the_log_start(self, bench: Bench) -> None:
        """The log start offset never stays above the log end offset."""
        for _ in range(4):
            bench.append(batch_of(2))
            bench.log.roll(START_MS)
        bench.log.advance_log_start(5)
        bench.log.truncate(2)
        assert bench.log.log_start_offset <= bench.log.log_end_offset <= 2
        assert bench.append().base_offset <= 2

    def test_slices_outlive_what_they_show(self, bench: Bench) -> None:
        """Truncation, new appends and deletion of segments or of the log do not disturb a reader in progress."""
        first, second = batch_of(value_bytes=100), batch_of(value_bytes=100)
        bench.append(first)
        bench.append(second)
        stored = bytes(first + second)
        read = [bench.log.read(0, ALL, before_offset=2, min_one_batch=True) for _ in range(4)]
        bench.log.truncate(1)
        bench.append(batch_of(value_bytes=99))
        assert read[0].tobytes()[: len(first)] == first
        bench.log.truncate(0)
        bench.append(first)
        bench.append(second)
        held = bench.log.read(0, ALL, before_offset=2, min_one_batch=True)
        bench.log.advance_log_start(2)
        assert held.tobytes() == stored
        bench.store.delete(bench.log)
        assert held.tobytes() == stored
        for part in [*read, held, held]:
            part.close()

    def test_parts_are_the_bytes(self, bench: Bench) -> None:
        """Bytes in memory are given as read-only views."""
        bench.append(batch_of(5, value_bytes=5000))
        part = bench.log.read(0, ALL, before_offset=5, min_one_batch=True)
        views = [view for view in part.parts() if isinstance(view, memoryview)]
        assert all(view.readonly for view in views)
        sizes = [len(view) if isinstance(view, memoryview) else view.size_bytes for view in part.parts()]
        assert sum(sizes) == len(part)
        part.close()

    def test_headers(self, bench: Bench) -> None:
        """They begin with the batch that contains the offset."""
        for count in (3, 1, 4):
            bench.append(batch_of(count), leader_epoch=count)
            bench.log.roll(START_MS)
        assert [header.base_offset for header in bench.log.headers()] == [0, 3, 4]
        assert [header.base_offset for header in bench.log.headers(2)] == [0, 3, 4]
        assert [header.partition_leader_epoch for header in bench.log.headers(3)] == [1, 4]
        assert [header.next_offset for header in bench.log.headers(7)] == [8]
        assert list(bench.log.headers(8)) == []

    def test_append_as_is(self, bench: Bench) -> None:
        """Batches keep their own offsets and epochs; reads skip gaps."""
        bench.append(batch_of(2))
        batches = [
            encode_batch([Record(0, START_MS, None, b"v")] * 2, base_offset=base_offset, leader_epoch=leader_epoch)
            for base_offset, leader_epoch in [(2, 1), (10, 1), (12, 3)]
        ]
        appended = bench.log.append_as_is(b"".join(batches), START_MS)
        assert (appended.base_offset, appended.last_offset) == (2, 13)
        assert bench.log.log_end_offset == 14
        for offset in (4, 7, 9, 10, 11):
            assert bench.read(offset) == b"".join(batches[1:])
        assert [(entry.epoch, entry.start_offset) for entry in bench.log.leader_epochs] == [(0, 0), (1, 2), (3, 12)]
        assert bench.append().base_offset == 14

    def test_offsets_may_leap(self, bench: Bench) -> None:
        """Offsets in one segment are within int32 of each other; a longer leap begins a new segment."""
        bench.append()
        for base_offset in (2**31 + 5, 2**40):
            batch = encode_batch([Record(0, START_MS, None, b"v")], base_offset=base_offset)
            bench.log.append_as_is(batch, START_MS)
            assert bench.read(base_offset - 1) == batch
            assert bench.log.log_end_offset == base_offset + 1
        assert len(bench.log.segments()) == 3
        assert bench.append().base_offset == 2**40 + 1

    def test_append_as_is_refuses_what_does_not_ascend(self, bench: Bench) -> None:
        """Nothing of it is appended."""
        bench.append(batch_of(2))
        good = encode_batch([Record(0, START_MS, None, b"v")], base_offset=2)
        for batches in (batch_of(), good + good, good[:-1], b"", b"no batch"):
            with pytest.raises(ValueError, match=r"."):
                bench.log.append_as_is(batches, START_MS)
        assert bench.log.log_end_offset == 2
        assert len(bench.read_headers(0)) == 1

    def test_producers_know_duplicates(self, bench: Bench) -> None:
        """A stored batch is recognised by its sequence numbers, and one that leaves a gap is refused."""
        for sequence in (0, 2, 4):
            bench.append(batch_of(2, producer=(9, 0, sequence)))
        duplicate = bench.log.producers.check(read_header(batch_of(2, producer=(9, 0, 2))))
        assert duplicate is not None
        assert (duplicate.first_offset, duplicate.last_offset) == (2, 3)
        assert bench.log.producers.check(read_header(batch_of(1, producer=(9, 0, 6)))) is None
        with pytest.raises(ApiError) as caught:
            bench.log.producers.check(read_header(batch_of(1, producer=(9, 0, 7))))
        assert caught.value.code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER

    def test_truncate_forgets_producers_and_transactions(self, bench: Bench) -> None:
        """Sequences, open transactions and aborted ones are those of the records left."""
        write_aborted_transaction(bench, producer_id=9)
        bench.append(batch_of(2, producer=(9, 0, 2), transactional=True))
        assert bench.first_unstable_offset() == 3
        bench.log.truncate(3)
        assert bench.first_unstable_offset() is None
        assert bench.log.producers.check(read_header(batch_of(1, producer=(9, 0, 2)))) is None
        assert len(bench.log.aborted) == 1
        bench.log.truncate(2)
        assert bench.first_unstable_offset() == 0
        assert len(bench.log.aborted) == 0

    def test_markers_end_transactions(self, bench: Bench) -> None:
        """Reads that overlap an abort find it; a commit leaves no trace; the first unstable offset moves."""
        bench.append(batch_of(2, producer=(1, 0, 0), transactional=True))
        bench.append(batch_of(2, producer=(2, 0, 0), transactional=True))
        assert bench.first_unstable_offset() == 0
        bench.append(encode_marker_batch(EndTransactionMarker(committed=False, coordinator_epoch=3), 2, 0, START_MS))
        assert bench.first_unstable_offset() == 0
        bench.append(encode_marker_batch(EndTransactionMarker(committed=True, coordinator_epoch=3), 1, 0, START_MS))
        assert bench.first_unstable_offset() is None
        assert bench.log.aborted.collect(0, 6) == [AbortedTransaction(2, 2, 4, 0)]
        assert bench.log.aborted.collect(5, 6) == []
        assert bench.log.aborted.collect(0, 2) == []

    def test_delete(self, bench: Bench) -> None:
        """A deleted log is gone; one of the same name begins empty."""
        bench.append()
        other = bench.store.open(TOPIC, TOPIC_ID, 1, bench.config)
        other.append(batch := batch_of(), read_header(batch), 0, START_MS)
        bench.store.delete(bench.log)
        assert list(bench.store.list()) == [StoredLog(TOPIC, TOPIC_ID, 1)]
        assert (list(bench.store.stored(TOPIC)), list(bench.store.stored("another"))) == ([1], [])
        with pytest.raises(StorageError):
            bench.read(0)
        fresh = bench.store.open(TOPIC, bytes(reversed(TOPIC_ID)), 0, bench.config)
        assert (fresh.log_start_offset, fresh.log_end_offset) == (0, 0)
        assert other.log_end_offset == 1

    def test_space(self, bench: Bench) -> None:
        """The store has a place with free space."""
        assert bench.store.location
        total_bytes, usable_bytes = bench.store.space()
        assert 0 < usable_bytes <= total_bytes

    def test_open_is_idempotent(self, bench: Bench) -> None:
        """Opening an open log returns the same object."""
        bench.append()
        assert bench.store.open(TOPIC, TOPIC_ID, 0, bench.config) is bench.log
        assert [stored.partition for stored in bench.store.list()] == [0]

    def test_closed_logs_fail(self, bench: Bench) -> None:
        """After close() everything raises StorageError; closing again does nothing."""
        bench.append()
        bench.log.close()
        bench.log.close()
        with pytest.raises(StorageError):
            bench.append()
        with pytest.raises(StorageError):
            bench.log.read(0, ALL, before_offset=1, min_one_batch=True)
        with pytest.raises(StorageError):
            bench.log.advance_log_start(1)
        with pytest.raises(StorageError):
            bench.log.truncate(0)
        with pytest.raises(StorageError):
            bench.log.roll(START_MS)
        with pytest.raises(StorageError):
            bench.log.offset_for_timestamp(0, before_offset=1)
        bench.store.close()
        bench.store.close()

    def test_flush_and_housekeep_change_nothing(self, bench: Bench) -> None:
        """They concern the disk only."""
        batch = batch_of(3)
        bench.append(batch)
        bench.log.flush()
        bench.store.housekeep(START_MS + DAY_MS)
        assert bench.read(0) == batch
        assert bench.log.log_end_offset == 3

    @settings(
        max_examples=100,
        deadline=None,
        derandomize=True,
        # the fixture makes a place per example, and each subclass is an executor of its own
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(data=st.data())
    def test_engine_behaves_as_a_list_of_batches(self, make_store: MakeStore, data: st.DataObject) -> None:
        """Any sequence of operations has the same result as on a list."""
        self._examples = getattr(self, "_examples", 0) + 1
        segment_bytes = data.draw(st.sampled_from([200, 1000, 10**6]), "segment_bytes")
        bench = Bench(make_store, LogConfig(segment_bytes=segment_bytes), place=f"model-{self._examples}")
        model = Model()
        names = ["append"] * 4 + ["abort", "roll", "advance", "truncate"] + ["reopen"] * self.survives_reopen
        for name in data.draw(st.lists(st.sampled_from(names), max_size=25), "operations"):
            share = data.draw(st.integers(0, 10), name)
            model.apply(bench, name, share)
            model.check(bench)
        model.check_reads(bench)
        bench.store.close()
