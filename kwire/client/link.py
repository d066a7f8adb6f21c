"""A link to one broker: a connection that is opened on demand and shared by concurrent requests.

It negotiates versions, secures the connection, and sends each request in the newest version that both sides know.
Kafka answers a connection's requests in order, so each sender waits in line for its own response, and no task reads
in the background. A sender that gives up waiting breaks the line: the connection is closed and opened anew.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final

import trio

from kwire import __version__
from kwire.client.connection import Client, ConnectionClosed
from kwire.client.errors import ClientError, HungUp, NotUnderstood, Unreachable, raise_for
from kwire.protocol import frames
from kwire.protocol.api_keys import api_info
from kwire.protocol.errors import ErrorCode, ProtocolError
from kwire.protocol.messages.api_versions import ApiVersionsRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
    from random import Random
    from ssl import SSLContext

    from kwire.client.properties import ClientConfig
    from kwire.client.values import Address
    from kwire.protocol.schema import Message, Range

    Connect = Callable[[Address], Awaitable[trio.abc.Stream]]

SOFTWARE_NAME: Final = "kwire"
FIRST_VERSIONS: Final = 4
"""The version of the first ApiVersions request. Later versions carry more than this client needs."""

_log = logging.getLogger("kwire.client")


async def connect_tcp(address: Address) -> trio.abc.Stream:
    """Open a TCP stream to that address.

    Raises:
        OSError: the connection failed.
    """
    return await trio.open_tcp_stream(address.host, address.port)


class Link:
    """Sends requests to one broker; opens its connection when one is needed."""

    def __init__(
        self, address: Address, config: ClientConfig, tls: SSLContext | None, random: Random, connect: Connect
    ) -> None:
        self.address = address
        self._config = config
        self._tls = tls
        self._random = random
        self._connect = connect
        self._opening = trio.Lock()
        self._line: _Line | None = None

    async def versions(self) -> Mapping[int, Range]:
        """Return the APIs and versions that the broker announces.

        Raises:
            ClientError: no connection could be opened.
        """
        with self._naming_the_broker():
            return (await self._opened()).versions

    async def ask(self, request: Message, timeout_s: float | None = None, highest: int | None = None) -> Any:
        """Send the request and return the response. highest: the newest version that this request is written for.

        Raises:
            Unreachable: the connection could not be opened or was lost, or the response took too long.
            NotUnderstood: the broker does not know the request.
        """
        timeout_s = self._config.request_timeout_ms / 1000 if timeout_s is None else timeout_s
        with self._naming_the_broker():
            line = await self._opened()
            return await line.ask(request, line.version_of(request, highest), timeout_s)

    async def tell(self, request: Message, highest: int | None = None) -> None:
        """Send a request that has no response.

        Raises:
            ClientError: as ask.
        """
        with self._naming_the_broker():
            line = await self._opened()
            await line.tell(request, line.version_of(request, highest), self._config.request_timeout_ms / 1000)

    async def aclose(self) -> None:
        """Close the connection."""
        if self._line is not None:
            await self._line.aclose()
            self._line = None

    @contextmanager
    def _naming_the_broker(self) -> Iterator[None]:
        """Put the broker's address into errors, and drop a connection that was closed."""
        try:
            yield
        except ClientError as error:
            error.address = self.address
            raise
        finally:
            if self._line is not None and self._line.is_closed:
                self._line = None

    async def _opened(self) -> _Line:
        async with self._opening:
            if self._line is None:
                self._line = await self._open()
            return self._line

    async def _open(self) -> _Line:
        timeout_s = self._config.request_timeout_ms / 1000
        try:
            with trio.fail_after(timeout_s):
                client = Client(await self._stream(), self._config.client_id)
                async with _closed_on_failure(client):
                    line = _Line(client, await self._negotiate(client))
                    if self._config.security_protocol.startswith("SASL"):
                        from kwire.client.security import authenticate  # noqa: PLC0415 - hashes and ssl, where needed

                        await authenticate(lambda request: self._ask_first(line, request), self._config, self._random)
        except trio.TooSlowError as error:
            raise Unreachable(f"no answer within {timeout_s:g} s") from error
        except ConnectionClosed as error:
            raise HungUp("it closed the connection on the first request") from error
        except ProtocolError as error:
            raise NotUnderstood(f"it does not speak Kafka's protocol: {error}") from error
        _log.info("connected to %s", self.address)
        return line

    async def _ask_first(self, line: _Line, request: Message) -> Any:
        return await line.ask(request, line.version_of(request), self._config.request_timeout_ms / 1000)

    async def _stream(self) -> trio.abc.Stream:
        try:
            stream = await self._connect(self.address)
        except OSError as error:
            raise Unreachable(_why(error)) from error
        if self._tls is None:
            return stream
        from kwire.client.security import over_tls  # noqa: PLC0415 - as above

        async with _closed_on_failure(stream):
            return await over_tls(stream, self._tls, self.address.host)

    async def _negotiate(self, client: Client) -> dict[int, Range]:
        """Learn the broker's versions. An old broker refuses ours in a response of version 0 that names its own."""
        version = FIRST_VERSIONS
        while True:
            request = ApiVersionsRequest(client_software_name=SOFTWARE_NAME, client_software_version=__version__)
            await client.send(request, version)
            frame = await client.receive_frame()
            is_old = frame[4:6] == ErrorCode.UNSUPPORTED_VERSION.to_bytes(2, "big")
            answer: Any
            _, answer = frames.decode_response(request.API_KEY, 0 if is_old else version, frame)
            known: dict[int, Range] = {row.api_key: (row.min_version, row.max_version) for row in answer.api_keys}
            if is_old and version:
                version = min(known.get(request.API_KEY, (0, 0))[1], version - 1)
                continue
            raise_for(answer.error_code)
            return known


