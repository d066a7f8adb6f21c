"""Envelope, API key 58.

Generated from protocol_specs/58_envelope.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class EnvelopeRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "request_data",
        "request_principal",
        "client_host_address",
    )
    API_KEY = 58
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "RequestData bytes 0+",
        "RequestPrincipal bytes 0+ nullable 0+",
        "ClientHostAddress bytes 0+",
    )

    def __init__(
        self,
        request_data: bytes = b"",
        request_principal: bytes | None = b"",
        client_host_address: bytes = b"",
    ) -> None:
        self.request_data = request_data
        self.request_principal = request_principal
        self.client_host_address = client_host_address


class EnvelopeResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "response_data",
        "error_code",
    )
    API_KEY = 58
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ResponseData bytes 0+ nullable 0+ = null",
        "ErrorCode int16 0+",
    )

    def __init__(
        self,
        response_data: bytes | None = None,
        error_code: int = 0,
    ) -> None:
        self.response_data = response_data
        self.error_code = error_code
