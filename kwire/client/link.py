"""A link to one broker: a connection that is made when it is needed, over which many may ask at the same time.

It negotiates versions, secures the connection, and answers each request in the newest version that both know. Kafka
answers a connection's requests in order, so who has sent a request waits in line for its response; there is no task
that reads. Who gives up waiting breaks the line, so the connection is closed and made anew.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import trio

from kwire import __version__
from kwire.client.connection import Client, ConnectionClosed
from kwire.client.errors import ClientError, HungUp, NotUnderstood, Refused, Unreachable
from kwire.protocol import frames
from kwire.protocol.api_keys import api_info
from kwire.protocol.errors import ErrorCode, ProtocolError
from kwire.protocol.messages.api_versions import ApiVersionsRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from random import Random
    from ssl import SSLContext

    from kwire.client.properties import ClientConfig
    from kwire.client.values import Address
    from kwire.protocol.schema import Message, Range

    Connect = Callable[[Address], Awaitable[trio.abc.Stream]]

SOFTWARE_NAME: Final = "kwire"
FIRST_VERSIONS: Final = 4
"""ApiVersions is asked in this version first: later ones say more than a client needs to."""

_log = logging.getLogger("kwire.client")


async def connect_tcp(address: Address) -> trio.abc.Stream:
    """A stream to that address.

    Raises:
        OSError: there is none.
    """
    return await trio.open_tcp_stream(address.host, address.port)


class Link:
    """The way to one broker."""

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
        """The APIs and versions that the broker announces.

        Raises:
            ClientError: there is no connection.
        """
        with self._told():
            return (await self._opened()).versions

    async def ask(self, request: Message, timeout_s: float | None = None, highest: int | None = None) -> Any:
        """The broker's response. highest: the newest version of the request that means what was asked.

        Raises:
            Unreachable: there is no connection, or it was lost before the response came, or that took too long.
            NotUnderstood: the broker does not know the request.
        """
        timeout_s = self._config.request_timeout_ms / 1000 if timeout_s is None else timeout_s
        with self._told():
            line = await self._opened()
            return await line.ask(request, line.version_of(request, highest), timeout_s)

    async def tell(self, request: Message, highest: int | None = None) -> None:
        """The request, which is not answered, has left.

        Raises:
            ClientError: as ask.
        """
        with self._told():
            line = await self._opened()
            await line.tell(request, line.version_of(request, highest), self._config.request_timeout_ms / 1000)

    async def aclose(self) -> None:
        """There is no connection any more."""
        if self._line is not None:
            await self._line.aclose()
            self._line = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors say which broker they are about; a connection that is closed is not used again."""
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
        with trio.move_on_after(timeout_s):
            client = Client(await self._stream(), self._config.client_id)
            try:
                line = _Line(client, await self._negotiate(client))
                if self._config.security_protocol.startswith("SASL"):
                    from kwire.client.security import authenticate  # noqa: PLC0415 - hashes and ssl, where needed

                    await authenticate(lambda request: self._ask_first(line, request), self._config, self._random)
            except ConnectionClosed as error:
                await client.aclose()
                raise HungUp("it closed the connection when it was asked what it knows") from error
            except ProtocolError as error:
                await client.aclose()
                raise NotUnderstood(f"it does not speak Kafka's protocol: {error}") from error
            except BaseException:
                await client.aclose()
                raise
            _log.info("connected to %s", self.address)
            return line
        raise Unreachable(f"no answer within {timeout_s:g} s")

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

        try:
            return await over_tls(stream, self._tls, self.address.host)
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise

    async def _negotiate(self, client: Client) -> dict[int, Range]:
        """What the broker knows. An old one answers in version 0 that it does not know ours, and which it does."""
        version = FIRST_VERSIONS
        while True:
            request = ApiVersionsRequest(client_software_name=SOFTWARE_NAME, client_software_version=__version__)
            await client.send(request, version)
            frame = await client.receive_frame()
            is_old = frame[4:6] == ErrorCode.UNSUPPORTED_VERSION.to_bytes(2, "big")
            _, answer = frames.decode_response(request.API_KEY, 0 if is_old else version, frame)
            if is_old and version:
                known = {row.api_key: row.max_version for row in answer.api_keys}  # type: ignore[attr-defined]
                version = min(known.get(request.API_KEY, 0), version - 1)
                continue
            if answer.error_code:  # type: ignore[attr-defined] # an ApiVersionsResponse
                raise Refused(answer.error_code)  # type: ignore[attr-defined]
            return {row.api_key: (row.min_version, row.max_version) for row in answer.api_keys}  # type: ignore[attr-defined]


class _Line:
    """An open connection, and who waits for a response."""

    def __init__(self, client: Client, versions: Mapping[int, Range]) -> None:
        self.versions = versions
        self.is_closed = False
        self._client = client
        self._sending = trio.Lock()
        self._receiving = trio.Lock()

    def version_of(self, request: Message, highest: int | None = None) -> int:
        """The newest version of the request that both know.

        Raises:
            NotUnderstood: there is none.
        """
        low, high = self.versions.get(request.API_KEY, (0, -1))
        version = min(high, request.MAX_VERSION if highest is None else highest)
        if version < max(low, request.MIN_VERSION):
            raise NotUnderstood(f"it does not answer {api_info(request.API_KEY).name} in a version that kwire knows")
        return version

    async def ask(self, request: Message, version: int, timeout_s: float) -> Any:
        """The response; it closes the connection where that does not come."""
        try:
            with trio.fail_after(timeout_s):
                async with self._sending:
                    correlation_id = await self._client.send(request, version)
                # Nothing lets go between the two locks: who has sent first is first in line.
                async with self._receiving:
                    return await self._client.receive(request, version, correlation_id)
        except trio.TooSlowError as error:
            await self.aclose()
            raise Unreachable(f"no answer within {timeout_s:g} s") from error
        except ConnectionClosed as error:
            await self.aclose()
            raise Unreachable("the connection was lost") from error
        except ProtocolError as error:
            await self.aclose()
            raise Unreachable(f"what it answered is none: {error}") from error
        except BaseException:
            await self.aclose()
            raise

    async def tell(self, request: Message, version: int, timeout_s: float) -> None:
        """The request has left."""
        try:
            with trio.fail_after(timeout_s):
                async with self._sending:
                    await self._client.send(request, version)
        except trio.TooSlowError as error:
            await self.aclose()
            raise Unreachable(f"it takes nothing within {timeout_s:g} s") from error
        except ConnectionClosed as error:
            await self.aclose()
            raise Unreachable("the connection was lost") from error
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """The connection is closed; who waits for a response is told."""
        self.is_closed = True
        await self._client.aclose()


def _why(error: OSError) -> str:
    """What an error of a connection says; of several addresses, that of the first."""
    cause = error.__cause__
    if isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    found = cause if isinstance(cause, OSError) else error
    return (found.strerror or str(found)).rpartition(": ")[2]  # trio puts the address in front
