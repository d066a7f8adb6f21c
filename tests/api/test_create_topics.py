import gzip
import json
from pathlib import Path

import pytest

from kwire.api import create_topics
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.create_topics import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
    CreateTopicsResponse,
)
from kwire.protocol.schema import ZERO_UUID
from tests.kit.cluster import build_cluster, context_of, create_topic

VERSIONS = range(2, 8)


async def create(cluster, *topics, version=7, validate_only=False):
    request = CreateTopicsRequest(topics=list(topics), validate_only=validate_only)
    request = codec.decode(CreateTopicsRequest, version, codec.encode(request, version))
    response = await create_topics.handle(request, context_of(cluster, version))
    return codec.decode(CreateTopicsResponse, version, codec.encode(response, version)).topics


def topic(name, partitions=1, replicas=1, *, assignments=(), configs=()):
    return CreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=replicas,
        assignments=[CreatableReplicaAssignment(partition_index=i, broker_ids=b) for i, b in assignments],
        configs=[CreatableTopicConfig(name=n, value=v) for n, v in configs],
    )


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_topic_is_created(version):
    cluster = build_cluster(3)
    (row,) = await create(cluster, topic("t", 4, 2, configs=[("retention.ms", "1000")]), version=version)
    created = cluster.image.topics["t"]
    assert (row.name, row.error_code, row.error_message) == ("t", 0, None)
    assert [len(each.replicas) for each in created.partitions] == [2, 2, 2, 2]
    assert cluster.configs.topic("t").retention_ms == 1000
    if version >= 5:
        assert (row.num_partitions, row.replication_factor) == (4, 2)
        values = {config.name: (config.value, config.config_source) for config in row.configs}
        assert values["retention.ms"] == ("1000", 1)
        assert values["cleanup.policy"] == ("delete", 5)
    assert row.topic_id == (created.topic_id if version >= 7 else ZERO_UUID)


async def test_topics_of_one_request_tell_their_own_configs():
    cluster = build_cluster()
    kept = [("retention.ms", "1000")]
    asked = topic("a"), topic("b", configs=kept), topic("c"), topic("d", configs=kept)
    rows = await create(cluster, *asked)
    told = [{config.name: (config.value, config.config_source) for config in row.configs} for row in rows]
    assert [each["retention.ms"] for each in told] == [("604800000", 5), ("1000", 1)] * 2
    assert [each["cleanup.policy"] for each in told] == [("delete", 5)] * 4


async def test_configs_are_told_as_they_were_written():
    cluster = build_cluster(static={"log.retention.ms": " +500 ", "message.max.bytes": "007", "log.roll.hours": "2"})
    written = {"preallocate": "TRUE", "cleanup.policy": " delete, delete", "flush.ms": "+5"}
    (row,) = await create(cluster, topic("t", configs=written.items()))
    told = {config.name: (config.value, config.config_source) for config in row.configs}
    assert {name: told[name] for name in written} == {name: (text, 1) for name, text in written.items()}
    assert told["retention.ms"] == (" +500 ", 4)
    assert told["max.message.bytes"] == ("007", 4)
    assert told["segment.ms"] == ("7200000", 5)
    assert told["segment.bytes"] == ("1073741824", 5)
    assert cluster.configs.topic("t").flush_ms == 5


async def test_counts_are_the_brokers_where_they_are_left_to_it():
    cluster = build_cluster(3, static={"num.partitions": "5", "default.replication.factor": "3"})
    (row,) = await create(cluster, topic("t", -1, -1))
    assert (row.num_partitions, row.replication_factor) == (5, 3)


async def test_leaders_are_spread_over_the_brokers():
    cluster = build_cluster(3)
    await create(cluster, topic("t", 9, 3))
    leaders = [partition.leader for partition in cluster.image.topics["t"].partitions]
    assert {leaders.count(node_id) for node_id in (1, 2, 3)} == {3}


async def test_validate_only_creates_nothing():
    cluster = build_cluster()
    (row,) = await create(cluster, topic("t", 2), validate_only=True)
    assert (row.error_code, row.num_partitions) == (0, 2)
    assert not cluster.image.topics


