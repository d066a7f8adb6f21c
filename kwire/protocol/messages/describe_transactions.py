"""DescribeTransactions, API key 65.

Generated from protocol_specs/65_describe_transactions.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class DescribeTransactionsRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = ("transactional_ids",)
    API_KEY = 65
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("TransactionalIds []string 0+",)

    def __init__(
        self,
        transactional_ids: list[str] = DEFAULT,
    ) -> None:
        self.transactional_ids = [] if transactional_ids is DEFAULT else transactional_ids


class TopicData(Struct):
    """An element of DescribeTransactionsResponse.TransactionStates.Topics."""

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


class TransactionState(Struct):
    """An element of DescribeTransactionsResponse.TransactionStates."""

    __slots__ = (
        "error_code",
        "transactional_id",
        "transaction_state",
        "transaction_timeout_ms",
        "transaction_start_time_ms",
        "producer_id",
        "producer_epoch",
        "topics",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "TransactionalId string 0+",
        "TransactionState string 0+",
        "TransactionTimeoutMs int32 0+",
        "TransactionStartTimeMs int64 0+",
        "ProducerId int64 0+",
        "ProducerEpoch int16 0+",
        "Topics []TopicData 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        transactional_id: str = "",
        transaction_state: str = "",
        transaction_timeout_ms: int = 0,
        transaction_start_time_ms: int = 0,
        producer_id: int = 0,
        producer_epoch: int = 0,
        topics: list[TopicData] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.transactional_id = transactional_id
        self.transaction_state = transaction_state
        self.transaction_timeout_ms = transaction_timeout_ms
        self.transaction_start_time_ms = transaction_start_time_ms
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.topics = [] if topics is DEFAULT else topics


class DescribeTransactionsResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "transaction_states",
    )
    API_KEY = 65
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "TransactionStates []TransactionState 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        transaction_states: list[TransactionState] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.transaction_states = [] if transaction_states is DEFAULT else transaction_states
