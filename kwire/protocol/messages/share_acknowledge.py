"""ShareAcknowledge, API key 79.

Generated from protocol_specs/79_share_acknowledge.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class AcknowledgementBatch(Struct):
    """An element of ShareAcknowledgeRequest.Topics.Partitions.AcknowledgementBatches."""

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


class AcknowledgePartition(Struct):
    """An element of ShareAcknowledgeRequest.Topics.Partitions."""

    __slots__ = (
        "partition_index",
        "acknowledgement_batches",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "AcknowledgementBatches []AcknowledgementBatch 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        acknowledgement_batches: list[AcknowledgementBatch] = DEFAULT,
    ) -> None:
        self.partition_index = partition_index
        self.acknowledgement_batches = [] if acknowledgement_batches is DEFAULT else acknowledgement_batches


class AcknowledgeTopic(Struct):
    """An element of ShareAcknowledgeRequest.Topics."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []AcknowledgePartition 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[AcknowledgePartition] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class ShareAcknowledgeRequest(Message):
    """Request, versions 1 to 2."""

    __slots__ = (
        "group_id",
        "member_id",
        "share_session_epoch",
        "is_renew_ack",
        "topics",
    )
    API_KEY = 79
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+ nullable 0+ = null",
        "MemberId string 0+ nullable 0+",
        "ShareSessionEpoch int32 0+",
        "IsRenewAck bool 2+",
        "Topics []AcknowledgeTopic 0+",
    )

    def __init__(
        self,
        group_id: str | None = None,
        member_id: str | None = "",
        share_session_epoch: int = 0,
        is_renew_ack: bool = False,
        topics: list[AcknowledgeTopic] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        # 0: a new session, -1: its end
        self.share_session_epoch = share_session_epoch
        self.is_renew_ack = is_renew_ack
        self.topics = [] if topics is DEFAULT else topics


class LeaderIdAndEpoch(Struct):
    """The value of ShareAcknowledgeResponse.Responses.Partitions.CurrentLeader."""

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


class PartitionData(Struct):
    """An element of ShareAcknowledgeResponse.Responses.Partitions."""

    __slots__ = (
        "partition_index",
        "error_code",
        "error_message",
        "current_leader",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "CurrentLeader LeaderIdAndEpoch 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        current_leader: LeaderIdAndEpoch = DEFAULT,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.error_message = error_message
        self.current_leader = LeaderIdAndEpoch() if current_leader is DEFAULT else current_leader


class ShareAcknowledgeTopicResponse(Struct):
    """An element of ShareAcknowledgeResponse.Responses."""

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
    """An element of ShareAcknowledgeResponse.NodeEndpoints."""

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


class ShareAcknowledgeResponse(Message):
    """Response, versions 1 to 2."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "acquisition_lock_timeout_ms",
        "responses",
        "node_endpoints",
    )
    API_KEY = 79
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "AcquisitionLockTimeoutMs int32 2+ ignorable",
        "Responses []ShareAcknowledgeTopicResponse 0+",
        "NodeEndpoints []NodeEndpoint 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        acquisition_lock_timeout_ms: int = 0,
        responses: list[ShareAcknowledgeTopicResponse] = DEFAULT,
        node_endpoints: list[NodeEndpoint] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.acquisition_lock_timeout_ms = acquisition_lock_timeout_ms
        self.responses = [] if responses is DEFAULT else responses
        self.node_endpoints = [] if node_endpoints is DEFAULT else node_endpoints
