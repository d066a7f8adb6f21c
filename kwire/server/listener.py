"""Listener: a bound port and who connects to it.

A port is bound before anything else is done, the event loop's import included, so that a client that is early waits in
the backlog instead of failing.
"""

from __future__ import annotations

import errno
import socket
import sys
from typing import TYPE_CHECKING, Final

from kwire.cluster.endpoints import DEFAULT_LISTENER, listener_name
from kwire.settings import CannotStart

if TYPE_CHECKING:
    from kwire.settings import Settings

DEFAULT_BACKLOG: Final = 1024
"""Clients that may wait to be accepted where socket.listen.backlog.size is not set. Kafka's default of 50 suits a
broker that accepts in a thread of its own; here accepting takes its turn with the requests, and a client that finds
the backlog full tries again only after a second."""

CLIENT_IS_GONE: Final = frozenset(
    getattr(errno, f"E{name}", None)
    for name in [
        "PROTO",
        "NOPROTOOPT",
        "OPNOTSUPP",
        "PERM",
        "TIMEDOUT",
        "NETDOWN",
        "NETUNREACH",
        "HOSTDOWN",
        "HOSTUNREACH",
        "NONET",
    ]
)
"""What accept() says, on one system or another, of a connection that failed or was forbidden before it was accepted."""

IPV4_MAPPED: Final = "::ffff:"


class Listener:
    """One bound address of a listener; several share a name where a host has several addresses.

    host and port are what was bound: the real port where 0 was asked for. inherited: the service manager bound it and
    keeps it open, so it could not be bound again: it stays open until this process ends.
    """

    __slots__ = ("host", "inherited", "name", "port", "socket")

    def __init__(
        self, bound: socket.socket, host: str, name: str = DEFAULT_LISTENER, *, inherited: bool = False
    ) -> None:
        self.socket = bound
        self.name = name
        self.host = host
        self.inherited = inherited
        self.port: int = bound.getsockname()[1]

    def accept(self) -> socket.socket | None:
        """The next client's socket, non-blocking and without Nagle's delay; None if nobody waits.

        Raises:
            OSError: the process has no descriptors left, or the listener is closed.
        """
        try:
            connected, _ = self.socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):
            return None  # somebody else took it, or the client has left already
        except OSError as error:
            if error.errno in CLIENT_IS_GONE:
                return None
            raise
        try:
            connected.setblocking(False)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # macOS says so of a client that has left
            connected.close()
            return None
        return connected

    def close(self) -> None:
        """No more clients are accepted. Idempotent."""
        if not self.inherited:
            self.socket.close()


def bind(host: str, port: int, backlog: int, name: str = DEFAULT_LISTENER) -> list[Listener]:
    """Bind every address that host stands for; an empty host means every interface.

    Port 0 takes a free port, the same one for all of the host's addresses.

    Raises:
        CannotStart: with one sentence that says what to do.
    """
    listeners: list[Listener] = []
    try:
        asked = host.encode() if host.isascii() else host  # str would have Python import its IDNA codec
        found = socket.getaddrinfo(asked or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
            wanted = (address[0], listeners[0].port if listeners else port, *address[2:])
            listeners.append(Listener(_bound(family, wanted, backlog), host, name))
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise CannotStart(_what_to_do(host, port, error)) from error
    return listeners


def backlog(settings: Settings) -> int:
    """socket.listen.backlog.size."""
    return int(settings.config.get("socket.listen.backlog.size", DEFAULT_BACKLOG))


def bind_all(settings: Settings) -> list[list[Listener]]:
    """Each broker's listeners, bound.

    Raises:
        CannotStart.
    """
    bound: list[list[Listener]] = []
    try:
        for broker in settings.brokers:
            bound.append([])
            for position, address in enumerate(broker.listen):
                bound[-1] += bind(*address, backlog(settings), listener_name(position))
    except CannotStart:
        for listener in (one for several in bound for one in several):
            listener.close()
        raise
    return bound


def plain_host(host: str) -> str:
    """The host without the IPv6 form in which a dual-stack socket shows an IPv4 address, and without a scope."""
    return host.removeprefix(IPV4_MAPPED).partition("%")[0]


def _bound(family: int, address: tuple[object, ...], backlog: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setblocking(False)
        if sys.platform == "win32":
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
        return f"cannot listen on {where}: the port is in use; stop what uses it, or choose one with --listen HOST:PORT"
    if error.errno == errno.EACCES:
        return f"cannot listen on {where}: permission denied; choose a port above 1023 with --listen HOST:PORT"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"cannot listen on {where}: this machine has no such address; choose one with --listen HOST:PORT"
    return f"cannot listen on {where}: {error.strerror or error}"
