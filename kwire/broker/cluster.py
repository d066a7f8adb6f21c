"""Cluster: what the brokers of one process share: metadata, configs, and one log per partition."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import trio

from kwire.broker.broker import Broker
from kwire.broker.configs import Configs
from kwire.broker.controller import Controller
from kwire.broker.metadata import NO_LEADER, MetadataImage, TopicImage
from kwire.broker.metadata_log import MetadataLog
from kwire.broker.partition import Partition
from kwire.broker.resources import TOPIC
from kwire.limits import HOUSEKEEPING_INTERVAL_S, HOUSEKEEPING_MIN_INTERVAL_S
from kwire.protocol.errors import ApiError
from kwire.protocol.messages.records.cluster_metadata import (
    ConfigRecord,
    PartitionChangeRecord,
    RemoveTopicRecord,
)
from kwire.storage.config import LONG_MAX
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kwire.env import Env
    from kwire.protocol.schema import Message
    from kwire.storage.cleaner import Cleaner
    from kwire.storage.config import LogConfig
    from kwire.storage.port import LogStore, SegmentedLog, StoredLog

Listener: TypeAlias = "Callable[[Sequence[Message]], None]"
Observer: TypeAlias = "Callable[[Any, Message, Message | None], None]"
"""Told a request's context, the request, and its response, None where it wants none."""

_log = logging.getLogger(__name__)


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
        self.attached: dict[type, Any] = {}
        """What the floors above keep for this cluster, by its class: its coordinators."""
        self.observer: Observer | None = None
        """Told of every request that a client was answered."""
        self._metadata_log = MetadataLog(env, store)
        self._partitions: dict[tuple[str, int], Partition] = {}
        self._unopened: Sequence[StoredLog] | None = None
        """Stored logs that neither retention nor the cleaner has opened yet; None before the first of them runs."""
        self._cleaner: Cleaner | None = None
        self._replay()
        self.controller = Controller(
            env, self.image, self._metadata_log, self.configs, self._changed, any_may_lead=any_may_lead
        )
        try:
            self.controller.settle(broker_ids)
        except ApiError as error:
            raise StorageError(f"cannot write the metadata log: {error.message}") from error
        self.brokers = {node_id: Broker(node_id, self) for node_id in sorted(broker_ids)}

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

    @property
    def metadata_end_offset(self) -> int:
        """Offset of the next record of the metadata log."""
        return self._metadata_log.end_offset

    @property
    def partitions(self) -> Iterator[Partition]:
        """Every partition that something needed already."""
        return iter(tuple(self._partitions.values()))

    async def run(self) -> None:
        """Background work at Kafka's intervals, in bounded steps, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._run_housekeeping)
            nursery.start_soon(self._run_retention)
            nursery.start_soon(self._run_cleaner)

    async def _run_housekeeping(self) -> NoReturn:
        while True:
            await trio.sleep(self._housekeeping_interval_s())
            try:
                now_ms = self.env.wall_ms()
                await self.env.run_blocking(lambda: self.store.housekeep(now_ms))  # noqa: B023 - awaited at once
                self._metadata_log.checkpoint_if_due(self.image)
            except StorageError as error:
                _log.error("housekeeping failed: %s", error)

    def _housekeeping_interval_s(self) -> float:
        """Short enough for every opened log's flush.ms."""
        logs = (partition.opened for partition in self.partitions)
        flush_s = min((log.config.flush_ms for log in logs if log is not None), default=LONG_MAX) / 1000
        return max(HOUSEKEEPING_MIN_INTERVAL_S, min(HOUSEKEEPING_INTERVAL_S, flush_s))

    async def _run_retention(self) -> NoReturn:
        while True:
            await trio.sleep(self._first_broker.config.log_retention_check_interval_ms / 1000)
            await self.enforce_retention()

    async def enforce_retention(self) -> None:
        """Each log has given up what its topic's retention says. Requests are served between two steps."""
        await self._open_stored(lambda config: config.expires)
        expiration_ms = self._first_broker.config.producer_id_expiration_ms
        for partition in self.partitions:
            await trio.lowlevel.checkpoint()
            try:
                while (
                    partition.opened is not None
                    and self._partitions.get((partition.topic, partition.index)) is partition
                    and partition.enforce_retention(self.env.wall_ms(), expiration_ms)
                ):
                    await trio.lowlevel.checkpoint()
            except ApiError as error:
                _log.error("retention of %s-%d failed: %s", partition.topic, partition.index, error)

    async def _open_stored(self, wanted: Callable[[LogConfig], bool]) -> None:
        """Stored logs that nothing needed since the start are open, where their configs are wanted ones."""
        if self._unopened is None:
            try:
                self._unopened = await self.env.run_blocking(self.store.list)
            except StorageError as error:
                _log.error("cannot tell which logs are stored: %s", error)
                return
        still_unopened = []
        for stored in self._unopened:
            topic = self.image.topic_by_id(stored.topic_id)
            if topic is None:
                continue
            if not wanted(self.configs.topic(topic.name)):
                still_unopened.append(stored)
                continue
            await trio.lowlevel.checkpoint()
            try:
                partition = self.partition(topic.name, stored.partition)
                if partition is not None:
                    partition.open()
            except ApiError:  # the partition has logged it
                still_unopened.append(stored)
        self._unopened = still_unopened

    async def _run_cleaner(self) -> None:
        if not self._first_broker.config.log_cleaner_enable:
            return
        while True:
            await trio.sleep(max(1, self._first_broker.config.log_cleaner_backoff_ms) / 1000)
            while await self.clean():
                pass

    async def clean(self) -> bool:
        """The dirtiest compacted log that is due has been cleaned, False: none was. Requests are served meanwhile."""
        await self._open_stored(lambda config: config.compact)
        if next(self._compacted_logs(), None) is None:
            return False
        from kwire.storage.cleaner import Cleaner, CleanerLimits  # noqa: PLC0415 - only where something is compacted

        if self._cleaner is None:
            self._cleaner = Cleaner(self.env, self._compacted_logs)
        config = self._first_broker.config
        limits = CleanerLimits(
            dedupe_buffer_bytes=int(config.log_cleaner_dedupe_buffer_size * config.log_cleaner_io_buffer_load_factor),
            step_bytes=config.log_cleaner_io_buffer_size // 2,
            max_bytes_per_second=config.log_cleaner_io_max_bytes_per_second,
        )
        return await self._cleaner.clean_dirtiest(limits)

    def _compacted_logs(self) -> Iterator[tuple[SegmentedLog, int]]:
        """Every opened log that is compacted, with its last stable offset."""
        for partition in self.partitions:
            log = partition.opened
            if log is not None and log.config.compact:
                yield log, partition.last_stable_offset

    def open_stored_logs(self) -> None:
        """Every stored log of an existing topic is open, and so recovered: for a start after an unclean stop. Blocking.

        Raises:
            StorageError: one cannot be recovered.
        """
        for stored in self.store.list():
            topic = self.image.topic_by_id(stored.topic_id)
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

    @property
    def _first_broker(self) -> Broker:
        return next(iter(self.brokers.values()))

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
