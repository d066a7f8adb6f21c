"""Reading a coordinator's log from its start to its end, in steps, into a machine.

Only the last record of a key counts, so that it costs little how often a key was written: records are decoded when the
end is reached. Records of transactions are replayed as they come, for their end decides what becomes of them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kwire.protocol.errors import ProtocolError
from kwire.protocol.records.batch import NO_PRODUCER_ID, CorruptBatch, iter_headers
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
            else:
                newest = self._newest
                for record in iter_records(data, header, position):
                    key = bytes(record.key or b"")
                    newest.pop(key, None)  # its place is where it was written last
                    newest[key] = _copy(record.value)
        except CorruptBatch as error:
            _log.error("a batch of a coordinator's log at offset %d is skipped: %s", header.base_offset, error)

    def finish(self) -> Iterator[None]:
        """All that was read counts when the iterator ends."""
        while self._newest:
            self._flush(REPLAYED_RECORDS)
            yield

    def _read_marker(self, data: bytes, position: int, header: BatchHeader) -> None:
        self._flush()
        for record in iter_records(data, header, position):
            kind = parse_control_type(record.key)
            if kind in {ControlType.COMMIT, ControlType.ABORT}:
                self._machine.end_transaction(header.producer_id, committed=kind == ControlType.COMMIT)

    def _flush(self, limit: int | None = None) -> None:
        keys = list(self._newest)[:limit]
        for key in keys:
            self._replay(key, self._newest.pop(key), NO_PRODUCER_ID)

    def _replay(self, key: bytes, value: bytes | None, producer_id: int) -> None:
        try:
            self._machine.replay_stored(key, value, producer_id)
        except ProtocolError as error:
            _log.error("a record of a coordinator's log is skipped: %s", error)


def _copy(value: ReadableBuffer | None) -> bytes | None:
    return None if value is None else bytes(value)
