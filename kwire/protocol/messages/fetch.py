"""Fetch, API key 1.

Generated from protocol_specs/01_fetch.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Records, Struct


class ReplicaState(Struct):
    """The value of FetchRequest.ReplicaState."""

    __slots__ = (
        "replica_id",
        "replica_epoch",
    )
    FIELDS = (
        "ReplicaId int32 15+ = -1",
        "ReplicaEpoch int64 15+ = -1",
    )

    def __init__(
        self,
        replica_id: int = -1,
        replica_epoch: int = -1,
    ) -> None:
        self.replica_id = replica_id
        self.replica_epoch = replica_epoch


class FetchPartition(Struct):
    """An element of FetchRequest.Topics.Partitions."""

    __slots__ = (
        "partition",
        "current_leader_epoch",
        "fetch_offset",
        "last_fetched_epoch",
        "log_start_offset",
        "partition_max_bytes",
        "replica_directory_id",
        "high_watermark",
    )
    FIELDS = (
        "Partition int32 0+",
        "CurrentLeaderEpoch int32 9+ ignorable = -1",
        "FetchOffset int64 0+",
        "LastFetchedEpoch int32 12+ = -1",
        "LogStartOffset int64 5+ ignorable = -1",
        "PartitionMaxBytes int32 0+",
        "ReplicaDirectoryId uuid 17+ tag 0 ignorable",
        "HighWatermark int64 18+ tag 1 ignorable = 9223372036854775807",
    )

    def __init__(
        self,
        partition: int = 0,
        current_leader_epoch: int = -1,
        fetch_offset: int = 0,
        last_fetched_epoch: int = -1,
        log_start_offset: int = -1,
        partition_max_bytes: int = 0,
        replica_directory_id: bytes = ZERO_UUID,
        high_watermark: int = 9223372036854775807,
    ) -> None:
        self.partition = partition
        # -1: not checked
        self.current_leader_epoch = current_leader_epoch
        self.fetch_offset = fetch_offset
        # -1: no check for divergence
        self.last_fetched_epoch = last_fetched_epoch
        # of a follower, -1 from a client
        self.log_start_offset = log_start_offset
        self.partition_max_bytes = partition_max_bytes
        self.replica_directory_id = replica_directory_id
        self.high_watermark = high_watermark


class FetchTopic(Struct):
    """An element of FetchRequest.Topics."""

    __slots__ = (
        "topic",
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "Topic string 0-12 ignorable",
        "TopicId uuid 13+ ignorable",
        "Partitions []FetchPartition 0+",
    )

    def __init__(
        self,
        topic: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[FetchPartition] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class ForgottenTopic(Struct):
    """An element of FetchRequest.ForgottenTopicsData."""

    __slots__ = (
        "topic",
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "Topic string 7-12 ignorable",
        "TopicId uuid 13+ ignorable",
        "Partitions []int32 7+",
    )

    def __init__(
        self,
        topic: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class FetchRequest(Message):
    """Request, versions 4 to 18."""

    __slots__ = (
        "cluster_id",
        "replica_id",
        "replica_state",
        "max_wait_ms",
        "min_bytes",
        "max_bytes",
        "isolation_level",
        "session_id",
        "session_epoch",
        "topics",
        "forgotten_topics_data",
        "rack_id",
    )
    API_KEY = 1
    MIN_VERSION = 4
    MAX_VERSION = 18
    FLEXIBLE_VERSION = 12
    FIELDS = (
        "ClusterId string 12+ nullable 12+ tag 0 ignorable = null",
        "ReplicaId int32 0-14 = -1",
        "ReplicaState ReplicaState 15+ tag 1",
        "MaxWaitMs int32 0+",
        "MinBytes int32 0+",
        "MaxBytes int32 3+ ignorable = 2147483647",
        "IsolationLevel int8 4+ ignorable",
        "SessionId int32 7+ ignorable",
        "SessionEpoch int32 7+ ignorable = -1",
        "Topics []FetchTopic 0+",
        "ForgottenTopicsData []ForgottenTopic 7+",
        "RackId string 11+ ignorable",
    )

    def __init__(
        self,
        cluster_id: str | None = None,
        replica_id: int = -1,
        replica_state: ReplicaState = DEFAULT,
        max_wait_ms: int = 0,
        min_bytes: int = 0,
        max_bytes: int = 2147483647,
        isolation_level: int = 0,
        session_id: int = 0,
        session_epoch: int = -1,
        topics: list[FetchTopic] = DEFAULT,
        forgotten_topics_data: list[ForgottenTopic] = DEFAULT,
        rack_id: str = "",
    ) -> None:
        self.cluster_id = cluster_id
        # -1: a client
        self.replica_id = replica_id
        self.replica_state = ReplicaState() if replica_state is DEFAULT else replica_state
        self.max_wait_ms = max_wait_ms
        self.min_bytes = min_bytes
        # of the whole reply; the first batch is sent even if longer
        self.max_bytes = max_bytes
        # 0: read uncommitted, 1: read committed
        self.isolation_level = isolation_level
        # 0: no session, or a new one
        self.session_id = session_id
        # 0: a new session, -1: none, or the end of this one
        self.session_epoch = session_epoch
        self.topics = [] if topics is DEFAULT else topics
        self.forgotten_topics_data = [] if forgotten_topics_data is DEFAULT else forgotten_topics_data
        self.rack_id = rack_id


class EpochEndOffset(Struct):
    """The value of FetchResponse.Responses.Partitions.DivergingEpoch."""

    __slots__ = (
        "epoch",
        "end_offset",
    )
    FIELDS = (
        "Epoch int32 12+ = -1",
        "EndOffset int64 12+ = -1",
    )

    def __init__(
        self,
        epoch: int = -1,
        end_offset: int = -1,
    ) -> None:
        self.epoch = epoch
        self.end_offset = end_offset


class LeaderIdAndEpoch(Struct):
    """The value of FetchResponse.Responses.Partitions.CurrentLeader."""

    __slots__ = (
        "leader_id",
        "leader_epoch",
    )
    FIELDS = (
        "LeaderId int32 12+ = -1",
        "LeaderEpoch int32 12+ = -1",
    )

    def __init__(
        self,
        leader_id: int = -1,
        leader_epoch: int = -1,
    ) -> None:
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch


class SnapshotId(Struct):
    """The value of FetchResponse.Responses.Partitions.SnapshotId."""

    __slots__ = (
        "end_offset",
        "epoch",
    )
    FIELDS = (
        "EndOffset int64 0+ = -1",
        "Epoch int32 0+ = -1",
    )

    def __init__(
        self,
        end_offset: int = -1,
        epoch: int = -1,
    ) -> None:
        self.end_offset = end_offset
        self.epoch = epoch


class AbortedTransaction(Struct):
    """An element of FetchResponse.Responses.Partitions.AbortedTransactions."""

    __slots__ = (
        "producer_id",
        "first_offset",
    )
    FIELDS = (
        "ProducerId int64 4+",
        "FirstOffset int64 4+",
    )

    def __init__(
        self,
        producer_id: int = 0,
        first_offset: int = 0,
    ) -> None:
        self.producer_id = producer_id
        self.first_offset = first_offset


class PartitionData(Struct):
    """An element of FetchResponse.Responses.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "high_watermark",
        "last_stable_offset",
        "log_start_offset",
        "diverging_epoch",
        "current_leader",
        "snapshot_id",
        "aborted_transactions",
        "preferred_read_replica",
        "records",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "HighWatermark int64 0+",
        "LastStableOffset int64 4+ ignorable = -1",
        "LogStartOffset int64 5+ ignorable = -1",
        "DivergingEpoch EpochEndOffset 12+ tag 0",
        "CurrentLeader LeaderIdAndEpoch 12+ tag 1",
        "SnapshotId SnapshotId 12+ tag 2",
        "AbortedTransactions []AbortedTransaction 4+ nullable 4+ ignorable",
        "PreferredReadReplica int32 11+ = -1",
        "Records records 0+ nullable 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        high_watermark: int = 0,
        last_stable_offset: int = -1,
        log_start_offset: int = -1,
        diverging_epoch: EpochEndOffset = DEFAULT,
        current_leader: LeaderIdAndEpoch = DEFAULT,
        snapshot_id: SnapshotId = DEFAULT,
        aborted_transactions: list[AbortedTransaction] | None = DEFAULT,
        preferred_read_replica: int = -1,
        records: Records | None = None,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.high_watermark = high_watermark
        self.last_stable_offset = last_stable_offset
        self.log_start_offset = log_start_offset
        # where the fetched log parts from the leader's
        self.diverging_epoch = EpochEndOffset() if diverging_epoch is DEFAULT else diverging_epoch
        self.current_leader = LeaderIdAndEpoch() if current_leader is DEFAULT else current_leader
        self.snapshot_id = SnapshotId() if snapshot_id is DEFAULT else snapshot_id
        self.aborted_transactions = [] if aborted_transactions is DEFAULT else aborted_transactions
        # -1: read from the leader
        self.preferred_read_replica = preferred_read_replica
        self.records = records


