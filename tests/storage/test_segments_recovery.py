"""What a crash leaves is recovered: the whole batches, their indexes, and what the log knows beside them."""

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kwire.protocol.records.batch import iter_headers, read_header
from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.storage.aborted import AbortedTransaction
from kwire.storage.config import LogConfig
from kwire.storage.segments import scan
from kwire.storage.segments.checkpoints import parse_offsets
from kwire.storage.segments.store import SegmentStore
from tests.kit.faulty_files import FaultyFiles
from tests.kit.storage_bench import START_MS, TOPIC, TOPIC_ID, Bench, FakeTime, batch_of

PARTITION = f"{TOPIC}-0"


@pytest.fixture
def files():
    return FaultyFiles()


@pytest.fixture
def make_bench(tmp_path, files):
    return lambda config=None, place="place": Bench(
        lambda name, env: SegmentStore(str(tmp_path / name), replace(env, files=files)), config or LogConfig(), place
    )


@pytest.fixture
def after_crash(tmp_path, files):
    """Opens a copy of a bench's directory as it is, after `damage` was done to its partition."""
    numbers = itertools.count()

    def open_copy(bench, damage=lambda _directory: None, config=None):
        root = tmp_path / f"crash-{next(numbers)}"
        shutil.copytree(bench.store.directory, root)
        damage(root / PARTITION)
        files.heal()
        store = SegmentStore(str(root), replace(FakeTime().env(), files=files))
        store.start()
        log = store.open(TOPIC, TOPIC_ID, 0, config or bench.config)
        copy = object.__new__(Bench)
        copy.make_store, copy.config, copy.place, copy.time = bench.make_store, log.config, str(root), FakeTime()
        copy.store, copy.log = store, log
        return copy

    return open_copy


def log_file(directory, base_offset=0):
    return directory / f"{base_offset:020d}.log"


def cut(size, base_offset=0):
    def damage(directory):
        path = log_file(directory, base_offset)
        path.write_bytes(path.read_bytes()[:size])

    return damage


def add(data, base_offset=0):
    def damage(directory):
        with log_file(directory, base_offset).open("ab") as file:
            file.write(data)

    return damage


