"""DescribeTopicPartitions, API key 75.

Generated from protocol_specs/75_describe_topic_partitions.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class TopicRequest(Struct):
    """An element of DescribeTopicPartitionsRequest.Topics."""

    __slots__ = ("name",)
    FIELDS = ("Name string 0+",)

    def __init__(
        self,
        name: str = "",
    ) -> None:
        self.name = name


class DescribeTopicPartitionsRequestCursor(Struct):
    """The value of DescribeTopicPartitionsRequest.Cursor."""

    __slots__ = (
        "topic_name",
        "partition_index",
    )
    FIELDS = (
        "TopicName string 0+",
        "PartitionIndex int32 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partition_index: int = 0,
    ) -> None:
        self.topic_name = topic_name
        self.partition_index = partition_index


class DescribeTopicPartitionsRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "topics",
        "response_partition_limit",
        "cursor",
    )
    API_KEY = 75
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Topics []TopicRequest 0+",
        "ResponsePartitionLimit int32 0+ = 2000",
        "Cursor DescribeTopicPartitionsRequestCursor 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        topics: list[TopicRequest] = DEFAULT,
        response_partition_limit: int = 2000,
        cursor: DescribeTopicPartitionsRequestCursor | None = None,
    ) -> None:
        # empty: all
        self.topics = [] if topics is DEFAULT else topics
        self.response_partition_limit = response_partition_limit
        self.cursor = cursor


class DescribeTopicPartitionsResponsePartition(Struct):
    """An element of DescribeTopicPartitionsResponse.Topics.Partitions."""

    __slots__ = (
        "error_code",
        "partition_index",
        "leader_id",
        "leader_epoch",
        "replica_nodes",
        "isr_nodes",
        "eligible_leader_replicas",
        "last_known_elr",
        "offline_replicas",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "PartitionIndex int32 0+",
        "LeaderId int32 0+",
        "LeaderEpoch int32 0+ ignorable = -1",
        "ReplicaNodes []int32 0+",
        "IsrNodes []int32 0+",
        "EligibleLeaderReplicas []int32 0+ nullable 0+ = null",
        "LastKnownElr []int32 0+ nullable 0+ = null",
        "OfflineReplicas []int32 0+ ignorable",
    )

    def __init__(
        self,
        error_code: int = 0,
        partition_index: int = 0,
        leader_id: int = 0,
        leader_epoch: int = -1,
        replica_nodes: list[int] = DEFAULT,
        isr_nodes: list[int] = DEFAULT,
        eligible_leader_replicas: list[int] | None = None,
        last_known_elr: list[int] | None = None,
        offline_replicas: list[int] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.partition_index = partition_index
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.replica_nodes = [] if replica_nodes is DEFAULT else replica_nodes
        self.isr_nodes = [] if isr_nodes is DEFAULT else isr_nodes
        self.eligible_leader_replicas = eligible_leader_replicas
        self.last_known_elr = last_known_elr
        self.offline_replicas = [] if offline_replicas is DEFAULT else offline_replicas


class DescribeTopicPartitionsResponseTopic(Struct):
    """An element of DescribeTopicPartitionsResponse.Topics."""

    __slots__ = (
        "error_code",
        "name",
        "topic_id",
        "is_internal",
        "partitions",
        "topic_authorized_operations",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "Name string 0+ nullable 0+",
        "TopicId uuid 0+ ignorable",
        "IsInternal bool 0+ ignorable",
        "Partitions []DescribeTopicPartitionsResponsePartition 0+",
        "TopicAuthorizedOperations int32 0+ = -2147483648",
    )

    def __init__(
        self,
        error_code: int = 0,
        name: str | None = "",
        topic_id: bytes = ZERO_UUID,
        is_internal: bool = False,
        partitions: list[DescribeTopicPartitionsResponsePartition] = DEFAULT,
        topic_authorized_operations: int = -2147483648,
    ) -> None:
        self.error_code = error_code
        self.name = name
        self.topic_id = topic_id
        self.is_internal = is_internal
        self.partitions = [] if partitions is DEFAULT else partitions
        # bits by AclOperation code; the minimum: not asked for
        self.topic_authorized_operations = topic_authorized_operations


class DescribeTopicPartitionsResponseCursor(Struct):
    """The value of DescribeTopicPartitionsResponse.NextCursor."""

    __slots__ = (
        "topic_name",
        "partition_index",
    )
    FIELDS = (
        "TopicName string 0+",
        "PartitionIndex int32 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partition_index: int = 0,
    ) -> None:
        self.topic_name = topic_name
        self.partition_index = partition_index


class DescribeTopicPartitionsResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "topics",
        "next_cursor",
    )
    API_KEY = 75
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+ ignorable",
        "Topics []DescribeTopicPartitionsResponseTopic 0+",
        "NextCursor DescribeTopicPartitionsResponseCursor 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[DescribeTopicPartitionsResponseTopic] = DEFAULT,
        next_cursor: DescribeTopicPartitionsResponseCursor | None = None,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is DEFAULT else topics
        # null: nothing is left
        self.next_cursor = next_cursor
