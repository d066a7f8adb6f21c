"""ListPartitionReassignments, API key 46.

Generated from protocol_specs/46_list_partition_reassignments.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class ListPartitionReassignmentsTopics(Struct):
    """An element of ListPartitionReassignmentsRequest.Topics."""

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


class ListPartitionReassignmentsRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "timeout_ms",
        "topics",
    )
    API_KEY = 46
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "TimeoutMs int32 0+ = 60000",
        "Topics []ListPartitionReassignmentsTopics 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        timeout_ms: int = 60000,
        topics: list[ListPartitionReassignmentsTopics] | None = None,
    ) -> None:
        self.timeout_ms = timeout_ms
        # null: all
        self.topics = topics


class OngoingPartitionReassignment(Struct):
    """An element of ListPartitionReassignmentsResponse.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "replicas",
        "adding_replicas",
        "removing_replicas",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "Replicas []int32 0+",
        "AddingReplicas []int32 0+",
        "RemovingReplicas []int32 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        replicas: list[int] = DEFAULT,
        adding_replicas: list[int] = DEFAULT,
        removing_replicas: list[int] = DEFAULT,
    ) -> None:
        self.partition_index = partition_index
        self.replicas = [] if replicas is DEFAULT else replicas
        self.adding_replicas = [] if adding_replicas is DEFAULT else adding_replicas
        self.removing_replicas = [] if removing_replicas is DEFAULT else removing_replicas


class OngoingTopicReassignment(Struct):
    """An element of ListPartitionReassignmentsResponse.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []OngoingPartitionReassignment 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[OngoingPartitionReassignment] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class ListPartitionReassignmentsResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "topics",
    )
    API_KEY = 46
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "Topics []OngoingTopicReassignment 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        topics: list[OngoingTopicReassignment] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.topics = [] if topics is DEFAULT else topics
