"""BeginQuorumEpoch, API key 53.

Generated from protocol_specs/53_begin_quorum_epoch.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class BeginQuorumEpochRequestPartitionData(Struct):
    """An element of BeginQuorumEpochRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "voter_directory_id",
        "leader_id",
        "leader_epoch",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "VoterDirectoryId uuid 1+ ignorable",
        "LeaderId int32 0+",
        "LeaderEpoch int32 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        voter_directory_id: bytes = ZERO_UUID,
        leader_id: int = 0,
        leader_epoch: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.voter_directory_id = voter_directory_id
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch


class BeginQuorumEpochRequestTopicData(Struct):
    """An element of BeginQuorumEpochRequest.Topics."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []BeginQuorumEpochRequestPartitionData 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[BeginQuorumEpochRequestPartitionData] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class LeaderEndpoint(Struct):
    """An element of BeginQuorumEpochRequest.LeaderEndpoints."""

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


class BeginQuorumEpochRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "cluster_id",
        "voter_id",
        "topics",
        "leader_endpoints",
    )
    API_KEY = 53
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
    FIELDS = (
        "ClusterId string 0+ nullable 0+ = null",
        "VoterId int32 1+ ignorable = -1",
        "Topics []BeginQuorumEpochRequestTopicData 0+",
        "LeaderEndpoints []LeaderEndpoint 1+ ignorable",
    )

    def __init__(
        self,
        cluster_id: str | None = None,
        voter_id: int = -1,
        topics: list[BeginQuorumEpochRequestTopicData] = DEFAULT,
        leader_endpoints: list[LeaderEndpoint] = DEFAULT,
    ) -> None:
        self.cluster_id = cluster_id
        self.voter_id = voter_id
        self.topics = [] if topics is DEFAULT else topics
        self.leader_endpoints = [] if leader_endpoints is DEFAULT else leader_endpoints


class BeginQuorumEpochResponsePartitionData(Struct):
    """An element of BeginQuorumEpochResponse.Topics.Partitions."""

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


class BeginQuorumEpochResponseTopicData(Struct):
    """An element of BeginQuorumEpochResponse.Topics."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []BeginQuorumEpochResponsePartitionData 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[BeginQuorumEpochResponsePartitionData] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class NodeEndpoint(Struct):
    """An element of BeginQuorumEpochResponse.NodeEndpoints."""

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


class BeginQuorumEpochResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "error_code",
        "topics",
        "node_endpoints",
    )
    API_KEY = 53
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
    FIELDS = (
        "ErrorCode int16 0+",
        "Topics []BeginQuorumEpochResponseTopicData 0+",
        "NodeEndpoints []NodeEndpoint 1+ tag 0",
    )

    def __init__(
        self,
        error_code: int = 0,
        topics: list[BeginQuorumEpochResponseTopicData] = DEFAULT,
        node_endpoints: list[NodeEndpoint] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.topics = [] if topics is DEFAULT else topics
        self.node_endpoints = [] if node_endpoints is DEFAULT else node_endpoints
