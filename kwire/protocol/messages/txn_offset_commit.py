"""TxnOffsetCommit, API key 28.

Generated from protocol_specs/28_txn_offset_commit.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class TxnOffsetCommitRequestPartition(Struct):
    """An element of TxnOffsetCommitRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "committed_offset",
        "committed_leader_epoch",
        "committed_metadata",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "CommittedOffset int64 0+",
        "CommittedLeaderEpoch int32 2+ ignorable = -1",
        "CommittedMetadata string 0+ nullable 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        committed_offset: int = 0,
        committed_leader_epoch: int = -1,
        committed_metadata: str | None = "",
    ) -> None:
        self.partition_index = partition_index
        self.committed_offset = committed_offset
        self.committed_leader_epoch = committed_leader_epoch
        self.committed_metadata = committed_metadata


class TxnOffsetCommitRequestTopic(Struct):
    """An element of TxnOffsetCommitRequest.Topics."""

    __slots__ = (
        "name",
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "Name string 0-5 ignorable",
        "TopicId uuid 6+ ignorable",
        "Partitions []TxnOffsetCommitRequestPartition 0+",
    )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[TxnOffsetCommitRequestPartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class TxnOffsetCommitRequest(Message):
    """Request, versions 0 to 6."""

    __slots__ = (
        "transactional_id",
        "group_id",
        "producer_id",
        "producer_epoch",
        "generation_id_or_member_epoch",
        "member_id",
        "group_instance_id",
        "topics",
    )
    API_KEY = 28
    MIN_VERSION = 0
    MAX_VERSION = 6
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "TransactionalId string 0+",
        "GroupId string 0+",
        "ProducerId int64 0+",
        "ProducerEpoch int16 0+",
        "GenerationIdOrMemberEpoch int32 3+ = -1",
        "MemberId string 3+",
        "GroupInstanceId string 3+ nullable 3+ = null",
        "Topics []TxnOffsetCommitRequestTopic 0+",
    )

    def __init__(
        self,
        transactional_id: str = "",
        group_id: str = "",
        producer_id: int = 0,
        producer_epoch: int = 0,
        generation_id_or_member_epoch: int = -1,
        member_id: str = "",
        group_instance_id: str | None = None,
        topics: list[TxnOffsetCommitRequestTopic] = DEFAULT,
    ) -> None:
        self.transactional_id = transactional_id
        self.group_id = group_id
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.generation_id_or_member_epoch = generation_id_or_member_epoch
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.topics = [] if topics is DEFAULT else topics


class TxnOffsetCommitResponsePartition(Struct):
    """An element of TxnOffsetCommitResponse.Topics.Partitions."""

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


class TxnOffsetCommitResponseTopic(Struct):
    """An element of TxnOffsetCommitResponse.Topics."""

    __slots__ = (
        "name",
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "Name string 0-5 ignorable",
        "TopicId uuid 6+ ignorable",
        "Partitions []TxnOffsetCommitResponsePartition 0+",
    )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[TxnOffsetCommitResponsePartition] = DEFAULT,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class TxnOffsetCommitResponse(Message):
    """Response, versions 0 to 6."""

    __slots__ = (
        "throttle_time_ms",
        "topics",
    )
    API_KEY = 28
    MIN_VERSION = 0
    MAX_VERSION = 6
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Topics []TxnOffsetCommitResponseTopic 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[TxnOffsetCommitResponseTopic] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is DEFAULT else topics
