"""SaslAuthenticate, API key 36.

Generated from protocol_specs/36_sasl_authenticate.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class SaslAuthenticateRequest(Message):
    """Request, versions 0 to 2."""

    __slots__ = ("auth_bytes",)
    API_KEY = 36
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = ("AuthBytes bytes 0+",)

    def __init__(
        self,
        auth_bytes: bytes = b"",
    ) -> None:
        self.auth_bytes = auth_bytes


class SaslAuthenticateResponse(Message):
    """Response, versions 0 to 2."""

    __slots__ = (
        "error_code",
        "error_message",
        "auth_bytes",
        "session_lifetime_ms",
    )
    API_KEY = 36
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "AuthBytes bytes 0+",
        "SessionLifetimeMs int64 1+ ignorable",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        auth_bytes: bytes = b"",
        session_lifetime_ms: int = 0,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.auth_bytes = auth_bytes
        self.session_lifetime_ms = session_lifetime_ms
