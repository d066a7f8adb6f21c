"""ListOffsets, API key 2.

Generated from protocol_specs/02_list_offsets.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class ListOffsetsPartition(Struct):
    """An element of ListOffsetsRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "current_leader_epoch",
        "timestamp",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "CurrentLeaderEpoch int32 4+ ignorable = -1",
        "Timestamp int64 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        current_leader_epoch: int = -1,
        timestamp: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.current_leader_epoch = current_leader_epoch
        # -1 end, -2 start, -3 largest timestamp, -4 local start, -5 end of tiered, -6 first not yet tiered
        self.timestamp = timestamp


class ListOffsetsTopic(Struct):
    """An element of ListOffsetsRequest.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []ListOffsetsPartition 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[ListOffsetsPartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class ListOffsetsRequest(Message):
    """Request, versions 1 to 11."""

    __slots__ = (
        "replica_id",
        "isolation_level",
        "topics",
        "timeout_ms",
    )
    API_KEY = 2
    MIN_VERSION = 1
    MAX_VERSION = 11
    FLEXIBLE_VERSION = 6
    FIELDS = (
        "ReplicaId int32 0+",
        "IsolationLevel int8 2+",
        "Topics []ListOffsetsTopic 0+",
        "TimeoutMs int32 10+ ignorable",
    )

    def __init__(
        self,
        replica_id: int = 0,
        isolation_level: int = 0,
        topics: list[ListOffsetsTopic] = DEFAULT,
        timeout_ms: int = 0,
    ) -> None:
        # -1: a client
        self.replica_id = replica_id
        # 0: read uncommitted, 1: read committed
        self.isolation_level = isolation_level
        self.topics = [] if topics is DEFAULT else topics
        self.timeout_ms = timeout_ms


class ListOffsetsPartitionResponse(Struct):
    """An element of ListOffsetsResponse.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "timestamp",
        "offset",
        "leader_epoch",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "Timestamp int64 1+ = -1",
        "Offset int64 1+ = -1",
        "LeaderEpoch int32 4+ = -1",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        timestamp: int = -1,
        offset: int = -1,
        leader_epoch: int = -1,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.timestamp = timestamp
        self.offset = offset
        self.leader_epoch = leader_epoch


class ListOffsetsTopicResponse(Struct):
    """An element of ListOffsetsResponse.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []ListOffsetsPartitionResponse 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[ListOffsetsPartitionResponse] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class ListOffsetsResponse(Message):
    """Response, versions 1 to 11."""

    __slots__ = (
        "throttle_time_ms",
        "topics",
    )
    API_KEY = 2
    MIN_VERSION = 1
    MAX_VERSION = 11
    FLEXIBLE_VERSION = 6
    FIELDS = (
        "ThrottleTimeMs int32 2+ ignorable",
        "Topics []ListOffsetsTopicResponse 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[ListOffsetsTopicResponse] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is DEFAULT else topics
