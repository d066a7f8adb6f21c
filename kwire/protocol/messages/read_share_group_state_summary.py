"""ReadShareGroupStateSummary, API key 87.

Generated from protocol_specs/87_read_share_group_state_summary.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class PartitionData(Struct):
    """An element of ReadShareGroupStateSummaryRequest.Topics.Partitions."""

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


class ReadStateSummaryData(Struct):
    """An element of ReadShareGroupStateSummaryRequest.Topics."""

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


class ReadShareGroupStateSummaryRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "group_id",
        "topics",
    )
    API_KEY = 87
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "Topics []ReadStateSummaryData 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[ReadStateSummaryData] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics


class PartitionResult(Struct):
    """An element of ReadShareGroupStateSummaryResponse.Results.Partitions."""

    __slots__ = (
        "partition",
        "error_code",
        "error_message",
        "state_epoch",
        "leader_epoch",
        "start_offset",
        "delivery_complete_count",
    )
    FIELDS = (
        "Partition int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "StateEpoch int32 0+",
        "LeaderEpoch int32 0+",
        "StartOffset int64 0+",
        "DeliveryCompleteCount int32 1+ ignorable = -1",
    )

    def __init__(
        self,
        partition: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        state_epoch: int = 0,
        leader_epoch: int = 0,
        start_offset: int = 0,
        delivery_complete_count: int = -1,
    ) -> None:
        self.partition = partition
        self.error_code = error_code
        self.error_message = error_message
        self.state_epoch = state_epoch
        self.leader_epoch = leader_epoch
        self.start_offset = start_offset
        self.delivery_complete_count = delivery_complete_count


class ReadStateSummaryResult(Struct):
    """An element of ReadShareGroupStateSummaryResponse.Results."""

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


class ReadShareGroupStateSummaryResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = ("results",)
    API_KEY = 87
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = ("Results []ReadStateSummaryResult 0+",)

    def __init__(
        self,
        results: list[ReadStateSummaryResult] = DEFAULT,
    ) -> None:
        self.results = [] if results is DEFAULT else results
