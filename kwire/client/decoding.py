"""Decode fetched bytes to records, in all formats and compressions, without those of aborted transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.client.errors import NotUnderstood
from kwire.client.values import ReadRecord
from kwire.protocol.records.batch import MAGIC, CorruptBatch, IncompleteBatch, check_crc, read_header, read_size
from kwire.protocol.records.control import ControlType, read_control_type
from kwire.protocol.records.legacy import iter_legacy_records, read_legacy_batch
from kwire.protocol.records.record import iter_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kwire.client.values import TopicPartition
    from kwire.protocol.messages.fetch import AbortedTransaction
    from kwire.protocol.records.batch import BatchHeader
    from kwire.protocol.records.record import Record


def decoded(
    partition: TopicPartition,
    data: memoryview,
    aborted: Iterable[AbortedTransaction],
    *,
    check_crcs: bool = True,
) -> Iterator[tuple[list[ReadRecord], int]]:
    """Decode each whole batch to its records and the offset after them.

    aborted: the aborted transactions as the broker lists them; empty to read all records.

    Raises:
        NotUnderstood: a batch is damaged.
    """
    position = 0
    filtering = _Aborted(aborted)
    try:
        while position < len(data):
            size_bytes, magic = read_size(data, position)
            if magic != MAGIC:
                batch = read_legacy_batch(data, position)
                legacy = iter_legacy_records(batch)
                yield _read(partition, legacy, is_appended=batch.is_log_append_time), batch.last_offset + 1
            else:
                header = read_header(data, position)
                if check_crcs:
                    check_crc(data, header, position)
                if filtering.hides(data, header, position):
                    yield [], header.next_offset
                else:
                    found = iter_records(data, header, position)
                    yield _read(partition, found, is_appended=header.is_log_append_time), header.next_offset
            position += size_bytes
    except IncompleteBatch:
        return
    except CorruptBatch as error:
        raise NotUnderstood(f"{partition}: {error}") from error


def end_of(data: memoryview) -> int | None:
    """Return the offset after the last whole batch, None without one. Only headers are read.

    Raises:
        NotUnderstood: the data is not a batch.
    """
    end, position = None, 0
    try:
        while position < len(data):
            size_bytes, magic = read_size(data, position)
            if position + size_bytes > len(data):
                break
            if magic == MAGIC:
                end = read_header(data, position).next_offset
            else:
                end = read_legacy_batch(data, position).last_offset + 1
            position += size_bytes
    except IncompleteBatch:
        return end
    except CorruptBatch as error:
        raise NotUnderstood(str(error)) from error
    return end


def _read(partition: TopicPartition, records: Iterable[Record], *, is_appended: bool) -> list[ReadRecord]:
    topic, index = partition
    return [
        ReadRecord(
            topic,
            index,
            record.offset,
            record.timestamp,
            is_appended,
            None if record.key is None else bytes(record.key),
            None if record.value is None else bytes(record.value),
            [(name, None if value is None else bytes(value)) for name, value in record.headers]
            if record.headers
            else (),
        )
        for record in records
    ]


class _Aborted:
    """Finds the batches of aborted transactions: those from each transaction's first offset to its marker."""

    def __init__(self, aborted: Iterable[AbortedTransaction]) -> None:
        self._coming = sorted(aborted, key=lambda row: row.first_offset, reverse=True)
        self._open: set[int] = set()

    def hides(self, data: memoryview, header: BatchHeader, position: int) -> bool:
        """Whether a consumer must not see the batch: a marker, or part of an aborted transaction."""
        while self._coming and self._coming[-1].first_offset <= header.last_offset:
            self._open.add(self._coming.pop().producer_id)
        if header.is_control:
            if read_control_type(data, header, position) == ControlType.ABORT:
                self._open.discard(header.producer_id)
            return True
        return header.is_transactional and header.producer_id in self._open
