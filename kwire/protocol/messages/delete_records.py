"""DeleteRecords, API key 21.

Generated from protocol_specs/21_delete_records.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class DeleteRecordsPartition(Struct):
    """An element of DeleteRecordsRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "offset",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "Offset int64 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        offset: int = 0,
    ) -> None:
        self.partition_index = partition_index
        # the new log start offset; -1: the high watermark
        self.offset = offset


class DeleteRecordsTopic(Struct):
    """An element of DeleteRecordsRequest.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []DeleteRecordsPartition 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[DeleteRecordsPartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class DeleteRecordsRequest(Message):
    """Request, versions 0 to 2."""

    __slots__ = (
        "topics",
        "timeout_ms",
    )
    API_KEY = 21
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "Topics []DeleteRecordsTopic 0+",
        "TimeoutMs int32 0+",
    )

    def __init__(
        self,
        topics: list[DeleteRecordsTopic] = DEFAULT,
        timeout_ms: int = 0,
    ) -> None:
        self.topics = [] if topics is DEFAULT else topics
        self.timeout_ms = timeout_ms


class DeleteRecordsPartitionResult(Struct):
    """An element of DeleteRecordsResponse.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "low_watermark",
        "error_code",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "LowWatermark int64 0+",
        "ErrorCode int16 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        low_watermark: int = 0,
        error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.low_watermark = low_watermark
        self.error_code = error_code


class DeleteRecordsTopicResult(Struct):
    """An element of DeleteRecordsResponse.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []DeleteRecordsPartitionResult 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[DeleteRecordsPartitionResult] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class DeleteRecordsResponse(Message):
    """Response, versions 0 to 2."""

    __slots__ = (
        "throttle_time_ms",
        "topics",
    )
    API_KEY = 21
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Topics []DeleteRecordsTopicResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[DeleteRecordsTopicResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is DEFAULT else topics
