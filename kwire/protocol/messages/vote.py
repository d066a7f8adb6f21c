"""Vote, API key 52.

Generated from protocol_specs/52_vote.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class VoteRequestPartitionData(Struct):
    """An element of VoteRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "replica_epoch",
        "replica_id",
        "replica_directory_id",
        "voter_directory_id",
        "last_offset_epoch",
        "last_offset",
        "pre_vote",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ReplicaEpoch int32 0+",
        "ReplicaId int32 0+",
        "ReplicaDirectoryId uuid 1+ ignorable",
        "VoterDirectoryId uuid 1+ ignorable",
        "LastOffsetEpoch int32 0+",
        "LastOffset int64 0+",
        "PreVote bool 2+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        replica_epoch: int = 0,
        replica_id: int = 0,
        replica_directory_id: bytes = ZERO_UUID,
        voter_directory_id: bytes = ZERO_UUID,
        last_offset_epoch: int = 0,
        last_offset: int = 0,
        pre_vote: bool = False,
    ) -> None:
        self.partition_index = partition_index
        self.replica_epoch = replica_epoch
        self.replica_id = replica_id
        self.replica_directory_id = replica_directory_id
        self.voter_directory_id = voter_directory_id
        self.last_offset_epoch = last_offset_epoch
        self.last_offset = last_offset
        self.pre_vote = pre_vote


class VoteRequestTopicData(Struct):
    """An element of VoteRequest.Topics."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []VoteRequestPartitionData 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[VoteRequestPartitionData] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class VoteRequest(Message):
    """Request, versions 0 to 2."""

    __slots__ = (
        "cluster_id",
        "voter_id",
        "topics",
    )
    API_KEY = 52
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ClusterId string 0+ nullable 0+ = null",
        "VoterId int32 1+ ignorable = -1",
        "Topics []VoteRequestTopicData 0+",
    )

    def __init__(
        self,
        cluster_id: str | None = None,
        voter_id: int = -1,
        topics: list[VoteRequestTopicData] = DEFAULT,
    ) -> None:
        self.cluster_id = cluster_id
        self.voter_id = voter_id
        self.topics = [] if topics is DEFAULT else topics


class VoteResponsePartitionData(Struct):
    """An element of VoteResponse.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "leader_id",
        "leader_epoch",
        "vote_granted",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "LeaderId int32 0+",
        "LeaderEpoch int32 0+",
        "VoteGranted bool 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        leader_id: int = 0,
        leader_epoch: int = 0,
        vote_granted: bool = False,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.vote_granted = vote_granted


class VoteResponseTopicData(Struct):
    """An element of VoteResponse.Topics."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []VoteResponsePartitionData 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[VoteResponsePartitionData] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class NodeEndpoint(Struct):
    """An element of VoteResponse.NodeEndpoints."""

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


class VoteResponse(Message):
    """Response, versions 0 to 2."""

    __slots__ = (
        "error_code",
        "topics",
        "node_endpoints",
    )
    API_KEY = 52
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ErrorCode int16 0+",
        "Topics []VoteResponseTopicData 0+",
        "NodeEndpoints []NodeEndpoint 1+ tag 0",
    )

    def __init__(
        self,
        error_code: int = 0,
        topics: list[VoteResponseTopicData] = DEFAULT,
        node_endpoints: list[NodeEndpoint] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.topics = [] if topics is DEFAULT else topics
        self.node_endpoints = [] if node_endpoints is DEFAULT else node_endpoints
