"""Brokers that stop and start while others serve: ports, connections, leaders, requests that wait."""

from contextlib import AsyncExitStack

import pytest
import trio

from kwire.app import running
from kwire.client.connection import ConnectionClosed, connected
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.metadata import MetadataRequest
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.record import Record, encode_batch
from kwire.server.brokers import UnknownBroker
from kwire.server.listener import bind
from kwire.settings import Address, BrokerSetting, CannotStart, Settings
from tests.kit.cluster import create_topic

HELLO = ApiVersionsRequest("test", "1")
FREE_PORT = (Address("127.0.0.1", 0),)


@pytest.fixture
async def three():
    """Three brokers; t is led by 1, followed by 2."""
    brokers = tuple(BrokerSetting(node_id, FREE_PORT) for node_id in (1, 2, 3))
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(running(Settings(brokers)))
        await create_topic(started.cluster, "t", assignments=[[1, 2]])
        yield started


def address(started, node_id):
    return started.addresses[node_id - 1]


def fetch(wait_ms=60_000):
    partition = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1000)
    return FetchRequest(max_wait_ms=wait_ms, min_bytes=1, topics=[FetchTopic(topic="t", partitions=[partition])])


def produce(started, acks=-1):
    batch = encode_batch([Record(0, started.cluster.env.wall_ms(), b"k", b"v")])
    topics = [TopicProduceData(name="t", partition_data=[PartitionProduceData(index=0, records=batch)])]
    return ProduceRequest(acks=acks, timeout_ms=1000, topic_data=topics)


async def parked(started, count):
    """So many requests wait at the partition."""
    while len(started.cluster.partition("t", 0).waiters) < count:  # noqa: ASYNC110 - that is all there is to see
        await trio.sleep(0.01)


async def produced(started, node_id, acks=-1):
    async with connected(*address(started, node_id)) as client:
        response = await client.request(produce(started, acks), 12)
    (row,) = response.responses[0].partition_responses
    return row, response.node_endpoints


async def test_a_wrong_broker_names_the_leader_and_its_address(three):
    for node_id in (2, 3):
        row, endpoints = await produced(three, node_id)
        assert row.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert (row.current_leader.leader_id, row.current_leader.leader_epoch) == (1, 0)
        assert [(one.node_id, one.host, one.port) for one in endpoints] == [(1, *address(three, 1))]
    row, _ = await produced(three, 1)
    assert (row.error_code, row.base_offset) == (ErrorCode.NONE, 0)


async def test_a_stopped_broker_lets_go_of_its_port_its_clients_and_its_partitions(three):
    async with connected(*address(three, 1)) as client, connected(*address(three, 2)) as other:
        await client.request(HELLO, 3)
        await three.brokers.stop(1)
        with pytest.raises(ConnectionClosed):
            await client.request(HELLO, 3)
        with pytest.raises(OSError):
            await trio.open_tcp_stream(*address(three, 1))
        told = await other.request(MetadataRequest(topics=None), 12)
    assert [broker.node_id for broker in told.brokers] == [2, 3]
    assert told.controller_id == 2
    (partition,) = told.topics[0].partitions
    assert (partition.leader_id, partition.leader_epoch, partition.isr_nodes) == (2, 1, [2])
    row, _ = await produced(three, 2)
    assert (row.error_code, row.base_offset) == (ErrorCode.NONE, 0)


async def test_a_started_broker_has_its_old_port_and_leads_again(three):
    await produced(three, 1)
    sessions = three.cluster.brokers[1].fetch_sessions
    await three.brokers.stop(1)
    await three.brokers.start(1)
    assert three.cluster.brokers[1].fetch_sessions is not sessions
    row, _ = await produced(three, 1)
    assert (row.error_code, row.base_offset) == (ErrorCode.NONE, 1)
    (partition,) = three.cluster.image.topics["t"].partitions
    assert (partition.leader, partition.leader_epoch, partition.isr) == (1, 2, [1, 2])


