"""Metadata replies that are kept: the same as new ones, after whatever has changed."""

import pytest

from kwire.api.context import ConnectionInfo
from kwire.broker.metadata_replies import MetadataReplies
from kwire.cluster.endpoints import Endpoint
from kwire.limits import KEPT_METADATA_BYTES
from kwire.protocol import frames
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest, DeleteTopicState
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.server import dispatch
from tests.kit.cluster import build_cluster, context_of, create_topic

ALL = MetadataRequest(topics=None)
LOCAL = "127.0.0.1", 9092


class Asking:
    """Asks a broker through the dispatcher, and counts how often the handler is asked."""

    def __init__(self, cluster, monkeypatch):
        self.cluster = cluster
        self.cluster = cluster
        self.handled = 0
        self.correlation_id = 0
        handle = dispatch.registry.APIS[ApiKey.METADATA].handle

        def counted(request, context):
            self.handled += 1
            return handle(request, context)

        monkeypatch.setattr(dispatch.registry.APIS[ApiKey.METADATA], "_handle", counted)

    async def __call__(self, request=ALL, version=12, local=LOCAL, listener="PLAINTEXT", on_told=None):
        self.correlation_id += 1
        frame = frames.encode_request(ApiKey.METADATA, version, self.correlation_id, "me", request)
        connection = ConnectionInfo(("127.0.0.1", 1), local, listener, on_told=on_told)
        reply = dispatch.answer(bytearray(frame[4:]), self.cluster, self.cluster.brokers[1], connection)
        segments = reply if isinstance(reply, tuple | list) else await reply
        whole = b"".join(segments)
        assert int.from_bytes(whole[:4], "big") == len(whole) - 4
        correlation_id, response = frames.decode_response(ApiKey.METADATA, version, whole[4:])
        assert correlation_id == self.correlation_id
        return response


@pytest.fixture
def cluster():
    return build_cluster(2)


@pytest.fixture
def ask(cluster, monkeypatch):
    return Asking(cluster, monkeypatch)


@pytest.mark.parametrize("version", range(14))
async def test_the_same_question_is_answered_once(cluster, ask, version):
    await create_topic(cluster, "t", assignments=[[1, 2], [2, 1]])
    asked = MetadataRequest(topics=[MetadataRequestTopic(name="t")])
    first = await ask(asked, version)
    assert first.topics[0].name == "t"
    assert await ask(asked, version) == first
    assert ask.handled == 1


async def delete(cluster):
    from kwire.api import delete_topics

    request = DeleteTopicsRequest(topics=[DeleteTopicState(name="t")], topic_names=["t"])
    await delete_topics.handle(request, context_of(cluster, 5))


async def grow(cluster):
    from kwire.api import create_partitions

    request = CreatePartitionsRequest(topics=[CreatePartitionsTopic(name="t", count=4, assignments=None)])
    await create_partitions.handle(request, context_of(cluster, 3))


async def stop(cluster):
    cluster.controller.stop_broker(2)


CHANGES = {
    "a topic is created": lambda cluster: create_topic(cluster, "another"),
    "a topic is deleted": delete,
    "a topic gets more partitions": grow,
    "a broker stops": stop,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_what_has_changed_is_told(cluster, ask, monkeypatch, change):
    await create_topic(cluster, "t", assignments=[[1, 2], [2, 1]])
    before = await ask()
    assert await ask() == before
    await change(cluster)
    after = await ask()
    assert after != before
    monkeypatch.setattr(ask.cluster.brokers[1], "metadata_replies", MetadataReplies())
    assert await ask() == after


async def test_a_client_is_told_the_address_that_it_came_by(cluster, ask):
    assert (await ask()).brokers[0].host == "127.0.0.1"
    assert (await ask(local=("192.0.2.7", 9092))).brokers[0].host == "192.0.2.7"
    cluster.brokers[1].endpoints = {**cluster.brokers[1].endpoints, "ANOTHER": Endpoint(1)}
    assert (await ask(listener="ANOTHER")).brokers[0].port == 1
    assert (await ask()).brokers[0].host == "127.0.0.1"
    assert ask.handled == 3


async def test_another_version_and_other_flags_are_other_questions(cluster, ask):
    await create_topic(cluster, "t")
    assert (await ask(version=8)).cluster_authorized_operations < 0
    wants = MetadataRequest(topics=None, include_cluster_authorized_operations=True)
    assert (await ask(wants, version=8)).cluster_authorized_operations > 0
    await ask(version=7)
    assert ask.handled == 3


async def test_an_error_is_not_kept(cluster, ask):
    asked = MetadataRequest(topics=[MetadataRequestTopic(name="t")], allow_auto_topic_creation=False)
    for _ in range(2):
        assert (await ask(asked)).topics[0].error_code == 3
    assert ask.handled == 2


async def test_whoever_counts_who_was_told_and_whoever_observes_sees_every_request(cluster, ask):
    told = []
    for _ in range(2):
        await ask(on_told=told.append)
    assert (len(told), ask.handled) == (2, 1)
    cluster.observers.append(lambda *_: None)
    await ask()
    assert ask.handled == 2


def test_what_is_kept_is_bounded():
    replies = MetadataReplies()
    replies.keep(1, "too long", 0, bytes(KEPT_METADATA_BYTES // 4))
    assert replies.find(1, "too long") is None
    for number in range(100):
        replies.keep(1, number, 100, bytes(KEPT_METADATA_BYTES // 10))
        assert replies.find(1, number) is not None
        assert sum(map(len, replies._replies.values())) <= KEPT_METADATA_BYTES
    assert replies.find(2, 99) is None
