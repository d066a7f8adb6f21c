"""Message sets of magic 0 and 1, from before Kafka 0.11: only read, where old log directories have them.

A message is its own batch; a compressed one wraps further messages in its value. Source: KIP-31, KIP-32.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from kwire.limits import MAX_DECOMPRESSED_BATCH_BYTES
from kwire.protocol.records.batch import (
    COMPRESSION_MASK,
    LEGACY_MAGICS,
    LOG_APPEND_TIME_FLAG,
    LOG_OVERHEAD_BYTES,
    MIN_BATCH_LENGTH,
    NO_TIMESTAMP,
    CorruptBatch,
    IncompleteBatch,
    InvalidRecord,
    ReadableBuffer,
    read_size,
)
from kwire.protocol.records.compression import Codec, decompress
from kwire.protocol.records.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

_OFFSET = struct.Struct(">q")
_CRC_TO_ATTRIBUTES = struct.Struct(">Ibb")
_INT32 = struct.Struct(">i")
_MESSAGE_OFFSET = LOG_OVERHEAD_BYTES


@dataclass(slots=True)
class LegacyBatch:
    """One message of a message set, on its own or as the wrapper of compressed ones."""

    last_offset: int
    """Its offset; of a wrapper, that of its last record."""
    size_bytes: int
    crc: int
    magic: int
    attributes: int
    timestamp: int
    """Of a wrapper, the newest of its records. -1 in magic 0."""
    key: memoryview | None
    value: memoryview | None

    @property
    def compression(self) -> int:
        """Codec id, 0 where the message is no wrapper."""
        return self.attributes & COMPRESSION_MASK

    @property
    def is_log_append_time(self) -> bool:
        """Whether every record has the wrapper's timestamp. Never in magic 0."""
        return self.magic > 0 and bool(self.attributes & LOG_APPEND_TIME_FLAG)


def read_legacy_batch(buffer: ReadableBuffer, offset: int = 0) -> LegacyBatch:
    """The message at offset, its CRC-32 checked.

    Raises:
        IncompleteBatch: the buffer ends before it does.
        CorruptBatch: it is no message of magic 0 or 1.
    """
    size_bytes, magic = read_size(buffer, offset)
    if magic not in LEGACY_MAGICS or size_bytes < LOG_OVERHEAD_BYTES + MIN_BATCH_LENGTH:
        raise CorruptBatch(f"{size_bytes} bytes of magic {magic} at {offset} are no message")
    if offset + size_bytes > len(buffer):
        raise IncompleteBatch(f"message at {offset} needs {size_bytes} bytes, {len(buffer) - offset} are there")
    message = memoryview(buffer)[offset + _MESSAGE_OFFSET : offset + size_bytes]
    crc, magic, attributes = _CRC_TO_ATTRIBUTES.unpack_from(message)
    if crc32(message[4:]) != crc:
        raise CorruptBatch(f"message at {offset} has a wrong CRC")
    position, timestamp = _CRC_TO_ATTRIBUTES.size, NO_TIMESTAMP
    try:
        if magic:
            (timestamp,) = _OFFSET.unpack_from(message, position)
            position += _OFFSET.size
        key, position = _read_bytes(message, position)
        value, position = _read_bytes(message, position)
    except struct.error:
        raise CorruptBatch(f"message at {offset} ends too early") from None
    (last_offset,) = _OFFSET.unpack_from(buffer, offset)
    return LegacyBatch(last_offset, size_bytes, crc, magic, attributes, timestamp, key, value)


def _read_bytes(message: memoryview, position: int) -> tuple[memoryview | None, int]:
    (size,) = _INT32.unpack_from(message, position)
    position += _INT32.size
    if size < 0:
        return None, position
    if position + size > len(message):
        raise CorruptBatch(f"a field of {size} bytes, {len(message) - position} are left in its message")
    return message[position : position + size], position + size


def iter_legacy_records(batch: LegacyBatch, limit_bytes: int = MAX_DECOMPRESSED_BATCH_BYTES) -> Iterator[Record]:
    """The message's records: itself, or those that it wraps, with their absolute offsets.

    Raises:
        InvalidRecord: a wrapper is empty, or wraps wrappers or messages of another magic.
        CorruptBatch, UndecodableBatch: as read_legacy_batch and decompress.
    """
    if not batch.compression:
        yield Record(batch.last_offset, batch.timestamp, batch.key, batch.value)
        return
    inner = _unwrap(batch, limit_bytes)
    # Magic 1 counts from 0 within the wrapper, whose own offset is the last one's.
    base_offset = 0
    if batch.magic and batch.last_offset:
        base_offset = batch.last_offset - inner[-1].last_offset
        if base_offset < 0:
            raise InvalidRecord(f"a wrapper at offset {batch.last_offset} wraps offset {inner[-1].last_offset}")
    for message in inner:
        timestamp = batch.timestamp if batch.is_log_append_time else message.timestamp
        yield Record(base_offset + message.last_offset, timestamp, message.key, message.value)


def _unwrap(batch: LegacyBatch, limit_bytes: int) -> list[LegacyBatch]:
    if batch.value is None or batch.compression == Codec.ZSTD:
        raise InvalidRecord("a wrapper has no value, or one that its magic does not know")
    data = decompress(batch.compression, batch.value, limit_bytes, check_lz4_header=batch.magic > 0)
    inner: list[LegacyBatch] = []
    position = 0
    while position < len(data):
        try:
            message = read_legacy_batch(data, position)
        except IncompleteBatch:
            break
        if message.compression or message.magic != batch.magic:
            raise InvalidRecord("a wrapper wraps a wrapper, or a message of another magic")
        inner.append(message)
        position += message.size_bytes
    if not inner:
        raise InvalidRecord("a wrapper is empty")
    return inner
