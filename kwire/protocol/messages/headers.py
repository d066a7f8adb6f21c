"""Messages of headers.

Generated from protocol_specs/headers.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class RequestHeader(Message):
    """Header, versions 1 to 2."""

    __slots__ = (
        "request_api_key",
        "request_api_version",
        "correlation_id",
        "client_id",
    )
    API_KEY = -1
    MIN_VERSION = 1
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "RequestApiKey int16 0+",
        "RequestApiVersion int16 0+",
        "CorrelationId int32 0+",
        "ClientId string 1+ nullable 1+ flexible none",
    )

    def __init__(
        self,
        request_api_key: int = 0,
        request_api_version: int = 0,
        correlation_id: int = 0,
        client_id: str | None = "",
    ) -> None:
        self.request_api_key = request_api_key
        self.request_api_version = request_api_version
        self.correlation_id = correlation_id
        # never compact, so that any version can be read this far
        self.client_id = client_id


class ResponseHeader(Message):
    """Header, versions 0 to 1."""

    __slots__ = ("correlation_id",)
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
    FIELDS = ("CorrelationId int32 0+",)

    def __init__(
        self,
        correlation_id: int = 0,
    ) -> None:
        self.correlation_id = correlation_id
