"""From settings to a running cluster and back: topics, directories, several brokers."""

import errno

import pytest

from kwire.app import running
from kwire.client.connection import connected
from kwire.env import Env
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.protocol.records.batch import read_header
from kwire.protocol.records.record import Record, encode_batch
from kwire.settings import Address, BrokerSetting, CannotStart, Settings, TopicSetting
from tests.kit.cluster import create_topic
from tests.kit.faulty_files import FaultyFiles

FREE_PORT = (Address("127.0.0.1", 0),)
ONE = (BrokerSetting(listen=FREE_PORT),)


def flat(error):
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    return error


async def metadata(address, *topics):
    wanted = [MetadataRequestTopic(name=name) for name in topics] if topics else None
    async with connected(*address) as client:
        return await client.request(MetadataRequest(topics=wanted, allow_auto_topic_creation=False), 12)


async def test_it_serves_and_creates_its_topics():
    topics = (TopicSetting("truck_gps", 10), TopicSetting("events", None, {"retention.ms": "5"}))
    async with running(Settings(ONE, topics=topics, config={"num.partitions": "3"})) as started:
        told = await metadata(started.addresses[0])
        assert {topic.name: len(topic.partitions) for topic in told.topics} == {"truck_gps": 10, "events": 3}
        assert len(told.cluster_id) == 22
        assert started.cluster.configs.topic("events").retention_ms == 5
        assert started.bootstrap == f"127.0.0.1:{started.addresses[0].port}"


async def test_a_directory_keeps_topics_and_the_cluster_id(tmp_path):
    chosen = Settings(ONE, data=str(tmp_path / "data"), topics=(TopicSetting("kept", 2),))
    async with running(chosen) as started:
        first = await metadata(started.addresses[0])
    async with running(chosen) as started:
        second = await metadata(started.addresses[0])
    assert first.cluster_id == second.cluster_id
    assert [topic.topic_id for topic in first.topics] == [topic.topic_id for topic in second.topics]
    assert [len(topic.partitions) for topic in second.topics] == [2]


async def test_brokers_of_one_process_have_ports_and_leaders_of_their_own():
    brokers = tuple(BrokerSetting(node_id, FREE_PORT) for node_id in (1, 2, 3))
    async with running(Settings(brokers, topics=(TopicSetting("spread", 6),))) as started:
        for node_id, address in zip((1, 2, 3), started.addresses, strict=True):
            told = await metadata(address)
            assert {b.node_id: b.port for b in told.brokers} == {
                b.node_id: a.port for b, a in zip(brokers, started.addresses, strict=True)
            }
            assert {p.leader_id for topic in told.topics for p in topic.partitions} == {1, 2, 3}
            async with connected(*address) as client:
                hello = ApiVersionsRequest("test", "1", started.cluster.cluster_id, node_id)
                assert (await client.request(hello, 5)).error_code == ErrorCode.NONE


async def test_a_client_is_told_the_ports_that_correspond_to_the_one_it_took():
    both = (Address("127.0.0.1", 0), Address("127.0.0.1", 0))
    async with running(Settings((BrokerSetting(1, both), BrokerSetting(2, both)))) as started:
        for turn in (0, 1):
            ports = {node_id: server.listeners[turn].port for node_id, server in started.servers.items()}
            for port in ports.values():
                told = await metadata(("127.0.0.1", port))
                assert {broker.node_id: broker.port for broker in told.brokers} == ports


async def test_a_directory_opened_with_other_brokers_is_led_by_those_and_keeps_its_records(tmp_path):
    data = str(tmp_path / "data")

    def settings(*node_ids):
        brokers = tuple(BrokerSetting(node_id, FREE_PORT) for node_id in node_ids)
        return Settings(brokers, data=data, config={"default.replication.factor": "2"}, topics=(TopicSetting("t", 6),))

    async def led_by(started):
        (topic,) = (await metadata(started.addresses[0], "t")).topics
        assert all(partition.error_code == ErrorCode.NONE for partition in topic.partitions)
        assert all(partition.replica_nodes == partition.isr_nodes for partition in topic.partitions)
        return {partition.leader_id for partition in topic.partitions}

    batch = encode_batch([Record(0, 1_700_000_000_000, b"k", b"kept")])
    async with running(settings(1, 2, 3)) as started:
        assert await led_by(started) == {1, 2, 3}
        for index in range(6):
            started.cluster.partition("t", index).append(bytearray(batch), read_header(batch), 1_700_000_000_000)
        await started.brokers.stop(1)
    for node_ids in ((2,), (2, 3, 4), (7, 8), (1, 2, 3)):
        async with running(settings(*node_ids)) as started:
            assert await led_by(started) <= set(node_ids)
            assert [started.cluster.partition("t", index).open().log_end_offset for index in range(6)] == [1] * 6
            assert list(started.cluster.image.brokers) == list(node_ids)


@pytest.mark.parametrize(("failover", "leader"), [("replicas", -1), ("any", 2)])
async def test_who_leads_where_no_replica_runs_is_a_setting(failover, leader):
    brokers = tuple(BrokerSetting(node_id, FREE_PORT) for node_id in (1, 2))
    async with running(Settings(brokers, failover=failover)) as started:
        await create_topic(started.cluster, "t", assignments=[[1]])
        await started.brokers.stop(1)
        ((partition,),) = [topic.partitions for topic in (await metadata(started.addresses[1], "t")).topics]
        assert partition.leader_id == leader


async def test_a_directory_in_use_is_refused(tmp_path):
    chosen = Settings(ONE, data=str(tmp_path / "data"))
    async with running(chosen):
        with pytest.raises(CannotStart, match="in use by another broker"):
            async with running(chosen):
                pass
    async with running(chosen):
        pass


@pytest.mark.parametrize(("number", "remedy"), [(errno.ENOSPC, "free some space"), (errno.EIO, "stop what uses it")])
async def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path, number, remedy):
    files = FaultyFiles()
    files.faults["mkdir"] = number
    with pytest.raises(CannotStart, match=f"choose another directory with --data DIR, or {remedy}"):
        async with running(Settings(ONE, data=str(tmp_path / "data")), Env(files=files)):
            pass


async def test_a_topic_that_cannot_be_is_refused_and_the_directory_is_free_again(tmp_path):
    data = str(tmp_path / "data")
    with pytest.raises(CannotStart, match="cannot create the topic 'a b'"):
        async with running(Settings(ONE, data=data, topics=(TopicSetting("a b"),))):
            pass
    async with running(Settings(ONE, data=data)):
        pass
