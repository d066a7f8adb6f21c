"""Server: the listeners of one broker and the sessions of its clients."""

from __future__ import annotations

import errno
import logging
import math
from collections import Counter
from typing import TYPE_CHECKING, Final

import trio

from kwire.api.context import ConnectionInfo
from kwire.broker.refusals import CLOSED, UNHEARD
from kwire.cluster.endpoints import DEFAULT_LISTENER
from kwire.descriptors import SHORTAGE, connections_end, files_end, limit, next_number
from kwire.server import poller
from kwire.server.advertised_address import AdvertisedAddressCheck
from kwire.server.in_flight import InFlight
from kwire.server.listener import plain_host
from kwire.server.session import Session
from kwire.server.transport import SocketTransport

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from kwire.cluster.cluster import Cluster
    from kwire.server.listener import Listener
    from kwire.server.poller import Poller
    from kwire.server.transport import Transport

logger = logging.getLogger("kwire.server")

CANNOT_ACCEPT_NOW: Final = SHORTAGE | {errno.ENOMEM, errno.ENOBUFS}

RETRY_ACCEPT_S: Final = 0.1
"""Pause when no descriptors are left for connections: long enough not to spin, short enough not to be felt."""

OWN_DESCRIPTORS: Final = 8
"""Numbers below those of connections that this process has for itself, roughly."""

SHORTEST_IDLE_CHECK_S: Final = 0.1
"""Least pause between two looks for idle connections, however small connections.max.idle.ms is."""


