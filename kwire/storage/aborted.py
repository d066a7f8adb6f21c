"""AbortedTransactions: which transactions of a log were aborted, so that read_committed consumers skip them.

One row per abort marker whose transaction had data. Source: Kafka's transaction index; KIP-98.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROW_VERSION = 0

_ROW = struct.Struct(">hqqqq")

ROW_BYTES = _ROW.size
"""One row of a .txnindex file."""

_last_offset = attrgetter("last_offset")


class CorruptTransactionIndex(Exception):  # noqa: N818 - named like the other conditions of files
    """The bytes are no transaction index."""


@dataclass(slots=True, frozen=True)
class AbortedTransaction:
    """An aborted transaction of a log.

    last_offset is the abort marker's; last_stable_offset is the log's right after the marker was written.
    """

    producer_id: int
    first_offset: int
    last_offset: int
    last_stable_offset: int


class AbortedTransactions:
    """The aborted transactions of one log, in the order of their markers."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Iterable[AbortedTransaction] = ()) -> None:
        self._rows: list[AbortedTransaction] = []
        for row in rows:
            self.append(row)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[AbortedTransaction]:
        return iter(self._rows)

    def append(self, row: AbortedTransaction) -> None:
        """The row is the newest.

        Raises:
            ValueError: its marker is not after the newest row's.
        """
        if self._rows and row.last_offset <= self._rows[-1].last_offset:
            raise ValueError(f"{row} does not come after {self._rows[-1]}")
        self._rows.append(row)

    def collect(self, from_offset: int, upper_offset: int) -> list[AbortedTransaction]:
        """The transactions aborted in from_offset <= offset < upper_offset, as a Fetch reply lists them."""
        if not self._rows:
            return []
        found = []
        for position in range(bisect_left(self._rows, from_offset, key=_last_offset), len(self._rows)):
            row = self._rows[position]
            if row.first_offset < upper_offset:
                found.append(row)
            if row.last_stable_offset >= upper_offset:
                break  # every later transaction began at or after this stable offset
        return found

    def in_range(self, from_offset: int, upper_offset: int) -> list[AbortedTransaction]:
        """The rows whose markers are in from_offset <= offset < upper_offset: those of one segment."""
        start = bisect_left(self._rows, from_offset, key=_last_offset)
        return self._rows[start : bisect_left(self._rows, upper_offset, key=_last_offset)]

    def replace(self, from_offset: int, upper_offset: int, rows: Sequence[AbortedTransaction]) -> None:
        """The rows whose markers are in from_offset <= offset < upper_offset are these, in order."""
        start = bisect_left(self._rows, from_offset, key=_last_offset)
        self._rows[start : bisect_left(self._rows, upper_offset, key=_last_offset)] = rows

    def truncate_from_end(self, end_offset: int) -> None:
        """Rows whose markers are at or above end_offset are forgotten."""
        del self._rows[bisect_left(self._rows, end_offset, key=_last_offset) :]

    def truncate_from_start(self, start_offset: int) -> None:
        """Rows whose markers are below start_offset are forgotten."""
        del self._rows[: bisect_left(self._rows, start_offset, key=_last_offset)]


def encode_rows(rows: Iterable[AbortedTransaction]) -> bytes:
    """The rows in the form of a .txnindex file."""
    return b"".join(
        _ROW.pack(ROW_VERSION, row.producer_id, row.first_offset, row.last_offset, row.last_stable_offset)
        for row in rows
    )


def decode_rows(data: bytes | bytearray | memoryview) -> list[AbortedTransaction]:
    """The rows of a .txnindex file. A last row that is cut is left out.

    Raises:
        CorruptTransactionIndex: a row's version is unknown, or the markers do not ascend.
    """
    rows = []
    for version, *fields in _ROW.iter_unpack(memoryview(data)[: len(data) - len(data) % ROW_BYTES]):
        if version != ROW_VERSION:
            raise CorruptTransactionIndex(f"a row has version {version}, expected {ROW_VERSION}")
        rows.append(AbortedTransaction(*fields))
    for before, after in pairwise(rows):
        if after.last_offset <= before.last_offset:
            raise CorruptTransactionIndex(f"{after} does not come after {before}")
    return rows
