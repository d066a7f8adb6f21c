"""A disk that fails: StorageError, nothing half-written is ever readable, and the log goes on when the disk does."""

import errno
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from kwire.protocol.records.batch import iter_headers, read_header
from kwire.storage.config import LogConfig
from kwire.storage.port import StorageError
from kwire.storage.segments.store import SegmentStore
from tests.kit.faulty_files import FaultyFiles
from tests.kit.storage_bench import START_MS, TOPIC, TOPIC_ID, Bench, FakeTime, batch_of, write_aborted_transaction


@pytest.fixture
def files():
    return FaultyFiles()


@pytest.fixture
def make_bench(tmp_path, files):
    return lambda config=None: Bench(
        lambda name, env: SegmentStore(str(tmp_path / name), replace(env, files=files)), config or LogConfig()
    )


def log_of_a_crash_now(bench, tmp_path):
    """The log as a new process finds it."""
    root = tmp_path / "crash"
    shutil.copytree(bench.store.directory, root)
    store = SegmentStore(str(root), FakeTime().env())
    store.start()
    return store, store.open(TOPIC, TOPIC_ID, 0, bench.config)


@pytest.mark.parametrize("torn_bytes", [0, 1, 40, 70])
@pytest.mark.parametrize("truncate_fails", [False, True])
def test_a_full_disk_fails_that_append_only(make_bench, files, tmp_path, torn_bytes, truncate_fails):
    bench = make_bench()
    bench.append(first := batch_of(2, producer=(7, 0, 0)), leader_epoch=1)
    files.fill_disk(torn_bytes)
    if truncate_fails:
        files.faults["truncate"] = errno.EIO
    for _ in range(2):
        with pytest.raises(StorageError):
            bench.append(batch_of(2, producer=(7, 0, 2)), leader_epoch=2)
        assert bench.log.log_end_offset == 2
        assert bench.read_all() == first
        assert bench.log.size_bytes == len(first)
        assert bench.log.leader_epochs.latest_epoch == 1
        assert bench.log.producers.check(read_header(batch_of(2, producer=(7, 0, 2)))) is None
    files.heal()
    store, crashed = log_of_a_crash_now(bench, tmp_path)
    assert crashed.log_end_offset == 2
    store.close()
    bench.append(second := batch_of(1, producer=(7, 0, 2)), leader_epoch=2)
    assert bench.read_all() == first + second
    bench.reopen()
    assert not bench.log.recovered_cut
    assert bench.read_all() == first + second
    bench.store.close()


def test_the_first_append_of_a_partition_can_fail_too(make_bench, files):
    bench = make_bench()
    for operation in ("mkdir", "append", "open", "rename"):
        files.faults = {operation: errno.ENOSPC}
        with pytest.raises(StorageError):
            bench.append()
        assert (bench.log.log_end_offset, bench.log.size_bytes) == (0, 0)
        assert not bench.read(0)
    files.heal()
    assert bench.append().base_offset == 0
    bench.reopen()
    assert bench.log.log_end_offset == 1
    bench.store.close()


@pytest.mark.parametrize("operation", ["append", "open", "rename"])
def test_a_roll_that_fails_changes_nothing(make_bench, files, operation):
    bench = make_bench(LogConfig(segment_bytes=200))
    bench.append(first := batch_of(2, value_bytes=30))
    files.faults = {operation: errno.ENOSPC}
    with pytest.raises(StorageError):
        bench.append(batch_of(2, value_bytes=50))
    with pytest.raises(StorageError):
        bench.log.roll(START_MS)
    files.heal()
    assert bench.read_all() == first
    bench.append(second := batch_of(2, value_bytes=50))
    assert bench.read_all() == first + second
    assert [info.base_offset for info in bench.log.segments()] == [0, 2]
    bench.reopen()
    assert bench.read_all() == first + second
    bench.store.close()


def test_an_append_that_must_be_flushed_and_cannot_is_taken_back(make_bench, files):
    bench = make_bench(LogConfig(flush_messages=1, index_interval_bytes=10))
    bench.append(first := batch_of(1, timestamps_ms=[START_MS]))
    files.faults = {"fsync": errno.EIO}
    with pytest.raises(StorageError):
        bench.append(batch_of(1, timestamps_ms=[START_MS + 5]))
    assert bench.log.log_end_offset == 1
    assert bench.read_all() == first
    with pytest.raises(StorageError):
        bench.log.flush()
    files.heal()
    bench.append(second := batch_of(1, timestamps_ms=[START_MS + 3]))
    assert bench.log.max_timestamp().timestamp_ms == START_MS + 3
    bench.reopen()
    assert bench.read_all() == first + second
    assert bench.log.max_timestamp().timestamp_ms == START_MS + 3
    bench.store.close()


def test_after_a_batch_was_taken_back_in_part_only_what_is_accepted_is_there(make_bench, files):
    bench = make_bench(LogConfig(flush_messages=1, index_interval_bytes=10))
    there = [batch_of(2, timestamps_ms=[START_MS + at, START_MS]) for at in range(3)]
    for batch in there[:2]:
        bench.append(batch)
    bench.reopen()
    bench.append(there[2])
    files.faults, files.only_path = {"fsync": errno.EIO, "pread": errno.EIO}, (".log", ".timeindex")
    with pytest.raises(StorageError):
        bench.append(batch_of(2, timestamps_ms=[START_MS + 9, START_MS + 9]))
    files.faults, files.only_path = {"pread": errno.EIO}, ".timeindex"
    for _ in range(3):
        with suppress(StorageError):
            bench.append(batch := batch_of(1, timestamps_ms=[START_MS + 5]))
            there.append(batch)
    files.heal()
    newest = max(header.max_timestamp for header in bench.log.headers())
    assert bench.log.max_timestamp().timestamp_ms == newest < START_MS + 9
    bench.append(batch := batch_of(2, timestamps_ms=[START_MS + 6, START_MS + 7]))
    there.append(batch)
    assert bench.read_all() == b"".join(there)
    bench.reopen()
    assert bench.read_all() == b"".join(there)
    assert bench.log.max_timestamp().timestamp_ms == START_MS + 7
    bench.store.close()


