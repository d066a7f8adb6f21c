"""Listener: a bound port and who connects to it.

A port is bound before anything else is done, so that a client that is early waits in the backlog instead of failing.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
from typing import Final

import trio

logger = logging.getLogger("kwire.server")

OUT_OF_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})

RETRY_ACCEPT_S: Final = 0.1
"""Pause when the process has no descriptors left: long enough not to spin, short enough not to be felt."""

IPV4_MAPPED: Final = "::ffff:"


class CannotListen(Exception):  # noqa: N818 - the start ends with it, in one sentence
    """The address cannot be listened on; the message tells the person who started kwire why."""


class Listener:
    """One bound address.

    host and port are what was bound: the real port where 0 was asked for.
    """

    __slots__ = ("_socket", "host", "port")

    def __init__(self, bound: socket.socket, host: str) -> None:
        self._socket = bound
        self.host = host
        self.port: int = bound.getsockname()[1]

    async def accept(self) -> socket.socket:
        """The next client's socket, non-blocking and without Nagle's delay.

        Raises:
            trio.ClosedResourceError: the listener is closed.
        """
        while True:
            await trio.lowlevel.wait_readable(self._socket)
            try:
                connected, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                continue  # somebody else took it, or the client has left already
            except OSError as error:
                if error.errno not in OUT_OF_DESCRIPTORS:
                    raise
                logger.error("cannot accept connections: %s; raise the limit (ulimit -n)", error.strerror)  # noqa: TRY400
                await trio.sleep(RETRY_ACCEPT_S)
                continue
            connected.setblocking(False)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected

    def close(self) -> None:
        """No more clients are accepted. Idempotent."""
        if self._socket.fileno() != -1:
            self._socket.close()


def bind(host: str, port: int, backlog: int) -> list[Listener]:
    """Listeners on every address that host stands for; an empty host means every interface.

    Port 0 takes a free port, the same one for all of the host's addresses.

    Raises:
        CannotListen: with one sentence that says what to do.
    """
    listeners: list[Listener] = []
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
            wanted = (address[0], listeners[0].port if listeners else port, *address[2:])
            listeners.append(Listener(_bound(family, wanted, backlog), host))
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise CannotListen(_what_to_do(host, port, error)) from error
    return listeners


def plain_host(host: str) -> str:
    """The host without the IPv6 form in which a dual-stack socket shows an IPv4 address, and without a scope."""
    return host.removeprefix(IPV4_MAPPED).partition("%")[0]


def _bound(family: int, address: tuple[object, ...], backlog: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setblocking(False)
        if os.name == "nt":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
        bound.listen(backlog)
    except OSError:
        bound.close()
        raise
    return bound


def _what_to_do(host: str, port: int, error: OSError) -> str:
    where = f"{host or '*'}:{port}"
    if error.errno == errno.EADDRINUSE:
        return f"cannot listen on {where}: the port is in use; stop what uses it, or choose another with --listen HOST:PORT"
    if error.errno == errno.EACCES:
        return f"cannot listen on {where}: permission denied; choose a port above 1023 with --listen HOST:PORT"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"cannot listen on {where}: {host!r} is no address of this machine; choose another with --listen HOST:PORT"
    return f"cannot listen on {where}: {error.strerror or error}"
