"""AllocateProducerIds, API key 67.

Generated from protocol_specs/67_allocate_producer_ids.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class AllocateProducerIdsRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "broker_id",
        "broker_epoch",
    )
    API_KEY = 67
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "BrokerId int32 0+",
        "BrokerEpoch int64 0+ = -1",
    )

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch


class AllocateProducerIdsResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "producer_id_start",
        "producer_id_len",
    )
    API_KEY = 67
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ProducerIdStart int64 0+",
        "ProducerIdLen int32 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        producer_id_start: int = 0,
        producer_id_len: int = 0,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.producer_id_start = producer_id_start
        self.producer_id_len = producer_id_len
