"""Produce, API key 0.

Generated from protocol_specs/00_produce.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Records, Struct


class PartitionProduceData(Struct):
    """An element of ProduceRequest.TopicData.PartitionData."""

    __slots__ = (
        "index",
        "records",
    )
    FIELDS = (
        "Index int32 0+",
        "Records records 0+ nullable 0+",
    )

    def __init__(
        self,
        index: int = 0,
        records: Records | None = None,
    ) -> None:
        self.index = index
        self.records = records


class TopicProduceData(Struct):
    """An element of ProduceRequest.TopicData."""

    __slots__ = (
        "name",
        "topic_id",
        "partition_data",
    )
    FIELDS = (
        "Name string 0-12 ignorable",
        "TopicId uuid 13+ ignorable",
        "PartitionData []PartitionProduceData 0+",
    )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partition_data: list[PartitionProduceData] = DEFAULT,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partition_data = [] if partition_data is DEFAULT else partition_data


class ProduceRequest(Message):
    """Request, versions 3 to 13."""

    __slots__ = (
        "transactional_id",
        "acks",
        "timeout_ms",
        "topic_data",
    )
    API_KEY = 0
    MIN_VERSION = 3
    MAX_VERSION = 13
    FLEXIBLE_VERSION = 9
    FIELDS = (
        "TransactionalId string 3+ nullable 3+ = null",
        "Acks int16 0+",
        "TimeoutMs int32 0+",
        "TopicData []TopicProduceData 0+",
    )

    def __init__(
        self,
        transactional_id: str | None = None,
        acks: int = 0,
        timeout_ms: int = 0,
        topic_data: list[TopicProduceData] = DEFAULT,
    ) -> None:
        # null outside a transaction
        self.transactional_id = transactional_id
        # 0: no reply; 1: the leader has it; -1: all in-sync replicas have it
        self.acks = acks
        self.timeout_ms = timeout_ms
        self.topic_data = [] if topic_data is DEFAULT else topic_data


class BatchIndexAndErrorMessage(Struct):
    """An element of ProduceResponse.Responses.PartitionResponses.RecordErrors."""

    __slots__ = (
        "batch_index",
        "batch_index_error_message",
    )
    FIELDS = (
        "BatchIndex int32 8+",
        "BatchIndexErrorMessage string 8+ nullable 8+ = null",
    )

    def __init__(
        self,
        batch_index: int = 0,
        batch_index_error_message: str | None = None,
    ) -> None:
        self.batch_index = batch_index
        self.batch_index_error_message = batch_index_error_message


class LeaderIdAndEpoch(Struct):
    """The value of ProduceResponse.Responses.PartitionResponses.CurrentLeader."""

    __slots__ = (
        "leader_id",
        "leader_epoch",
    )
    FIELDS = (
        "LeaderId int32 10+ = -1",
        "LeaderEpoch int32 10+ = -1",
    )

    def __init__(
        self,
        leader_id: int = -1,
        leader_epoch: int = -1,
    ) -> None:
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch


class PartitionProduceResponse(Struct):
    """An element of ProduceResponse.Responses.PartitionResponses."""

    __slots__ = (
        "index",
        "error_code",
        "base_offset",
        "log_append_time_ms",
        "log_start_offset",
        "record_errors",
        "error_message",
        "current_leader",
    )
    FIELDS = (
        "Index int32 0+",
        "ErrorCode int16 0+",
        "BaseOffset int64 0+",
        "LogAppendTimeMs int64 2+ ignorable = -1",
        "LogStartOffset int64 5+ ignorable = -1",
        "RecordErrors []BatchIndexAndErrorMessage 8+ ignorable",
        "ErrorMessage string 8+ nullable 8+ ignorable = null",
        "CurrentLeader LeaderIdAndEpoch 10+ tag 0",
    )

    def __init__(
        self,
        index: int = 0,
        error_code: int = 0,
        base_offset: int = 0,
        log_append_time_ms: int = -1,
        log_start_offset: int = -1,
        record_errors: list[BatchIndexAndErrorMessage] = DEFAULT,
        error_message: str | None = None,
        current_leader: LeaderIdAndEpoch = DEFAULT,
    ) -> None:
        self.index = index
        self.error_code = error_code
        self.base_offset = base_offset
        # -1: the topic keeps the producer's timestamps
        self.log_append_time_ms = log_append_time_ms
        # -1: unknown
        self.log_start_offset = log_start_offset
        self.record_errors = [] if record_errors is DEFAULT else record_errors
        self.error_message = error_message
        self.current_leader = LeaderIdAndEpoch() if current_leader is DEFAULT else current_leader


class TopicProduceResponse(Struct):
    """An element of ProduceResponse.Responses."""

    __slots__ = (
        "name",
        "topic_id",
        "partition_responses",
    )
    FIELDS = (
        "Name string 0-12 ignorable",
        "TopicId uuid 13+ ignorable",
        "PartitionResponses []PartitionProduceResponse 0+",
    )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partition_responses: list[PartitionProduceResponse] = DEFAULT,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partition_responses = [] if partition_responses is DEFAULT else partition_responses


class NodeEndpoint(Struct):
    """An element of ProduceResponse.NodeEndpoints."""

    __slots__ = (
        "node_id",
        "host",
        "port",
        "rack",
    )
    FIELDS = (
        "NodeId int32 10+",
        "Host string 10+",
        "Port int32 10+",
        "Rack string 10+ nullable 10+ = null",
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


class ProduceResponse(Message):
    """Response, versions 3 to 13."""

    __slots__ = (
        "responses",
        "throttle_time_ms",
        "node_endpoints",
    )
    API_KEY = 0
    MIN_VERSION = 3
    MAX_VERSION = 13
    FLEXIBLE_VERSION = 9
    FIELDS = (
        "Responses []TopicProduceResponse 0+",
        "ThrottleTimeMs int32 1+ ignorable",
        "NodeEndpoints []NodeEndpoint 10+ tag 0",
    )

    def __init__(
        self,
        responses: list[TopicProduceResponse] = DEFAULT,
        throttle_time_ms: int = 0,
        node_endpoints: list[NodeEndpoint] = DEFAULT,
    ) -> None:
        self.responses = [] if responses is DEFAULT else responses
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        # of the current leaders that the rows name
        self.node_endpoints = [] if node_endpoints is DEFAULT else node_endpoints
