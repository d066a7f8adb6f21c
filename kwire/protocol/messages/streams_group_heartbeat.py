"""StreamsGroupHeartbeat, API key 88.

Generated from protocol_specs/88_streams_group_heartbeat.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class KeyValue(Struct):
    """Shared by the structs of StreamsGroupHeartbeatRequest."""

    __slots__ = (
        "key",
        "value",
    )
    FIELDS = (
        "Key string 0+",
        "Value string 0+",
    )

    def __init__(
        self,
        key: str = "",
        value: str = "",
    ) -> None:
        self.key = key
        self.value = value


class TopicInfo(Struct):
    """Shared by the structs of StreamsGroupHeartbeatRequest."""

    __slots__ = (
        "name",
        "partitions",
        "replication_factor",
        "topic_configs",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions int32 0+",
        "ReplicationFactor int16 0+",
        "TopicConfigs []KeyValue 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: int = 0,
        replication_factor: int = 0,
        topic_configs: list[KeyValue] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = partitions
        self.replication_factor = replication_factor
        self.topic_configs = [] if topic_configs is DEFAULT else topic_configs


class StreamsGroupHeartbeatRequestEndpoint(Struct):
    """Shared by the structs of StreamsGroupHeartbeatRequest."""

    __slots__ = (
        "host",
        "port",
    )
    FIELDS = (
        "Host string 0+",
        "Port uint16 0+",
    )

    def __init__(
        self,
        host: str = "",
        port: int = 0,
    ) -> None:
        self.host = host
        self.port = port


class TaskOffset(Struct):
    """Shared by the structs of StreamsGroupHeartbeatRequest."""

    __slots__ = (
        "subtopology_id",
        "partition",
        "offset",
    )
    FIELDS = (
        "SubtopologyId string 0+",
        "Partition int32 0+",
        "Offset int64 0+",
    )

    def __init__(
        self,
        subtopology_id: str = "",
        partition: int = 0,
        offset: int = 0,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.partition = partition
        self.offset = offset


class StreamsGroupHeartbeatRequestTaskIds(Struct):
    """Shared by the structs of StreamsGroupHeartbeatRequest."""

    __slots__ = (
        "subtopology_id",
        "partitions",
    )
    FIELDS = (
        "SubtopologyId string 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        subtopology_id: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.partitions = [] if partitions is DEFAULT else partitions


class CopartitionGroup(Struct):
    """An element of StreamsGroupHeartbeatRequest.Topology.Subtopologies.CopartitionGroups."""

    __slots__ = (
        "source_topics",
        "source_topic_regex",
        "repartition_source_topics",
    )
    FIELDS = (
        "SourceTopics []int16 0+",
        "SourceTopicRegex []int16 0+",
        "RepartitionSourceTopics []int16 0+",
    )

    def __init__(
        self,
        source_topics: list[int] = DEFAULT,
        source_topic_regex: list[int] = DEFAULT,
        repartition_source_topics: list[int] = DEFAULT,
    ) -> None:
        self.source_topics = [] if source_topics is DEFAULT else source_topics
        self.source_topic_regex = [] if source_topic_regex is DEFAULT else source_topic_regex
        self.repartition_source_topics = [] if repartition_source_topics is DEFAULT else repartition_source_topics


class Subtopology(Struct):
    """An element of StreamsGroupHeartbeatRequest.Topology.Subtopologies."""

    __slots__ = (
        "subtopology_id",
        "source_topics",
        "source_topic_regex",
        "state_changelog_topics",
        "repartition_sink_topics",
        "repartition_source_topics",
        "copartition_groups",
    )
    FIELDS = (
        "SubtopologyId string 0+",
        "SourceTopics []string 0+",
        "SourceTopicRegex []string 0+",
        "StateChangelogTopics []TopicInfo 0+",
        "RepartitionSinkTopics []string 0+",
        "RepartitionSourceTopics []TopicInfo 0+",
        "CopartitionGroups []CopartitionGroup 0+",
    )

    def __init__(
        self,
        subtopology_id: str = "",
        source_topics: list[str] = DEFAULT,
        source_topic_regex: list[str] = DEFAULT,
        state_changelog_topics: list[TopicInfo] = DEFAULT,
        repartition_sink_topics: list[str] = DEFAULT,
        repartition_source_topics: list[TopicInfo] = DEFAULT,
        copartition_groups: list[CopartitionGroup] = DEFAULT,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.source_topics = [] if source_topics is DEFAULT else source_topics
        self.source_topic_regex = [] if source_topic_regex is DEFAULT else source_topic_regex
        self.state_changelog_topics = [] if state_changelog_topics is DEFAULT else state_changelog_topics
        self.repartition_sink_topics = [] if repartition_sink_topics is DEFAULT else repartition_sink_topics
        self.repartition_source_topics = [] if repartition_source_topics is DEFAULT else repartition_source_topics
        self.copartition_groups = [] if copartition_groups is DEFAULT else copartition_groups


class Topology(Struct):
    """The value of StreamsGroupHeartbeatRequest.Topology."""

    __slots__ = (
        "epoch",
        "subtopologies",
    )
    FIELDS = (
        "Epoch int32 0+",
        "Subtopologies []Subtopology 0+",
    )

    def __init__(
        self,
        epoch: int = 0,
        subtopologies: list[Subtopology] = DEFAULT,
    ) -> None:
        self.epoch = epoch
        self.subtopologies = [] if subtopologies is DEFAULT else subtopologies


class StreamsGroupHeartbeatRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "group_id",
        "member_id",
        "member_epoch",
        "endpoint_information_epoch",
        "instance_id",
        "rack_id",
        "rebalance_timeout_ms",
        "topology",
        "active_tasks",
        "standby_tasks",
        "warmup_tasks",
        "process_id",
        "user_endpoint",
        "client_tags",
        "task_offsets",
        "task_end_offsets",
        "shutdown_application",
    )
    API_KEY = 88
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "MemberId string 0+",
        "MemberEpoch int32 0+",
        "EndpointInformationEpoch int32 0+",
        "InstanceId string 0+ nullable 0+ = null",
        "RackId string 0+ nullable 0+ = null",
        "RebalanceTimeoutMs int32 0+ = -1",
        "Topology Topology 0+ nullable 0+ = null",
        "ActiveTasks []StreamsGroupHeartbeatRequestTaskIds 0+ nullable 0+ = null",
        "StandbyTasks []StreamsGroupHeartbeatRequestTaskIds 0+ nullable 0+ = null",
        "WarmupTasks []StreamsGroupHeartbeatRequestTaskIds 0+ nullable 0+ = null",
        "ProcessId string 0+ nullable 0+ = null",
        "UserEndpoint StreamsGroupHeartbeatRequestEndpoint 0+ nullable 0+ = null",
        "ClientTags []KeyValue 0+ nullable 0+ = null",
        "TaskOffsets []TaskOffset 0+ nullable 0+ = null",
        "TaskEndOffsets []TaskOffset 0+ nullable 0+ = null",
        "ShutdownApplication bool 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
        member_epoch: int = 0,
        endpoint_information_epoch: int = 0,
        instance_id: str | None = None,
        rack_id: str | None = None,
        rebalance_timeout_ms: int = -1,
        topology: Topology | None = None,
        active_tasks: list[StreamsGroupHeartbeatRequestTaskIds] | None = None,
        standby_tasks: list[StreamsGroupHeartbeatRequestTaskIds] | None = None,
        warmup_tasks: list[StreamsGroupHeartbeatRequestTaskIds] | None = None,
        process_id: str | None = None,
        user_endpoint: StreamsGroupHeartbeatRequestEndpoint | None = None,
        client_tags: list[KeyValue] | None = None,
        task_offsets: list[TaskOffset] | None = None,
        task_end_offsets: list[TaskOffset] | None = None,
        shutdown_application: bool = False,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        # 0: joins, -1: leaves, -2: a static member leaves for a while
        self.member_epoch = member_epoch
        self.endpoint_information_epoch = endpoint_information_epoch
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.topology = topology
        self.active_tasks = active_tasks
        self.standby_tasks = standby_tasks
        self.warmup_tasks = warmup_tasks
        self.process_id = process_id
        self.user_endpoint = user_endpoint
        self.client_tags = client_tags
        self.task_offsets = task_offsets
        self.task_end_offsets = task_end_offsets
        self.shutdown_application = shutdown_application


class Status(Struct):
    """Shared by the structs of StreamsGroupHeartbeatResponse."""

    __slots__ = (
        "status_code",
        "status_detail",
    )
    FIELDS = (
        "StatusCode int8 0+",
        "StatusDetail string 0+",
    )

    def __init__(
        self,
        status_code: int = 0,
        status_detail: str = "",
    ) -> None:
        self.status_code = status_code
        self.status_detail = status_detail


class TopicPartition(Struct):
    """Shared by the structs of StreamsGroupHeartbeatResponse."""

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


class StreamsGroupHeartbeatResponseTaskIds(Struct):
    """Shared by the structs of StreamsGroupHeartbeatResponse."""

    __slots__ = (
        "subtopology_id",
        "partitions",
    )
    FIELDS = (
        "SubtopologyId string 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        subtopology_id: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.partitions = [] if partitions is DEFAULT else partitions


class StreamsGroupHeartbeatResponseEndpoint(Struct):
    """Shared by the structs of StreamsGroupHeartbeatResponse."""

    __slots__ = (
        "host",
        "port",
    )
    FIELDS = (
        "Host string 0+",
        "Port uint16 0+",
    )

    def __init__(
        self,
        host: str = "",
        port: int = 0,
    ) -> None:
        self.host = host
        self.port = port


class EndpointToPartitions(Struct):
    """An element of StreamsGroupHeartbeatResponse.PartitionsByUserEndpoint."""

    __slots__ = (
        "user_endpoint",
        "active_partitions",
        "standby_partitions",
    )
    FIELDS = (
        "UserEndpoint StreamsGroupHeartbeatResponseEndpoint 0+",
        "ActivePartitions []TopicPartition 0+",
        "StandbyPartitions []TopicPartition 0+",
    )

    def __init__(
        self,
        user_endpoint: StreamsGroupHeartbeatResponseEndpoint = DEFAULT,
        active_partitions: list[TopicPartition] = DEFAULT,
        standby_partitions: list[TopicPartition] = DEFAULT,
    ) -> None:
        self.user_endpoint = StreamsGroupHeartbeatResponseEndpoint() if user_endpoint is DEFAULT else user_endpoint
        self.active_partitions = [] if active_partitions is DEFAULT else active_partitions
        self.standby_partitions = [] if standby_partitions is DEFAULT else standby_partitions


class StreamsGroupHeartbeatResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "member_id",
        "member_epoch",
        "heartbeat_interval_ms",
        "acceptable_recovery_lag_legacy",
        "task_offset_interval_ms",
        "acceptable_recovery_lag",
        "status",
        "active_tasks",
        "standby_tasks",
        "warmup_tasks",
        "topology_description_required",
        "endpoint_information_epoch",
        "partitions_by_user_endpoint",
    )
    API_KEY = 88
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "MemberId string 0+",
        "MemberEpoch int32 0+",
        "HeartbeatIntervalMs int32 0+",
        "AcceptableRecoveryLagLegacy int32 0",
        "TaskOffsetIntervalMs int32 0+",
        "AcceptableRecoveryLag int64 1+ ignorable = -1",
        "Status []Status 0+ nullable 0+",
        "ActiveTasks []StreamsGroupHeartbeatResponseTaskIds 0+ nullable 0+ = null",
        "StandbyTasks []StreamsGroupHeartbeatResponseTaskIds 0+ nullable 0+ = null",
        "WarmupTasks []StreamsGroupHeartbeatResponseTaskIds 0+ nullable 0+ = null",
        "TopologyDescriptionRequired bool 1+",
        "EndpointInformationEpoch int32 0+",
        "PartitionsByUserEndpoint []EndpointToPartitions 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        member_id: str = "",
        member_epoch: int = 0,
        heartbeat_interval_ms: int = 0,
        acceptable_recovery_lag_legacy: int = 0,
        task_offset_interval_ms: int = 0,
        acceptable_recovery_lag: int = -1,
        status: list[Status] | None = DEFAULT,
        active_tasks: list[StreamsGroupHeartbeatResponseTaskIds] | None = None,
        standby_tasks: list[StreamsGroupHeartbeatResponseTaskIds] | None = None,
        warmup_tasks: list[StreamsGroupHeartbeatResponseTaskIds] | None = None,
        topology_description_required: bool = False,
        endpoint_information_epoch: int = 0,
        partitions_by_user_endpoint: list[EndpointToPartitions] | None = None,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.member_id = member_id
        self.member_epoch = member_epoch
        self.heartbeat_interval_ms = heartbeat_interval_ms
        self.acceptable_recovery_lag_legacy = acceptable_recovery_lag_legacy
        self.task_offset_interval_ms = task_offset_interval_ms
        self.acceptable_recovery_lag = acceptable_recovery_lag
        self.status = [] if status is DEFAULT else status
        self.active_tasks = active_tasks
        self.standby_tasks = standby_tasks
        self.warmup_tasks = warmup_tasks
        self.topology_description_required = topology_description_required
        self.endpoint_information_epoch = endpoint_information_epoch
        self.partitions_by_user_endpoint = partitions_by_user_endpoint
