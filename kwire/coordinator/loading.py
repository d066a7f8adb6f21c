"""Reading a coordinator's log from its start to its end, in steps, into a machine.

Only the last record of a key counts, so that it costs little how often a key was written: keys and values are taken
from the batches as bytes, and decoded when the end is reached. Tombstones are replayed first then, so that one of a
group does not take what the group committed after it was deleted. Records of transactions are replayed as they come,
for their end decides what becomes of them.
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from kwire.protocol.errors import ProtocolError
from kwire.protocol.records.batch import HEADER_BYTES, NO_PRODUCER_ID, CorruptBatch, iter_headers
from kwire.protocol.records.control import ControlType, parse_control_type
from kwire.protocol.records.record import iter_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwire.coordinator.decision import Machine
    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.storage.port import PartitionLog

READ_BYTES = 128 * 1024
"""Read and replayed at a time, between which other requests are served: about 10 ms."""
REPLAYED_RECORDS = 1_000
"""Decoded at a time."""

MIN_RECORD_BYTES = 7
"""Size, attributes, timestamp, offset, key, value and headers take a byte each at least."""
NULL_SIZE = 1
"""-1 in zigzag."""
ALIKE_RECORDS = 64
"""Where so many in a row may be alike, they are taken at once: to make a regular expression takes as long as they do.
As many have an offset that takes one byte."""
ALIKE_SHAPES = 64
"""Of records, for which regular expressions are kept."""

_log = logging.getLogger(__name__)


def load(log: PartitionLog, machine: Machine) -> Iterator[None]:
    """The machine knows what the log says when the iterator ends; each step is short.

    Raises:
        StorageError: the log cannot be read.
    """
    reader = _Reader(machine)
    offset = log.log_start_offset
    while offset < log.log_end_offset:
        found = log.read(offset, READ_BYTES, before_offset=log.log_end_offset, min_one_batch=True)
        try:
            data = found.tobytes()
        finally:
            found.close()
        for position, header in iter_headers(data):
            reader.read(data, position, header)
            offset = header.next_offset
        yield
    yield from reader.finish()


class _Reader:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._newest: dict[bytes, bytes | None] = {}
        self._in_transactions = False

    def read(self, data: bytes, position: int, header: BatchHeader) -> None:
        """The batch at position counts, or will at the end."""
        try:
            if header.is_control:
                self._read_marker(data, position, header)
            elif header.is_transactional:
                self._in_transactions = True
                self._flush()
                for record in iter_records(data, header, position):
                    self._replay(bytes(record.key or b""), _copy(record.value), header.producer_id)
            elif self._in_transactions:
                for record in iter_records(data, header, position):
                    self._replay(bytes(record.key or b""), _copy(record.value), NO_PRODUCER_ID)
            elif not _scanned(data, position, header, self._newest):
                for record in iter_records(data, header, position):
                    self._newest[bytes(record.key or b"")] = _copy(record.value)
        except CorruptBatch as error:
            _log.error("a batch of a coordinator's log at offset %d is skipped: %s", header.base_offset, error)

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


def _copy(value: ReadableBuffer | None) -> bytes | None:
    return None if value is None else bytes(value)


def _scanned(data: bytes, position: int, header: BatchHeader, newest: dict[bytes, bytes | None]) -> bool:
    try:
        return _scan(data, position, header, newest)
    except IndexError:  # the data ends within a number
        return False


def _scan(data: bytes, position: int, header: BatchHeader, newest: dict[bytes, bytes | None]) -> bool:
    """Notes keys and values of a plain batch of short records; False for any other one, of which nothing may be right.

    As iter_records, without an object per record: this is what most of a start is spent on. Many records of one request
    are of one shape as a rule; those are taken all at once.
    """
    if header.compression:
        return False
    end = position + header.size_bytes
    at = position + HEADER_BYTES
    left = header.records_count
    while left > 0:
        found = _places(data, at, end)
        if found is None:
            return False
        places, record_end = found
        key_at, key_end, value_at, value_end = places[-4:]
        if left < ALIKE_RECORDS or value_end < value_at or not _seem_alike(data, at, places[0], record_end):
            newest[data[key_at:key_end]] = None if value_end < value_at else data[value_at:value_end]
            left -= 1
            at = record_end
        else:
            run, record = _alike(_pattern(data, at, places, record_end))
            run_end = cast("re.Match[bytes]", run.match(data, at, end)).end()
            newest.update(record.findall(data, at, run_end))
            left -= (run_end - at) // (record_end - at)
            at = run_end
    return left == 0 and at == end


def _places(data: bytes, at: int, end: int) -> tuple[tuple[int, ...], int] | None:
    """Where timestamp, offset, key's size, key, its end, value, its end and the next record are, of the record at `at`.

    A value that ends before it begins is null. None: the record is long, has no key, or nothing may be right.
    """
    if at + MIN_RECORD_BYTES > end:
        return None
    size = data[at]
    at += 1
    if size >= 0x80:
        size = size & 0x7F | data[at] << 7
        at += 1
    record_end = at + (size >> 1)
    if size >= 0x4000 or record_end > end:
        return None
    timestamp_at = at = at + 1  # behind the attributes
    while data[at] >= 0x80:
        at += 1
    offset_at = at = at + 1
    while data[at] >= 0x80:
        at += 1
    key_size_at = at = at + 1
    size = data[at]
    at += 1
    if size >= 0x80:
        size = size & 0x7F | data[at] << 7
        at += 1
    key_at, key_end = at, at + (size >> 1)
    if size & 1 or size >= 0x4000 or key_end >= record_end:
        return None
    size = data[key_end]
    at = key_end + 1
    if size >= 0x80:
        size = size & 0x7F | data[at] << 7
        at += 1
    value_end = at - 1 if size == NULL_SIZE else at + (size >> 1)
    if size != NULL_SIZE and (size & 1 or size >= 0x4000 or value_end >= record_end):
        return None
    return (timestamp_at, offset_at, key_size_at, key_at, key_end, at, value_end), record_end


def _seem_alike(data: bytes, at: int, timestamp_at: int, next_at: int) -> bool:
    """Whether the next record and the last one of ALIKE_RECORDS, if they are as long, begin as the one at `at` does."""
    head = data[at:timestamp_at]
    last_at = at + (ALIKE_RECORDS - 1) * (next_at - at)
    return data.startswith(head, next_at) and data.startswith(head, last_at)


def _pattern(data: bytes, at: int, places: tuple[int, ...], record_end: int) -> bytes:
    """A regular expression for records like the one at `at`: all sizes are its own; key and value are groups."""
    timestamp_at, offset_at, key_size_at, key_at, key_end, value_at, value_end = places
    return b"%b[\x80-\xff]{%d}[\0-\x7f][\x80-\xff]{%d}[\0-\x7f]%b(.{%d})%b(.{%d})%b" % (
        re.escape(data[at:timestamp_at]),
        offset_at - timestamp_at - 1,
        key_size_at - offset_at - 1,
        re.escape(data[key_size_at:key_at]),
        key_end - key_at,
        re.escape(data[key_end:value_at]),
        value_end - value_at,
        re.escape(data[value_end:record_end]),
    )


@lru_cache(ALIKE_SHAPES)
def _alike(pattern: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """(Of as many such records as follow each other, of one)."""
    return re.compile(b"(?:%b)+" % pattern, re.DOTALL), re.compile(pattern, re.DOTALL)
