"""Who reaches us through this machine's default gateway: clients on the host of a container, at a published port.

They are seen to come from the gateway, because the host translates addresses. Only Linux tells its routes this way.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwire.files import Files

ROUTES: Final = "/proc/net/route"
IPV6_ROUTES: Final = "/proc/net/ipv6_route"
RTF_GATEWAY: Final = 0x2
ROUTES_BYTES: Final = 1 << 20
"""More than a machine has routes; a file of /proc tells no size."""


def is_default_gateway(host: str, files: Files) -> bool:
    """Whether the address is that of a default gateway just now; False where the system does not tell."""
    wanted = _gateways_v6 if ":" in host else _gateways
    return host in wanted(files)


def _gateways(files: Files) -> Iterator[str]:
    """Source: proc(5); addresses are hexadecimal numbers in this machine's own byte order."""
    for fields in _lines(files, ROUTES):
        if len(fields) > 7 and fields[1] == fields[7] == "00000000" and int(fields[3], 16) & RTF_GATEWAY:
            yield socket.inet_ntoa(struct.pack("=I", int(fields[2], 16)))


def _gateways_v6(files: Files) -> Iterator[str]:
    for fields in _lines(files, IPV6_ROUTES):
        if len(fields) > 8 and fields[1] == "00" and int(fields[8], 16) & RTF_GATEWAY:
            yield socket.inet_ntop(socket.AF_INET6, bytes.fromhex(fields[4]))


def _lines(files: Files, path: str) -> Iterator[list[str]]:
    try:
        file = files.open(path, "read")
    except OSError:
        return
    try:
        text = file.pread(ROUTES_BYTES, 0).decode("ascii", "replace")
    finally:
        file.close()
    for line in text.splitlines():
        fields = line.split()
        if fields and fields[0] != "Iface":
            yield fields
