"""The records inside a batch (magic 2): read one after the other, written into new batches.

A record is a size and then attributes, timestamp and offset relative to the batch, key,
value and headers, all lengths as zigzag varints. Source: Kafka documentation, "Record".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwire.limits import MAX_DECOMPRESSED_BATCH_BYTES, MAX_READ_RECORDS
from kwire.protocol.records.batch import (
    CONTROL_FLAG,
    DELETE_HORIZON_FLAG,
    HEADER_BYTES,
    LOG_APPEND_TIME_FLAG,
    MAGIC,
    NO_PARTITION_LEADER_EPOCH,
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    NO_TIMESTAMP,
    TRANSACTIONAL_FLAG,
    BatchHeader,
    InvalidRecord,
    ReadableBuffer,
    TooManyRecords,
    UndecodableBatch,
    new_batch,
)
from kwire.protocol.records.compression import Codec, compress, decompress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VARINT_BYTES = 5
VARLONG_BYTES = 10
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_LATER_SHIFTS = tuple(range(14, 7 * VARINT_BYTES, 7))
"""Of a varint's bytes from the third on."""
_LATER_LONG_SHIFTS = tuple(range(14, 7 * VARLONG_BYTES, 7))
_ONE_BYTE_VARINTS = [bytes((value,)) for value in range(0x80)]
_NULL = _ONE_BYTE_VARINTS[1]
"""-1 in zigzag: the length of what is not there."""
_NO_ATTRIBUTES = bytes(1)
LONGER = -1
"""Marks a varint of more than two bytes."""


@dataclass(slots=True)
class Record:
    """One record. timestamp is milliseconds since the epoch, -1 for none; headers are in order and may repeat a key.

    Read from a batch, key and value are views of its (decompressed) bytes: copy what must outlive them.
    """

    offset: int
    timestamp: int
    key: ReadableBuffer | None
    value: ReadableBuffer | None
    headers: Sequence[tuple[str, ReadableBuffer | None]] = ()


def records_view(
    buffer: ReadableBuffer, header: BatchHeader, offset: int = 0, limit_bytes: int = MAX_DECOMPRESSED_BATCH_BYTES
) -> memoryview:
    """The bytes of the records of the batch at offset, decompressed to at most limit_bytes.

    Raises:
        UndecodableBatch: they are not what the codec writes; DecompressedTooLarge where they are too many.
    """
    stored = memoryview(buffer)[offset + HEADER_BYTES : offset + header.size_bytes]
    return memoryview(decompress(header.compression, stored, limit_bytes))


def iter_records(
    buffer: ReadableBuffer, header: BatchHeader, offset: int = 0, limit_bytes: int = MAX_DECOMPRESSED_BATCH_BYTES
) -> Iterator[Record]:
    """The records of the batch at offset, each checked when its turn comes.

    Raises:
        InvalidRecord: a record is malformed, or their number is not the header's.
        TooManyRecords: a record has very many headers.
        UndecodableBatch: as records_view; also an uncompressed record whose size is no varint, as Kafka tells it apart.
    """
    if header.records_count < 0:
        raise InvalidRecord(f"the batch claims {header.records_count} records")
    if header.records_count == 0:
        return
    data = records_view(buffer, header, offset, limit_bytes)
    position = 0
    for _ in range(header.records_count):
        try:
            position, record = _read_record(data, position, header)
        except IndexError:
            raise InvalidRecord("the batch ends within a record") from None
        except UndecodableBatch:
            if header.compression == Codec.NONE:
                raise
            raise InvalidRecord("a record's size is no varint") from None
        yield record
    if position != len(data):
        raise InvalidRecord(f"{len(data) - position} bytes are left after the last record")


