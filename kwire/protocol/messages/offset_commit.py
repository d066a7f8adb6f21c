"""OffsetCommit, API key 8.

Generated from protocol_specs/08_offset_commit.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class OffsetCommitRequestPartition(Struct):
    """An element of OffsetCommitRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "committed_offset",
        "committed_leader_epoch",
        "committed_metadata",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "CommittedOffset int64 0+",
        "CommittedLeaderEpoch int32 6+ ignorable = -1",
        "CommittedMetadata string 0+ nullable 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        committed_offset: int = 0,
        committed_leader_epoch: int = -1,
        committed_metadata: str | None = "",
    ) -> None:
        self.partition_index = partition_index
        self.committed_offset = committed_offset
        self.committed_leader_epoch = committed_leader_epoch
        self.committed_metadata = committed_metadata


class OffsetCommitRequestTopic(Struct):
    """An element of OffsetCommitRequest.Topics."""

    __slots__ = (
        "name",
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "Name string 0-9 ignorable",
        "TopicId uuid 10+ ignorable",
        "Partitions []OffsetCommitRequestPartition 0+",
    )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[OffsetCommitRequestPartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class OffsetCommitRequest(Message):
    """Request, versions 2 to 10."""

    __slots__ = (
        "group_id",
        "generation_id_or_member_epoch",
        "member_id",
        "group_instance_id",
        "retention_time_ms",
        "topics",
    )
    API_KEY = 8
    MIN_VERSION = 2
    MAX_VERSION = 10
    FLEXIBLE_VERSION = 8
    FIELDS = (
        "GroupId string 0+",
        "GenerationIdOrMemberEpoch int32 1+ ignorable = -1",
        "MemberId string 1+ ignorable",
        "GroupInstanceId string 7+ nullable 7+ = null",
        "RetentionTimeMs int64 2-4 ignorable = -1",
        "Topics []OffsetCommitRequestTopic 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        generation_id_or_member_epoch: int = -1,
        member_id: str = "",
        group_instance_id: str | None = None,
        retention_time_ms: int = -1,
        topics: list[OffsetCommitRequestTopic] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        # -1: a consumer outside the group's protocol
        self.generation_id_or_member_epoch = generation_id_or_member_epoch
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        # -1: the broker's
        self.retention_time_ms = retention_time_ms
        self.topics = [] if topics is DEFAULT else topics


class OffsetCommitResponsePartition(Struct):
    """An element of OffsetCommitResponse.Topics.Partitions."""

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


class OffsetCommitResponseTopic(Struct):
    """An element of OffsetCommitResponse.Topics."""

    __slots__ = (
        "name",
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "Name string 0-9 ignorable",
        "TopicId uuid 10+ ignorable",
        "Partitions []OffsetCommitResponsePartition 0+",
    )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[OffsetCommitResponsePartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class OffsetCommitResponse(Message):
    """Response, versions 2 to 10."""

    __slots__ = (
        "throttle_time_ms",
        "topics",
    )
    API_KEY = 8
    MIN_VERSION = 2
    MAX_VERSION = 10
    FLEXIBLE_VERSION = 8
    FIELDS = (
        "ThrottleTimeMs int32 3+ ignorable",
        "Topics []OffsetCommitResponseTopic 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[OffsetCommitResponseTopic] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is DEFAULT else topics
