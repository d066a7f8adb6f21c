"""InitProducerId, API key 22.

Generated from protocol_specs/22_init_producer_id.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class InitProducerIdRequest(Message):
    """Request, versions 0 to 6, of which the last is not stable."""

    __slots__ = (
        "transactional_id",
        "transaction_timeout_ms",
        "producer_id",
        "producer_epoch",
        "enable_2pc",
        "keep_prepared_txn",
    )
    API_KEY = 22
    MIN_VERSION = 0
    MAX_VERSION = 6
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "TransactionalId string 0+ nullable 0+",
        "TransactionTimeoutMs int32 0+",
        "ProducerId int64 3+ = -1",
        "ProducerEpoch int16 3+ = -1",
        "Enable2Pc bool 6+",
        "KeepPreparedTxn bool 6+",
    )

    def __init__(
        self,
        transactional_id: str | None = "",
        transaction_timeout_ms: int = 0,
        producer_id: int = -1,
        producer_epoch: int = -1,
        enable_2pc: bool = False,
        keep_prepared_txn: bool = False,
    ) -> None:
        # null: an idempotent producer only
        self.transactional_id = transactional_id
        self.transaction_timeout_ms = transaction_timeout_ms
        # -1: a new one
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.enable_2pc = enable_2pc
        self.keep_prepared_txn = keep_prepared_txn


class InitProducerIdResponse(Message):
    """Response, versions 0 to 6."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "producer_id",
        "producer_epoch",
        "ongoing_txn_producer_id",
        "ongoing_txn_producer_epoch",
    )
    API_KEY = 22
    MIN_VERSION = 0
    MAX_VERSION = 6
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+ ignorable",
        "ErrorCode int16 0+",
        "ProducerId int64 0+ = -1",
        "ProducerEpoch int16 0+",
        "OngoingTxnProducerId int64 6+ = -1",
        "OngoingTxnProducerEpoch int16 6+ = -1",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        producer_id: int = -1,
        producer_epoch: int = 0,
        ongoing_txn_producer_id: int = -1,
        ongoing_txn_producer_epoch: int = -1,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.ongoing_txn_producer_id = ongoing_txn_producer_id
        self.ongoing_txn_producer_epoch = ongoing_txn_producer_epoch
