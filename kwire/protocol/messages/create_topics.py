"""CreateTopics, API key 19.

Generated from protocol_specs/19_create_topics.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class CreatableReplicaAssignment(Struct):
    """An element of CreateTopicsRequest.Topics.Assignments."""

    __slots__ = (
        "partition_index",
        "broker_ids",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "BrokerIds []int32 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        broker_ids: list[int] = DEFAULT,
    ) -> None:
        self.partition_index = partition_index
        self.broker_ids = [] if broker_ids is DEFAULT else broker_ids


class CreatableTopicConfig(Struct):
    """An element of CreateTopicsRequest.Topics.Configs."""

    __slots__ = (
        "name",
        "value",
    )
    FIELDS = (
        "Name string 0+",
        "Value string 0+ nullable 0+",
    )

    def __init__(
        self,
        name: str = "",
        value: str | None = "",
    ) -> None:
        self.name = name
        self.value = value


class CreatableTopic(Struct):
    """An element of CreateTopicsRequest.Topics."""

    __slots__ = (
        "name",
        "num_partitions",
        "replication_factor",
        "assignments",
        "configs",
    )
    FIELDS = (
        "Name string 0+",
        "NumPartitions int32 0+",
        "ReplicationFactor int16 0+",
        "Assignments []CreatableReplicaAssignment 0+",
        "Configs []CreatableTopicConfig 0+",
    )

    def __init__(
        self,
        name: str = "",
        num_partitions: int = 0,
        replication_factor: int = 0,
        assignments: list[CreatableReplicaAssignment] = DEFAULT,
        configs: list[CreatableTopicConfig] = DEFAULT,
    ) -> None:
        self.name = name
        # -1: the broker's default, or as many as assigned
        self.num_partitions = num_partitions
        # -1: the broker's default, or as many as assigned
        self.replication_factor = replication_factor
        self.assignments = [] if assignments is DEFAULT else assignments
        self.configs = [] if configs is DEFAULT else configs


class CreateTopicsRequest(Message):
    """Request, versions 2 to 7."""

    __slots__ = (
        "topics",
        "timeout_ms",
        "validate_only",
    )
    API_KEY = 19
    MIN_VERSION = 2
    MAX_VERSION = 7
    FLEXIBLE_VERSION = 5
    FIELDS = (
        "Topics []CreatableTopic 0+",
        "timeoutMs int32 0+ = 60000",
        "validateOnly bool 1+",
    )

    def __init__(
        self,
        topics: list[CreatableTopic] = DEFAULT,
        timeout_ms: int = 60000,
        validate_only: bool = False,
    ) -> None:
        self.topics = [] if topics is DEFAULT else topics
        self.timeout_ms = timeout_ms
        self.validate_only = validate_only


class CreatableTopicConfigs(Struct):
    """An element of CreateTopicsResponse.Topics.Configs."""

    __slots__ = (
        "name",
        "value",
        "read_only",
        "config_source",
        "is_sensitive",
    )
    FIELDS = (
        "Name string 5+",
        "Value string 5+ nullable 5+",
        "ReadOnly bool 5+",
        "ConfigSource int8 5+ ignorable = -1",
        "IsSensitive bool 5+",
    )

    def __init__(
        self,
        name: str = "",
        value: str | None = "",
        read_only: bool = False,
        config_source: int = -1,
        is_sensitive: bool = False,
    ) -> None:
        self.name = name
        self.value = value
        self.read_only = read_only
        self.config_source = config_source
        self.is_sensitive = is_sensitive


class CreatableTopicResult(Struct):
    """An element of CreateTopicsResponse.Topics."""

    __slots__ = (
        "name",
        "topic_id",
        "error_code",
        "error_message",
        "topic_config_error_code",
        "num_partitions",
        "replication_factor",
        "configs",
    )
    FIELDS = (
        "Name string 0+",
        "TopicId uuid 7+ ignorable",
        "ErrorCode int16 0+",
        "ErrorMessage string 1+ nullable 0+ ignorable",
        "TopicConfigErrorCode int16 5+ tag 0 ignorable",
        "NumPartitions int32 5+ ignorable = -1",
        "ReplicationFactor int16 5+ ignorable = -1",
        "Configs []CreatableTopicConfigs 5+ nullable 5+ ignorable",
    )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        error_code: int = 0,
        error_message: str | None = "",
        topic_config_error_code: int = 0,
        num_partitions: int = -1,
        replication_factor: int = -1,
        configs: list[CreatableTopicConfigs] | None = DEFAULT,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.error_code = error_code
        self.error_message = error_message
        self.topic_config_error_code = topic_config_error_code
        self.num_partitions = num_partitions
        self.replication_factor = replication_factor
        self.configs = [] if configs is DEFAULT else configs


class CreateTopicsResponse(Message):
    """Response, versions 2 to 7."""

    __slots__ = (
        "throttle_time_ms",
        "topics",
    )
    API_KEY = 19
    MIN_VERSION = 2
    MAX_VERSION = 7
    FLEXIBLE_VERSION = 5
    FIELDS = (
        "ThrottleTimeMs int32 2+ ignorable",
        "Topics []CreatableTopicResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[CreatableTopicResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is DEFAULT else topics
