"""`kwire log` on data directories of Apache Kafka and of kwire, sound and damaged."""

import json
import shutil
import zlib
from pathlib import Path

import pytest

from kwire.broker import metadata_snapshot
from kwire.broker.metadata_records import frame
from kwire.cli.segment_files import BadFile, batches, check, entries, topic_of
from kwire.files import OsFiles
from kwire.protocol.messages.records.cluster_metadata import PartitionRecord, RemoveTopicRecord, TopicRecord
from kwire.protocol.records.record import Record, encode_batch

VECTORS = Path(__file__).parents[1] / "vectors" / "segments"


@pytest.fixture
def mixed(tmp_path):
    """A partition that Apache Kafka wrote, with every compression and transactions, to be damaged."""
    shutil.copytree(VECTORS / "seg-mixed-0", tmp_path / "seg-mixed-0")
    return tmp_path / "seg-mixed-0"


def test_what_apache_kafka_wrote_is_right(run):
    output = run("log", "verify", VECTORS)
    assert output == (0, "94 files are right, with 168 batches and 338 records; 0 are not\n", "")
    assert json.loads(run("log", "verify", VECTORS, "--json").out) == {
        "files": 94,
        "batches": 168,
        "records": 338,
        "wrong": [],
    }


def flip(path, position):
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "damage", "said"),
    [
        ("00000000000000000000.log", lambda path: flip(path, 500), " at 385: record batch has CRC "),
        ("00000000000000000000.log", lambda path: flip(path, 764 + 7), " at 764: offset 15 belongs to the next segment"),
        ("00000000000000000015.log", lambda path: flip(path, 7), " at 0: offset 14 comes where 15 or later is due"),
        ("00000000000000000030.log", lambda path: path.write_bytes(path.read_bytes()[:-1]), " at 304: a record batch needs 184 bytes, 183 are there"),
        ("00000000000000000030.log", lambda path: path.write_bytes(path.read_bytes() + b"\0"), " at 488: 1 bytes are too few for a record batch"),
        ("00000000000000000000.index", lambda path: flip(path, 7), " at 0: no batch starts at position 384 of the log"),
        ("00000000000000000000.index", lambda path: flip(path, 3), " at 0: no batch at or after position 385 ends with offset 8"),
        ("00000000000000000000.index", lambda path: path.write_bytes(path.read_bytes()[:8] * 2), " at 8: offset 9 does not come after"),
        ("00000000000000000000.index", lambda path: path.write_bytes(path.read_bytes()[:-1]), " at 8: half of an entry of 8 bytes"),
        ("00000000000000000000.timeindex", lambda path: flip(path, 6), " at 0: up to offset 9 there is timestamp "),
        ("00000000000000000102.txnindex", lambda path: flip(path, 1), " at 0: a row has version 1, expected 0"),
        ("00000000000000000110.snapshot", lambda path: flip(path, 20), " at 0: CRC "),
        ("leader-epoch-checkpoint", lambda path: path.write_text("0\n2\n1 5\n1 6\n"), " at 0: epoch 1 at offset 6 does not come after"),
        ("leader-epoch-checkpoint", lambda path: path.write_text("0\n2\n1 5\n"), " at 0: version 0 with 2 entries announced and 1 found"),
    ],
)  # fmt: skip
def test_the_first_bad_position_is_told(run, mixed, name, damage, said):
    damage(mixed / name)
    output = run("log", "verify", mixed)
    assert (output.code, output.err) == (1, "")
    first, *_, last = output.out.splitlines()
    assert first.startswith(f"{mixed / name}{said}")
    assert last.endswith("are not")
    with pytest.raises(BadFile):
        check(mixed / name)


def test_every_flipped_bit_of_a_log_is_noticed(mixed):
    path = mixed / "00000000000000000000.log"
    data = path.read_bytes()
    unnoticed = []
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 0x10
        path.write_bytes(damaged)
        try:
            check(path)
        except BadFile:
            continue
        unnoticed.append(position)
    starts = [0, 385, 764]
    leader_epochs = [start + byte for start in starts for byte in range(12, 16)]
    assert unnoticed == leader_epochs, "only the leader epoch stands outside of what can be checked"


