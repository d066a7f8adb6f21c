"""WriteTxnMarkers, API key 27.

Generated from protocol_specs/27_write_txn_markers.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class WritableTxnMarkerTopic(Struct):
    """An element of WriteTxnMarkersRequest.Markers.Topics."""

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


class WritableTxnMarker(Struct):
    """An element of WriteTxnMarkersRequest.Markers."""

    __slots__ = (
        "producer_id",
        "producer_epoch",
        "transaction_result",
        "topics",
        "coordinator_epoch",
        "transaction_version",
    )
    FIELDS = (
        "ProducerId int64 0+",
        "ProducerEpoch int16 0+",
        "TransactionResult bool 0+",
        "Topics []WritableTxnMarkerTopic 0+",
        "CoordinatorEpoch int32 0+",
        "TransactionVersion int8 2+ ignorable",
    )

    def __init__(
        self,
        producer_id: int = 0,
        producer_epoch: int = 0,
        transaction_result: bool = False,
        topics: list[WritableTxnMarkerTopic] = DEFAULT,
        coordinator_epoch: int = 0,
        transaction_version: int = 0,
    ) -> None:
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.transaction_result = transaction_result
        self.topics = [] if topics is DEFAULT else topics
        self.coordinator_epoch = coordinator_epoch
        self.transaction_version = transaction_version


class WriteTxnMarkersRequest(Message):
    """Request, versions 1 to 2."""

    __slots__ = ("markers",)
    API_KEY = 27
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 1
    FIELDS = ("Markers []WritableTxnMarker 0+",)

    def __init__(
        self,
        markers: list[WritableTxnMarker] = DEFAULT,
    ) -> None:
        self.markers = [] if markers is DEFAULT else markers


class WritableTxnMarkerPartitionResult(Struct):
    """An element of WriteTxnMarkersResponse.Markers.Topics.Partitions."""

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


class WritableTxnMarkerTopicResult(Struct):
    """An element of WriteTxnMarkersResponse.Markers.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []WritableTxnMarkerPartitionResult 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[WritableTxnMarkerPartitionResult] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class WritableTxnMarkerResult(Struct):
    """An element of WriteTxnMarkersResponse.Markers."""

    __slots__ = (
        "producer_id",
        "topics",
    )
    FIELDS = (
        "ProducerId int64 0+",
        "Topics []WritableTxnMarkerTopicResult 0+",
    )

    def __init__(
        self,
        producer_id: int = 0,
        topics: list[WritableTxnMarkerTopicResult] = DEFAULT,
    ) -> None:
        self.producer_id = producer_id
        self.topics = [] if topics is DEFAULT else topics


class WriteTxnMarkersResponse(Message):
    """Response, versions 1 to 2."""

    __slots__ = ("markers",)
    API_KEY = 27
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 1
    FIELDS = ("Markers []WritableTxnMarkerResult 0+",)

    def __init__(
        self,
        markers: list[WritableTxnMarkerResult] = DEFAULT,
    ) -> None:
        self.markers = [] if markers is DEFAULT else markers