def _read_record(data: memoryview, position: int, header: BatchHeader) -> tuple[int, Record]:
    """(Position after it, record) of the one at position; IndexError where the data ends too early."""
    size, position = _read_size(data, position)
    end = position + size
    if size < 0 or end > len(data):
        raise InvalidRecord(f"a record claims {size} bytes, {len(data) - position} are left")
    position += 1  # the record's attributes, of which no bit means anything
    timestamp_delta, position = _read_varint(data, position, VARLONG_BYTES)
    offset_delta, position = _read_varint(data, position)
    key, position = _read_bytes(data, position, end)
    value, position = _read_bytes(data, position, end)
    count, position = _read_varint(data, position)
    headers: Sequence[tuple[str, ReadableBuffer | None]] = ()
    if count:
        if not 0 <= count <= end - position:
            raise InvalidRecord(f"a record claims {count} headers in {end - position} bytes")
        if count > MAX_READ_RECORDS:
            raise TooManyRecords(f"{count} headers in a record, at most {MAX_READ_RECORDS} are read")
        headers, position = _read_headers(data, position, end, count)
    if position != end:
        raise InvalidRecord(f"a record claims {size} bytes, its fields end {position - end:+d} bytes from there")
    if header.attributes & LOG_APPEND_TIME_FLAG:
        timestamp = header.max_timestamp
    else:
        timestamp = header.base_timestamp + timestamp_delta
        if not INT64_MIN <= timestamp <= INT64_MAX:
            timestamp = to_int64(timestamp)
    return end, Record(header.base_offset + offset_delta, timestamp, key, value, headers)


def scan_records(data: memoryview, records_count: int) -> Iterator[tuple[int, int, int, int, memoryview | None, bool]]:
    """(Start, end, timestamp delta, offset delta, key, has value) of each record in data, which records_view gives.

    A third of what iter_records costs, for who copies records as they are; what follows the value is not looked at.

    Raises:
        InvalidRecord: a record is malformed.
    """
    end = 0
    try:
        for _ in range(records_count):
            start = end
            size, position = _read_varint(data, start)
            end = position + size
            if size < 0 or end > len(data):
                raise InvalidRecord(f"a record claims {size} bytes, {len(data) - position} are left")
            timestamp_delta, position = _read_varint(data, position + 1, VARLONG_BYTES)
            offset_delta, position = _read_varint(data, position)
            key, position = _read_bytes(data, position, end)
            value_size, position = _read_varint(data, position)
            yield start, end, timestamp_delta, offset_delta, key, value_size >= 0
    except IndexError:
        raise InvalidRecord("the batch ends within a record") from None


def newest_timestamp(
    buffer: ReadableBuffer, header: BatchHeader, offset: int = 0, limit_bytes: int = MAX_DECOMPRESSED_BATCH_BYTES
) -> int:
    """Find the newest timestamp in the batch at offset, NO_TIMESTAMP if no record has one.

    It reads only the size and the time of each record, at an eighth of the cost of iter_records.

    Raises:
        InvalidRecord: the sizes do not lead from the first record to the end of the last one.
        TooManyRecords, UndecodableBatch: as iter_records.
    """
    if header.records_count > MAX_READ_RECORDS:
        raise TooManyRecords(f"{header.records_count} records in a batch, at most {MAX_READ_RECORDS} are read")
    data, position, stop = buffer, offset + HEADER_BYTES, offset + header.size_bytes
    if header.compression:
        data, position = records_view(buffer, header, offset, limit_bytes), 0
        stop = len(data)
    seen, newest, signs = None, INT64_MIN, 0
    try:
        for _ in range(header.records_count):
            # One and two bytes without a call, as in _read_varint: a call would cost more than all of this.
            byte = data[position]
            signs |= byte
            if byte < 0x80:
                position += 2
                end = position - 1 + (byte >> 1)
            elif (second := data[position + 1]) < 0x80:
                position += 3
                end = position - 1 + ((byte & 0x7F | second << 7) >> 1)
            else:
                size, position = _read_varint(data, position)
                end = position + size
                position += 1  # the record's attributes
            raw = data[position]
            if raw >= 0x80:
                second = data[position + 1]
                raw = raw & 0x7F | second << 7 if second < 0x80 else LONGER
            if raw != seen or raw == LONGER:
                seen = raw
                delta = raw >> 1 ^ -(raw & 1) if raw != LONGER else _read_varint(data, position, VARLONG_BYTES)[0]
                newest = max(newest, delta)
            position = end
    except IndexError:
        raise InvalidRecord("the batch ends within a record") from None
    newest += header.base_timestamp
    if position != stop or signs & 1 or newest > INT64_MAX:
        raise InvalidRecord("the records' sizes or times are wrong")
    return max(newest, NO_TIMESTAMP)


