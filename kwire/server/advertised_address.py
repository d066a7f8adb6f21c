"""Clients that are told where brokers are, again and again, and ask for nothing: do they reach that address?

A client finds its way with Metadata and works on connections to the addresses that it was told. One that cannot reach
them comes back to where it began, for ever, and says so in its own log at best.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from kwire.limits import MAX_TRACKED_HOSTS
from kwire.settings import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kwire.api.context import ConnectionInfo
    from kwire.cluster.broker import Broker
    from kwire.cluster.cluster import Cluster

logger = logging.getLogger("kwire.server")

TIMES: Final = 5
"""So often a client has to have been told. It takes a second at the usual pauses between two tries."""
PATIENCE_S: Final = 10.0
"""For so long: a client that comes often may be about to begin."""
LOOPBACK: Final = ("127.", "::1")


class AdvertisedAddressCheck:
    """Warns once about the clients of one host. connections: all that are open just now."""

    def __init__(
        self,
        cluster: Cluster,
        broker: Broker,
        clock_s: Callable[[], float],
        connections: Callable[[], Iterable[ConnectionInfo]],
    ) -> None:
        self._cluster = cluster
        self._broker = broker
        self._clock_s = clock_s
        self._connections = connections
        self._told: dict[str, tuple[int, float]] = {}
        """By the client's host: how often it was told, and since when."""
        self._has_warned = False

    def told(self, connection: ConnectionInfo) -> None:
        """The client was told where the brokers are."""
        host = connection.peer[0]
        if self._has_warned or connection.works or (host not in self._told and len(self._told) >= MAX_TRACKED_HOSTS):
            return
        times, since_s = self._told.get(host, (0, self._clock_s()))
        self._told[host] = (times + 1, since_s)
        if times + 1 >= TIMES and self._clock_s() - since_s >= PATIENCE_S:
            if any(other.works for other in self._connections() if other.peer[0] == host):
                del self._told[host]
                return
            self._warn(connection, times + 1)

    def ended(self, connection: ConnectionInfo) -> None:
        """The connection has ended; where it did some work, its host reaches us."""
        if connection.works:
            self._told.pop(connection.peer[0], None)

    def _warn(self, connection: ConnectionInfo, times: int) -> None:
        address = Address(*self._cluster.endpoint_for(self._broker.node_id, connection))
        host = connection.peer[0]
        if host.startswith(LOOPBACK) and address.host.startswith(LOOPBACK):
            return  # whoever asks there just asks often
        self._has_warned = True
        logger.warning(
            "clients at %s were told %d times that broker %d is at %s, and asked for nothing else; "
            "if they cannot reach that address, start with --advertise HOST:PORT, one that they can",
            *(host, times, self._broker.node_id, address),
        )
