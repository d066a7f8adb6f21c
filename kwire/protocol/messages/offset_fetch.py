"""OffsetFetch, API key 9.

Generated from protocol_specs/09_offset_fetch.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class OffsetFetchRequestTopic(Struct):
    """An element of OffsetFetchRequest.Topics."""

    __slots__ = (
        "name",
        "partition_indexes",
    )
    FIELDS = (
        "Name string 0-7",
        "PartitionIndexes []int32 0-7",
    )

    def __init__(
        self,
        name: str = "",
        partition_indexes: list[int] = DEFAULT,
    ) -> None:
        self.name = name
        self.partition_indexes = [] if partition_indexes is DEFAULT else partition_indexes


class OffsetFetchRequestTopics(Struct):
    """An element of OffsetFetchRequest.Groups.Topics."""

    __slots__ = (
        "name",
        "topic_id",
        "partition_indexes",
    )
    FIELDS = (
        "Name string 8-9 ignorable",
        "TopicId uuid 10+ ignorable",
        "PartitionIndexes []int32 8+",
    )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partition_indexes: list[int] = DEFAULT,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partition_indexes = [] if partition_indexes is DEFAULT else partition_indexes


class OffsetFetchRequestGroup(Struct):
    """An element of OffsetFetchRequest.Groups."""

    __slots__ = (
        "group_id",
        "member_id",
        "member_epoch",
        "topics",
    )
    FIELDS = (
        "GroupId string 8+",
        "MemberId string 9+ nullable 9+ ignorable = null",
        "MemberEpoch int32 9+ ignorable = -1",
        "Topics []OffsetFetchRequestTopics 8+ nullable 8+",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str | None = None,
        member_epoch: int = -1,
        topics: list[OffsetFetchRequestTopics] | None = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.member_epoch = member_epoch
        # null: all
        self.topics = [] if topics is DEFAULT else topics


class OffsetFetchRequest(Message):
    """Request, versions 1 to 10."""

    __slots__ = (
        "group_id",
        "topics",
        "groups",
        "require_stable",
    )
    API_KEY = 9
    MIN_VERSION = 1
    MAX_VERSION = 10
    FLEXIBLE_VERSION = 6
    FIELDS = (
        "GroupId string 0-7",
        "Topics []OffsetFetchRequestTopic 0-7 nullable 2-7",
        "Groups []OffsetFetchRequestGroup 8+",
        "RequireStable bool 7+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[OffsetFetchRequestTopic] | None = DEFAULT,
        groups: list[OffsetFetchRequestGroup] = DEFAULT,
        require_stable: bool = False,
    ) -> None:
        self.group_id = group_id
        # null: all
        self.topics = [] if topics is DEFAULT else topics
        self.groups = [] if groups is DEFAULT else groups
        self.require_stable = require_stable


class OffsetFetchResponsePartition(Struct):
    """An element of OffsetFetchResponse.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "committed_offset",
        "committed_leader_epoch",
        "metadata",
        "error_code",
    )
    FIELDS = (
        "PartitionIndex int32 0-7",
        "CommittedOffset int64 0-7",
        "CommittedLeaderEpoch int32 5-7 ignorable = -1",
        "Metadata string 0-7 nullable 0-7",
        "ErrorCode int16 0-7",
    )

    def __init__(
        self,
        partition_index: int = 0,
        committed_offset: int = 0,
        committed_leader_epoch: int = -1,
        metadata: str | None = "",
        error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        # -1: none
        self.committed_offset = committed_offset
        self.committed_leader_epoch = committed_leader_epoch
        self.metadata = metadata
        self.error_code = error_code


class OffsetFetchResponseTopic(Struct):
    """An element of OffsetFetchResponse.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0-7",
        "Partitions []OffsetFetchResponsePartition 0-7",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[OffsetFetchResponsePartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class OffsetFetchResponsePartitions(Struct):
    """An element of OffsetFetchResponse.Groups.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "committed_offset",
        "committed_leader_epoch",
        "metadata",
        "error_code",
    )
    FIELDS = (
        "PartitionIndex int32 8+",
        "CommittedOffset int64 8+",
        "CommittedLeaderEpoch int32 8+ ignorable = -1",
        "Metadata string 8+ nullable 8+",
        "ErrorCode int16 8+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        committed_offset: int = 0,
        committed_leader_epoch: int = -1,
        metadata: str | None = "",
        error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        # -1: none
        self.committed_offset = committed_offset
        self.committed_leader_epoch = committed_leader_epoch
        self.metadata = metadata
        self.error_code = error_code


class OffsetFetchResponseTopics(Struct):
    """An element of OffsetFetchResponse.Groups.Topics."""

    __slots__ = (
        "name",
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "Name string 8-9 ignorable",
        "TopicId uuid 10+ ignorable",
        "Partitions []OffsetFetchResponsePartitions 8+",
    )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[OffsetFetchResponsePartitions] = DEFAULT,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class OffsetFetchResponseGroup(Struct):
    """An element of OffsetFetchResponse.Groups."""

    __slots__ = (
        "group_id",
        "topics",
        "error_code",
    )
    FIELDS = (
        "GroupId string 8+",
        "Topics []OffsetFetchResponseTopics 8+",
        "ErrorCode int16 8+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[OffsetFetchResponseTopics] = DEFAULT,
        error_code: int = 0,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics
        self.error_code = error_code


class OffsetFetchResponse(Message):
    """Response, versions 1 to 10."""

    __slots__ = (
        "throttle_time_ms",
        "topics",
        "error_code",
        "groups",
    )
    API_KEY = 9
    MIN_VERSION = 1
    MAX_VERSION = 10
    FLEXIBLE_VERSION = 6
    FIELDS = (
        "ThrottleTimeMs int32 3+ ignorable",
        "Topics []OffsetFetchResponseTopic 0-7",
        "ErrorCode int16 2-7 ignorable",
        "Groups []OffsetFetchResponseGroup 8+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[OffsetFetchResponseTopic] = DEFAULT,
        error_code: int = 0,
        groups: list[OffsetFetchResponseGroup] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is DEFAULT else topics
        self.error_code = error_code
        self.groups = [] if groups is DEFAULT else groups
