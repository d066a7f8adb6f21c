"""Ports that tests may listen on."""

from __future__ import annotations

import os
import socket
from itertools import count

FIRST, END = 10_000, 32_000
"""Below the ports that systems give to outgoing connections, of which one could come at any moment."""

_numbers = count(os.getpid() * 16)


def free_port(in_a_row: int = 1) -> int:
    """Find a port that is free together with the next ones."""
    for number in _numbers:
        port = FIRST + number * in_a_row % (END - FIRST)
        if all(_is_free(port + step) for step in range(in_a_row)):
            return port
    raise AssertionError


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
