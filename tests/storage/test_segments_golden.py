"""Log directories written by Apache Kafka open and read back as its own tools and broker say, and are written alike."""

import json
import shutil
from pathlib import Path

import pytest

from kwire.env import Env
from kwire.protocol.records.batch import iter_headers
from kwire.protocol.records.record import iter_records
from kwire.storage.aborted import decode_rows
from kwire.storage.config import LogConfig
from kwire.storage.port import OffsetOutOfRange
from kwire.storage.producer_state import decode_snapshot
from kwire.storage.segments.checkpoints import format_offsets, parse_offsets, read_meta_properties, read_topic_id
from kwire.storage.segments.store import SegmentStore

VECTORS = Path(__file__).parent.parent / "vectors" / "segments"
DIRECTORIES = sorted(path.name for path in VECTORS.iterdir() if (VECTORS / f"{path.name}.facts.json").exists())
CONFIGS = {
    "seg-mixed-0": LogConfig(segment_ms=60_000, index_interval_bytes=256),
    "seg-append-time-0": LogConfig(index_interval_bytes=100),
}
ANSWERS = json.loads((VECTORS / "broker-answers.json").read_text())
ALL = 2**31 - 1
DERIVED = (".index", ".timeindex", ".txnindex", ".snapshot", "leader-epoch-checkpoint")


def facts_of(name):
    return json.loads((VECTORS / f"{name}.facts.json").read_text())["files"]


def batches_of(name):
    return [batch for file, rows in facts_of(name).items() if file.endswith(".log") for batch in rows]


def open_copy(root, name, *, clean=True, without=()):
    """The log in a copy of the directory, and its store."""
    shutil.copytree(VECTORS / name, root / name)
    for path in (root / name).iterdir():
        path.chmod(0o644)
        if path.name.endswith(without):
            path.unlink()
    shutil.copy(VECTORS / "logdir-files" / "meta.properties", root)
    starts = parse_offsets((VECTORS / "logdir-files" / "log-start-offset-checkpoint").read_text())
    topic, _, partition = name.rpartition("-")
    kept = {key: offset for key, offset in starts.items() if key == (topic, int(partition))}
    (root / "log-start-offset-checkpoint").write_text(format_offsets(kept))
    if clean:
        shutil.copy(VECTORS / "logdir-files" / "kafka_cleanshutdown.hidden-file", root / ".kafka_cleanshutdown")
    store = SegmentStore(str(root), Env())
    store.start()
    (stored,) = store.list()
    return store, store.open(stored.topic, stored.topic_id, stored.partition, CONFIGS.get(name, LogConfig()))


def read(log, offset, before_offset):
    part = log.read(offset, ALL, before_offset=before_offset, min_one_batch=True)
    try:
        return part.tobytes()
    finally:
        part.close()


def is_intact(log):
    assert not log.recovered_cut
    assert [info.base_offset for info in log.segments()] == sorted(
        int(path.name[:20]) for path in Path(log.directory).glob("*.log")
    )


@pytest.mark.parametrize("name", DIRECTORIES)
@pytest.mark.parametrize("how", ["clean", "unclean", "bare"])
def test_batches_are_those_of_the_dump(tmp_path, name, how):
    store, log = open_copy(tmp_path, name, clean=how == "clean", without=DERIVED if how == "bare" else ())
    is_intact(log)
    expected = batches_of(name)
    assert log.log_end_offset == max(batch["lastOffset"] for batch in expected) + 1
    found = [
        (
            header.base_offset,
            header.last_offset,
            header.crc,
            header.size_bytes,
            header.producer_id,
            header.max_timestamp,
        )
        for _, _, header in log.walk(0)
    ]
    assert found == [
        (
            batch["baseOffset"],
            batch["lastOffset"],
            batch["crc"],
            batch["size"],
            batch["producerId"],
            batch["CreateTime"] if "CreateTime" in batch else batch["LogAppendTime"],
        )
        for batch in expected
    ]
    assert [entry.epoch for entry in log.leader_epochs] == [0]
    store.close()


