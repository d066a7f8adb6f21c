"""BrokerServers: the servers of a cluster's brokers, each of which stops and starts while the others serve."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from kwire.server.listener import bind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.cluster.cluster import Cluster
    from kwire.server.listener import Listener
    from kwire.server.server import Server

logger = logging.getLogger("kwire")


class UnknownBroker(Exception):  # noqa: N818 - what was asked for
    """The cluster has no broker of that id; the message is one sentence."""


@dataclass(slots=True)
class _Run:
    """One time that a broker serves, from its start to its stop."""

    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    ended: trio.Event = field(default_factory=trio.Event)


class BrokerServers:
    """Which brokers serve. Their servers run in the nursery; at first, every one does.

    backlog: socket.listen.backlog.size, for the ports that are bound again.
    """

    def __init__(self, cluster: Cluster, servers: Mapping[int, Server], nursery: trio.Nursery, backlog: int) -> None:
        self.cluster = cluster
        self.servers = servers
        self._nursery = nursery
        self._backlog = backlog
        self._runs: dict[int, _Run] = {}
        self._changing = trio.Lock()
        for node_id in servers:
            self._begin(node_id)

    async def stop(self, node_id: int) -> None:
        """The broker serves nobody: others lead its partitions, its port is closed, its connections have ended.

        A broker that is stopped already stays so.

        Raises:
            UnknownBroker.
            ApiError: KAFKA_STORAGE_ERROR, it goes on.
        """
        self._check(node_id)
        async with self._changing:
            self.cluster.controller.stop_broker(node_id)
            run = self._runs.pop(node_id, None)
            if run is not None:
                run.scope.cancel()
                await run.ended.wait()
                logger.info("broker %d is stopped", node_id)

    async def start(self, node_id: int) -> None:
        """The broker serves at the same ports as before, and leads again what it led by preference.

        A broker that runs already goes on.

        Raises:
            UnknownBroker.
            CannotStart: somebody else took its port.
            ApiError: KAFKA_STORAGE_ERROR, it stays stopped.
        """
        self._check(node_id)
        async with self._changing:
            if node_id in self._runs:
                return
            server = self.servers[node_id]
            listeners = self._bound_again(server)
            try:
                self.cluster.controller.start_broker(node_id)
            except BaseException:
                for listener in listeners:
                    listener.close()
                raise
            server.listeners = listeners
            self.cluster.brokers[node_id].forget_clients()
            self._begin(node_id)
            logger.info("broker %d is started", node_id)

    def _bound_again(self, server: Server) -> list[Listener]:
        listeners = [listener for listener in server.listeners if listener.inherited]
        try:
            bound = (listener for listener in server.listeners if not listener.inherited)
            for host, port, name in dict.fromkeys((each.host, each.port, each.name) for each in bound):
                listeners += bind(host, port, self._backlog, name)
        except BaseException:
            for listener in listeners:
                listener.close()
            raise
        return listeners

    def _begin(self, node_id: int) -> None:
        run = self._runs[node_id] = _Run()
        self._nursery.start_soon(_serve, self.servers[node_id], run)

    def _check(self, node_id: int) -> None:
        if node_id not in self.servers:
            known = ", ".join(map(str, self.servers))
            raise UnknownBroker(f"there is no broker {node_id!r}; this cluster has {known}")


async def _serve(server: Server, run: _Run) -> None:
    try:
        with run.scope:
            await server.serve()
    finally:
        run.ended.set()
