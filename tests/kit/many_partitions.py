"""Create, write and read a topic with thousands of partitions, by a client's requests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.record import Record, encode_batch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kwire.client.connection import Client

TOPIC = "many"
CREATE_TOPICS, PRODUCE, FETCH = 5, 9, 12
TIMEOUT_MS = 60_000


async def create(client: Client, partitions: int) -> None:
    """Create the topic."""
    topic = CreatableTopic(name=TOPIC, num_partitions=partitions, replication_factor=1)
    answer = await client.request(CreateTopicsRequest(topics=[topic], timeout_ms=TIMEOUT_MS), CREATE_TOPICS)
    assert answer.topics[0].error_code == ErrorCode.NONE


async def write(client: Client, partitions: Iterable[int], value: bytes = b"v") -> list[Any]:
    """Write a record to each of the partitions in one request; return the response's rows."""
    batch = bytes(encode_batch([Record(0, time.time_ns() // 1_000_000, None, value)]))
    data = [PartitionProduceData(index=index, records=batch) for index in partitions]
    topic = TopicProduceData(name=TOPIC, partition_data=data)
    request = ProduceRequest(acks=-1, timeout_ms=TIMEOUT_MS, topic_data=[topic])
    rows: list[Any] = (await client.request(request, PRODUCE)).responses[0].partition_responses
    return rows


async def read(client: Client, partitions: Iterable[int], offset: int = 0) -> list[Any]:
    """Read each of the partitions from that offset on in one request; return the response's rows."""
    wanted = [FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=1_000) for index in partitions]
    topic = FetchTopic(topic=TOPIC, partitions=wanted)
    request = FetchRequest(max_bytes=50_000_000, max_wait_ms=0, session_epoch=-1, topics=[topic])
    rows: list[Any] = (await client.request(request, FETCH)).responses[0].partitions
    return rows


def errors(rows: Iterable[Any]) -> set[str]:
    """Return the names of the rows' errors."""
    return {ErrorCode(row.error_code).name for row in rows} - {"NONE"}
