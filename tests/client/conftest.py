"""Brokers in this process, reached over memory streams, with faults on the way.

Tests use trio's autojump clock: a sleep costs no real time, and lets happen whatever is due in that time.
"""

from contextlib import asynccontextmanager
from random import Random

import pytest
import trio

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
    """A cluster and the network to it. deaf: brokers that accept connections and never answer. opened: connections."""

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
        self.servers = {node_id: Server(self.cluster, node_id, []) for node_id in self.cluster.brokers}
        self.connections = {}
        self.deaf = set()
        self.opened = 0
        self._nursery = nursery
        nursery.start_soon(self.cluster.upkeep.run)
        nursery.start_soon(self.cluster.groups.run)
        for server in self.servers.values():
            nursery.start_soon(server.serve)

    @property
    def elapsed_s(self):
        """Seconds since the start."""
        return trio.current_time() - self._began_s

    async def connect(self, address):
        """Open a stream to the broker at that port, as the client does."""
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
        """Cut all connections to the broker."""
        for connection, connected_to in list(self.connections.items()):
            if connected_to == node_id:
                connection.cut()
                del self.connections[connection]

    def stop(self, node_id):
        """Stop the broker; others lead its partitions."""
        self.cluster.controller.stop_broker(node_id)
        self.cut(node_id)

    def start(self, node_id):
        """Start the broker again."""
        self.cluster.controller.start_broker(node_id)

    def leader(self, topic, partition=0):
        """Return the id of the partition's leader."""
        return self.cluster.image.topics[topic].partitions[partition].leader

    async def topic(self, name, partitions=1, replicas=1, **configs):
        """Create the topic."""
        await create_topic(
            self.cluster, name, partitions, replicas, {key.replace("_", "."): value for key, value in configs.items()}
        )

    def values(self, topic, partition=0):
        """Return the values in the partition."""
        from kwire.testing.reading import records_of

        return [record.value for record in records_of(self.cluster.partition(topic, partition), committed_only=False)]

    def append(self, topic, batch, partition=0):
        """Append the batch, as if a producer without an id had written it."""
        place = self.cluster.partition(topic, partition)
        place.produce(
            memoryview(bytearray(batch)), acks=1, now_ms=self.env.wall_ms(), validate_records=False, api_version=13
        )

    @asynccontextmanager
    async def client(self, *, patience_s=10.0, servers=None, **configs):
        """Open a client of the cluster; it knows broker 1 at first."""
        servers = servers or {"one": Address("127.0.0.1", 9092)}
        async with connected(
            servers, ClientConfig(**configs), patience_s=patience_s, env=self.env, connect=self.connect
        ) as made:
            yield made


@pytest.fixture
async def world():
    """Open worlds: `async with world(3) as w`. Tests must request autojump_clock themselves for it to work."""

    @asynccontextmanager
    async def opened(brokers=1, **static):
        async with trio.open_nursery() as nursery:
            yield World(brokers, nursery, **static)
            nursery.cancel_scope.cancel()

    return opened


@pytest.fixture
def place():
    """Describe a partition in short."""
    return TopicPartition
