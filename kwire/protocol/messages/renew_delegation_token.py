"""RenewDelegationToken, API key 39.

Generated from protocol_specs/39_renew_delegation_token.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class RenewDelegationTokenRequest(Message):
    """Request, versions 1 to 2."""

    __slots__ = (
        "hmac",
        "renew_period_ms",
    )
    API_KEY = 39
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "Hmac bytes 0+",
        "RenewPeriodMs int64 0+",
    )

    def __init__(
        self,
        hmac: bytes = b"",
        renew_period_ms: int = 0,
    ) -> None:
        self.hmac = hmac
        # -1: the broker's
        self.renew_period_ms = renew_period_ms


class RenewDelegationTokenResponse(Message):
    """Response, versions 1 to 2."""

    __slots__ = (
        "error_code",
        "expiry_timestamp_ms",
        "throttle_time_ms",
    )
    API_KEY = 39
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
