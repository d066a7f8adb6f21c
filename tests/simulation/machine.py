"""Machine: a simulated disk, the broker process on it, and the network to it."""

import logging
from random import Random

import trio

from kwire.app import _close, _opened
from kwire.cluster.endpoints import DEFAULT_LISTENER, Endpoint
from kwire.env import Env
from kwire.server.server import Server
from kwire.server.transport import StreamTransport
from kwire.settings import BrokerSetting, CannotStart, Settings
from kwire.storage.port import StorageError
from tests.kit.simulated_disk import ProcessFiles, ProcessKilled, SimulatedDisk
from tests.kit.simulated_network import Connection

START_MS = 1_750_000_000_000
DATA = "/data"


class Refused(Exception):  # noqa: N818 - what happened
    """Nobody listens there."""


class Machine:
    """One machine. life counts power losses; cluster is None while no process serves.

    on_up is called with the cluster whenever a process has started, before it serves.
    """

    def __init__(self, seed, brokers, static, faults, trace):
        self.random = Random(f"machine {seed}")
        self.skew_ms = 0
        self.disk = SimulatedDisk(Random(f"disk {seed}"), self.wall_ms)
        self.faults = faults
        self.faults.kill = self.kill
        self.trace = trace
        self.life = 0
        self.cluster = None
        self.files = None
        self.on_up = lambda _cluster: None
        self.restart_delay_s = self.random.random
        self._settings = Settings(
            tuple(BrokerSetting(node_id) for node_id in range(1, brokers + 1)), data=DATA, config=static
        )
        self._servers = {}
        self._nursery = None
        self._connections = {}
        self._ended = trio.Event()
        self._clean = False
        self._lose_power = False
        self._up = trio.Event()

    def wall_ms(self):
        return START_MS + self.skew_ms + int(trio.current_time() * 1000)

    async def _run_blocking(self, function):
        if self.faults.is_slow:
            self.faults.fired["slow disk"] += 1
            await trio.sleep(self.random.random() * 2)
        else:
            await trio.lowlevel.checkpoint()
        return function()

    # Lives of the process

    async def run(self):
        """One process after the other, until this is cancelled."""
        while True:
            await self._live()
            if self._lose_power:
                self._lose_power = False
                self.life += 1
                self.disk.lose_power()
                self.trace(f"power lost {sorted(self.disk.fates.items())}")
            await trio.sleep(self.restart_delay_s())

    async def _live(self):
        self.files = ProcessFiles(self.disk, self.faults)
        self._ended = trio.Event()
        self._clean = False
        env = Env(
            clock_s=trio.current_time,
            wall_ms=self.wall_ms,
            random=Random(self.random.random()),
            run_blocking=self._run_blocking,
            files=self.files,
        )
        try:
            cluster = await _opened(self._settings, env)
            self.trace(f"up, end of metadata {cluster.image.version}")
            try:
                async with trio.open_nursery() as nursery:
                    self._serve(cluster, nursery)
                    nursery.start_soon(cluster.upkeep.run)
                    nursery.start_soon(cluster.groups.run)
                    await self._ended.wait()
                    nursery.cancel_scope.cancel()
            finally:
                self._down()
            if self._clean:
                await _close(cluster)
        except* ProcessKilled:
            self.trace("dead")
        except* (CannotStart, StorageError, OSError) as group:
            self.trace(f"cannot start: {group.exceptions!r}")
        finally:
            self.files.kill()

    def _serve(self, cluster, nursery):
        self.on_up(cluster)
        for node_id, broker in cluster.brokers.items():
            broker.endpoints = {DEFAULT_LISTENER: Endpoint(9091 + node_id)}
            self._servers[node_id] = Server(cluster, node_id, [])
        self._nursery = nursery
        self.cluster = cluster
        self._up.set()

    def _down(self):
        if self.cluster is not None:
            self.cluster = None
            self._up = trio.Event()
        for connection in self._connections:
            connection.cut()
        self._connections = {}

    async def wait_up(self):
        """A process serves."""
        while self.cluster is None:
            await self._up.wait()

    def kill(self, kind, where=""):
        """The process is gone, at once. Counts as a fault of that kind."""
        if self.files is None or self.files.is_dead:
            return
        self.faults.fired[kind] += 1
        self.trace(f"{kind} {where}")
        self.files.kill()
        self._down()
        self._ended.set()

    def lose_power(self):
        """The process is gone, and of what was not synced any part may be."""
        self._lose_power = True
        self.faults.fired["power lost"] += 1
        self.kill("killed with the power")

    def stop(self):
        """The process stops cleanly."""
        self.faults.fired["stopped cleanly"] += 1
        self.trace("stop")
        self._clean = True
        self._ended.set()

    # Brokers and connections

    def stop_broker(self, node_id):
        """The broker leaves its cluster, and its connections end."""
        self.faults.fired["broker stopped"] += 1
        self.trace(f"stop broker {node_id}")
        self.cluster.controller.stop_broker(node_id)
        for connection, connected_to in self._connections.items():
            if connected_to == node_id:
                connection.cut()

    def start_broker(self, node_id):
        """The broker is back."""
        self.trace(f"start broker {node_id}")
        self.cluster.controller.start_broker(node_id)

    def connect(self, node_id):
        """The client's end of a new connection to that broker.

        Raises:
            Refused.
        """
        if self.cluster is None or node_id not in self.cluster.image.running:
            raise Refused(node_id)
        cut_after_bytes = None
        if "connection cut" in self.faults.enabled and self.random.random() < 0.4:
            cut_after_bytes = int(self.random.paretovariate(0.5) * 20)
        connection = Connection(self.random, cut_after_bytes)
        self._connections[connection] = node_id
        self._nursery.start_soon(self._serve_connection, self._servers[node_id], connection)
        return connection.client

    async def _serve_connection(self, server, connection):
        transport = StreamTransport(connection.server, self._run_blocking)
        await server.serve_transport(transport, ("10.0.0.7", 50_000), ("10.0.0.1", 9092))
        self._connections.pop(connection, None)
        if connection.was_cut:
            self.faults.fired["connection cut"] += 1


class BugLog(logging.Handler):
    """Tracebacks that the broker logged: none is expected."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.bugs = []

    def emit(self, record):
        if record.exc_info:
            self.bugs.append(self.format(record))
