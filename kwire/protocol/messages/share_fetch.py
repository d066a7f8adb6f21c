"""ShareFetch, API key 78.

Generated from protocol_specs/78_share_fetch.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Records, Struct


class AcknowledgementBatch(Struct):
    """An element of ShareFetchRequest.Topics.Partitions.AcknowledgementBatches."""

    __slots__ = (
        "first_offset",
        "last_offset",
        "acknowledge_types",
    )
    FIELDS = (
        "FirstOffset int64 0+",
        "LastOffset int64 0+",
        "AcknowledgeTypes []int8 0+",
    )

    def __init__(
        self,
        first_offset: int = 0,
        last_offset: int = 0,
        acknowledge_types: list[int] = DEFAULT,
    ) -> None:
        self.first_offset = first_offset
        self.last_offset = last_offset
        # per offset, or one for all: 0 gap, 1 accept, 2 release, 3 reject, 4 renew
        self.acknowledge_types = [] if acknowledge_types is DEFAULT else acknowledge_types


class FetchPartition(Struct):
    """An element of ShareFetchRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "partition_max_bytes",
        "acknowledgement_batches",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "PartitionMaxBytes int32 0",
        "AcknowledgementBatches []AcknowledgementBatch 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        partition_max_bytes: int = 0,
        acknowledgement_batches: list[AcknowledgementBatch] = DEFAULT,
    ) -> None:
        self.partition_index = partition_index
        self.partition_max_bytes = partition_max_bytes
        self.acknowledgement_batches = [] if acknowledgement_batches is DEFAULT else acknowledgement_batches


class FetchTopic(Struct):
    """An element of ShareFetchRequest.Topics."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []FetchPartition 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[FetchPartition] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class ForgottenTopic(Struct):
    """An element of ShareFetchRequest.ForgottenTopicsData."""

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


class ShareFetchRequest(Message):
    """Request, versions 1 to 2."""

    __slots__ = (
        "group_id",
        "member_id",
        "share_session_epoch",
        "max_wait_ms",
        "min_bytes",
        "max_bytes",
        "max_records",
        "batch_size",
        "share_acquire_mode",
        "is_renew_ack",
        "topics",
        "forgotten_topics_data",
    )
    API_KEY = 78
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+ nullable 0+ = null",
        "MemberId string 0+ nullable 0+",
        "ShareSessionEpoch int32 0+",
        "MaxWaitMs int32 0+",
        "MinBytes int32 0+",
        "MaxBytes int32 0+ = 2147483647",
        "MaxRecords int32 1+",
        "BatchSize int32 1+",
        "ShareAcquireMode int8 2+ ignorable",
        "IsRenewAck bool 2+",
        "Topics []FetchTopic 0+",
        "ForgottenTopicsData []ForgottenTopic 0+",
    )

    def __init__(
        self,
        group_id: str | None = None,
        member_id: str | None = "",
        share_session_epoch: int = 0,
        max_wait_ms: int = 0,
        min_bytes: int = 0,
        max_bytes: int = 2147483647,
        max_records: int = 0,
        batch_size: int = 0,
        share_acquire_mode: int = 0,
        is_renew_ack: bool = False,
        topics: list[FetchTopic] = DEFAULT,
        forgotten_topics_data: list[ForgottenTopic] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        # 0: a new session, -1: its end
        self.share_session_epoch = share_session_epoch
        self.max_wait_ms = max_wait_ms
        self.min_bytes = min_bytes
        self.max_bytes = max_bytes
        self.max_records = max_records
        self.batch_size = batch_size
        self.share_acquire_mode = share_acquire_mode
        self.is_renew_ack = is_renew_ack
        self.topics = [] if topics is DEFAULT else topics
        self.forgotten_topics_data = [] if forgotten_topics_data is DEFAULT else forgotten_topics_data


class LeaderIdAndEpoch(Struct):
    """The value of ShareFetchResponse.Responses.Partitions.CurrentLeader."""

    __slots__ = (
        "leader_id",
        "leader_epoch",
    )
    FIELDS = (
        "LeaderId int32 0+",
        "LeaderEpoch int32 0+",
    )

    def __init__(
        self,
        leader_id: int = 0,
        leader_epoch: int = 0,
    ) -> None:
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch


class AcquiredRecords(Struct):
    """An element of ShareFetchResponse.Responses.Partitions.AcquiredRecords."""

    __slots__ = (
        "first_offset",
        "last_offset",
        "delivery_count",
    )
    FIELDS = (
        "FirstOffset int64 0+",
        "LastOffset int64 0+",
        "DeliveryCount int16 0+",
    )

    def __init__(
        self,
        first_offset: int = 0,
        last_offset: int = 0,
        delivery_count: int = 0,
    ) -> None:
        self.first_offset = first_offset
        self.last_offset = last_offset
        self.delivery_count = delivery_count


class PartitionData(Struct):
    """An element of ShareFetchResponse.Responses.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "error_message",
        "acknowledge_error_code",
        "acknowledge_error_message",
        "current_leader",
        "records",
        "acquired_records",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "AcknowledgeErrorCode int16 0+",
        "AcknowledgeErrorMessage string 0+ nullable 0+ = null",
        "CurrentLeader LeaderIdAndEpoch 0+",
        "Records records 0+ nullable 0",
        "AcquiredRecords []AcquiredRecords 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        acknowledge_error_code: int = 0,
        acknowledge_error_message: str | None = None,
        current_leader: LeaderIdAndEpoch = DEFAULT,
        records: Records | None = None,
        acquired_records: list[AcquiredRecords] = DEFAULT,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.error_message = error_message
        self.acknowledge_error_code = acknowledge_error_code
        self.acknowledge_error_message = acknowledge_error_message
        self.current_leader = LeaderIdAndEpoch() if current_leader is DEFAULT else current_leader
        self.records = records
        self.acquired_records = [] if acquired_records is DEFAULT else acquired_records


class ShareFetchableTopicResponse(Struct):
    """An element of ShareFetchResponse.Responses."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []PartitionData 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[PartitionData] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class NodeEndpoint(Struct):
    """An element of ShareFetchResponse.NodeEndpoints."""

    __slots__ = (
        "node_id",
        "host",
        "port",
        "rack",
    )
    FIELDS = (
        "NodeId int32 0+",
        "Host string 0+",
        "Port int32 0+",
        "Rack string 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        node_id: int = 0,
        host: str = "",
        port: int = 0,
        rack: str | None = None,
    ) -> None:
        self.node_id = node_id
        self.host = host
        self.port = port
        self.rack = rack


class ShareFetchResponse(Message):
    """Response, versions 1 to 2."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "acquisition_lock_timeout_ms",
        "responses",
        "node_endpoints",
    )
    API_KEY = 78
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "AcquisitionLockTimeoutMs int32 1+",
        "Responses []ShareFetchableTopicResponse 0+",
        "NodeEndpoints []NodeEndpoint 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        acquisition_lock_timeout_ms: int = 0,
        responses: list[ShareFetchableTopicResponse] = DEFAULT,
        node_endpoints: list[NodeEndpoint] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.acquisition_lock_timeout_ms = acquisition_lock_timeout_ms
        self.responses = [] if responses is DEFAULT else responses
        self.node_endpoints = [] if node_endpoints is DEFAULT else node_endpoints
