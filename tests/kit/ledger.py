"""Ledger: what producers sent and were told, what consumers read, and a check that the two agree.

Every record's value must be unique. A Violation says what was promised and what was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.records.batch import CorruptBatch, check_crc, iter_headers
from kwire.protocol.records.record import iter_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.protocol.records.batch import ReadableBuffer


class Violation(AssertionError):  # noqa: N818 - what happened
    """The broker broke a promise."""


class PartitionLedger:
    """One partition: values sent, values acknowledged (by offset), values read (by offset)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent: set[bytes] = set()
        self.acknowledged: dict[int, bytes] = {}
        self.read: dict[int, bytes] = {}
        self.refused: set[bytes] = set()
        self._offsets: dict[bytes, int] = {}

    def send(self, values: Sequence[bytes]) -> None:
        """Note that the values may be in the log from now on."""
        self.sent.update(values)

    def acknowledge(self, base_offset: int, values: Sequence[bytes]) -> None:
        """Note that the broker acknowledged the values, which begin at base_offset."""
        for offset, value in enumerate(values, base_offset):
            self._note(offset, value, "acknowledged")
            self.acknowledged[offset] = value

    def _note(self, offset: int, value: bytes, how: str) -> None:
        """Pair offset and value for good."""
        for known, what in ((self.acknowledged, "acknowledged"), (self.read, "read")):
            former = known.get(offset, value)
            if former != value:
                raise Violation(
                    f"{self.name}: offset {offset} was {what} as {_short(former)}, now {how} as {_short(value)}"
                )
        former_offset = self._offsets.setdefault(value, offset)
        if former_offset != offset:
            raise Violation(f"{self.name}: {_short(value)} is at {former_offset}, and {how} at {offset} as well")

    def take(self, records: ReadableBuffer, position: int) -> int:
        """Note the bytes that a consumer got at position; return the position after them.

        Raises:
            Violation: they are not whole valid batches of sent values, at their offsets, without a gap.
        """
        first = True
        for at, header in iter_headers(records):
            try:
                check_crc(records, header, at)
                found = [(record.offset, bytes(record.value or b"")) for record in iter_records(records, header, at)]
            except CorruptBatch as error:
                raise Violation(f"{self.name}: a damaged batch is served at {header.base_offset}: {error}") from error
            if (
                header.base_offset > position
                or header.last_offset < position
                or (not first and header.base_offset != position)
            ):
                raise Violation(
                    f"{self.name}: {header.base_offset} to {header.last_offset} is served where {position} comes next"
                )
            for offset, value in found:
                if value not in self.sent:
                    raise Violation(f"{self.name}: nobody sent what is served at {offset}: {_short(value)}")
                self._note(offset, value, "read")
                self.read[offset] = value
            position = header.next_offset
            first = False
        return position

    def check_whole(self, log_start_offset: int, log_end_offset: int) -> None:
        """Check that every acknowledged record between these offsets was read.

        Raises:
            Violation.
        """
        for offset, value in self.acknowledged.items():
            if offset >= log_end_offset:
                raise Violation(
                    f"{self.name}: {_short(value)} was acknowledged at {offset}, the log ends at {log_end_offset}"
                )
            if offset >= log_start_offset and self.read.get(offset) != value:
                raise Violation(f"{self.name}: {_short(value)} was acknowledged at {offset}, where nothing is served")

    def forget_from(self, log_end_offset: int) -> int:
        """Note that the log was allowed to lose everything from there on; return how many of it were acknowledged."""
        lost = [offset for offset in self.acknowledged if offset >= log_end_offset]
        for known in (self.acknowledged, self.read):
            for offset in [offset for offset in known if offset >= log_end_offset]:
                self._offsets.pop(known.pop(offset), None)
        return len(lost)


def _short(value: bytes) -> str:
    return repr(value if len(value) <= 40 else value[:40] + b"...")
