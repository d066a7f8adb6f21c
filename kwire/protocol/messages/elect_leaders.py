"""ElectLeaders, API key 43.

Generated from protocol_specs/43_elect_leaders.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class TopicPartitions(Struct):
    """An element of ElectLeadersRequest.TopicPartitions."""

    __slots__ = (
        "topic",
        "partitions",
    )
    FIELDS = (
        "Topic string 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        topic: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.partitions = [] if partitions is DEFAULT else partitions


class ElectLeadersRequest(Message):
    """Request, versions 0 to 2."""

    __slots__ = (
        "election_type",
        "topic_partitions",
        "timeout_ms",
    )
    API_KEY = 43
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ElectionType int8 1+",
        "TopicPartitions []TopicPartitions 0+ nullable 0+",
        "TimeoutMs int32 0+ = 60000",
    )

    def __init__(
        self,
        election_type: int = 0,
        topic_partitions: list[TopicPartitions] | None = DEFAULT,
        timeout_ms: int = 60000,
    ) -> None:
        # 0: preferred, 1: unclean
        self.election_type = election_type
        # null: all
        self.topic_partitions = [] if topic_partitions is DEFAULT else topic_partitions
        self.timeout_ms = timeout_ms


class PartitionResult(Struct):
    """An element of ElectLeadersResponse.ReplicaElectionResults.PartitionResult."""

    __slots__ = (
        "partition_id",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "PartitionId int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
    )

    def __init__(
        self,
        partition_id: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        self.partition_id = partition_id
        self.error_code = error_code
        self.error_message = error_message


class ReplicaElectionResult(Struct):
    """An element of ElectLeadersResponse.ReplicaElectionResults."""

    __slots__ = (
        "topic",
        "partition_result",
    )
    FIELDS = (
        "Topic string 0+",
        "PartitionResult []PartitionResult 0+",
    )

    def __init__(
        self,
        topic: str = "",
        partition_result: list[PartitionResult] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.partition_result = [] if partition_result is DEFAULT else partition_result


class ElectLeadersResponse(Message):
    """Response, versions 0 to 2."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "replica_election_results",
    )
    API_KEY = 43
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 1+",
        "ReplicaElectionResults []ReplicaElectionResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        replica_election_results: list[ReplicaElectionResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.replica_election_results = [] if replica_election_results is DEFAULT else replica_election_results
