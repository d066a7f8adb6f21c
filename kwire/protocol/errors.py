"""The two families of errors that are not bugs: the bytes are wrong, or the request is."""

from __future__ import annotations

from kwire.protocol.messages.error_codes import RETRIABLE, STALE_METADATA, ErrorCode

__all__ = ["RETRIABLE", "STALE_METADATA", "ApiError", "ErrorCode", "ProtocolError"]


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