@pytest.mark.parametrize("name", DIRECTORIES)
def test_records_are_those_of_the_dump(tmp_path, name):
    store, log = open_copy(tmp_path, name)
    for batch in batches_of(name):
        if batch["lastOffset"] < log.log_start_offset:
            continue
        data = read(log, max(batch["baseOffset"], log.log_start_offset), batch["lastOffset"] + 1)
        ((_, header),) = iter_headers(data)
        found = [(record.offset, record.timestamp) for record in iter_records(data, header)]
        expected = [
            (record["offset"], record["CreateTime"] if "CreateTime" in record else record["LogAppendTime"])
            for record in batch["records"]
        ]
        assert found == expected
    store.close()


@pytest.mark.parametrize("how", ["clean", "unclean", "bare"])
@pytest.mark.parametrize("topic", sorted(ANSWERS))
def test_offsets_by_timestamp_are_the_brokers(tmp_path, topic, how):
    store, log = open_copy(tmp_path, f"{topic}-0", clean=how == "clean", without=DERIVED if how == "bare" else ())
    for answer in ANSWERS[topic]["listOffsets_v11"]:
        asked = answer["timestampAsked"]
        if asked == -1:
            found = (-1, log.log_end_offset, log.leader_epochs.latest_epoch)
        elif asked in {-2, -4}:
            # Only the checkpoint knows the epoch of records that compaction removed.
            first = log.log_start_offset if how != "bare" else next(log.headers()).last_offset
            found = (-1, log.log_start_offset, log.leader_epochs.epoch_for_offset(first))
        elif asked in {-5, -6}:
            continue  # tiers, of which there are none
        else:
            at = log.max_timestamp() if asked == -3 else log.offset_for_timestamp(asked, before_offset=2**63 - 1)
            found = (at.timestamp_ms, at.offset, at.leader_epoch) if at else (-1, -1, -1)
        assert found == (answer["timestamp"], answer["offset"], answer["leaderEpoch"]), asked
    store.close()


@pytest.mark.parametrize("how", ["clean", "unclean", "bare"])
@pytest.mark.parametrize("isolation", [0, 1])
@pytest.mark.parametrize("topic", sorted(ANSWERS))
def test_fetches_are_the_brokers(tmp_path, topic, isolation, how):
    store, log = open_copy(tmp_path, f"{topic}-0", clean=how == "clean", without=DERIVED if how == "bare" else ())
    for answer in ANSWERS[topic][f"fetch_v12_iso{isolation}"]:
        offset = answer["fetchOffset"]
        if answer["errorCode"]:
            with pytest.raises(OffsetOutOfRange):
                read(log, offset, log.log_end_offset)
            continue
        last_stable_offset = log.producers.first_unstable_offset
        last_stable_offset = log.log_end_offset if last_stable_offset is None else last_stable_offset
        data = read(log, offset, last_stable_offset)
        headers = [header for _, header in iter_headers(data)]
        assert (len(data), len(headers)) == (answer["recordsSize"], answer["batches"])
        assert headers[0].base_offset == answer["firstBaseOffset"]
        assert (log.log_start_offset, last_stable_offset) == (answer["logStartOffset"], answer["lastStableOffset"])
        if isolation:
            aborted = log.aborted.collect(offset, headers[-1].next_offset)
            assert [{"firstOffset": row.first_offset, "producerId": row.producer_id} for row in aborted] == answer[
                "abortedTransactions"
            ]
    store.close()


@pytest.mark.parametrize("topic", sorted(ANSWERS))
def test_the_epoch_ends_where_the_broker_says(tmp_path, topic):
    store, log = open_copy(tmp_path, f"{topic}-0")
    answer = ANSWERS[topic]["offsetForLeaderEpoch_v4_epoch0"]
    assert log.leader_epochs.end_offset_for(0, log.log_end_offset) == (answer["leaderEpoch"], answer["endOffset"])
    store.close()


def derived_files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.name.endswith(DERIVED)}


