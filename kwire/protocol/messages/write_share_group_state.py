"""WriteShareGroupState, API key 85.

Generated from protocol_specs/85_write_share_group_state.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class StateBatch(Struct):
    """An element of WriteShareGroupStateRequest.Topics.Partitions.StateBatches."""

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


class PartitionData(Struct):
    """An element of WriteShareGroupStateRequest.Topics.Partitions."""

    __slots__ = (
        "partition",
        "state_epoch",
        "leader_epoch",
        "start_offset",
        "delivery_complete_count",
        "state_batches",
    )
    FIELDS = (
        "Partition int32 0+",
        "StateEpoch int32 0+",
        "LeaderEpoch int32 0+",
        "StartOffset int64 0+",
        "DeliveryCompleteCount int32 1+ ignorable = -1",
        "StateBatches []StateBatch 0+",
    )

    def __init__(
        self,
        partition: int = 0,
        state_epoch: int = 0,
        leader_epoch: int = 0,
        start_offset: int = 0,
        delivery_complete_count: int = -1,
        state_batches: list[StateBatch] = DEFAULT,
    ) -> None:
        self.partition = partition
        self.state_epoch = state_epoch
        self.leader_epoch = leader_epoch
        self.start_offset = start_offset
        self.delivery_complete_count = delivery_complete_count
        self.state_batches = [] if state_batches is DEFAULT else state_batches


class WriteStateData(Struct):
    """An element of WriteShareGroupStateRequest.Topics."""

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


class WriteShareGroupStateRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "group_id",
        "topics",
    )
    API_KEY = 85
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "Topics []WriteStateData 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[WriteStateData] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics


class PartitionResult(Struct):
    """An element of WriteShareGroupStateResponse.Results.Partitions."""

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


class WriteStateResult(Struct):
    """An element of WriteShareGroupStateResponse.Results."""

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


class WriteShareGroupStateResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = ("results",)
    API_KEY = 85
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = ("Results []WriteStateResult 0+",)

    def __init__(
        self,
        results: list[WriteStateResult] = DEFAULT,
    ) -> None:
        self.results = [] if results is DEFAULT else results
