"""How a client finds its way: bootstrap, versions, leaders and coordinators, also while they change."""

import pytest
import trio

from kwire.api import registry
from kwire.client import admin
from kwire.client.cluster import Cluster
from kwire.client.connection import Client, ConnectionClosed
from kwire.client.errors import ClientError, HungUp, NoBroker, NotUnderstood, Refused, Unreachable
from kwire.client.link import Link
from kwire.client.properties import ClientConfig
from kwire.client.values import EARLIEST, LATEST, Address, TopicPartition
from kwire.env import Env
from kwire.protocol import frames
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages.api_versions import ApiVersion, ApiVersionsRequest, ApiVersionsResponse
from kwire.protocol.messages.metadata import MetadataRequest, MetadataResponse
from kwire.protocol.records.record import Record, encode_batch
from tests.kit.simulated_network import Connection

SERVERS = {f"broker {node_id}": Address("127.0.0.1", 9091 + node_id) for node_id in (1, 2, 3)}


async def test_the_first_server_that_answers_tells_of_the_others(world, autojump_clock):
    async with world(3) as w:
        w.stop(1)
        async with w.client(servers=SERVERS) as cluster:
            assert sorted(cluster.brokers) == [2, 3]
            assert cluster.cluster_id == w.cluster.cluster_id


async def test_no_server_answers(world, autojump_clock):
    async with world(1) as w:
        w.stop(1)
        with pytest.raises(NoBroker, match="one: Connection refused") as caught:
            async with w.client():
                raise AssertionError("there is none")
        assert caught.value.unfit is None


async def test_a_server_that_says_nothing_is_given_up(world, autojump_clock):
    async with world(1) as w:
        w.deaf.add(1)
        with pytest.raises(NoBroker, match="one: no answer within 3 s"):
            async with w.client(patience_s=3):
                raise AssertionError("it says nothing")
        assert w.elapsed_s < 4


async def test_a_server_that_knows_of_no_broker_is_told(world, autojump_clock, monkeypatch):
    async with world(1) as w:
        monkeypatch.setattr(registry.APIS[ApiKey.METADATA], "_handle", lambda *_: MetadataResponse())
        with pytest.raises(NoBroker, match="one: it knows of no broker yet"):
            async with w.client():
                pass


async def test_offsets_are_asked_of_each_leader(world, autojump_clock):
    async with world(3) as w, w.client() as cluster:
        await w.topic("spread", 6)
        places = [TopicPartition("spread", number) for number in range(6)]
        assert len({w.leader("spread", number) for number in range(6)}) == 3
        w.append("spread", encode_batch([Record(0, 5, None, b"x"), Record(1, 9, None, b"y")]), 4)
        assert await admin.list_offsets(cluster, dict.fromkeys(places, EARLIEST)) == dict.fromkeys(places, 0)
        ends = await admin.list_offsets(cluster, dict.fromkeys(places, LATEST))
        assert ends == {**dict.fromkeys(places, 0), places[4]: 2}
        assert await admin.list_offsets(cluster, {places[4]: 6}) == {places[4]: 1}


async def test_a_leader_that_moved_is_found_again(world, autojump_clock):
    async with world(3) as w, w.client(servers=SERVERS) as cluster:
        await w.topic("kept", 1, 3)
        place = TopicPartition("kept", 0)
        w.append("kept", encode_batch([Record(0, 5, None, b"x")]))
        assert await admin.list_offsets(cluster, {place: LATEST}) == {place: 1}
        w.stop(w.leader("kept"))
        assert await admin.list_offsets(cluster, {place: LATEST}) == {place: 1}
        w.start(1)


async def test_a_cut_connection_is_made_anew(world, autojump_clock):
    async with world(1) as w, w.client() as cluster:
        opened = w.opened
        for _ in range(3):
            w.cut(1)
            await admin.topics(cluster)
        assert w.opened == opened + 3


async def test_a_broker_that_is_gone_for_a_while_is_waited_for(world, autojump_clock):
    async with world(1) as w, w.client(patience_s=20) as cluster:
        await w.topic("t")
        w.stop(1)

        async def comes_back():
            await trio.sleep(12)  # less than patience_s
            w.start(1)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(comes_back)
            assert [row.name for row in (await admin.topics(cluster, ["t"])).topics] == ["t"]
        assert w.elapsed_s >= 12


async def test_a_broker_that_stays_away_is_told(world, autojump_clock):
    async with world(1) as w, w.client(patience_s=4) as cluster:
        w.stop(1)
        with pytest.raises(Unreachable, match=r"Connection refused|connection was lost"):
            await admin.topics(cluster)
        assert w.elapsed_s < 6


async def test_a_slow_broker_is_waited_for_as_long_as_requests_may_take(world, autojump_clock):
    async with world(1) as w, w.client(patience_s=4, request_timeout_ms=2_000) as cluster:
        w.deaf.add(1)
        w.cut(1)
        with pytest.raises(Unreachable, match="no answer within 2 s"):
            await admin.topics(cluster)


async def test_a_partition_without_a_leader_is_told_after_a_while(world, autojump_clock):
    async with world(2) as w, w.client(servers=SERVERS, default_api_timeout_ms=3_000) as cluster:
        await w.topic("lost", 2)
        (gone,) = [number for number in (0, 1) if w.leader("lost", number) == 2]
        w.stop(2)
        with pytest.raises(Refused, match=f"lost-{gone}: LEADER_NOT_AVAILABLE"):
            await admin.list_offsets(cluster, {TopicPartition("lost", gone): LATEST})
        assert 2 < w.elapsed_s < 5


