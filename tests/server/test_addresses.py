"""The address that clients are told is the one by which they reached us, on every interface of this machine."""

import shutil
import socket
import warnings

import pytest
import trio

from kwire.api.context import ConnectionInfo
from kwire.app import running
from kwire.client.connection import connected
from kwire.limits import MAX_TRACKED_HOSTS
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_cluster import DescribeClusterRequest
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.metadata import MetadataRequest
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.record import Record, encode_batch
from kwire.server.advertised_address import PATIENCE_S, TIMES, AdvertisedAddressCheck
from kwire.server.listener import Listener
from kwire.settings import Address, BrokerSetting, Settings, TopicSetting
from tests.kit.cluster import build_cluster, create_topic

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from kafka import KafkaConsumer, KafkaProducer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def has(host):
    """Whether this machine has that address: Linux has all of 127.0.0.0/8, other systems the first only."""
    if ":" in host:
        return has_ipv6()
    try:
        with socket.create_server((host, 0)):
            return True
    except OSError:
        return False


HOSTS = [
    pytest.param(host, marks=pytest.mark.skipif(not has(host), reason=f"this machine has no {host}"))
    for host in ("127.0.0.1", "127.0.0.2", "127.1.2.3", "::1")
]


@pytest.fixture
async def everywhere():
    """Two brokers on every interface; the topic t is led by broker 2."""
    brokers = tuple(BrokerSetting(node_id, (Address("", 0),)) for node_id in (1, 2))
    async with running(Settings(brokers)) as started:
        await create_topic(started.cluster, "t", assignments=[[2]])
        yield started


@pytest.mark.parametrize("host", HOSTS)
async def test_every_reply_that_names_brokers_names_them_as_the_client_reached_us(everywhere, host):
    first, second = (server.listeners[0].port for server in everywhere.servers.values())
    both = [(1, host, first), (2, host, second)]
    async with connected(host, first) as client:
        told = await client.request(MetadataRequest(), 12)
        assert [(one.node_id, one.host, one.port) for one in told.brokers] == both
        told = await client.request(DescribeClusterRequest(), 0)
        assert [(one.broker_id, one.host, one.port) for one in told.brokers] == both
        (found,) = (await client.request(FindCoordinatorRequest(coordinator_keys=["g"]), 4)).coordinators
        assert (found.node_id, found.host, found.port) in both
        batch = encode_batch([Record(0, everywhere.cluster.env.wall_ms(), b"k", b"v")])
        rows = [TopicProduceData(name="t", partition_data=[PartitionProduceData(index=0, records=batch)])]
        produced = await client.request(ProduceRequest(acks=1, timeout_ms=1000, topic_data=rows), 12)
        (leader,) = produced.node_endpoints
        assert (leader.node_id, leader.host, leader.port) == both[1]
        partition = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1000)
        topic_id = everywhere.cluster.image.topics["t"].topic_id
        topics = [FetchTopic(topic_id=topic_id, partitions=[partition])]
        fetched = await client.request(FetchRequest(topics=topics, session_epoch=-1), 17)
        (leader,) = fetched.node_endpoints
        assert (leader.node_id, leader.host, leader.port) == both[1]


