"""A blocking client on the generated codec, and answers as comparable values."""

import socket

from kwire.protocol import frames
from kwire.protocol.errors import ProtocolError
from kwire.protocol.schema import Struct

TIMEOUT_S = 30
CLOSED = "connection closed"

MASKED = {
    "cluster_id": "CLUSTER",
    "host": "HOST",
    "port": 0,
    "session_id": "SESSION",
    "producer_id": "PRODUCER",
    "log_append_time_ms": "TIME",
}
"""Fields whose values differ from broker to broker by nature; only whether they are set is compared."""

UNSET = {None, "", 0, -1}


class Wire:
    """Requests to one broker, one connection at a time: a closed one is opened again."""

    def __init__(self, bootstrap):
        host, _, port = bootstrap.rpartition(":")
        self.address = host, int(port)
        self.socket = None

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def exchange(self, frame):
        """The answering frame without its size, or None where the broker closed the connection."""
        if self.socket is None:
            self.socket = socket.create_connection(self.address, TIMEOUT_S)
        self.socket.sendall(frame)
        size = self._receive(4)
        body = None if size is None else self._receive(int.from_bytes(size, "big"))
        if body is None:
            self.close()
        return body

    def _receive(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except ConnectionResetError:
                return None
            if not more:
                return None
            data += more
        return data

    def ask(self, message, version):
        """The decoded answer, or CLOSED."""
        frame = frames.encode_request(message.API_KEY, version, 1, "side-by-side", message)
        answer = self.exchange(frame)
        if answer is None:
            return CLOSED
        try:
            return frames.decode_response(message.API_KEY, version, answer)[1]
        except ProtocolError as error:
            return f"undecodable answer: {error}"


def comparable(value, name=""):
    """The answer with what differs by nature masked: ids, addresses, times."""
    if isinstance(value, Struct):
        return {field: comparable(getattr(value, field), field) for field in value.__slots__}
    if isinstance(value, list):
        return [comparable(item, name) for item in value]
    if name in MASKED:
        return value if value in UNSET else MASKED[name]
    if name.endswith("topic_id"):
        return "ZERO" if value == bytes(16) else "ID"
    if isinstance(value, memoryview):
        return bytes(value).hex()
    return value
