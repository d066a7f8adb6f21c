"""Messages of consumer_protocol.

Generated from protocol_specs/records/consumer_protocol.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class ConsumerProtocolAssignmentTopicPartition(Struct):
    """An element of ConsumerProtocolAssignment.AssignedPartitions."""

    __slots__ = (
        "topic",
        "partitions",
    )
    FIELDS = (
        "Topic string 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        topic: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.partitions = [] if partitions is DEFAULT else partitions


class ConsumerProtocolAssignment(Message):
    """Data, versions 0 to 3."""

    __slots__ = (
        "assigned_partitions",
        "user_data",
    )
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 3
    FIELDS = (
        "AssignedPartitions []ConsumerProtocolAssignmentTopicPartition 0+",
        "UserData bytes 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        assigned_partitions: list[ConsumerProtocolAssignmentTopicPartition] = DEFAULT,
        user_data: bytes | None = None,
    ) -> None:
        self.assigned_partitions = [] if assigned_partitions is DEFAULT else assigned_partitions
        self.user_data = user_data


class ConsumerProtocolSubscriptionTopicPartition(Struct):
    """An element of ConsumerProtocolSubscription.OwnedPartitions."""

    __slots__ = (
        "topic",
        "partitions",
    )
    FIELDS = (
        "Topic string 1+",
        "Partitions []int32 1+",
    )

    def __init__(
        self,
        topic: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.partitions = [] if partitions is DEFAULT else partitions


class ConsumerProtocolSubscription(Message):
    """Data, versions 0 to 3."""

    __slots__ = (
        "topics",
        "user_data",
        "owned_partitions",
        "generation_id",
        "rack_id",
    )
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 3
    FIELDS = (
        "Topics []string 0+",
        "UserData bytes 0+ nullable 0+ = null",
        "OwnedPartitions []ConsumerProtocolSubscriptionTopicPartition 1+ ignorable",
        "GenerationId int32 2+ ignorable = -1",
        "RackId string 3+ nullable 3+ ignorable = null",
    )

    def __init__(
        self,
        topics: list[str] = DEFAULT,
        user_data: bytes | None = None,
        owned_partitions: list[ConsumerProtocolSubscriptionTopicPartition] = DEFAULT,
        generation_id: int = -1,
        rack_id: str | None = None,
    ) -> None:
        self.topics = [] if topics is DEFAULT else topics
        self.user_data = user_data
        self.owned_partitions = [] if owned_partitions is DEFAULT else owned_partitions
        self.generation_id = generation_id
        self.rack_id = rack_id
