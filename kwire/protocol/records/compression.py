"""Compression of the records of a batch, in the framings that Kafka clients write and read.

gzip is a gzip member, snappy is xerial's block stream (raw snappy is read too), lz4 is the
lz4 frame format with independent blocks, zstd is a zstd frame. The only module that knows
the libraries. Everything that decompresses is told how much it may produce, and produces
its output in steps or into a buffer of bounded size: a small batch cannot fill the memory.

Source: Kafka documentation "compression.type"; KIP-57 (lz4), KIP-110 (zstd), KIP-390 (levels).
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from kwire.protocol.records.batch import DecompressedTooLarge, UndecodableBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kwire.protocol.records.batch import ReadableBuffer


class Codec(IntEnum):
    """What the lowest three bits of a batch's attributes say."""

    NONE = 0
    GZIP = 1
    SNAPPY = 2
    LZ4 = 3
    ZSTD = 4


DEFAULT_LEVELS = {Codec.GZIP: -1, Codec.LZ4: 9, Codec.ZSTD: 3}
"""Kafka's defaults of compression.<codec>.level; snappy has no levels."""

GZIP_WBITS = 31
"""zlib's word for "a gzip member with the largest window"."""
GZIP_MAGIC = b"\x1f\x8b"
GZIP_STEP_BYTES = 16_384
"""What a member leaves of a step is copied: of all the rest, very many short members would take minutes."""

XERIAL_HEADER = b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1)
XERIAL_MAGIC = XERIAL_HEADER[:8]
XERIAL_BLOCK_BYTES = 32_768
SNAPPY_MAX_RATIO = 64
"""No snappy element yields more than 64 bytes, and none is shorter than one byte: a larger claim is a lie."""

LZ4_MAGIC = b"\x04\x22\x4d\x18"
LZ4_BLOCK_BYTES = {4: 65_536, 5: 262_144, 6: 1_048_576, 7: 4_194_304}
LZ4_STORED = 0x8000_0000

ZSTD_MAGIC = 0xFD2F_B528
ZSTD_SKIPPABLE = 0x184D_2A50
ZSTD_BLOCK_BYTES = 131_072
"""Bytes that one zstd block can yield at most."""

_UINT32 = struct.Struct("<I")
_INT32 = struct.Struct(">i")


def compress(codec: int, data: ReadableBuffer, level: int | None = None) -> bytes | bytearray:
    """The bytes that decompress to data; level None is Kafka's default of that codec.

    Raises:
        UndecodableBatch: there is no such codec.
    """
    if level is None and codec in DEFAULT_LEVELS:
        level = DEFAULT_LEVELS[Codec(codec)]
    try:
        compressor = _COMPRESSORS[codec]
    except KeyError:
        raise UndecodableBatch(f"unknown compression codec {codec}") from None
    return compressor(data, level)


def decompress(codec: int, data: ReadableBuffer, limit_bytes: int, *, check_lz4_header: bool = True) -> ReadableBuffer:
    """What was compressed, at most limit_bytes of it.

    check_lz4_header: false for magic 0, whose writers computed the lz4 frame header's checksum wrongly (KIP-57).

    Raises:
        DecompressedTooLarge: it is more than limit_bytes.
        UndecodableBatch: data is not what the codec writes, or there is no such codec.
    """
    match codec:
        case Codec.NONE:
            return data
        case Codec.GZIP:
            return _gunzip(data, limit_bytes)
        case Codec.SNAPPY:
            return _joined(_snappy_blocks(data, limit_bytes), limit_bytes)
        case Codec.LZ4:
            return _joined(_lz4_blocks(memoryview(data), check_header=check_lz4_header), limit_bytes)
        case Codec.ZSTD:
            return _unzstd(data, limit_bytes)
        case _:
            raise UndecodableBatch(f"unknown compression codec {codec}")


def _joined(blocks: Iterator[ReadableBuffer], limit_bytes: int) -> bytearray:
    out = bytearray()
    for block in blocks:
        if len(out) + len(block) > limit_bytes:
            raise _too_large(limit_bytes)
        out += block
    return out


def _too_large(limit_bytes: int) -> DecompressedTooLarge:
    return DecompressedTooLarge(f"the records decompress to more than {limit_bytes} bytes")


# gzip


def _gzip(data: ReadableBuffer, level: int | None) -> bytes:
    import zlib  # noqa: PLC0415 - only a batch that is compressed pays for the import

    compressor = zlib.compressobj(-1 if level is None else level, zlib.DEFLATED, GZIP_WBITS)
    return compressor.compress(data) + compressor.flush()


