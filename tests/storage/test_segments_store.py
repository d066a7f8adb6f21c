"""The data directory: whose it is, what it says, and when its files come and go."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kwire.files import OsFiles
from kwire.protocol.records.batch import read_header
from kwire.storage.config import LogConfig
from kwire.storage.port import FileRange, StorageError, StoredLog
from kwire.storage.segments.checkpoints import (
    format_uuid,
    parse_offsets,
    parse_uuid,
    read_meta_properties,
    read_topic_id,
)
from kwire.storage.segments.open_files import IN_USE, OpenFiles
from kwire.storage.segments.partition_directory import parse_directory_name, retired_name
from kwire.storage.segments.store import SegmentStore
from tests.kit.faulty_files import FaultyFiles
from tests.kit.storage_bench import START_MS, TOPIC, TOPIC_ID, FakeTime, batch_of

OTHER_ID = bytes(range(1, 17))


@pytest.fixture
def time():
    return FakeTime()


@pytest.fixture
def open_store(tmp_path, time):
    stores = []

    def start(**options):
        store = SegmentStore(str(tmp_path / "data"), time.env(), **options)
        stores.append(store)
        store.start()
        return store

    yield start
    for store in stores:
        store.close()


def append(log, batch=None):
    batch = batch or batch_of()
    return log.append(batch, read_header(batch), 0, START_MS)


def names(directory):
    return sorted(path.name for path in Path(directory).iterdir())


def test_a_directory_of_something_else_is_refused_and_left_alone(open_store, tmp_path):
    data = tmp_path / "data"
    (data / ".git").mkdir(parents=True)
    (data / "polkit-1").mkdir()
    (data / "notes.txt").write_text("mine")
    (data / "notes-2").write_text("mine")
    with pytest.raises(StorageError, match="has other files in it, but no data of a broker"):
        open_store()
    assert names(data) == [".git", "notes-2", "notes.txt", "polkit-1"]


def test_a_directory_with_logs_only_is_taken(open_store, tmp_path):
    (tmp_path / "data" / "events-0").mkdir(parents=True)
    (tmp_path / "data" / "events-0" / f"{0:020}.log").touch()
    assert open_store().cluster_id


@pytest.mark.parametrize("present", ["lost+found", "events-0", ".lock"])
def test_a_directory_that_may_be_ours_is_taken(open_store, tmp_path, present):
    (tmp_path / "data" / present).mkdir(parents=True) if present != ".lock" else (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties.tmp").touch()
    (tmp_path / "data" / ".lock").touch()
    assert open_store().cluster_id


def test_a_clock_that_is_set_back_holds_up_neither_flushes_nor_checkpoints(open_store, time):
    store = open_store()
    store.housekeep(START_MS)
    log = store.open(TOPIC, TOPIC_ID, 0, LogConfig(flush_ms=1000))
    append(log)
    time.now_ms = START_MS - 86_400_000
    store.housekeep(time.now_ms)
    points = parse_offsets(Path(store.directory, "recovery-point-offset-checkpoint").read_text())
    assert points == {(TOPIC, 0): 1}


def test_nothing_is_written_before_the_first_append(open_store):
    store = open_store()
    before = names(store.directory)
    assert before == [".lock", "meta.properties"]
    log = store.open(TOPIC, TOPIC_ID, 0, LogConfig())
    log.roll(START_MS)
    log.flush()
    store.housekeep(START_MS)
    assert list(log.headers()) == []
    assert names(store.directory) == before
    assert list(store.list()) == []


def test_the_files_of_a_partition(open_store):
    store = open_store()
    log = store.open(TOPIC, TOPIC_ID, 3, LogConfig())
    append(log)
    log.roll(START_MS)
    append(log)
    store.close()
    assert names(f"{store.directory}/{TOPIC}-3") == [
        f"{0:020d}.index",
        f"{0:020d}.log",
        f"{0:020d}.timeindex",
        f"{1:020d}.index",
        f"{1:020d}.log",
        f"{1:020d}.snapshot",
        f"{1:020d}.timeindex",
        f"{2:020d}.snapshot",
        "leader-epoch-checkpoint",
        "partition.metadata",
    ]
    text = Path(store.directory, f"{TOPIC}-3", "partition.metadata").read_text()
    assert text == f"version: 0\ntopic_id: {format_uuid(TOPIC_ID)}"
    assert parse_offsets(Path(store.directory, "recovery-point-offset-checkpoint").read_text()) == {(TOPIC, 3): 2}
    assert json.loads(Path(store.directory, ".kafka_cleanshutdown").read_text()) == {"version": 0, "brokerEpoch": -1}


def test_the_directory_is_ours_alone(open_store, time, tmp_path):
    store = open_store()
    other = SegmentStore(store.directory, time.env())
    with pytest.raises(StorageError, match="in use"):
        other.start()
    store.close()
    other.start()
    other.close()
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(StorageError, match="cannot use"):
        SegmentStore(str(tmp_path / "file"), time.env()).start()


def test_a_directory_belongs_to_a_cluster(open_store):
    store = open_store(cluster_id="ours", node_id=4)
    properties = read_meta_properties(OsFiles(), f"{store.directory}/meta.properties")
    assert (properties["cluster.id"], properties["node.id"], properties["version"]) == ("ours", "4", "1")
    assert len(parse_uuid(properties["directory.id"])) == 16
    store.close()
    again = open_store(node_id=5)
    assert again.cluster_id == "ours"
    assert read_meta_properties(OsFiles(), f"{store.directory}/meta.properties") == properties
    again.close()
    with pytest.raises(StorageError, match="belongs to the cluster ours"):
        open_store(cluster_id="theirs")
    Path(store.directory, "meta.properties").write_text("version=7\n")
    with pytest.raises(StorageError, match=r"not the meta\.properties"):
        open_store()


def test_a_running_store_is_not_marked_clean(open_store, time):
    store = open_store()
    append(store.open(TOPIC, TOPIC_ID, 0, LogConfig()))
    assert not store.was_clean
    store.close()
    again = open_store()
    assert again.was_clean
    assert not Path(store.directory, ".kafka_cleanshutdown").exists()
    again.close()


def test_a_deleted_log_leaves_the_disk_after_its_delay(open_store, time):
    store = open_store()
    log = store.open(TOPIC, TOPIC_ID, 0, LogConfig(file_delete_delay_ms=1000))
    append(log)
    part = log.read(0, 1000, before_offset=1, min_one_batch=True)
    store.delete(log)
    (retired,) = [name for name in names(store.directory) if name.endswith("-delete")]
    assert retired.startswith(f"{TOPIC}-0.")
    assert len(retired) == len(f"{TOPIC}-0.") + 32 + len("-delete")
    store.housekeep(START_MS + 999)
    assert retired in names(store.directory)
    store.housekeep(START_MS + 1000)
    assert retired not in names(store.directory)
    assert len(part.tobytes()) == len(part) > 0
    part.close()
    assert list(store.list()) == []


def test_a_deletion_is_finished_by_the_next_start(open_store):
    store = open_store()
    log = store.open(TOPIC, TOPIC_ID, 0, LogConfig())
    append(log)
    store.delete(log)
    store.close()
    again = open_store()
    again.housekeep(START_MS)
    assert [name for name in names(store.directory) if name.startswith(TOPIC)] == []


def test_deleted_segments_leave_the_disk_after_their_delay(open_store):
    store = open_store()
    log = store.open(TOPIC, TOPIC_ID, 0, LogConfig(file_delete_delay_ms=1000))
    for _ in range(3):
        append(log)
        log.roll(START_MS)
    log.advance_log_start(2)
    directory = f"{store.directory}/{TOPIC}-0"
    assert f"{0:020d}.log.deleted" in names(directory)
    assert f"{0:020d}.log" not in names(directory)
    store.housekeep(START_MS + 1000)
    assert {name[:20] for name in names(directory) if "log" in name} == {f"{2:020d}", f"{3:020d}"}
    assert [name for name in names(directory) if name.endswith(".snapshot")] == [
        f"{2:020d}.snapshot",
        f"{3:020d}.snapshot",
    ]


def test_an_earlier_topic_of_that_name_is_set_aside(open_store):
    store = open_store()
    append(store.open(TOPIC, TOPIC_ID, 0, LogConfig()))
    store.close()
    again = open_store()
    log = again.open(TOPIC, OTHER_ID, 0, LogConfig())
    assert log.log_end_offset == 0
    append(log)
    assert list(again.list()) == [StoredLog(TOPIC, OTHER_ID, 0)]
    (stray,) = [name for name in names(store.directory) if name.endswith("-stray")]
    assert read_topic_id(OsFiles(), f"{store.directory}/{stray}") == TOPIC_ID


def test_a_topic_without_an_id_is_taken_as_it_is(open_store):
    store = open_store()
    append(store.open(TOPIC, TOPIC_ID, 0, LogConfig()))
    store.close()
    Path(store.directory, f"{TOPIC}-0", "partition.metadata").unlink()
    again = open_store()
    assert list(again.list()) == [StoredLog(TOPIC, bytes(16), 0)]
    assert again.open(TOPIC, TOPIC_ID, 0, LogConfig()).log_end_offset == 1
    assert list(again.list()) == [StoredLog(TOPIC, TOPIC_ID, 0)]


@pytest.mark.parametrize("content", [None, b"", b"version: 0\n"])
def test_a_log_whose_topic_id_a_crash_has_lost_is_of_one_topic_only(open_store, content, caplog):
    store = open_store()
    directory = Path(store.directory, f"{TOPIC}-0")
    directory.mkdir()
    if content is not None:
        (directory / "partition.metadata").write_bytes(content)
    append(store.open(TOPIC, TOPIC_ID, 0, LogConfig()))
    store.close()
    again = open_store()
    assert list(again.list()) == [StoredLog(TOPIC, TOPIC_ID, 0)]
    assert again.open(TOPIC, OTHER_ID, 0, LogConfig()).log_end_offset == 0
    assert "before its log start offset" not in caplog.text


def test_other_directories_are_no_logs(open_store):
    store = open_store()
    for name in ("lost+found", "a-b", "a-01", "-1", "a-1.0123-delete", "a-1.0123-stray"):
        Path(store.directory, name).mkdir()
    assert list(store.list()) == []
    assert parse_directory_name("a-b-10") == ("a-b", 10)
    assert len(retired_name("t" * 249, 12, bytes(16), "-delete")) == 255


def test_a_closed_log_can_be_opened_again(open_store):
    store = open_store()
    log = store.open(TOPIC, TOPIC_ID, 0, LogConfig())
    append(log)
    log.close()
    again = store.open(TOPIC, TOPIC_ID, 0, LogConfig())
    assert again is not log
    assert append(again).base_offset == 1


def test_few_descriptors_serve_many_segments(tmp_path):
    files = OpenFiles(OsFiles(), limit=2)
    paths = [f"{tmp_path}/{number}" for number in range(5)]
    opened = [files.get(path, "create") for path in paths]
    assert [file.fileno() >= 0 for file in opened] == [False, False, False, True, True]
    held = files.get(paths[3], "append").retain()
    for path in paths[:3]:
        files.get(path, "append")
    assert held.fileno() >= 0
    held.append([b"x"])
    held.close()
    assert held.fileno() < 0
    files.close()


def test_files_give_way_where_descriptors_are_scarce(tmp_path):
    """The files used last stay open, because a caller may still use the one it borrowed."""
    files = OpenFiles(OsFiles(), end=lambda: 1)
    paths = [f"{tmp_path}/{number}" for number in range(3 * IN_USE)]
    opened = [files.get(path, "create") for path in paths]
    assert [file.fileno() >= 0 for file in opened] == [False] * 2 * IN_USE + [True] * IN_USE
    assert not files.may_hold(opened[-1])
    assert not files.spare()
    files.close()


def test_files_are_not_closed_under_the_thread_that_uses_them(tmp_path):
    files = OpenFiles(OsFiles())
    for number in range(3 * IN_USE):
        files.get(f"{tmp_path}/{number}", "create")
    with ThreadPoolExecutor() as threads:
        assert not threads.submit(files.spare).result()
    assert files.spare()
    files.close()


def test_what_is_read_is_not_held_open_where_descriptors_are_scarce(open_store):
    store = open_store()
    logs = [store.open(TOPIC, TOPIC_ID, index, LogConfig()) for index in range(3 * IN_USE)]
    for log in logs:
        append(log, batch := batch_of(3))
    store._data_directory.open_files._ask_end = lambda: 1
    store._data_directory.open_files.close()
    slices = [log.read(0, 1000, before_offset=3, min_one_batch=True) for log in logs]
    assert len(store._data_directory.open_files._open) <= IN_USE + 1
    for log in logs:
        log.truncate(0)
    for part in slices:
        assert part.tobytes() == batch
        part.close()


def test_a_reader_at_the_end_does_not_search(open_store, time):
    files = FaultyFiles()
    store = SegmentStore(f"{open_store().directory}-2", replace(time.env(), files=files))
    store.start()
    log = store.open(TOPIC, TOPIC_ID, 0, LogConfig(index_interval_bytes=100))
    for _ in range(500):
        append(log)
    assert not log.read(500, 1000, before_offset=500, min_one_batch=True)
    for offset in range(500, 520):
        append(log)
        files.heal()
        part = log.read(offset, 10_000, before_offset=offset + 1, min_one_batch=True)
        assert files.calls["pread"] <= 1
        (only,) = part.parts()
        assert isinstance(only, FileRange)
        assert read_header(part.tobytes()).base_offset == offset
        part.close()
    store.close()


def test_an_index_in_memory_is_stored_when_it_grows(open_store):
    store = open_store()
    log = store.open(TOPIC, TOPIC_ID, 0, LogConfig(index_interval_bytes=0))
    for _ in range(1200):
        append(log)
    index = Path(store.directory, f"{TOPIC}-0", f"{0:020d}.index")
    assert index.stat().st_size == 8192
    for offset in (0, 1, 511, 512, 513, 1023, 1024, 1199):
        part = log.read(offset, 1, before_offset=1200, min_one_batch=True)
        assert read_header(part.tobytes()).base_offset == offset
        part.close()
    log.truncate(300)
    assert index.stat().st_size < 2400
    for _ in range(5):
        append(log)
    part = log.read(302, 1, before_offset=305, min_one_batch=True)
    assert read_header(part.tobytes()).base_offset == 302
    part.close()


def test_a_full_index_begins_a_new_segment(open_store):
    store = open_store()
    log = store.open(TOPIC, TOPIC_ID, 0, LogConfig(index_interval_bytes=0, segment_index_bytes=80))
    for _ in range(40):
        append(log)
    assert len(log.segments()) == 4
    assert [info.base_offset for info in log.segments()] == [0, 11, 22, 33]


def test_an_offset_too_far_for_a_relative_one_begins_a_new_segment(open_store):
    store = open_store()
    log = store.open(TOPIC, TOPIC_ID, 0, LogConfig())
    for offset in (2**40, 2**40 + 1, 2**40 + 2**31 - 1, 2**40 + 2**31):
        batch = batch_of()
        batch[:8] = offset.to_bytes(8, "big")
        log.append_as_is(batch, START_MS)
    assert [info.base_offset for info in log.segments()] == [2**40, 2**40 + 2**31]
    store.close()
    again = open_store().open(TOPIC, TOPIC_ID, 0, LogConfig())
    assert again.log_end_offset == 2**40 + 2**31 + 1


def test_jitter_makes_segments_end_earlier(open_store):
    store = open_store()
    ends = set()
    for partition in range(20):
        log = store.open(TOPIC, TOPIC_ID, partition, LogConfig(segment_ms=100_000, segment_jitter_ms=50_000))
        append(log)
        for waited_ms in range(0, 100_001, 1000):
            log.roll_if_due(START_MS + waited_ms)
            if len(log.segments()) > 1:
                ends.add(waited_ms)
                break
    assert len(ends) > 5
    assert min(ends) > 49_000
