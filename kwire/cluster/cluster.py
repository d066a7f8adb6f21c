"""Cluster: what the brokers of one process share: metadata, configs, and one log per partition."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from kwire.broker.configs import Configs
from kwire.broker.controller import Controller
from kwire.broker.metadata import NO_LEADER, MetadataImage, TopicImage
from kwire.broker.metadata_log import MetadataLog
from kwire.broker.partition import Partition
from kwire.broker.resources import TOPIC
from kwire.cluster import internal_topics
from kwire.cluster.broker import Broker
from kwire.cluster.coordinators import GroupCoordinators
from kwire.cluster.upkeep import Upkeep
from kwire.protocol.errors import ApiError
from kwire.protocol.messages.records.cluster_metadata import (
    ConfigRecord,
    PartitionChangeRecord,
    RemoveTopicRecord,
)
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kwire.broker.configs import BrokerConfig
    from kwire.env import Env
    from kwire.protocol.schema import Message
    from kwire.storage.port import LogStore, SegmentedLog

Listener: TypeAlias = "Callable[[Sequence[Message]], None]"
Observer: TypeAlias = "Callable[[Any, Message, Message | None], None]"
"""Told a request's context, the request, and its response, None where it wants none."""

_log = logging.getLogger(__name__)


NO_ENDPOINT = ("", -1)
"""Stands for a broker that does not exist."""


class Reached(Protocol):
    """How a client reached us."""

    local: tuple[str, int]
    """The address (host, port) that it connected to."""
    listener: str
    """The name of the listener."""


