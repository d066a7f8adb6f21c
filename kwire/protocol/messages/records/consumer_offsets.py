"""Messages of consumer_offsets.

Generated from protocol_specs/records/consumer_offsets.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class LegacyOffsetCommitKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group",
        "topic",
        "partition",
    )
    API_KEY = 0
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "group string 0",
        "topic string 0",
        "partition int32 0",
    )

    def __init__(
        self,
        group: str = "",
        topic: str = "",
        partition: int = 0,
    ) -> None:
        self.group = group
        self.topic = topic
        self.partition = partition


class LegacyOffsetCommitValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "offset",
        "metadata",
        "commit_timestamp",
    )
    API_KEY = 0
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "offset int64 0",
        "metadata string 0",
        "commitTimestamp int64 0",
    )

    def __init__(
        self,
        offset: int = 0,
        metadata: str = "",
        commit_timestamp: int = 0,
    ) -> None:
        self.offset = offset
        self.metadata = metadata
        self.commit_timestamp = commit_timestamp


class OffsetCommitKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group",
        "topic",
        "partition",
    )
    API_KEY = 1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "group string 0",
        "topic string 0",
        "partition int32 0",
    )

    def __init__(
        self,
        group: str = "",
        topic: str = "",
        partition: int = 0,
    ) -> None:
        self.group = group
        self.topic = topic
        self.partition = partition


class OffsetCommitValue(Message):
    """Value, versions 0 to 4."""

    __slots__ = (
        "offset",
        "leader_epoch",
        "metadata",
        "commit_timestamp",
        "expire_timestamp",
        "topic_id",
    )
    API_KEY = 1
    MIN_VERSION = 0
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "offset int64 0+",
        "leaderEpoch int32 3+ ignorable = -1",
        "metadata string 0+",
        "commitTimestamp int64 0+",
        "expireTimestamp int64 1 ignorable = -1",
        "topicId uuid 4+ tag 0 ignorable",
    )

    def __init__(
        self,
        offset: int = 0,
        leader_epoch: int = -1,
        metadata: str = "",
        commit_timestamp: int = 0,
        expire_timestamp: int = -1,
        topic_id: bytes = ZERO_UUID,
    ) -> None:
        self.offset = offset
        self.leader_epoch = leader_epoch
        self.metadata = metadata
        self.commit_timestamp = commit_timestamp
        self.expire_timestamp = expire_timestamp
        self.topic_id = topic_id


class GroupMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("group",)
    API_KEY = 2
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("group string 0",)

    def __init__(
        self,
        group: str = "",
    ) -> None:
        self.group = group


class MemberMetadata(Struct):
    """Shared by the structs of GroupMetadataValue."""

    __slots__ = (
        "member_id",
        "group_instance_id",
        "client_id",
        "client_host",
        "rebalance_timeout",
        "session_timeout",
        "subscription",
        "assignment",
    )
    FIELDS = (
        "memberId string 0+",
        "groupInstanceId string 3+ nullable 3+ ignorable = null",
        "clientId string 0+",
        "clientHost string 0+",
        "rebalanceTimeout int32 1+ ignorable = -1",
        "sessionTimeout int32 0+",
        "subscription bytes 0+",
        "assignment bytes 0+",
    )

    def __init__(
        self,
        member_id: str = "",
        group_instance_id: str | None = None,
        client_id: str = "",
        client_host: str = "",
        rebalance_timeout: int = -1,
        session_timeout: int = 0,
        subscription: bytes = b"",
        assignment: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.client_id = client_id
        self.client_host = client_host
        self.rebalance_timeout = rebalance_timeout
        self.session_timeout = session_timeout
        self.subscription = subscription
        self.assignment = assignment


class GroupMetadataValue(Message):
    """Value, versions 0 to 4."""

    __slots__ = (
        "protocol_type",
        "generation",
        "protocol",
        "leader",
        "current_state_timestamp",
        "members",
    )
    API_KEY = 2
    MIN_VERSION = 0
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "protocolType string 0+",
        "generation int32 0+",
        "protocol string 0+ nullable 0+",
        "leader string 0+ nullable 0+",
        "currentStateTimestamp int64 2+ ignorable = -1",
        "members []MemberMetadata 0+",
    )

    def __init__(
        self,
        protocol_type: str = "",
        generation: int = 0,
        protocol: str | None = "",
        leader: str | None = "",
        current_state_timestamp: int = -1,
        members: list[MemberMetadata] = DEFAULT,
    ) -> None:
        self.protocol_type = protocol_type
        self.generation = generation
        self.protocol = protocol
        self.leader = leader
        self.current_state_timestamp = current_state_timestamp
        self.members = [] if members is DEFAULT else members


class ConsumerGroupMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("group_id",)
    API_KEY = 3
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("GroupId string 0",)

    def __init__(
        self,
        group_id: str = "",
    ) -> None:
        self.group_id = group_id


class ConsumerGroupMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "epoch",
        "metadata_hash",
    )
    API_KEY = 3
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Epoch int32 0+",
        "MetadataHash int64 0+ tag 0",
    )

    def __init__(
        self,
        epoch: int = 0,
        metadata_hash: int = 0,
    ) -> None:
        self.epoch = epoch
        self.metadata_hash = metadata_hash


class ConsumerGroupPartitionMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("group_id",)
    API_KEY = 4
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("GroupId string 0",)

    def __init__(
        self,
        group_id: str = "",
    ) -> None:
        self.group_id = group_id


class PartitionMetadata(Struct):
    """An element of ConsumerGroupPartitionMetadataValue.Topics.PartitionMetadata."""

    __slots__ = (
        "partition",
        "racks",
    )
    FIELDS = (
        "Partition int32 0+",
        "Racks []string 0+",
    )

    def __init__(
        self,
        partition: int = 0,
        racks: list[str] = DEFAULT,
    ) -> None:
        self.partition = partition
        self.racks = [] if racks is DEFAULT else racks


class TopicMetadata(Struct):
    """An element of ConsumerGroupPartitionMetadataValue.Topics."""

    __slots__ = (
        "topic_id",
        "topic_name",
        "num_partitions",
        "partition_metadata",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "TopicName string 0+",
        "NumPartitions int32 0+",
        "PartitionMetadata []PartitionMetadata 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        topic_name: str = "",
        num_partitions: int = 0,
        partition_metadata: list[PartitionMetadata] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.topic_name = topic_name
        self.num_partitions = num_partitions
        self.partition_metadata = [] if partition_metadata is DEFAULT else partition_metadata


class ConsumerGroupPartitionMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = ("topics",)
    API_KEY = 4
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("Topics []TopicMetadata 0+",)

    def __init__(
        self,
        topics: list[TopicMetadata] = DEFAULT,
    ) -> None:
        self.topics = [] if topics is DEFAULT else topics


class ConsumerGroupMemberMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "member_id",
    )
    API_KEY = 5
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "MemberId string 0",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id


class ClassicProtocol(Struct):
    """An element of ConsumerGroupMemberMetadataValue.ClassicMemberMetadata.SupportedProtocols."""

    __slots__ = (
        "name",
        "metadata",
    )
    FIELDS = (
        "Name string 0+",
        "Metadata bytes 0+",
    )

    def __init__(
        self,
        name: str = "",
        metadata: bytes = b"",
    ) -> None:
        self.name = name
        self.metadata = metadata


class ClassicMemberMetadata(Struct):
    """The value of ConsumerGroupMemberMetadataValue.ClassicMemberMetadata."""

    __slots__ = (
        "session_timeout_ms",
        "supported_protocols",
    )
    FIELDS = (
        "SessionTimeoutMs int32 0+",
        "SupportedProtocols []ClassicProtocol 0+",
    )

    def __init__(
        self,
        session_timeout_ms: int = 0,
        supported_protocols: list[ClassicProtocol] = DEFAULT,
    ) -> None:
        self.session_timeout_ms = session_timeout_ms
        self.supported_protocols = [] if supported_protocols is DEFAULT else supported_protocols


class ConsumerGroupMemberMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "instance_id",
        "rack_id",
        "client_id",
        "client_host",
        "subscribed_topic_names",
        "subscribed_topic_regex",
        "rebalance_timeout_ms",
        "server_assignor",
        "classic_member_metadata",
    )
    API_KEY = 5
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "InstanceId string 0+ nullable 0+",
        "RackId string 0+ nullable 0+",
        "ClientId string 0+",
        "ClientHost string 0+",
        "SubscribedTopicNames []string 0+",
        "SubscribedTopicRegex string 0+ nullable 0+",
        "RebalanceTimeoutMs int32 0+ = -1",
        "ServerAssignor string 0+ nullable 0+",
        "ClassicMemberMetadata ClassicMemberMetadata 0+ nullable 0+ tag 0",
    )

    def __init__(
        self,
        instance_id: str | None = "",
        rack_id: str | None = "",
        client_id: str = "",
        client_host: str = "",
        subscribed_topic_names: list[str] = DEFAULT,
        subscribed_topic_regex: str | None = "",
        rebalance_timeout_ms: int = -1,
        server_assignor: str | None = "",
        classic_member_metadata: ClassicMemberMetadata | None = DEFAULT,
    ) -> None:
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.client_id = client_id
        self.client_host = client_host
        self.subscribed_topic_names = [] if subscribed_topic_names is DEFAULT else subscribed_topic_names
        self.subscribed_topic_regex = subscribed_topic_regex
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.server_assignor = server_assignor
        self.classic_member_metadata = (
            ClassicMemberMetadata() if classic_member_metadata is DEFAULT else classic_member_metadata
        )


class ConsumerGroupTargetAssignmentMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("group_id",)
    API_KEY = 6
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("GroupId string 0",)

    def __init__(
        self,
        group_id: str = "",
    ) -> None:
        self.group_id = group_id


class ConsumerGroupTargetAssignmentMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "assignment_epoch",
        "assignment_timestamp",
    )
    API_KEY = 6
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "AssignmentEpoch int32 0+",
        "AssignmentTimestamp int64 0+ tag 0 ignorable",
    )

    def __init__(
        self,
        assignment_epoch: int = 0,
        assignment_timestamp: int = 0,
    ) -> None:
        self.assignment_epoch = assignment_epoch
        self.assignment_timestamp = assignment_timestamp


class ConsumerGroupTargetAssignmentMemberKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "member_id",
    )
    API_KEY = 7
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "MemberId string 0",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id


class ConsumerGroupTargetAssignmentMemberValueTopicPartition(Struct):
    """An element of ConsumerGroupTargetAssignmentMemberValue.TopicPartitions."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class ConsumerGroupTargetAssignmentMemberValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = ("topic_partitions",)
    API_KEY = 7
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("TopicPartitions []ConsumerGroupTargetAssignmentMemberValueTopicPartition 0+",)

    def __init__(
        self,
        topic_partitions: list[ConsumerGroupTargetAssignmentMemberValueTopicPartition] = DEFAULT,
    ) -> None:
        self.topic_partitions = [] if topic_partitions is DEFAULT else topic_partitions


