"""Background work on the logs of an engine that keeps them in this process: housekeeping, retention, the cleaner."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, NoReturn, Protocol

import trio

from kwire.limits import HOUSEKEEPING_INTERVAL_S, HOUSEKEEPING_MIN_INTERVAL_S
from kwire.protocol.errors import ApiError
from kwire.storage.config import LONG_MAX
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kwire.broker.configs import BrokerConfig, Configs
    from kwire.broker.metadata import MetadataImage
    from kwire.broker.partition import Partition
    from kwire.env import Env
    from kwire.storage.cleaner import Cleaner
    from kwire.storage.config import LogConfig
    from kwire.storage.port import LogStore, SegmentedLog, StoredLog

_log = logging.getLogger(__name__)


class ClusterToKeep(Protocol):
    """What upkeep uses of the cluster."""

    env: Env
    store: LogStore
    image: MetadataImage
    configs: Configs

    @property
    def config(self) -> BrokerConfig:
        """Broker configs for work that is not one broker's."""

    @property
    def partitions(self) -> Iterator[Partition]:
        """Partitions that have been used since the start."""

    def partition(self, topic: str, index: int) -> Partition | None:
        """Return the partition, None if there is none."""

    def checkpoint_metadata_if_due(self) -> None:
        """Write a checkpoint of the metadata log when it has grown enough."""


class Upkeep:
    """Does bounded steps at Kafka's intervals; requests are served between them."""

    def __init__(self, cluster: ClusterToKeep) -> None:
        self._cluster = cluster
        self._unopened: Sequence[StoredLog] | None = None
        """Stored logs that neither retention nor the cleaner has opened yet; None before the first of them runs."""
        self._cleaner: Cleaner | None = None

    async def run(self) -> None:
        """Work until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._run_housekeeping)
            nursery.start_soon(self._run_retention)
            nursery.start_soon(self._run_cleaner)

    async def _run_housekeeping(self) -> NoReturn:
        while True:
            await trio.sleep(self._housekeeping_interval_s())
            try:
                now_ms = self._cluster.env.wall_ms()
                await self._cluster.env.run_blocking(partial(self._cluster.store.housekeep, now_ms))
                self._cluster.checkpoint_metadata_if_due()
            except StorageError as error:
                _log.error("housekeeping failed: %s", error)

    def _housekeeping_interval_s(self) -> float:
        """Choose a pause that is short enough for every open log's flush.ms."""
        logs = (partition.opened for partition in self._cluster.partitions)
        flush_s = min((log.config.flush_ms for log in logs if log is not None), default=LONG_MAX) / 1000
        return max(HOUSEKEEPING_MIN_INTERVAL_S, min(HOUSEKEEPING_INTERVAL_S, flush_s))

    async def _run_retention(self) -> NoReturn:
        while True:
            await trio.sleep(self._cluster.config.log_retention_check_interval_ms / 1000)
            await self.enforce_retention()

    async def enforce_retention(self) -> None:
        """Delete what each topic's retention no longer keeps. Requests are served between two steps."""
        await self._open_stored(lambda config: config.expires)
        expiration_ms = self._cluster.config.producer_id_expiration_ms
        for partition in self._cluster.partitions:
            await trio.lowlevel.checkpoint()
            try:
                while (
                    partition.opened is not None
                    and self._cluster.partition(partition.topic, partition.index) is partition
                    and partition.enforce_retention(self._cluster.env.wall_ms(), expiration_ms)
                ):
                    await trio.lowlevel.checkpoint()
            except ApiError as error:
                _log.error("retention of %s-%d failed: %s", partition.topic, partition.index, error)

    async def _open_stored(self, wanted: Callable[[LogConfig], bool]) -> None:
        """Open the stored logs that have not been used since the start, if their configs are wanted ones."""
        if self._unopened is None:
            try:
                self._unopened = await self._cluster.env.run_blocking(self._cluster.store.list)
            except StorageError as error:
                _log.error("cannot tell which logs are stored: %s", error)
                return
        still_unopened = []
        for stored in self._unopened:
            topic = self._cluster.image.topic_of_log(stored.topic, stored.topic_id)
            if topic is None:
                continue
            if not wanted(self._cluster.configs.topic(topic.name)):
                still_unopened.append(stored)
                continue
            await trio.lowlevel.checkpoint()
            try:
                partition = self._cluster.partition(topic.name, stored.partition)
                if partition is not None:
                    partition.open()
            except ApiError:  # the partition has logged it
                still_unopened.append(stored)
        self._unopened = still_unopened

    async def _run_cleaner(self) -> None:
        if not self._cluster.config.log_cleaner_enable:
            return
        while True:
            await trio.sleep(max(1, self._cluster.config.log_cleaner_backoff_ms) / 1000)
            while await self.clean():
                pass

    async def clean(self) -> bool:
        """Clean the dirtiest compacted log that is due, beside requests; return False if there is none."""
        await self._open_stored(lambda config: config.compact)
        if next(self._compacted_logs(), None) is None:
            return False
        from kwire.storage.cleaner import Cleaner, CleanerLimits  # noqa: PLC0415 - only where something is compacted

        if self._cleaner is None:
            self._cleaner = Cleaner(self._cluster.env, self._compacted_logs)
        config = self._cluster.config
        limits = CleanerLimits(
            dedupe_buffer_bytes=int(config.log_cleaner_dedupe_buffer_size * config.log_cleaner_io_buffer_load_factor),
            step_bytes=config.log_cleaner_io_buffer_size // 2,
            max_bytes_per_second=config.log_cleaner_io_max_bytes_per_second,
        )
        return await self._cleaner.clean_dirtiest(limits)

    def _compacted_logs(self) -> Iterator[tuple[SegmentedLog, int]]:
        """Generate the open logs that are compacted, each with its last stable offset."""
        for partition in self._cluster.partitions:
            log = partition.opened
            if log is not None and log.config.compact:
                yield log, partition.last_stable_offset
