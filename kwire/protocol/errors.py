"""The two families of errors that are not bugs: the bytes are wrong, or the request is."""

from __future__ import annotations

from kwire.protocol.messages.error_codes import RETRIABLE, STALE_METADATA, ErrorCode

__all__ = ["MALFORMED_REQUEST", "RETRIABLE", "STALE_METADATA", "ApiError", "ErrorCode", "ProtocolError"]

MALFORMED_REQUEST = (
    "This most likely occurs because of a request being malformed by the client library or the message was sent to an "
    "incompatible broker. See the broker logs for more details."
)
"""What Kafka tells beside INVALID_REQUEST where it has nothing more exact to say."""


class ProtocolError(Exception):
    """The bytes are not what the protocol says: one line is logged and that connection is closed."""


class ApiError(Exception):
    """The request is wrong: its row of the reply gets the code, and the message where the version has one."""

    def __init__(self, code: ErrorCode, message: str | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}" if self.message else self.code.name
