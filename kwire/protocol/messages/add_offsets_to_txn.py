"""AddOffsetsToTxn, API key 25.

Generated from protocol_specs/25_add_offsets_to_txn.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class AddOffsetsToTxnRequest(Message):
    """Request, versions 0 to 4."""

    __slots__ = (
        "transactional_id",
        "producer_id",
        "producer_epoch",
        "group_id",
    )
    API_KEY = 25
    MIN_VERSION = 0
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "TransactionalId string 0+",
        "ProducerId int64 0+",
        "ProducerEpoch int16 0+",
        "GroupId string 0+",
    )

    def __init__(
        self,
        transactional_id: str = "",
        producer_id: int = 0,
        producer_epoch: int = 0,
        group_id: str = "",
    ) -> None:
        self.transactional_id = transactional_id
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.group_id = group_id


class AddOffsetsToTxnResponse(Message):
    """Response, versions 0 to 4."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
    )
    API_KEY = 25
    MIN_VERSION = 0
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