def _read_size(data: memoryview, position: int) -> tuple[int, int]:
    try:
        return _read_varint(data, position)
    except InvalidRecord as error:
        raise UndecodableBatch(f"a record's size: {error}") from None


def _read_varint(data: ReadableBuffer, position: int, max_bytes: int = VARINT_BYTES) -> tuple[int, int]:
    """(Value, position after it) of a zigzag varint; bits beyond the type's width are dropped, as in Java."""
    # One and two bytes first: they are what lengths and deltas usually take.
    byte = data[position]
    if byte < 0x80:
        return byte >> 1 ^ -(byte & 1), position + 1
    raw = byte & 0x7F
    byte = data[position + 1]
    if byte < 0x80:
        return (raw | byte << 7) >> 1 ^ -(raw & 1), position + 2
    raw |= (byte & 0x7F) << 7
    at = position + 2
    for shift in _LATER_SHIFTS if max_bytes == VARINT_BYTES else _LATER_LONG_SHIFTS:
        byte = data[at]
        at += 1
        if byte < 0x80:
            raw |= byte << shift
            raw &= 0xFFFF_FFFF if max_bytes == VARINT_BYTES else 0xFFFF_FFFF_FFFF_FFFF
            return raw >> 1 ^ -(raw & 1), at
        raw |= (byte & 0x7F) << shift
    raise InvalidRecord(f"a varint at {position} is longer than {max_bytes} bytes")


def _read_bytes(data: memoryview, position: int, end: int) -> tuple[memoryview | None, int]:
    size, position = _read_varint(data, position)
    if size < 0:
        return None, position
    stop = position + size
    if stop > end:
        raise InvalidRecord(f"a field of {size} bytes, {end - position} are left in its record")
    return data[position:stop], stop


def _read_headers(
    data: memoryview, position: int, end: int, count: int
) -> tuple[list[tuple[str, ReadableBuffer | None]], int]:
    headers: list[tuple[str, ReadableBuffer | None]] = []
    for _ in range(count):
        key, position = _read_bytes(data, position, end)
        if key is None:
            raise InvalidRecord("a header has no key")
        value, position = _read_bytes(data, position, end)
        # surrogateescape: a key that is no UTF-8 is written back as it was
        headers.append((str(key, "utf-8", "surrogateescape"), value))
    return headers, position


def to_int64(value: int) -> int:
    """The value as 64 bit arithmetic in Java gives it."""
    return (value + 2**63) % 2**64 - 2**63


def encode_batch(
    records: Sequence[Record],
    *,
    base_offset: int = 0,
    leader_epoch: int = NO_PARTITION_LEADER_EPOCH,
    compression: int = Codec.NONE,
    level: int | None = None,
    producer_id: int = NO_PRODUCER_ID,
    producer_epoch: int = NO_PRODUCER_EPOCH,
    base_sequence: int = NO_SEQUENCE,
    transactional: bool = False,
    control: bool = False,
    log_append_time_ms: int | None = None,
    delete_horizon_ms: int | None = None,
) -> bytearray:
    """A new batch of one or more records, numbered from base_offset on whatever their own offsets are.

    log_append_time_ms: every record's timestamp, instead of its own.

    Raises:
        ValueError: there are no records.
    """
    if not records:
        raise ValueError("a new batch needs a record")
    attributes = compression
    attributes |= TRANSACTIONAL_FLAG if transactional else 0
    attributes |= CONTROL_FLAG if control else 0
    attributes |= LOG_APPEND_TIME_FLAG if log_append_time_ms is not None else 0
    attributes |= DELETE_HORIZON_FLAG if delete_horizon_ms is not None else 0
    base_timestamp = records[0].timestamp if delete_horizon_ms is None else delete_horizon_ms
    newest = max(record.timestamp for record in records)
    header = BatchHeader(
        base_offset=base_offset,
        batch_length=0,
        partition_leader_epoch=leader_epoch,
        magic=MAGIC,
        crc=0,
        attributes=attributes,
        last_offset_delta=len(records) - 1,
        base_timestamp=base_timestamp,
        max_timestamp=max(newest, NO_TIMESTAMP) if log_append_time_ms is None else log_append_time_ms,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        base_sequence=base_sequence,
        records_count=len(records),
    )
    body = bytearray()
    for index, record in enumerate(records):
        append_record(body, record, index, base_timestamp)
    return assemble_batch(header, body, level)


