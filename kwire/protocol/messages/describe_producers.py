"""DescribeProducers, API key 61.

Generated from protocol_specs/61_describe_producers.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class TopicRequest(Struct):
    """An element of DescribeProducersRequest.Topics."""

    __slots__ = (
        "name",
        "partition_indexes",
    )
    FIELDS = (
        "Name string 0+",
        "PartitionIndexes []int32 0+",
    )

    def __init__(
        self,
        name: str = "",
        partition_indexes: list[int] = DEFAULT,
    ) -> None:
        self.name = name
        self.partition_indexes = [] if partition_indexes is DEFAULT else partition_indexes


class DescribeProducersRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = ("topics",)
    API_KEY = 61
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("Topics []TopicRequest 0+",)

    def __init__(
        self,
        topics: list[TopicRequest] = DEFAULT,
    ) -> None:
        self.topics = [] if topics is DEFAULT else topics


class ProducerState(Struct):
    """An element of DescribeProducersResponse.Topics.Partitions.ActiveProducers."""

    __slots__ = (
        "producer_id",
        "producer_epoch",
        "last_sequence",
        "last_timestamp",
        "coordinator_epoch",
        "current_txn_start_offset",
    )
    FIELDS = (
        "ProducerId int64 0+",
        "ProducerEpoch int32 0+",
        "LastSequence int32 0+ = -1",
        "LastTimestamp int64 0+ = -1",
        "CoordinatorEpoch int32 0+",
        "CurrentTxnStartOffset int64 0+ = -1",
    )

    def __init__(
        self,
        producer_id: int = 0,
        producer_epoch: int = 0,
        last_sequence: int = -1,
        last_timestamp: int = -1,
        coordinator_epoch: int = 0,
        current_txn_start_offset: int = -1,
    ) -> None:
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.last_sequence = last_sequence
        self.last_timestamp = last_timestamp
        self.coordinator_epoch = coordinator_epoch
        # -1: no open transaction
        self.current_txn_start_offset = current_txn_start_offset


class PartitionResponse(Struct):
    """An element of DescribeProducersResponse.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "error_message",
        "active_producers",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "ActiveProducers []ProducerState 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        active_producers: list[ProducerState] = DEFAULT,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.error_message = error_message
        self.active_producers = [] if active_producers is DEFAULT else active_producers


class TopicResponse(Struct):
    """An element of DescribeProducersResponse.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []PartitionResponse 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[PartitionResponse] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class DescribeProducersResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "topics",
    )
    API_KEY = 61
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Topics []TopicResponse 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[TopicResponse] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is DEFAULT else topics