def _gunzip(data: ReadableBuffer, limit_bytes: int) -> bytearray:
    """All members that follow each other; what comes after them is ignored, as Java does."""
    import zlib  # noqa: PLC0415 - as in _gzip

    out = bytearray()
    with memoryview(data) as view:
        position = 0
        while True:
            member = zlib.decompressobj(GZIP_WBITS)
            while not member.eof:
                step = view[position : position + GZIP_STEP_BYTES]
                if not step:
                    raise UndecodableBatch("gzip: the data ends too early")
                try:
                    out += member.decompress(step, limit_bytes - len(out) + 1)
                except zlib.error as error:
                    raise UndecodableBatch(f"gzip: {error}") from None
                if len(out) > limit_bytes:
                    raise _too_large(limit_bytes)
                position += len(step) - len(member.unused_data)
            if view[position : position + 2] != GZIP_MAGIC:
                return out


# snappy


def _snappy(data: ReadableBuffer, level: int | None) -> bytearray:
    import cramjam  # noqa: PLC0415 - as in _gzip

    out = bytearray(XERIAL_HEADER)
    with memoryview(data) as view:
        for start in range(0, len(view), XERIAL_BLOCK_BYTES):
            block = memoryview(cramjam.snappy.compress_raw(view[start : start + XERIAL_BLOCK_BYTES]))
            out += _INT32.pack(len(block))
            out += block
    return out


def _snappy_blocks(data: ReadableBuffer, limit_bytes: int) -> Iterator[ReadableBuffer]:
    view = memoryview(data)
    if len(view) < len(XERIAL_HEADER) or view[: len(XERIAL_MAGIC)] != XERIAL_MAGIC:
        yield _unsnap(view, limit_bytes)
        return
    position = len(XERIAL_HEADER)
    while position < len(view):
        start = position + _INT32.size
        if start > len(view):
            raise UndecodableBatch("snappy: a block's size is cut off")
        (size,) = _INT32.unpack_from(view, position)
        position = start + size
        if size < 0 or position > len(view):
            raise UndecodableBatch(f"snappy: a block of {size} bytes, {len(view) - start} are there")
        yield _unsnap(view[start:position], limit_bytes)


