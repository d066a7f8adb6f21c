"""`kwire healthcheck`: check whether a broker serves, for containers: the one named, or that of the KWIRE_ variables.

Ask as a client does: with ApiVersions, at the broker's port. If a ready file is set, require that as well.
"""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Final

from kwire.cli import variables
from kwire.cli.errors import Failed
from kwire.cli.servers import addresses
from kwire.cli.settings import settings
from kwire.settings import Address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.settings import Settings

TIMEOUT_S: Final = 4.0
"""Shorter than the image's own time-out, so that the reason gets printed."""
ASK: Final = bytes.fromhex("0000000a 0012 0000 00000001 ffff")
"""ApiVersions, version 0, correlation id 1, no client id, with its size."""
HEAD_BYTES: Final = 8


def run(servers: str | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Return 0 if a broker serves; one of several is enough.

    servers: the brokers to ask, instead of those that the variables name.

    Raises:
        UsageError: the variables are wrong.
        Failed: no broker answers, or none is ready yet.
    """
    chosen = settings({}, environment)
    own = _addresses(chosen)
    named = servers or environment.get(variables.SERVERS)
    reasons = []
    for address in addresses(named) if named else own:
        try:
            _ask(address)
        except OSError as error:
            reasons.append(f"{address}: {error.strerror or error}")
        else:
            return 0
    raise Failed(f"no broker answers at {', '.join(reasons)}")


def _addresses(chosen: Settings) -> list[Address]:
    reached = [_here(broker.listen[0].reached()) for broker in chosen.brokers]
    if chosen.ready_file is None:
        return reached
    try:
        with open(chosen.ready_file, "rb") as file:  # noqa: PTH123 - pathlib would be loaded for nothing
            ports = [broker["port"] for broker in json.load(file)["brokers"]]
    except FileNotFoundError:
        raise Failed(f"not ready yet: there is no {chosen.ready_file}") from None
    return [Address(address.host, port) for address, port in zip(reached, ports, strict=False)]


def _here(address: Address) -> Address:
    """Replace `localhost` by its address, because a container may have no resolver."""
    return Address("127.0.0.1", address.port) if address.host == "localhost" else address


def _ask(address: Address) -> None:
    """Ask the broker, and check its response.

    Raises:
        OSError: it does not answer.
    """
    with socket.create_connection(address, TIMEOUT_S) as connected:
        connected.sendall(ASK)
        head = b""
        while len(head) < HEAD_BYTES:
            more = connected.recv(HEAD_BYTES - len(head))
            if not more:
                raise ConnectionResetError("it closed the connection")
            head += more
    if head[4:] != ASK[8:12]:
        raise ConnectionError("the peer is not a Kafka broker")