class ConsumerGroupCurrentMemberAssignmentKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "member_id",
    )
    API_KEY = 8
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "MemberId string 0",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id


class ConsumerGroupCurrentMemberAssignmentValueTopicPartitions(Struct):
    """Shared by the structs of ConsumerGroupCurrentMemberAssignmentValue."""

    __slots__ = (
        "topic_id",
        "partitions",
        "assignment_epochs",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []int32 0+",
        "AssignmentEpochs []int32 0+ nullable 0+ tag 0",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[int] = DEFAULT,
        assignment_epochs: list[int] | None = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions
        self.assignment_epochs = [] if assignment_epochs is DEFAULT else assignment_epochs


class ConsumerGroupCurrentMemberAssignmentValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "member_epoch",
        "previous_member_epoch",
        "state",
        "assigned_partitions",
        "partitions_pending_revocation",
    )
    API_KEY = 8
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "MemberEpoch int32 0+",
        "PreviousMemberEpoch int32 0+",
        "State int8 0+",
        "AssignedPartitions []ConsumerGroupCurrentMemberAssignmentValueTopicPartitions 0+",
        "PartitionsPendingRevocation []ConsumerGroupCurrentMemberAssignmentValueTopicPartitions 0+",
    )

    def __init__(
        self,
        member_epoch: int = 0,
        previous_member_epoch: int = 0,
        state: int = 0,
        assigned_partitions: list[ConsumerGroupCurrentMemberAssignmentValueTopicPartitions] = DEFAULT,
        partitions_pending_revocation: list[ConsumerGroupCurrentMemberAssignmentValueTopicPartitions] = DEFAULT,
    ) -> None:
        self.member_epoch = member_epoch
        self.previous_member_epoch = previous_member_epoch
        self.state = state
        self.assigned_partitions = [] if assigned_partitions is DEFAULT else assigned_partitions
        self.partitions_pending_revocation = (
            [] if partitions_pending_revocation is DEFAULT else partitions_pending_revocation
        )


class ShareGroupMemberMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "member_id",
    )
    API_KEY = 10
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "MemberId string 0",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id


class ShareGroupMemberMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "rack_id",
        "client_id",
        "client_host",
        "subscribed_topic_names",
    )
    API_KEY = 10
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "RackId string 0+ nullable 0+",
        "ClientId string 0+",
        "ClientHost string 0+",
        "SubscribedTopicNames []string 0+",
    )

    def __init__(
        self,
        rack_id: str | None = "",
        client_id: str = "",
        client_host: str = "",
        subscribed_topic_names: list[str] = DEFAULT,
    ) -> None:
        self.rack_id = rack_id
        self.client_id = client_id
        self.client_host = client_host
        self.subscribed_topic_names = [] if subscribed_topic_names is DEFAULT else subscribed_topic_names


class ShareGroupMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("group_id",)
    API_KEY = 11
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("GroupId string 0",)

    def __init__(
        self,
        group_id: str = "",
    ) -> None:
        self.group_id = group_id


class ShareGroupMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "epoch",
        "metadata_hash",
    )
    API_KEY = 11
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Epoch int32 0+",
        "MetadataHash int64 0+",
    )

    def __init__(
        self,
        epoch: int = 0,
        metadata_hash: int = 0,
    ) -> None:
        self.epoch = epoch
        self.metadata_hash = metadata_hash


class ShareGroupTargetAssignmentMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("group_id",)
    API_KEY = 12
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("GroupId string 0",)

    def __init__(
        self,
        group_id: str = "",
    ) -> None:
        self.group_id = group_id


class ShareGroupTargetAssignmentMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "assignment_epoch",
        "assignment_timestamp",
    )
    API_KEY = 12
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "AssignmentEpoch int32 0+",
        "AssignmentTimestamp int64 0+ tag 0 ignorable",
    )

    def __init__(
        self,
        assignment_epoch: int = 0,
        assignment_timestamp: int = 0,
    ) -> None:
        self.assignment_epoch = assignment_epoch
        self.assignment_timestamp = assignment_timestamp


class ShareGroupTargetAssignmentMemberKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "member_id",
    )
    API_KEY = 13
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "MemberId string 0",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id


class ShareGroupTargetAssignmentMemberValueTopicPartition(Struct):
    """An element of ShareGroupTargetAssignmentMemberValue.TopicPartitions."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class ShareGroupTargetAssignmentMemberValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = ("topic_partitions",)
    API_KEY = 13
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("TopicPartitions []ShareGroupTargetAssignmentMemberValueTopicPartition 0+",)

    def __init__(
        self,
        topic_partitions: list[ShareGroupTargetAssignmentMemberValueTopicPartition] = DEFAULT,
    ) -> None:
        self.topic_partitions = [] if topic_partitions is DEFAULT else topic_partitions


class ShareGroupCurrentMemberAssignmentKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "member_id",
    )
    API_KEY = 14
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "MemberId string 0",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id


class ShareGroupCurrentMemberAssignmentValueTopicPartitions(Struct):
    """Shared by the structs of ShareGroupCurrentMemberAssignmentValue."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class ShareGroupCurrentMemberAssignmentValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "member_epoch",
        "previous_member_epoch",
        "state",
        "assigned_partitions",
    )
    API_KEY = 14
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "MemberEpoch int32 0+",
        "PreviousMemberEpoch int32 0+",
        "State int8 0+",
        "AssignedPartitions []ShareGroupCurrentMemberAssignmentValueTopicPartitions 0+",
    )

    def __init__(
        self,
        member_epoch: int = 0,
        previous_member_epoch: int = 0,
        state: int = 0,
        assigned_partitions: list[ShareGroupCurrentMemberAssignmentValueTopicPartitions] = DEFAULT,
    ) -> None:
        self.member_epoch = member_epoch
        self.previous_member_epoch = previous_member_epoch
        self.state = state
        self.assigned_partitions = [] if assigned_partitions is DEFAULT else assigned_partitions


class ShareGroupStatePartitionMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("group_id",)
    API_KEY = 15
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("GroupId string 0",)

    def __init__(
        self,
        group_id: str = "",
    ) -> None:
        self.group_id = group_id


class TopicPartitionsInfo(Struct):
    """Shared by the structs of ShareGroupStatePartitionMetadataValue."""

    __slots__ = (
        "topic_id",
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "TopicName string 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        topic_name: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class ShareGroupStatePartitionMetadataValueTopicInfo(Struct):
    """Shared by the structs of ShareGroupStatePartitionMetadataValue."""

    __slots__ = (
        "topic_id",
        "topic_name",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "TopicName string 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        topic_name: str = "",
    ) -> None:
        self.topic_id = topic_id
        self.topic_name = topic_name


class ShareGroupStatePartitionMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "initializing_topics",
        "initialized_topics",
        "deleting_topics",
    )
    API_KEY = 15
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "InitializingTopics []TopicPartitionsInfo 0+",
        "InitializedTopics []TopicPartitionsInfo 0+",
        "DeletingTopics []ShareGroupStatePartitionMetadataValueTopicInfo 0+",
    )

    def __init__(
        self,
        initializing_topics: list[TopicPartitionsInfo] = DEFAULT,
        initialized_topics: list[TopicPartitionsInfo] = DEFAULT,
        deleting_topics: list[ShareGroupStatePartitionMetadataValueTopicInfo] = DEFAULT,
    ) -> None:
        self.initializing_topics = [] if initializing_topics is DEFAULT else initializing_topics
        self.initialized_topics = [] if initialized_topics is DEFAULT else initialized_topics
        self.deleting_topics = [] if deleting_topics is DEFAULT else deleting_topics


class ConsumerGroupRegularExpressionKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "regular_expression",
    )
    API_KEY = 16
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "RegularExpression string 0",
    )

    def __init__(
        self,
        group_id: str = "",
        regular_expression: str = "",
    ) -> None:
        self.group_id = group_id
        self.regular_expression = regular_expression


class ConsumerGroupRegularExpressionValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "topics",
        "version",
        "timestamp",
    )
    API_KEY = 16
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Topics []string 0+",
        "Version int64 0+",
        "Timestamp int64 0+",
    )

    def __init__(
        self,
        topics: list[str] = DEFAULT,
        version: int = 0,
        timestamp: int = 0,
    ) -> None:
        self.topics = [] if topics is DEFAULT else topics
        self.version = version
        self.timestamp = timestamp


class StreamsGroupMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("group_id",)
    API_KEY = 17
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("GroupId string 0",)

    def __init__(
        self,
        group_id: str = "",
    ) -> None:
        self.group_id = group_id


class LastAssignmentConfig(Struct):
    """Shared by the structs of StreamsGroupMetadataValue."""

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


class StreamsGroupMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "epoch",
        "metadata_hash",
        "validated_topology_epoch",
        "last_assignment_configs",
        "stored_description_topology_epoch",
        "failed_description_topology_epoch",
    )
    API_KEY = 17
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Epoch int32 0+",
        "MetadataHash int64 0+",
        "ValidatedTopologyEpoch int32 0+ tag 0 = -1",
        "LastAssignmentConfigs []LastAssignmentConfig 0+ nullable 0+ tag 1",
        "StoredDescriptionTopologyEpoch int32 0+ tag 2 = -1",
        "FailedDescriptionTopologyEpoch int32 0+ tag 3 = -1",
    )

    def __init__(
        self,
        epoch: int = 0,
        metadata_hash: int = 0,
        validated_topology_epoch: int = -1,
        last_assignment_configs: list[LastAssignmentConfig] | None = DEFAULT,
        stored_description_topology_epoch: int = -1,
        failed_description_topology_epoch: int = -1,
    ) -> None:
        self.epoch = epoch
        self.metadata_hash = metadata_hash
        self.validated_topology_epoch = validated_topology_epoch
        self.last_assignment_configs = [] if last_assignment_configs is DEFAULT else last_assignment_configs
        self.stored_description_topology_epoch = stored_description_topology_epoch
        self.failed_description_topology_epoch = failed_description_topology_epoch


class StreamsGroupMemberMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "member_id",
    )
    API_KEY = 19
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "MemberId string 0",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id


class Endpoint(Struct):
    """Shared by the structs of StreamsGroupMemberMetadataValue."""

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


class KeyValue(Struct):
    """Shared by the structs of StreamsGroupMemberMetadataValue."""

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


class StreamsGroupMemberMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "instance_id",
        "rack_id",
        "client_id",
        "client_host",
        "rebalance_timeout_ms",
        "topology_epoch",
        "process_id",
        "user_endpoint",
        "client_tags",
    )
    API_KEY = 19
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "InstanceId string 0+ nullable 0+",
        "RackId string 0+ nullable 0+",
        "ClientId string 0+",
        "ClientHost string 0+",
        "RebalanceTimeoutMs int32 0+ = -1",
        "TopologyEpoch int32 0+",
        "ProcessId string 0+",
        "UserEndpoint Endpoint 0+ nullable 0+ = null",
        "ClientTags []KeyValue 0+",
    )

    def __init__(
        self,
        instance_id: str | None = "",
        rack_id: str | None = "",
        client_id: str = "",
        client_host: str = "",
        rebalance_timeout_ms: int = -1,
        topology_epoch: int = 0,
        process_id: str = "",
        user_endpoint: Endpoint | None = None,
        client_tags: list[KeyValue] = DEFAULT,
    ) -> None:
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.client_id = client_id
        self.client_host = client_host
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.topology_epoch = topology_epoch
        self.process_id = process_id
        self.user_endpoint = user_endpoint
        self.client_tags = [] if client_tags is DEFAULT else client_tags


class StreamsGroupTargetAssignmentMetadataKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("group_id",)
    API_KEY = 20
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("GroupId string 0",)

    def __init__(
        self,
        group_id: str = "",
    ) -> None:
        self.group_id = group_id


class StreamsGroupTargetAssignmentMetadataValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "assignment_epoch",
        "assignment_timestamp",
    )
    API_KEY = 20
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "AssignmentEpoch int32 0+",
        "AssignmentTimestamp int64 0+ tag 0 ignorable",
    )

    def __init__(
        self,
        assignment_epoch: int = 0,
        assignment_timestamp: int = 0,
    ) -> None:
        self.assignment_epoch = assignment_epoch
        self.assignment_timestamp = assignment_timestamp


class StreamsGroupTargetAssignmentMemberKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "member_id",
    )
    API_KEY = 21
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "MemberId string 0",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id


class StreamsGroupTargetAssignmentMemberValueTaskIds(Struct):
    """Shared by the structs of StreamsGroupTargetAssignmentMemberValue."""

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


class StreamsGroupTargetAssignmentMemberValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "active_tasks",
        "standby_tasks",
        "warmup_tasks",
    )
    API_KEY = 21
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ActiveTasks []StreamsGroupTargetAssignmentMemberValueTaskIds 0+",
        "StandbyTasks []StreamsGroupTargetAssignmentMemberValueTaskIds 0+",
        "WarmupTasks []StreamsGroupTargetAssignmentMemberValueTaskIds 0+",
    )

    def __init__(
        self,
        active_tasks: list[StreamsGroupTargetAssignmentMemberValueTaskIds] = DEFAULT,
        standby_tasks: list[StreamsGroupTargetAssignmentMemberValueTaskIds] = DEFAULT,
        warmup_tasks: list[StreamsGroupTargetAssignmentMemberValueTaskIds] = DEFAULT,
    ) -> None:
        self.active_tasks = [] if active_tasks is DEFAULT else active_tasks
        self.standby_tasks = [] if standby_tasks is DEFAULT else standby_tasks
        self.warmup_tasks = [] if warmup_tasks is DEFAULT else warmup_tasks


class StreamsGroupCurrentMemberAssignmentKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "member_id",
    )
    API_KEY = 22
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "MemberId string 0",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id


class StreamsGroupCurrentMemberAssignmentValueTaskIds(Struct):
    """Shared by the structs of StreamsGroupCurrentMemberAssignmentValue."""

    __slots__ = (
        "subtopology_id",
        "partitions",
        "assignment_epochs",
    )
    FIELDS = (
        "SubtopologyId string 0+",
        "Partitions []int32 0+",
        "AssignmentEpochs []int32 0+ nullable 0+ tag 0",
    )

    def __init__(
        self,
        subtopology_id: str = "",
        partitions: list[int] = DEFAULT,
        assignment_epochs: list[int] | None = DEFAULT,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.partitions = [] if partitions is DEFAULT else partitions
        self.assignment_epochs = [] if assignment_epochs is DEFAULT else assignment_epochs


class StreamsGroupCurrentMemberAssignmentValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "member_epoch",
        "previous_member_epoch",
        "state",
        "active_tasks",
        "standby_tasks",
        "warmup_tasks",
        "active_tasks_pending_revocation",
        "standby_tasks_pending_revocation",
        "warmup_tasks_pending_revocation",
    )
    API_KEY = 22
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "MemberEpoch int32 0+",
        "PreviousMemberEpoch int32 0+",
        "State int8 0+",
        "ActiveTasks []StreamsGroupCurrentMemberAssignmentValueTaskIds 0+",
        "StandbyTasks []StreamsGroupCurrentMemberAssignmentValueTaskIds 0+",
        "WarmupTasks []StreamsGroupCurrentMemberAssignmentValueTaskIds 0+",
        "ActiveTasksPendingRevocation []StreamsGroupCurrentMemberAssignmentValueTaskIds 0+",
        "StandbyTasksPendingRevocation []StreamsGroupCurrentMemberAssignmentValueTaskIds 0+",
        "WarmupTasksPendingRevocation []StreamsGroupCurrentMemberAssignmentValueTaskIds 0+",
    )

    def __init__(
        self,
        member_epoch: int = 0,
        previous_member_epoch: int = 0,
        state: int = 0,
        active_tasks: list[StreamsGroupCurrentMemberAssignmentValueTaskIds] = DEFAULT,
        standby_tasks: list[StreamsGroupCurrentMemberAssignmentValueTaskIds] = DEFAULT,
        warmup_tasks: list[StreamsGroupCurrentMemberAssignmentValueTaskIds] = DEFAULT,
        active_tasks_pending_revocation: list[StreamsGroupCurrentMemberAssignmentValueTaskIds] = DEFAULT,
        standby_tasks_pending_revocation: list[StreamsGroupCurrentMemberAssignmentValueTaskIds] = DEFAULT,
        warmup_tasks_pending_revocation: list[StreamsGroupCurrentMemberAssignmentValueTaskIds] = DEFAULT,
    ) -> None:
        self.member_epoch = member_epoch
        self.previous_member_epoch = previous_member_epoch
        self.state = state
        self.active_tasks = [] if active_tasks is DEFAULT else active_tasks
        self.standby_tasks = [] if standby_tasks is DEFAULT else standby_tasks
        self.warmup_tasks = [] if warmup_tasks is DEFAULT else warmup_tasks
        self.active_tasks_pending_revocation = (
            [] if active_tasks_pending_revocation is DEFAULT else active_tasks_pending_revocation
        )
        self.standby_tasks_pending_revocation = (
            [] if standby_tasks_pending_revocation is DEFAULT else standby_tasks_pending_revocation
        )
        self.warmup_tasks_pending_revocation = (
            [] if warmup_tasks_pending_revocation is DEFAULT else warmup_tasks_pending_revocation
        )


class StreamsGroupTopologyKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("group_id",)
    API_KEY = 23
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("GroupId string 0",)

    def __init__(
        self,
        group_id: str = "",
    ) -> None:
        self.group_id = group_id


class TopicConfig(Struct):
    """Shared by the structs of StreamsGroupTopologyValue."""

    __slots__ = (
        "key",
        "value",
    )
    FIELDS = (
        "key string 0+",
        "value string 0+",
    )

    def __init__(
        self,
        key: str = "",
        value: str = "",
    ) -> None:
        self.key = key
        self.value = value


class StreamsGroupTopologyValueTopicInfo(Struct):
    """Shared by the structs of StreamsGroupTopologyValue."""

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
        "TopicConfigs []TopicConfig 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: int = 0,
        replication_factor: int = 0,
        topic_configs: list[TopicConfig] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = partitions
        self.replication_factor = replication_factor
        self.topic_configs = [] if topic_configs is DEFAULT else topic_configs


class CopartitionGroup(Struct):
    """An element of StreamsGroupTopologyValue.Subtopologies.CopartitionGroups."""

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
    """An element of StreamsGroupTopologyValue.Subtopologies."""

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
        "StateChangelogTopics []StreamsGroupTopologyValueTopicInfo 0+",
        "RepartitionSinkTopics []string 0+",
        "RepartitionSourceTopics []StreamsGroupTopologyValueTopicInfo 0+",
        "CopartitionGroups []CopartitionGroup 0+",
    )

    def __init__(
        self,
        subtopology_id: str = "",
        source_topics: list[str] = DEFAULT,
        source_topic_regex: list[str] = DEFAULT,
        state_changelog_topics: list[StreamsGroupTopologyValueTopicInfo] = DEFAULT,
        repartition_sink_topics: list[str] = DEFAULT,
        repartition_source_topics: list[StreamsGroupTopologyValueTopicInfo] = DEFAULT,
        copartition_groups: list[CopartitionGroup] = DEFAULT,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.source_topics = [] if source_topics is DEFAULT else source_topics
        self.source_topic_regex = [] if source_topic_regex is DEFAULT else source_topic_regex
        self.state_changelog_topics = [] if state_changelog_topics is DEFAULT else state_changelog_topics
        self.repartition_sink_topics = [] if repartition_sink_topics is DEFAULT else repartition_sink_topics
        self.repartition_source_topics = [] if repartition_source_topics is DEFAULT else repartition_source_topics
        self.copartition_groups = [] if copartition_groups is DEFAULT else copartition_groups


class StreamsGroupTopologyValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "epoch",
        "subtopologies",
    )
    API_KEY = 23
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
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
