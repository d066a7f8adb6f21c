"""Ports that a service manager bound before it started us: systemd's socket activation, without libsystemd.

Source: sd_listen_fds(3).
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final

from kwire.cluster.endpoints import listener_name
from kwire.server.listener import Listener
from kwire.settings import CannotStart

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "LISTEN_FDS"
FIRST_DESCRIPTOR: Final = 3


def inherited(variables: Mapping[str, str], brokers: int) -> list[list[Listener]] | None:
    """Each broker's listeners, None where none were meant for this process. Several brokers share them in order.

    Raises:
        CannotStart: they are no listening TCP sockets, or cannot be shared.
    """
    if variables.get("LISTEN_PID") != str(os.getpid()):
        return None
    count = variables.get(VARIABLE, "")
    if not count.isascii() or not count.isdigit():
        raise CannotStart(f"{VARIABLE}={count!r} is no number of sockets; the service manager sets it")
    if int(count) == 0:
        return None
    share, rest = divmod(int(count), brokers)
    if rest:
        raise CannotStart(
            f"{count} sockets were handed over for {brokers} brokers; name as many ListenStream= for each of them"
        )
    listeners = [_listener(FIRST_DESCRIPTOR + number, listener_name(number % share)) for number in range(int(count))]
    return [listeners[first : first + share] for first in range(0, len(listeners), share)]


def _listener(descriptor: int, name: str) -> Listener:
    try:
        bound = socket.socket(fileno=descriptor)
    except OSError as error:
        raise _refusal(descriptor) from error
    tcp = bound.family in {socket.AF_INET, socket.AF_INET6} and bound.type == socket.SOCK_STREAM
    if not tcp or not bound.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        bound.close()
        raise _refusal(descriptor)
    os.set_inheritable(descriptor, False)
    bound.setblocking(False)
    return Listener(bound, bound.getsockname()[0], name, inherited=True)


def _refusal(descriptor: int) -> CannotStart:
    return CannotStart(
        f"the inherited descriptor {descriptor} is no listening TCP socket; "
        "the socket unit needs ListenStream=PORT or ADDRESS:PORT, and Accept=no"
    )
