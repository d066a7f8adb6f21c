"""DescribeQuorum: the metadata log's leader, its end, and the brokers beside the leader."""

import pytest

from kwire.api import describe_quorum
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_quorum import (
    DescribeQuorumRequest,
    DescribeQuorumRequestPartitionData,
    DescribeQuorumRequestTopicData,
    DescribeQuorumResponse,
)
from kwire.protocol.schema import ZERO_UUID
from tests.kit.cluster import START_MS, build_cluster, context_of, create_topic

VERSIONS = range(3)
METADATA = "__cluster_metadata"


async def described(cluster, version, *topics, node_id=1):
    rows = [DescribeQuorumRequestPartitionData(index) for index in (0, 1)]
    request = DescribeQuorumRequest(
        [DescribeQuorumRequestTopicData(name, [rows[index] for index in indexes]) for name, indexes in topics]
    )
    request = codec.decode(DescribeQuorumRequest, version, codec.encode(request, version))
    response = await describe_quorum.handle(request, context_of(cluster, version, node_id=node_id))
    return codec.decode(DescribeQuorumResponse, version, codec.encode(response, version))


def states(rows):
    return [
        (row.replica_id, row.log_end_offset, row.last_fetch_timestamp, row.last_caught_up_timestamp) for row in rows
    ]


@pytest.mark.parametrize("version", VERSIONS)
async def test_one_broker_is_the_whole_quorum(version):
    cluster = build_cluster()
    before = cluster.metadata_end_offset
    await create_topic(cluster, "t", 3)
    response = await described(cluster, version, (METADATA, [0]))
    ((topic,), (partition,)) = response.topics, response.topics[0].partitions
    assert (response.error_code, topic.topic_name, partition.error_code) == (0, METADATA, 0)
    assert (partition.partition_index, partition.leader_id, partition.leader_epoch) == (0, 1, 1)
    assert partition.high_watermark == before + 4, "a topic and three partitions were decided"
    seen_ms = START_MS if version else -1
    assert states(partition.current_voters) == [(1, partition.high_watermark, seen_ms, seen_ms)]
    assert partition.current_voters[0].replica_directory_id == ZERO_UUID
    assert partition.observers == []
    nodes = [(node.node_id, [(each.host, each.port) for each in node.listeners]) for node in response.nodes]
    assert nodes == ([(1, [("127.0.0.1", 9092)])] if version == 2 else [])


async def test_other_brokers_observe_and_the_first_that_runs_leads():
    cluster = build_cluster(3)
    cluster.controller.stop_broker(1)
    response = await described(cluster, 2, (METADATA, [0]), node_id=3)
    (partition,) = response.topics[0].partitions
    assert partition.leader_id == 2
    assert [row.replica_id for row in partition.current_voters] == [2]
    assert [row.replica_id for row in partition.observers] == [3]
    assert [(node.node_id, node.listeners[0].port) for node in response.nodes] == [(2, 9093)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "topics",
    [
        [(METADATA, [1])],
        [("t", [0])],
        [(METADATA, [0, 0])],
        [(METADATA, [0]), ("t", [0])],
        [(METADATA, [0]), ("t", [])],
    ],
    ids=str,
)
async def test_nothing_else_has_a_quorum(version, topics):
    response = await described(build_cluster(), version, *topics)
    told = [
        (topic.topic_name, [(row.partition_index, row.error_code, row.error_message) for row in topic.partitions])
        for topic in response.topics
    ]
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    message = "This server does not host this topic-partition." if version == 2 else ""
    assert told == [(name, [(index, unknown, message) for index in indexes]) for name, indexes in topics]
    assert response.nodes == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_nothing_asked_nothing_told(version):
    assert await described(build_cluster(), version) == DescribeQuorumResponse()
    response = await described(build_cluster(), version, (METADATA, []))
    assert [(topic.topic_name, topic.partitions) for topic in response.topics] == [(METADATA, [])]