def comparable(files):
    """Rows of snapshots in any order: Kafka writes them as its hash table has them."""
    return {
        name: sorted(map(repr, decode_snapshot(data))) if name.endswith(".snapshot") else data
        for name, data in files.items()
    }


@pytest.mark.parametrize("name", DIRECTORIES)
def test_a_clean_open_and_close_leaves_every_byte(tmp_path, name):
    store, _ = open_copy(tmp_path, name)
    before = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
    store.close()
    assert {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} == before
    assert json.loads((tmp_path / ".kafka_cleanshutdown").read_text()) == {"version": 0, "brokerEpoch": -1}


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_recovery_writes_the_files_that_kafka_wrote(tmp_path, name):
    store, log = open_copy(tmp_path, name, clean=False, without=DERIVED)
    end = log.log_end_offset
    store.close()
    recovered = comparable(derived_files(tmp_path / name))
    golden = comparable(derived_files(VECTORS / name))
    # A recovery takes no snapshot at the segments behind it: the one at the end tells all of them.
    assert recovered == {
        file: data for file, data in golden.items() if not file.endswith(".snapshot") or int(file[:20]) == end
    }


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_appending_the_same_batches_writes_the_same_files(tmp_path, name):
    topic_id = read_topic_id(Env().files, str(VECTORS / name))
    topic = name.rpartition("-")[0]
    store = SegmentStore(str(tmp_path), Env())
    store.start()
    log = store.open(topic, topic_id, 0, CONFIGS[name])
    for path in sorted((VECTORS / name).glob("*.log")):
        if name == "seg-append-time-0":  # its segments were rolled by the clock
            log.roll(0)
        data = bytearray(path.read_bytes())
        for position, header in list(iter_headers(data)):
            batch = data[position : position + header.size_bytes]
            batch[:8] = bytes(8)
            header.base_offset = 0
            log.append(batch, header, 0, header.max_timestamp)
    if name == "seg-append-time-0":
        log.advance_log_start(4)
    store.close()
    written = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
    golden = {path.name: path.read_bytes() for path in (VECTORS / name).iterdir()}
    snapshots = {file for file in golden if file.endswith(".snapshot")}
    assert comparable({file: written[file] for file in snapshots}) == comparable(
        {file: golden[file] for file in snapshots}
    )
    assert {file: data for file, data in written.items() if file not in snapshots} == {
        file: data for file, data in golden.items() if file not in snapshots
    }
    if name == "seg-append-time-0":
        assert parse_offsets((tmp_path / "log-start-offset-checkpoint").read_text()) == {(topic, 0): 4}
    assert parse_offsets((tmp_path / "recovery-point-offset-checkpoint").read_text()) == {
        (topic, 0): log.log_end_offset
    }


def test_the_transaction_index_is_the_dumps(tmp_path):
    store, log = open_copy(tmp_path, "seg-mixed-0")
    expected = [
        (row["producerId"], row["firstOffset"], row["lastOffset"], row["lastStableOffset"])
        for row in facts_of("seg-mixed-0")["00000000000000000102.txnindex"]
    ]
    found = [(row.producer_id, row.first_offset, row.last_offset, row.last_stable_offset) for row in log.aborted]
    assert found == expected
    rows = decode_rows((VECTORS / "seg-mixed-0" / "00000000000000000102.txnindex").read_bytes())
    assert list(log.aborted) == rows
    store.close()


def test_the_directorys_own_files_are_understood(tmp_path):
    files = VECTORS / "logdir-files"
    starts = parse_offsets((files / "log-start-offset-checkpoint").read_text())
    assert starts["seg-append-time", 0] == 4
    points = parse_offsets((files / "recovery-point-offset-checkpoint").read_text())
    assert len(points) == 171
    assert points["__consumer_offsets", 1] == 76
    properties = read_meta_properties(Env().files, str(files / "meta.properties"))
    assert properties["cluster.id"] == "MkU3OEVBNTcwNTJENDM2Qg"
