"""`kwire load` and `kwire dump` against a running broker: nothing of a record is lost on the way."""

import base64
import json
import signal
import subprocess
import sys

import pytest

RECORDS = [
    {
        "partition": 0,
        "timestamp": 5,
        "key": "k",
        "value": "é\n",
        "headers": [{"key": "h", "value": "1"}, {"key": "h", "value": None}],
    },
    {"partition": 2, "timestamp": 1, "key": None, "value": None, "headers": []},
    {
        "partition": 2,
        "timestamp": 9,
        "key_base64": base64.b64encode(bytes(range(256))).decode(),
        "value": "",
        "headers": [],
    },
    {
        "partition": 2,
        "timestamp": 3,
        "key": "",
        "value_base64": "/w==",
        "headers": [{"key": "", "value_base64": "/g=="}],
    },
]


@pytest.fixture(autouse=True)
def no_topics(cli):
    yield
    for topic in json.loads(cli("topic", "list", "--json").out):
        cli("topic", "delete", topic["topic"])


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def test_what_is_loaded_is_dumped_and_loaded_again(cli, tmp_path):
    declared = {"topic": "all", "partitions": 3, "configs": {"retention.ms": "-1", "segment.ms": "60000"}}
    given = "".join(json.dumps(row) + "\n" for row in [declared, *({"topic": "all", **row} for row in RECORDS)])
    assert cli("load", "-", given=given.encode()) == (0, "loaded 4 records into topic all\n", "")
    first, *records = rows(cli("dump", "all").out)
    assert first == declared
    told = {"topic": "all", "timestamp_type": "create"}
    assert records == [{**told, "offset": offset, **row} for offset, row in zip((0, 0, 1, 2), RECORDS, strict=True)]
    seed = tmp_path / "seed"
    assert cli("dump", "--output", seed) == (0, f"dumped topic all to {seed}/all.jsonl\n", "")
    assert [file.name for file in seed.iterdir()] == ["all.jsonl"]
    cli("topic", "delete", "all")
    assert cli("load", seed) == (0, "loaded 4 records into topic all\n", "")
    assert rows(cli("dump").out) == [first, *records]


def test_a_file_gives_its_lines_their_topic(cli, tmp_path):
    (tmp_path / "orders.jsonl").write_text('{"key": "a", "value": {"cups": 2}}\n\n{"topic": "other", "value": "x"}\n')
    (tmp_path / "notes.txt").write_text("no records\n")
    assert cli("load", tmp_path).out == "loaded 1 records into topic orders\nloaded 1 records into topic other\n"
    assert cli("consume", "orders", "-K", "=").out == 'a={"cups":2}\n'


def test_many_records_keep_their_order(cli, tmp_path):
    file = tmp_path / "many.jsonl"
    with file.open("w") as out:
        out.write('{"partitions": 2}\n')
        for number in range(20_000):
            out.write(json.dumps({"partition": number % 2, "value": f"{number} {'x' * 50}"}) + "\n")
    assert cli("load", file).out == "loaded 20000 records into topic many\n"
    for partition in (0, 1):
        values = cli("consume", "many", "-p", partition).out.splitlines()
        assert [int(value.split()[0]) for value in values] == list(range(partition, 20_000, 2))


def test_a_dump_ends_where_the_topic_ended(cli):
    cli("load", "-", given=b'{"topic": "empty", "partitions": 1}\n')
    assert cli("dump", "empty").out == '{"topic": "empty", "partitions": 1, "configs": {}}\n'
    assert cli("dump", "emty") == (1, "", "kwire: there is no topic emty; did you mean empty?\n")


def test_control_c_leaves_no_half_file_by_its_name(cli, broker, tmp_path):
    lines = b"".join(b'{"topic": "long", "partition": 0, "value": "%d"}\n' % number for number in range(30_000))
    cli("load", "-", given=lines)
    command = [sys.executable, "-m", "kwire", "dump", "-o", str(tmp_path), "-b", broker.bootstrap]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        unfinished = tmp_path / "long.jsonl.part"
        while not (unfinished.exists() and unfinished.stat().st_size):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20) == (b"", b"")
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == [unfinished]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b'{"topic": "t"}\n{"topic": "t"}\n{"topic"}\n', "standard input line 3: no valid JSON: Expecting ':' delimiter: line 1 column 9 (char 8); the 2 before it are written"),
        (b"{}\n", 'standard input line 1: no topic; add "topic": "NAME"; none was written'),
        (b'{"topic": "a b"}\n', "cannot create topic a b: INVALID_TOPIC_EXCEPTION: "),
        (b'{"topic": "there", "partitions": 4}\n', "topic there has 1 partitions, not 4; add some: kwire topic alter there --partitions 4"),
        (b'{"topic": "there", "partition": 9}\n', "topic there has no partition 9, but 0 to 0; none was written"),
        (b'{"topic": "t", "configs": {"a": "b"}}\n', "cannot create topic t: INVALID_CONFIG: "),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_one_line(cli, given, said):
    cli("topic", "create", "there")
    output = cli("load", "-", given=given)
    assert output.err.startswith(f"kwire: {said}")
    assert (output.code, output.out, output.err.count("\n")) == (1, "", 1)


def test_files_that_are_not_there(cli, tmp_path):
    assert cli("load", tmp_path) == (2, "", f"kwire: no .jsonl file in {tmp_path}\n")
    assert cli("load", tmp_path / "x.jsonl") == (
        1,
        "",
        f"kwire: cannot read {tmp_path}/x.jsonl: No such file or directory\n",
    )
    blocked = tmp_path / "file"
    blocked.touch()
    cli("topic", "create", "t")
    output = cli("dump", "t", "-o", blocked / "below")
    assert (output.code, output.out) == (1, "")
    assert output.err.startswith(f"kwire: cannot write {blocked}/below/t.jsonl: ")
