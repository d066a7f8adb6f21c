"""AlterReplicaLogDirs, API key 34.

Generated from protocol_specs/34_alter_replica_log_dirs.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class AlterReplicaLogDirTopic(Struct):
    """An element of AlterReplicaLogDirsRequest.Dirs.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class AlterReplicaLogDir(Struct):
    """An element of AlterReplicaLogDirsRequest.Dirs."""

    __slots__ = (
        "path",
        "topics",
    )
    FIELDS = (
        "Path string 0+",
        "Topics []AlterReplicaLogDirTopic 0+",
    )

    def __init__(
        self,
        path: str = "",
        topics: list[AlterReplicaLogDirTopic] = DEFAULT,
    ) -> None:
        self.path = path
        self.topics = [] if topics is DEFAULT else topics


class AlterReplicaLogDirsRequest(Message):
    """Request, versions 1 to 2."""

    __slots__ = ("dirs",)
    API_KEY = 34
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = ("Dirs []AlterReplicaLogDir 0+",)

    def __init__(
        self,
        dirs: list[AlterReplicaLogDir] = DEFAULT,
    ) -> None:
        self.dirs = [] if dirs is DEFAULT else dirs


class AlterReplicaLogDirPartitionResult(Struct):
    """An element of AlterReplicaLogDirsResponse.Results.Partitions."""

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


class AlterReplicaLogDirTopicResult(Struct):
    """An element of AlterReplicaLogDirsResponse.Results."""

    __slots__ = (
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicName string 0+",
        "Partitions []AlterReplicaLogDirPartitionResult 0+",
    )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[AlterReplicaLogDirPartitionResult] = DEFAULT,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class AlterReplicaLogDirsResponse(Message):
    """Response, versions 1 to 2."""

    __slots__ = (
        "throttle_time_ms",
        "results",
    )
    API_KEY = 34
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Results []AlterReplicaLogDirTopicResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        results: list[AlterReplicaLogDirTopicResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.results = [] if results is DEFAULT else results