class _Line(trio.abc.AsyncResource):
    """An open connection, and the senders that wait in line for their responses."""

    def __init__(self, client: Client, versions: Mapping[int, Range]) -> None:
        self.versions = versions
        self.is_closed = False
        self._client = client
        self._sending = trio.Lock()
        self._receiving = trio.Lock()

    def version_of(self, request: Message, highest: int | None = None) -> int:
        """Choose the newest version of the request that both sides know.

        Raises:
            NotUnderstood: they have no version in common.
        """
        low, high = self.versions.get(request.API_KEY, (0, -1))
        version = min(high, request.MAX_VERSION if highest is None else highest)
        if version < max(low, request.MIN_VERSION):
            raise NotUnderstood(f"it does not answer {api_info(request.API_KEY).name} in a version that kwire knows")
        return version

    async def ask(self, request: Message, version: int, timeout_s: float) -> Any:
        """Send the request and wait in line for its response."""
        async with self._closing_on_failure(timeout_s, "no answer"):
            async with self._sending:
                correlation_id = await self._client.send(request, version)
            # No task switch between the two locks: the first sender is the first in line.
            async with self._receiving:
                return await self._client.receive(request, version, correlation_id)

    async def tell(self, request: Message, version: int, timeout_s: float) -> None:
        """Send the request, which has no response."""
        async with self._closing_on_failure(timeout_s, "it accepts no data"), self._sending:
            await self._client.send(request, version)

    @asynccontextmanager
    async def _closing_on_failure(self, timeout_s: float, too_slow: str) -> AsyncIterator[None]:
        """Close the connection if the block fails or is cancelled: the next response would not be the next sender's.

        Raises:
            Unreachable: the block took too long, or lost the connection.
        """
        try:
            async with _closed_on_failure(self):
                with trio.fail_after(timeout_s):
                    yield
        except trio.TooSlowError as error:
            raise Unreachable(f"{too_slow} within {timeout_s:g} s") from error
        except ConnectionClosed as error:
            raise Unreachable("the connection was lost") from error
        except ProtocolError as error:
            raise Unreachable(f"its response cannot be read: {error}") from error

    async def aclose(self) -> None:
        """Close the connection; senders that wait for a response get an error."""
        self.is_closed = True
        await self._client.aclose()


@asynccontextmanager
async def _closed_on_failure(connection: trio.abc.AsyncResource) -> AsyncIterator[None]:
    """Close the connection if the block fails or is cancelled."""
    try:
        yield
    except BaseException:  # a cancellation, too
        await trio.aclose_forcefully(connection)
        raise


def _why(error: OSError) -> str:
    """Describe why a connection failed; of several addresses, take the first one's error."""
    cause = error.__cause__
    if isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    found = cause if isinstance(cause, OSError) else error
    return (found.strerror or str(found)).rpartition(": ")[2]  # trio puts the address in front
