import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from kwire.limits import MEMORY_FIRST_CHUNK_BYTES, MEMORY_SEGMENT_BYTES
from kwire.protocol.records.batch import read_header
from kwire.storage.cleaner import Cleaner, CleanerLimits
from kwire.storage.config import LogConfig
from kwire.storage.memory import MemoryStore
from kwire.storage.memory_segment import INDEX_BYTES_PER_BATCH
from kwire.storage.port import OffsetOutOfRange, StorageError
from tests.kit.storage_bench import ALL, START_MS, FakeTime, batch_of
from tests.kit.storage_contract import LogContract

SEGMENTS = Path(__file__).parent.parent / "vectors" / "segments"

MIB = 2**20
COMPACT = LogConfig(cleanup_policy=frozenset({"compact"}))


class TestMemoryContract(LogContract):
    @pytest.fixture
    def make_store(self):
        return lambda _place, env: MemoryStore(env)


def store_of(budget_bytes):
    return MemoryStore(FakeTime().env(), budget_bytes)


def open_log(store, name, config=None, partition=0):
    return store.open(name, name.encode().ljust(16, b"\0"), partition, config or LogConfig())


def append(log, value_bytes=10):
    batch = batch_of(value_bytes=value_bytes)
    return log.append(batch, read_header(batch), 0, START_MS)


