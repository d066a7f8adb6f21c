"""DescribeQuorum, API key 55.

Generated from protocol_specs/55_describe_quorum.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class DescribeQuorumRequestPartitionData(Struct):
    """An element of DescribeQuorumRequest.Topics.Partitions."""

    __slots__ = ("partition_index",)
    FIELDS = ("PartitionIndex int32 0+",)

    def __init__(
        self,
        partition_index: int = 0,
    ) -> None:
        self.partition_index = partition_index


class DescribeQuorumRequestTopicData(Struct):
    """An element of DescribeQuorumRequest.Topics."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []DescribeQuorumRequestPartitionData 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[DescribeQuorumRequestPartitionData] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class DescribeQuorumRequest(Message):
    """Request, versions 0 to 2."""

    __slots__ = ("topics",)
    API_KEY = 55
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = ("Topics []DescribeQuorumRequestTopicData 0+",)

    def __init__(
        self,
        topics: list[DescribeQuorumRequestTopicData] = DEFAULT,
    ) -> None:
        self.topics = [] if topics is DEFAULT else topics


class ReplicaState(Struct):
    """Shared by the structs of DescribeQuorumResponse."""

    __slots__ = (
        "replica_id",
        "replica_directory_id",
        "log_end_offset",
        "last_fetch_timestamp",
        "last_caught_up_timestamp",
    )
    FIELDS = (
        "ReplicaId int32 0+",
        "ReplicaDirectoryId uuid 2+",
        "LogEndOffset int64 0+",
        "LastFetchTimestamp int64 1+ ignorable = -1",
        "LastCaughtUpTimestamp int64 1+ ignorable = -1",
    )

    def __init__(
        self,
        replica_id: int = 0,
        replica_directory_id: bytes = ZERO_UUID,
        log_end_offset: int = 0,
        last_fetch_timestamp: int = -1,
        last_caught_up_timestamp: int = -1,
    ) -> None:
        self.replica_id = replica_id
        self.replica_directory_id = replica_directory_id
        self.log_end_offset = log_end_offset
        self.last_fetch_timestamp = last_fetch_timestamp
        self.last_caught_up_timestamp = last_caught_up_timestamp


class DescribeQuorumResponsePartitionData(Struct):
    """An element of DescribeQuorumResponse.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "error_message",
        "leader_id",
        "leader_epoch",
        "high_watermark",
        "current_voters",
        "observers",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 2+ nullable 2+ ignorable",
        "LeaderId int32 0+",
        "LeaderEpoch int32 0+",
        "HighWatermark int64 0+",
        "CurrentVoters []ReplicaState 0+",
        "Observers []ReplicaState 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        leader_id: int = 0,
        leader_epoch: int = 0,
        high_watermark: int = 0,
        current_voters: list[ReplicaState] = DEFAULT,
        observers: list[ReplicaState] = DEFAULT,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.error_message = error_message
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.high_watermark = high_watermark
        self.current_voters = [] if current_voters is DEFAULT else current_voters
        self.observers = [] if observers is DEFAULT else observers


class DescribeQuorumResponseTopicData(Struct):
    """An element of DescribeQuorumResponse.Topics."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []DescribeQuorumResponsePartitionData 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[DescribeQuorumResponsePartitionData] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class Listener(Struct):
    """An element of DescribeQuorumResponse.Nodes.Listeners."""

    __slots__ = (
        "name",
        "host",
        "port",
    )
    FIELDS = (
        "Name string 2+",
        "Host string 2+",
        "Port uint16 2+",
    )

    def __init__(
        self,
        name: str = "",
        host: str = "",
        port: int = 0,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port


class Node(Struct):
    """An element of DescribeQuorumResponse.Nodes."""

    __slots__ = (
        "node_id",
        "listeners",
    )
    FIELDS = (
        "NodeId int32 2+",
        "Listeners []Listener 2+",
    )

    def __init__(
        self,
        node_id: int = 0,
        listeners: list[Listener] = DEFAULT,
    ) -> None:
        self.node_id = node_id
        self.listeners = [] if listeners is DEFAULT else listeners


class DescribeQuorumResponse(Message):
    """Response, versions 0 to 2."""

    __slots__ = (
        "error_code",
        "error_message",
        "topics",
        "nodes",
    )
    API_KEY = 55
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 2+ nullable 2+ ignorable",
        "Topics []DescribeQuorumResponseTopicData 0+",
        "Nodes []Node 2+",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        topics: list[DescribeQuorumResponseTopicData] = DEFAULT,
        nodes: list[Node] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.topics = [] if topics is DEFAULT else topics
        self.nodes = [] if nodes is DEFAULT else nodes
