import pytest

from kwire.api import create_partitions
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.create_partitions import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsResponse,
    CreatePartitionsTopic,
)
from tests.kit.cluster import build_cluster, context_of, create_topic


def topic(name, count, assignments=None):
    wanted = None if assignments is None else [CreatePartitionsAssignment(broker_ids=ids) for ids in assignments]
    return CreatePartitionsTopic(name=name, count=count, assignments=wanted)


async def grow(cluster, *topics, version=3, validate_only=False):
    request = CreatePartitionsRequest(topics=list(topics), timeout_ms=1000, validate_only=validate_only)
    request = codec.decode(CreatePartitionsRequest, version, codec.encode(request, version))
    response = await create_partitions.handle(request, context_of(cluster, version))
    return codec.decode(CreatePartitionsResponse, version, codec.encode(response, version)).results


@pytest.mark.parametrize("version", range(4))
async def test_partitions_are_added_with_the_topics_replication_factor(version):
    cluster = build_cluster(3)
    await create_topic(cluster, "t", 1, 2)
    (row,) = await grow(cluster, topic("t", 4), version=version)
    assert (row.name, row.error_code, row.error_message) == ("t", 0, None)
    partitions = cluster.image.topics["t"].partitions
    assert [(each.index, len(each.replicas)) for each in partitions] == [(0, 2), (1, 2), (2, 2), (3, 2)]
    assert cluster.partition("t", 3).open().log_end_offset == 0


async def test_where_the_client_wants_them():
    cluster = build_cluster(3)
    await create_topic(cluster, "t", 1, 2)
    await grow(cluster, topic("t", 3, [[3, 1], [2, 3]]))
    assert [each.replicas for each in cluster.image.topics["t"].partitions[1:]] == [[3, 1], [2, 3]]


async def test_validate_only_adds_nothing():
    cluster = build_cluster()
    await create_topic(cluster, "t")
    (row,) = await grow(cluster, topic("t", 2), validate_only=True)
    assert row.error_code == 0
    assert len(cluster.image.topics["t"].partitions) == 1


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        (topic("nope", 2), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, None),
        (topic("t", 2), ErrorCode.INVALID_PARTITIONS, "Topic already has 2 partition(s)."),
        (
            topic("t", 1),
            ErrorCode.INVALID_PARTITIONS,
            "The topic t currently has 2 partition(s); 1 would not be an increase.",
        ),
        (
            topic("t", 4, [[1]]),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
        ),
        (
            topic("t", 3, [[1, 2]]),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            (
                "The manual partition assignment includes a partition with 2 replica(s), but this is not consistent with "
                "previous partitions, which have 1 replica(s)."
            ),
        ),
        (
            topic("t", 3, [[2]]),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            (
                "All brokers specified in the manual partition assignment for partition 2 are fenced or in controlled "
                "shutdown."
            ),
        ),
        (
            topic("t", 20_000),
            ErrorCode.POLICY_VIOLATION,
            "Unable to perform excessively large batch operation.",
        ),
    ],
)
async def test_what_cannot_be_is_told_in_kafkas_words(asked, code, message):
    cluster = build_cluster(2)
    await create_topic(cluster, "t", 2)
    cluster.controller.stop_broker(2)
    (row,) = await grow(cluster, asked)
    assert (row.error_code, row.error_message) == (code, message)
    assert len(cluster.image.topics["t"].partitions) == 2


async def test_a_topic_named_twice_stays_as_it_is():
    cluster = build_cluster()
    await create_topic(cluster, "t")
    (row,) = await grow(cluster, topic("t", 2), topic("t", 3))
    assert (row.error_code, row.error_message) == (ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
    assert len(cluster.image.topics["t"].partitions) == 1
