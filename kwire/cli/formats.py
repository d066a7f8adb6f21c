"""Write records for output: by `--format`, or as JSON."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from kwire.cli.errors import UsageError
from kwire.seeding.record_lines import record_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.client.values import ReadRecord

    Writer = Callable[[ReadRecord], bytes]

ESCAPES: Final = {r"\n": b"\n", r"\r": b"\r", r"\t": b"\t", r"\0": b"\0", r"\\": b"\\", "%%": b"%"}


def template(key_separator: str | None, *, with_headers: bool) -> str:
    """Return the --format that --key-separator and --headers stand for."""
    key = "" if key_separator is None else "%k" + key_separator.replace("%", "%%")
    return ("%h\\t" if with_headers else "") + key + "%v"


def formatted(template: str) -> Writer:
    """Make a writer of records by a template; a missing line end is added.

    Raises:
        UsageError: the template contains an unknown %-letter.
    """
    tokens = re.findall(r"%.|\\.|[^%\\]+|[%\\]", template, re.DOTALL)
    printable = _escaped if sys.stdout.isatty() else bytes
    parts = [_part(token, printable) for token in tokens]
    if not tokens or not _is_line_end(tokens[-1]):
        parts.append(lambda _: b"\n")
    return lambda record: b"".join(part(record) for part in parts)


def json_line(record: ReadRecord) -> bytes:
    """Write a record as a JSON line that `kwire produce --json` reads."""
    fields = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp if record.timestamp >= 0 else None,
        "timestamp_type": "append" if record.appended else "create",
    }
    return record_text(fields, record.key, record.value, record.headers).encode() + b"\n"


def _is_line_end(token: str) -> bool:
    return ESCAPES.get(token, token.encode()).endswith(b"\n")


def _part(token: str, printable: Callable[[bytes], bytes]) -> Writer:
    made: dict[str, Writer] = {
        "%t": lambda record: str(record.topic).encode(),
        "%p": lambda record: b"%d" % record.partition,
        "%o": lambda record: b"%d" % record.offset,
        "%T": lambda record: b"%d" % record.timestamp,
        "%k": lambda record: printable(record.key or b""),
        "%K": lambda record: b"%d" % _size(record.key),
        "%v": lambda record: printable(record.value or b""),
        "%s": lambda record: printable(record.value or b""),
        "%S": lambda record: b"%d" % _size(record.value),
        "%h": lambda record: printable(
            b",".join(name.encode() + b"=" + (value or b"") for name, value in record.headers)
        ),
    }
    if token in made:
        return made[token]
    if token.startswith("%") and token not in ESCAPES:
        raise UsageError(f"--format has no {token}; it takes {', '.join(made)} and %%")
    fixed = ESCAPES.get(token, token.encode())
    return lambda _: fixed


def _size(data: bytes | None) -> int:
    return -1 if data is None else len(data)


def _escaped(data: bytes) -> bytes:
    text = data.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() or letter == "\t" else repr(letter)[1:-1] for letter in text).encode()
