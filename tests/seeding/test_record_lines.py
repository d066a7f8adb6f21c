"""Records and topics as lines of JSON."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwire.seeding.record_lines import BadLine, RecordLine, TopicLine, files_below, parse, read, record_text, topic_text

CONTENT = st.none() | st.binary()
NAMES = st.text(st.characters(codec="utf-8"))


@given(CONTENT, CONTENT, st.lists(st.tuples(NAMES, CONTENT)), st.integers(0, 9), st.none() | st.integers(0, 2**63 - 1))
def test_what_is_written_is_read_again(key, value, headers, partition, timestamp):
    fields = {"topic": "t", "partition": partition, "offset": 7, "timestamp": timestamp, "timestamp_type": "create"}
    text = record_text(fields, key, value, headers)
    assert "\n" not in text
    assert parse(text.encode(), None) == RecordLine("t", key, value, headers, partition, timestamp)


@given(st.text("abc", min_size=1), st.integers(1, 9), st.dictionaries(NAMES, NAMES))
def test_a_declared_topic_is_read_again(topic, partitions, configs):
    assert parse(topic_text(topic, partitions, configs).encode(), None) == TopicLine(topic, partitions, configs)


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("{}", RecordLine("t")),
        ('{"topic": "u", "value": "é"}', RecordLine("u", value="é".encode())),
        ('{"value": {"a": [1, null]}}', RecordLine("t", value=b'{"a":[1,null]}')),
        ('{"key": 7, "value": true}', RecordLine("t", b"7", b"true")),
        ('{"key_base64": "/w==", "value": ""}', RecordLine("t", b"\xff", b"")),
        ('{"headers": {"a": "1", "b": null}}', RecordLine("t", headers=[("a", b"1"), ("b", None)])),
        ('{"headers": [{"key": "a", "value_base64": "/w=="}]}', RecordLine("t", headers=[("a", b"\xff")])),
        ('{"timestamp": "1970-01-01T00:00:01.5Z"}', RecordLine("t", timestamp_ms=1500)),
        ('{"partitions": null}', TopicLine("t")),
        ('{"configs": {"a": "b"}}', TopicLine("t", None, {"a": "b"})),
    ],
)
def test_what_people_write(text, record):
    assert parse(text.encode(), "t") == record


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "no valid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"\xff", "no valid JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b"[]", "not an object; write it as {...}"),
        (b"{}", 'no topic; add "topic": "NAME"'),
        (b'{"topic": 7}', '"topic" is not a name'),
        (b'{"topic": "t", "valeu": 1}', "unknown field 'valeu'; did you mean 'value'?"),
        (b'{"topic": "t", "partitions": 0}', '"partitions" is not a number from 1 to 2147483647'),
        (b'{"topic": "t", "configs": {"a": 1}}', '"configs" is not an object of strings'),
        (b'{"topic": "t", "partition": true}', '"partition" is not a number from 0 to 2147483647'),
        (
            b'{"topic": "t", "timestamp": "noon"}',
            "\"timestamp\" 'noon' is no date and time; write 2024-05-01T12:00:00Z",
        ),
        (b'{"topic": "t", "value_base64": "%"}', '"value_base64" is no base64'),
        (b'{"topic": "t", "key": "a", "key_base64": "YQ=="}', 'both "key" and "key_base64"'),
        (b'{"topic": "t", "value": "\\ud800"}', '"value" has half of a surrogate pair, which is no UTF-8'),
        (b'{"topic": "t", "headers": 1}', '"headers" is neither a list nor an object'),
        (b'{"topic": "t", "headers": [["a", "b"]]}', 'a header is written as {"key": "NAME", "value": "TEXT"}'),
    ],
)
def test_what_is_no_record(text, said):
    with pytest.raises(BadLine) as caught:
        parse(text, None)
    assert str(caught.value) == said


def test_a_bad_line_is_named_by_its_number_and_those_before_it_are_read():
    lines = read(io.BytesIO(b'{"value": "1"}\n\n  \n{"value"}\n'), "orders.jsonl", "orders")
    assert next(lines) == RecordLine("orders", value=b"1")
    with pytest.raises(BadLine, match=r"^orders.jsonl line 4: no valid JSON: Expecting ':' delimiter"):
        next(lines)


def test_a_line_has_its_fields_in_a_readable_order():
    text = record_text({"topic": "t", "partition": 0}, b"k", b"\xff", [("h", None)])
    assert json.loads(text) == {
        "topic": "t",
        "partition": 0,
        "key": "k",
        "value_base64": "/w==",
        "headers": [{"key": "h", "value": None}],
    }
    assert text.startswith('{"topic": "t", "partition": 0, "key": "k", ')


def test_files_and_the_lines_files_of_directories(tmp_path):
    for name in ("b.jsonl", "a.jsonl", "notes.txt"):
        (tmp_path / name).touch()
    assert files_below([str(tmp_path), "x"]) == [tmp_path / "a.jsonl", tmp_path / "b.jsonl", *files_below(["x"])]
