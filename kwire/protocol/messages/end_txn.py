"""EndTxn, API key 26.

Generated from protocol_specs/26_end_txn.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class EndTxnRequest(Message):
    """Request, versions 0 to 5."""

    __slots__ = (
        "transactional_id",
        "producer_id",
        "producer_epoch",
        "committed",
    )
    API_KEY = 26
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "TransactionalId string 0+",
        "ProducerId int64 0+",
        "ProducerEpoch int16 0+",
        "Committed bool 0+",
    )

    def __init__(
        self,
        transactional_id: str = "",
        producer_id: int = 0,
        producer_epoch: int = 0,
        committed: bool = False,
    ) -> None:
        self.transactional_id = transactional_id
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        # false: abort
        self.committed = committed


class EndTxnResponse(Message):
    """Response, versions 0 to 5."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "producer_id",
        "producer_epoch",
    )
    API_KEY = 26
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ProducerId int64 5+ ignorable = -1",
        "ProducerEpoch int16 5+ ignorable = -1",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        producer_id: int = -1,
        producer_epoch: int = -1,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
