"""DeleteRecords through its handler."""

import pytest

from kwire.api import delete_records
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.delete_records import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsResponse,
    DeleteRecordsTopic,
)


async def delete(data_path, offset, *, topic="truck_gps", index=0, version=2, node_id=1):
    partition = DeleteRecordsPartition(partition_index=index, offset=offset)
    request = DeleteRecordsRequest(topics=[DeleteRecordsTopic(name=topic, partitions=[partition])], timeout_ms=1000)
    response = await delete_records.handle(request, data_path.context(version, node_id=node_id))
    (row,) = codec.decode(DeleteRecordsResponse, version, codec.encode(response, version)).topics[0].partitions
    assert row.partition_index == index
    return row.error_code, row.low_watermark


@pytest.mark.parametrize("version", [0, 1, 2])
async def test_the_log_starts_at_the_offset(data_path, batch, version):
    await data_path.create("truck_gps")
    data_path.append("truck_gps", 0, batch(10))
    assert await delete(data_path, 4, version=version) == (0, 4)
    assert await delete(data_path, 3, version=version) == (0, 4)
    assert await delete(data_path, -1, version=version) == (0, 10)
    assert data_path.partition("truck_gps").open().log_start_offset == 10


async def test_the_last_of_several_offsets_counts(data_path, batch):
    await data_path.create("truck_gps", partitions=2)
    for index in (0, 1):
        data_path.append("truck_gps", index, batch(10))
    asked = [("truck_gps", 0, 7), ("truck_gps", 0, 3), ("nope", 0, 1), ("truck_gps", 1, 99), ("truck_gps", 0, 4)]
    topics = [DeleteRecordsTopic(name, [DeleteRecordsPartition(index, offset)]) for name, index, offset in asked]
    response = await delete_records.handle(DeleteRecordsRequest(topics, 1000), data_path.context(2))
    assert [
        (topic.name, [(row.partition_index, row.error_code, row.low_watermark) for row in topic.partitions])
        for topic in response.topics
    ] == [
        ("truck_gps", [(0, 0, 4), (1, ErrorCode.OFFSET_OUT_OF_RANGE, -1)]),
        ("nope", [(0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1)]),
    ]


async def test_offsets_that_are_not_there(data_path, batch):
    await data_path.create("truck_gps")
    data_path.append("truck_gps", 0, batch(10))
    assert await delete(data_path, 11) == (ErrorCode.OFFSET_OUT_OF_RANGE, -1)
    assert await delete(data_path, -2) == (ErrorCode.OFFSET_OUT_OF_RANGE, -1)


async def test_a_compacted_topic_keeps_its_records(data_path):
    await data_path.create("positions", configs={"cleanup.policy": "compact"})
    assert await delete(data_path, -1, topic="positions") == (ErrorCode.POLICY_VIOLATION, -1)


async def test_an_internal_topic_keeps_its_records(data_path):
    await data_path.create("__consumer_offsets")
    assert await delete(data_path, 0, topic="__consumer_offsets") == (ErrorCode.INVALID_TOPIC_EXCEPTION, -1)


async def test_who_cannot_do_it(data_path):
    data_path.start_brokers(2)
    await data_path.create("truck_gps", replicas=[[1]])
    assert await delete(data_path, 0, topic="nope") == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1)
    assert await delete(data_path, 0, index=1) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1)
    assert await delete(data_path, 0, node_id=2) == (ErrorCode.NOT_LEADER_OR_FOLLOWER, -1)
