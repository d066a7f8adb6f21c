"""Requests that the codec would not write: broken bodies, and several requests of which one is answered."""

from dataclasses import dataclass

from kwire.protocol import frames
from kwire.protocol.api_keys import api_info
from kwire.protocol.codec import encode, encode_into
from kwire.protocol.messages.headers import RequestHeader

CLIENT_ID = "side-by-side"


@dataclass
class Sent:
    """Bytes to send; the next answer is one to that API and version. name: for reports."""

    name: str
    data: bytes
    api_key: int
    version: int


def with_body(message, version, change):
    """The request, its encoded body changed by a function."""
    header = bytearray()
    header_message = RequestHeader(message.API_KEY, version, 1, CLIENT_ID)
    encode_into(header_message, api_info(message.API_KEY).request_header_version(version), header)
    frame = bytes(header) + change(encode(message, version))
    return Sent(type(message).__name__, len(frame).to_bytes(4, "big") + frame, message.API_KEY, version)


def without_answer(silent, version, following, following_version):
    """A request that should get no answer, and one behind it."""
    data = frames.encode_request(silent.API_KEY, version, 1, CLIENT_ID, silent)
    data += frames.encode_request(following.API_KEY, following_version, 2, CLIENT_ID, following)
    return Sent(type(silent).__name__, data, following.API_KEY, following_version)
