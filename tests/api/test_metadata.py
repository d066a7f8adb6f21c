import gzip
import json
from pathlib import Path

import pytest

from kwire.api import metadata
from kwire.cluster.endpoints import DEFAULT_LISTENER, Endpoint
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic, MetadataResponse
from tests.kit.cluster import build_cluster, context_of, create_topic

VERSIONS = range(14)


async def ask(cluster, version, topics, **fields):
    request = MetadataRequest(topics=topics, **fields)
    request = codec.decode(MetadataRequest, version, codec.encode(request, version))
    response = await metadata.handle(request, context_of(cluster, version))
    return codec.decode(MetadataResponse, version, codec.encode(response, version))


def named(*names):
    return [MetadataRequestTopic(name=name) for name in names]


@pytest.mark.parametrize("version", VERSIONS)
async def test_every_version_names_brokers_topics_and_leaders(version):
    cluster = build_cluster(2)
    topic = await create_topic(cluster, "t", assignments=[[1, 2], [2, 1]])
    response = await ask(cluster, version, named("t"))
    assert [(row.node_id, row.host, row.port) for row in response.brokers] == [
        (1, "127.0.0.1", 9092),
        (2, "127.0.0.1", 9093),
    ]
    (row,) = response.topics
    assert (row.error_code, row.name) == (0, "t")
    assert [(each.partition_index, each.leader_id, each.replica_nodes) for each in row.partitions] == [
        (0, 1, [1, 2]),
        (1, 2, [2, 1]),
    ]
    if version >= 10:
        assert row.topic_id == topic.topic_id
    assert response.cluster_id == (cluster.cluster_id if version >= 2 else None)


@pytest.mark.parametrize(
    ("version", "topics", "names"), [(0, [], ["a", "b"]), (1, [], []), (1, None, ["a", "b"]), (13, None, ["a", "b"])]
)
async def test_all_topics_or_none(version, topics, names):
    cluster = build_cluster()
    await create_topic(cluster, "a")
    await create_topic(cluster, "b")
    response = await ask(cluster, version, topics)
    assert [row.name for row in response.topics] == names


async def test_a_missing_topic_is_created_and_has_its_leader_in_the_same_reply():
    cluster = build_cluster(static={"num.partitions": "3"})
    response = await ask(cluster, 13, named("new"))
    (row,) = response.topics
    assert row.error_code == ErrorCode.NONE
    assert [each.leader_id for each in row.partitions] == [1, 1, 1]
    assert cluster.image.topics["new"].topic_id == row.topic_id


@pytest.mark.parametrize(
    ("static", "fields"),
    [({}, {"allow_auto_topic_creation": False}), ({"auto.create.topics.enable": "false"}, {})],
)
async def test_a_missing_topic_is_not_created_where_request_or_broker_forbid_it(static, fields):
    cluster = build_cluster(static=static)
    response = await ask(cluster, 13, named("new", "a b"), **fields)
    assert [row.error_code for row in response.topics] == [
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.INVALID_TOPIC_EXCEPTION,
    ]
    assert not cluster.image.topics


async def test_a_name_that_cannot_be_is_refused_beside_one_that_is_created():
    cluster = build_cluster()
    response = await ask(cluster, 5, named("..", "good"))
    assert {row.name: row.error_code for row in response.topics} == {
        "good": ErrorCode.NONE,
        "..": ErrorCode.INVALID_TOPIC_EXCEPTION,
    }


async def test_a_creation_that_fails_tells_why():
    cluster = build_cluster(static={"default.replication.factor": "2"})
    response = await ask(cluster, 9, named("t"))
    assert [row.error_code for row in response.topics] == [ErrorCode.INVALID_REPLICATION_FACTOR]


async def test_an_internal_topic_is_created_as_such():
    cluster = build_cluster(2)
    response = await ask(cluster, 13, named("__consumer_offsets"))
    (row,) = response.topics
    assert row.is_internal
    assert len(row.partitions) == 50
    assert len(row.partitions[0].replica_nodes) == 2
    assert cluster.configs.topic("__consumer_offsets").compact


async def test_a_topic_named_twice_has_one_row():
    cluster = build_cluster()
    response = await ask(cluster, 13, named("t", "t"))
    assert [row.name for row in response.topics] == ["t"]


@pytest.mark.parametrize("version", [12, 13])
async def test_by_id(version):
    cluster = build_cluster()
    topic = await create_topic(cluster, "t")
    nobody = bytes(15) + b"\x07"
    asked = [MetadataRequestTopic(topic_id=nobody, name=None), MetadataRequestTopic(topic_id=topic.topic_id, name=None)]
    response = await ask(cluster, version, asked)
    assert [(row.error_code, row.name, row.topic_id) for row in response.topics] == [
        (ErrorCode.UNKNOWN_TOPIC_ID, None, nobody),
        (ErrorCode.NONE, "t", topic.topic_id),
    ]


