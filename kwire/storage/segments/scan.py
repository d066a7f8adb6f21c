"""Walking the batches of a segment file: by the few header bytes a search needs, by header, or whole with CRC."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from kwire.protocol.records.batch import (
    HEADER_BYTES,
    LOG_OVERHEAD_BYTES,
    MAGIC,
    BatchHeader,
    CorruptBatch,
    IncompleteBatch,
    check_crc,
    decode_header,
    read_header,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwire.files import File

SEARCH_READ_BYTES = 8192
"""One read covers an index interval of small batches at the default index.interval.bytes."""

HEADERS_READ_BYTES = 65536
"""How far a longer walk reads ahead while batches are short."""

RECOVERY_READ_BYTES = 1_048_576

_PLACE = struct.Struct(">qi4xb6xi")  # base offset, batch length, magic, last offset delta
PLACE_BYTES = _PLACE.size


class Place(NamedTuple):
    """Where a batch is in its file, and its offsets."""

    position: int
    size_bytes: int
    base_offset: int
    last_offset: int


def read_place(buffer: bytes, at: int, position: int, end: int) -> Place:
    """The batch at position, whose first bytes stand at `at` of buffer.

    Raises:
        CorruptBatch: these are not the first bytes of a batch that ends before end.
    """
    base_offset, batch_length, magic, last_offset_delta = _PLACE.unpack_from(buffer, at)
    size_bytes = batch_length + LOG_OVERHEAD_BYTES
    if magic != MAGIC or size_bytes < HEADER_BYTES or position + size_bytes > end or last_offset_delta < 0:
        raise CorruptBatch(f"no record batch at {position}")
    return Place(position, size_bytes, base_offset, base_offset + last_offset_delta)


def find_batch(file: File, position: int, end: int, offset: int) -> Place | None:
    """The first batch from position on that ends at or after offset; None when there is none before end.

    Raises:
        CorruptBatch: position, or what follows it, is not the start of a batch.
        OSError.
    """
    for place in places(file, position, end):
        if place.last_offset >= offset:
            return place
    return None


def places(file: File, position: int, end: int) -> Iterator[Place]:
    """Every batch from position to end.

    Raises:
        CorruptBatch, OSError: as find_batch, when the iterator comes to it.
    """
    for _, _, place in _walk(file, position, end):
        yield place


def headers(file: File, position: int, end: int) -> Iterator[tuple[int, BatchHeader]]:
    """(Position, header) of every batch from position to end. Records are not checked; long ones are not read.

    Raises:
        CorruptBatch, OSError: as find_batch, when the iterator comes to it.
    """
    for buffer, at, place in _walk(file, position, end):
        yield place.position, decode_header(buffer, at)


def _walk(file: File, position: int, end: int) -> Iterator[tuple[bytes, int, Place]]:
    """(Buffer, where in it the header stands, place) of every batch from position to end."""
    buffer, start, read_bytes = b"", position, SEARCH_READ_BYTES
    while position < end:
        at = position - start
        if at + HEADER_BYTES > len(buffer):
            buffer, start, at = file.pread(min(read_bytes, end - position), position), position, 0
            if len(buffer) < HEADER_BYTES:
                raise IncompleteBatch(f"no record batch at {position}")
        place = read_place(buffer, at, position, end)
        yield buffer, at, place
        position += place.size_bytes
        read_bytes = HEADERS_READ_BYTES if place.size_bytes < SEARCH_READ_BYTES else HEADER_BYTES


def whole_batches(file: File, position: int, end: int) -> Iterator[tuple[int, BatchHeader, memoryview]]:
    """(Position, header, bytes) of every batch from position to end whose CRC is right.

    Raises:
        CorruptBatch: what follows is no whole batch with the right CRC.
        OSError.
    """
    buffer, start = memoryview(b""), position
    while position < end:
        try:
            header = read_header(buffer, position - start, start)
        except IncompleteBatch:
            buffer, start = _read_batch(file, position, end - position), position
            header = read_header(buffer, 0, start)
        at = position - start
        check_crc(buffer, header, at, start)
        yield position, header, buffer[at : at + header.size_bytes]
        position += header.size_bytes


def _read_batch(file: File, position: int, left: int) -> memoryview:
    """A chunk that starts with the batch at position, which is whole in it if it is whole in the file."""
    chunk = file.pread(min(left, RECOVERY_READ_BYTES), position)
    if len(chunk) < HEADER_BYTES:
        return memoryview(chunk)
    header = decode_header(chunk)
    if header.magic == MAGIC and len(chunk) < header.size_bytes <= left:
        chunk = file.pread(header.size_bytes, position)
    return memoryview(chunk)
