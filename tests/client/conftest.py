"""Brokers in this process, reached over memory streams, with a clock that jumps; and what can go wrong on the way."""

from contextlib import asynccontextmanager
from random import Random

import pytest
import trio

from kwire.api.coordinators import run_coordinators
from kwire.client.cluster import connected
from kwire.client.properties import ClientConfig
from kwire.client.values import Address, TopicPartition
from kwire.env import Env
from kwire.server.server import Server
from kwire.server.transport import StreamTransport
from kwire.storage.memory import MemoryStore
from tests.kit.cluster import build_cluster, create_topic
from tests.kit.simulated_network import Connection

START_MS = 1_700_000_000_000
PEER = ("10.0.0.7", 50_000)


async def run_inline(function):
    await trio.lowlevel.checkpoint()
    return function()


class World:
    """A cluster and the network to it.

    deaf: brokers that take connections and say nothing. opened: how many connections there were.
    """

    def __init__(self, brokers, nursery, **static):
        self._began_s = trio.current_time()
        self.env = Env(
            clock_s=trio.current_time,
            wall_ms=lambda: START_MS + int(self.elapsed_s * 1000),
            random=Random(7),
            run_blocking=run_inline,
        )
        store = MemoryStore(self.env)
        store.start()
        self.cluster = build_cluster(
            brokers, env=self.env, store=store, static={"group.initial.rebalance.delay.ms": "0", **static}
        )
        self.servers = {node_id: Server(broker, [], self.env) for node_id, broker in self.cluster.brokers.items()}
        self.connections = {}
        self.deaf = set()
        self.opened = 0
        self._nursery = nursery
        nursery.start_soon(self.cluster.run)
        nursery.start_soon(run_coordinators, self.cluster)
        for server in self.servers.values():
            nursery.start_soon(server.serve)

    @property
    def elapsed_s(self):
        """Seconds since it began."""
        return trio.current_time() - self._began_s

    async def connect(self, address):
        """A stream to the broker at that port, as the client opens it."""
        await trio.lowlevel.checkpoint()
        node_id = address.port - 9091
        if node_id not in self.cluster.image.running:
            raise ConnectionRefusedError(111, "Connection refused")
        self.opened += 1
        connection = Connection(self.env.random)
        self.connections[connection] = node_id
        if node_id not in self.deaf:
            transport = StreamTransport(connection.server, run_inline)
            local = ("127.0.0.1", address.port)
            self._nursery.start_soon(self.servers[node_id].serve_transport, transport, PEER, local)
        return connection.client

    def cut(self, node_id):
        """All connections to the broker are gone."""
        for connection, connected_to in list(self.connections.items()):
            if connected_to == node_id:
                connection.cut()
                del self.connections[connection]

    def stop(self, node_id):
        """The broker is gone, others lead what it led."""
        self.cluster.controller.stop_broker(node_id)
        self.cut(node_id)

    def start(self, node_id):
        """The broker is back."""
        self.cluster.controller.start_broker(node_id)

    def leader(self, topic, partition=0):
        """Who leads the partition."""
        return self.cluster.image.topics[topic].partitions[partition].leader

    async def topic(self, name, partitions=1, replicas=1, **configs):
        """The topic is there."""
        await create_topic(
            self.cluster, name, partitions, replicas, {key.replace("_", "."): value for key, value in configs.items()}
        )

    def values(self, topic, partition=0):
        """What the partition holds."""
        from kwire.embedded.reading import records_of

        return [record.value for record in records_of(self.cluster.partition(topic, partition), committed_only=False)]

    def append(self, topic, batch, partition=0):
        """The batch is in the log, as a producer without an id writes it."""
        place = self.cluster.partition(topic, partition)
        place.produce(
            memoryview(bytearray(batch)), acks=1, now_ms=self.env.wall_ms(), validate_records=False, api_version=13
        )

    @asynccontextmanager
    async def client(self, *, patience_s=10.0, servers=None, **configs):
        """A client of the cluster, which begins at broker 1."""
        servers = servers or {"one": Address("127.0.0.1", 9092)}
        async with connected(
            servers, ClientConfig(**configs), patience_s=patience_s, env=self.env, connect=self.connect
        ) as made:
            yield made


@pytest.fixture
async def world():
    """Opens worlds: `async with world(3) as w`. The test asks for autojump_clock itself: a clock counts only there."""

    @asynccontextmanager
    async def opened(brokers=1, **static):
        async with trio.open_nursery() as nursery:
            yield World(brokers, nursery, **static)
            nursery.cancel_scope.cancel()

    return opened


@pytest.fixture
def place():
    """A partition, shortly."""
    return TopicPartition
