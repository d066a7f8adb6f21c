"""Records of `__consumer_offsets`: a key is int16 record type and body, a value int16 version and body.

kwire writes the versions that Kafka 4.4 writes, and reads all of them.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from kwire.coordinator.decision import CoordinatorRecord
from kwire.limits import CACHED_OFFSET_KEYS, CACHED_OFFSET_TOPICS
from kwire.protocol.codec import decode, encode_into
from kwire.protocol.errors import ProtocolError
from kwire.protocol.forms.number import NumberForm
from kwire.protocol.messages.records.consumer_offsets import (
    ConsumerGroupCurrentMemberAssignmentKey,
    ConsumerGroupCurrentMemberAssignmentValue,
    ConsumerGroupMemberMetadataKey,
    ConsumerGroupMemberMetadataValue,
    ConsumerGroupMetadataKey,
    ConsumerGroupMetadataValue,
    ConsumerGroupPartitionMetadataKey,
    ConsumerGroupPartitionMetadataValue,
    ConsumerGroupRegularExpressionKey,
    ConsumerGroupRegularExpressionValue,
    ConsumerGroupTargetAssignmentMemberKey,
    ConsumerGroupTargetAssignmentMemberValue,
    ConsumerGroupTargetAssignmentMetadataKey,
    ConsumerGroupTargetAssignmentMetadataValue,
    GroupMetadataKey,
    GroupMetadataValue,
    OffsetCommitKey,
    OffsetCommitValue,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.protocol.schema import Message

OFFSET_COMMIT_VERSION: Final = 4
EXPIRING_OFFSET_COMMIT_VERSION: Final = 1
"""The only one that holds a commit's own expiry."""


_INT16 = struct.Struct(">h")
_KEY_VERSION = 0

_KINDS: Mapping[int, tuple[type[Message], type[Message]]] = {
    0: (OffsetCommitKey, OffsetCommitValue),  # as Kafka wrote it before 0.9
    OffsetCommitKey.API_KEY: (OffsetCommitKey, OffsetCommitValue),
    GroupMetadataKey.API_KEY: (GroupMetadataKey, GroupMetadataValue),
    ConsumerGroupMetadataKey.API_KEY: (ConsumerGroupMetadataKey, ConsumerGroupMetadataValue),
    ConsumerGroupPartitionMetadataKey.API_KEY: (ConsumerGroupPartitionMetadataKey, ConsumerGroupPartitionMetadataValue),
    ConsumerGroupMemberMetadataKey.API_KEY: (ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue),
    ConsumerGroupTargetAssignmentMetadataKey.API_KEY: (
        ConsumerGroupTargetAssignmentMetadataKey,
        ConsumerGroupTargetAssignmentMetadataValue,
    ),
    ConsumerGroupTargetAssignmentMemberKey.API_KEY: (
        ConsumerGroupTargetAssignmentMemberKey,
        ConsumerGroupTargetAssignmentMemberValue,
    ),
    ConsumerGroupCurrentMemberAssignmentKey.API_KEY: (
        ConsumerGroupCurrentMemberAssignmentKey,
        ConsumerGroupCurrentMemberAssignmentValue,
    ),
    ConsumerGroupRegularExpressionKey.API_KEY: (ConsumerGroupRegularExpressionKey, ConsumerGroupRegularExpressionValue),
}
"""Record type to the classes of its key and value."""


def _prefixed(prefix: int, message: Message, version: int) -> bytes:
    out = bytearray(_INT16.pack(prefix))
    encode_into(message, version, out)
    return bytes(out)


def record(key: Message, value: Message | None, version: int = 0) -> CoordinatorRecord:
    """What the key stands for is the value from now on; without one it is no more. version: of the value's format."""
    value_bytes = None if value is None else _prefixed(version, value, version)
    return CoordinatorRecord(key, value, _prefixed(key.API_KEY, key, _KEY_VERSION), value_bytes)


def offset_record(group_id: str, topic: str, partition: int, value: OffsetCommitValue) -> CoordinatorRecord:
    """An offset is committed."""
    version = OFFSET_COMMIT_VERSION if value.expire_timestamp < 0 else EXPIRING_OFFSET_COMMIT_VERSION
    key, key_bytes = _offset_key(group_id, topic, partition)
    if value.metadata or version != OFFSET_COMMIT_VERSION:
        return CoordinatorRecord(key, value, key_bytes, _prefixed(version, value, version))
    form = _plain_offset(value.topic_id)
    return CoordinatorRecord(key, value, key_bytes, form.pack(value.offset, value.leader_epoch, value.commit_timestamp))


@lru_cache(CACHED_OFFSET_KEYS)
def _offset_key(group_id: str, topic: str, partition: int) -> tuple[OffsetCommitKey, bytes]:
    """A key and its bytes; nobody changes them."""
    key = OffsetCommitKey(group=group_id, topic=topic, partition=partition)
    return key, _prefixed(key.API_KEY, key, _KEY_VERSION)


@lru_cache(CACHED_OFFSET_TOPICS)
def _plain_offset(topic_id: bytes) -> NumberForm:
    """Values without metadata, from (offset, leader epoch, commit timestamp)."""

    def encode(offset: int, leader_epoch: int, commit_timestamp_ms: int) -> bytes:
        value = OffsetCommitValue(offset, leader_epoch, "", commit_timestamp_ms, topic_id=topic_id)
        return _prefixed(OFFSET_COMMIT_VERSION, value, OFFSET_COMMIT_VERSION)

    return NumberForm(encode, "qiq")


def offset_tombstone(group_id: str, topic: str, partition: int) -> CoordinatorRecord:
    """A committed offset is no more."""
    return record(OffsetCommitKey(group=group_id, topic=topic, partition=partition), None)


def decode_record(key: bytes, value: bytes | None) -> CoordinatorRecord | None:
    """The record that stands in the log, None for one of a kind that is not known.

    Raises:
        ProtocolError: it is malformed.
    """
    kind = _KINDS.get(int.from_bytes(key[:2], "big", signed=True))
    if kind is None:
        return None
    key_class, value_class = kind
    decoded_key = decode(key_class, _KEY_VERSION, key, 2)
    if value is None:
        return CoordinatorRecord(decoded_key, None, key, None)
    version = int.from_bytes(value[:2], "big", signed=True)
    if not value_class.MIN_VERSION <= version <= value_class.MAX_VERSION:
        raise ProtocolError(f"{value_class.__name__} version {version}")
    return CoordinatorRecord(decoded_key, decode(value_class, version, value, 2), key, value)
