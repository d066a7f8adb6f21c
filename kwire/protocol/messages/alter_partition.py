"""AlterPartition, API key 56.

Generated from protocol_specs/56_alter_partition.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class BrokerState(Struct):
    """An element of AlterPartitionRequest.Topics.Partitions.NewIsrWithEpochs."""

    __slots__ = (
        "broker_id",
        "broker_epoch",
    )
    FIELDS = (
        "BrokerId int32 3+",
        "BrokerEpoch int64 3+ = -1",
    )

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch


class AlterPartitionRequestPartitionData(Struct):
    """An element of AlterPartitionRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "leader_epoch",
        "new_isr",
        "new_isr_with_epochs",
        "leader_recovery_state",
        "partition_epoch",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "LeaderEpoch int32 0+",
        "NewIsr []int32 0-2",
        "NewIsrWithEpochs []BrokerState 3+",
        "LeaderRecoveryState int8 1+",
        "PartitionEpoch int32 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        leader_epoch: int = 0,
        new_isr: list[int] = DEFAULT,
        new_isr_with_epochs: list[BrokerState] = DEFAULT,
        leader_recovery_state: int = 0,
        partition_epoch: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.leader_epoch = leader_epoch
        self.new_isr = [] if new_isr is DEFAULT else new_isr
        self.new_isr_with_epochs = [] if new_isr_with_epochs is DEFAULT else new_isr_with_epochs
        # 0: recovered, 1: recovering from an unclean election
        self.leader_recovery_state = leader_recovery_state
        self.partition_epoch = partition_epoch


class AlterPartitionRequestTopicData(Struct):
    """An element of AlterPartitionRequest.Topics."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 2+ ignorable",
        "Partitions []AlterPartitionRequestPartitionData 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[AlterPartitionRequestPartitionData] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class AlterPartitionRequest(Message):
    """Request, versions 2 to 3."""

    __slots__ = (
        "broker_id",
        "broker_epoch",
        "topics",
    )
    API_KEY = 56
    MIN_VERSION = 2
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "BrokerId int32 0+",
        "BrokerEpoch int64 0+ = -1",
        "Topics []AlterPartitionRequestTopicData 0+",
    )

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
        topics: list[AlterPartitionRequestTopicData] = DEFAULT,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch
        self.topics = [] if topics is DEFAULT else topics


class AlterPartitionResponsePartitionData(Struct):
    """An element of AlterPartitionResponse.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "leader_id",
        "leader_epoch",
        "isr",
        "leader_recovery_state",
        "partition_epoch",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "LeaderId int32 0+",
        "LeaderEpoch int32 0+",
        "Isr []int32 0+",
        "LeaderRecoveryState int8 1+ ignorable",
        "PartitionEpoch int32 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        leader_id: int = 0,
        leader_epoch: int = 0,
        isr: list[int] = DEFAULT,
        leader_recovery_state: int = 0,
        partition_epoch: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.isr = [] if isr is DEFAULT else isr
        # 0: recovered, 1: recovering from an unclean election
        self.leader_recovery_state = leader_recovery_state
        self.partition_epoch = partition_epoch


class AlterPartitionResponseTopicData(Struct):
    """An element of AlterPartitionResponse.Topics."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 2+ ignorable",
        "Partitions []AlterPartitionResponsePartitionData 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[AlterPartitionResponsePartitionData] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class AlterPartitionResponse(Message):
    """Response, versions 2 to 3."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "topics",
    )
    API_KEY = 56
    MIN_VERSION = 2
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "Topics []AlterPartitionResponseTopicData 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        topics: list[AlterPartitionResponseTopicData] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.topics = [] if topics is DEFAULT else topics
