"""Record batches (magic 2): the header, its CRC-32C, and what a broker patches in place.

A batch is 61 bytes of header and then its records, compressed as a whole or not at all.
The CRC covers everything from the attributes on, so base offset and partition leader epoch
are the broker's to set. Source: Kafka documentation, "Record Batch"; KIP-98.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from kwire.protocol.records.crc import crc32c

if TYPE_CHECKING:
    from collections.abc import Iterator

ReadableBuffer: TypeAlias = bytes | bytearray | memoryview

LOG_OVERHEAD_BYTES = 12
"""base_offset and batch_length, which batch_length does not count."""
HEADER_BYTES = 61
CRC_OFFSET = 17
ATTRIBUTES_OFFSET = 21
"""The CRC covers the bytes from here on."""
MAX_TIMESTAMP_OFFSET = 35

MIN_BATCH_LENGTH = 14
"""The smallest batch_length of any magic: CRC, magic, attributes and two lengths of a legacy message."""

MAGIC = 2
LEGACY_MAGICS = (0, 1)

NO_TIMESTAMP = -1
NO_PRODUCER_ID = -1
NO_PRODUCER_EPOCH = -1
NO_SEQUENCE = -1
NO_PARTITION_LEADER_EPOCH = -1

COMPRESSION_MASK = 0x07
LOG_APPEND_TIME_FLAG = 0x08
TRANSACTIONAL_FLAG = 0x10
CONTROL_FLAG = 0x20
DELETE_HORIZON_FLAG = 0x40
KNOWN_ATTRIBUTES = 0x7F

INT32_MAX = 2**31 - 1

_UP_TO_CRC = struct.Struct(">qiibI")
_AFTER_CRC = struct.Struct(">hiqqqhii")
_HEADER = struct.Struct(_UP_TO_CRC.format + _AFTER_CRC.format[1:])
_SIZE_AND_MAGIC = struct.Struct(">qiib")
_INT64 = struct.Struct(">q")
_INT32 = struct.Struct(">i")
_CRC = struct.Struct(">I")
_ATTRIBUTES = struct.Struct(">h")


class CorruptBatch(Exception):  # noqa: N818 - Kafka's word for the condition
    """The bytes are no valid record batch: bad size, magic, CRC, or contents."""


class IncompleteBatch(CorruptBatch):
    """The buffer ends before the batch does: the normal end of a fetched slice or of a torn log."""


class InvalidRecord(CorruptBatch):
    """The batch is whole and its CRC right, but its records contradict its header or themselves."""


class UndecodableBatch(CorruptBatch):
    """The records cannot be got at: an unknown codec, or data that is not what the codec writes."""


class DecompressedTooLarge(UndecodableBatch):
    """The records decompress to more bytes than are allowed."""


class TooManyRecords(CorruptBatch):
    """The batch has more records, or headers of records, than are read."""


def add_sequence(sequence: int, increment: int) -> int:
    """The sequence number that many records later; after 2147483647 comes 0."""
    return (sequence + increment) & INT32_MAX


@dataclass(slots=True)
class BatchHeader:
    """The 61 bytes in front of a batch's records. Timestamps are milliseconds since the epoch, -1 for none."""

    base_offset: int
    batch_length: int
    """Bytes after this field; size_bytes is the whole."""
    partition_leader_epoch: int
    magic: int
    crc: int
    """Unsigned."""
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    """The delete horizon where has_delete_horizon."""
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    records_count: int

    @property
    def size_bytes(self) -> int:
        """Bytes of the whole batch."""
        return self.batch_length + LOG_OVERHEAD_BYTES

    @property
    def last_offset(self) -> int:
        """Offset of the last record the batch had when it was written (compaction may have removed it)."""
        return self.base_offset + self.last_offset_delta

    @property
    def next_offset(self) -> int:
        """The first offset after the batch."""
        return self.base_offset + self.last_offset_delta + 1

    @property
    def compression(self) -> int:
        """Codec id: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 mean nothing."""
        return self.attributes & COMPRESSION_MASK

    @property
    def is_log_append_time(self) -> bool:
        """Whether max_timestamp is the time of the append and every record's timestamp."""
        return bool(self.attributes & LOG_APPEND_TIME_FLAG)

    @property
    def is_transactional(self) -> bool:
        """Whether the records belong to a transaction."""
        return bool(self.attributes & TRANSACTIONAL_FLAG)

    @property
    def is_control(self) -> bool:
        """Whether the records are markers for brokers and consumers, not data."""
        return bool(self.attributes & CONTROL_FLAG)

    @property
    def has_delete_horizon(self) -> bool:
        """Whether base_timestamp says when the cleaner may drop the batch's tombstones (KIP-534)."""
        return bool(self.attributes & DELETE_HORIZON_FLAG)

    @property
    def delete_horizon_ms(self) -> int | None:
        """When the cleaner may drop the batch's tombstones, None where that is not decided."""
        return self.base_timestamp if self.attributes & DELETE_HORIZON_FLAG else None

    @property
    def has_producer_id(self) -> bool:
        """Whether an idempotent or transactional producer wrote it."""
        return self.producer_id >= 0

    @property
    def last_sequence(self) -> int:
        """Sequence number of the last record, -1 for none."""
        if self.base_sequence == NO_SEQUENCE:
            return NO_SEQUENCE
        return add_sequence(self.base_sequence, self.last_offset_delta)


