"""Broker: one of a cluster's brokers as a client sees it, with an id, a port and configs of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.broker.fetch_sessions import FetchSessions
from kwire.broker.metadata_replies import MetadataReplies
from kwire.broker.producer_ids import ProducerIds
from kwire.broker.refusals import Refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.broker.configs import BrokerConfig, Configs
    from kwire.broker.controller import Controller
    from kwire.broker.metadata import MetadataImage
    from kwire.cluster.endpoints import Endpoint
    from kwire.env import Env


class Broker:
    """One broker. Whether it runs is in the metadata image, so that its clients and the controller agree.

    endpoints: where it is found, by the names of its listeners.
    """

    def __init__(self, node_id: int, env: Env, image: MetadataImage, configs: Configs, controller: Controller) -> None:
        self.node_id = node_id
        self.endpoints: Mapping[str, Endpoint] = {}
        self.metadata_replies = MetadataReplies()
        self.refusals = Refusals()
        self.producer_ids = ProducerIds(lambda: controller.allocate_producer_ids(node_id))
        self._configs = configs
        self._env = env
        self._image = image
        self.forget_clients()

    def forget_clients(self) -> None:
        """Know nothing about clients, as at the first start."""
        slots = self.config.max_incremental_fetch_session_cache_slots
        self.fetch_sessions = FetchSessions(slots, self._env.clock_s, self._env.random)

    @property
    def config(self) -> BrokerConfig:
        """The broker's configs as they are now."""
        return self._configs.broker(self.node_id)

    @property
    def running(self) -> bool:
        """Whether it serves clients; a stopped broker is fenced."""
        broker = self._image.brokers.get(self.node_id)
        return broker is not None and not broker.fenced
