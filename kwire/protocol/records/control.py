"""Control records: what brokers write between the data (ends of transactions, KRaft's own records).

Their key is int16 version, int16 type; the value depends on the type. Source: KIP-98, KIP-595, KIP-630, KIP-853.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from kwire.protocol.records.batch import InvalidRecord, ReadableBuffer
from kwire.protocol.records.record import Record, encode_batch, iter_records

if TYPE_CHECKING:
    from kwire.protocol.records.batch import BatchHeader

_KEY = struct.Struct(">hh")
_MARKER = struct.Struct(">hi")


class ControlType(IntEnum):
    """The types of control records; a reader skips those that it does not know."""

    UNKNOWN = -1
    ABORT = 0
    COMMIT = 1
    LEADER_CHANGE = 2
    SNAPSHOT_HEADER = 3
    SNAPSHOT_FOOTER = 4
    KRAFT_VERSION = 5
    KRAFT_VOTERS = 6


@dataclass(slots=True, frozen=True)
class EndTransactionMarker:
    """The end of a producer's transaction in one partition, written by the transaction coordinator of that epoch."""

    committed: bool
    coordinator_epoch: int


def control_key(control_type: ControlType) -> bytes:
    """The key of a control record of that type."""
    return _KEY.pack(0, control_type)


def parse_control_type(key: ReadableBuffer | None) -> ControlType:
    """The type that a control record's key states, UNKNOWN for one that is newer than this code.

    Raises:
        InvalidRecord: the key is none, too short, or of a negative version.
    """
    if key is None or len(key) < _KEY.size:
        raise InvalidRecord(f"a control record's key has {_KEY.size} bytes, not {0 if key is None else len(key)}")
    version, type_id = _KEY.unpack_from(key)
    if version < 0:
        raise InvalidRecord(f"a control record's key has version {version}")
    return ControlType(type_id) if type_id in _KNOWN_TYPES else ControlType.UNKNOWN


_KNOWN_TYPES = frozenset(ControlType)


def parse_marker(record: Record) -> EndTransactionMarker:
    """The marker that a COMMIT or ABORT record is.

    Raises:
        InvalidRecord: it is neither, or its value is too short or of a negative version.
    """
    control_type = parse_control_type(record.key)
    if control_type not in {ControlType.COMMIT, ControlType.ABORT}:
        raise InvalidRecord(f"a {control_type.name} record ends no transaction")
    if record.value is None or len(record.value) < _MARKER.size:
        raise InvalidRecord("the value of an end of a transaction is too short")
    version, coordinator_epoch = _MARKER.unpack_from(record.value)
    if version < 0:
        raise InvalidRecord(f"the value of an end of a transaction has version {version}")
    return EndTransactionMarker(control_type == ControlType.COMMIT, coordinator_epoch)


def read_control_type(buffer: ReadableBuffer, header: BatchHeader, offset: int = 0) -> ControlType | None:
    """The type of the control batch at offset, by its first record; None where the cleaner has emptied it.

    Raises:
        InvalidRecord, UndecodableBatch: as iter_records.
    """
    first = next(iter_records(buffer, header, offset), None)
    return None if first is None else parse_control_type(first.key)


def encode_control_batch(
    control_type: ControlType, value: ReadableBuffer, timestamp_ms: int, *, leader_epoch: int = -1, base_offset: int = 0
) -> bytearray:
    """A batch with one control record that belongs to no producer, as KRaft's are."""
    record = Record(base_offset, timestamp_ms, control_key(control_type), value)
    return encode_batch([record], base_offset=base_offset, leader_epoch=leader_epoch, control=True)


def encode_marker_batch(
    marker: EndTransactionMarker, producer_id: int, producer_epoch: int, timestamp_ms: int, *, base_offset: int = 0
) -> bytearray:
    """The batch that ends the producer's transaction in a partition."""
    control_type = ControlType.COMMIT if marker.committed else ControlType.ABORT
    record = Record(base_offset, timestamp_ms, control_key(control_type), _MARKER.pack(0, marker.coordinator_epoch))
    return encode_batch(
        [record],
        base_offset=base_offset,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        transactional=True,
        control=True,
    )
