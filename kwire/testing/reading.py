"""Convert records: from a partition's log to values, and from values to stored records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kwire.protocol.records.batch import iter_headers
from kwire.protocol.records.record import Record as StoredRecord
from kwire.protocol.records.record import iter_records
from kwire.testing.values import ClusterError, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwire.broker.partition import Partition
    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.testing.values import NewRecord

EVERYTHING = 2**62
"""More bytes than any log has."""


def records_of(partition: Partition, *, committed_only: bool) -> Iterator[Record]:
    """Return the readable records, oldest first. committed_only: as for a consumer with read_committed."""
    end = partition.last_stable_offset if committed_only else partition.high_watermark
    found = partition.read(partition.log_start_offset, EVERYTHING, before_offset=end, min_one_batch=True)
    try:
        data = found.tobytes()
    finally:
        found.close()
    for position, header in iter_headers(data):
        if header.is_control or (committed_only and _is_aborted(partition, header)):
            continue
        for record in iter_records(data, header, position):
            if partition.log_start_offset <= record.offset < end:
                yield record_of(partition, record, record.offset)


def record_of(partition: Partition, record: StoredRecord, offset: int) -> Record:
    """Return the partition's record at that offset."""
    return Record(
        partition.topic,
        partition.index,
        offset,
        record.timestamp,
        _copied(record.key),
        _copied(record.value),
        tuple((key, _copied(value)) for key, value in record.headers),
    )


def _copied(value: ReadableBuffer | None) -> bytes | None:
    return None if value is None else bytes(value)


def count_unread(partition: Partition, from_offset: int) -> int:
    """Count the records from that offset on that a consumer with read_committed would get."""
    end = partition.last_stable_offset
    from_offset = max(from_offset, partition.log_start_offset)
    unread = 0
    for header in partition.headers(from_offset):
        if header.base_offset >= end:
            break
        if not header.is_control and not _is_aborted(partition, header):
            unread += header.next_offset - max(header.base_offset, from_offset)
    return unread


def _is_aborted(partition: Partition, header: BatchHeader) -> bool:
    if not header.is_transactional:
        return False
    offset = header.base_offset
    return any(
        row.producer_id == header.producer_id and row.first_offset <= offset <= row.last_offset
        for row in partition.aborted_between(offset, header.next_offset)
    )


def stored(record: NewRecord, dated_ms: int) -> StoredRecord:
    """Convert a record for its batch.

    Raises:
        ClusterError: a part of it has a wrong type.
    """
    headers = record.headers.items() if isinstance(record.headers, Mapping) else record.headers
    timestamp_ms = dated_ms if record.timestamp_ms is None else record.timestamp_ms
    encoded = [(name, _encoded(value, f"the header {name!r}")) for name, value in headers]
    return StoredRecord(0, timestamp_ms, _encoded(record.key, "a key"), _encoded(record.value, "a value"), encoded)


def _encoded(value: bytes | str | None, what: str) -> bytes | None:
    if isinstance(value, str):
        return value.encode()
    if value is None or isinstance(value, bytes | bytearray | memoryview):
        return value
    raise ClusterError(f"{what} must be bytes, text or None, not {value!r}; encode it, for example with json.dumps()")
