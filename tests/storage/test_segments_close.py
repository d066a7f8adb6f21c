"""Closing a store with many logs: all are synced together, and a failure concerns one log only."""

import errno
from dataclasses import replace
from random import Random

import pytest

from kwire.protocol.records.batch import read_header
from kwire.storage.config import LogConfig
from kwire.storage.port import StorageError
from kwire.storage.segments.store import SegmentStore
from tests.kit.faulty_files import FaultyFiles
from tests.kit.simulated_disk import ProcessFiles, ProcessKilled, SimulatedDisk
from tests.kit.storage_bench import START_MS, TOPIC, TOPIC_ID, FakeTime, batch_of

ROOT = "/var/lib/kwire"
LOGS = 30


class CountingFiles(FaultyFiles):
    """Counts the paths of each call of sync."""

    def __init__(self):
        super().__init__()
        self.synced = []

    def sync(self, files, directories):
        self.synced.append(len(files) + len(directories))
        return super().sync(files, directories)


def append(log, batch=None):
    batch = batch or batch_of()
    log.append(batch, read_header(batch), 0, START_MS)


def open_logs(directory, files, config=None):
    store = SegmentStore(str(directory), replace(FakeTime().env(), files=files))
    store.start()
    return store, [store.open(TOPIC, TOPIC_ID, index, config or LogConfig()) for index in range(LOGS)]


def test_the_disk_is_asked_once_for_all_logs(tmp_path):
    files = CountingFiles()
    store, logs = open_logs(tmp_path, files)
    for log in logs:
        append(log)
    store.close()
    # Each log, its directory, its topic's id and its leader epochs; and the data directory, once.
    assert files.synced == [LOGS * 5 + 1]
    store, logs = open_logs(tmp_path, files)
    assert store.was_clean
    assert {(log.log_end_offset, log.recovery_point) for log in logs} == {(1, 1)}
    store.close()


def test_logs_that_are_on_the_disk_already_are_left_alone(tmp_path):
    files = CountingFiles()
    store, logs = open_logs(tmp_path, files)
    append(logs[0])
    store.close()
    store, logs = open_logs(tmp_path, files)
    files.synced.clear()
    store.close()
    assert files.synced == [0]


def test_housekeeping_asks_once_too(tmp_path):
    files = CountingFiles()
    store, logs = open_logs(tmp_path, files, LogConfig(flush_ms=1000))
    for log in logs:
        append(log)
    store.housekeep(START_MS + 2000)
    assert files.synced == [LOGS * 4 + 1]
    assert {log.recovery_point for log in logs} == {1}
    store.close()


def test_a_log_that_does_not_come_to_the_disk_keeps_no_other_from_it(tmp_path):
    files = FaultyFiles()
    store, logs = open_logs(tmp_path, files, LogConfig(flush_ms=1000))
    for log in logs:
        append(log)
    files.faults, files.only_path = {"fsync": errno.EIO}, f"{TOPIC}-7/"
    with pytest.raises(StorageError, match=f"{TOPIC}-7:"):
        store.housekeep(START_MS + 2000)
    assert [log.partition for log in logs if log.recovery_point == 0] == [7]
    with pytest.raises(StorageError, match=f"{TOPIC}-7:"):
        store.close()
    files.heal()
    store, logs = open_logs(tmp_path, files)
    assert not store.was_clean
    assert {log.log_end_offset for log in logs} == {1}
    store.close()


@pytest.mark.parametrize("operation", ["open", "append", "rename", "fsync"])
def test_power_loss_at_any_step_of_the_end_costs_nothing_that_was_promised(operation):
    for step in range(0, 200, 7):
        disk = SimulatedDisk(Random(step), lambda: START_MS)
        process = ProcessFiles(disk)
        store, logs = open_logs(ROOT, process)
        for log in logs:
            append(log)
        for log in logs[::3]:
            log.flush()
        kill_after(process, operation, step)
        try:
            store.close()
            is_clean = True
        except ProcessKilled:
            is_clean = False
        process.kill()
        disk.lose_power()
        store, logs = open_logs(ROOT, ProcessFiles(disk))
        assert {log.log_end_offset for log in logs[::3]} == {1}
        if is_clean:
            assert {log.log_end_offset for log in logs} == {1}
        assert store.was_clean is is_clean
        store.close()


def kill_after(process, operation, steps):
    """Kill the process in the operation after this many of its kind."""

    def fault(done, _path):
        nonlocal steps
        if done == operation:
            steps -= 1
            if steps < 0:
                process.kill()

    process.fault = fault


class TellingFiles(FaultyFiles):
    """Asks the store for its progress at every operation."""

    def __init__(self):
        super().__init__()
        self.store = None
        self.said = []

    def check(self, operation, path):
        if self.store is not None:
            self.said.append(self.store.progress())
        super().check(operation, path)


def test_it_says_how_far_it_has_come(tmp_path):
    files = TellingFiles()
    store, logs = open_logs(tmp_path, files)
    for log in logs:
        append(log)
    files.store = store
    store.close()
    assert f"7 of {LOGS} are written" in files.said
    assert files.said[-1] == f"all {LOGS} are written, and the disk is waited for"
