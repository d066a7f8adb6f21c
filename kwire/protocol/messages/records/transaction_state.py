"""Messages of transaction_state.

Generated from protocol_specs/records/transaction_state.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class TransactionLogKey(Message):
    """Key, versions 0 to 0."""

    __slots__ = ("transactional_id",)
    API_KEY = 0
    MIN_VERSION = 0
    MAX_VERSION = 0
    FIELDS = ("TransactionalId string 0",)

    def __init__(
        self,
        transactional_id: str = "",
    ) -> None:
        self.transactional_id = transactional_id


class PartitionsSchema(Struct):
    """An element of TransactionLogValue.TransactionPartitions."""

    __slots__ = (
        "topic",
        "partition_ids",
    )
    FIELDS = (
        "Topic string 0+",
        "PartitionIds []int32 0+",
    )

    def __init__(
        self,
        topic: str = "",
        partition_ids: list[int] = DEFAULT,
    ) -> None:
        self.topic = topic
        self.partition_ids = [] if partition_ids is DEFAULT else partition_ids


class TransactionLogValue(Message):
    """Value, versions 0 to 1."""

    __slots__ = (
        "producer_id",
        "previous_producer_id",
        "next_producer_id",
        "producer_epoch",
        "next_producer_epoch",
        "transaction_timeout_ms",
        "transaction_status",
        "transaction_partitions",
        "transaction_last_update_timestamp_ms",
        "transaction_start_timestamp_ms",
        "client_transaction_version",
    )
    API_KEY = 0
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
    FIELDS = (
        "ProducerId int64 0+",
        "PreviousProducerId int64 1+ tag 0 = -1",
        "NextProducerId int64 1+ tag 1 = -1",
        "ProducerEpoch int16 0+",
        "NextProducerEpoch int16 1+ tag 3 = -1",
        "TransactionTimeoutMs int32 0+",
        "TransactionStatus int8 0+",
        "TransactionPartitions []PartitionsSchema 0+ nullable 0+",
        "TransactionLastUpdateTimestampMs int64 0+",
        "TransactionStartTimestampMs int64 0+",
        "ClientTransactionVersion int16 1+ tag 2",
    )

    def __init__(
        self,
        producer_id: int = 0,
        previous_producer_id: int = -1,
        next_producer_id: int = -1,
        producer_epoch: int = 0,
        next_producer_epoch: int = -1,
        transaction_timeout_ms: int = 0,
        transaction_status: int = 0,
        transaction_partitions: list[PartitionsSchema] | None = DEFAULT,
        transaction_last_update_timestamp_ms: int = 0,
        transaction_start_timestamp_ms: int = 0,
        client_transaction_version: int = 0,
    ) -> None:
        self.producer_id = producer_id
        self.previous_producer_id = previous_producer_id
        self.next_producer_id = next_producer_id
        self.producer_epoch = producer_epoch
        self.next_producer_epoch = next_producer_epoch
        self.transaction_timeout_ms = transaction_timeout_ms
        # 0 empty, 1 ongoing, 2, 3 prepares commit, abort, 4 committed, 5 aborted, 6 dead, 7 prepares fence
        self.transaction_status = transaction_status
        self.transaction_partitions = [] if transaction_partitions is DEFAULT else transaction_partitions
        self.transaction_last_update_timestamp_ms = transaction_last_update_timestamp_ms
        self.transaction_start_timestamp_ms = transaction_start_timestamp_ms
        self.client_transaction_version = client_transaction_version
