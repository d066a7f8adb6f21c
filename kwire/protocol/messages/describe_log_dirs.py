"""DescribeLogDirs, API key 35.

Generated from protocol_specs/35_describe_log_dirs.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class DescribableLogDirTopic(Struct):
    """An element of DescribeLogDirsRequest.Topics."""

    __slots__ = (
        "topic",
        "partitions",
    )
    FIELDS = (
        "Topic string 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        topic: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.partitions = [] if partitions is DEFAULT else partitions


class DescribeLogDirsRequest(Message):
    """Request, versions 1 to 5."""

    __slots__ = ("topics",)
    API_KEY = 35
    MIN_VERSION = 1
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 2
    FIELDS = ("Topics []DescribableLogDirTopic 0+ nullable 0+",)

    def __init__(
        self,
        topics: list[DescribableLogDirTopic] | None = DEFAULT,
    ) -> None:
        # null: all
        self.topics = [] if topics is DEFAULT else topics


class DescribeLogDirsPartition(Struct):
    """An element of DescribeLogDirsResponse.Results.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "partition_size",
        "offset_lag",
        "is_future_key",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "PartitionSize int64 0+",
        "OffsetLag int64 0+",
        "IsFutureKey bool 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        partition_size: int = 0,
        offset_lag: int = 0,
        is_future_key: bool = False,
    ) -> None:
        self.partition_index = partition_index
        self.partition_size = partition_size
        # log end minus high watermark; of a future replica: the current log end minus its own
        self.offset_lag = offset_lag
        self.is_future_key = is_future_key


class DescribeLogDirsTopic(Struct):
    """An element of DescribeLogDirsResponse.Results.Topics."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []DescribeLogDirsPartition 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[DescribeLogDirsPartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class DescribeLogDirsResult(Struct):
    """An element of DescribeLogDirsResponse.Results."""

    __slots__ = (
        "error_code",
        "log_dir",
        "topics",
        "total_bytes",
        "usable_bytes",
        "is_cordoned",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "LogDir string 0+",
        "Topics []DescribeLogDirsTopic 0+",
        "TotalBytes int64 4+ ignorable = -1",
        "UsableBytes int64 4+ ignorable = -1",
        "IsCordoned bool 5+ ignorable",
    )

    def __init__(
        self,
        error_code: int = 0,
        log_dir: str = "",
        topics: list[DescribeLogDirsTopic] = DEFAULT,
        total_bytes: int = -1,
        usable_bytes: int = -1,
        is_cordoned: bool = False,
    ) -> None:
        self.error_code = error_code
        # absolute path
        self.log_dir = log_dir
        self.topics = [] if topics is DEFAULT else topics
        # of the volume, -1: unknown
        self.total_bytes = total_bytes
        # of the volume, -1: unknown
        self.usable_bytes = usable_bytes
        self.is_cordoned = is_cordoned


class DescribeLogDirsResponse(Message):
    """Response, versions 1 to 5."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "results",
    )
    API_KEY = 35
    MIN_VERSION = 1
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 3+ ignorable",
        "Results []DescribeLogDirsResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        results: list[DescribeLogDirsResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.results = [] if results is DEFAULT else results