class FetchableTopicResponse(Struct):
    """An element of FetchResponse.Responses."""

    __slots__ = (
        "topic",
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "Topic string 0-12 ignorable",
        "TopicId uuid 13+ ignorable",
        "Partitions []PartitionData 0+",
    )

    def __init__(
        self,
        topic: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[PartitionData] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class NodeEndpoint(Struct):
    """An element of FetchResponse.NodeEndpoints."""

    __slots__ = (
        "node_id",
        "host",
        "port",
        "rack",
    )
    FIELDS = (
        "NodeId int32 16+",
        "Host string 16+",
        "Port int32 16+",
        "Rack string 16+ nullable 16+ = null",
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


class FetchResponse(Message):
    """Response, versions 4 to 18."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "session_id",
        "responses",
        "node_endpoints",
    )
    API_KEY = 1
    MIN_VERSION = 4
    MAX_VERSION = 18
    FLEXIBLE_VERSION = 12
    FIELDS = (
        "ThrottleTimeMs int32 1+ ignorable",
        "ErrorCode int16 7+ ignorable",
        "SessionId int32 7+",
        "Responses []FetchableTopicResponse 0+",
        "NodeEndpoints []NodeEndpoint 16+ tag 0",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        session_id: int = 0,
        responses: list[FetchableTopicResponse] = DEFAULT,
        node_endpoints: list[NodeEndpoint] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.session_id = session_id
        self.responses = [] if responses is DEFAULT else responses
        # of the current leaders that the rows name
        self.node_endpoints = [] if node_endpoints is DEFAULT else node_endpoints