def _unsnap(block: memoryview, limit_bytes: int) -> ReadableBuffer:
    import cramjam  # noqa: PLC0415 - as in _gzip

    try:
        size = cramjam.snappy.decompress_raw_len(block)
        if size > SNAPPY_MAX_RATIO * len(block):
            raise UndecodableBatch(f"snappy: {len(block)} bytes claim to be {size}")
        if size > limit_bytes:
            raise _too_large(limit_bytes)
        return memoryview(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError as error:
        raise UndecodableBatch(f"snappy: {error}") from None


# lz4


def _lz4(data: ReadableBuffer, level: int | None) -> bytes:
    import cramjam  # noqa: PLC0415 - as in _gzip

    # Kafka's default level means the fast compressor there, any other the high-compression one.
    fast = level in {None, DEFAULT_LEVELS[Codec.LZ4]}
    # Java reads independent blocks only.
    compressor = cramjam.lz4.Compressor(level=0 if fast else level, content_checksum=False, block_linked=False)
    compressor.compress(bytes(data))
    return bytes(compressor.finish())


def _lz4_blocks(frame: memoryview, *, check_header: bool) -> Iterator[ReadableBuffer]:
    """The decompressed blocks of the first frame, one at a time; what follows its end mark is ignored, as in Kafka.

    Checksums of blocks and content are skipped: the batch's CRC covers the same bytes.
    """
    import cramjam  # noqa: PLC0415 - as in _gzip

    position, block_bytes, has_block_checksums = _lz4_header(frame, check_header=check_header)
    scratch = bytearray(block_bytes)
    while True:
        if position + _UINT32.size > len(frame):
            raise UndecodableBatch("lz4: the frame has no end mark")
        (size,) = _UINT32.unpack_from(frame, position)
        if size & ~LZ4_STORED == 0:
            return
        start = position + _UINT32.size
        position = start + (size & ~LZ4_STORED)
        if position > len(frame) or position - start > block_bytes:
            raise UndecodableBatch(f"lz4: a block of {position - start} bytes is cut off or too large")
        if size & LZ4_STORED:
            yield frame[start:position]
        else:
            try:
                written = cramjam.lz4.decompress_block_into(frame[start:position], scratch)
            except cramjam.DecompressionError as error:
                raise UndecodableBatch(f"lz4: {error}") from None
            yield memoryview(scratch)[:written]
        if has_block_checksums:
            position += _UINT32.size


def _lz4_header(frame: memoryview, *, check_header: bool) -> tuple[int, int, bool]:
    """(Position of the first block, bytes of a block at most, whether blocks have checksums)."""
    if bytes(frame[:4]) != LZ4_MAGIC or len(frame) < 7:
        raise UndecodableBatch("lz4: this is no lz4 frame")
    flags, block_size_id = frame[4], frame[5] >> 4
    version, independent, reserved = flags >> 6, flags & 0x20, flags & 0x03
    if version != 1 or not independent or reserved or block_size_id not in LZ4_BLOCK_BYTES:
        raise UndecodableBatch(f"lz4: frame flags {flags:#04x}, {frame[5]:#04x} are not supported")
    end = 14 if flags & 0x08 else 6
    if end >= len(frame):
        raise UndecodableBatch("lz4: the frame's header is cut off")
    if check_header:
        import xxhash  # noqa: PLC0415 - as in _gzip

        if frame[end] != xxhash.xxh32_intdigest(frame[4:end]) >> 8 & 0xFF:
            raise UndecodableBatch("lz4: the frame header's checksum is wrong")
    return end + 1, LZ4_BLOCK_BYTES[block_size_id], bool(flags & 0x10)


# zstd


def _zstd(data: ReadableBuffer, level: int | None) -> bytes:
    import cramjam  # noqa: PLC0415 - as in _gzip

    return bytes(cramjam.zstd.compress(data, level=DEFAULT_LEVELS[Codec.ZSTD] if level is None else level))


def _unzstd(data: ReadableBuffer, limit_bytes: int) -> bytearray:
    import cramjam  # noqa: PLC0415 - as in _gzip

    bound = _zstd_bound(memoryview(data))
    out = bytearray(min(bound, limit_bytes))
    try:
        size = cramjam.zstd.decompress_into(data, out)
    except cramjam.DecompressionError as error:
        if bound > limit_bytes:
            raise _too_large(limit_bytes) from None
        raise UndecodableBatch(f"zstd: {error}") from None
    del out[size:]
    return out


def _zstd_bound(data: memoryview) -> int:
    """Bytes that the frames can yield at most, from the sizes of their blocks."""
    bound = position = 0
    try:
        while position < len(data):
            (magic,) = _UINT32.unpack_from(data, position)
            if magic & 0xFFFF_FFF0 == ZSTD_SKIPPABLE:
                position += 8 + _UINT32.unpack_from(data, position + 4)[0]
                continue
            if magic != ZSTD_MAGIC:
                raise UndecodableBatch("zstd: this is no zstd frame")
            position, frame_bound = _zstd_frame(data, position)
            bound += frame_bound
    except (struct.error, IndexError):
        raise UndecodableBatch("zstd: the data ends too early") from None
    return bound


def _zstd_frame(data: memoryview, position: int) -> tuple[int, int]:
    """(Position after the frame at position, bytes that it can yield at most). Source: RFC 8878, section 3.1.1."""
    descriptor = data[position + 4]
    single_segment = descriptor >> 5 & 1
    dictionary_id_bytes = (0, 1, 2, 4)[descriptor & 3]
    content_size_bytes = (single_segment, 2, 4, 8)[descriptor >> 6]
    content_size_at = position + 5 + (1 - single_segment) + dictionary_id_bytes
    position = content_size_at + content_size_bytes
    bound, last = 0, 0
    while not last:
        block = data[position] | data[position + 1] << 8 | data[position + 2] << 16
        last, kind, size = block & 1, block >> 1 & 3, block >> 3
        is_run = kind == 1
        position += 3 + (1 if is_run else size)
        bound += ZSTD_BLOCK_BYTES if kind == 2 else size
    if content_size_bytes:
        stated = int.from_bytes(data[content_size_at : content_size_at + content_size_bytes], "little")
        bound = min(bound, stated + (256 if content_size_bytes == 2 else 0))
    return position + (4 if descriptor & 4 else 0), bound


def _stored(data: ReadableBuffer, level: int | None) -> bytes | bytearray:
    return data if isinstance(data, bytes | bytearray) else bytes(data)


_COMPRESSORS: dict[int, Callable[[Any, int | None], bytes | bytearray]] = {
    Codec.NONE: _stored,
    Codec.GZIP: _gzip,
    Codec.SNAPPY: _snappy,
    Codec.LZ4: _lz4,
    Codec.ZSTD: _zstd,
}
