"""Configs of connections, over real sockets: how many there may be, how long a request, how long a silence."""

import socket
from contextlib import asynccontextmanager

import pytest
import trio

from kwire.app import running
from kwire.broker.config_definitions import definitions
from kwire.broker.configs import BROKER
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from kwire.server.listener import bind_all
from kwire.settings import Address, BrokerSetting, Settings
from kwire.testing.client import ConnectionClosed, connected

HELLO = ApiVersionsRequest("test", "1")
PATIENCE_S = 0.1
"""How long something is waited for that must not come."""


@asynccontextmanager
async def served(*, ports=1, **config):
    """A broker with these configs (dots as underscores); gives its address, of several ports all of them."""
    config = {name.replace("_", "."): text for name, text in config.items()}
    listen = tuple(Address("127.0.0.1", 0) for _ in range(ports))
    async with running(Settings((BrokerSetting(1, listen),), config=config)) as started:
        addresses = [Address("127.0.0.1", listener.port) for listener in started.servers[1].listeners]
        yield addresses if ports > 1 else addresses[0]


async def answered(client):
    """Whether the broker answers: True at once or soon, False if it has closed the connection, None if it waits."""
    with trio.move_on_after(PATIENCE_S):
        try:
            await client.request(HELLO, 3)
        except ConnectionClosed:
            return False
        return True
    return None


async def alter(client, resource_name, name, text):
    change = AlterableConfig(name=name, config_operation=0, value=text)
    resource = AlterConfigsResource(resource_type=BROKER, resource_name=resource_name, configs=[change])
    (row,) = (await client.request(IncrementalAlterConfigsRequest(resources=[resource]), 1)).responses
    assert row.error_code == ErrorCode.NONE, row.error_message


@pytest.mark.honours(broker="max.connections")
@pytest.mark.parametrize(("config", "second"), [({}, True), ({"max_connections": "1"}, None)])
async def test_only_so_many_connections_are_served(config, second):
    async with served(**config) as address, connected(*address) as one, connected(*address) as other:
        assert await answered(one) is True
        assert await answered(other) is second


@pytest.mark.honours(broker="max.connections")
@pytest.mark.parametrize("resource", ["", "1"])
async def test_max_connections_counts_at_once_when_it_is_altered(resource):
    async with served() as address, connected(*address) as one, connected(*address) as two:
        assert [await answered(each) for each in (one, two)] == [True, True]
        await alter(one, resource, "max.connections", "2")
        async with connected(*address) as three:
            assert await answered(three) is None
            await alter(one, resource, "max.connections", "3")
            with trio.fail_after(5):
                await three.receive(HELLO, 3)


@pytest.mark.honours(broker="max.connections")
async def test_max_connections_counts_over_all_listeners():
    async with served(ports=2, max_connections="1") as (first, second), connected(*first) as one:
        assert await answered(one) is True
        async with connected(*second) as other:
            assert await answered(other) is None
            await one.aclose()
            with trio.fail_after(5):
                await other.receive(HELLO, 3)


@pytest.mark.honours(broker="max.connections.per.ip")
@pytest.mark.parametrize(("config", "second"), [({}, True), ({"max_connections_per_ip": "1"}, False)])
async def test_a_further_connection_from_one_address_is_closed(config, second):
    async with served(**config) as address, connected(*address) as one:
        assert await answered(one) is True
        async with connected(*address) as other:
            assert await answered(other) is second


@pytest.mark.honours(broker="max.connections.per.ip")
@pytest.mark.parametrize("resource", ["", "1"])
async def test_max_connections_per_ip_counts_at_once_when_it_is_altered(resource):
    async with served() as address, connected(*address) as one:
        await alter(one, resource, "max.connections.per.ip", "1")
        async with connected(*address) as other:
            assert await answered(other) is False
        await alter(one, resource, "max.connections.per.ip", "2")
        async with connected(*address) as other:
            assert await answered(other) is True


@pytest.mark.honours(broker="connections.max.idle.ms")
@pytest.mark.parametrize(("config", "afterwards"), [({}, True), ({"connections_max_idle_ms": "50"}, False)])
async def test_a_silent_connection_is_closed(config, afterwards):
    async with served(**config) as address, connected(*address) as client:
        assert await answered(client) is True
        await trio.sleep(0.4)
        assert await answered(client) is afterwards


@pytest.mark.honours(broker="socket.request.max.bytes")
@pytest.mark.parametrize(("config", "answer"), [({}, True), ({"socket_request_max_bytes": "1000"}, False)])
async def test_a_longer_request_closes_its_connection(config, answer):
    async with served(**config) as address, connected(*address) as client:
        assert await answered(client) is True
        client.client_id = "x" * 1000
        assert await answered(client) is answer


@pytest.mark.honours(broker="socket.listen.backlog.size")
@pytest.mark.parametrize(("config", "backlog"), [({}, 1024), ({"socket.listen.backlog.size": "7"}, 7)])
def test_so_many_clients_may_wait_to_be_accepted(config, backlog, monkeypatch):
    asked = []

    class Socket(socket.socket):
        def listen(self, backlog):
            asked.append(backlog)
            super().listen(backlog)

    monkeypatch.setattr(socket, "socket", Socket)
    ((listener,),) = bind_all(Settings((BrokerSetting(1, (Address("127.0.0.1", 0),)),), config=config))
    listener.close()
    assert asked == [backlog]
    assert config or str(backlog) == definitions(BROKER)["socket.listen.backlog.size"].default