def keyed_batch(rows: Sequence[tuple[bytes, bytes | None]], timestamp_ms: int) -> tuple[bytearray, BatchHeader]:
    """A new batch of one or more (key, value), all of that time, and its header, sooner than by encode_batch."""
    body = bytearray()
    for index, (key, value) in enumerate(rows):
        _append_fields(body, 0, index, key, value, ())
    header = BatchHeader(
        base_offset=0,
        batch_length=0,
        partition_leader_epoch=NO_PARTITION_LEADER_EPOCH,
        magic=MAGIC,
        crc=0,
        attributes=0,
        last_offset_delta=len(rows) - 1,
        base_timestamp=timestamp_ms,
        max_timestamp=timestamp_ms,
        producer_id=NO_PRODUCER_ID,
        producer_epoch=NO_PRODUCER_EPOCH,
        base_sequence=NO_SEQUENCE,
        records_count=len(rows),
    )
    return new_batch(header, body), header


def rewrite_batch(header: BatchHeader, records: Sequence[Record], level: int | None = None) -> bytearray:
    """A batch with these records at their own offsets and all else as header has it (what a cleaner keeps of a batch).

    header's batch_length, records_count and crc are set to what was written.
    """
    body = bytearray()
    for record in records:
        append_record(body, record, record.offset - header.base_offset, header.base_timestamp)
    header.records_count = len(records)
    return assemble_batch(header, body, level)


def assemble_batch(header: BatchHeader, body: ReadableBuffer, level: int | None = None) -> bytearray:
    """The batch of header and its records' bytes, which are compressed as header says; its length and crc are set."""
    return new_batch(header, compress(header.compression, body, level) if header.compression else body)


def append_record(body: bytearray, record: Record, offset_delta: int, base_timestamp: int) -> None:
    """The record's bytes are at the end of body."""
    delta = to_int64(record.timestamp - base_timestamp)
    _append_fields(body, delta, offset_delta, record.key, record.value, record.headers)


def _append_fields(
    body: bytearray,
    timestamp_delta: int,
    offset_delta: int,
    key: ReadableBuffer | None,
    value: ReadableBuffer | None,
    headers: Sequence[tuple[str, ReadableBuffer | None]],
) -> None:
    parts: list[ReadableBuffer] = [_NO_ATTRIBUTES, _varint(timestamp_delta), _varint(offset_delta)]
    parts += _sized(key)
    parts += _sized(value)
    parts.append(_varint(len(headers)))
    for name, content in headers:
        parts += _sized(name.encode("utf-8", "surrogateescape"))
        parts += _sized(content)
    record = b"".join(parts)
    body += _varint(len(record))
    body += record


def _sized(value: ReadableBuffer | None) -> tuple[ReadableBuffer, ...]:
    return (_NULL,) if value is None else (_varint(len(value)), value)


def _varint(value: int) -> bytes | bytearray:
    raw = value << 1 if value >= 0 else ~(value << 1)
    if raw < 0x80:
        return _ONE_BYTE_VARINTS[raw]
    if raw < 0x4000:
        return bytes((raw & 0x7F | 0x80, raw >> 7))
    out = bytearray()
    while raw >= 0x80:
        out.append(raw & 0x7F | 0x80)
        raw >>= 7
    out.append(raw)
    return out