@pytest.mark.skipif(not has_ipv6() or not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
async def test_an_ipv4_client_of_a_socket_for_both_is_told_an_ipv4_address():
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as bound:
        bound.setblocking(False)
        async with running(Settings(), listeners=[[Listener(bound, "::", inherited=True)]]) as started:
            for host in ("127.0.0.1", "::1"):
                async with connected(host, started.addresses[0].port) as client:
                    told = await client.request(MetadataRequest(), 12)
                    assert [one.host for one in told.brokers] == [host]


@pytest.mark.parametrize("host", HOSTS)
async def test_kafka_python_works_at_each_address(everywhere, host):
    port = everywhere.servers[1].listeners[0].port
    bootstrap = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def produce_and_consume():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            producer = KafkaProducer(bootstrap_servers=bootstrap)
            producer.send("t", b"seen").get(10)
            producer.close()
            consumer = KafkaConsumer("t", bootstrap_servers=bootstrap, group_id="g", auto_offset_reset="earliest")
            record = next(consumer)
            hosts = {node.host for node in consumer._client.cluster.brokers()}
            consumer.close()
        return record.value, hosts

    assert await trio.to_thread.run_sync(produce_and_consume) == (b"seen", {host})


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed (apt-get install kcat)")
@pytest.mark.parametrize("host", HOSTS)
async def test_kcat_works_at_each_address(everywhere, host):
    port = everywhere.servers[1].listeners[0].port
    bootstrap = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    await trio.run_process(["kcat", "-b", bootstrap, "-P", "-t", "t"], stdin=b"seen\n", capture_stderr=True)
    command = ["kcat", "-b", bootstrap, "-C", "-t", "t", "-c", "1", "-q"]
    read = await trio.run_process(command, capture_stdout=True, capture_stderr=True)
    assert read.stdout == b"seen\n"


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def noticing(caplog):
    """(AdvertisedAddressCheck, its clock, the open connections, the warnings so far)."""
    cluster = build_cluster()
    clock, connections = Clock(), []
    check = AdvertisedAddressCheck(cluster, cluster.brokers[1], clock, lambda: connections)
    return check, clock, connections, lambda: [one.getMessage() for one in caplog.records]


def from_host(host, local="172.17.0.2"):
    return ConnectionInfo((host, 1), (local, 9092))


def test_a_client_that_comes_again_and_again_for_nothing_is_told_of_once(noticing):
    check, clock, _, warnings = noticing
    for _ in range(20):
        info = from_host("10.0.0.7")
        check.told(info)
        check.ended(info)
        clock.now_s += 1
    (warning,) = warnings()
    assert warning == (
        "clients at 10.0.0.7 were told 11 times that broker 1 is at 172.17.0.2:9092, and asked for nothing else; "
        "if they cannot reach that address, start with --advertise HOST:PORT, one that they can"
    )
    for _ in range(20):
        check.told(from_host("10.0.0.8"))
        clock.now_s += 1
    assert len(warnings()) == 1


@pytest.mark.parametrize("when", ["open", "ended", "the same"])
def test_a_client_that_works_on_any_connection_reaches_us(noticing, when):
    check, clock, connections, warnings = noticing
    working = from_host("10.0.0.7")
    working.works = True
    if when == "open":
        connections.append(working)
    for number in range(20):
        check.told(working if when == "the same" else from_host("10.0.0.7"))
        if when == "ended" and number % TIMES == 0:
            check.ended(working)
        clock.now_s += 0.6 * PATIENCE_S / TIMES
    assert warnings() == []


def test_a_client_that_just_begins_or_asks_on_this_machine_is_no_news(noticing):
    check, clock, _, warnings = noticing
    for _ in range(10 * TIMES):
        check.told(from_host("10.0.0.7"))
    clock.now_s += 2 * PATIENCE_S
    for number in range(TIMES - 1):
        check.told(from_host(f"10.0.1.{number}"))
    for _ in range(10 * TIMES):
        check.told(from_host("127.0.0.1", "127.0.0.1"))
        clock.now_s += PATIENCE_S
    assert warnings() == []
    check.told(from_host("10.0.0.7"))
    assert len(warnings()) == 1


def test_what_it_keeps_in_mind_is_bounded(noticing):
    check, _, _, _ = noticing
    for number in range(3 * MAX_TRACKED_HOSTS):
        check.told(from_host(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"))
    assert len(check._told) == MAX_TRACKED_HOSTS


async def test_requests_that_are_work_are_noticed_on_real_connections():
    async with running(
        Settings((BrokerSetting(listen=(Address("127.0.0.1", 0),)),), topics=(TopicSetting("t"),))
    ) as started:
        (server,) = started.servers.values()
        async with connected(*started.addresses[0]) as client:
            await client.request(MetadataRequest(), 12)
            await client.request(FindCoordinatorRequest(coordinator_keys=["g"]), 4)
            ((session,), (told,)) = server.sessions, server._address_check._told.values()
            assert (session.info.works, told[0]) == (False, 1)
            partition = FetchPartition(partition=0, partition_max_bytes=1000)
            fetch = FetchRequest(topics=[FetchTopic(topic="t", partitions=[partition])], session_epoch=-1)
            assert (await client.request(fetch, 12)).error_code == ErrorCode.NONE
            assert session.info.works
        while server.sessions:  # noqa: ASYNC110 - the server's own bookkeeping
            await trio.sleep(0.001)
        assert server._address_check._told == {}
