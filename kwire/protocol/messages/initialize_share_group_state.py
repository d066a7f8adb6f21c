"""InitializeShareGroupState, API key 83.

Generated from protocol_specs/83_initialize_share_group_state.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class PartitionData(Struct):
    """An element of InitializeShareGroupStateRequest.Topics.Partitions."""

    __slots__ = (
        "partition",
        "state_epoch",
        "start_offset",
    )
    FIELDS = (
        "Partition int32 0+",
        "StateEpoch int32 0+",
        "StartOffset int64 0+",
    )

    def __init__(
        self,
        partition: int = 0,
        state_epoch: int = 0,
        start_offset: int = 0,
    ) -> None:
        self.partition = partition
        self.state_epoch = state_epoch
        self.start_offset = start_offset


class InitializeStateData(Struct):
    """An element of InitializeShareGroupStateRequest.Topics."""

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


class InitializeShareGroupStateRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "topics",
    )
    API_KEY = 83
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "Topics []InitializeStateData 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[InitializeStateData] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics


class PartitionResult(Struct):
    """An element of InitializeShareGroupStateResponse.Results.Partitions."""

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


class InitializeStateResult(Struct):
    """An element of InitializeShareGroupStateResponse.Results."""

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


class InitializeShareGroupStateResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = ("results",)
    API_KEY = 83
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("Results []InitializeStateResult 0+",)

    def __init__(
        self,
        results: list[InitializeStateResult] = DEFAULT,
    ) -> None:
        self.results = [] if results is DEFAULT else results