def test_a_kill_loses_nothing(make_bench, after_crash):
    bench = make_bench()
    batches = [batch_of(3, producer=(7, 0, number * 3)) for number in range(4)]
    for number, batch in enumerate(batches):
        bench.append(batch, leader_epoch=number // 2)
        if number == 1:
            bench.log.roll(START_MS)
    copy = after_crash(bench)
    assert not copy.log.recovered_cut
    assert copy.read_all() == b"".join(batches)
    assert [(entry.epoch, entry.start_offset) for entry in copy.log.leader_epochs] == [(0, 0), (1, 6)]
    assert [(info.base_offset, info.next_offset) for info in copy.log.segments()] == [(0, 6), (6, 12)]
    assert copy.log.producers.check(read_header(batches[3])).first_offset == 9
    assert copy.append().base_offset == 12
    copy.store.close()


def test_every_cut_of_the_last_batch_gives_the_batches_before_it(make_bench, after_crash):
    bench = make_bench()
    batches = [batch_of(2, producer=(7, 0, number * 2)) for number in range(3)]
    for number, batch in enumerate(batches):
        bench.append(batch, leader_epoch=number)
    kept = b"".join(batches[:2])
    for size in range(len(kept), len(kept) + len(batches[2])):
        copy = after_crash(bench, cut(size))
        assert copy.log.log_end_offset == 4
        assert copy.log.recovered_cut == (size > len(kept))
        assert copy.read_all() == kept
        assert log_file(Path(copy.log.directory)).read_bytes() == kept
        assert [entry.epoch for entry in copy.log.leader_epochs] == [0, 1]
        assert copy.log.producers.check(read_header(batch_of(1, producer=(7, 0, 4)))) is None
        again = batch_of(2, producer=(7, 0, 4))
        assert copy.append(again, leader_epoch=3).base_offset == 4
        assert copy.read_all() == kept + again
        copy.store.close()


HUGE = bytes(8) + (2**31 - 13).to_bytes(4, "big") + bytes(4) + b"\x02" + bytes(60)
GARBAGE = {
    "one byte": b"x",
    "zeros": bytes(10_000),
    "text": b"no record batch" * 1000,
    "a huge claim": HUGE,
    "a tiny claim": bytes(8) + (5).to_bytes(4, "big") + bytes(4) + b"\x02" + bytes(60),
    "negative length": bytes(8) + b"\xff" * 4 + bytes(4) + b"\x02" + bytes(60),
    "an old batch": bytes(batch_of(2)),
    "another magic": bytes(8) + (100).to_bytes(4, "big") + bytes(4) + b"\x01" + bytes(120),
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_behind_the_last_batch_is_cut(make_bench, after_crash, garbage):
    bench = make_bench()
    bench.append(batch_of(3))
    bench.append(last := batch_of(1))
    copy = after_crash(bench, add(GARBAGE[garbage]))
    assert copy.log.recovered_cut
    assert copy.log.log_end_offset == 4
    assert copy.read(3) == last
    assert copy.append().base_offset == 4
    copy.store.close()


def test_a_batch_whose_crc_is_wrong_ends_the_log(make_bench, after_crash):
    bench = make_bench()
    batches = [batch_of(2, value_bytes=30) for _ in range(3)]
    for batch in batches:
        bench.append(batch)
    stored = b"".join(batches)
    for position in range(len(batches[0]) + 17, 2 * len(batches[0]), 5):
        broken = bytearray(stored)
        broken[position] ^= 0x10
        copy = after_crash(bench, lambda directory, broken=broken: log_file(directory).write_bytes(broken))
        assert copy.log.recovered_cut
        assert copy.read_all() == batches[0]
        copy.store.close()


def test_segments_behind_a_cut_are_gone(make_bench, after_crash):
    bench = make_bench()
    batches = [batch_of(2) for _ in range(4)]
    for batch in batches:
        bench.append(batch)
        bench.log.roll(START_MS)
    copy = after_crash(bench, cut(len(batches[1]) - 1, base_offset=2))
    assert copy.log.recovered_cut
    assert copy.log.log_end_offset == 2
    assert [info.base_offset for info in copy.log.segments()] == [0, 2]
    assert copy.append().base_offset == 2
    copy.reopen()
    assert copy.log.log_end_offset == 3
    assert not copy.log.recovered_cut
    copy.store.close()


def test_a_log_that_never_got_its_first_batch(make_bench, after_crash):
    bench = make_bench()
    bench.append()
    copy = after_crash(bench, cut(0))
    assert copy.log.log_end_offset == 0
    assert copy.append().base_offset == 0
    copy.store.close()
    copy = after_crash(bench, lambda directory: log_file(directory).unlink())
    assert copy.log.log_end_offset == 0
    assert copy.append().base_offset == 0
    copy.store.close()


def test_transactions_and_the_log_start_outlive_a_kill(make_bench, after_crash):
    bench = make_bench()
    bench.append(batch_of(2, producer=(9, 0, 0), transactional=True))
    bench.append(encode_marker_batch(EndTransactionMarker(committed=False, coordinator_epoch=0), 9, 0, START_MS))
    bench.log.roll(START_MS)
    bench.append(batch_of(1, producer=(8, 0, 0), transactional=True))
    bench.append(batch_of(1, producer=(9, 0, 2), transactional=True))
    bench.append(encode_marker_batch(EndTransactionMarker(committed=False, coordinator_epoch=0), 9, 0, START_MS))
    bench.log.advance_log_start(1)
    rows = [AbortedTransaction(9, 0, 2, 3), AbortedTransaction(9, 4, 5, 3)]
    for damage in (
        lambda _directory: None,
        lambda directory: [path.unlink() for path in directory.glob("*.txnindex")],
        lambda directory: [path.write_bytes(b"\xff" * 34) for path in directory.glob("*.txnindex")],
        lambda directory: [path.unlink() for path in directory.glob("*.snapshot")],
        lambda directory: [path.write_bytes(b"x") for path in directory.glob("*.snapshot")],
        lambda directory: (directory / "leader-epoch-checkpoint").write_text("nonsense"),
    ):
        copy = after_crash(bench, damage)
        assert list(copy.log.aborted) == rows
        assert copy.log.producers.first_unstable_offset == 3
        assert (copy.log.log_start_offset, copy.log.log_end_offset) == (1, 6)
        assert copy.log.leader_epochs.latest_epoch == 0
        copy.reopen()
        assert list(copy.log.aborted) == rows
        copy.store.close()


def long_bench(make_bench, count=400):
    bench = make_bench(LogConfig(segment_bytes=40_000, index_interval_bytes=500))
    for number in range(count):
        bench.append(batch_of(2, value_bytes=150, timestamps_ms=[START_MS + number] * 2))
    return bench


def spoil_nothing(_directory):
    pass


def remove_indexes(directory):
    for path in directory.glob("*index"):
        path.unlink()


def tear_indexes(directory):
    for path in directory.glob("*index"):
        path.write_bytes(path.read_bytes() + b"abc")


def fill_indexes_with_noise(directory):
    for path in directory.glob("*.index"):
        path.write_bytes(bytes(number % 251 for number in range(len(path.read_bytes()))))


def fill_indexes_with_zeros(directory):
    for path in directory.glob("*.index"):
        path.write_bytes(bytes(len(path.read_bytes())))


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize(
    "damage", [spoil_nothing, remove_indexes, tear_indexes, fill_indexes_with_noise, fill_indexes_with_zeros]
)
def test_missing_and_damaged_indexes_are_made_again(make_bench, after_crash, damage, clean):
    bench = long_bench(make_bench)
    if clean:
        bench.store.close()
    copy = after_crash(bench, damage)
    assert copy.log.log_end_offset == 800
    assert not copy.log.recovered_cut
    for offset in (0, 1, 133, 399, 640, 798, 799):
        headers = [header for _, header in iter_headers(copy.read(offset))]
        assert headers[0].base_offset <= offset <= headers[0].last_offset
    for age_ms in (0, 17, 200, 399):
        found = copy.log.offset_for_timestamp(START_MS + age_ms, before_offset=800)
        assert found.offset == 2 * age_ms
    assert copy.log.max_timestamp().offset == 798
    copy.store.close()


@pytest.mark.parametrize(
    ("damage", "left"),
    [
        (cut(-1), 3),
        (add(b"\0" * 100), 4),
        (lambda directory: log_file(directory).write_bytes(bytes(500)), 0),
    ],
    ids=["torn", "longer", "zeros"],
)
def test_a_log_that_is_not_as_its_clean_stop_left_it_is_recovered(make_bench, after_crash, caplog, damage, left):
    bench = make_bench()
    batches = [batch_of(1, value_bytes=100) for _ in range(4)]
    for batch in batches:
        bench.append(batch)
    bench.store.close()
    copy = after_crash(bench, damage)
    assert copy.store.was_clean
    assert copy.log.log_end_offset == left
    assert copy.log.recovered_cut
    assert any("was cleanly closed, but is damaged" in record.getMessage() for record in caplog.records)
    assert copy.append(batches[0]).base_offset == left


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda data, at: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], "record batch at {} has magic 3"),
        (lambda data, at: data[: at + 60] + b"\xff" + data[at + 61 :], "record batch at {} has CRC"),
        (lambda data, at: data[: at + 60], "record batch at {} needs"),
        (lambda data, at: data[: at - 6], "10 bytes at {} are too few"),
    ],
    ids=["magic", "crc", "torn", "torn early"],
)
@pytest.mark.parametrize("read_bytes", [300, 1 << 20])
def test_a_cut_names_the_position_in_the_file(make_bench, after_crash, caplog, monkeypatch, spoil, why, read_bytes):
    monkeypatch.setattr(scan, "RECOVERY_READ_BYTES", read_bytes)
    bench = make_bench()
    batch = batch_of(1, value_bytes=100)
    for _ in range(9):
        bench.append(batch)
    position = 5 * len(batch)

    def damage(directory):
        path = log_file(directory)
        path.write_bytes(spoil(path.read_bytes(), position + 16))

    copy = after_crash(bench, damage)
    assert copy.log.log_end_offset == 5
    (line,) = [record.getMessage() for record in caplog.records if "is cut at" in record.getMessage()]
    assert f" is cut at {position} of " in line
    assert f": {why.format(position)}" in line
    copy.store.close()


