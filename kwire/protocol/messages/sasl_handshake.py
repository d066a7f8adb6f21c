"""SaslHandshake, API key 17.

Generated from protocol_specs/17_sasl_handshake.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message


class SaslHandshakeRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = ("mechanism",)
    API_KEY = 17
    MIN_VERSION = 0
    MAX_VERSION = 1
    FIELDS = ("Mechanism string 0+",)

    def __init__(
        self,
        mechanism: str = "",
    ) -> None:
        self.mechanism = mechanism


class SaslHandshakeResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "error_code",
        "mechanisms",
    )
    API_KEY = 17
    MIN_VERSION = 0
    MAX_VERSION = 1
    FIELDS = (
        "ErrorCode int16 0+",
        "Mechanisms []string 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        mechanisms: list[str] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.mechanisms = [] if mechanisms is DEFAULT else mechanisms
