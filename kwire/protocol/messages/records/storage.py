"""Messages of storage.

Generated from protocol_specs/records/storage.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class AbortedTxn(Message):
    """Data, versions 0 to 0."""

    __slots__ = (
        "producer_id",
        "first_offset",
        "last_offset",
        "last_stable_offset",
    )
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = (
        "ProducerId int64 0+",
        "FirstOffset int64 0+",
        "LastOffset int64 0+",
        "LastStableOffset int64 0+",
    )

    def __init__(
        self,
        producer_id: int = 0,
        first_offset: int = 0,
        last_offset: int = 0,
        last_stable_offset: int = 0,
    ) -> None:
        self.producer_id = producer_id
        self.first_offset = first_offset
        self.last_offset = last_offset
        self.last_stable_offset = last_stable_offset


class ControlRecordTypeSchema(Message):
    """Data, versions 0 to 0."""

    __slots__ = ("type",)
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("Type int16 0+",)

    def __init__(
        self,
        type: int = 0,
    ) -> None:
        # 0: abort, 1: commit, 2 to 6: of the metadata log
        self.type = type


class EndTxnMarker(Message):
    """Data, versions 0 to 0."""

    __slots__ = ("coordinator_epoch",)
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("CoordinatorEpoch int32 0+",)

    def __init__(
        self,
        coordinator_epoch: int = 0,
    ) -> None:
        self.coordinator_epoch = coordinator_epoch


class ProducerEntry(Struct):
    """An element of ProducerSnapshot.ProducerEntries."""

    __slots__ = (
        "producer_id",
        "epoch",
        "last_sequence",
        "last_offset",
        "offset_delta",
        "timestamp",
        "coordinator_epoch",
        "current_txn_first_offset",
    )
    FIELDS = (
        "ProducerId int64 1",
        "Epoch int16 1",
        "LastSequence int32 1",
        "LastOffset int64 1",
        "OffsetDelta int32 1",
        "Timestamp int64 1",
        "CoordinatorEpoch int32 1",
        "CurrentTxnFirstOffset int64 1",
    )

    def __init__(
        self,
        producer_id: int = 0,
        epoch: int = 0,
        last_sequence: int = 0,
        last_offset: int = 0,
        offset_delta: int = 0,
        timestamp: int = 0,
        coordinator_epoch: int = 0,
        current_txn_first_offset: int = 0,
    ) -> None:
        self.producer_id = producer_id
        self.epoch = epoch
        self.last_sequence = last_sequence
        self.last_offset = last_offset
        self.offset_delta = offset_delta
        self.timestamp = timestamp
        self.coordinator_epoch = coordinator_epoch
        self.current_txn_first_offset = current_txn_first_offset


class ProducerSnapshot(Message):
    """Data, versions 1 to 1."""

    __slots__ = (
        "crc",
        "producer_entries",
    )
    API_KEY = -1
    MIN_VERSION = 1
    MAX_VERSION = 1
    FIELDS = (
        "Crc uint32 1",
        "ProducerEntries []ProducerEntry 1",
    )

    def __init__(
        self,
        crc: int = 0,
        producer_entries: list[ProducerEntry] = DEFAULT,
    ) -> None:
        # CRC-32C
        self.crc = crc
        self.producer_entries = [] if producer_entries is DEFAULT else producer_entries


class RemoteLogSegmentMetadataRecordTopicIdPartitionEntry(Struct):
    """The value of RemoteLogSegmentMetadataRecord.RemoteLogSegmentId.TopicIdPartition."""

    __slots__ = (
        "name",
        "id",
        "partition",
    )
    FIELDS = (
        "Name string 0+",
        "Id uuid 0+",
        "Partition int32 0+",
    )

    def __init__(
        self,
        name: str = "",
        id: bytes = ZERO_UUID,
        partition: int = 0,
    ) -> None:
        self.name = name
        self.id = id
        self.partition = partition


class RemoteLogSegmentMetadataRecordRemoteLogSegmentIdEntry(Struct):
    """The value of RemoteLogSegmentMetadataRecord.RemoteLogSegmentId."""

    __slots__ = (
        "topic_id_partition",
        "id",
    )
    FIELDS = (
        "TopicIdPartition RemoteLogSegmentMetadataRecordTopicIdPartitionEntry 0+",
        "Id uuid 0+",
    )

    def __init__(
        self,
        topic_id_partition: RemoteLogSegmentMetadataRecordTopicIdPartitionEntry = DEFAULT,
        id: bytes = ZERO_UUID,
    ) -> None:
        self.topic_id_partition = (
            RemoteLogSegmentMetadataRecordTopicIdPartitionEntry()
            if topic_id_partition is DEFAULT
            else topic_id_partition
        )
        self.id = id


class RemoteLogSegmentMetadataRecordSegmentLeaderEpochEntry(Struct):
    """An element of RemoteLogSegmentMetadataRecord.SegmentLeaderEpochs."""

    __slots__ = (
        "leader_epoch",
        "offset",
    )
    FIELDS = (
        "LeaderEpoch int32 0+",
        "Offset int64 0+",
    )

    def __init__(
        self,
        leader_epoch: int = 0,
        offset: int = 0,
    ) -> None:
        self.leader_epoch = leader_epoch
        self.offset = offset


class RemoteLogSegmentMetadataRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "remote_log_segment_id",
        "start_offset",
        "end_offset",
        "broker_id",
        "max_timestamp_ms",
        "event_timestamp_ms",
        "segment_leader_epochs",
        "segment_size_in_bytes",
        "custom_metadata",
        "remote_log_segment_state",
        "txn_index_empty",
    )
    API_KEY = 0
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "RemoteLogSegmentId RemoteLogSegmentMetadataRecordRemoteLogSegmentIdEntry 0+",
        "StartOffset int64 0+",
        "EndOffset int64 0+",
        "BrokerId int32 0+",
        "MaxTimestampMs int64 0+",
        "EventTimestampMs int64 0+",
        "SegmentLeaderEpochs []RemoteLogSegmentMetadataRecordSegmentLeaderEpochEntry 0+",
        "SegmentSizeInBytes int32 0+",
        "CustomMetadata bytes 0+ nullable 0+ = null",
        "RemoteLogSegmentState int8 0+",
        "TxnIndexEmpty bool 0+ tag 0",
    )

    def __init__(
        self,
        remote_log_segment_id: RemoteLogSegmentMetadataRecordRemoteLogSegmentIdEntry = DEFAULT,
        start_offset: int = 0,
        end_offset: int = 0,
        broker_id: int = 0,
        max_timestamp_ms: int = 0,
        event_timestamp_ms: int = 0,
        segment_leader_epochs: list[RemoteLogSegmentMetadataRecordSegmentLeaderEpochEntry] = DEFAULT,
        segment_size_in_bytes: int = 0,
        custom_metadata: bytes | None = None,
        remote_log_segment_state: int = 0,
        txn_index_empty: bool = False,
    ) -> None:
        self.remote_log_segment_id = (
            RemoteLogSegmentMetadataRecordRemoteLogSegmentIdEntry()
            if remote_log_segment_id is DEFAULT
            else remote_log_segment_id
        )
        self.start_offset = start_offset
        self.end_offset = end_offset
        self.broker_id = broker_id
        self.max_timestamp_ms = max_timestamp_ms
        self.event_timestamp_ms = event_timestamp_ms
        self.segment_leader_epochs = [] if segment_leader_epochs is DEFAULT else segment_leader_epochs
        self.segment_size_in_bytes = segment_size_in_bytes
        self.custom_metadata = custom_metadata
        self.remote_log_segment_state = remote_log_segment_state
        self.txn_index_empty = txn_index_empty


class RemoteLogSegmentMetadataUpdateRecordTopicIdPartitionEntry(Struct):
    """The value of RemoteLogSegmentMetadataUpdateRecord.RemoteLogSegmentId.TopicIdPartition."""

    __slots__ = (
        "name",
        "id",
        "partition",
    )
    FIELDS = (
        "Name string 0+",
        "Id uuid 0+",
        "Partition int32 0+",
    )

    def __init__(
        self,
        name: str = "",
        id: bytes = ZERO_UUID,
        partition: int = 0,
    ) -> None:
        self.name = name
        self.id = id
        self.partition = partition


class RemoteLogSegmentMetadataUpdateRecordRemoteLogSegmentIdEntry(Struct):
    """The value of RemoteLogSegmentMetadataUpdateRecord.RemoteLogSegmentId."""

    __slots__ = (
        "topic_id_partition",
        "id",
    )
    FIELDS = (
        "TopicIdPartition RemoteLogSegmentMetadataUpdateRecordTopicIdPartitionEntry 0+",
        "Id uuid 0+",
    )

    def __init__(
        self,
        topic_id_partition: RemoteLogSegmentMetadataUpdateRecordTopicIdPartitionEntry = DEFAULT,
        id: bytes = ZERO_UUID,
    ) -> None:
        self.topic_id_partition = (
            RemoteLogSegmentMetadataUpdateRecordTopicIdPartitionEntry()
            if topic_id_partition is DEFAULT
            else topic_id_partition
        )
        self.id = id


class RemoteLogSegmentMetadataUpdateRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "remote_log_segment_id",
        "broker_id",
        "event_timestamp_ms",
        "custom_metadata",
        "remote_log_segment_state",
    )
    API_KEY = 1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "RemoteLogSegmentId RemoteLogSegmentMetadataUpdateRecordRemoteLogSegmentIdEntry 0+",
        "BrokerId int32 0+",
        "EventTimestampMs int64 0+",
        "CustomMetadata bytes 0+ nullable 0+ = null",
        "RemoteLogSegmentState int8 0+",
    )

    def __init__(
        self,
        remote_log_segment_id: RemoteLogSegmentMetadataUpdateRecordRemoteLogSegmentIdEntry = DEFAULT,
        broker_id: int = 0,
        event_timestamp_ms: int = 0,
        custom_metadata: bytes | None = None,
        remote_log_segment_state: int = 0,
    ) -> None:
        self.remote_log_segment_id = (
            RemoteLogSegmentMetadataUpdateRecordRemoteLogSegmentIdEntry()
            if remote_log_segment_id is DEFAULT
            else remote_log_segment_id
        )
        self.broker_id = broker_id
        self.event_timestamp_ms = event_timestamp_ms
        self.custom_metadata = custom_metadata
        self.remote_log_segment_state = remote_log_segment_state


class RemotePartitionDeleteMetadataRecordTopicIdPartitionEntry(Struct):
    """The value of RemotePartitionDeleteMetadataRecord.TopicIdPartition."""

    __slots__ = (
        "name",
        "id",
        "partition",
    )
    FIELDS = (
        "Name string 0+",
        "Id uuid 0+",
        "Partition int32 0+",
    )

    def __init__(
        self,
        name: str = "",
        id: bytes = ZERO_UUID,
        partition: int = 0,
    ) -> None:
        self.name = name
        self.id = id
        self.partition = partition


class RemotePartitionDeleteMetadataRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "topic_id_partition",
        "broker_id",
        "event_timestamp_ms",
        "remote_partition_delete_state",
    )
    API_KEY = 2
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "TopicIdPartition RemotePartitionDeleteMetadataRecordTopicIdPartitionEntry 0+",
        "BrokerId int32 0+",
        "EventTimestampMs int64 0+",
        "RemotePartitionDeleteState int8 0+",
    )

    def __init__(
        self,
        topic_id_partition: RemotePartitionDeleteMetadataRecordTopicIdPartitionEntry = DEFAULT,
        broker_id: int = 0,
        event_timestamp_ms: int = 0,
        remote_partition_delete_state: int = 0,
    ) -> None:
        self.topic_id_partition = (
            RemotePartitionDeleteMetadataRecordTopicIdPartitionEntry()
            if topic_id_partition is DEFAULT
            else topic_id_partition
        )
        self.broker_id = broker_id
        self.event_timestamp_ms = event_timestamp_ms
        self.remote_partition_delete_state = remote_partition_delete_state


class RemoteLogSegmentMetadataSnapshotRecordSegmentLeaderEpochEntry(Struct):
    """An element of RemoteLogSegmentMetadataSnapshotRecord.SegmentLeaderEpochs."""

    __slots__ = (
        "leader_epoch",
        "offset",
    )
    FIELDS = (
        "LeaderEpoch int32 0+",
        "Offset int64 0+",
    )

    def __init__(
        self,
        leader_epoch: int = 0,
        offset: int = 0,
    ) -> None:
        self.leader_epoch = leader_epoch
        self.offset = offset


class RemoteLogSegmentMetadataSnapshotRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "segment_id",
        "start_offset",
        "end_offset",
        "broker_id",
        "max_timestamp_ms",
        "event_timestamp_ms",
        "segment_leader_epochs",
        "segment_size_in_bytes",
        "custom_metadata",
        "remote_log_segment_state",
        "txn_index_empty",
    )
    API_KEY = 3
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "SegmentId uuid 0+",
        "StartOffset int64 0+",
        "EndOffset int64 0+",
        "BrokerId int32 0+",
        "MaxTimestampMs int64 0+",
        "EventTimestampMs int64 0+",
        "SegmentLeaderEpochs []RemoteLogSegmentMetadataSnapshotRecordSegmentLeaderEpochEntry 0+",
        "SegmentSizeInBytes int32 0+",
        "CustomMetadata bytes 0+ nullable 0+ = null",
        "RemoteLogSegmentState int8 0+",
        "TxnIndexEmpty bool 0+ tag 0",
    )

    def __init__(
        self,
        segment_id: bytes = ZERO_UUID,
        start_offset: int = 0,
        end_offset: int = 0,
        broker_id: int = 0,
        max_timestamp_ms: int = 0,
        event_timestamp_ms: int = 0,
        segment_leader_epochs: list[RemoteLogSegmentMetadataSnapshotRecordSegmentLeaderEpochEntry] = DEFAULT,
        segment_size_in_bytes: int = 0,
        custom_metadata: bytes | None = None,
        remote_log_segment_state: int = 0,
        txn_index_empty: bool = False,
    ) -> None:
        self.segment_id = segment_id
        self.start_offset = start_offset
        self.end_offset = end_offset
        self.broker_id = broker_id
        self.max_timestamp_ms = max_timestamp_ms
        self.event_timestamp_ms = event_timestamp_ms
        self.segment_leader_epochs = [] if segment_leader_epochs is DEFAULT else segment_leader_epochs
        self.segment_size_in_bytes = segment_size_in_bytes
        self.custom_metadata = custom_metadata
        self.remote_log_segment_state = remote_log_segment_state
        self.txn_index_empty = txn_index_empty
