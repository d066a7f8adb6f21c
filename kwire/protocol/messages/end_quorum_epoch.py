"""EndQuorumEpoch, API key 54.

Generated from protocol_specs/54_end_quorum_epoch.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class ReplicaInfo(Struct):
    """An element of EndQuorumEpochRequest.Topics.Partitions.PreferredCandidates."""

    __slots__ = (
        "candidate_id",
        "candidate_directory_id",
    )
    FIELDS = (
        "CandidateId int32 1+",
        "CandidateDirectoryId uuid 1+",
    )

    def __init__(
        self,
        candidate_id: int = 0,
        candidate_directory_id: bytes = ZERO_UUID,
    ) -> None:
        self.candidate_id = candidate_id
        self.candidate_directory_id = candidate_directory_id


class EndQuorumEpochRequestPartitionData(Struct):
    """An element of EndQuorumEpochRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "leader_id",
        "leader_epoch",
        "preferred_successors",
        "preferred_candidates",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "LeaderId int32 0+",
        "LeaderEpoch int32 0+",
        "PreferredSuccessors []int32 0 ignorable",
        "PreferredCandidates []ReplicaInfo 1+ ignorable",
    )

    def __init__(
        self,
        partition_index: int = 0,
        leader_id: int = 0,
        leader_epoch: int = 0,
        preferred_successors: list[int] = DEFAULT,
        preferred_candidates: list[ReplicaInfo] = DEFAULT,
    ) -> None:
        self.partition_index = partition_index
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.preferred_successors = [] if preferred_successors is DEFAULT else preferred_successors
        self.preferred_candidates = [] if preferred_candidates is DEFAULT else preferred_candidates


class EndQuorumEpochRequestTopicData(Struct):
    """An element of EndQuorumEpochRequest.Topics."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []EndQuorumEpochRequestPartitionData 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[EndQuorumEpochRequestPartitionData] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class LeaderEndpoint(Struct):
    """An element of EndQuorumEpochRequest.LeaderEndpoints."""

    __slots__ = (
        "name",
        "host",
        "port",
    )
    FIELDS = (
        "Name string 1+",
        "Host string 1+",
        "Port uint16 1+",
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


class EndQuorumEpochRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "cluster_id",
        "topics",
        "leader_endpoints",
    )
    API_KEY = 54
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
    FIELDS = (
        "ClusterId string 0+ nullable 0+ = null",
        "Topics []EndQuorumEpochRequestTopicData 0+",
        "LeaderEndpoints []LeaderEndpoint 1+ ignorable",
    )

    def __init__(
        self,
        cluster_id: str | None = None,
        topics: list[EndQuorumEpochRequestTopicData] = DEFAULT,
        leader_endpoints: list[LeaderEndpoint] = DEFAULT,
    ) -> None:
        self.cluster_id = cluster_id
        self.topics = [] if topics is DEFAULT else topics
        self.leader_endpoints = [] if leader_endpoints is DEFAULT else leader_endpoints


class EndQuorumEpochResponsePartitionData(Struct):
    """An element of EndQuorumEpochResponse.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "leader_id",
        "leader_epoch",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "LeaderId int32 0+",
        "LeaderEpoch int32 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        leader_id: int = 0,
        leader_epoch: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch


class EndQuorumEpochResponseTopicData(Struct):
    """An element of EndQuorumEpochResponse.Topics."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []EndQuorumEpochResponsePartitionData 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[EndQuorumEpochResponsePartitionData] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class NodeEndpoint(Struct):
    """An element of EndQuorumEpochResponse.NodeEndpoints."""

    __slots__ = (
        "node_id",
        "host",
        "port",
    )
    FIELDS = (
        "NodeId int32 1+",
        "Host string 1+",
        "Port uint16 1+",
    )

    def __init__(
        self,
        node_id: int = 0,
        host: str = "",
        port: int = 0,
    ) -> None:
        self.node_id = node_id
        self.host = host
        self.port = port


class EndQuorumEpochResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "error_code",
        "topics",
        "node_endpoints",
    )
    API_KEY = 54
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
    FIELDS = (
        "ErrorCode int16 0+",
        "Topics []EndQuorumEpochResponseTopicData 0+",
        "NodeEndpoints []NodeEndpoint 1+ tag 0",
    )

    def __init__(
        self,
        error_code: int = 0,
        topics: list[EndQuorumEpochResponseTopicData] = DEFAULT,
        node_endpoints: list[NodeEndpoint] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.topics = [] if topics is DEFAULT else topics
        self.node_endpoints = [] if node_endpoints is DEFAULT else node_endpoints