def test_files_beside_the_log_are_made_good_later(make_bench, files, tmp_path):
    bench = make_bench()
    bench.append()
    files.faults = {"open": errno.EMFILE}
    files.only_path = "index"
    write_aborted_transaction(bench, producer_id=9)
    files.only_path = "checkpoint"
    bench.append(leader_epoch=4)
    rows = list(bench.log.aborted)
    assert len(rows) == 1
    store, crashed = log_of_a_crash_now(bench, tmp_path)
    assert list(crashed.aborted) == rows
    assert crashed.leader_epochs.latest_epoch == 4
    store.close()
    files.heal()
    bench.reopen()
    assert list(bench.log.aborted) == rows
    assert bench.log.leader_epochs.latest_epoch == 4
    bench.store.close()


def test_a_disk_that_cannot_be_read(make_bench, files):
    bench = make_bench()
    bench.append(batch := batch_of(3))
    bench.reopen()
    files.faults = {"pread": errno.EIO}
    with pytest.raises(StorageError):
        bench.log.offset_for_timestamp(0, before_offset=3)
    with pytest.raises(StorageError):
        bench.read(1)
    with pytest.raises(StorageError):
        list(bench.log.headers())
    files.heal()
    assert bench.read(1) == batch
    bench.store.close()


def test_a_log_that_cannot_be_closed_is_recovered(make_bench, files):
    bench = make_bench()
    bench.append(batch := batch_of(3))
    files.faults = {"fsync": errno.EIO}
    with pytest.raises(StorageError):
        bench.store.close()
    files.heal()
    bench.start()
    assert not bench.store.was_clean
    assert bench.read_all() == batch
    bench.store.close()


def test_an_import_that_fails_half_way_is_taken_back(make_bench, files, monkeypatch):
    bench = make_bench()
    bench.append(first := batch_of())
    batches = [batch_of(), batch_of()]
    for number, batch in enumerate(batches):
        batch[:8] = (number + 1).to_bytes(8, "big")
    appends = iter([None, OSError(errno.ENOSPC, "full")])

    def check(operation, _path):
        error = next(appends, None) if operation == "append" else None
        if error:
            raise error

    monkeypatch.setattr(files, "check", check)
    with pytest.raises(StorageError):
        bench.log.append_as_is(b"".join(batches), START_MS)
    assert bench.log.log_end_offset == 1
    assert bench.read_all() == first
    bench.store.close()


def test_deletion_that_is_refused_is_tried_again(make_bench, files):
    bench = make_bench(LogConfig(file_delete_delay_ms=0))
    for _ in range(3):
        bench.append()
        bench.log.roll(START_MS)
    files.faults = {"rename": errno.EACCES, "remove": errno.EACCES}
    files.only_path = ".log"
    bench.log.advance_log_start(2)
    assert [info.base_offset for info in bench.log.segments()] == [2, 3]
    bench.store.housekeep(START_MS + 1)
    directory = Path(bench.log.directory)
    assert (directory / f"{0:020d}.log").exists()
    files.heal()
    bench.store.housekeep(START_MS + 2)
    assert sorted(path.name[:20] for path in directory.glob("*.log*")) == [f"{2:020d}", f"{3:020d}"]
    bench.reopen()
    assert bench.log.log_start_offset == 2
    assert [header.base_offset for _, header in iter_headers(bench.read(2))] == [2]
    bench.store.close()


def test_a_deleted_log_that_is_in_use_keeps_its_name_until_it_is_not(make_bench, files):
    bench = make_bench()
    bench.append()
    files.faults = {"rename": errno.EACCES, "remove": errno.EACCES}
    bench.store.delete(bench.log)
    bench.store.housekeep(START_MS)
    other_id = bytes(reversed(TOPIC_ID))
    with pytest.raises(StorageError):
        bench.store.open(TOPIC, other_id, 0, bench.config)
    files.heal()
    bench.log = bench.store.open(TOPIC, other_id, 0, bench.config)
    assert bench.log.log_end_offset == 0
    bench.append(batch := batch_of(2))
    bench.store.housekeep(START_MS + 10**9)
    assert bench.read_all() == batch
    bench.store.close()


def test_one_log_that_cannot_be_flushed_keeps_no_other_from_it(make_bench, files):
    bench = make_bench(LogConfig(flush_ms=0))
    other = bench.store.open(TOPIC, TOPIC_ID, 1, bench.config)
    bench.append()
    other.append(batch := batch_of(), read_header(batch), 0, START_MS)
    files.faults = {"fsync": errno.EIO}
    files.only_path = f"{TOPIC}-0"
    with pytest.raises(StorageError):
        bench.store.housekeep(START_MS)
    assert (bench.log.recovery_point, other.recovery_point) == (0, 1)
    files.heal()
    bench.store.housekeep(START_MS)
    assert bench.log.recovery_point == 1
    bench.store.close()
