"""Read the brokers' addresses of -b and KWIRE_BOOTSTRAP_SERVERS."""

from __future__ import annotations

from typing import Final

from kwire.cli.errors import UsageError
from kwire.cli.setting_values import PORT_MAX, PROTOCOL
from kwire.settings import DEFAULT_PORT, Address

DEFAULT: Final = f"localhost:{DEFAULT_PORT}"


def addresses(servers: str) -> list[Address]:
    """Read the brokers' addresses; the default port is Kafka's own, 9092.

    Raises:
        UsageError: one of them is not HOST:PORT.
    """
    return [_address(server.strip()) for server in servers.split(",")]


def _address(server: str) -> Address:
    host, colon, port = server.removeprefix(f"{PROTOCOL}://").rpartition(":")
    if not colon or server.endswith("]"):
        host, port = f"{host}{colon}{port}", str(DEFAULT_PORT)
    bare = host.removeprefix("[").removesuffix("]")
    if not bare or "/" in bare or not (port.isascii() and port.isdigit() and 0 < int(port) <= PORT_MAX):
        raise UsageError(f"-b: {server!r} is not HOST:PORT")
    if ":" in host and host == bare:
        raise UsageError(f"-b: {server!r} has an IPv6 address; write it as [{host}]:{port}")
    return Address(bare, int(port))