def test_a_clean_start_scans_nothing(make_bench, after_crash, files):
    bench = long_bench(make_bench)
    bench.store.close()
    copy = after_crash(bench)
    assert copy.log.log_end_offset == 800
    assert copy.log.size_bytes > 100_000
    # Behind the last index entry, to find the end of the log.
    assert files.bytes_read["log"] < 2000
    copy.store.close()


def test_an_unclean_start_reads_only_past_the_recovery_point(make_bench, after_crash, files):
    bench = make_bench()
    for number in range(40):
        bench.append(batch_of(2, value_bytes=10_000, timestamps_ms=[START_MS + number] * 2))
    size = bench.log.size_bytes
    copy = after_crash(bench)
    assert files.bytes_read["log"] > size
    copy.store.close()
    bench.log.flush()
    points = Path(bench.store.directory, "recovery-point-offset-checkpoint").read_text()
    assert parse_offsets(points) == {(TOPIC, 0): 80}
    for _ in range(5):
        bench.append(batch_of(2, value_bytes=150))
    copy = after_crash(bench)
    assert copy.log.log_end_offset == 90
    assert files.bytes_read["log"] < size / 20
    copy.store.close()
    copy = after_crash(bench, add(b"garbage"))
    assert copy.log.recovered_cut
    assert copy.log.log_end_offset == 90
    assert copy.log.max_timestamp().offset == 78
    assert files.bytes_read["log"] < size / 10
    copy.store.close()


