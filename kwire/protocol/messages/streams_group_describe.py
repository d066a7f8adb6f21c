"""StreamsGroupDescribe, API key 89.

Generated from protocol_specs/89_streams_group_describe.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class StreamsGroupDescribeRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "group_ids",
        "include_authorized_operations",
        "include_topology_description",
    )
    API_KEY = 89
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupIds []string 0+",
        "IncludeAuthorizedOperations bool 0+",
        "IncludeTopologyDescription bool 1+",
    )

    def __init__(
        self,
        group_ids: list[str] = DEFAULT,
        include_authorized_operations: bool = False,
        include_topology_description: bool = False,
    ) -> None:
        self.group_ids = [] if group_ids is DEFAULT else group_ids
        self.include_authorized_operations = include_authorized_operations
        self.include_topology_description = include_topology_description


class Endpoint(Struct):
    """Shared by the structs of StreamsGroupDescribeResponse."""

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
    """Shared by the structs of StreamsGroupDescribeResponse."""

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


class Assignment(Struct):
    """Shared by the structs of StreamsGroupDescribeResponse."""

    __slots__ = (
        "active_tasks",
        "standby_tasks",
        "warmup_tasks",
    )
    FIELDS = (
        "ActiveTasks []TaskIds 0+",
        "StandbyTasks []TaskIds 0+",
        "WarmupTasks []TaskIds 0+",
    )

    def __init__(
        self,
        active_tasks: list[TaskIds] = DEFAULT,
        standby_tasks: list[TaskIds] = DEFAULT,
        warmup_tasks: list[TaskIds] = DEFAULT,
    ) -> None:
        self.active_tasks = [] if active_tasks is DEFAULT else active_tasks
        self.standby_tasks = [] if standby_tasks is DEFAULT else standby_tasks
        self.warmup_tasks = [] if warmup_tasks is DEFAULT else warmup_tasks


class TaskIds(Struct):
    """Shared by the structs of StreamsGroupDescribeResponse."""

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


class KeyValue(Struct):
    """Shared by the structs of StreamsGroupDescribeResponse."""

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
    """Shared by the structs of StreamsGroupDescribeResponse."""

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


class TopologyDescription(Struct):
    """Shared by the structs of StreamsGroupDescribeResponse."""

    __slots__ = (
        "subtopologies",
        "global_stores",
    )
    FIELDS = (
        "Subtopologies []TopologyDescriptionSubtopology 1+",
        "GlobalStores []TopologyDescriptionGlobalStore 1+",
    )

    def __init__(
        self,
        subtopologies: list[TopologyDescriptionSubtopology] = DEFAULT,
        global_stores: list[TopologyDescriptionGlobalStore] = DEFAULT,
    ) -> None:
        self.subtopologies = [] if subtopologies is DEFAULT else subtopologies
        self.global_stores = [] if global_stores is DEFAULT else global_stores


class TopologyDescriptionSubtopology(Struct):
    """Shared by the structs of StreamsGroupDescribeResponse."""

    __slots__ = (
        "subtopology_id",
        "nodes",
    )
    FIELDS = (
        "SubtopologyId string 1+",
        "Nodes []TopologyDescriptionNode 1+",
    )

    def __init__(
        self,
        subtopology_id: str = "",
        nodes: list[TopologyDescriptionNode] = DEFAULT,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.nodes = [] if nodes is DEFAULT else nodes


class TopologyDescriptionNode(Struct):
    """Shared by the structs of StreamsGroupDescribeResponse."""

    __slots__ = (
        "name",
        "node_type",
        "source_topics",
        "sink_topic",
        "stores",
        "successors",
    )
    FIELDS = (
        "Name string 1+",
        "NodeType int8 1+",
        "SourceTopics []string 1+",
        "SinkTopic string 1+ nullable 1+ = null",
        "Stores []string 1+",
        "Successors []string 1+",
    )

    def __init__(
        self,
        name: str = "",
        node_type: int = 0,
        source_topics: list[str] = DEFAULT,
        sink_topic: str | None = None,
        stores: list[str] = DEFAULT,
        successors: list[str] = DEFAULT,
    ) -> None:
        self.name = name
        self.node_type = node_type
        self.source_topics = [] if source_topics is DEFAULT else source_topics
        self.sink_topic = sink_topic
        self.stores = [] if stores is DEFAULT else stores
        self.successors = [] if successors is DEFAULT else successors


class TopologyDescriptionGlobalStore(Struct):
    """Shared by the structs of StreamsGroupDescribeResponse."""

    __slots__ = (
        "source",
        "processor",
    )
    FIELDS = (
        "Source TopologyDescriptionNode 1+",
        "Processor TopologyDescriptionNode 1+",
    )

    def __init__(
        self,
        source: TopologyDescriptionNode = DEFAULT,
        processor: TopologyDescriptionNode = DEFAULT,
    ) -> None:
        self.source = TopologyDescriptionNode() if source is DEFAULT else source
        self.processor = TopologyDescriptionNode() if processor is DEFAULT else processor


class Subtopology(Struct):
    """An element of StreamsGroupDescribeResponse.Groups.Topology.Subtopologies."""

    __slots__ = (
        "subtopology_id",
        "source_topics",
        "repartition_sink_topics",
        "state_changelog_topics",
        "repartition_source_topics",
    )
    FIELDS = (
        "SubtopologyId string 0+",
        "SourceTopics []string 0+",
        "RepartitionSinkTopics []string 0+",
        "StateChangelogTopics []TopicInfo 0+",
        "RepartitionSourceTopics []TopicInfo 0+",
    )

    def __init__(
        self,
        subtopology_id: str = "",
        source_topics: list[str] = DEFAULT,
        repartition_sink_topics: list[str] = DEFAULT,
        state_changelog_topics: list[TopicInfo] = DEFAULT,
        repartition_source_topics: list[TopicInfo] = DEFAULT,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.source_topics = [] if source_topics is DEFAULT else source_topics
        self.repartition_sink_topics = [] if repartition_sink_topics is DEFAULT else repartition_sink_topics
        self.state_changelog_topics = [] if state_changelog_topics is DEFAULT else state_changelog_topics
        self.repartition_source_topics = [] if repartition_source_topics is DEFAULT else repartition_source_topics


class Topology(Struct):
    """The value of StreamsGroupDescribeResponse.Groups.Topology."""

    __slots__ = (
        "epoch",
        "subtopologies",
    )
    FIELDS = (
        "Epoch int32 0+",
        "Subtopologies []Subtopology 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        epoch: int = 0,
        subtopologies: list[Subtopology] | None = None,
    ) -> None:
        self.epoch = epoch
        self.subtopologies = subtopologies


class Member(Struct):
    """An element of StreamsGroupDescribeResponse.Groups.Members."""

    __slots__ = (
        "member_id",
        "member_epoch",
        "instance_id",
        "rack_id",
        "client_id",
        "client_host",
        "topology_epoch",
        "process_id",
        "user_endpoint",
        "client_tags",
        "task_offsets",
        "task_end_offsets",
        "assignment",
        "target_assignment",
        "is_classic",
    )
    FIELDS = (
        "MemberId string 0+",
        "MemberEpoch int32 0+",
        "InstanceId string 0+ nullable 0+ = null",
        "RackId string 0+ nullable 0+ = null",
        "ClientId string 0+",
        "ClientHost string 0+",
        "TopologyEpoch int32 0+",
        "ProcessId string 0+",
        "UserEndpoint Endpoint 0+ nullable 0+ = null",
        "ClientTags []KeyValue 0+",
        "TaskOffsets []TaskOffset 0+",
        "TaskEndOffsets []TaskOffset 0+",
        "Assignment Assignment 0+",
        "TargetAssignment Assignment 0+",
        "IsClassic bool 0+",
    )

    def __init__(
        self,
        member_id: str = "",
        member_epoch: int = 0,
        instance_id: str | None = None,
        rack_id: str | None = None,
        client_id: str = "",
        client_host: str = "",
        topology_epoch: int = 0,
        process_id: str = "",
        user_endpoint: Endpoint | None = None,
        client_tags: list[KeyValue] = DEFAULT,
        task_offsets: list[TaskOffset] = DEFAULT,
        task_end_offsets: list[TaskOffset] = DEFAULT,
        assignment: Assignment = DEFAULT,
        target_assignment: Assignment = DEFAULT,
        is_classic: bool = False,
    ) -> None:
        self.member_id = member_id
        self.member_epoch = member_epoch
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.client_id = client_id
        self.client_host = client_host
        self.topology_epoch = topology_epoch
        self.process_id = process_id
        self.user_endpoint = user_endpoint
        self.client_tags = [] if client_tags is DEFAULT else client_tags
        self.task_offsets = [] if task_offsets is DEFAULT else task_offsets
        self.task_end_offsets = [] if task_end_offsets is DEFAULT else task_end_offsets
        self.assignment = Assignment() if assignment is DEFAULT else assignment
        self.target_assignment = Assignment() if target_assignment is DEFAULT else target_assignment
        self.is_classic = is_classic


class DescribedGroup(Struct):
    """An element of StreamsGroupDescribeResponse.Groups."""

    __slots__ = (
        "error_code",
        "error_message",
        "group_id",
        "group_state",
        "group_epoch",
        "assignment_epoch",
        "topology",
        "members",
        "authorized_operations",
        "topology_description",
        "topology_description_status",
        "assignor_name",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "GroupId string 0+",
        "GroupState string 0+",
        "GroupEpoch int32 0+",
        "AssignmentEpoch int32 0+",
        "Topology Topology 0+ nullable 0+ = null",
        "Members []Member 0+",
        "AuthorizedOperations int32 0+ = -2147483648",
        "TopologyDescription TopologyDescription 1+ nullable 1+ = null",
        "TopologyDescriptionStatus int8 1+",
        "AssignorName string 1+ nullable 1+ ignorable = null",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = None,
        group_id: str = "",
        group_state: str = "",
        group_epoch: int = 0,
        assignment_epoch: int = 0,
        topology: Topology | None = None,
        members: list[Member] = DEFAULT,
        authorized_operations: int = -2147483648,
        topology_description: TopologyDescription | None = None,
        topology_description_status: int = 0,
        assignor_name: str | None = None,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.group_id = group_id
        self.group_state = group_state
        self.group_epoch = group_epoch
        self.assignment_epoch = assignment_epoch
        self.topology = topology
        self.members = [] if members is DEFAULT else members
        # bits by AclOperation code; the minimum: not asked for
        self.authorized_operations = authorized_operations
        self.topology_description = topology_description
        self.topology_description_status = topology_description_status
        self.assignor_name = assignor_name


class StreamsGroupDescribeResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "groups",
    )
    API_KEY = 89
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Groups []DescribedGroup 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        groups: list[DescribedGroup] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.groups = [] if groups is DEFAULT else groups
