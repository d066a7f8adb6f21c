"""AssignReplicasToDirs, API key 73.

Generated from protocol_specs/73_assign_replicas_to_dirs.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class AssignReplicasToDirsRequestPartitionData(Struct):
    """An element of AssignReplicasToDirsRequest.Directories.Topics.Partitions."""

    __slots__ = ("partition_index",)
    FIELDS = ("PartitionIndex int32 0+",)

    def __init__(
        self,
        partition_index: int = 0,
    ) -> None:
        self.partition_index = partition_index


class AssignReplicasToDirsRequestTopicData(Struct):
    """An element of AssignReplicasToDirsRequest.Directories.Topics."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []AssignReplicasToDirsRequestPartitionData 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[AssignReplicasToDirsRequestPartitionData] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class AssignReplicasToDirsRequestDirectoryData(Struct):
    """An element of AssignReplicasToDirsRequest.Directories."""

    __slots__ = (
        "id",
        "topics",
    )
    FIELDS = (
        "Id uuid 0+",
        "Topics []AssignReplicasToDirsRequestTopicData 0+",
    )

    def __init__(
        self,
        id: bytes = ZERO_UUID,
        topics: list[AssignReplicasToDirsRequestTopicData] = DEFAULT,
    ) -> None:
        self.id = id
        self.topics = [] if topics is DEFAULT else topics


class AssignReplicasToDirsRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "broker_id",
        "broker_epoch",
        "directories",
    )
    API_KEY = 73
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "BrokerId int32 0+",
        "BrokerEpoch int64 0+ = -1",
        "Directories []AssignReplicasToDirsRequestDirectoryData 0+",
    )

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
        directories: list[AssignReplicasToDirsRequestDirectoryData] = DEFAULT,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch
        self.directories = [] if directories is DEFAULT else directories


class AssignReplicasToDirsResponsePartitionData(Struct):
    """An element of AssignReplicasToDirsResponse.Directories.Topics.Partitions."""

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


class AssignReplicasToDirsResponseTopicData(Struct):
    """An element of AssignReplicasToDirsResponse.Directories.Topics."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []AssignReplicasToDirsResponsePartitionData 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[AssignReplicasToDirsResponsePartitionData] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class AssignReplicasToDirsResponseDirectoryData(Struct):
    """An element of AssignReplicasToDirsResponse.Directories."""

    __slots__ = (
        "id",
        "topics",
    )
    FIELDS = (
        "Id uuid 0+",
        "Topics []AssignReplicasToDirsResponseTopicData 0+",
    )

    def __init__(
        self,
        id: bytes = ZERO_UUID,
        topics: list[AssignReplicasToDirsResponseTopicData] = DEFAULT,
    ) -> None:
        self.id = id
        self.topics = [] if topics is DEFAULT else topics


class AssignReplicasToDirsResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "directories",
    )
    API_KEY = 73
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "Directories []AssignReplicasToDirsResponseDirectoryData 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        directories: list[AssignReplicasToDirsResponseDirectoryData] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.directories = [] if directories is DEFAULT else directories