async def test_ids_before_version_12_are_refused():
    cluster = build_cluster()
    topic = await create_topic(cluster, "t")
    response = await ask(cluster, 11, [MetadataRequestTopic(topic_id=topic.topic_id, name=None)])
    (row,) = response.topics
    assert (row.error_code, row.name, row.topic_id) == (ErrorCode.INVALID_REQUEST, "", topic.topic_id)
    assert (response.brokers, response.cluster_id, response.controller_id) == ([], None, -1)


async def test_neither_a_name_nor_an_id_fails_the_request_as_in_kafka():
    response = await ask(build_cluster(), 13, [MetadataRequestTopic(name=None)])
    assert (response.error_code, response.brokers) == (ErrorCode.UNKNOWN_SERVER_ERROR, [])
    assert [(row.error_code, row.name) for row in response.topics] == [(ErrorCode.UNKNOWN_SERVER_ERROR, "")]


async def test_the_metadata_log_is_not_created_by_asking_for_it():
    response = await ask(build_cluster(), 13, [MetadataRequestTopic(name="__cluster_metadata")])
    assert [row.error_code for row in response.topics] == [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]


@pytest.mark.parametrize("version", [8, 10, 13])
async def test_operations_on_request(version):
    cluster = build_cluster()
    cluster_fields = {"include_cluster_authorized_operations": True} if version <= 10 else {}
    response = await ask(cluster, version, named("t"), include_topic_authorized_operations=True, **cluster_fields)
    assert response.topics[0].topic_authorized_operations == 3576
    assert response.cluster_authorized_operations == (8096 if version <= 10 else -(2**31))


@pytest.mark.parametrize("version", [12, 13])
async def test_operations_of_what_is_not_there(version):
    cluster = build_cluster()
    for asked, operations in ((named("nope"), 3576), ([MetadataRequestTopic(bytes(15) + b"\x01", None)], -(2**31))):
        response = await ask(
            cluster, version, asked, include_topic_authorized_operations=True, allow_auto_topic_creation=False
        )
        assert response.topics[0].topic_authorized_operations == operations


async def test_a_stopped_broker_is_not_listed_and_its_replicas_are_offline():
    cluster = build_cluster(2)
    await create_topic(cluster, "t", assignments=[[1, 2]])
    await create_topic(cluster, "alone", assignments=[[1]])
    cluster.controller.stop_broker(1)
    response = await ask(cluster, 13, named("t", "alone"))
    assert [row.node_id for row in response.brokers] == [2]
    assert response.controller_id == 2
    (moved,), (offline,) = (row.partitions for row in response.topics)
    assert (moved.error_code, moved.leader_id, moved.leader_epoch, moved.isr_nodes) == (0, 2, 1, [2])
    assert moved.offline_replicas == [1]
    assert (offline.error_code, offline.leader_id) == (ErrorCode.LEADER_NOT_AVAILABLE, -1)


async def test_version_0_tells_replicas_on_stopped_brokers_as_an_error():
    cluster = build_cluster(2)
    await create_topic(cluster, "t", assignments=[[1, 2]])
    cluster.controller.stop_broker(2)
    response = await ask(cluster, 0, named("t"))
    (row,) = response.topics[0].partitions
    assert (row.error_code, row.leader_id, row.replica_nodes) == (ErrorCode.REPLICA_NOT_AVAILABLE, 1, [1])


async def test_brokers_are_found_where_the_client_reached_us_unless_they_are_advertised():
    cluster = build_cluster(2)
    cluster.brokers[2].endpoints = {DEFAULT_LISTENER: Endpoint(443, "kafka.example")}
    context = context_of(cluster, 13)
    context.connection.local = ("10.0.0.7", 9092)
    response = await metadata.handle(MetadataRequest(topics=[]), context)
    assert [(row.host, row.port) for row in response.brokers] == [("10.0.0.7", 9092), ("kafka.example", 443)]


async def test_an_unknown_id_as_kafka_answers_it():
    path = Path(__file__).parent.parent / "vectors" / "metadata" / "probes.json.gz"
    probes = {probe["probe"]: probe["json"] for probe in json.loads(gzip.decompress(path.read_bytes()))}
    (expected,) = probes["Metadata v13 unknown topic id"]["topics"]
    cluster = build_cluster()
    asked = [MetadataRequestTopic(topic_id=bytes(15) + b"\x01", name=None)]
    (row,) = (await ask(cluster, 13, asked)).topics
    assert (row.error_code, row.name, row.is_internal, row.partitions) == (
        expected["errorCode"],
        expected["name"],
        expected["isInternal"],
        expected["partitions"],
    )
