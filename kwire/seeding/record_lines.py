"""Records and topics as lines of JSON, as `kwire dump` writes and `load`, `produce --json`, `serve --load` read them.

A line is an object. One with `partitions` or `configs` declares a topic:

    {"topic": "orders", "partitions": 6, "configs": {"cleanup.policy": "compact"}}

Any other one is a record. Everything but the topic may be missing, and that too where the file's name gives it:

    {"topic": "orders", "partition": 0, "timestamp": 1700000000000, "key": "order-1", "value": "two coffees",
     "headers": [{"key": "trace", "value": "7"}]}

Keys, values and headers' values are bytes: a JSON string stands for its UTF-8, null for none, and any other JSON value
for its text, so that seeds are easy to write. What is not UTF-8 is written with `_base64` after its name:
`"value_base64": "/w=="`. A timestamp is milliseconds since 1970, or a date and time as ISO 8601 writes them. Headers
may also be an object. `offset` and `timestamp_type` are written and not read.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SUFFIX: Final = ".jsonl"
INT64_MAX: Final = 2**63 - 1
INT32_MAX: Final = 2**31 - 1
OF_TOPICS: Final = frozenset({"topic", "partitions", "configs"})
OF_RECORDS: Final = frozenset(
    {
        *("topic", "partition", "offset", "timestamp", "timestamp_type", "headers"),
        *("key", "key_base64", "value", "value_base64"),
    }
)
OF_HEADERS: Final = frozenset({"key", "value", "value_base64"})


class BadLine(ValueError):  # noqa: N818 - what it is, as BadRecord
    """A line is none of this form; the message says where it stands and what is wrong."""


@dataclass(slots=True)
class TopicLine:
    """A topic that should exist. partitions: None for the broker's default."""

    topic: str
    partitions: int | None = None
    configs: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RecordLine:
    """A record. partition, timestamp_ms: None where the producer chooses."""

    topic: str
    key: bytes | None = None
    value: bytes | None = None
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)
    partition: int | None = None
    timestamp_ms: int | None = None


Line = TopicLine | RecordLine


def files_below(paths: Iterable[str]) -> list[Path]:
    """The files among the paths, and the `.jsonl` files directly in directories among them, by name."""
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(path.glob(f"*{SUFFIX}"))
        else:
            found.append(path)
    return found


def topic_of(path: str | Path) -> str:
    """The topic of a file's lines that name none: the file's name."""
    return Path(path).name.removesuffix(SUFFIX)


def read(stream: Iterable[bytes], name: str, topic: str | None, first: int = 1) -> Iterator[Line]:
    """Read the stream's lines, except blank ones.

    name: the stream's name in errors. topic: the topic of lines without one. first: the number of the first line.

    Raises:
        BadLine: with the name and the line's number.
    """
    for number, text in enumerate(stream, first):
        if text.strip():
            try:
                yield parse(text, topic)
            except BadLine as error:
                raise BadLine(f"{name} line {number}: {error}") from None


def parse(text: bytes, topic: str | None) -> Line:
    """One line.

    Raises:
        BadLine: what is wrong with it.
    """
    try:
        fields = json.loads(text)
    except ValueError as error:  # JSON's errors, and UTF-8's
        raise BadLine(f"no valid JSON: {error}") from None
    if not isinstance(fields, dict):
        raise BadLine("not an object; write it as {...}")
    name = fields.get("topic", topic)
    if not isinstance(name, str) or not name:
        raise BadLine('no topic; add "topic": "NAME"' if name is None else '"topic" is not a name')
    if "partitions" in fields or "configs" in fields:
        return _topic(name, fields)
    return _record(name, fields)


def record_text(fields: Mapping[str, Any], key: bytes | None, value: bytes | None, headers: Iterable[Any]) -> str:
    """A record as one line, without its end.

    fields: what comes before key and value, such as topic and partition. headers: pairs of name and bytes or None.
    """
    line = {**fields, **_bytes_field("key", key), **_bytes_field("value", value)}
    line["headers"] = [{"key": name, **_bytes_field("value", content)} for name, content in headers]
    return json.dumps(line, ensure_ascii=False)


def topic_text(topic: str, partitions: int, configs: Mapping[str, str]) -> str:
    """A topic's declaration as one line, without its end."""
    return json.dumps({"topic": topic, "partitions": partitions, "configs": dict(configs)}, ensure_ascii=False)


def time_ms(text: str) -> int:
    """Milliseconds since 1970 of a date and time in ISO 8601; without a zone it is local time.

    Raises:
        ValueError: it is none.
    """
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


def _topic(name: str, fields: Mapping[str, Any]) -> TopicLine:
    _refuse_others(fields, OF_TOPICS)
    configs = fields.get("configs") or {}
    if not isinstance(configs, dict) or not all(isinstance(value, str) for value in configs.values()):
        raise BadLine('"configs" is not an object of strings')
    return TopicLine(name, _integer(fields, "partitions", 1, INT32_MAX), configs)


def _record(name: str, fields: Mapping[str, Any]) -> RecordLine:
    _refuse_others(fields, OF_RECORDS)
    headers = fields.get("headers") or []
    if isinstance(headers, dict):
        headers = [{"key": key, "value": value} for key, value in headers.items()]
    if not isinstance(headers, list):
        raise BadLine('"headers" is neither a list nor an object')
    return RecordLine(
        name,
        _bytes(fields, "key"),
        _bytes(fields, "value"),
        [_header(header) for header in headers],
        _integer(fields, "partition", 0, INT32_MAX),
        _timestamp(fields),
    )


def _header(header: Any) -> tuple[str, bytes | None]:
    if not isinstance(header, dict) or not isinstance(header.get("key"), str):
        raise BadLine('a header is written as {"key": "NAME", "value": "TEXT"}')
    _refuse_others(header, OF_HEADERS)
    return header["key"], _bytes(header, "value")


def _refuse_others(fields: Mapping[str, Any], known: frozenset[str]) -> None:
    for name in fields:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"it may have {', '.join(sorted(known))}"
            raise BadLine(f"unknown field {name!r}; {hint}")


def _bytes(fields: Mapping[str, Any], name: str) -> bytes | None:
    encoded = fields.get(f"{name}_base64")
    if encoded is not None:
        if fields.get(name) is not None:
            raise BadLine(f'both "{name}" and "{name}_base64"')
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise BadLine(f'"{name}_base64" is no base64') from None
    value = fields.get(name)
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BadLine(f'"{name}" has half of a surrogate pair, which is no UTF-8') from None


def _bytes_field(name: str, value: bytes | None) -> dict[str, str | None]:
    if value is None:
        return {name: None}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value).decode()}


def _integer(fields: Mapping[str, Any], name: str, lowest: int, highest: int) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise BadLine(f'"{name}" is not a number from {lowest} to {highest}')
    return value


def _timestamp(fields: Mapping[str, Any]) -> int | None:
    value = fields.get("timestamp")
    if isinstance(value, str):
        try:
            return time_ms(value)
        except ValueError:
            raise BadLine(f'"timestamp" {value!r} is no date and time; write 2024-05-01T12:00:00Z') from None
    return _integer(fields, "timestamp", 0, INT64_MAX)
