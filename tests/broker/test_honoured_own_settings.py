"""Kafka's configs for which kwire has settings of its own: what they do, and that a description shows what is so."""

import pytest

from kwire.app import running
from kwire.broker.resources import BROKER
from kwire.client.connection import connected
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_configs import DescribeConfigsRequest, DescribeConfigsResource
from kwire.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from kwire.protocol.messages.metadata import MetadataRequest
from kwire.settings import Address, BrokerSetting, Settings
from tests.kit.ports import free_port

ANY_PORT = (Address("127.0.0.1", 0),)
STATIC_BROKER_CONFIG, DEFAULT_CONFIG = 4, 5


@pytest.fixture
def unused_ports():
    """Three ports that are free just now."""
    return [free_port() for _ in range(3)]


async def described(address, node_id, *names):
    """(value, source) of each of these configs of a broker, in order."""
    resource = DescribeConfigsResource(resource_type=BROKER, resource_name=str(node_id), configuration_keys=list(names))
    async with connected(*address) as client:
        (result,) = (await client.request(DescribeConfigsRequest(resources=[resource]), 4)).results
    rows = {row.name: (row.value, row.config_source) for row in result.configs}
    return [rows[name] for name in names]


async def brokers_told(address):
    async with connected(*address) as client:
        return [(b.node_id, b.host, b.port) for b in (await client.request(MetadataRequest(topics=[]), 12)).brokers]


@pytest.mark.honours(broker=("node.id", "broker.id"))
@pytest.mark.parametrize("node_id", [1, 7])
async def test_a_broker_has_the_id_that_it_was_given(node_id):
    async with running(Settings((BrokerSetting(node_id, ANY_PORT),))) as started:
        (address,) = started.addresses
        assert await brokers_told(address) == [(node_id, *address)]
        expected = (str(node_id), STATIC_BROKER_CONFIG)
        assert await described(address, node_id, "node.id", "broker.id") == [expected] * 2


@pytest.mark.honours(broker="listeners")
async def test_each_broker_listens_where_it_was_told(unused_ports):
    *two, other = unused_ports
    brokers = (
        BrokerSetting(1, tuple(Address("127.0.0.1", port) for port in two)),
        BrokerSetting(2, (Address("127.0.0.1", other), Address("127.0.0.1", 0))),
    )
    async with running(Settings(brokers)) as started:
        for port in two:
            assert await described(Address("127.0.0.1", port), 1, "listeners") == [
                (f"PLAINTEXT://127.0.0.1:{two[0]},PLAINTEXT://127.0.0.1:{two[1]}", STATIC_BROKER_CONFIG)
            ]
        chosen = started.servers[2].listeners[1].port
        assert await described(Address("127.0.0.1", other), 2, "listeners") == [
            (f"PLAINTEXT://127.0.0.1:{other},PLAINTEXT://127.0.0.1:{chosen}", STATIC_BROKER_CONFIG)
        ]


@pytest.mark.honours(broker="advertised.listeners")
@pytest.mark.parametrize("advertise", [None, Address("kafka.example", 9999), Address("fd00::7", 9999)])
async def test_clients_are_told_the_advertised_address(advertise):
    async with running(Settings((BrokerSetting(1, ANY_PORT, advertise),))) as started:
        address = Address("127.0.0.1", started.servers[1].listeners[0].port)
        assert await brokers_told(address) == [(1, *(advertise or address))]
        shown = (None, DEFAULT_CONFIG) if advertise is None else (f"PLAINTEXT://{advertise}", STATIC_BROKER_CONFIG)
        assert await described(address, 1, "advertised.listeners") == [shown]


@pytest.mark.honours(broker=("log.dir", "log.dirs"))
async def test_a_directory_keeps_everything_and_is_told(tmp_path):
    directory = tmp_path / "data"
    async with running(Settings((BrokerSetting(1, ANY_PORT),), data=str(directory))) as started:
        assert (directory / "meta.properties").exists()
        shown = await described(started.addresses[0], 1, "log.dir", "log.dirs")
        assert shown == [(str(directory), STATIC_BROKER_CONFIG)] * 2
    async with running(Settings((BrokerSetting(1, ANY_PORT),))) as started:
        shown = await described(started.addresses[0], 1, "log.dir", "log.dirs")
        assert shown == [("", STATIC_BROKER_CONFIG), (None, DEFAULT_CONFIG)]


async def test_listeners_are_not_moved_while_a_broker_runs():
    change = AlterableConfig(name="listeners", config_operation=0, value="PLAINTEXT://127.0.0.1:1")
    resource = AlterConfigsResource(resource_type=BROKER, resource_name="1", configs=[change])
    async with running(Settings((BrokerSetting(1, ANY_PORT),))) as started, connected(*started.addresses[0]) as client:
        (row,) = (await client.request(IncrementalAlterConfigsRequest(resources=[resource]), 1)).responses
    assert (row.error_code, row.error_message) == (
        ErrorCode.INVALID_REQUEST,
        "Cannot update these configs dynamically: [listeners]",
    )
