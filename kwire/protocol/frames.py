"""Frames: an int32 size, a header, a body. The size is not part of what the functions here call a frame's body."""

from __future__ import annotations

import struct
from collections.abc import Sized
from typing import NamedTuple, TypeAlias, TypeVar, cast

from kwire.protocol import codec
from kwire.protocol.api_keys import api_info, response_class
from kwire.protocol.errors import ProtocolError
from kwire.protocol.messages.headers import RequestHeader as HeaderMessage
from kwire.protocol.messages.headers import ResponseHeader
from kwire.protocol.schema import Message
from kwire.protocol.wire import Buffer, skip_tags

M = TypeVar("M", bound=Message)

Segment: TypeAlias = memoryview | Sized
"""Bytes to send: a memoryview, or the records value (a LogSlice) that the message carried."""

SIZE_BYTES = 4

_fixed_header = struct.Struct(">hhih")
_set_size = struct.Struct(">i")
_size_and_correlation_id = struct.Struct(">ii")


class RequestHeader(NamedTuple):
    """Who asks for what: the body starts at body_offset of the frame."""

    api_key: int
    api_version: int
    correlation_id: int
    client_id: str | None
    body_offset: int


def decode_request_header(frame: Buffer) -> RequestHeader:
    """The header of a request, whose frame comes without its size.

    An API key or version that does not exist is read like a header without tags (ApiVersions: with them), so
    that the caller can answer or refuse it by name. Raises ProtocolError.
    """
    try:
        api_key, api_version, correlation_id, length = _fixed_header.unpack_from(frame, 0)
    except struct.error:
        raise ProtocolError(f"a frame of {len(frame)} bytes has no request header") from None
    offset = _fixed_header.size
    client_id = None
    if length >= 0:
        end = offset + length
        if end > len(frame):
            raise ProtocolError("the client id is longer than its frame")
        try:
            client_id = str(frame[offset:end], "utf-8")
        except UnicodeDecodeError:
            raise ProtocolError("the client id is not UTF-8") from None
        offset = end
    if has_tags(api_key, api_version):
        try:
            offset = skip_tags(frame, offset) if frame[offset] else offset + 1
        except IndexError:
            raise ProtocolError("the request header ends before its tagged fields") from None
    return RequestHeader(api_key, api_version, correlation_id, client_id, offset)


def has_tags(api_key: int, api_version: int) -> bool:
    """Whether the request's header has tagged fields."""
    try:
        return api_version >= api_info(api_key).flexible_version
    except KeyError:
        return False


def encode_response(api_key: int, api_version: int, correlation_id: int, message: Message) -> list[Segment]:
    """The whole frame, its size first, as segments to send in order; records values that are LogSlices stay whole."""
    out = bytearray(_size_and_correlation_id.pack(0, correlation_id))
    if api_info(api_key).response_header_version(api_version):
        out.append(0)
    cuts: codec.Cuts = []
    codec.encode_into(message, api_version, out, cuts)
    if cuts:
        return _segments(out, cuts)
    _set_size.pack_into(out, 0, len(out) - SIZE_BYTES)
    return [memoryview(out)]


def encode_whole_response(api_key: int, api_version: int, correlation_id: int, message: Message) -> bytes:
    """As encode_response, in one piece, of a message that carries no LogSlice."""
    (whole,) = encode_response(api_key, api_version, correlation_id, message)
    return bytes(cast("memoryview", whole))


def encode_request(
    api_key: int, api_version: int, correlation_id: int, client_id: str | None, message: Message
) -> bytes:
    """The whole frame, its size first."""
    out = bytearray(SIZE_BYTES)
    header = HeaderMessage(api_key, api_version, correlation_id, client_id)
    codec.encode_into(header, api_info(api_key).request_header_version(api_version), out)
    codec.encode_into(message, api_version, out)
    out[:SIZE_BYTES] = (len(out) - SIZE_BYTES).to_bytes(SIZE_BYTES, "big")
    return bytes(out)


def decode_response(api_key: int, api_version: int, frame: Buffer) -> tuple[int, Message]:
    """Correlation id and message of a response, whose frame comes without its size. Raises ProtocolError."""
    header_version = api_info(api_key).response_header_version(api_version)
    header, offset = codec.decode_from(ResponseHeader, header_version, frame)
    return header.correlation_id, codec.decode(response_class(api_key), api_version, frame, offset)


def _segments(out: bytearray, cuts: codec.Cuts) -> list[Segment]:
    outside = sum(len(cast("Sized", value)) for _, value in cuts)
    out[:SIZE_BYTES] = (len(out) - SIZE_BYTES + outside).to_bytes(SIZE_BYTES, "big")
    whole = memoryview(out)
    segments: list[Segment] = []
    start = 0
    for position, value in cuts:
        if position > start:
            segments.append(whole[start:position])
            start = position
        segments.append(cast("Sized", value))
    if start < len(out):
        segments.append(whole[start:])
    return segments
