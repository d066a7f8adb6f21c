"""A start with the records of TOPIC.jsonl files: where they go, what is refused, and that they are loaded once."""

import contextlib
import json

import pytest

from kwire.app import running
from kwire.protocol.records.batch import iter_headers
from kwire.protocol.records.key_hash import partition_for_key
from kwire.protocol.records.record import iter_records
from kwire.seeding import seed
from kwire.settings import Address, BrokerSetting, CannotStart, Settings, TopicSetting

ALL = 2**31 - 1
ONE = (BrokerSetting(listen=(Address("127.0.0.1", 0),)),)


@pytest.fixture
def write(tmp_path):
    """Writes a topic's records into the directory to load."""
    directory = tmp_path / "records"
    directory.mkdir()

    def write(topic, *records):
        lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
        (directory / f"{topic}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(directory)

    return write


def stored(cluster, topic):
    """{partition: [(key, value, headers, timestamp)]}."""
    found = {}
    for image in cluster.image.topics[topic].partitions:
        log = cluster.partition(topic, image.index).open()
        rows = found[image.index] = []
        with contextlib.closing(log.read(0, ALL, before_offset=ALL, min_one_batch=True)) as batches:
            data = batches.tobytes()
        for position, header in iter_headers(data):
            for one in iter_records(data, header, position):
                headers = [(name, value and bytes(value)) for name, value in one.headers]
                rows.append((one.key and bytes(one.key), one.value and bytes(one.value), headers, one.timestamp))
    return found


def values(cluster, topic):
    return {index: [row[1].decode() for row in rows] for index, rows in stored(cluster, topic).items() if rows}


async def refusal(**settings):
    with pytest.raises(CannotStart) as caught:
        async with running(Settings(ONE, **settings)):
            pass
    return str(caught.value)


async def test_a_record_is_what_its_line_says(write):
    directory = write(
        "orders",
        {"key": "k", "value": "v", "headers": {"a": "1"}, "partition": 2, "timestamp": 1_700_000_000_000},
        {"key": "k", "value": None, "partition": 2},
        {"key_base64": "/w==", "value_base64": "AA==", "partition": 1},
    )
    async with running(Settings(ONE, load=directory)) as started:
        found = stored(started.cluster, "orders")
        now_ms = started.cluster.env.wall_ms()
        assert found[0] == []
        assert found[1][0][:3] == (b"\xff", b"\0", [])
        assert found[2][0] == (b"k", b"v", [("a", b"1")], 1_700_000_000_000)
        assert found[2][1][:2] == (b"k", None)
        assert now_ms - 60_000 < found[2][1][3] <= now_ms


async def test_a_topic_has_as_many_partitions_as_are_named_unless_it_is_declared(write):
    write("named", {"value": "x", "partition": 6})
    write("unnamed", {"value": "x"})
    directory = write("declared", {"value": "x", "partition": 1})
    topics = (TopicSetting("declared", 4),)
    async with running(Settings(ONE, topics=topics, load=directory, config={"num.partitions": "3"})) as started:
        counts = {name: len(topic.partitions) for name, topic in started.cluster.image.topics.items()}
        assert counts == {"named": 7, "unnamed": 3, "declared": 4}


async def test_a_dump_of_several_topics_declares_them_where_they_are_not_there(write):
    directory = write(
        "all",
        {"topic": "a", "partitions": 2, "configs": {"retention.ms": "-1"}},
        {"topic": "a", "partition": 1, "offset": 0, "timestamp": 1, "timestamp_type": "create", "value": "x"},
        {"topic": "b", "value": "y"},
        {"value": "z"},
        {"topic": "c", "partitions": 3},
    )
    async with running(Settings(ONE, topics=(TopicSetting("c", 1),), load=directory)) as started:
        cluster = started.cluster
        assert {name: len(topic.partitions) for name, topic in cluster.image.topics.items()} == {
            "a": 2,
            "all": 1,
            "b": 1,
            "c": 1,
        }
        assert cluster.configs.topic("a").retention_ms == -1
        assert [values(cluster, name) for name in ("a", "b", "all", "c")] == [{1: ["x"]}, {0: ["y"]}, {0: ["z"]}, {}]


async def test_keys_belong_to_partitions_and_records_without_take_turns(write):
    keyed = [{"key": f"truck-{number}", "value": f"{number}"} for number in range(20)]
    directory = write("t", *keyed, "", *({"value": letter} for letter in "abcde"))
    async with running(Settings(ONE, topics=(TopicSetting("t", 3),), load=directory)) as started:
        expected = {index: [] for index in range(3)}
        for number in range(20):
            expected[partition_for_key(f"truck-{number}".encode(), 3)].append(f"{number}")
        for number, letter in enumerate("abcde"):
            expected[number % 3].append(letter)
        assert values(started.cluster, "t") == expected


@pytest.mark.parametrize("limit", [1, 5, 10_000])
async def test_a_directory_gets_each_record_once_however_often_its_load_is_cut_short(
    tmp_path, write, monkeypatch, limit
):
    directory = write("t", *({"key": f"{number % 7}", "value": f"{number}"} for number in range(40)))
    topics = (TopicSetting("t", 3),)
    async with running(Settings(ONE, load=directory, topics=topics)) as started:
        whole = values(started.cluster, "t")
    assert sum(map(len, whole.values())) == 40

    chosen = Settings(ONE, data=str(tmp_path / "data"), load=directory, topics=topics)
    monkeypatch.setattr(seed, "BATCH_BYTES", 300)  # a few records a batch
    flushed = 0
    flush = seed._Filling.flush

    async def cut_short(filling, now_ms):
        nonlocal flushed
        flushed += bool(filling.rows)
        if flushed > limit:
            raise KeyboardInterrupt
        await flush(filling, now_ms)

    monkeypatch.setattr(seed._Filling, "flush", cut_short)
    for _ in range(100):
        flushed = 0
        try:
            async with running(chosen) as started:
                assert values(started.cluster, "t") == whole
        except KeyboardInterrupt:
            continue
        break
    else:
        pytest.fail("it never came to its end")
    async with running(chosen) as started:
        assert values(started.cluster, "t") == whole


async def test_a_topic_that_got_other_records_is_left_alone(tmp_path, write, caplog):
    caplog.set_level("INFO", "kwire")
    data = str(tmp_path / "data")
    directory = write("t", {"value": "first", "partition": 0})
    async with running(Settings(ONE, data=data, load=directory)):
        pass
    write("t", {"value": "first", "partition": 1}, {"value": "second", "partition": 1})
    topics = (TopicSetting("t", 2),)
    async with running(Settings(ONE, data=str(tmp_path / "other"), load=directory, topics=topics)) as started:
        assert values(started.cluster, "t") == {1: ["first", "second"]}
    write("t", {"value": "another", "partition": 0})
    async with running(Settings(ONE, data=data, load=directory)) as started:
        assert values(started.cluster, "t") == {0: ["first"]}
    assert "t is left as it is: it has records already" in caplog.messages


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (['{"value": "a"}', "", "{"], "t.jsonl line 3: no valid JSON"),
        (['{"partition": "a"}'], 't.jsonl line 1: "partition" is not a number'),
        (
            ['{"partition": 3}'],
            "cannot load t: its records name partition 3, but it has 2 partitions; declare it with --topic t:4",
        ),
        ([json.dumps({"value": "x" * 2_000})], "cannot load "),
    ],
)
async def test_what_cannot_be_loaded_is_told_and_a_repaired_file_is_loaded_whole(tmp_path, write, records, said):
    directory = write("t", *records)
    topics = (TopicSetting("t", 2, {"max.message.bytes": "1000"}),)
    data = str(tmp_path / "data")
    assert said in await refusal(data=data, load=directory, topics=topics)
    write("t", {"value": "a"}, {"value": "b"})
    async with running(Settings(ONE, data=data, load=directory, topics=topics)) as started:
        assert values(started.cluster, "t") == {0: ["a"], 1: ["b"]}


async def test_a_directory_without_records_is_refused(tmp_path, write):
    assert f"no directory to load at {tmp_path}/missing; put each topic's records there" in await refusal(
        load=str(tmp_path / "missing")
    )
    (tmp_path / "empty").mkdir()
    assert (
        f"nothing to load in {tmp_path}/empty; put each topic's records there, in a file TOPIC.jsonl"
        in await refusal(load=str(tmp_path / "empty"))
    )
    assert "cannot load records into __consumer_offsets, which is Kafka's own topic" in await refusal(
        load=write("__consumer_offsets", {"value": "x"})
    )


async def test_a_compacted_topic_wants_keys(write):
    directory = write("t", {"value": "x"})
    topics = (TopicSetting("t", 1, {"cleanup.policy": "compact"}),)
    assert "cannot load" in await refusal(load=directory, topics=topics)
