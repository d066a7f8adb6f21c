"""Power loss on a simulated disk: what was synced is there, under its name, and nothing else is taken for it."""

import errno
from dataclasses import replace
from random import Random

import pytest

from kwire.protocol.records.batch import iter_headers
from kwire.storage.config import LogConfig
from kwire.storage.port import StorageError
from kwire.storage.segments.store import SegmentStore
from tests.kit.simulated_disk import ProcessFiles, ProcessKilled, SimulatedDisk
from tests.kit.storage_bench import START_MS, Bench, batch_of

ROOT = "/var/lib/kwire"
PARTITION = f"{ROOT}/truck_gps-0"
SYNCED = LogConfig(flush_messages=1)


class Machine:
    """A disk and the process on it. fail: errno by operation, for the next ones; kill_at: the operation it dies at."""

    def __init__(self, seed=0):
        self.disk = SimulatedDisk(Random(seed), lambda: START_MS)
        self.fail = {}
        self.kill_at = None
        self.files = None

    def _fault(self, operation, path):
        if operation == self.kill_at:
            self.kill_at = None
            self.files.kill()
        elif operation in self.fail:
            raise OSError(self.fail[operation], "as the test says", path)

    def start(self, config=SYNCED):
        self.files = ProcessFiles(self.disk, self._fault)
        return Bench(lambda _, env: SegmentStore(ROOT, replace(env, files=self.files)), config)

    def kill(self):
        self.files.kill()

    def lose_power(self):
        self.kill()
        self.disk.lose_power()


@pytest.fixture(params=range(8))
def machine(request):
    return Machine(request.param)


def bases(bench):
    return [header.base_offset for _, header in iter_headers(bench.read_all())]


def test_what_was_synced_is_there_from_the_first_batch_on(machine):
    bench = machine.start()
    batches = []
    for _ in range(3):
        bench.append(batch := batch_of(2))
        batches.append(batch)
        machine.lose_power()
        bench = machine.start()
        assert bench.read_all() == b"".join(batches)


def test_what_was_not_synced_is_a_first_part(machine):
    bench = machine.start(LogConfig())
    for _ in range(9):
        bench.append(batch_of(2))
    machine.lose_power()
    bench = machine.start(LogConfig())
    assert bases(bench) == list(range(0, bench.log.log_end_offset, 2))


def test_a_clean_stop_is_not_believed_a_second_time(machine):
    bench = machine.start(LogConfig())
    bench.append(first := batch_of(2))
    bench.store.close()
    for _ in range(3):
        bench = machine.start(LogConfig())
        assert bench.read_all()[: len(first)] == first
        bench.append(batch_of(2))
        machine.lose_power()
        bench = machine.start(LogConfig())
        assert not bench.store.was_clean
        assert bases(bench) == list(range(0, bench.log.log_end_offset, 2))
        bench.store.close()


@pytest.mark.parametrize("skipped", range(4))
def test_names_that_could_not_be_synced_are_synced_by_the_next_append(machine, skipped):
    bench = machine.start()
    fsyncs = 0

    def fault(operation, _path):
        nonlocal fsyncs
        if operation == "fsync":
            fsyncs += 1
            if fsyncs == skipped + 1:
                raise OSError(errno.EIO, "once")

    machine.files.fault = fault
    with pytest.raises(StorageError):
        bench.append(batch_of(2))
    bench.append(batch := batch_of(2))
    machine.lose_power()
    assert machine.start().read_all() == batch


def test_names_that_a_killed_process_did_not_sync_are_synced_by_the_next_one(machine):
    bench = machine.start()
    bench.append(first := batch_of(2))
    bench.log.roll(START_MS)
    machine.kill()
    bench = machine.start()
    bench.append(second := batch_of(2))
    machine.lose_power()
    assert machine.start().read_all() == first + second


def test_flush_messages_holds_for_what_a_killed_process_left(machine):
    bench = machine.start()
    machine.kill_at = "fsync"
    with pytest.raises(ProcessKilled):
        bench.append(batch_of(2))
    readable = machine.start().read_all()
    machine.lose_power()
    assert machine.start().read_all() == readable


def test_a_hole_between_segments_is_an_end(machine):
    bench = machine.start(LogConfig())
    bench.append(first := batch_of(2))
    bench.append(batch_of(2))
    bench.log.roll(START_MS)
    bench.append(batch_of(2))
    machine.kill()
    log = machine.disk.file(f"{PARTITION}/{0:020d}.log")
    log.content = log.content[: len(first)]
    bench = machine.start(LogConfig())
    assert bench.read_all() == first
    assert bench.log.recovered_cut
    assert bench.append().base_offset == 2


def test_a_deleted_segment_that_comes_back_stays_out(machine):
    bench = machine.start(LogConfig())
    bench.append(first := batch_of(2))
    bench.log.roll(START_MS)
    bench.append(batch_of(2))
    stale = machine.disk.file(f"{PARTITION}/{2:020d}.log")
    bench.log.truncate(2)
    bench.append(second := batch_of(4))
    machine.kill()
    machine.disk.directory(PARTITION).change((f"{2:020d}.log.deleted", None), (f"{2:020d}.log", stale))
    bench = machine.start(LogConfig())
    assert bench.read_all() == first + second
    assert [info.base_offset for info in bench.log.segments()] == [0]


def test_the_identity_of_a_synced_log_is_synced(machine):
    bench = machine.start()
    bench.append()
    identity = machine.disk.file(f"{PARTITION}/partition.metadata")
    assert identity.synced == identity.content != b""


@pytest.mark.parametrize("end", ["roll", "close"])
def test_what_a_failed_append_left_is_cut_before_the_segment_is_closed(end):
    machine = Machine()
    bench = machine.start(LogConfig())
    bench.append(first := batch_of(2))
    machine.fail = {"append": errno.ENOSPC, "truncate": errno.EIO}
    for _ in range(5):
        with pytest.raises(StorageError):
            bench.append(batch_of(3))
    log = machine.disk.file(f"{PARTITION}/{0:020d}.log")
    assert len(log.content) > len(first)
    if end == "roll":
        with pytest.raises(StorageError):
            bench.log.roll(START_MS)
    else:
        with pytest.raises(StorageError):
            bench.store.close()
    machine.fail = {}
    if end == "roll":
        bench.log.roll(START_MS)
        bench.append(second := batch_of(1))
        machine.kill()
        bench = machine.start(LogConfig())
        assert bench.read_all() == first + second
    else:
        bench = machine.start(LogConfig())
        assert not bench.store.was_clean
        assert bench.read_all() == first
    assert bytes(log.content) == first


def test_a_batch_that_was_taken_back_does_not_come_back(machine):
    bench = machine.start()
    bench.append(first := batch_of(2))
    fault = machine.files.fault

    def fail_after_the_log(operation, path):
        if operation == "fsync" and path.endswith(".log"):
            machine.files.fault = fail_next

    def fail_next(operation, path):
        if operation == "fsync":
            machine.files.fault = fault
            raise OSError(errno.EIO, "after the batch was synced")

    bench.log._names += 1
    machine.files.fault = fail_after_the_log
    with pytest.raises(StorageError):
        bench.append(batch_of(3))
    bench.log.roll(START_MS)
    bench.append(second := batch_of(1))
    machine.lose_power()
    assert machine.start().read_all() == first + second