async def test_a_group_goes_on_with_its_next_coordinator(world, autojump_clock):
    async with world(3, **{"offsets.topic.replication.factor": "3"}) as w, w.client(servers=SERVERS) as cluster:
        await w.topic("t", 1, 3)
        place = TopicPartition("t", 0)
        assert await admin.commit(cluster, "g", {place: 7}) == {}
        w.stop(await cluster.coordinator("g"))
        assert await admin.committed(cluster, "g") == {place: 7}
        assert [group.group_id for group in await admin.list_groups(cluster)] == ["g"]
        assert (await admin.delete_group(cluster, "g")).error_code == 0
        assert await admin.committed(cluster, "g") == {}


async def test_topics_and_configs_come_and_go(world, autojump_clock):
    async with world(1) as w, w.client() as cluster:
        assert (await admin.create_topic(cluster, "t", 2, None, {"retention.ms": "5"})).error_code == 0
        assert await admin.wait_for_topic(cluster, "t") == 2
        assert (await admin.create_partitions(cluster, "t", 3)).error_code == 0
        assert await admin.wait_for_topic(cluster, "t") == 3
        assert (
            await admin.alter_configs(cluster, admin.TOPIC, "t", {"retention.ms": None, "segment.ms": "9"})
        ).error_code == 0
        found = (await admin.describe_configs(cluster, admin.TOPIC, "t")).configs
        assert {row.name: row.value for row in found if admin.is_own(admin.TOPIC, row)} == {"segment.ms": "9"}
        assert (await admin.create_topic(cluster, "t", 2, None, {})).error_code == 36
        assert (await admin.delete_topic(cluster, "t")).error_code == 0
        assert (await admin.delete_topic(cluster, "t")).error_code == 3


async def test_many_ask_over_one_connection(world, autojump_clock):
    async with world(1) as w, w.client() as cluster:
        opened = w.opened
        link = cluster.node(1)
        found = []

        async def ask(number):
            answer = await link.ask(MetadataRequest(topics=None))
            found.append((number, answer.cluster_id))

        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(ask, number)
        assert sorted(found) == [(number, w.cluster.cluster_id) for number in range(20)]
        assert w.opened == opened


async def test_who_gives_up_waiting_does_not_shift_the_answers(world, autojump_clock):
    async with world(1) as w, w.client() as cluster:
        link = cluster.node(1)
        with trio.move_on_after(0):
            await link.ask(MetadataRequest(topics=[]))
        assert (await link.ask(ApiVersionsRequest("a", "1"))).api_keys


# Brokers that are not kwire


@pytest.fixture
async def answered(autojump_clock):
    """Open a link to a server that a function plays."""

    def make(play, nursery):
        async def connect(address):
            connection = Connection(Env().random)
            nursery.start_soon(play, Client(connection.server))
            return connection.client

        return Link(Address("other", 9092), ClientConfig(), None, Env().random, connect)

    return make


def reply(version, frame, message):
    correlation_id = int.from_bytes(frame[4:8], "big")
    return b"".join(map(bytes, frames.encode_response(18, version, correlation_id, message)))


async def test_an_old_broker_is_asked_in_a_version_that_it_knows(answered):
    asked = []

    async def old(client):
        while len(asked) < 2:
            frame = await client.receive_frame()
            version = int.from_bytes(frame[2:4], "big")
            asked.append(version)
            known = [ApiVersion(18, 0, 1), ApiVersion(3, 0, 5)]
            error = 35 if version > 1 else 0
            await client.send_bytes(reply(0 if error else version, frame, ApiVersionsResponse(error, known)))

    async with trio.open_nursery() as nursery:
        link = answered(old, nursery)
        assert await link.versions() == {18: (0, 1), 3: (0, 5)}
        with pytest.raises(
            NotUnderstood, match="other:9092: it does not answer ListGroups in a version that kwire knows"
        ):
            await link.ask(admin.ListGroupsRequest())
    assert asked == [4, 1]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "other:9092: it does not speak Kafka's protocol: its response begins with a size",
        ),
        (b"", "other:9092: it closed the connection on the first request"),
        (b"\0\0\0\x04\0\0\0\x01", "other:9092: it does not speak Kafka's protocol: "),
        (b"\x15\x03\x01\0\x02\x02\x46", "it speaks TLS; set security.protocol to SSL or SASL_SSL"),
    ],
)
async def test_what_is_no_broker_is_told(answered, said, why):
    async def play(client):
        await client.receive_frame()
        await client.send_bytes(said)
        await client.aclose()

    async with trio.open_nursery() as nursery:
        with pytest.raises((NotUnderstood, HungUp), match=why):
            await answered(play, nursery).versions()


async def test_an_answer_to_another_question_closes_the_connection(answered):
    async def play(client):
        for _ in range(2):
            frame = await client.receive_frame()
            mixed = bytearray(reply(4, frame, ApiVersionsResponse(0, [ApiVersion(18, 0, 4)])))
            mixed[7] += client.last_correlation_id
            client.last_correlation_id += 1
            await client.send_bytes(bytes(mixed))
        with pytest.raises(ConnectionClosed):
            await client.receive_frame()

    async with trio.open_nursery() as nursery:
        link = answered(play, nursery)
        with pytest.raises(Unreachable, match="has correlation id"):
            await link.ask(ApiVersionsRequest("a", "1"), highest=4)


def test_every_kind_of_error_is_a_sentence():
    assert str(Refused(3)) == "UNKNOWN_TOPIC_OR_PARTITION: There is no such topic or partition."
    assert str(Refused(40, "two\nlines", "topic t")) == "topic t: INVALID_CONFIG: two lines"
    assert str(Refused(9999)) == "error 9999"
    assert Refused(6).passes
    assert not Refused(36).passes
    assert issubclass(NoBroker, ClientError)
    assert Cluster.__doc__
