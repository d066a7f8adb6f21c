"""Requests as bytes, and a raw socket that sends them: what the benchmarks ask a broker with.

The frames are made once, so that the client's own cost stays small beside the broker's.
"""

from __future__ import annotations

import socket
import struct

from kwire.protocol import codec, frames
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.batch import BatchHeader, new_batch
from kwire.protocol.schema import Message

PRODUCE, FETCH, METADATA, API_VERSIONS = 0, 1, 3, 18
OFFSET_COMMIT, FIND_COORDINATOR, JOIN_GROUP, HEARTBEAT, LEAVE_GROUP, SYNC_GROUP = 8, 10, 11, 12, 13, 14
CREATE_TOPICS, CONSUMER_GROUP_DESCRIBE = 19, 69
VERSIONS = {PRODUCE: 9, FETCH: 12, METADATA: 12, API_VERSIONS: 3, CREATE_TOPICS: 7, CONSUMER_GROUP_DESCRIBE: 1}
VERSIONS |= {OFFSET_COMMIT: 9, FIND_COORDINATOR: 4, JOIN_GROUP: 9, HEARTBEAT: 4, LEAVE_GROUP: 5, SYNC_GROUP: 5}
"""The versions used here: all are flexible, name topics by name, and both brokers have them."""

FETCH_BYTES = 1024 * 1024
SOCKET_TIMEOUT_S = 30


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def varint(value: int) -> bytes:
    """Zigzag, as record batches have it."""
    value <<= 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def record_batch(value: bytes) -> bytes:
    """A batch of one record without key, timestamp and headers."""
    body = bytes((0, 0, 0, 1)) + varint(len(value)) + value + b"\x00"
    records = varint(len(body)) + body
    header = BatchHeader(
        base_offset=0,
        batch_length=0,
        partition_leader_epoch=-1,
        magic=2,
        crc=0,
        attributes=0,
        last_offset_delta=0,
        base_timestamp=-1,
        max_timestamp=-1,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        records_count=1,
    )
    return bytes(new_batch(header, records))


def frame(api_key: int, message: object) -> bytes:
    """A whole request with its size."""
    version = VERSIONS[api_key]
    header = struct.pack(">hhi", api_key, version, 1) + struct.pack(">h", 5) + b"bench" + b"\x00"
    body = codec.encode(message, version)  # type: ignore[arg-type]
    return struct.pack(">i", len(header) + len(body)) + header + body


def produce_frame(topic: str, value: bytes) -> bytes:
    """One record for the topic's partition 0, acks=all."""
    data = PartitionProduceData(index=0, records=record_batch(value))
    topics = [TopicProduceData(topic, partition_data=[data])]
    return frame(PRODUCE, ProduceRequest(acks=-1, timeout_ms=10_000, topic_data=topics))


def fetch_frame(topic: str) -> bytes:
    """1 MB from the log's start."""
    partition = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=FETCH_BYTES)
    topics = [FetchTopic(topic=topic, partitions=[partition])]
    return frame(FETCH, FetchRequest(max_wait_ms=0, min_bytes=1, max_bytes=FETCH_BYTES, topics=topics))


def metadata_frame(*topics: str) -> bytes:
    """These topics, created if they are not there."""
    asked = [MetadataRequestTopic(name=topic) for topic in topics]
    return frame(METADATA, MetadataRequest(topics=asked, allow_auto_topic_creation=True))


def api_versions_frame() -> bytes:
    """Make a client's first request, under the name of one whose batches' headers are trusted (docs/records.md)."""
    request = ApiVersionsRequest(client_software_name="librdkafka", client_software_version="2.11.1")
    return frame(API_VERSIONS, request)


class Client:
    """One connection; a request is answered before the next one leaves. reply_bytes: the longest reply that fits."""

    def __init__(self, port: int, reply_bytes: int = 2 * FETCH_BYTES) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SOCKET_TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = memoryview(bytearray(reply_bytes))

    def ask(self, request: bytes) -> memoryview:
        """The reply to the request, without its size.

        Raises:
            OSError: the broker is not there, or went away.
        """
        self.socket.sendall(request)
        return self.receive()

    def receive(self) -> memoryview:
        """The next reply, without its size.

        Raises:
            OSError: the broker went away.
        """
        self._receive(4)
        size = int.from_bytes(self._buffer[:4], "big")
        self._receive(size)
        return self._buffer[:size]

    def message(self, api_key: int, request: bytes) -> Message:
        """The reply, decoded."""
        return frames.decode_response(api_key, VERSIONS[api_key], self.ask(request))[1]

    def _receive(self, size: int) -> None:
        got = 0
        while got < size:
            count = self.socket.recv_into(self._buffer[got:size])
            if count == 0:
                raise ConnectionResetError("the broker closed the connection")
            got += count

    def close(self) -> None:
        """The connection is closed."""
        self.socket.close()