def fill(log, total_bytes, value_bytes=20_000):
    for _ in range(total_bytes // value_bytes):
        append(log, value_bytes)


def taken_bytes(store):
    """What the logs really hold, to compare with what the store counts."""
    return sum(
        len(segment.producers_before)
        + sum(len(chunk) for chunk in segment._chunks)
        + sum(len(numbers) * numbers.itemsize for numbers in index_of(segment))
        for log in store._logs.values()
        for segment in log._segments
    )


def index_of(segment):
    return segment.base_offsets, segment.next_offsets, segment.ends, segment.newest_ms


def test_an_empty_log_takes_nothing_and_a_small_one_little():
    store = store_of(MIB)
    log = open_log(store, "a")
    assert store.used_bytes == taken_bytes(store) == 0
    append(log)
    assert store.used_bytes == taken_bytes(store) == MEMORY_FIRST_CHUNK_BYTES + INDEX_BYTES_PER_BATCH


def test_the_store_counts_what_the_logs_hold():
    store = store_of(64 * MIB)
    logs = [open_log(store, name) for name in "abc"]
    for number, log in enumerate(logs):
        fill(log, 5 * MIB, 100_000 * number + 999)
        assert store.used_bytes == taken_bytes(store)
    logs[0].truncate(logs[0].log_end_offset // 2)
    assert store.used_bytes == taken_bytes(store)
    append(logs[0])
    assert store.used_bytes == taken_bytes(store)
    logs[1].roll(START_MS)
    assert store.used_bytes == taken_bytes(store)
    logs[1].advance_log_start(logs[1].log_end_offset - 3)
    assert store.used_bytes == taken_bytes(store)
    logs[2].truncate(0)
    assert store.used_bytes == taken_bytes(store)
    for log in logs:
        store.delete(log)
    assert store.used_bytes == 0


def test_a_closed_segment_has_no_slack():
    store = store_of(64 * MIB)
    log = open_log(store, "a")
    fill(log, MIB)
    log.roll(START_MS)
    assert store.used_bytes == log.size_bytes + INDEX_BYTES_PER_BATCH * log.log_end_offset
    assert log.read(0, ALL, before_offset=ALL, min_one_batch=True).tobytes()[-20:] == bytes(20)[:-1] + b"\0"


def test_the_oldest_closed_segments_of_all_logs_go_first(caplog):
    store = store_of(8 * MIB)
    old, young = open_log(store, "old"), open_log(store, "young")
    fill(old, 3 * MIB)
    fill(young, 3 * MIB)
    assert (old.log_start_offset, young.log_start_offset) == (0, 0)
    with caplog.at_level(logging.WARNING):
        fill(young, 3 * MIB)
    assert old.log_start_offset > 0
    assert young.log_start_offset == 0
    fill(young, 20 * MIB)
    assert young.log_start_offset > 0
    assert store.used_bytes == taken_bytes(store) <= store.budget_bytes
    assert len(caplog.records) == 1
    assert "old-0" in caplog.text
    with pytest.raises(OffsetOutOfRange):
        old.read(0, ALL, before_offset=ALL, min_one_batch=True)
    first = read_header(young.read(young.log_start_offset, ALL, before_offset=ALL, min_one_batch=True).tobytes())
    assert first.base_offset == young.log_start_offset


def test_logs_that_are_not_to_be_deleted_stay_until_nothing_fits():
    store = store_of(4 * MIB)
    table, events = open_log(store, "table", COMPACT), open_log(store, "events")
    fill(events, 2 * MIB)
    with pytest.raises(StorageError, match="--memory"):
        fill(table, 8 * MIB)
    assert table.log_start_offset == 0
    assert len(events.segments()) == 1
    assert events.log_start_offset > 0
    end, used = table.log_end_offset, store.used_bytes
    with pytest.raises(StorageError):
        append(table, 100_000)
    assert (table.log_end_offset, store.used_bytes) == (end, used)
    assert next(table.headers(end - 1)).next_offset == end
    store.delete(events)
    assert append(table, 10_000).base_offset == end


def test_producers_are_known_after_their_records_went_and_the_end_was_cut():
    store = store_of(64 * MIB)
    log = open_log(store, "a")
    idempotent = batch_of(2, producer=(5, 0, 0))
    log.append(idempotent, read_header(idempotent), 0, START_MS)
    log.roll(START_MS)
    append(log)
    append(log)
    log.advance_log_start(2)
    log.truncate(3)
    assert log.producers.check(read_header(idempotent)).first_offset == 0
    assert store.used_bytes == taken_bytes(store)
    log.truncate(1)
    assert len(log.producers) == 0
    assert store.used_bytes == taken_bytes(store)


def test_a_segment_of_deleted_records_goes_too():
    store = store_of(MIB)
    log = open_log(store, "a")
    log.append(batch := batch_of(2), read_header(batch), 0, START_MS)
    append(log)
    log.advance_log_start(2)
    log.truncate(2)
    log.roll(START_MS)
    assert (log.log_start_offset, len(log.segments())) == (2, 2)
    fill(log, 4 * MIB)
    assert log.log_start_offset > 2
    assert store.used_bytes == taken_bytes(store)


def test_a_batch_longer_than_the_budget_fails_alone():
    store = store_of(MIB)
    log = open_log(store, "a")
    append(log)
    with pytest.raises(StorageError):
        append(log, 2 * MIB)
    assert append(log).base_offset == 1


def test_append_as_is_is_all_or_nothing():
    store = store_of(MIB)
    log = open_log(store, "a", COMPACT)
    append(log)
    donor = open_log(MemoryStore(FakeTime().env()), "donor")
    fill(donor, 2 * MIB)
    with pytest.raises(StorageError):
        log.append_as_is(donor.read(1, ALL, before_offset=ALL, min_one_batch=True).tobytes(), START_MS)
    assert (log.log_start_offset, log.log_end_offset) == (0, 1)
    assert store.used_bytes == taken_bytes(store)


def test_many_logs_have_short_segments():
    store = store_of(64 * MIB)
    first = open_log(store, "a")
    assert store.segment_bytes == MIB
    logs = [open_log(store, "a", partition=partition) for partition in range(1, 200)]
    assert store.segment_bytes == 64 * MIB // 800
    for log in logs:
        store.delete(log)
    assert store.segment_bytes == MIB
    assert MemoryStore(FakeTime().env(), 2**40).segment_bytes == MEMORY_SEGMENT_BYTES
    assert store.open("a", first.topic_id, 0, LogConfig()) is first


def test_many_full_logs_stay_in_the_budget():
    store = store_of(8 * MIB)
    logs = [open_log(store, "a", partition=partition) for partition in range(30)]
    for _ in range(40):
        for log in logs:
            append(log, 20_000)
    assert store.used_bytes == taken_bytes(store) <= store.budget_bytes
    assert all(log.log_end_offset == 40 for log in logs)


def test_a_batch_may_lie_in_several_chunks():
    log = open_log(store_of(64 * MIB), "a")
    batches = [batch_of(value_bytes=size, timestamps_ms=[START_MS + size]) for size in range(0, 9000, 700)]
    for batch in batches:
        log.append(batch, read_header(batch), 3, START_MS)
    for offset, batch in enumerate(batches):
        part = log.read(offset, 1, before_offset=ALL, min_one_batch=True)
        assert part.tobytes() == batch
        found = log.offset_for_timestamp(START_MS + offset * 700, before_offset=ALL)
        assert found.offset == offset
    assert [header.base_offset for header in log.headers()] == list(range(len(batches)))
    whole = log.read(0, ALL, before_offset=ALL, min_one_batch=True)
    assert len(whole.parts()) > 2
    assert whole.tobytes() == b"".join(batches)


def test_a_read_goes_on_into_the_next_segments():
    log = open_log(store_of(64 * MIB), "a")
    for _ in range(3):
        append(log)
        log.roll(START_MS)
    size = len(batch_of())
    assert len(log.read(0, ALL, before_offset=3, min_one_batch=True)) == 3 * size
    assert len(log.read(0, 2 * size, before_offset=3, min_one_batch=True)) == 2 * size
    assert len(log.read(0, 3 * size - 1, before_offset=3, min_one_batch=True)) == 2 * size
    assert len(log.read(0, ALL, before_offset=2, min_one_batch=True)) == 2 * size


def test_segment_jitter_is_drawn_per_segment():
    config = LogConfig(segment_ms=1000, segment_jitter_ms=1000)
    store = store_of(MIB)
    rolls = set()
    for partition in range(20):
        log = open_log(store, "a", config, partition)
        append(log)
        due = (age for age in range(0, 1002, 50) if not log.roll_if_due(START_MS + age) and len(log.segments()) > 1)
        rolls.add(next(due, 1050))
    assert len(rolls) > 5
    assert max(rolls) <= 1050


@pytest.mark.parametrize("name", ["seg-mixed", "seg-append-time", "seg-compacted"])
def test_logs_of_kafka_answer_timestamps_as_kafka_does(name):
    answers = json.loads((SEGMENTS / "broker-answers.json").read_text())[name]["listOffsets_v11"]
    log = open_log(store_of(64 * MIB), name)
    for path in sorted((SEGMENTS / f"{name}-0").glob("*.log")):
        if data := path.read_bytes():
            log.append_as_is(data, START_MS)
            log.roll(START_MS)
    log_start = next(answer["offset"] for answer in answers if answer["timestampAsked"] == -2)
    log.advance_log_start(log_start)
    checked = 0
    for answer in answers:
        asked = answer["timestampAsked"]
        if asked >= 0:
            found = log.offset_for_timestamp(asked, before_offset=log.log_end_offset)
        elif asked == -3:
            found = log.max_timestamp()
        else:
            continue
        expected = (answer["timestamp"], answer["offset"], answer["leaderEpoch"])
        assert expected == ((found.timestamp_ms, found.offset, found.leader_epoch) if found else (-1, -1, -1))
        checked += 1
    assert checked == 11


def test_a_cleaning_is_counted():
    store = store_of(64 * MIB)
    log = open_log(store, "a", replace(COMPACT, min_cleanable_dirty_ratio=0.0))
    for _ in range(3):
        fill(log, MIB, 50_000)
        log.roll(START_MS)
    before = store.used_bytes
    cleaner = Cleaner(FakeTime().env(), lambda: [(log, log.log_end_offset)])
    assert trio.run(cleaner.clean_dirtiest, CleanerLimits())
    assert [info.size_bytes > 0 for info in log.segments()] == [False, False, True, False]
    assert store.used_bytes == taken_bytes(store) < before // 10
    append(log)
    assert store.used_bytes == taken_bytes(store)
