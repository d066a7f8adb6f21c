"""AlterPartitionReassignments, API key 45.

Generated from protocol_specs/45_alter_partition_reassignments.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class ReassignablePartition(Struct):
    """An element of AlterPartitionReassignmentsRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "replicas",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "Replicas []int32 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        partition_index: int = 0,
        replicas: list[int] | None = None,
    ) -> None:
        self.partition_index = partition_index
        # null: cancels
        self.replicas = replicas


class ReassignableTopic(Struct):
    """An element of AlterPartitionReassignmentsRequest.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []ReassignablePartition 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[ReassignablePartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class AlterPartitionReassignmentsRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "timeout_ms",
        "allow_replication_factor_change",
        "topics",
    )
    API_KEY = 45
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "TimeoutMs int32 0+ = 60000",
        "AllowReplicationFactorChange bool 1+ = true",
        "Topics []ReassignableTopic 0+",
    )

    def __init__(
        self,
        timeout_ms: int = 60000,
        allow_replication_factor_change: bool = True,
        topics: list[ReassignableTopic] = DEFAULT,
    ) -> None:
        self.timeout_ms = timeout_ms
        self.allow_replication_factor_change = allow_replication_factor_change
        self.topics = [] if topics is DEFAULT else topics


class ReassignablePartitionResponse(Struct):
    """An element of AlterPartitionReassignmentsResponse.Responses.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.error_message = error_message


class ReassignableTopicResponse(Struct):
    """An element of AlterPartitionReassignmentsResponse.Responses."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []ReassignablePartitionResponse 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[ReassignablePartitionResponse] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class AlterPartitionReassignmentsResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "allow_replication_factor_change",
        "error_code",
        "error_message",
        "responses",
    )
    API_KEY = 45
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "AllowReplicationFactorChange bool 1+ ignorable = true",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "Responses []ReassignableTopicResponse 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        allow_replication_factor_change: bool = True,
        error_code: int = 0,
        error_message: str | None = "",
        responses: list[ReassignableTopicResponse] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.allow_replication_factor_change = allow_replication_factor_change
        self.error_code = error_code
        self.error_message = error_message
        self.responses = [] if responses is DEFAULT else responses