def test_a_damaged_file_does_not_hide_the_others(run, mixed):
    flip(mixed / "00000000000000000000.log", 500)
    output = run("log", "dump", "--headers-only", mixed)
    assert output.code == 1
    assert output.err.startswith(f"kwire: {mixed}/00000000000000000000.log at 385: record batch has CRC ")
    assert output.err.count("\n") == 1
    assert f"{mixed}/00000000000000000110.log:\n" in output.out


def test_an_empty_checkpoint_is_right(run, tmp_path):
    (tmp_path / "cleaner-offset-checkpoint").touch()
    assert run("log", "verify", tmp_path).code == 0
    assert run("log", "dump", tmp_path) == (0, f"{tmp_path}/cleaner-offset-checkpoint:\n  empty\n", "")


def test_segments_do_not_overlap(mixed):
    (mixed / "00000000000000000007.log").touch()
    with pytest.raises(BadFile, match="at 385: offset 9 belongs to the next segment"):
        check(mixed / "00000000000000000000.log")


def test_room_that_is_set_aside_is_no_damage(run, mixed):
    for name in ("00000000000000000000.index", "00000000000000000000.timeindex"):
        path = mixed / name
        whole = list(entries(path))
        path.write_bytes(path.read_bytes() + bytes(24))
        assert list(entries(path)) == whole
    assert run("log", "verify", mixed).code == 0


def test_messages_of_old_magics_are_read(tmp_path, run):
    message = bytes.fromhex("0000000000000007 0000001a 8f2b0d5e 01 00 0000000000000005 00000001 6b 00000003 6f6e65")
    body = message[16:]
    message = message[:8] + len(message[12:]).to_bytes(4, "big") + zlib.crc32(body).to_bytes(4, "big") + body
    path = tmp_path / "old-0" / "00000000000000000007.log"
    path.parent.mkdir()
    path.write_bytes(message)
    assert run("log", "dump", path).out.splitlines() == [
        f"{path}:",
        "  Position 0, Magic 1, LastOffset 7, Size 38",
        "    Offset 7, Timestamp 1970-01-01T00:00:00.005Z, Key k, Value one",
    ]
    assert run("log", "verify", path).code == 0
    flip(path, len(message) - 1)
    assert run("log", "verify", path).out.splitlines()[0] == f"{path} at 0: message has a wrong CRC"


def shown(run, *arguments):
    output = run("log", "dump", "--json", *arguments)
    assert (output.code, output.err) == (0, "")
    return [json.loads(line) for line in output.out.splitlines()]


def test_batches_and_records_are_shown(run, mixed):
    path = mixed / "00000000000000000102.log"
    first = shown(run, path)[0]
    assert first.pop("Records")[0].keys() >= {"Offset", "Timestamp"}
    assert first["File"] == str(path)
    assert {"Position", "BaseOffset", "Compression", "ProducerId", "Crc"} <= first.keys()
    assert "Records" not in shown(run, "--headers-only", path)[0]
    markers = [record for batch in shown(run, path) if batch.get("Control") for record in batch["Records"]]
    assert {record["Type"] for record in markers} <= {"ABORT", "COMMIT"}
    assert markers


def test_records_of_internal_topics_are_decoded(run):
    types = {}
    for directory in VECTORS.glob("__*-?"):
        for batch in shown(run, directory):
            for record in batch.get("Records", ()):
                assert "Error" not in record
                types.setdefault(topic_of(Path(batch["File"])), set()).add(record["Type"])
    assert types["__cluster_metadata"] == {"SNAPSHOT_HEADER", "FeatureLevelRecord", "SNAPSHOT_FOOTER"}
    assert {"OffsetCommit", "GroupMetadata", "ConsumerGroupMetadata", "COMMIT"} <= types["__consumer_offsets"]
    assert types["__transaction_state"] == {"TransactionLog"}


def test_a_committed_offset_is_readable(run):
    (batch,) = [
        one
        for one in shown(run, VECTORS / "__consumer_offsets-1" / "00000000000000000000.log")
        if one["BaseOffset"] == 2
    ]
    assert batch["Records"][0]["Key"] == {"group": "aio-group", "topic": "aio-topic", "partition": 0}
    assert batch["Records"][0]["Value"]["offset"] == 10


