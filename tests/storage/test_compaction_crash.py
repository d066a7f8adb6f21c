"""Killed, or failed by its disk, at any file operation of a cleaning, a log is what it was or what it is to be."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.storage.port import StorageError
from kwire.storage.segments.store import SegmentStore
from tests.kit.cleaning_contract import COMPACTED, batches, clean, keyed, roll, rows
from tests.kit.faulty_files import FaultyFiles
from tests.kit.storage_bench import START_MS, Bench


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


class NoLock:
    def release(self):
        pass


class Unlocked(FaultyFiles):
    """Files of a process whose forerunner was killed, and so holds no lock."""

    def lock(self, _path):
        return NoLock()


class FailingFiles(Unlocked):
    """The operation of that number fails, and where the process is killed by it all later ones do."""

    def __init__(self, fails_at, *, kills):
        super().__init__()
        self.left = fails_at
        self.kills = kills
        self.failed = None
        self.torn_bytes = 10

    def check(self, operation, path):
        super().check(operation, path)
        self.left -= 1
        if self.left == 0 or (self.left < 0 and self.kills):
            self.failed = self.failed or f"{operation} {Path(path).name}"
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)


def write_log(bench):
    """Three groups of segments, with a producer, an aborted transaction, tombstones, and groups that lose their ends."""
    for number in range(3):
        for key in (b"a", b"b"):
            bench.append(keyed((key, b"%d" % number * 40), (b"once %d" % number, b""), (b"gone", None)))
            bench.append(keyed((b"a", b"again")))
            roll(bench)
    bench.append(keyed((b"b", b"aborted"), producer_id=9, producer_epoch=0, base_sequence=0, transactional=True))
    bench.append(encode_marker_batch(EndTransactionMarker(committed=False, coordinator_epoch=0), 9, 0, START_MS))
    bench.append(keyed((b"c", b"mine"), producer_id=7, producer_epoch=0, base_sequence=0))
    for _ in range(2):
        roll(bench)
        bench.append(keyed((b"a", b"newest")))
    roll(bench)
    bench.append(keyed((b"a", b"active")))


CONFIG = replace(COMPACTED, segment_bytes=650, index_interval_bytes=0)


def state(bench):
    """What a reader, a producer and the next append can tell of the log."""
    log = bench.log
    aborted = log.aborted.collect(0, log.log_end_offset)
    producers = [(entry.producer_id, entry.producer_epoch, entry.last_sequence) for entry in log.producers]
    return bench.read_all(), log.log_start_offset, log.log_end_offset, aborted, producers


def bench_at(directory, files=None):
    def make_store(place, env):
        return SegmentStore(str(directory), env if files is None else replace(env, files=files))

    return Bench(make_store, CONFIG)


@pytest.fixture
def written(tmp_path):
    """A directory with the log, closed."""
    bench = bench_at(tmp_path / "written")
    write_log(bench)
    bench.store.close()
    return tmp_path / "written"


@pytest.fixture
def states(written, tmp_path, monkeypatch):
    """The log's states: before the cleaning, and after each group of segments."""
    shutil.copytree(written, tmp_path / "cleaned")
    bench = bench_at(tmp_path / "cleaned")
    found = [state(bench)]
    swap = bench.log.replace

    def watched(replacement):
        assert swap(replacement)
        found.append(state(bench))
        return True

    monkeypatch.setattr(bench.log, "replace", watched)
    assert clean(bench)
    bench.store.close()
    assert len(found) > 2
    assert len({each[0] for each in found}) > 2
    return found


def copies(written, tmp_path, *, kills):
    """(Failing files, bench over them) for each operation of a cleaning, until one cleaning has no failure."""
    for fails_at in range(1, 1000):
        directory = tmp_path / f"copy-{fails_at}"
        shutil.copytree(written, directory)
        files = FailingFiles(0, kills=False)
        bench = bench_at(directory, files)
        files.left, files.kills = fails_at, kills
        yield files, bench, directory
        shutil.rmtree(directory)
        if files.failed is None:
            assert fails_at > 50
            return


