"""Configs of connections: how many there may be, how long a request, how long a silence."""

import socket
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from kwire.app import running
from kwire.broker.config_definitions import definitions
from kwire.broker.resources import BROKER
from kwire.client.connection import Client, ConnectionClosed, connected
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from kwire.server.listener import bind_all
from kwire.server.server import Server
from kwire.server.transport import StreamTransport
from kwire.settings import Address, BrokerSetting, Settings
from tests.kit.cluster import build_cluster, build_env

HELLO = ApiVersionsRequest("test", "1")
SOON_S, LATE_S = 0.1, 20
"""How long something is waited for that must not come, and that must."""


@asynccontextmanager
async def served(*, ports=1, **config):
    """A broker with these configs (dots as underscores); gives its address, of several ports all of them."""
    config = {name.replace("_", "."): text for name, text in config.items()}
    listen = tuple(Address("127.0.0.1", 0) for _ in range(ports))
    async with running(Settings((BrokerSetting(1, listen),), config=config)) as started:
        addresses = [Address("127.0.0.1", listener.port) for listener in started.servers[1].listeners]
        yield addresses if ports > 1 else addresses[0]


async def is_answered(client, expected=True):
    """Whether it is as expected: True if the broker answers, False if it closes the connection, None if it waits."""
    found = None
    with trio.move_on_after(SOON_S if expected is None else LATE_S):
        try:
            await client.request(HELLO, 3)
            found = True
        except ConnectionClosed:
            found = False
    return found is expected


async def alter(client, resource_name, name, text):
    change = AlterableConfig(name=name, config_operation=0, value=text)
    resource = AlterConfigsResource(resource_type=BROKER, resource_name=resource_name, configs=[change])
    (row,) = (await client.request(IncrementalAlterConfigsRequest(resources=[resource]), 1)).responses
    assert row.error_code == ErrorCode.NONE, row.error_message


@pytest.mark.honours(broker="max.connections")
@pytest.mark.parametrize(("config", "second"), [({}, True), ({"max_connections": "1"}, None)])
async def test_only_so_many_connections_are_served(config, second):
    async with served(**config) as address, connected(*address) as one, connected(*address) as other:
        assert await is_answered(one)
        assert await is_answered(other, second)


@pytest.mark.honours(broker="max.connections")
@pytest.mark.parametrize("resource", ["", "1"])
async def test_max_connections_counts_at_once_when_it_is_altered(resource):
    async with served() as address, connected(*address) as one, connected(*address) as two:
        assert [await is_answered(each) for each in (one, two)] == [True, True]
        await alter(one, resource, "max.connections", "2")
        async with connected(*address) as three:
            assert await is_answered(three, None)
            await alter(one, resource, "max.connections", "3")
            with trio.fail_after(LATE_S):
                await three.receive(HELLO, 3)


@pytest.mark.honours(broker="max.connections")
async def test_max_connections_counts_over_all_listeners():
    async with served(ports=2, max_connections="1") as (first, second), connected(*first) as one:
        assert await is_answered(one)
        async with connected(*second) as other:
            assert await is_answered(other, None)
            await one.aclose()
            with trio.fail_after(LATE_S):
                await other.receive(HELLO, 3)


@pytest.mark.honours(broker="max.connections.per.ip")
@pytest.mark.parametrize(("config", "second"), [({}, True), ({"max_connections_per_ip": "1"}, False)])
async def test_a_further_connection_from_one_address_is_closed(config, second):
    async with served(**config) as address, connected(*address) as one:
        assert await is_answered(one)
        async with connected(*address) as other:
            assert await is_answered(other, second)


@pytest.mark.honours(broker="max.connections.per.ip")
@pytest.mark.parametrize("resource", ["", "1"])
async def test_max_connections_per_ip_counts_at_once_when_it_is_altered(resource):
    async with served() as address, connected(*address) as one:
        await alter(one, resource, "max.connections.per.ip", "1")
        async with connected(*address) as other:
            assert await is_answered(other, False)
        await alter(one, resource, "max.connections.per.ip", "2")
        async with connected(*address) as other:
            assert await is_answered(other)


@pytest.mark.honours(broker="connections.max.idle.ms")
@pytest.mark.parametrize(("config", "idle_s"), [({}, 600), ({"connections.max.idle.ms": "5000"}, 5)])
async def test_a_silent_connection_is_closed(config, idle_s, autojump_clock):
    env = build_env()
    env.clock_s = trio.current_time
    server = Server(build_cluster(env=env, static=config), 1, [])
    ours, theirs = trio.testing.memory_stream_pair()
    transport = StreamTransport(theirs, env.run_blocking)
    async with trio.open_nursery() as nursery, Client(ours) as client:
        nursery.start_soon(server.serve)
        nursery.start_soon(server.serve_transport, transport, ("10.0.0.7", 50_000), ("127.0.0.1", 9092))
        assert await is_answered(client)
        await trio.sleep(idle_s * 0.9)
        assert await is_answered(client)
        await trio.sleep(idle_s * 1.1)
        assert await is_answered(client, expected=False)
        nursery.cancel_scope.cancel()


@pytest.mark.honours(broker="socket.request.max.bytes")
@pytest.mark.parametrize(("config", "answer"), [({}, True), ({"socket_request_max_bytes": "1000"}, False)])
async def test_a_longer_request_closes_its_connection(config, answer):
    async with served(**config) as address, connected(*address) as client:
        assert await is_answered(client)
        client.client_id = "x" * 1000
        assert await is_answered(client, answer)


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
