"""DeleteShareGroupState, API key 86.

Generated from protocol_specs/86_delete_share_group_state.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class PartitionData(Struct):
    """An element of DeleteShareGroupStateRequest.Topics.Partitions."""

    __slots__ = ("partition",)
    FIELDS = ("Partition int32 0+",)

    def __init__(
        self,
        partition: int = 0,
    ) -> None:
        self.partition = partition


class DeleteStateData(Struct):
    """An element of DeleteShareGroupStateRequest.Topics."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []PartitionData 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[PartitionData] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class DeleteShareGroupStateRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "topics",
    )
    API_KEY = 86
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "Topics []DeleteStateData 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[DeleteStateData] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics


class PartitionResult(Struct):
    """An element of DeleteShareGroupStateResponse.Results.Partitions."""

    __slots__ = (
        "partition",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "Partition int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        partition: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        self.partition = partition
        self.error_code = error_code
        self.error_message = error_message


class DeleteStateResult(Struct):
    """An element of DeleteShareGroupStateResponse.Results."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []PartitionResult 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[PartitionResult] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class DeleteShareGroupStateResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = ("results",)
    API_KEY = 86
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("Results []DeleteStateResult 0+",)

    def __init__(
        self,
        results: list[DeleteStateResult] = DEFAULT,
    ) -> None:
        self.results = [] if results is DEFAULT else results
