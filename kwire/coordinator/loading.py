"""Reading a coordinator's log from its start to its end, in steps, into a machine.

Only the last record of a key counts, so that it costs little how often a key was written: keys and values are taken
from the batches as bytes, and decoded when the end is reached. Tombstones are replayed first then, so that one of a
group does not take what the group committed after it was deleted. Records of transactions are replayed as they come,
for their end decides what becomes of them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kwire.protocol.errors import ProtocolError
from kwire.protocol.records.batch import HEADER_BYTES, NO_PRODUCER_ID, CorruptBatch
from kwire.protocol.records.control import ControlType, parse_control_type
from kwire.protocol.records.record import VARINT_BYTES, VARLONG_BYTES, iter_records
from kwire.storage.replay import read_to_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwire.coordinator.decision import Machine
    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.storage.replay import ReadableLog

READ_BYTES = 128 * 1024
"""Read and replayed at a time, between which other requests are served: about 10 ms."""
REPLAYED_RECORDS = 1_000
"""Decoded at a time."""

MIN_RECORD_BYTES = 7
"""Size, attributes, timestamp, offset, key, value and headers take a byte each at least."""
NULL_SIZE = 1
"""-1 in zigzag."""
ODD_OR_LONG = ~0x3FFE
"""Bits of a zigzag size in two bytes that is negative or goes on in a third one."""
ALIKE_RECORDS = 64
"""As many at most are compared at once, so that little is lost where only few of them are alike."""
CONTINUED, LAST = bytes(range(0x80, 0x100)), bytes(range(0x80))
"""What a byte of a varint may be."""

_Places = tuple[int, int, int, int, int, int, int, int]

_log = logging.getLogger(__name__)


def load(log: ReadableLog, machine: Machine) -> Iterator[None]:
    """Replay the log in the machine, which knows all of it when the iterator ends; each step is short.

    Raises:
        ApiError, StorageError: the log cannot be read.
    """
    reader = _Reader(machine)
    piece = b""
    for data, position, header in read_to_end(log, log.log_start_offset, READ_BYTES):
        if data is not piece:
            piece = data
            yield
        reader.read(data, position, header)
    yield from reader.finish()


class _Reader:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._newest: dict[bytes, bytes | None] = {}
        self._in_transactions = False

    def read(self, data: bytes, position: int, header: BatchHeader) -> None:
        """The batch at position counts, or will at the end; one that is not right counts in no part."""
        try:
            if header.is_control:
                self._read_marker(data, position, header)
                return
            rows = _rows(data, position, header)
        except CorruptBatch as error:
            _log.error("a batch of a coordinator's log at offset %d is skipped: %s", header.base_offset, error)
            return
        if header.is_transactional:
            self._in_transactions = True
            self._flush()
        if self._in_transactions:
            for key, value in rows:
                self._replay(key, value, header.producer_id if header.is_transactional else NO_PRODUCER_ID)
        else:
            self._newest.update(rows)

    def finish(self) -> Iterator[None]:
        """All that was read counts when the iterator ends."""
        for done, _ in enumerate(self._replay_newest(), 1):
            if not done % REPLAYED_RECORDS:
                yield

    def _read_marker(self, data: bytes, position: int, header: BatchHeader) -> None:
        self._flush()
        for record in iter_records(data, header, position):
            kind = parse_control_type(record.key)
            if kind in {ControlType.COMMIT, ControlType.ABORT}:
                self._machine.end_transaction(header.producer_id, committed=kind == ControlType.COMMIT)

    def _flush(self) -> None:
        for _ in self._replay_newest():
            pass

    def _replay_newest(self) -> Iterator[None]:
        newest, self._newest = self._newest, {}
        for key, value in newest.items():
            if value is None:
                self._replay(key, None, NO_PRODUCER_ID)
        for key, value in newest.items():
            if value is not None:
                self._replay(key, value, NO_PRODUCER_ID)
                yield

    def _replay(self, key: bytes, value: bytes | None, producer_id: int) -> None:
        try:
            self._machine.replay_stored(key, value, producer_id)
        except ProtocolError as error:
            _log.error("a record of a coordinator's log is skipped: %s", error)


def _rows(data: bytes, position: int, header: BatchHeader) -> list[tuple[bytes, bytes | None]]:
    """Keys and values of the batch at position.

    Raises:
        CorruptBatch: it is not right.
    """
    rows = _scanned(data, position, header)
    if rows is None:
        rows = [(bytes(record.key or b""), _copy(record.value)) for record in iter_records(data, header, position)]
    return rows


def _copy(value: ReadableBuffer | None) -> bytes | None:
    return None if value is None else bytes(value)


def _scanned(data: bytes, position: int, header: BatchHeader) -> list[tuple[bytes, bytes | None]] | None:
    """Keys and values of a plain batch of short records; None for any other one, of which nothing may be right.

    As iter_records, without an object per record: this is what most of a start is spent on. Many records of one request
    are of one shape as a rule; those are taken many at once.
    """
    if header.compression:
        return None
    rows: list[tuple[bytes, bytes | None]] = []
    end = position + header.size_bytes
    at = position + HEADER_BYTES
    while len(rows) < header.records_count:
        try:
            places = _places(data, at, end)
        except IndexError:  # the data ends within a number
            return None
        if places is None:
            return None
        timestamp_at, _, _, key_at, key_end, value_at, value_end, record_end = places
        key, value = data[key_at:key_end], None if value_end < value_at else data[value_at:value_end]
        rows.append((key, value))
        size = record_end - at
        if data.startswith(data[at:timestamp_at], record_end):
            most = min(header.records_count - len(rows) + 1, (end - at) // size, ALIKE_RECORDS)
            later = range(size, _alike(data, at, places, most) * size, size)
            if value is None:
                rows += [(data[key_at + step : key_end + step], None) for step in later]
            else:
                rows += [
                    (data[key_at + step : key_end + step], data[value_at + step : value_end + step]) for step in later
                ]
            record_end += len(later) * size
        at = record_end
    return rows if at == end and len(rows) == header.records_count else None


def _places(data: bytes, at: int, end: int) -> _Places | None:
    """Where timestamp, offset, key's size, key, its end, value, its end and the next record are, of the record at `at`.

    A value that ends before it begins is null. None: the record is long, has no key or a header, or is not right.
    """
    if at + MIN_RECORD_BYTES > end:
        return None
    size = data[at]
    at += 1
    if size >= 0x80:
        size = size & 0x7F | data[at] << 7
        at += 1
    record_end = at + (size >> 1)
    if size & ODD_OR_LONG or record_end > end:
        return None
    timestamp_at = at = at + 1  # behind the attributes
    while data[at] >= 0x80:
        at += 1
    offset_at = at = at + 1
    while data[at] >= 0x80:
        at += 1
    key_size_at = at = at + 1
    if offset_at - timestamp_at > VARLONG_BYTES or key_size_at - offset_at > VARINT_BYTES:
        return None
    size = data[at]
    at += 1
    if size >= 0x80:
        size = size & 0x7F | data[at] << 7
        at += 1
    key_at, key_end = at, at + (size >> 1)
    if size & ODD_OR_LONG or key_end >= record_end:
        return None
    size = data[key_end]
    at = key_end + 1
    if size >= 0x80:
        size = size & 0x7F | data[at] << 7
        at += 1
    value_end = at
    if size == NULL_SIZE:
        at += 1
    elif size & ODD_OR_LONG:
        return None
    else:
        value_end += size >> 1
    if value_end != record_end - 1 or data[value_end]:
        return None
    return timestamp_at, offset_at, key_size_at, key_at, key_end, at, value_end, record_end


def _alike(data: bytes, at: int, places: _Places, most: int) -> int:
    """How many records from the one at `at` on, at most `most`, have each field in the same places as that one."""
    timestamp_at, offset_at, key_size_at, key_at, key_end, value_at, value_end, record_end = places
    same = (*range(at, timestamp_at), *range(key_size_at, key_at), *range(key_end, min(value_at, value_end)), value_end)
    continued = (*range(timestamp_at, offset_at - 1), *range(offset_at, key_size_at - 1))
    size = record_end - at
    for places_alike, allowed in ((same, None), (continued, CONTINUED), ((offset_at - 1, key_size_at - 1), LAST)):
        for place in places_alike:
            column = data[place : at + most * size : size]
            most = len(column) - len(column.lstrip(allowed or column[:1]))
    return most
