"""OffsetDelete, API key 47.

Generated from protocol_specs/47_offset_delete.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class OffsetDeleteRequestPartition(Struct):
    """An element of OffsetDeleteRequest.Topics.Partitions."""

    __slots__ = ("partition_index",)
    FIELDS = ("PartitionIndex int32 0+",)

    def __init__(
        self,
        partition_index: int = 0,
    ) -> None:
        self.partition_index = partition_index


class OffsetDeleteRequestTopic(Struct):
    """An element of OffsetDeleteRequest.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []OffsetDeleteRequestPartition 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[OffsetDeleteRequestPartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class OffsetDeleteRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "topics",
    )
    API_KEY = 47
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "Topics []OffsetDeleteRequestTopic 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[OffsetDeleteRequestTopic] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics


class OffsetDeleteResponsePartition(Struct):
    """An element of OffsetDeleteResponse.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code


class OffsetDeleteResponseTopic(Struct):
    """An element of OffsetDeleteResponse.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []OffsetDeleteResponsePartition 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[OffsetDeleteResponsePartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class OffsetDeleteResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "error_code",
        "throttle_time_ms",
        "topics",
    )
    API_KEY = 47
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "ErrorCode int16 0+",
        "ThrottleTimeMs int32 0+ ignorable",
        "Topics []OffsetDeleteResponseTopic 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        throttle_time_ms: int = 0,
        topics: list[OffsetDeleteResponseTopic] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is DEFAULT else topics
