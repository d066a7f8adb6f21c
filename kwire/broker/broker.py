"""Broker: one of a cluster's brokers as a client sees it, with an id, a port and configs of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kwire.broker.fetch_sessions import FetchSessions
from kwire.broker.metadata_replies import MetadataReplies
from kwire.broker.producer_ids import ProducerIds
from kwire.broker.refusals import Refusals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.broker.cluster import Cluster
    from kwire.broker.configs import BrokerConfig

NO_ENDPOINT = ("", -1)
"""Where no broker can be named."""


class Reached(Protocol):
    """How a client reached us."""

    local: tuple[str, int]
    """The address (host, port) that it connected to."""


class Broker:
    """One broker. Whether it runs is in the metadata image, so that its clients and the controller agree.

    ports: those that it listens on; every broker of the cluster has as many, in the same order. advertised: what
    clients are told instead of the address that they reached us by (advertised.listeners), None where nothing was said.
    """

    def __init__(self, node_id: int, cluster: Cluster) -> None:
        self.node_id = node_id
        self.cluster = cluster
        self.ports: Sequence[int] = ()
        self.advertised: tuple[str, int] | None = None
        self.metadata_replies = MetadataReplies()
        self.refusals = Refusals()
        self.forget_clients()
        self.producer_ids = ProducerIds(lambda: cluster.controller.allocate_producer_ids(node_id))

    def forget_clients(self) -> None:
        """What it keeps about its clients is as at its first start."""
        env = self.cluster.env
        self.fetch_sessions = FetchSessions(
            self.config.max_incremental_fetch_session_cache_slots, env.clock_s, env.random
        )

    @property
    def config(self) -> BrokerConfig:
        """The broker's configs as they are now."""
        return self.cluster.configs.broker(self.node_id)

    @property
    def running(self) -> bool:
        """Whether it serves clients; a stopped broker is fenced."""
        broker = self.cluster.image.brokers.get(self.node_id)
        return broker is not None and not broker.fenced

    def endpoint_for(self, node_id: int, connection: Reached) -> tuple[str, int]:
        """Host and port under which that client finds the broker node_id; NO_ENDPOINT where there is no such broker.

        Brokers of one process are found at the host that the client reached this one by, each at its own port: the
        one that corresponds to the port that the client took here.
        """
        broker = self.cluster.brokers.get(node_id)
        if broker is None:
            return NO_ENDPOINT
        if broker.advertised is not None:
            return broker.advertised
        host, port = connection.local
        return host, broker.ports[self.ports.index(port) if port in self.ports else 0]
