"""OffsetForLeaderEpoch, API key 23.

Generated from protocol_specs/23_offset_for_leader_epoch.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class OffsetForLeaderPartition(Struct):
    """An element of OffsetForLeaderEpochRequest.Topics.Partitions."""

    __slots__ = (
        "partition",
        "current_leader_epoch",
        "leader_epoch",
    )
    FIELDS = (
        "Partition int32 0+",
        "CurrentLeaderEpoch int32 2+ ignorable = -1",
        "LeaderEpoch int32 0+",
    )

    def __init__(
        self,
        partition: int = 0,
        current_leader_epoch: int = -1,
        leader_epoch: int = 0,
    ) -> None:
        self.partition = partition
        self.current_leader_epoch = current_leader_epoch
        self.leader_epoch = leader_epoch


class OffsetForLeaderTopic(Struct):
    """An element of OffsetForLeaderEpochRequest.Topics."""

    __slots__ = (
        "topic",
        "partitions",
    )
    FIELDS = (
        "Topic string 0+",
        "Partitions []OffsetForLeaderPartition 0+",
    )

    def __init__(
        self,
        topic: str = "",
        partitions: list[OffsetForLeaderPartition] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.partitions = [] if partitions is DEFAULT else partitions


class OffsetForLeaderEpochRequest(Message):
    """Request, versions 2 to 4."""

    __slots__ = (
        "replica_id",
        "topics",
    )
    API_KEY = 23
    MIN_VERSION = 2
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "ReplicaId int32 3+ ignorable = -2",
        "Topics []OffsetForLeaderTopic 0+",
    )

    def __init__(
        self,
        replica_id: int = -2,
        topics: list[OffsetForLeaderTopic] = DEFAULT,
    ) -> None:
        # -2: a client
        self.replica_id = replica_id
        self.topics = [] if topics is DEFAULT else topics


class EpochEndOffset(Struct):
    """An element of OffsetForLeaderEpochResponse.Topics.Partitions."""

    __slots__ = (
        "error_code",
        "partition",
        "leader_epoch",
        "end_offset",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "Partition int32 0+",
        "LeaderEpoch int32 1+ ignorable = -1",
        "EndOffset int64 0+ = -1",
    )

    def __init__(
        self,
        error_code: int = 0,
        partition: int = 0,
        leader_epoch: int = -1,
        end_offset: int = -1,
    ) -> None:
        self.error_code = error_code
        self.partition = partition
        self.leader_epoch = leader_epoch
        self.end_offset = end_offset


class OffsetForLeaderTopicResult(Struct):
    """An element of OffsetForLeaderEpochResponse.Topics."""

    __slots__ = (
        "topic",
        "partitions",
    )
    FIELDS = (
        "Topic string 0+",
        "Partitions []EpochEndOffset 0+",
    )

    def __init__(
        self,
        topic: str = "",
        partitions: list[EpochEndOffset] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.partitions = [] if partitions is DEFAULT else partitions


class OffsetForLeaderEpochResponse(Message):
    """Response, versions 2 to 4."""

    __slots__ = (
        "throttle_time_ms",
        "topics",
    )
    API_KEY = 23
    MIN_VERSION = 2
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "ThrottleTimeMs int32 2+ ignorable",
        "Topics []OffsetForLeaderTopicResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[OffsetForLeaderTopicResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is DEFAULT else topics
