"""OffsetForLeaderEpoch through its handler."""

import pytest

from kwire.api import offset_for_leader_epoch
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.offset_for_leader_epoch import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)


async def ask(data_path, leader_epoch, *, current=-1, version=4, index=0, topic="truck_gps", node_id=1):
    partition = OffsetForLeaderPartition(partition=index, current_leader_epoch=current, leader_epoch=leader_epoch)
    topics = [OffsetForLeaderTopic(topic=topic, partitions=[partition])]
    context = data_path.context(version, node_id=node_id)
    response = await offset_for_leader_epoch.handle(OffsetForLeaderEpochRequest(topics=topics), context)
    decoded = codec.decode(OffsetForLeaderEpochResponse, version, codec.encode(response, version))
    (row,) = decoded.topics[0].partitions
    assert (decoded.topics[0].topic, row.partition) == (topic, index)
    return row.error_code, row.leader_epoch, row.end_offset


@pytest.mark.parametrize("version", [2, 3, 4])
async def test_where_an_epoch_ends(data_path, batch, version):
    await data_path.create("truck_gps")
    image = data_path.partition("truck_gps").image
    assert await ask(data_path, 0, version=version) == (0, 0, 0)
    assert await ask(data_path, -2, version=version) == (0, -2, 0)
    assert await ask(data_path, -1, version=version) == (0, -1, -1)
    data_path.append("truck_gps", 0, batch(7))
    image.leader_epoch = 4
    data_path.append("truck_gps", 0, batch(2))
    assert await ask(data_path, 0, version=version) == (0, 0, 7)
    assert await ask(data_path, 3, version=version) == (0, 0, 7)
    assert await ask(data_path, 4, version=version) == (0, 4, 9)
    assert await ask(data_path, 5, version=version) == (0, -1, -1)
    assert await ask(data_path, -2, version=version) == (0, -2, 0)


async def test_the_clients_epoch_is_checked(data_path):
    await data_path.create("truck_gps")
    data_path.partition("truck_gps").image.leader_epoch = 2
    assert await ask(data_path, 2, current=2) == (0, 2, 0)
    assert await ask(data_path, 2, current=1) == (ErrorCode.FENCED_LEADER_EPOCH, -1, -1)
    assert await ask(data_path, 2, current=3) == (ErrorCode.UNKNOWN_LEADER_EPOCH, -1, -1)


async def test_who_cannot_answer(data_path):
    data_path.start_brokers(2)
    await data_path.create("truck_gps", replicas=[[1]])
    assert await ask(data_path, 0, topic="nope") == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1)
    assert await ask(data_path, 0, index=1) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1)
    assert await ask(data_path, 0, node_id=2) == (ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1)
