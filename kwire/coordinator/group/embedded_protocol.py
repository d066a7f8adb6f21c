"""The consumer's part of the classic protocol: subscriptions and assignments, int16 version and body each.

A version that is not known yet is read as the newest known one, for it begins alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.codec import decode, encode_into
from kwire.protocol.errors import ProtocolError
from kwire.protocol.messages.records.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolAssignmentTopicPartition,
    ConsumerProtocolSubscription,
)

if TYPE_CHECKING:
    from kwire.coordinator.group.topics import Partitions, Topics

CONSUMER_PROTOCOL = "consumer"
"""The protocol type of Kafka's consumers, whose subscriptions a broker can read."""


def read_subscription(metadata: bytes) -> ConsumerProtocolSubscription:
    """What a consumer says in JoinGroup.

    Raises:
        ProtocolError: it cannot be read.
    """
    version = min(_version(metadata), ConsumerProtocolSubscription.MAX_VERSION)
    return decode(ConsumerProtocolSubscription, version, metadata, 2)


def read_assignment(assignment: bytes, topics: Topics) -> tuple[Partitions, bytes | None]:
    """The partitions of existing topics that SyncGroup gives to a consumer, and its assignor's own data.

    Raises:
        ProtocolError: it cannot be read.
    """
    if not assignment:
        return {}, None
    version = min(_version(assignment), ConsumerProtocolAssignment.MAX_VERSION)
    read = decode(ConsumerProtocolAssignment, version, assignment, 2)
    return named_partitions({row.topic: row.partitions for row in read.assigned_partitions}, topics), read.user_data


def named_partitions(rows: dict[str, list[int]], topics: Topics) -> Partitions:
    """By topic id what is given by name, of the partitions that exist."""
    found = {}
    for name, partitions in rows.items():
        topic = topics.topic(name)
        count = 0 if topic is None else len(topic.partitions)
        existing = frozenset(partition for partition in partitions if 0 <= partition < count)
        if topic is not None and existing:
            found[topic.topic_id] = existing
    return found


def encoded_assignment(assigned: Partitions, topics: Topics, metadata: bytes) -> bytes:
    """The assignment as SyncGroup gives it to a consumer with that subscription, in the subscription's version.

    A subscription that cannot be read gets the first version, which all of them begin with.
    """
    try:
        version = min(_version(metadata), ConsumerProtocolAssignment.MAX_VERSION)
    except ProtocolError:
        version = 0
    rows = []
    for topic_id, partitions in assigned.items():
        topic = topics.topic_by_id(topic_id)
        if topic is not None:
            rows.append(ConsumerProtocolAssignmentTopicPartition(topic.name, sorted(partitions)))
    out = bytearray(version.to_bytes(2, "big"))
    encode_into(ConsumerProtocolAssignment(rows), version, out)
    return bytes(out)


def _version(data: bytes) -> int:
    if len(data) < 2 or data[0] & 0x80:
        raise ProtocolError("a consumer's subscription or assignment without a version")
    return int.from_bytes(data[:2], "big")