class Cluster:
    """One cluster over a store that has been started. Making it is blocking: the metadata log is read.

    broker_ids: the brokers that this process holds, which are the cluster's. static: Kafka's broker config names to
    texts. any_may_lead: brokers that hold no replica may lead a partition of which no replica runs. listeners: told the
    records of each metadata decision, after their replay.

    Raises:
        StorageError: the metadata log cannot be read or written.
    """

    def __init__(
        self,
        env: Env,
        store: LogStore,
        *,
        cluster_id: str,
        broker_ids: Sequence[int],
        static: Mapping[str, str] | None = None,
        any_may_lead: bool = False,
    ) -> None:
        self.env = env
        self.store = store
        self.cluster_id = cluster_id
        self.image = MetadataImage()
        self.configs = Configs(static or {}, self.image)
        self.listeners: list[Listener] = []
        self.observers: list[Observer] = []
        """Told of every request that a client was answered, in order."""
        self._metadata_log = MetadataLog(env, store)
        self._partitions: dict[tuple[str, int], Partition] = {}
        self._replay()
        self.controller = Controller(
            env, self.image, self._metadata_log, self.configs, self._changed, any_may_lead=any_may_lead
        )
        try:
            self.controller.settle(broker_ids)
        except ApiError as error:
            raise StorageError(f"cannot write the metadata log: {error.message}") from error
        self.brokers = {
            node_id: Broker(node_id, env, self.image, self.configs, self.controller) for node_id in sorted(broker_ids)
        }
        self.groups = GroupCoordinators(self)
        self.upkeep = Upkeep(self)

    @property
    def config(self) -> BrokerConfig:
        """Broker configs for work that is not one broker's: those of the first broker."""
        return next(iter(self.brokers.values())).config

    def partition(self, topic: str, index: int) -> Partition | None:
        """The partition, None where there is none."""
        partition = self._partitions.get((topic, index))
        if partition is None:
            image = self.image.topic(topic)
            if image is None or not 0 <= index < len(image.partitions):
                return None
            partition = self._partition_of(image, index)
            self._partitions[topic, index] = partition
        return partition

    @property
    def controller_id(self) -> int:
        """The broker that clients are told to send administrative requests to: any that runs will do."""
        return next(iter(self.image.running), NO_LEADER)

    def endpoint_for(self, node_id: int, connection: Reached) -> tuple[str, int]:
        """Return host and port by which that client finds the broker; NO_ENDPOINT if there is none.

        A client stays with the listener that it came by. Brokers of one process are found at the host by which the
        client reached any of them, unless one is advertised.
        """
        broker = self.brokers.get(node_id)
        if broker is None or not broker.endpoints:
            return NO_ENDPOINT
        endpoint = broker.endpoints.get(connection.listener) or next(iter(broker.endpoints.values()))
        return connection.local[0] if endpoint.host is None else endpoint.host, endpoint.port

    async def ensure_internal_topic(self, name: str) -> TopicImage:
        """Create one of Kafka's own topics unless it is there.

        Raises:
            ApiError: it could not be created.
        """
        topic = self.image.topic(name)
        if topic is None:
            asked = internal_topics.creatable(name, self.config, len(self.image.brokers))
            (outcome,) = await self.controller.create_topics([asked], configs_are_sound=True)
            if isinstance(outcome, ApiError):
                raise outcome
            topic = self.image.topics[name]
        return topic

    @property
    def metadata_end_offset(self) -> int:
        """Offset of the next record of the metadata log."""
        return self._metadata_log.end_offset

    @property
    def partitions(self) -> Iterator[Partition]:
        """Every partition that something needed already."""
        return iter(tuple(self._partitions.values()))

    def checkpoint_metadata_if_due(self) -> None:
        """Write a checkpoint of the metadata log when it has grown enough.

        Raises:
            StorageError.
        """
        self._metadata_log.checkpoint_if_due(self.image)

    def open_stored_logs(self) -> None:
        """Every stored log of an existing topic is open, and so recovered: for a start after an unclean stop. Blocking.

        Raises:
            StorageError: one cannot be recovered.
        """
        for stored in self.store.list():
            topic = self.image.topic_of_log(stored.topic, stored.topic_id)
            partition = self.partition(topic.name, stored.partition) if topic is not None else None
            if partition is not None:
                try:
                    partition.open()
                except ApiError as error:
                    raise StorageError(f"cannot open {stored.topic}-{stored.partition}: {error.message}") from error

    def close(self) -> None:
        """Every log is closed; the next start needs no recovery. Blocking.

        Raises:
            StorageError: a log could not be flushed.
        """
        self._partitions.clear()
        self.store.close()

    def _replay(self) -> None:
        removed = []
        for record in self._metadata_log.replay():
            if isinstance(record, RemoveTopicRecord):
                removed.append(self.image.topics_by_id[record.topic_id])
            self.image.replay(record)
        for topic in removed:
            if topic.name not in self.image.topics:  # of a topic of that name again, the engine sets old logs aside
                self._delete_logs(topic)  # a crash may have come between the decision and the deletion

    def _partition_of(self, topic: TopicImage, index: int) -> Partition:
        name, topic_id = topic.name, topic.topic_id

        def open_log() -> SegmentedLog:
            log = self.store.open(name, topic_id, index, self.configs.topic(name))
            if log.recovered_cut:
                self.controller.raise_leader_epochs([(topic_id, index)])
            return log

        return Partition(name, topic_id, topic.partitions[index], open_log, self.env.wall_ms)

    def _changed(self, records: Sequence[Message], removed: Sequence[TopicImage]) -> None:
        """What follows from a decision: logs go, configs count, parked requests look again."""
        altered: set[str] = set()
        every = False
        for record in records:
            if isinstance(record, PartitionChangeRecord):
                self._wake(record)
            elif isinstance(record, ConfigRecord):
                altered.add(record.resource_name)
                every = every or record.resource_type != TOPIC
        for topic in removed:
            self._remove(topic)
        if altered:
            self._configure(None if every else altered)
        for listener in self.listeners:
            listener(records)

    def _wake(self, record: PartitionChangeRecord) -> None:
        topic = self.image.topic_by_id(record.topic_id)
        partition = self._partitions.get((topic.name, record.partition_id)) if topic is not None else None
        if partition is not None:
            partition.wake()

    def _configure(self, topics: set[str] | None) -> None:
        """The logs of these topics, of all for None, have their configs of now."""
        for partition in self.partitions:
            if topics is None or partition.topic in topics:
                partition.set_config(self.configs.topic(partition.topic))

    def _remove(self, topic: TopicImage) -> None:
        for image in topic.partitions:
            partition = self._partitions.pop((topic.name, image.index), None)
            if partition is not None:
                partition.wake()
        try:
            self._delete_logs(topic)
        except StorageError as error:
            _log.error("cannot delete the logs of %s, the next start will: %s", topic.name, error)

    def _delete_logs(self, topic: TopicImage) -> None:
        config = self.configs.topic(topic.name)
        for partition in topic.partitions:
            self.store.delete(self.store.open(topic.name, topic.topic_id, partition.index, config))