def read_header(buffer: ReadableBuffer, offset: int = 0, start: int = 0) -> BatchHeader:
    """The header of the whole v2 batch that starts at offset. Its CRC is not checked here.

    start: where in its file the buffer starts, for what errors say.

    Raises:
        IncompleteBatch: the buffer ends before the header or the batch does.
        CorruptBatch: the magic is not 2, or the batch is shorter than its header.
    """
    try:
        header = BatchHeader(*_HEADER.unpack_from(buffer, offset))
    except struct.error:
        raise _why_short(buffer, offset, start) from None
    if header.magic != MAGIC:
        raise CorruptBatch(f"record batch at {start + offset} has magic {header.magic}, expected {MAGIC}")
    end = offset + LOG_OVERHEAD_BYTES + header.batch_length
    if end > len(buffer) or header.batch_length < HEADER_BYTES - LOG_OVERHEAD_BYTES:
        raise _why_short(buffer, offset, start)
    return header


def decode_header(buffer: ReadableBuffer, offset: int = 0) -> BatchHeader:
    """The header at offset as it stands there: nothing is checked, and the batch need not be whole.

    Raises:
        IncompleteBatch: fewer than 61 bytes are there.
    """
    try:
        return BatchHeader(*_HEADER.unpack_from(buffer, offset))
    except struct.error:
        raise _why_short(buffer, offset) from None


def _why_short(buffer: ReadableBuffer, offset: int, start: int = 0) -> CorruptBatch:
    left, position = len(buffer) - offset, start + offset
    if left < _SIZE_AND_MAGIC.size:
        return IncompleteBatch(f"{left} bytes at {position} are too few for a record batch")
    _, batch_length, _, magic = _SIZE_AND_MAGIC.unpack_from(buffer, offset)
    if magic == MAGIC and batch_length < HEADER_BYTES - LOG_OVERHEAD_BYTES:
        return CorruptBatch(f"record batch at {position} claims {batch_length} bytes, fewer than its header has")
    if magic != MAGIC:
        return CorruptBatch(f"record batch at {position} has magic {magic}, expected {MAGIC}")
    return IncompleteBatch(
        f"record batch at {position} needs {batch_length + LOG_OVERHEAD_BYTES} bytes, {left} are there"
    )


def read_size(buffer: ReadableBuffer, offset: int = 0) -> tuple[int, int]:
    """(Bytes of the whole batch, magic) of the batch of any magic at offset, whole or not.

    Raises:
        IncompleteBatch: fewer than 17 bytes are there.
    """
    if len(buffer) - offset < _SIZE_AND_MAGIC.size:
        raise _why_short(buffer, offset)
    _, batch_length, _, magic = _SIZE_AND_MAGIC.unpack_from(buffer, offset)
    return batch_length + LOG_OVERHEAD_BYTES, magic