async def test_a_request_that_waits_at_the_stopped_broker_ends(three):
    outcomes = []

    async def wait(version):
        async with connected(*address(three, 1)) as client:
            try:
                response = await client.request(fetch(), version)
            except ConnectionClosed:
                outcomes.append("closed")
            else:
                outcomes.append(response.responses[0].partitions[0].error_code)

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(wait, 10)
            await parked(three, 3)
            await three.brokers.stop(1)
    assert len(outcomes) == 3
    assert set(outcomes) <= {"closed", ErrorCode.NOT_LEADER_OR_FOLLOWER}


async def test_a_request_that_waits_at_a_leader_for_a_while_hears_that_another_leads_again(three):
    await three.brokers.stop(1)
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:

            async def wait():
                async with connected(*address(three, 2)) as client:
                    response = await client.request(fetch(), 10)
                assert response.responses[0].partitions[0].error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER

            nursery.start_soon(wait)
            await parked(three, 1)
            await three.brokers.start(1)


async def test_too_few_replicas_in_sync_refuse_acks_all(three):
    await create_topic(three.cluster, "u", assignments=[[3]])
    await three.cluster.controller.delete_topics([three.cluster.image.topics["t"].topic_id])
    await create_topic(three.cluster, "t", assignments=[[1, 2, 3]], configs={"min.insync.replicas": "3"})
    assert (await produced(three, 1))[0].error_code == ErrorCode.NONE
    await three.brokers.stop(3)
    assert (await produced(three, 1))[0].error_code == ErrorCode.NOT_ENOUGH_REPLICAS
    assert (await produced(three, 1, acks=1))[0].error_code == ErrorCode.NONE
    async with connected(*address(three, 1)) as client:
        told = await client.request(MetadataRequest(topics=None), 12)
    offline = {topic.name: topic.partitions[0] for topic in told.topics}["u"]
    assert (offline.error_code, offline.leader_id) == (ErrorCode.LEADER_NOT_AVAILABLE, -1)
    assert (offline.isr_nodes, offline.offline_replicas) == ([3], [3])
    await three.brokers.start(3)
    assert (await produced(three, 1))[0].error_code == ErrorCode.NONE


async def test_changes_that_change_nothing(three):
    await three.brokers.start(1)
    await three.brokers.stop(1)
    version = three.cluster.image.version
    await three.brokers.stop(1)
    assert three.cluster.image.version == version
    for change in (three.brokers.stop, three.brokers.start):
        with pytest.raises(UnknownBroker, match="there is no broker 4; this cluster has 1, 2, 3"):
            await change(4)


async def test_a_port_that_somebody_else_took_leaves_the_broker_stopped(three):
    await three.brokers.stop(3)
    (taken,) = bind(*address(three, 3), 5)
    with pytest.raises(CannotStart, match="the port is in use"):
        await three.brokers.start(3)
    assert not three.cluster.brokers[3].running
    taken.close()
    await three.brokers.start(3)
    assert three.cluster.brokers[3].running


async def test_a_broker_that_the_metadata_cannot_take_stays_stopped_and_its_port_free(three, monkeypatch):
    await three.brokers.stop(3)

    def full_disk(node_id):
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(three.cluster.controller, "start_broker", full_disk)
        with pytest.raises(RuntimeError):
            await three.brokers.start(3)
    await three.brokers.start(3)
    assert three.cluster.brokers[3].running


async def test_all_brokers_can_be_stopped_at_once_and_started_again(three):
    for change in (three.brokers.stop, three.brokers.start):
        async with trio.open_nursery() as nursery:
            for node_id in (1, 2, 3):
                nursery.start_soon(change, node_id)
    async with connected(*address(three, 2)) as client:
        told = await client.request(MetadataRequest(topics=None), 12)
    assert len(told.brokers) == 3
