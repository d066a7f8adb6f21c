"""The primitive encodings of the wire, and what compiled readers and writers call where they do not go straight on."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from kwire.protocol.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence

Buffer: TypeAlias = bytes | bytearray | memoryview

MAX_STRING_BYTES = 32767
"""Longest string that Kafka reads or writes (int16)."""

SMALL_ARRAY = 16
"""Longest array of integers that a compiled function takes from a table; replicas are such."""

_structs = {code: [struct.Struct(f">{n}{code}") for n in range(SMALL_ARRAY + 1)] for code in "bhiq"}
unpack_small = {code: [row.unpack_from for row in rows] for code, rows in _structs.items()}
pack_small = {code: [row.pack for row in rows] for code, rows in _structs.items()}
_UVARINT_BITS = 32
_VARLONG_BITS = 64


def read_uvarint(data: Buffer, offset: int) -> tuple[int, int]:
    """An unsigned varint of at most five bytes, and the offset after it; bits above 32 are lost, as in Kafka."""
    if len(data) - offset > 1:  # most are short
        first, second = data[offset], data[offset + 1]
        if first < 0x80:
            return first, offset + 1
        if second < 0x80:
            return first & 0x7F | second << 7, offset + 2
    value, offset = _read_varint_bits(data, offset, _UVARINT_BITS)
    return value, offset


def read_varint(data: Buffer, offset: int) -> tuple[int, int]:
    """A zigzag int32 of at most five bytes, and the offset after it."""
    value, offset = _read_varint_bits(data, offset, _UVARINT_BITS)
    return (value >> 1) ^ -(value & 1), offset


def read_varlong(data: Buffer, offset: int) -> tuple[int, int]:
    """A zigzag int64 of at most ten bytes, and the offset after it."""
    value, offset = _read_varint_bits(data, offset, _VARLONG_BITS)
    return (value >> 1) ^ -(value & 1), offset


def _read_varint_bits(data: Buffer, offset: int, bits: int) -> tuple[int, int]:
    value = 0
    try:
        for shift in range(0, bits, 7):
            byte = data[offset]
            offset += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & ((1 << bits) - 1), offset
    except IndexError:
        raise ProtocolError("the bytes end inside a varint") from None
    raise ProtocolError(f"a varint of {bits} bits goes on after {-(-bits // 7)} bytes")


def encode_uvarint(value: int) -> bytes:
    """The bytes of an unsigned varint."""
    out = bytearray()
    write_uvarint(out, value)
    return bytes(out)


def write_uvarint(out: bytearray, value: int) -> None:
    """Appends an unsigned varint."""
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def write_varint(out: bytearray, value: int) -> None:
    """Appends a zigzag int32."""
    write_uvarint(out, (value << 1) ^ (value >> 31))


def write_varlong(out: bytearray, value: int) -> None:
    """Appends a zigzag int64."""
    write_uvarint(out, (value << 1) ^ (value >> 63))


def read_string_length(data: Buffer, offset: int) -> tuple[int, int]:
    """The length plus one of a compact string that takes more than one byte, and the offset after it."""
    length, offset = read_uvarint(data, offset)
    if length > MAX_STRING_BYTES + 1:
        raise ProtocolError(f"a string of {length - 1} bytes is longer than {MAX_STRING_BYTES}")
    return length, offset


def encode_string_length(length: int) -> bytes:
    """A compact string's length plus one. ValueError where Kafka would not read such a string."""
    if length > MAX_STRING_BYTES + 1:
        raise ValueError(f"a string of {length - 1} bytes is longer than {MAX_STRING_BYTES}")
    return encode_uvarint(length)


def read_numbers(code: str, count: int, data: Buffer, offset: int) -> list[int]:
    """An array of integers with that struct code."""
    return list(struct.unpack_from(f">{count}{code}", data, offset))


def encode_numbers(code: str, values: Sequence[int]) -> bytes:
    """The bytes of an array of integers, without its length."""
    return struct.pack(f">{len(values)}{code}", *values)


def read_uuids(count: int, data: Buffer, offset: int) -> list[bytes]:
    """An array of uuids; the caller has checked that they are all there."""
    return [bytes(data[start : start + 16]) for start in range(offset, offset + 16 * count, 16)]


def encode_uuids(values: Sequence[bytes]) -> bytes:
    """The bytes of an array of uuids, without its length."""
    if any(len(value) != 16 for value in values):
        raise ValueError("a uuid has 16 bytes")
    return b"".join(values)


def skip_tags(data: Buffer, offset: int) -> int:
    """The offset after a section of tagged fields that nobody knows."""
    count, offset = read_uvarint(data, offset)
    check_count(count, 2, data, offset)
    for _ in range(count):
        _, offset, end = read_tag(data, offset)
        offset = end
    return offset


def read_tag(data: Buffer, offset: int) -> tuple[int, int, int]:
    """A tagged field's number, where its value starts and where it ends."""
    tag, offset = read_uvarint(data, offset)
    length, offset = read_uvarint(data, offset)
    if length > len(data) - offset:
        raise ProtocolError(f"tagged field {tag} has {length} bytes, {len(data) - offset} are left")
    return tag, offset, offset + length


def write_tags(out: bytearray, tags: list[tuple[int, Any]]) -> None:
    """Appends a section of tagged fields, (number, bytes) each, in the order of their numbers."""
    write_uvarint(out, len(tags))
    for tag, value in sorted(tags, key=lambda pair: pair[0]):
        write_uvarint(out, tag)
        write_uvarint(out, len(value))
        out += value


def check_count(count: int, element_bytes: int, data: Buffer, offset: int) -> None:
    """ProtocolError where the bytes left cannot hold so many elements."""
    if count * element_bytes > len(data) - offset:
        raise ProtocolError(f"{count} elements of at least {element_bytes} bytes, {len(data) - offset} bytes are left")


def refuse_count(count: int, field: str) -> NoReturn:
    """An array that is longer than the bytes left, or would cost too much memory."""
    raise ProtocolError(f"{field} has {count} elements, more than its frame may have")


def refuse_null(field: str) -> NoReturn:
    """Null where the version does not allow it."""
    raise ProtocolError(f"{field} must not be null")


def refuse_tag(field: str) -> NoReturn:
    """A tagged field whose value does not take the bytes that it says it has."""
    raise ProtocolError(f"{field} does not have the size that its tag says")


def refuse_value(field: str) -> NoReturn:
    """A value that would be lost: the version has no such field, and Kafka does not say that it may be ignored."""
    raise ValueError(f"this version cannot say {field}")
