"""Messages of share_group_state.

Generated from protocol_specs/records/share_group_state.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class ShareSnapshotKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "topic_id",
        "partition",
    )
    API_KEY = 0
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "TopicId uuid 0",
        "Partition int32 0",
    )

    def __init__(
        self,
        group_id: str = "",
        topic_id: bytes = ZERO_UUID,
        partition: int = 0,
    ) -> None:
        self.group_id = group_id
        self.topic_id = topic_id
        self.partition = partition


class ShareSnapshotValueStateBatch(Struct):
    """An element of ShareSnapshotValue.StateBatches."""

    __slots__ = (
        "first_offset",
        "last_offset",
        "delivery_state",
        "delivery_count",
    )
    FIELDS = (
        "FirstOffset int64 0+",
        "LastOffset int64 0+",
        "DeliveryState int8 0+",
        "DeliveryCount int16 0+",
    )

    def __init__(
        self,
        first_offset: int = 0,
        last_offset: int = 0,
        delivery_state: int = 0,
        delivery_count: int = 0,
    ) -> None:
        self.first_offset = first_offset
        self.last_offset = last_offset
        self.delivery_state = delivery_state
        self.delivery_count = delivery_count


class ShareSnapshotValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "snapshot_epoch",
        "state_epoch",
        "leader_epoch",
        "start_offset",
        "delivery_complete_count",
        "create_timestamp",
        "write_timestamp",
        "state_batches",
    )
    API_KEY = 0
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "SnapshotEpoch int32 0+",
        "StateEpoch int32 0+",
        "LeaderEpoch int32 0+",
        "StartOffset int64 0+",
        "DeliveryCompleteCount int32 0+ tag 0 = -1",
        "CreateTimestamp int64 0+",
        "WriteTimestamp int64 0+",
        "StateBatches []ShareSnapshotValueStateBatch 0+",
    )

    def __init__(
        self,
        snapshot_epoch: int = 0,
        state_epoch: int = 0,
        leader_epoch: int = 0,
        start_offset: int = 0,
        delivery_complete_count: int = -1,
        create_timestamp: int = 0,
        write_timestamp: int = 0,
        state_batches: list[ShareSnapshotValueStateBatch] = DEFAULT,
    ) -> None:
        self.snapshot_epoch = snapshot_epoch
        self.state_epoch = state_epoch
        self.leader_epoch = leader_epoch
        self.start_offset = start_offset
        self.delivery_complete_count = delivery_complete_count
        self.create_timestamp = create_timestamp
        self.write_timestamp = write_timestamp
        self.state_batches = [] if state_batches is DEFAULT else state_batches


class ShareUpdateKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "topic_id",
        "partition",
    )
    API_KEY = 1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "GroupId string 0",
        "TopicId uuid 0",
        "Partition int32 0",
    )

    def __init__(
        self,
        group_id: str = "",
        topic_id: bytes = ZERO_UUID,
        partition: int = 0,
    ) -> None:
        self.group_id = group_id
        self.topic_id = topic_id
        self.partition = partition


class ShareUpdateValueStateBatch(Struct):
    """An element of ShareUpdateValue.StateBatches."""

    __slots__ = (
        "first_offset",
        "last_offset",
        "delivery_state",
        "delivery_count",
    )
    FIELDS = (
        "FirstOffset int64 0+",
        "LastOffset int64 0+",
        "DeliveryState int8 0+",
        "DeliveryCount int16 0+",
    )

    def __init__(
        self,
        first_offset: int = 0,
        last_offset: int = 0,
        delivery_state: int = 0,
        delivery_count: int = 0,
    ) -> None:
        self.first_offset = first_offset
        self.last_offset = last_offset
        self.delivery_state = delivery_state
        self.delivery_count = delivery_count


class ShareUpdateValue(Message):
    """Value, versions 0 to 0."""

    __slots__ = (
        "snapshot_epoch",
        "leader_epoch",
        "start_offset",
        "delivery_complete_count",
        "state_batches",
    )
    API_KEY = 1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "SnapshotEpoch int32 0+",
        "LeaderEpoch int32 0+",
        "StartOffset int64 0+",
        "DeliveryCompleteCount int32 0+ tag 0 = -1",
        "StateBatches []ShareUpdateValueStateBatch 0+",
    )

    def __init__(
        self,
        snapshot_epoch: int = 0,
        leader_epoch: int = 0,
        start_offset: int = 0,
        delivery_complete_count: int = -1,
        state_batches: list[ShareUpdateValueStateBatch] = DEFAULT,
    ) -> None:
        self.snapshot_epoch = snapshot_epoch
        self.leader_epoch = leader_epoch
        self.start_offset = start_offset
        self.delivery_complete_count = delivery_complete_count
        self.state_batches = [] if state_batches is DEFAULT else state_batches