def test_all_other_files_are_shown(run):
    directory = VECTORS / "seg-mixed-0"
    index = shown(run, directory / "00000000000000000000.index")
    assert [(row["Offset"], row["Position"]) for row in index] == [(9, 385), (14, 764)]
    times = shown(run, directory / "00000000000000000000.timeindex")
    assert times[0]["Timestamp"] == "2026-09-21T14:13:45.021Z"
    aborted = shown(run, directory / "00000000000000000102.txnindex")
    assert [row["FirstOffset"] for row in aborted] == [103, 105]
    producers = shown(run, directory / "00000000000000000110.snapshot")
    assert [row["ProducerId"] for row in producers] == [16, 17, 18, 19, 20, 21, 15]
    assert shown(run, directory / "leader-epoch-checkpoint")[0]["Line"] == "0 0"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # kafka-python's own
def test_what_kwire_writes_is_right(serve, run, tmp_path, monkeypatch):
    data = tmp_path / "data"
    started = serve("--data", str(data), "--topic", "t:2:segment.bytes=1048576")
    monkeypatch.setenv("KWIRE_BOOTSTRAP_SERVERS", started.bootstrap)
    lines = b"".join(b"%d %s\n" % (number, b"x" * 1000) for number in range(5000))
    assert run("produce", "t", given=lines) == (0, "", "")
    assert run("consume", "t", "--group", "g", "-n", 10).code == 0
    assert started.stop()[0] == 0
    output = run("log", "verify", data)
    assert (output.code, output.err) == (0, "")
    assert output.out.endswith("; 0 are not\n")
    found = sum(len(list(one.records())) for path in data.glob("t-*/*.log") for one in batches(path))
    assert found == 5000
    (committed,) = [
        record
        for path in data.glob("__consumer_offsets-*/*.log")
        for batch in shown(run, path)
        for record in batch["Records"]
        if record["Type"] == "OffsetCommit"
    ]
    assert committed["Key"]["group"] == "g"


def test_paths_that_have_no_log(run, tmp_path):
    assert run("log", "dump", tmp_path / "no") == (1, "", f"kwire: there is no {tmp_path}/no\n")
    assert run("log", "verify", tmp_path) == (1, "", f"kwire: there are no files of a log in {tmp_path}\n")
    other = tmp_path / "notes.txt"
    other.write_text("hello\n")
    assert run("log", "dump", other).err == f"kwire: {other} at 0: this is no file of a log\n"
    assert run("log", "verify", other).code == 1


def test_a_partition_that_was_created_and_not_written_to_is_empty(serve, run, tmp_path):
    data = tmp_path / "data"
    started = serve("--data", str(data), "--topic", "orders:2")
    said = f"{data}/orders-1 is empty: nothing was written to that partition yet\n"
    assert run("log", "dump", data / "orders-1") == run("log", "dump", "--json", data / "orders-1") == (0, "", said)
    assert started.stop()[0] == 0
    assert run("log", "dump", data / "orders-1") == (0, "", said)
    right = "0 files are right, with 0 batches and 0 records; 0 are not\n"
    assert run("log", "verify", data / "orders-1") == (0, right, said)
    assert run("log", "dump", data / "orders-2") == (1, "", f"kwire: there is no {data}/orders-2\n")


def test_a_checkpoint_of_the_metadata_counts_and_what_the_log_says_after_it(run, tmp_path):
    log = tmp_path / "__cluster_metadata-0"
    log.mkdir()
    a, b = b"a" * 16, b"b" * 16
    made = [TopicRecord("a", a), PartitionRecord(0, a), TopicRecord("b", b), PartitionRecord(0, b)]
    metadata_snapshot.write(OsFiles(), str(log), 10, 1, made, 7)
    batches = (
        encode_batch([Record(0, 7, None, frame(RemoveTopicRecord(topic_id)))], base_offset=offset, leader_epoch=1)
        for offset, topic_id in ((9, a), (10, b))
    )
    (log / f"{9:020}.log").write_bytes(b"".join(batches) + b"torn")
    assert run("log", "dump", tmp_path / "a-0").code == 0
    assert run("log", "dump", tmp_path / "a-1").code == run("log", "dump", tmp_path / "b-0").code == 1


def test_an_empty_segment_says_so(run, tmp_path):
    segment = tmp_path / "orders-0" / f"{0:020}.log"
    segment.parent.mkdir()
    segment.touch()
    assert run("log", "dump", segment) == (0, f"{segment}:\n  empty\n", "")
    assert run("log", "dump", "--json", segment) == (0, "", "")
