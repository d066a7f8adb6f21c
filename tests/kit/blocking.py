"""Read Kafka's frames from a blocking socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket


def read_frame(connection: socket.socket) -> bytes:
    """Read the next frame, without its size.

    Raises:
        EOFError: the broker has closed the connection.
        TimeoutError, ConnectionError.
    """
    return _exactly(connection, int.from_bytes(_exactly(connection, 4), "big"))


def _exactly(connection: socket.socket, size_bytes: int) -> bytes:
    data = b""
    while len(data) < size_bytes:
        more = connection.recv(size_bytes - len(data))
        if not more:
            raise EOFError
        data += more
    return data
