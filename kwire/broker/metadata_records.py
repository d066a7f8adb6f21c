"""The frame of a record in the metadata log: uvarint frame version 1, uvarint record type, uvarint version, body.

Source: KIP-631.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.codec import decode, encode_into
from kwire.protocol.errors import ProtocolError
from kwire.protocol.messages.records import cluster_metadata
from kwire.protocol.schema import Message
from kwire.protocol.wire import read_uvarint, write_uvarint

if TYPE_CHECKING:
    from kwire.protocol.records.batch import ReadableBuffer

METADATA_TOPIC = "__cluster_metadata"
METADATA_TOPIC_ID = (1).to_bytes(16, "big")
"""The id that Kafka reserves for its metadata topic."""

FRAME_VERSION = 1
RECORD_VERSION = 0
"""What kwire decides needs nothing of the formats' later versions; it reads all of them."""

_CLASSES: dict[int, type[Message]] = {
    record.API_KEY: record
    for record in vars(cluster_metadata).values()
    if isinstance(record, type) and issubclass(record, Message) and record is not Message
}


def frame(record: Message) -> bytes:
    """The record's value in the log."""
    out = bytearray()
    write_uvarint(out, FRAME_VERSION)
    write_uvarint(out, record.API_KEY)
    write_uvarint(out, RECORD_VERSION)
    encode_into(record, RECORD_VERSION, out)
    return bytes(out)


def unframe(value: ReadableBuffer) -> Message:
    """The record that a value in the log is. Raises as read_frame."""
    return read_frame(value)[0]


def read_frame(value: ReadableBuffer) -> tuple[Message, int]:
    """The record that a value in the log is, and its version.

    Raises:
        ProtocolError: it is none that this version of kwire knows.
    """
    frame_version, position = read_uvarint(value, 0)
    record_type, position = read_uvarint(value, position)
    version, position = read_uvarint(value, position)
    kind = _CLASSES.get(record_type)
    if frame_version != FRAME_VERSION or kind is None or version > kind.MAX_VERSION:
        raise ProtocolError(f"metadata record type {record_type} version {version} in frame version {frame_version}")
    return decode(kind, version, value, position), version
