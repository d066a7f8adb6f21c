import gzip
import json
from pathlib import Path

import pytest

from kwire.api import delete_topics
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsResponse, DeleteTopicState
from kwire.protocol.schema import ZERO_UUID
from tests.kit.cluster import build_cluster, context_of, create_topic


async def delete(cluster, *topics, version=6):
    if version >= 6:
        states = [topic if isinstance(topic, DeleteTopicState) else DeleteTopicState(name=topic) for topic in topics]
        request = DeleteTopicsRequest(topics=states)
    else:
        request = DeleteTopicsRequest(topic_names=list(topics))
    request = codec.decode(DeleteTopicsRequest, version, codec.encode(request, version))
    response = await delete_topics.handle(request, context_of(cluster, version))
    return codec.decode(DeleteTopicsResponse, version, codec.encode(response, version)).responses


def by_id(topic_id):
    return DeleteTopicState(name=None, topic_id=topic_id)


@pytest.mark.parametrize("version", range(1, 7))
async def test_by_name(version):
    cluster = build_cluster()
    topic = await create_topic(cluster, "t")
    await create_topic(cluster, "stays")
    (row,) = await delete(cluster, "t", version=version)
    assert (row.name, row.error_code) == ("t", 0)
    assert row.topic_id == (topic.topic_id if version >= 6 else ZERO_UUID)
    assert list(cluster.image.topics) == ["stays"]


async def test_by_id():
    cluster = build_cluster()
    topic = await create_topic(cluster, "t")
    (row,) = await delete(cluster, by_id(topic.topic_id))
    assert (row.name, row.topic_id, row.error_code) == ("t", topic.topic_id, 0)
    assert not cluster.image.topics


async def test_an_unknown_name_as_kafka_answers_it():
    path = Path(__file__).parent.parent / "vectors" / "metadata" / "probes.json.gz"
    probes = {probe["probe"]: probe["json"] for probe in json.loads(gzip.decompress(path.read_bytes()))}
    (expected,) = probes["DeleteTopics v6 unknown"]["responses"]
    (row,) = await delete(build_cluster(), "nope")
    assert (row.name, row.topic_id, row.error_code, row.error_message) == (
        expected["name"],
        ZERO_UUID,
        expected["errorCode"],
        expected["errorMessage"],
    )


async def test_what_is_not_one_topic_is_refused_and_stays():
    cluster = build_cluster()
    topic = await create_topic(cluster, "t")
    twice = await create_topic(cluster, "twice")
    nobody = bytes(15) + b"\x09"
    rows = await delete(
        cluster,
        by_id(ZERO_UUID),
        DeleteTopicState(name="t", topic_id=topic.topic_id),
        by_id(nobody),
        by_id(twice.topic_id),
        by_id(twice.topic_id),
        "named",
        "named",
    )
    assert {(row.name, row.topic_id, row.error_code, row.error_message) for row in rows} == {
        (None, ZERO_UUID, ErrorCode.INVALID_REQUEST, "Neither topic name nor id were specified."),
        ("t", topic.topic_id, ErrorCode.INVALID_REQUEST, "You may not specify both topic name and topic id."),
        (None, nobody, ErrorCode.UNKNOWN_TOPIC_ID, "This server does not host this topic ID."),
        (None, twice.topic_id, ErrorCode.INVALID_REQUEST, "Duplicate topic id."),
        ("named", ZERO_UUID, ErrorCode.INVALID_REQUEST, "Duplicate topic name."),
    }
    assert set(cluster.image.topics) == {"t", "twice"}


async def test_a_name_and_the_id_of_the_same_topic_delete_nothing():
    cluster = build_cluster()
    topic = await create_topic(cluster, "t")
    (row,) = await delete(cluster, by_id(topic.topic_id), "t")
    assert (row.error_code, row.error_message) == (
        ErrorCode.INVALID_REQUEST,
        "The provided topic name maps to an ID that was already supplied.",
    )
    assert "t" in cluster.image.topics


@pytest.mark.parametrize(("version", "code"), [(1, ErrorCode.INVALID_REQUEST), (3, ErrorCode.TOPIC_DELETION_DISABLED)])
async def test_deletion_may_be_disabled(version, code):
    cluster = build_cluster(static={"delete.topic.enable": "false"})
    await create_topic(cluster, "t")
    (row,) = await delete(cluster, "t", version=version)
    assert row.error_code == code
    assert "t" in cluster.image.topics
