"""ReadShareGroupState, API key 84.

Generated from protocol_specs/84_read_share_group_state.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class PartitionData(Struct):
    """An element of ReadShareGroupStateRequest.Topics.Partitions."""

    __slots__ = (
        "partition",
        "leader_epoch",
    )
    FIELDS = (
        "Partition int32 0+",
        "LeaderEpoch int32 0+",
    )

    def __init__(
        self,
        partition: int = 0,
        leader_epoch: int = 0,
    ) -> None:
        self.partition = partition
        self.leader_epoch = leader_epoch


class ReadStateData(Struct):
    """An element of ReadShareGroupStateRequest.Topics."""

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


class ReadShareGroupStateRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "topics",
    )
    API_KEY = 84
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "Topics []ReadStateData 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[ReadStateData] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics


class StateBatch(Struct):
    """An element of ReadShareGroupStateResponse.Results.Partitions.StateBatches."""

    __slots__ = (
        "first_offset",
        "last_offset",
        "delivery_state",
        "delivery_count",
    )
    FIELDS = (
        "FirstOffset int64 0+",
        "LastOffset int64 0+",
        "DeliveryState int8 0+",
        "DeliveryCount int16 0+",
    )

    def __init__(
        self,
        first_offset: int = 0,
        last_offset: int = 0,
        delivery_state: int = 0,
        delivery_count: int = 0,
    ) -> None:
        self.first_offset = first_offset
        self.last_offset = last_offset
        self.delivery_state = delivery_state
        self.delivery_count = delivery_count


class PartitionResult(Struct):
    """An element of ReadShareGroupStateResponse.Results.Partitions."""

    __slots__ = (
        "partition",
        "error_code",
        "error_message",
        "state_epoch",
        "start_offset",
        "state_batches",
    )
    FIELDS = (
        "Partition int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "StateEpoch int32 0+",
        "StartOffset int64 0+",
        "StateBatches []StateBatch 0+",
    )

    def __init__(
        self,
        partition: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        state_epoch: int = 0,
        start_offset: int = 0,
        state_batches: list[StateBatch] = DEFAULT,
    ) -> None:
        self.partition = partition
        self.error_code = error_code
        self.error_message = error_message
        self.state_epoch = state_epoch
        self.start_offset = start_offset
        self.state_batches = [] if state_batches is DEFAULT else state_batches


class ReadStateResult(Struct):
    """An element of ReadShareGroupStateResponse.Results."""

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


class ReadShareGroupStateResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = ("results",)
    API_KEY = 84
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("Results []ReadStateResult 0+",)

    def __init__(
        self,
        results: list[ReadStateResult] = DEFAULT,
    ) -> None:
        self.results = [] if results is DEFAULT else results
