"""AlterShareGroupOffsets, API key 91.

Generated from protocol_specs/91_alter_share_group_offsets.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class AlterShareGroupOffsetsRequestPartition(Struct):
    """An element of AlterShareGroupOffsetsRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "start_offset",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "StartOffset int64 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        start_offset: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.start_offset = start_offset


class AlterShareGroupOffsetsRequestTopic(Struct):
    """An element of AlterShareGroupOffsetsRequest.Topics."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []AlterShareGroupOffsetsRequestPartition 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[AlterShareGroupOffsetsRequestPartition] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class AlterShareGroupOffsetsRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "topics",
    )
    API_KEY = 91
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "Topics []AlterShareGroupOffsetsRequestTopic 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[AlterShareGroupOffsetsRequestTopic] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics


class AlterShareGroupOffsetsResponsePartition(Struct):
    """An element of AlterShareGroupOffsetsResponse.Responses.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.error_message = error_message


class AlterShareGroupOffsetsResponseTopic(Struct):
    """An element of AlterShareGroupOffsetsResponse.Responses."""

    __slots__ = (
        "topic_name",
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "TopicId uuid 0+",
        "Partitions []AlterShareGroupOffsetsResponsePartition 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[AlterShareGroupOffsetsResponsePartition] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class AlterShareGroupOffsetsResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "responses",
    )
    API_KEY = 91
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "Responses []AlterShareGroupOffsetsResponseTopic 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        responses: list[AlterShareGroupOffsetsResponseTopic] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.responses = [] if responses is DEFAULT else responses
