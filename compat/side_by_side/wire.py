"""A blocking client on the generated codec, and answers as comparable values."""

import re
import socket
import time

from compat.side_by_side.sent import CLIENT_ID, Sent
from kwire.protocol import frames
from kwire.protocol.errors import ProtocolError
from kwire.protocol.messages.describe_log_dirs import DescribeLogDirsRequest
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.protocol.schema import Struct
from tests.kit.blocking import read_frame

TIMEOUT_S = 8
BROKEN_TIMEOUT_S = 2
CLOSED = "connection closed"
NO_ANSWER = "no answer"

MASKED = {
    "cluster_id": "CLUSTER",
    "host": "HOST",
    "port": 0,
    "session_id": "SESSION",
    "producer_id": "PRODUCER",
    "log_append_time_ms": "TIME",
    "log_dir": "DIRECTORY",
    "total_bytes": "BYTES",
    "usable_bytes": "BYTES",
    "DescribeQuorumResponsePartitionData.leader_epoch": "EPOCH",
    "DescribeQuorumResponsePartitionData.high_watermark": "OFFSET",
    "ReplicaState.log_end_offset": "OFFSET",
    "ReplicaState.last_fetch_timestamp": "TIME",
    "ReplicaState.last_caught_up_timestamp": "TIME",
    "Listener.name": "LISTENER",
}
"""Fields, of all messages or of one, that naturally differ between brokers; compare only whether they are set."""

VARYING_TEXT = re.compile(r"(?<=within )\[-?\d+, -?\d+\]")
"""What differs in a message by nature: the times between which a record's must lie."""

UNSET = {None, "", 0, -1}
ORDERED = {"DescribeTopicPartitionsResponse.topics", "MetadataResponse.brokers"}
"""Rows whose order means something; that of others is in Apache Kafka the arbitrary one of a hash table."""

IDENTITY = "name", "topic", "topic_name", "partition_index", "index", "partition", "resource_name", "key"


class Wire:
    """Requests to one broker, one connection at a time: a closed one is opened again."""

    def __init__(self, bootstrap):
        host, _, port = bootstrap.rpartition(":")
        self.address = host, int(port)
        self.socket = None
        self.session_id = 0
        """Of the newest fetch session."""
        self._topic_ids = {}

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
            return read_frame(self.socket)
        except (ConnectionError, EOFError):
            outcome = CLOSED
        except TimeoutError:
            outcome = NO_ANSWER
        self.close()
        return outcome

    def ask(self, message, version):
        """The decoded answer, CLOSED, or NO_ANSWER. message may be a function of this Wire, which gives the message."""
        if callable(message):
            message = message(self)
        api_key = message.api_key if isinstance(message, Sent) else message.API_KEY
        if isinstance(message, Sent):
            frame = message.data
        else:
            frame = frames.encode_request(api_key, version, 1, CLIENT_ID, message)
        answer = self.exchange(frame, BROKEN_TIMEOUT_S if isinstance(message, Sent) else TIMEOUT_S)
        if isinstance(answer, str):
            return answer
        message = decoded(api_key, version, answer)
        self.session_id = getattr(message, "session_id", 0) or self.session_id
        return message

    def log_dir(self):
        """Return the directory of this broker's logs."""
        request = DescribeLogDirsRequest([])
        frame = frames.encode_request(request.API_KEY, 1, 1, CLIENT_ID, request)
        return decoded(request.API_KEY, 1, self.exchange(frame)).results[0].log_dir

    def topic_id(self, name):
        """The id that this broker gave to the topic; it is waited for."""
        deadline = time.monotonic() + TIMEOUT_S
        while name not in self._topic_ids and time.monotonic() < deadline:
            request = MetadataRequest([MetadataRequestTopic(name=name)], allow_auto_topic_creation=False)
            frame = frames.encode_request(request.API_KEY, 12, 1, CLIENT_ID, request)
            (topic,) = decoded(request.API_KEY, 12, self.exchange(frame)).topics
            if topic.error_code == 0 and topic.topic_id != bytes(16):
                self._topic_ids[name] = topic.topic_id
        return self._topic_ids[name]


def decoded(api_key, version, answer):
    """The answer's message, or why it is none."""
    try:
        return frames.decode_response(api_key, version, answer)[1]
    except ProtocolError as error:
        return f"undecodable answer: {error}"


def identity(row):
    """What a row is about."""
    return " ".join(str(row[field]) for field in IDENTITY if field in row)


def comparable(value, name="", place=""):
    """The answer with what differs by nature masked: ids, addresses, times; configs by their names."""
    if isinstance(value, Struct):
        kind = type(value).__name__
        return {field: comparable(getattr(value, field), field, f"{kind}.{field}") for field in value.__slots__}
    if isinstance(value, list):
        rows = [comparable(item, name) for item in value]
        if place == "FetchResponse.responses":  # Kafka gives a topic several rows where its partitions fare differently
            rows = [{**topic, **row} for topic in rows for row in topic.pop("partitions")]
        if name == "configs":
            return {row["name"]: row for row in rows}
        by_identity = bool(rows) and isinstance(rows[0], dict) and place not in ORDERED
        return sorted(rows, key=lambda row: (identity(row), str(row))) if by_identity else rows
    masked = MASKED.get(name, MASKED.get(place))
    if masked is not None:
        return value if value in UNSET else masked
    if name.endswith("topic_id"):
        return "ZERO" if value == bytes(16) else "ID"
    if isinstance(value, str) and name.endswith("message"):
        return VARYING_TEXT.sub("...", value)
    if isinstance(value, memoryview):
        return bytes(value).hex()
    return value
