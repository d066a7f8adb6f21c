"""Metadata, API key 3.

Generated from protocol_specs/03_metadata.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class MetadataRequestTopic(Struct):
    """An element of MetadataRequest.Topics."""

    __slots__ = (
        "topic_id",
        "name",
    )
    FIELDS = (
        "TopicId uuid 10+ ignorable",
        "Name string 0+ nullable 10+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        name: str | None = "",
    ) -> None:
        self.topic_id = topic_id
        self.name = name


class MetadataRequest(Message):
    """Request, versions 0 to 13."""

    __slots__ = (
        "topics",
        "allow_auto_topic_creation",
        "include_cluster_authorized_operations",
        "include_topic_authorized_operations",
    )
    API_KEY = 3
    MIN_VERSION = 0
    MAX_VERSION = 13
    FLEXIBLE_VERSION = 9
    FIELDS = (
        "Topics []MetadataRequestTopic 0+ nullable 1+",
        "AllowAutoTopicCreation bool 4+ = true",
        "IncludeClusterAuthorizedOperations bool 8-10",
        "IncludeTopicAuthorizedOperations bool 8+",
    )

    def __init__(
        self,
        topics: list[MetadataRequestTopic] | None = DEFAULT,
        allow_auto_topic_creation: bool = True,
        include_cluster_authorized_operations: bool = False,
        include_topic_authorized_operations: bool = False,
    ) -> None:
        # null (v0: empty): all topics
        self.topics = [] if topics is DEFAULT else topics
        self.allow_auto_topic_creation = allow_auto_topic_creation
        self.include_cluster_authorized_operations = include_cluster_authorized_operations
        self.include_topic_authorized_operations = include_topic_authorized_operations


class MetadataResponseBroker(Struct):
    """An element of MetadataResponse.Brokers."""

    __slots__ = (
        "node_id",
        "host",
        "port",
        "rack",
    )
    FIELDS = (
        "NodeId int32 0+",
        "Host string 0+",
        "Port int32 0+",
        "Rack string 1+ nullable 1+ ignorable = null",
    )

    def __init__(
        self,
        node_id: int = 0,
        host: str = "",
        port: int = 0,
        rack: str | None = None,
    ) -> None:
        self.node_id = node_id
        self.host = host
        self.port = port
        self.rack = rack


class MetadataResponsePartition(Struct):
    """An element of MetadataResponse.Topics.Partitions."""

    __slots__ = (
        "error_code",
        "partition_index",
        "leader_id",
        "leader_epoch",
        "replica_nodes",
        "isr_nodes",
        "offline_replicas",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "PartitionIndex int32 0+",
        "LeaderId int32 0+",
        "LeaderEpoch int32 7+ ignorable = -1",
        "ReplicaNodes []int32 0+",
        "IsrNodes []int32 0+",
        "OfflineReplicas []int32 5+ ignorable",
    )

    def __init__(
        self,
        error_code: int = 0,
        partition_index: int = 0,
        leader_id: int = 0,
        leader_epoch: int = -1,
        replica_nodes: list[int] = DEFAULT,
        isr_nodes: list[int] = DEFAULT,
        offline_replicas: list[int] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.partition_index = partition_index
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.replica_nodes = [] if replica_nodes is DEFAULT else replica_nodes
        self.isr_nodes = [] if isr_nodes is DEFAULT else isr_nodes
        self.offline_replicas = [] if offline_replicas is DEFAULT else offline_replicas


class MetadataResponseTopic(Struct):
    """An element of MetadataResponse.Topics."""

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
        "Name string 0+ nullable 12+",
        "TopicId uuid 10+ ignorable",
        "IsInternal bool 1+ ignorable",
        "Partitions []MetadataResponsePartition 0+",
        "TopicAuthorizedOperations int32 8+ = -2147483648",
    )

    def __init__(
        self,
        error_code: int = 0,
        name: str | None = "",
        topic_id: bytes = ZERO_UUID,
        is_internal: bool = False,
        partitions: list[MetadataResponsePartition] = DEFAULT,
        topic_authorized_operations: int = -2147483648,
    ) -> None:
        self.error_code = error_code
        self.name = name
        self.topic_id = topic_id
        self.is_internal = is_internal
        self.partitions = [] if partitions is DEFAULT else partitions
        # bits by AclOperation code; the minimum: not asked for
        self.topic_authorized_operations = topic_authorized_operations


class MetadataResponse(Message):
    """Response, versions 0 to 13."""

    __slots__ = (
        "throttle_time_ms",
        "brokers",
        "cluster_id",
        "controller_id",
        "topics",
        "cluster_authorized_operations",
        "error_code",
    )
    API_KEY = 3
    MIN_VERSION = 0
    MAX_VERSION = 13
    FLEXIBLE_VERSION = 9
    FIELDS = (
        "ThrottleTimeMs int32 3+ ignorable",
        "Brokers []MetadataResponseBroker 0+",
        "ClusterId string 2+ nullable 2+ ignorable = null",
        "ControllerId int32 1+ ignorable = -1",
        "Topics []MetadataResponseTopic 0+",
        "ClusterAuthorizedOperations int32 8-10 = -2147483648",
        "ErrorCode int16 13+ ignorable",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        brokers: list[MetadataResponseBroker] = DEFAULT,
        cluster_id: str | None = None,
        controller_id: int = -1,
        topics: list[MetadataResponseTopic] = DEFAULT,
        cluster_authorized_operations: int = -2147483648,
        error_code: int = 0,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.brokers = [] if brokers is DEFAULT else brokers
        self.cluster_id = cluster_id
        # -1: unknown
        self.controller_id = controller_id
        self.topics = [] if topics is DEFAULT else topics
        # bits by AclOperation code; the minimum: not asked for
        self.cluster_authorized_operations = cluster_authorized_operations
        self.error_code = error_code
