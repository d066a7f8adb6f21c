"""DescribeShareGroupOffsets, API key 90.

Generated from protocol_specs/90_describe_share_group_offsets.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class DescribeShareGroupOffsetsRequestTopic(Struct):
    """An element of DescribeShareGroupOffsetsRequest.Groups.Topics."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class DescribeShareGroupOffsetsRequestGroup(Struct):
    """An element of DescribeShareGroupOffsetsRequest.Groups."""

    __slots__ = (
        "group_id",
        "topics",
    )
    FIELDS = (
        "GroupId string 0+",
        "Topics []DescribeShareGroupOffsetsRequestTopic 0+ nullable 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[DescribeShareGroupOffsetsRequestTopic] | None = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics


class DescribeShareGroupOffsetsRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = ("groups",)
    API_KEY = 90
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = ("Groups []DescribeShareGroupOffsetsRequestGroup 0+",)

    def __init__(
        self,
        groups: list[DescribeShareGroupOffsetsRequestGroup] = DEFAULT,
    ) -> None:
        self.groups = [] if groups is DEFAULT else groups


class DescribeShareGroupOffsetsResponsePartition(Struct):
    """An element of DescribeShareGroupOffsetsResponse.Groups.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "start_offset",
        "leader_epoch",
        "lag",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "StartOffset int64 0+",
        "LeaderEpoch int32 0+",
        "Lag int64 1+ ignorable = -1",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        partition_index: int = 0,
        start_offset: int = 0,
        leader_epoch: int = 0,
        lag: int = -1,
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        self.partition_index = partition_index
        self.start_offset = start_offset
        self.leader_epoch = leader_epoch
        self.lag = lag
        self.error_code = error_code
        self.error_message = error_message


class DescribeShareGroupOffsetsResponseTopic(Struct):
    """An element of DescribeShareGroupOffsetsResponse.Groups.Topics."""

    __slots__ = (
        "topic_name",
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "TopicId uuid 0+",
        "Partitions []DescribeShareGroupOffsetsResponsePartition 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[DescribeShareGroupOffsetsResponsePartition] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class DescribeShareGroupOffsetsResponseGroup(Struct):
    """An element of DescribeShareGroupOffsetsResponse.Groups."""

    __slots__ = (
        "group_id",
        "topics",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "GroupId string 0+",
        "Topics []DescribeShareGroupOffsetsResponseTopic 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[DescribeShareGroupOffsetsResponseTopic] = DEFAULT,
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics
        self.error_code = error_code
        self.error_message = error_message


class DescribeShareGroupOffsetsResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "groups",
    )
    API_KEY = 90
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Groups []DescribeShareGroupOffsetsResponseGroup 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        groups: list[DescribeShareGroupOffsetsResponseGroup] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.groups = [] if groups is DEFAULT else groups
