"""ExpireDelegationToken, API key 40.

Generated from protocol_specs/40_expire_delegation_token.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class ExpireDelegationTokenRequest(Message):
    """Request, versions 1 to 2."""

    __slots__ = (
        "hmac",
        "expiry_time_period_ms",
    )
    API_KEY = 40
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "Hmac bytes 0+",
        "ExpiryTimePeriodMs int64 0+",
    )

    def __init__(
        self,
        hmac: bytes = b"",
        expiry_time_period_ms: int = 0,
    ) -> None:
        self.hmac = hmac
        # -1: at once
        self.expiry_time_period_ms = expiry_time_period_ms


class ExpireDelegationTokenResponse(Message):
    """Response, versions 1 to 2."""

    __slots__ = (
        "error_code",
        "expiry_timestamp_ms",
        "throttle_time_ms",
    )
    API_KEY = 40
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ErrorCode int16 0+",
        "ExpiryTimestampMs int64 0+",
        "ThrottleTimeMs int32 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        expiry_timestamp_ms: int = 0,
        throttle_time_ms: int = 0,
    ) -> None:
        self.error_code = error_code
        self.expiry_timestamp_ms = expiry_timestamp_ms
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