async def test_bad_names_as_kafka_answers_them():
    path = Path(__file__).parent.parent / "vectors" / "metadata" / "probes.json.gz"
    probes = {probe["probe"]: probe["json"] for probe in json.loads(gzip.decompress(path.read_bytes()))}
    expected = probes["CreateTopics v7 bad names"]["topics"]
    cluster = build_cluster()
    await create_topic(cluster, "__consumer_offsets")
    rows = await create(cluster, *(topic(row["name"]) for row in expected))
    assert [
        {
            "name": row.name,
            "errorCode": row.error_code,
            "errorMessage": row.error_message,
            "numPartitions": row.num_partitions,
            "replicationFactor": row.replication_factor,
            "configs": row.configs,
            "topicId": "A" * 22 if row.topic_id == ZERO_UUID else row.topic_id,
        }
        for row in rows
    ] == expected


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        (
            topic("t", 1, 4),
            ErrorCode.INVALID_REPLICATION_FACTOR,
            (
                "Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached because "
                "only 3 broker(s) are registered or some brokers have all their log directories cordoned."
            ),
        ),
        (
            topic("t", 1, 0),
            ErrorCode.INVALID_REPLICATION_FACTOR,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        ),
        (
            topic("t", 0, 1),
            ErrorCode.INVALID_PARTITIONS,
            "Number of partitions was set to an invalid non-positive value.",
        ),
        (
            topic("t", 1, -1, assignments=[(0, [1])]),
            ErrorCode.INVALID_REQUEST,
            "A manual partition assignment was specified, but numPartitions was not set to -1.",
        ),
        (
            topic("t", -1, 1, assignments=[(0, [1])]),
            ErrorCode.INVALID_REQUEST,
            "A manual partition assignment was specified, but replication factor was not set to -1.",
        ),
        (
            topic("t", -1, -1, assignments=[(0, [1]), (0, [2])]),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "Found multiple manual partition assignments for partition 0",
        ),
        (
            topic("t", -1, -1, assignments=[(0, [1]), (2, [2])]),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "partitions should be a consecutive 0-based integer sequence",
        ),
        (
            topic("t", -1, -1, assignments=[(0, [])]),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes an empty replica list.",
        ),
        (
            topic("t", -1, -1, assignments=[(0, [9])]),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes broker 9, but no such broker is registered.",
        ),
        (
            topic("t", -1, -1, assignments=[(0, [1, 1])]),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes the broker 1 more than once.",
        ),
        (
            topic("t", -1, -1, assignments=[(0, [1, 2]), (1, [1])]),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            (
                "The manual partition assignment includes a partition with 1 replica(s), but this is not consistent with "
                "previous partitions, which have 2 replica(s)."
            ),
        ),
        (
            topic("t", -1, -1, assignments=[(0, [3])]),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            (
                "All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled "
                "shutdown."
            ),
        ),
        (
            topic("t", configs=[("retention.ms", None)]),
            ErrorCode.INVALID_CONFIG,
            "Null value not supported for topic configs: retention.ms",
        ),
        (
            topic("t", configs=[("no.such.config", "1")]),
            ErrorCode.INVALID_CONFIG,
            "Unknown topic config name: no.such.config",
        ),
        (
            topic("a_b"),
            ErrorCode.INVALID_TOPIC_EXCEPTION,
            "Topic 'a_b' collides with existing topic: a.b",
        ),
        (
            topic("__cluster_metadata"),
            ErrorCode.INVALID_REQUEST,
            "Creation of internal topic __cluster_metadata is prohibited.",
        ),
        (
            topic("t", 10_001),
            ErrorCode.POLICY_VIOLATION,
            "Excessively large number of partitions per request.",
        ),
    ],
)
async def test_what_cannot_be_created_is_told_in_kafkas_words(asked, code, message):
    cluster = build_cluster(3)
    await create_topic(cluster, "a.b")
    cluster.controller.stop_broker(3)
    before = cluster.image.version
    (row,) = await create(cluster, asked)
    assert (row.error_code, row.error_message) == (code, message)
    assert cluster.image.version == before


async def test_no_broker_runs():
    cluster = build_cluster()
    cluster.controller.stop_broker(1)
    (row,) = await create(cluster, topic("t"))
    assert row.error_code == ErrorCode.INVALID_REPLICATION_FACTOR
    assert row.error_message == "Unable to replicate the partition 1 time(s): All brokers are currently fenced."


async def test_the_good_topics_of_a_request_are_created_beside_the_bad_ones():
    cluster = build_cluster()
    rows = await create(cluster, topic("a"), topic("b", 0), topic("twice"), topic("twice"))
    assert [(row.name, row.error_code) for row in rows] == [
        ("a", ErrorCode.NONE),
        ("b", ErrorCode.INVALID_PARTITIONS),
        ("twice", ErrorCode.INVALID_REQUEST),
    ]
    assert rows[-1].error_message == "Duplicate topic name."
    assert list(cluster.image.topics) == ["a"]


async def test_too_many_records_for_one_decision_create_nothing():
    cluster = build_cluster()
    rows = await create(cluster, topic("a", 6000), topic("b", 6000))
    assert [row.error_code for row in rows] == [ErrorCode.POLICY_VIOLATION] * 2
    assert not cluster.image.topics
