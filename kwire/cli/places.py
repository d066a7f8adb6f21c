"""Places in partitions as options name them: the first record, an offset, a number before the end, or a time."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from kwire.cli.errors import UsageError
from kwire.seeding.record_lines import INT64_MAX, time_ms

UNITS_MS: Final = {
    "w": 604_800_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1000,
    "ms": 1,
}
AGO: Final = re.compile(r"-?((?:[0-9]+(?:ms|[wdhms]))+)")


class Kind(Enum):
    """How a place is given."""

    FIRST = auto()
    LAST = auto()
    OFFSET = auto()
    BEFORE_END = auto()
    TIME = auto()


class Place(NamedTuple):
    """A place in partitions. number: the offset, the records before the end, or ms since 1970."""

    kind: Kind
    number: int = 0


def place(text: str, option: str, now_ms: int) -> Place:
    """Read a place. option: the option's name, for the error.

    Raises:
        UsageError: the text names no place.
    """
    if text in {"beginning", "earliest"}:
        return Place(Kind.FIRST)
    if text in {"end", "latest"}:
        return Place(Kind.LAST)
    if re.fullmatch(r"-?[0-9]+", text):
        return Place(Kind.BEFORE_END if text[0] == "-" else Kind.OFFSET, int(text.removeprefix("-")))
    moment = _moment_ms(text, now_ms)
    if moment is None:
        raise UsageError(
            f"{option}: {text!r} is none of earliest, latest, an offset, -N, a time such as 2024-05-01T12:00:00Z, "
            "or how long ago, such as 1h"
        )
    return Place(Kind.TIME, moment)


def timestamp_ms(text: str, option: str, now_ms: int) -> int:
    """Read a time; a number is milliseconds since 1970. option: the option's name, for the error.

    Raises:
        UsageError: the text names no time.
    """
    moment = _moment_ms(text if text.startswith("@") else f"@{text}", now_ms)
    if moment is None:
        raise UsageError(
            f"{option}: {text!r} is not a time; write 2024-05-01T12:00:00Z, milliseconds, or how long ago, such as 1h"
        )
    return moment


def _moment_ms(text: str, now_ms: int) -> int | None:
    """Read a time, or how long ago, as milliseconds since 1970; after an @ also a plain number of them."""
    bare = text.removeprefix("@")
    if text != bare and bare.isascii() and bare.isdigit():
        return int(bare) if int(bare) <= INT64_MAX else None
    ago = AGO.fullmatch(bare)
    if ago is not None:
        parts = re.findall(r"([0-9]+)(ms|[wdhms])", ago[1])
        return max(0, now_ms - sum(int(count) * UNITS_MS[unit] for count, unit in parts))
    try:
        return time_ms(bare)
    except (ValueError, OverflowError):
        return None