def test_closed_segments_are_flushed_in_the_background(make_bench, after_crash, files):
    bench = long_bench(make_bench)
    active = bench.log.segments()[-1].base_offset
    bench.store.housekeep(START_MS + 60_000)
    assert bench.log.recovery_point == active
    copy = after_crash(bench)
    assert copy.log.log_end_offset == 800
    assert files.bytes_read["log"] < bench.log.size_bytes
    copy.store.close()


def test_flush_ms_and_flush_messages(make_bench, files):
    bench = make_bench(LogConfig(flush_ms=1000))
    bench.append()
    files.heal()
    bench.store.housekeep(START_MS + 999)
    assert bench.log.recovery_point == 0
    bench.store.housekeep(START_MS + 1000)
    assert bench.log.recovery_point == 1
    bench.log.config = LogConfig(flush_messages=3)
    bench.append(batch_of(2))
    assert bench.log.recovery_point == 1
    files.heal()
    bench.append()
    assert bench.log.recovery_point == 4
    assert files.calls["fsync"] >= 1
    bench.store.close()


def test_a_log_start_beyond_the_log_begins_anew(make_bench, after_crash):
    bench = make_bench()
    for _ in range(4):
        bench.append()
    bench.log.advance_log_start(3)
    copy = after_crash(bench, cut(len(batch_of())))
    assert (copy.log.log_start_offset, copy.log.log_end_offset) == (3, 3)
    assert copy.append().base_offset == 3
    copy.store.close()


def test_an_interrupted_compaction_is_finished_or_undone(make_bench, after_crash):
    bench = make_bench()
    batches = [batch_of(2, value_bytes=50) for _ in range(3)]
    for batch in batches:
        bench.append(batch)
        bench.log.roll(START_MS)
    bench.store.close()

    def leave_swap(directory):
        log_file(directory).rename(directory / "keep")
        (directory / f"{0:020d}.log.swap").write_bytes(batches[0] + batches[1])
        (directory / "keep").rename(log_file(directory))
        (directory / f"{4:020d}.log.deleted").write_bytes(b"old")

    copy = after_crash(bench, leave_swap)
    assert [info.base_offset for info in copy.log.segments()] == [0, 4, 6]
    assert copy.read(0) == batches[0] + batches[1]
    assert not list(Path(copy.log.directory).glob("*.deleted"))
    copy.store.close()

    def leave_cleaned(directory):
        (directory / f"{0:020d}.log.cleaned").write_bytes(batches[0])
        (directory / f"{2:020d}.log.swap").write_bytes(batches[1])

    copy = after_crash(bench, leave_cleaned)
    assert [info.base_offset for info in copy.log.segments()] == [0, 2, 4, 6]
    assert copy.read_all() == b"".join(batches)
    assert not list(Path(copy.log.directory).glob("*.cleaned")) + list(Path(copy.log.directory).glob("*.swap"))
    copy.store.close()


def test_a_log_not_opened_after_a_kill_is_still_to_be_recovered(make_bench, after_crash, files):
    bench = make_bench()
    bench.append()
    copy = after_crash(bench, add(b"garbage"))
    copy.store.close()
    root = Path(bench.store.directory)
    idle = SegmentStore(str(root.parent / "idle"), replace(FakeTime().env(), files=files))
    shutil.copytree(root, root.parent / "idle")
    add(b"garbage")(root.parent / "idle" / PARTITION)
    idle.start()
    assert not idle.was_clean
    idle.close()
    again = SegmentStore(idle.directory, replace(FakeTime().env(), files=files))
    again.start()
    assert not again.was_clean
    assert again.open(TOPIC, TOPIC_ID, 0, LogConfig()).log_end_offset == 1
    again.close()
