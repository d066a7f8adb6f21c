"""Requests that kafka-python has no class for, of kwire's own codec, on kafka-python's connections."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from kwire.cli.errors import Failed
from kwire.protocol import codec
from kwire.protocol.api_keys import api_info, response_class
from kwire.protocol.errors import ProtocolError
from kwire.protocol.frames import SIZE_BYTES, encode_request
from kwire.protocol.messages.headers import ResponseHeader

if TYPE_CHECKING:
    from kwire.protocol.schema import Message


def ask_coordinator(admin: Any, group: str, request: Message) -> Any:
    """The response of the group's coordinator to the request, in the newest version that both know.

    Raises:
        Failed: the broker does not know this API, or what it answers is none.
    """

    async def ask() -> Any:
        coordinator = await admin._find_coordinator_id(group)  # noqa: SLF001 - kafka-python has no public way to send
        connection = await admin._manager.get_connection(coordinator)  # noqa: SLF001 - as above
        lowest, highest = connection.broker_version_data.api_versions.get(request.API_KEY, (0, -1))
        version = min(highest, request.MAX_VERSION)
        if version < max(lowest, request.MIN_VERSION):
            raise Failed(f"the broker does not answer {api_info(request.API_KEY).name} in a version that kwire knows")
        return await admin._manager.send(_Carried(request, version), node_id=coordinator)  # noqa: SLF001 - as above

    return admin._manager.run(ask)  # noqa: SLF001 - as above


class _Carried:
    """A request with the methods that kafka-python's parser calls; it is its own header, and its response's class."""

    def __init__(self, message: Message, version: int) -> None:
        self.API_KEY = message.API_KEY
        self.API_VERSION = version
        self.header = self
        self.correlation_id = 0
        self._client_id = ""
        self._message = message

    def with_header(self, correlation_id: int, client_id: str) -> None:
        """The request has this id, and is of this client."""
        self.correlation_id, self._client_id = correlation_id, client_id

    def encode(self, *, framed: bool, header: bool) -> bytes:
        """The frame; kafka-python always asks for all of it."""
        frame = encode_request(self.API_KEY, self.API_VERSION, self.correlation_id, self._client_id, self._message)
        return frame if framed else frame[SIZE_BYTES:]

    def expect_response(self) -> bool:
        """Whether the broker answers."""
        return True

    def get_response_class(self) -> _Carried:
        """What reads the response."""
        return self

    def parse_header(self, buffer: IO[bytes]) -> ResponseHeader:
        """The response's header, which is read off the buffer."""
        start = buffer.tell()
        version = api_info(self.API_KEY).response_header_version(self.API_VERSION)
        header, size_bytes = codec.decode_from(ResponseHeader, version, buffer.read())
        buffer.seek(start + size_bytes)
        return header

    def decode(self, buffer: IO[bytes]) -> Message:
        """The response.

        Raises:
            ValueError: as kafka-python expects it of what is none.
        """
        try:
            return codec.decode(response_class(self.API_KEY), self.API_VERSION, buffer.read())
        except ProtocolError as error:
            raise ValueError(str(error)) from error
