"""DescribeProducers: who wrote to a partition, as its log knows it."""

import pytest

from kwire.api import describe_producers, turns
from kwire.api.context import CloseConnection
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_producers import (
    DescribeProducersRequest,
    DescribeProducersResponse,
    TopicRequest,
)
from kwire.protocol.records.batch import read_header
from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.storage.port import StorageError
from tests.kit.cluster import START_MS


async def described(data_path, *topics, node_id=1):
    """Return topic, partition index, error, message and producers of each row."""
    request = DescribeProducersRequest([TopicRequest(*topic) for topic in topics])
    request = codec.decode(DescribeProducersRequest, 0, codec.encode(request, 0))
    response = await describe_producers.handle(request, data_path.context(0, node_id=node_id))
    response = codec.decode(DescribeProducersResponse, 0, codec.encode(response, 0))
    return [
        (topic.name, row.partition_index, ErrorCode(row.error_code), row.error_message, row.active_producers)
        for topic in response.topics
        for row in topic.partitions
    ]


def as_row(state):
    return (
        *(state.producer_id, state.producer_epoch, state.last_sequence),
        *(state.last_timestamp, state.coordinator_epoch, state.current_txn_start_offset),
    )


async def producers_of(data_path, topic, index=0):
    ((_, _, error, _, producers),) = await described(data_path, (topic, [index]))
    assert error == ErrorCode.NONE
    return [as_row(state) for state in producers]


async def test_each_producer_stands_with_its_newest_batch(data_path, batch):
    await data_path.create("t", 2)
    assert await producers_of(data_path, "t") == []
    data_path.append("t", 0, batch(3))
    for options in (
        {"producer_id": 7, "producer_epoch": 0, "base_sequence": 0},
        {"producer_id": 7, "producer_epoch": 0, "base_sequence": 3, "timestamp": START_MS + 5},
        {"producer_id": 8, "producer_epoch": 2, "base_sequence": 0},
    ):
        data_path.append("t", 0, batch(3, **options))
    assert await producers_of(data_path, "t") == [(7, 0, 5, START_MS + 5, -1, -1), (8, 2, 2, START_MS, -1, -1)]
    assert await producers_of(data_path, "t", 1) == []
    data_path.append("t", 0, batch(2, producer_id=7, producer_epoch=1, base_sequence=0))
    assert (await producers_of(data_path, "t"))[0] == (7, 1, 1, START_MS, -1, -1)


async def test_a_transaction_stands_with_its_first_offset_until_its_end(data_path, batch):
    await data_path.create("t")
    data_path.append("t", 0, batch(2))
    log = data_path.partition("t").open()

    def append(written):
        log.append(written, read_header(written), 0, START_MS)

    append(bytearray(batch(2, producer_id=7, producer_epoch=0, base_sequence=0, transactional=True)))
    assert await producers_of(data_path, "t") == [(7, 0, 1, START_MS, -1, 2)]
    append(encode_marker_batch(EndTransactionMarker(committed=True, coordinator_epoch=5), 7, 0, START_MS + 9))
    assert await producers_of(data_path, "t") == [(7, 0, 1, START_MS + 9, 5, -1)]


async def test_what_is_not_here_is_told_row_by_row(data_path):
    data_path.start_brokers(2)
    await data_path.create("t", replicas=[[1], [2]])
    nowhere = "This server does not host this topic-partition."
    rows = await described(data_path, ("t", [0, 1, 2, -1, 0]), ("nope", [0]), ("a b", [0]), ("t", []), ("t", [0]))
    assert [(topic, index, error) for topic, index, error, _, _ in rows] == [
        ("t", 0, ErrorCode.NONE),
        ("t", 1, ErrorCode.NOT_LEADER_OR_FOLLOWER),
        ("t", 2, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("t", -1, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("t", 0, ErrorCode.NONE),
        ("nope", 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("a b", 0, ErrorCode.INVALID_TOPIC_EXCEPTION),
        ("t", 0, ErrorCode.NONE),
    ]
    assert [message for _, _, _, message, _ in rows][:6] == [None] * 5 + [nowhere]
    assert rows[6][3].startswith("Topic name is invalid: 'a b'")
    assert [error for _, _, error, _, _ in await described(data_path, ("t", [1]), node_id=2)] == [ErrorCode.NONE]


async def test_a_log_that_cannot_be_opened_is_told_so(data_path, monkeypatch):
    await data_path.create("t")

    def fail(*_):
        raise StorageError("the disk is gone")

    monkeypatch.setattr(data_path.cluster.store, "open", fail)
    ((_, _, error, _, _),) = await described(data_path, ("t", [0]))
    assert error == ErrorCode.KAFKA_STORAGE_ERROR


async def test_a_short_request_gets_no_endless_reply(data_path, batch, monkeypatch):
    monkeypatch.setattr(turns, "MAX_TOLD_ROWS", 3000)
    await data_path.create("t", 2)
    for producer_id in range(30):
        data_path.append("t", 0, batch(1, producer_id=producer_id, producer_epoch=0, base_sequence=0))
    few = await described(data_path, ("t", [0] * 100), ("t", [1] * 10_000))
    assert [len(row[-1]) for row in few] == [30] * 100 + [0] * 10_000
    with pytest.raises(CloseConnection, match="DescribeProducers asks for more than 3000 rows"):
        await described(data_path, ("t", [0] * 101))
