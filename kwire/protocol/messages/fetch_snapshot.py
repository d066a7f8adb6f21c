"""FetchSnapshot, API key 59.

Generated from protocol_specs/59_fetch_snapshot.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Records, Struct


class FetchSnapshotRequestSnapshotId(Struct):
    """The value of FetchSnapshotRequest.Topics.Partitions.SnapshotId."""

    __slots__ = (
        "end_offset",
        "epoch",
    )
    FIELDS = (
        "EndOffset int64 0+",
        "Epoch int32 0+",
    )

    def __init__(
        self,
        end_offset: int = 0,
        epoch: int = 0,
    ) -> None:
        self.end_offset = end_offset
        self.epoch = epoch


class FetchSnapshotRequestPartitionSnapshot(Struct):
    """An element of FetchSnapshotRequest.Topics.Partitions."""

    __slots__ = (
        "partition",
        "current_leader_epoch",
        "snapshot_id",
        "position",
        "replica_directory_id",
    )
    FIELDS = (
        "Partition int32 0+",
        "CurrentLeaderEpoch int32 0+",
        "SnapshotId FetchSnapshotRequestSnapshotId 0+",
        "Position int64 0+",
        "ReplicaDirectoryId uuid 1+ tag 0 ignorable",
    )

    def __init__(
        self,
        partition: int = 0,
        current_leader_epoch: int = 0,
        snapshot_id: FetchSnapshotRequestSnapshotId = DEFAULT,
        position: int = 0,
        replica_directory_id: bytes = ZERO_UUID,
    ) -> None:
        self.partition = partition
        self.current_leader_epoch = current_leader_epoch
        self.snapshot_id = FetchSnapshotRequestSnapshotId() if snapshot_id is DEFAULT else snapshot_id
        self.position = position
        self.replica_directory_id = replica_directory_id


class FetchSnapshotRequestTopicSnapshot(Struct):
    """An element of FetchSnapshotRequest.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []FetchSnapshotRequestPartitionSnapshot 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[FetchSnapshotRequestPartitionSnapshot] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class FetchSnapshotRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "cluster_id",
        "replica_id",
        "max_bytes",
        "topics",
    )
    API_KEY = 59
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ClusterId string 0+ nullable 0+ tag 0 = null",
        "ReplicaId int32 0+ = -1",
        "MaxBytes int32 0+ = 2147483647",
        "Topics []FetchSnapshotRequestTopicSnapshot 0+",
    )

    def __init__(
        self,
        cluster_id: str | None = None,
        replica_id: int = -1,
        max_bytes: int = 2147483647,
        topics: list[FetchSnapshotRequestTopicSnapshot] = DEFAULT,
    ) -> None:
        self.cluster_id = cluster_id
        self.replica_id = replica_id
        self.max_bytes = max_bytes
        self.topics = [] if topics is DEFAULT else topics


class FetchSnapshotResponseSnapshotId(Struct):
    """The value of FetchSnapshotResponse.Topics.Partitions.SnapshotId."""

    __slots__ = (
        "end_offset",
        "epoch",
    )
    FIELDS = (
        "EndOffset int64 0+",
        "Epoch int32 0+",
    )

    def __init__(
        self,
        end_offset: int = 0,
        epoch: int = 0,
    ) -> None:
        self.end_offset = end_offset
        self.epoch = epoch


class LeaderIdAndEpoch(Struct):
    """The value of FetchSnapshotResponse.Topics.Partitions.CurrentLeader."""

    __slots__ = (
        "leader_id",
        "leader_epoch",
    )
    FIELDS = (
        "LeaderId int32 0+",
        "LeaderEpoch int32 0+",
    )

    def __init__(
        self,
        leader_id: int = 0,
        leader_epoch: int = 0,
    ) -> None:
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch


class FetchSnapshotResponsePartitionSnapshot(Struct):
    """An element of FetchSnapshotResponse.Topics.Partitions."""

    __slots__ = (
        "index",
        "error_code",
        "snapshot_id",
        "current_leader",
        "size",
        "position",
        "unaligned_records",
    )
    FIELDS = (
        "Index int32 0+",
        "ErrorCode int16 0+",
        "SnapshotId FetchSnapshotResponseSnapshotId 0+",
        "CurrentLeader LeaderIdAndEpoch 0+ tag 0",
        "Size int64 0+",
        "Position int64 0+",
        "UnalignedRecords records 0+",
    )

    def __init__(
        self,
        index: int = 0,
        error_code: int = 0,
        snapshot_id: FetchSnapshotResponseSnapshotId = DEFAULT,
        current_leader: LeaderIdAndEpoch = DEFAULT,
        size: int = 0,
        position: int = 0,
        unaligned_records: Records | None = None,
    ) -> None:
        self.index = index
        self.error_code = error_code
        self.snapshot_id = FetchSnapshotResponseSnapshotId() if snapshot_id is DEFAULT else snapshot_id
        self.current_leader = LeaderIdAndEpoch() if current_leader is DEFAULT else current_leader
        self.size = size
        self.position = position
        self.unaligned_records = unaligned_records


class FetchSnapshotResponseTopicSnapshot(Struct):
    """An element of FetchSnapshotResponse.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []FetchSnapshotResponsePartitionSnapshot 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[FetchSnapshotResponsePartitionSnapshot] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class NodeEndpoint(Struct):
    """An element of FetchSnapshotResponse.NodeEndpoints."""

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


class FetchSnapshotResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "topics",
        "node_endpoints",
    )
    API_KEY = 59
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+ ignorable",
        "ErrorCode int16 0+",
        "Topics []FetchSnapshotResponseTopicSnapshot 0+",
        "NodeEndpoints []NodeEndpoint 1+ tag 0",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        topics: list[FetchSnapshotResponseTopicSnapshot] = DEFAULT,
        node_endpoints: list[NodeEndpoint] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.topics = [] if topics is DEFAULT else topics
        self.node_endpoints = [] if node_endpoints is DEFAULT else node_endpoints
