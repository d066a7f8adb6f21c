import pytest

from kwire.api import alter_partition_reassignments
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
    ReassignablePartition,
    ReassignableTopic,
)
from kwire.storage.port import StorageError
from tests.kit.cluster import build_cluster, context_of, create_topic


async def alter(cluster, asked, version=1, **options):
    topics = [
        ReassignableTopic(name, [ReassignablePartition(index, replicas) for index, replicas in rows.items()])
        for name, rows in asked.items()
    ]
    request = AlterPartitionReassignmentsRequest(topics=topics, **options)
    request = codec.decode(AlterPartitionReassignmentsRequest, version, codec.encode(request, version))
    response = await alter_partition_reassignments.handle(request, context_of(cluster, version))
    return codec.decode(AlterPartitionReassignmentsResponse, version, codec.encode(response, version))


def told(response):
    return {
        (topic.name, row.partition_index): (row.error_code, row.error_message)
        for topic in response.responses
        for row in topic.partitions
    }


@pytest.mark.parametrize("version", [0, 1])
async def test_partitions_move_and_what_cannot_be_is_told(version):
    cluster = build_cluster(3)
    topic = await create_topic(cluster, "t", assignments=[[1], [1]])
    response = await alter(cluster, {"t": {0: [3, 2], 1: [1, 1], 7: [1]}, "nope": {0: [1]}}, version)
    assert (response.error_code, response.error_message) == (ErrorCode.NONE, None)
    assert {key: ErrorCode(code) for key, (code, _) in told(response).items()} == {
        ("t", 0): ErrorCode.NONE,
        ("t", 1): ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        ("t", 7): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ("nope", 0): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }
    assert told(response)["t", 0] == (0, None)
    assert told(response)["t", 7][1] == "Unable to find partition t:7."
    assert told(response)["nope", 0][1] == "Unable to find a topic named nope."
    assert [(each.replicas, each.leader) for each in topic.partitions] == [([3, 2], 3), ([1], 1)]


async def test_the_replication_factor_may_be_kept():
    cluster = build_cluster(3)
    await create_topic(cluster, "t", assignments=[[1]])
    response = await alter(cluster, {"t": {0: [2, 3]}}, allow_replication_factor_change=False)
    assert response.allow_replication_factor_change is False
    assert told(response)["t", 0] == (
        ErrorCode.INVALID_REPLICATION_FACTOR,
        "The replication factor is changed from 1 to 2",
    )
    assert told(await alter(cluster, {"t": {0: [2]}}, allow_replication_factor_change=False))["t", 0] == (0, None)


async def test_a_cancelled_one_is_called_back():
    cluster = build_cluster(3)
    (partition,) = (await create_topic(cluster, "t", assignments=[[1]])).partitions
    assert told(await alter(cluster, {"t": {0: None}}))["t", 0][0] == ErrorCode.NO_REASSIGNMENT_IN_PROGRESS
    cluster.controller.stop_broker(3)
    await alter(cluster, {"t": {0: [3]}})
    assert (partition.replicas, partition.leader) == ([3, 1], 1)
    assert told(await alter(cluster, {"t": {0: None}}))["t", 0] == (0, None)
    assert partition.replicas == [1]


async def test_nothing_is_asked_for():
    response = await alter(build_cluster(), {}, allow_replication_factor_change=False)
    assert (response.error_code, response.error_message, response.responses) == (ErrorCode.NONE, "", [])
    assert response.allow_replication_factor_change is True


async def test_what_cannot_be_written_has_the_error_everywhere(monkeypatch):
    cluster = build_cluster(2)
    (partition,) = (await create_topic(cluster, "t", assignments=[[1]])).partitions

    def full_disk(records):
        raise StorageError("the disk is full")

    monkeypatch.setattr(cluster._metadata_log, "append", full_disk)
    response = await alter(cluster, {"t": {0: [2]}})
    assert response.error_code == ErrorCode.KAFKA_STORAGE_ERROR
    assert told(response)["t", 0] == (ErrorCode.KAFKA_STORAGE_ERROR, "the disk is full")
    assert partition.replicas == [1]
