"""A blocking client on the generated codec, and answers as comparable values."""

import re
import socket

from kwire.protocol import frames
from kwire.protocol.errors import ProtocolError
from kwire.protocol.schema import Struct

TIMEOUT_S = 8
CLOSED = "connection closed"
NO_ANSWER = "no answer"

MASKED = {
    "cluster_id": "CLUSTER",
    "host": "HOST",
    "port": 0,
    "session_id": "SESSION",
    "producer_id": "PRODUCER",
    "log_append_time_ms": "TIME",
}
"""Fields whose values differ from broker to broker by nature; only whether they are set is compared."""

VARYING_TEXT = re.compile(r"(?<=within )\[-?\d+, -?\d+\]")
"""What differs in a message by nature: the times between which a record's must lie."""

UNSET = {None, "", 0, -1}
UNORDERED = {
    "DeleteTopicsResponse.responses",
    "CreateTopicsResponse.topics",
    "MetadataResponse.topics",
    "DeleteRecordsResponse.topics",
    "DeleteRecordsTopicResult.partitions",
}
"""Rows that Apache Kafka gives in the arbitrary order of a hash table."""


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

    def exchange(self, frame, timeout_s=TIMEOUT_S):
        """The answering frame without its size; CLOSED or NO_ANSWER."""
        if self.socket is None:
            self.socket = socket.create_connection(self.address)
        self.socket.settimeout(timeout_s)
        try:
            self.socket.sendall(frame)
            return self._receive(int.from_bytes(self._receive(4), "big"))
        except (ConnectionError, EOFError):
            outcome = CLOSED
        except TimeoutError:
            outcome = NO_ANSWER
        self.close()
        return outcome

    def _receive(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def ask(self, message, version):
        """The decoded answer, CLOSED, or NO_ANSWER."""
        answer = self.exchange(frames.encode_request(message.API_KEY, version, 1, "side-by-side", message))
        return answer if isinstance(answer, str) else decoded(message.API_KEY, version, answer)


def decoded(api_key, version, answer):
    """The answer's message, or why it is none."""
    try:
        return frames.decode_response(api_key, version, answer)[1]
    except ProtocolError as error:
        return f"undecodable answer: {error}"


def comparable(value, name="", place=""):
    """The answer with what differs by nature masked: ids, addresses, times; configs by their names."""
    if isinstance(value, Struct):
        kind = type(value).__name__
        return {field: comparable(getattr(value, field), field, f"{kind}.{field}") for field in value.__slots__}
    if isinstance(value, list):
        rows = [comparable(item, name) for item in value]
        if name == "configs":
            return {row["name"]: row for row in rows}
        return sorted(rows, key=str) if place in UNORDERED else rows
    if name in MASKED:
        return value if value in UNSET else MASKED[name]
    if name.endswith("topic_id"):
        return "ZERO" if value == bytes(16) else "ID"
    if isinstance(value, str) and name.endswith("message"):
        return VARYING_TEXT.sub("...", value)
    if isinstance(value, memoryview):
        return bytes(value).hex()
    return value
