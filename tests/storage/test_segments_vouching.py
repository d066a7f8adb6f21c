"""All that a recovery point or the mark of a clean stop vouches for is on disk, whatever happens during a sync."""

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
from tests.kit.storage_bench import START_MS, TOPIC, TOPIC_ID, Bench, FakeTime, batch_of, write_aborted_transaction

ROOT = "/var/lib/kwire"
SYNCED = LogConfig(flush_messages=1)
LATER_MS = START_MS + 10**6


class Machine:
    """A simulated disk, and the process on it."""

    def __init__(self, seed):
        self.disk = SimulatedDisk(Random(seed), lambda: START_MS)
        self.files = None

    def start(self, config):
        self.files = ProcessFiles(self.disk)
        return Bench(lambda _, env: SegmentStore(ROOT, replace(env, files=self.files)), config)

    def lose_power(self):
        self.files.kill()
        self.disk.lose_power()

    def beside_the_next_sync(self, act):
        """Call act() at the next sync, before it has done anything."""

        def fault(operation, _path):
            if operation == "fsync":
                self.files.fault = lambda _operation, _path: None
                act()

        self.files.fault = fault


@pytest.fixture(params=range(12))
def machine(request):
    return Machine(request.param)


def stop_by(end, bench):
    if end == "close":
        bench.store.close()
    else:
        bench.store.housekeep(LATER_MS)


@pytest.mark.parametrize("end", ["close", "housekeep"])
def test_an_aborted_transaction_stays_aborted(machine, end):
    bench = machine.start(SYNCED)
    write_aborted_transaction(bench, 7, leader_epoch=3)
    aborted = bench.log.aborted.collect(0, 3)
    assert aborted
    stop_by(end, bench)
    machine.lose_power()
    bench = machine.start(SYNCED)
    assert bench.log.log_end_offset == 3
    assert bench.log.aborted.collect(0, 3) == aborted
    assert bench.log.leader_epochs.latest_epoch == 3


@pytest.mark.parametrize("end", ["close", "housekeep"])
@pytest.mark.parametrize("roll", [False, True])
def test_indexes_that_are_written_after_the_records_were_synced(machine, end, roll):
    bench = machine.start(SYNCED)
    bench.append(batch_of(2, timestamps_ms=[START_MS, START_MS + 5]))
    if roll:
        bench.log.roll(START_MS)
    stop_by(end, bench)
    machine.lose_power()
    bench = machine.start(SYNCED)
    assert bench.log.offset_for_timestamp(START_MS + 5, before_offset=2).offset == 1


@pytest.mark.parametrize("end", ["close", "housekeep"])
def test_deleted_records_stay_deleted(machine, end):
    bench = machine.start(SYNCED)
    for _ in range(3):
        bench.append(batch_of(2))
    bench.log.advance_log_start(4)
    stop_by(end, bench)
    machine.lose_power()
    assert machine.start(SYNCED).log.log_start_offset == 4


def test_who_syncs_beside_another_waits_for_all_of_it(machine):
    config = LogConfig(flush_ms=0)
    bench = machine.start(config)
    write_aborted_transaction(bench, 7)
    aborted = bench.log.aborted.collect(0, 3)

    def flush_and_die():
        bench.log.flush()
        machine.files.kill()

    machine.beside_the_next_sync(flush_and_die)
    with pytest.raises(ProcessKilled):
        bench.store.housekeep(LATER_MS)
    machine.lose_power()
    bench = machine.start(config)
    assert bench.log.log_end_offset == 3
    assert bench.log.aborted.collect(0, 3) == aborted


def test_a_log_that_is_cut_meanwhile_is_not_vouched_for():
    machine = Machine(0)
    bench = machine.start(LogConfig(flush_ms=0))
    for _ in range(3):
        bench.append(batch_of(2))

    def write_anew():
        bench.log.truncate(2)
        bench.append(batch_of(4))

    machine.beside_the_next_sync(write_anew)
    bench.store.housekeep(LATER_MS)
    assert bench.log.recovery_point == 0
    bench.store.housekeep(LATER_MS)
    assert bench.log.recovery_point == 6


def test_a_segment_that_is_closed_meanwhile_has_its_indexes_synced_next():
    machine = Machine(0)
    bench = machine.start(LogConfig(flush_ms=0))
    bench.append(batch_of(2))
    bench.append(batch_of(2))
    machine.beside_the_next_sync(lambda: bench.log.roll(LATER_MS))
    bench.store.housekeep(LATER_MS)
    bench.append(batch_of(2))
    bench.store.housekeep(LATER_MS)
    assert bench.log.recovery_point == 6
    index = machine.disk.file(f"{ROOT}/{TOPIC}-0/{0:020d}.timeindex")
    assert index.synced == index.content != b""


def test_an_append_beside_a_sync_is_synced_in_its_time():
    machine = Machine(0)
    bench = machine.start(LogConfig(flush_ms=1000))
    bench.append(batch_of(2))
    machine.beside_the_next_sync(lambda: bench.append(batch_of(2)))
    bench.store.housekeep(LATER_MS)
    assert bench.log.recovery_point == 2
    bench.store.housekeep(LATER_MS * 2)
    assert bench.log.recovery_point == 4


class ForgetfulFiles(FaultyFiles):
    """Files that report a lost write as Linux does: only to the first caller of fsync."""

    def __init__(self, *lost):
        super().__init__()
        self.lost = {*lost}

    def check(self, operation, path):
        super().check(operation, path)
        for end in [end for end in self.lost if operation == "fsync" and path.endswith(end)]:
            self.lost.remove(end)
            raise OSError(errno.EIO, "told once", path)


@pytest.mark.parametrize("suffix", [".log", ".timeindex"])
def test_an_error_that_is_told_once_is_enough(tmp_path, suffix):
    lost = [f"{TOPIC}-{index}/{0:020d}{suffix}" for index in (2, 5)]
    files = ForgetfulFiles(*lost)
    store = SegmentStore(str(tmp_path), replace(FakeTime().env(), files=files))
    store.start()
    logs = [store.open(TOPIC, TOPIC_ID, index, LogConfig()) for index in range(8)]
    for log in logs:
        batch = batch_of()
        log.append(batch, read_header(batch), 0, START_MS)
    with pytest.raises(StorageError, match="told once"):
        store.close()
    assert not files.lost
    assert [log.partition for log in logs if log.recovery_point == 0] == [2, 5]
    store = SegmentStore(str(tmp_path), FakeTime().env())
    store.start()
    assert not store.was_clean
    store.close()


def test_a_log_that_was_given_up_is_recovered(tmp_path):
    files = FaultyFiles()
    bench = Bench(lambda name, env: SegmentStore(str(tmp_path / name), replace(env, files=files)), LogConfig())
    bench.append()
    files.faults = {"fsync": errno.EIO}
    with pytest.raises(StorageError):
        bench.log.close()
    files.heal()
    bench.store.close()
    bench.start()
    assert not bench.store.was_clean
    bench.store.close()
