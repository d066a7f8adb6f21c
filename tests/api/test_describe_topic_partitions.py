import gzip
import json
from pathlib import Path

import pytest

from kwire.api import describe_topic_partitions
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_topic_partitions import (
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsRequestCursor,
    DescribeTopicPartitionsResponse,
    TopicRequest,
)
from tests.kit.cluster import build_cluster, context_of, create_topic


async def describe(cluster, *names, limit=2000, cursor=None):
    request = DescribeTopicPartitionsRequest(
        topics=[TopicRequest(name=name) for name in names],
        response_partition_limit=limit,
        cursor=None if cursor is None else DescribeTopicPartitionsRequestCursor(*cursor),
    )
    request = codec.decode(DescribeTopicPartitionsRequest, 0, codec.encode(request, 0))
    response = await describe_topic_partitions.handle(request, context_of(cluster, 0))
    return codec.decode(DescribeTopicPartitionsResponse, 0, codec.encode(response, 0))


def pages_of(response):
    cursor = response.next_cursor
    rows = [(row.name, [each.partition_index for each in row.partitions]) for row in response.topics]
    return rows, None if cursor is None else (cursor.topic_name, cursor.partition_index)


@pytest.fixture
async def cluster():
    cluster = build_cluster(2)
    await create_topic(cluster, "b", 3)
    await create_topic(cluster, "a", 2)
    return cluster


async def test_all_topics_by_name(cluster):
    assert pages_of(await describe(cluster)) == ([("a", [0, 1]), ("b", [0, 1, 2])], None)


@pytest.mark.parametrize("limit", range(-1, 7))
async def test_pages_put_together_are_the_whole(cluster, limit):
    seen = []
    cursor = None
    for _ in range(10):
        rows, cursor = pages_of(await describe(cluster, limit=limit, cursor=cursor))
        page = [(name, index) for name, indexes in rows for index in indexes]
        assert len(page) <= max(limit, 1)
        seen += page
        if cursor is None:
            break
    assert seen == [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 2)]


async def test_a_page_that_ends_with_a_topic_points_to_the_next_one(cluster):
    assert pages_of(await describe(cluster, limit=2)) == ([("a", [0, 1])], ("b", 0))


async def test_the_brokers_own_limit_counts():
    cluster = build_cluster(static={"max.request.partition.size.limit": "1"})
    await create_topic(cluster, "a", 2)
    assert pages_of(await describe(cluster)) == ([("a", [0])], ("a", 1))


async def test_a_row_says_who_leads_and_who_is_offline():
    cluster = build_cluster(2)
    topic = await create_topic(cluster, "t", assignments=[[1, 2]])
    cluster.controller.stop_broker(1)
    (row,) = (await describe(cluster, "t")).topics
    assert (row.topic_id, row.is_internal, row.topic_authorized_operations) == (topic.topic_id, False, 3576)
    (partition,) = row.partitions
    assert (partition.leader_id, partition.leader_epoch) == (2, 1)
    assert (partition.replica_nodes, partition.isr_nodes, partition.offline_replicas) == ([1, 2], [2], [1])
    assert (partition.eligible_leader_replicas, partition.last_known_elr) == ([], [])


async def test_a_missing_topic_as_kafka_answers_it(cluster):
    path = Path(__file__).parent.parent / "vectors" / "metadata" / "probes.json.gz"
    probes = {probe["probe"]: probe["json"] for probe in json.loads(gzip.decompress(path.read_bytes()))}
    (expected,) = probes["DescribeTopicPartitions v0 null cursor"]["topics"]
    (row,) = (await describe(cluster, "nope")).topics
    assert (row.name, row.error_code, row.is_internal, row.partitions, row.topic_authorized_operations) == (
        expected["name"],
        expected["errorCode"],
        expected["isInternal"],
        expected["partitions"],
        expected["topicAuthorizedOperations"],
    )


async def test_a_name_that_cannot_be(cluster):
    (row,) = (await describe(cluster, "a b")).topics
    assert row.error_code == ErrorCode.INVALID_TOPIC_EXCEPTION


@pytest.mark.parametrize("cursor", [("a", -1), ("c", 0)])
async def test_a_cursor_that_points_nowhere_is_refused(cluster, cursor):
    rows = (await describe(cluster, "a", "b", cursor=cursor)).topics
    assert {row.error_code for row in rows} == {ErrorCode.INVALID_REQUEST}
