"""Listeners over real sockets: limits of connections, ports, addresses; warming and the budget of bytes."""

import errno

import pytest
import trio
import trio.testing

from kwire.api.registry import APIS, Api
from kwire.app import running
from kwire.client.connection import ConnectionClosed, connected
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.protocol.messages.metadata import MetadataRequest
from kwire.server import server, warming
from kwire.server.in_flight import InFlight
from kwire.server.listener import Listener, bind, plain_host
from kwire.settings import Address, BrokerSetting, CannotStart, Settings

HELLO = ApiVersionsRequest("test", "1")


def settings(**config):
    return Settings((BrokerSetting(listen=(Address("127.0.0.1", 0),)),), config=config)


async def test_max_connections_per_ip_closes_the_next_one_with_a_line(caplog):
    limited = running(settings(**{"max.connections.per.ip": "1"}))
    async with limited as started, connected(*started.addresses[0]) as first:
        await first.request(HELLO, 3)
        async with connected(*started.addresses[0]) as second:
            with pytest.raises(ConnectionClosed):
                await second.request(HELLO, 3)
        await first.request(HELLO, 3)
    lines = [record.getMessage() for record in caplog.records if record.name == "kwire.server"]
    assert len(lines) == 1
    assert lines[0].endswith("max.connections.per.ip is reached")


async def test_max_connections_lets_the_next_one_wait():
    limited = running(settings(**{"max.connections": "1"}))
    async with (
        limited as started,
        connected(*started.addresses[0]) as first,
        connected(*started.addresses[0]) as second,
    ):
        await first.request(HELLO, 3)
        with trio.move_on_after(0.1) as waited:
            await second.request(HELLO, 3)
        assert waited.cancelled_caught
        await first.aclose()
        with trio.fail_after(5):
            await second.receive(HELLO, 3)


async def test_connections_leave_descriptors_free_though_one_seems_to_be(monkeypatch):
    """A file that is closed leaves a low number for a moment, again and again."""
    monkeypatch.setattr(server, "connections_end", lambda: server.OWN_DESCRIPTORS + 1)
    monkeypatch.setattr(server, "next_number", lambda _: 0)
    async with (
        running(settings()) as started,
        connected(*started.addresses[0]) as first,
        connected(*started.addresses[0]) as second,
    ):
        await first.request(HELLO, 3)
        with trio.move_on_after(0.3) as waited:
            await second.request(HELLO, 3)
        assert waited.cancelled_caught
        await first.aclose()
        with trio.fail_after(5):
            await second.receive(HELLO, 3)


async def test_metadata_names_the_address_that_the_client_came_by():
    two = (Address("127.0.0.1", 0), Address("127.0.0.2", 0))
    async with running(Settings((BrokerSetting(listen=two),))) as started:
        (server,) = started.servers.values()
        for listener in server.listeners:
            async with connected(listener.host, listener.port) as client:
                (broker,) = (await client.request(MetadataRequest(topics=[]), 12)).brokers
                assert broker.host == listener.host


async def test_an_advertised_address_is_told_instead():
    advertise = Address("kafka.example", 9999)
    broker = BrokerSetting(listen=(Address("127.0.0.1", 0),), advertise=advertise)
    async with running(Settings((broker,))) as started:
        (server,) = started.servers.values()
        async with connected("127.0.0.1", server.listeners[0].port) as client:
            (told,) = (await client.request(MetadataRequest(topics=[]), 12)).brokers
    assert Address(told.host, told.port) == advertise == started.addresses[0]


def test_a_port_that_is_taken_is_refused():
    (taken,) = bind("127.0.0.1", 0, 5)
    try:
        with pytest.raises(CannotStart, match="the port is in use"):
            bind("127.0.0.1", taken.port, 5)
    finally:
        taken.close()
    (again,) = bind("127.0.0.1", taken.port, 5)
    again.close()


class SocketOf:
    """A bound socket whose next client is what the test says."""

    def __init__(self, accepted):
        self.accepted = accepted

    def getsockname(self):
        return "127.0.0.1", 9092

    def accept(self):
        if isinstance(self.accepted, OSError):
            raise self.accepted
        return self.accepted, None


class GoneSocket:
    closed = False

    def setblocking(self, flag):
        pass

    def setsockopt(self, *option):
        raise OSError(errno.EINVAL, "Invalid argument")

    def close(self):
        self.closed = True


@pytest.mark.parametrize("number", [errno.EPROTO, errno.EPERM, errno.EHOSTUNREACH, errno.ECONNABORTED, errno.EAGAIN])
def test_a_client_that_fails_while_it_is_accepted_is_nobody(number):
    assert Listener(SocketOf(OSError(number, "gone")), "127.0.0.1").accept() is None


def test_a_client_that_left_before_its_options_were_set_is_nobody():
    gone = GoneSocket()
    assert Listener(SocketOf(gone), "127.0.0.1").accept() is None
    assert gone.closed


def test_a_listener_that_is_closed_says_so():
    with pytest.raises(OSError, match="closed"):
        Listener(SocketOf(OSError(errno.EBADF, "closed")), "127.0.0.1").accept()


def test_hosts_are_shown_plainly():
    assert plain_host("::ffff:10.0.0.7") == "10.0.0.7"
    assert plain_host("fe80::1%eth0") == "fe80::1"
    assert str(Address("::1", 9092)) == "[::1]:9092"


async def test_handlers_are_imported_in_silence_only(bench, monkeypatch, autojump_clock):
    cold = Api(ApiKey.METADATA, 0, 13)
    monkeypatch.setattr(warming, "APIS", {3: cold})
    async with bench() as b, b.connect() as client:
        b.nursery.start_soon(warming.warm, [b.server], b.env)
        for _ in range(20):
            await trio.sleep(warming.QUIET_S * 0.9)
            await client.request(HELLO, 3)
            assert not cold.is_loaded
        await trio.sleep(warming.QUIET_S * 2.5)
        assert cold.is_loaded
        assert cold.handle is APIS[ApiKey.METADATA].handle


async def test_a_handler_that_cannot_be_imported_now_stops_nothing(bench, monkeypatch, autojump_clock, caplog):
    cold, colder, next_one = Api(ApiKey.METADATA, 0, 13), Api(ApiKey.FETCH, 4, 18), Api(ApiKey.API_VERSIONS, 0, 5)
    monkeypatch.setattr(warming, "APIS", {3: cold, 1: colder, 18: next_one})
    request_class = warming.request_class

    def failing(key):
        if key in {cold.key, colder.key}:
            raise OSError(errno.EMFILE, "Too many open files")
        return request_class(key)

    monkeypatch.setattr(warming, "request_class", failing)
    async with bench() as b:
        await warming.warm([b.server], b.env)
    assert next_one.is_loaded
    assert not cold.is_loaded
    assert not colder.is_loaded
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == ["cannot import the handler of Metadata yet: [Errno 24] Too many open files"]


async def test_a_budget_makes_the_next_one_wait_until_there_is_room():
    budget = InFlight(100)
    await budget.reserve(60)
    waiting = []

    async def reserve(size_bytes):
        await budget.reserve(size_bytes)
        waiting.append(size_bytes)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(reserve, 50)
        await trio.testing.wait_all_tasks_blocked()
        assert waiting == []
        budget.release(60)
        await trio.testing.wait_all_tasks_blocked()
        assert waiting == [50]
        budget.release(50)
        nursery.start_soon(reserve, 1_000)
    assert waiting == [50, 1_000]
    assert budget.used_bytes == 1_000