def test_a_kill_at_any_operation_leaves_the_old_or_the_new(written, states, tmp_path):
    seen, killed_at = set(), set()
    for files, bench, directory in copies(written, tmp_path, kills=True):
        cleaned = clean(bench)
        assert cleaned == (files.failed is None)
        if not cleaned:
            killed_at.add(files.failed.split()[0])
        bench.log.abandon()
        after = bench_at(directory)
        now = state(after)
        assert now in states, files.failed
        seen.add(states.index(now))
        clean(after)
        assert state(after) == states[-1], files.failed
        names = [path.name for path in Path(after.log.directory).iterdir()]
        assert not [name for name in names if name.endswith((".cleaned", ".swap"))]
        after.store.close()
    assert seen == set(range(len(states)))
    assert killed_at >= {"open", "append", "fsync", "rename", "remove"}


def test_a_kill_while_a_kill_is_recovered_from_leaves_the_old_or_the_new(written, states, tmp_path):
    recoveries = 0
    for files, bench, directory in copies(written, tmp_path, kills=True):
        clean(bench)
        names = [path.name for path in Path(bench.log.directory).iterdir()]
        if files.failed is None or not [name for name in names if name.endswith(".log.swap")]:
            continue
        recoveries += 1
        if recoveries % 5 != 1:  # every fifth of them, for they are alike
            continue
        for fails_at in range(1, 1000):
            copy = shutil.copytree(directory, directory.with_name("again"))
            again = FailingFiles(fails_at, kills=True)
            try:
                bench_at(copy, again).log.abandon()
            except StorageError:
                assert again.failed is not None
            after = bench_at(copy)
            assert state(after) in states, (files.failed, again.failed)
            after.store.close()
            shutil.rmtree(copy)
            if again.failed is None:
                break
    assert recoveries > 5


def test_an_error_at_any_operation_is_survived(written, states, tmp_path):
    failed_at = set()
    for files, bench, _ in copies(written, tmp_path, kills=False):
        clean(bench)
        files.left = 10**9
        if files.failed is not None:
            failed_at.add(files.failed.split()[0])
        assert state(bench) in states, files.failed
        clean(bench)
        assert state(bench) == states[-1], files.failed
        bench.append(keyed((b"a", b"next")))
        expected = rows(bench)
        bench.reopen()
        assert rows(bench) == expected
        bench.store.close()
    assert failed_at >= {"open", "append", "fsync", "rename", "remove"}


def test_a_disk_that_cannot_undo_closes_the_log(written, states, tmp_path):
    files = FailingFiles(0, kills=False)
    bench = bench_at(written, files)
    files.faults["rename"] = errno.EIO
    files.only_path = ".swap"
    seen = []
    rename = FaultyFiles.rename

    def fail_all_after_the_first_swap(path, to_path):
        seen.append(path)
        if len(seen) > 6:
            raise OSError(errno.EIO, "the disk is gone", path)
        files.faults.clear()
        rename(files, path, to_path)

    files.rename = fail_all_after_the_first_swap
    assert not clean(bench)
    with pytest.raises(StorageError):
        bench.read(0)
    del files.rename
    bench.reopen()
    assert state(bench) in states[1:]
    assert list(batches(bench))
    bench.store.close()


def test_a_cleaning_of_empty_segments_is_read_back(tmp_path):
    """A group of which nothing is left is an empty segment, and stays one over a restart."""
    bench = bench_at(tmp_path / "log")
    bench.log.config = replace(CONFIG, segment_bytes=100)
    for _ in range(3):
        bench.append(keyed((b"a", b"x" * 50)))
        roll(bench)
    assert clean(bench)
    assert [info.size_bytes > 0 for info in bench.log.segments()] == [False, False, True, False]
    before = state(bench)
    bench.reopen()
    assert state(bench) == before
    bench.append(keyed((b"a", b"x")))
    roll(bench)
    assert clean(bench)
    assert [info.base_offset for info in bench.log.segments()] == [0, 4]
    bench.store.close()


def test_a_kill_after_the_policy_changed_cuts_nothing_of_what_was_cleaned(tmp_path):
    """The recovery of a log that is not compacted takes gaps for lost batches, and cuts there."""
    bench = bench_at(tmp_path, Unlocked())
    write_log(bench)
    assert clean(bench)
    bench.append(keyed((b"a", b"after it")))
    cleaned = state(bench)
    bases = [segment.base_offset for segment in bench.log.segments()]
    assert len(bases) > 2
    bench.log.abandon()
    after = Bench(
        lambda _, env: SegmentStore(str(tmp_path), replace(env, files=Unlocked())),
        replace(CONFIG, cleanup_policy=frozenset({"delete"})),
    )
    assert state(after) == cleaned
    assert not after.log.recovered_cut
    after.store.close()