def compute_crc(buffer: ReadableBuffer, header: BatchHeader, offset: int = 0) -> int:
    """CRC-32C of the batch at offset: from the attributes to its end."""
    return crc32c(memoryview(buffer)[offset + ATTRIBUTES_OFFSET : offset + header.size_bytes])


def check_crc(buffer: ReadableBuffer, header: BatchHeader, offset: int = 0, start: int = 0) -> None:
    """The batch at offset has the CRC that its header states. start: as in read_header.

    Raises:
        CorruptBatch: it has not.
    """
    computed = crc32c(
        memoryview(buffer)[offset + ATTRIBUTES_OFFSET : offset + LOG_OVERHEAD_BYTES + header.batch_length]
    )
    if computed != header.crc:
        raise CorruptBatch(f"record batch at {start + offset} has CRC {computed}, its header says {header.crc}")


def patch_offset(buffer: bytearray | memoryview, base_offset: int, leader_epoch: int, offset: int = 0) -> None:
    """The batch at offset starts at base_offset and was written under leader_epoch; the CRC does not cover these."""
    _INT64.pack_into(buffer, offset, base_offset)
    _INT32.pack_into(buffer, offset + LOG_OVERHEAD_BYTES, leader_epoch)


def set_log_append_time(buffer: bytearray | memoryview, header: BatchHeader, now_ms: int, offset: int = 0) -> None:
    """Every record of the batch has the timestamp now_ms; buffer, CRC and header are changed."""
    _set_timestamps(buffer, header, LOG_APPEND_TIME_FLAG, now_ms, offset)


def set_create_time(buffer: bytearray | memoryview, header: BatchHeader, max_timestamp: int, offset: int = 0) -> None:
    """The records keep their own timestamps, max_timestamp is their newest; buffer, CRC and header are changed."""
    _set_timestamps(buffer, header, 0, max_timestamp, offset)


def _set_timestamps(
    buffer: bytearray | memoryview, header: BatchHeader, type_flag: int, max_timestamp: int, offset: int
) -> None:
    if header.attributes & LOG_APPEND_TIME_FLAG == type_flag and header.max_timestamp == max_timestamp:
        return  # as in Kafka, which leaves reserved attributes and a right CRC alone then
    header.attributes = header.attributes & KNOWN_ATTRIBUTES & ~LOG_APPEND_TIME_FLAG | type_flag
    header.max_timestamp = max_timestamp
    _ATTRIBUTES.pack_into(buffer, offset + ATTRIBUTES_OFFSET, header.attributes)
    _INT64.pack_into(buffer, offset + MAX_TIMESTAMP_OFFSET, max_timestamp)
    seal(buffer, header, offset)


def seal(buffer: bytearray | memoryview, header: BatchHeader, offset: int = 0) -> None:
    """The CRC in buffer and header is that of the bytes."""
    header.crc = compute_crc(buffer, header, offset)
    _CRC.pack_into(buffer, offset + CRC_OFFSET, header.crc)


def new_batch(header: BatchHeader, stored: ReadableBuffer) -> bytearray:
    """The batch of header and its records' bytes, as they are to be stored; header's batch_length and crc are set."""
    covered = _AFTER_CRC.pack(
        header.attributes,
        header.last_offset_delta,
        header.base_timestamp,
        header.max_timestamp,
        header.producer_id,
        header.producer_epoch,
        header.base_sequence,
        header.records_count,
    )
    header.batch_length = HEADER_BYTES - LOG_OVERHEAD_BYTES + len(stored)
    header.crc = crc32c(stored, crc32c(covered))
    batch = bytearray(
        _UP_TO_CRC.pack(
            header.base_offset, header.batch_length, header.partition_leader_epoch, header.magic, header.crc
        )
    )
    batch += covered
    batch += stored
    return batch


def iter_headers(buffer: ReadableBuffer, offset: int = 0) -> Iterator[tuple[int, BatchHeader]]:
    """(Position, header) of each whole v2 batch from offset on; a cut batch at the end is left out.

    Raises:
        CorruptBatch: as read_header, when the iterator comes to it.
    """
    while True:
        try:
            header = read_header(buffer, offset)
        except IncompleteBatch:
            return
        yield offset, header
        offset += header.size_bytes