class Server:
    """What one broker needs to be reached.

    listeners are bound already; serve() accepts until it is cancelled. host_for_gateway: that by which clients who come
    through the default gateway are taken to have reached us, None for the address that they are seen to have taken.
    """

    def __init__(
        self, cluster: Cluster, node_id: int, listeners: Sequence[Listener], host_for_gateway: str | None = None
    ) -> None:
        self.sessions: set[Session] = set()
        self._broker = broker = cluster.brokers[node_id]
        self._cluster = cluster
        self._env = env = cluster.env
        self._in_flight = InFlight()
        self.listeners = listeners
        self._per_host: Counter[str] = Counter()
        self._host_for_gateway = host_for_gateway
        self._address_check = AdvertisedAddressCheck(
            cluster, broker, env.clock_s, lambda: (session.info for session in self.sessions)
        )
        self._poller: Poller | None = None
        self._is_crowded = False
        self._waiting_for_room = trio.lowlevel.ParkingLot()

    async def serve(self) -> None:
        """Clients are served until this is cancelled; then the ports are closed and every session has ended."""
        changes = self._cluster.listeners
        changes.append(self._look_for_room)
        try:
            async with trio.open_nursery() as nursery:
                if poller.AVAILABLE:
                    lingers = len(self._cluster.brokers) == 1 and poller.may_linger()
                    self._poller = poller.Poller(self._env.clock_s, lingers=lingers)
                    nursery.start_soon(self._poller.run)
                nursery.start_soon(self._close_idle)
                nursery.start_soon(self._broker.refusals.run)
                for listener in self.listeners:
                    nursery.start_soon(self._accept, listener, nursery)
        finally:
            changes.remove(self._look_for_room)
            for listener in self.listeners:
                listener.close()
            if self._poller is not None:
                self._poller.close()
                self._poller = None

    def _look_for_room(self, _: object) -> None:
        """Something in the cluster has changed; it may be max.connections."""
        self._waiting_for_room.unpark_all()

    def let_go(self) -> None:
        """In a forked child: it holds no port and no connection, which are its parent's alone."""
        for listener in self.listeners:
            listener.close()
        for session in self.sessions:
            session.let_go()

    async def serve_transport(
        self,
        transport: Transport,
        peer: tuple[str, int],
        local: tuple[str, int],
        listener: str = DEFAULT_LISTENER,
    ) -> None:
        """Serve one connection until it ends. listener: the name of the one that it came by."""
        await self._run(self._begin(transport, peer, local, listener))

    def _begin(self, transport: Transport, peer: tuple[str, int], local: tuple[str, int], listener: str) -> Session:
        info = ConnectionInfo(peer, local, listener, on_told=self._address_check.told)
        max_frame_bytes = self._broker.config.socket_request_max_bytes
        session = Session(
            transport, info, self._cluster, self._broker, self._in_flight, self._env.clock_s, max_frame_bytes
        )
        self.sessions.add(session)
        self._per_host[peer[0]] += 1
        return session

    async def _run(self, session: Session) -> None:
        try:
            await session.run()
        finally:
            host = session.info.peer[0]
            self.sessions.discard(session)
            self._address_check.ended(session.info)
            self._per_host[host] -= 1
            if not self._per_host[host]:
                del self._per_host[host]
            self._waiting_for_room.unpark_all()

    async def _accept(self, listener: Listener, nursery: trio.Nursery) -> None:
        while True:
            connected = await self._accepted(listener)
            try:
                await self._room()
                peer, local = _address(connected.getpeername()), _address(connected.getsockname())
            except OSError:  # it left between accept and now
                connected.close()
                continue
            except trio.Cancelled:
                connected.close()
                raise
            if self._per_host[peer[0]] >= self._broker.config.max_connections_per_ip:
                self._broker.refusals.tell(CLOSED, peer, "max.connections.per.ip is reached")
                connected.close()
                continue
            if self._host_for_gateway is not None:
                from kwire.server.gateway import is_default_gateway  # noqa: PLC0415 - in containers only

                if is_default_gateway(peer[0], self._env.files):
                    local = (self._host_for_gateway, local[1])
            transport = SocketTransport(connected, self._env.run_blocking, self._poller)
            nursery.start_soon(self._run, self._begin(transport, peer, local, listener.name))

    async def _accepted(self, listener: Listener) -> socket.socket:
        """Accept the next client once there is a descriptor for it; close log files to free one."""
        store = self._cluster.store
        is_told = False
        while True:
            await trio.lowlevel.wait_readable(listener.socket)
            why = f"this process may have no more than {limit()} open files and connections"
            if self._is_crowded or len(self.sessions) >= connections_end() - OWN_DESCRIPTORS:
                self._is_crowded = self._has_no_room(listener)
            try:
                connected = None if self._is_crowded else listener.accept()
            except OSError as error:
                if error.errno not in CANNOT_ACCEPT_NOW:
                    raise
                connected = None
                self._is_crowded = True
                why = why if error.errno == errno.EMFILE else str(error.strerror)
            if connected is not None:
                number = connected.fileno()
                self._is_crowded = number >= connections_end()
                if number >= files_end():
                    store.spare_descriptors()
                return connected
            if self._is_crowded and not store.spare_descriptors():
                if not is_told:
                    is_told = True
                    address = listener.host, listener.port
                    self._broker.refusals.tell(UNHEARD, address, f"{why}; raise the limit (ulimit -n)")
                await trio.sleep(RETRY_ACCEPT_S)

    def _has_no_room(self, listener: Listener) -> bool:
        """Whether connections have to end first. A low number may be free for a moment, so connections count too."""
        end = connections_end()
        return len(self.sessions) >= end - OWN_DESCRIPTORS or next_number(listener.socket.fileno()) >= end

    async def _room(self) -> None:
        """There are fewer connections than max.connections."""
        while len(self.sessions) >= self._broker.config.max_connections:
            await self._waiting_for_room.park()

    @property
    def active_s(self) -> float:
        """When bytes last came or went on any connection, by the clock; -inf without connections."""
        return max((session.active_s for session in self.sessions), default=-math.inf)

    async def _close_idle(self) -> None:
        """Sessions silent for connections.max.idle.ms are closed; it sleeps until the first of them can be that old.

        A negative value closes none, as in Kafka.
        """
        while self._broker.config.connections_max_idle_ms >= 0:
            idle_s = self._broker.config.connections_max_idle_ms / 1000
            now_s = self._env.clock_s()
            oldest_s = now_s
            for session in list(self.sessions):
                if session.handling:
                    continue
                if session.active_s + idle_s <= now_s:
                    session.end(f"no bytes for {idle_s * 1000:.0f} ms (connections.max.idle.ms)")
                else:
                    oldest_s = min(oldest_s, session.active_s)
            await trio.sleep(max(oldest_s + idle_s - now_s, SHORTEST_IDLE_CHECK_S))


def _address(name: tuple[str, int]) -> tuple[str, int]:
    return plain_host(name[0]), name[1]
