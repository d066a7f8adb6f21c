"""A small Kafka client on the generated codec: one connection, messages in and out.

It works over any trio stream, so that a test reaches a broker by TCP or by memory streams.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import trio

from kwire.limits import MAX_FRAME_BYTES
from kwire.protocol import frames
from kwire.protocol.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from kwire.protocol.schema import Message

SIZE_BYTES = 4
TLS_ALERT = 0x1503
"""The first bytes that a TLS server sends to a client without TLS."""


class ConnectionClosed(Exception):  # noqa: N818 - what happened
    """The broker has closed the connection."""


class Client(trio.abc.AsyncResource):
    """One connection to a broker.

    client_id is sent in every header; correlation ids count from 1.
    """

    def __init__(self, stream: trio.abc.Stream, client_id: str | None = "kwire-test") -> None:
        self.stream = stream
        self.client_id = client_id
        self.last_correlation_id = 0
        self._received = bytearray()

    async def aclose(self) -> None:
        """Close the connection."""
        await trio.aclose_forcefully(self.stream)

    async def request(self, message: Message, version: int) -> Any:
        """Send the request and return the response.

        Raises:
            ConnectionClosed: the broker closed instead of answering.
        """
        await self.send(message, version)
        return await self.receive(message, version)

    async def send(self, message: Message, version: int) -> int:
        """Send the request and return its correlation id. Take the responses with receive(), in order."""
        self.last_correlation_id += 1
        frame = frames.encode_request(message.API_KEY, version, self.last_correlation_id, self.client_id, message)
        await self.send_bytes(frame)
        return self.last_correlation_id

    async def receive(self, request: Message, version: int, correlation_id: int | None = None) -> Any:
        """Receive the next response, decoded as one to that request and version.

        Raises:
            ConnectionClosed.
            ProtocolError: it cannot be decoded, or has another correlation id.
        """
        found, response = frames.decode_response(request.API_KEY, version, await self.receive_frame())
        if correlation_id is not None and found != correlation_id:
            raise ProtocolError(f"the response has correlation id {found}, not {correlation_id}")
        return response

    async def send_bytes(self, data: bytes) -> None:
        """Send these bytes as they are.

        Raises:
            ConnectionClosed.
        """
        try:
            await self.stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise ConnectionClosed from error

    async def receive_frame(self) -> bytes:
        """Receive the next frame, without its size.

        Raises:
            ConnectionClosed.
            ProtocolError: its size is not that of a Kafka response.
        """
        size = int.from_bytes(await self._receive_exactly(SIZE_BYTES), "big")
        if size >> 16 == TLS_ALERT:
            raise ProtocolError("it speaks TLS; set security.protocol to SSL or SASL_SSL")
        if size > MAX_FRAME_BYTES:
            raise ProtocolError(f"its response begins with a size of {size} bytes")
        return await self._receive_exactly(size)

    async def _receive_exactly(self, size_bytes: int) -> bytes:
        while len(self._received) < size_bytes:
            try:
                data = await self.stream.receive_some()
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                raise ConnectionClosed from error
            if not data:
                raise ConnectionClosed
            self._received += data
        data = bytes(self._received[:size_bytes])
        del self._received[:size_bytes]
        return data


@asynccontextmanager
async def connected(host: str, port: int, client_id: str | None = "kwire-test") -> AsyncIterator[Client]:
    """Connect a client by TCP while the block runs."""
    async with Client(await trio.open_tcp_stream(host, port), client_id) as client:
        yield client
