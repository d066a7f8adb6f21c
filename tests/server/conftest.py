"""A server without a broker behind it: handlers are the test's own, clients come by memory streams."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
import trio
import trio.testing

from kwire.api import registry
from kwire.broker.metadata_replies import MetadataReplies
from kwire.broker.refusals import Refusals
from kwire.client.connection import Client
from kwire.env import Env
from kwire.protocol.api_keys import ApiKey
from kwire.server.server import Server
from kwire.server.transport import StreamTransport

PEER, LOCAL = ("10.0.0.7", 50_000), ("127.0.0.1", 9092)


async def run_inline(function):
    return function()


class Bench:
    """One server, its config, and ways to reach it."""

    def __init__(self, nursery):
        self.config = SimpleNamespace(
            connections_max_idle_ms=600_000,
            socket_request_max_bytes=1_000_000,
            max_connections=100,
            max_connections_per_ip=100,
        )
        self.env = Env(clock_s=trio.current_time, run_blocking=run_inline)
        cluster = SimpleNamespace(
            cluster_id="MkU3OEVBNTcwNTJENDM2Qg",
            image=SimpleNamespace(version=5),
            env=self.env,
            listeners=[],
            observers=[],
        )
        replies = MetadataReplies()
        kept = {"metadata_replies": replies, "refusals": Refusals()}
        self.broker = SimpleNamespace(config=self.config, node_id=1, **kept)
        cluster.brokers = {1: self.broker}
        self.server = Server(cluster, 1, [])
        self.nursery = nursery

    def connect(self, stream_pair=trio.testing.memory_stream_pair):
        """A client whose connection is served."""
        ours, theirs = stream_pair()
        transport = StreamTransport(theirs, self.env.run_blocking)
        self.nursery.start_soon(self.server.serve_transport, transport, PEER, LOCAL)
        return Client(ours)


@pytest.fixture
def bench():
    """Opens a bench: `async with bench() as b`. Sessions end with it."""

    @asynccontextmanager
    async def opened():
        async with trio.open_nursery() as nursery:
            made = Bench(nursery)
            nursery.start_soon(made.server.serve)
            yield made
            nursery.cancel_scope.cancel()

    return opened


@pytest.fixture
def handler(monkeypatch):
    """Puts a handler in the place of an API's own: handler(ApiKey.METADATA, function). It is asked every time."""
    monkeypatch.setattr(MetadataReplies, "find", lambda *_: None)

    def replace(key, function):
        monkeypatch.setattr(registry.APIS[key], "_handle", function)

    assert ApiKey.METADATA in registry.APIS
    return replace
