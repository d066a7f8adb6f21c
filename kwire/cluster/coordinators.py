"""Group coordinators: find the shard that answers for a group, and tell shards what changes in the cluster.

The brokers of one process share the runtime, as they share the logs. A shard belongs to the leader of its partition;
every other broker answers NOT_COORDINATOR.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import trio

from kwire.broker.metadata import NO_LEADER
from kwire.cluster.internal_topics import GROUP_TOPIC, partition_for
from kwire.coordinator.group.first_generation import Arrivals
from kwire.coordinator.runtime import Runtime
from kwire.limits import CACHED_GROUPS
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.records.cluster_metadata import PartitionChangeRecord, RemoveTopicRecord
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kwire.broker.configs import BrokerConfig, Configs
    from kwire.broker.metadata import MetadataImage
    from kwire.broker.partition import Partition
    from kwire.coordinator.decision import Command, Machine
    from kwire.coordinator.runtime import Shard
    from kwire.env import Env
    from kwire.protocol.schema import Message
    from kwire.storage.port import LogStore

_log = logging.getLogger(__name__)

_partition_for = lru_cache(CACHED_GROUPS)(partition_for)


class ClusterWithGroups(Protocol):
    """What the coordinators use of the cluster."""

    env: Env
    store: LogStore
    image: MetadataImage
    configs: Configs
    listeners: list[Callable[[Sequence[Message]], None]]

    @property
    def config(self) -> BrokerConfig:
        """Broker configs for work that is not one broker's."""

    def partition(self, topic: str, index: int) -> Partition | None:
        """Return the partition, None if there is none."""


class GroupCoordinators:
    """The group coordinators of a cluster's brokers."""

    def __init__(self, cluster: ClusterWithGroups) -> None:
        self._cluster = cluster
        self.arrivals = Arrivals()
        self.runtime = Runtime(cluster.env, self._new_machine, self._max_batch_bytes, self._forget_missing_topics)
        cluster.listeners.append(self._changed)

    async def run(self) -> None:
        """Load the stored groups and fire timers, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.load_stored)
            await self.runtime.run()

    async def wait_loaded(self) -> None:
        """Load every stored group that has a leader, so that no request for it gets COORDINATOR_LOAD_IN_PROGRESS."""
        await self.load_stored()
        await self.runtime.wait_loaded()

    def looked_for(self, group_id: str, peer: tuple[str, int]) -> None:
        """Note that a client has asked where the group's coordinator is."""
        self.arrivals.ask(group_id, peer, self._cluster.env.clock_s())

    def expected_members(self, group_id: str) -> int:
        """Count the clients that have just asked where the group's coordinator is."""
        return self.arrivals.expected(group_id, self._cluster.env.clock_s())

    def ask_at_once(self, node_id: int, group_id: str, command: Command) -> Any:
        """Return the reply of the broker's coordinator for that group, or a coroutine, not begun, that waits for it.

        Raises:
            ApiError: NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, or the coordinator's.
        """
        topic = self._cluster.image.topic(GROUP_TOPIC)
        if topic is None:
            raise ApiError(ErrorCode.NOT_COORDINATOR)
        index = _partition_for(group_id, len(topic.partitions))
        if topic.partitions[index].leader != node_id:
            raise ApiError(ErrorCode.NOT_COORDINATOR)
        return self.runtime.execute_at_once(self._shard(index), command)

    async def ask_all(self, node_id: int, command: Command) -> list[Any]:
        """Ask all shards of the broker that hold something and can be read; return their replies.

        Raises:
            ApiError: COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, or a shard's.
        """
        replies = []
        for index in [each for each in await self._stored() if self._leader(each) == node_id]:
            try:
                replies.append(await self.runtime.execute(self._shard(index), command))
            except ApiError as error:
                if error.code != ErrorCode.NOT_COORDINATOR:
                    raise
        return replies

    async def load_stored(self) -> None:
        """Load every shard that has a log and a leader, so that its timers run before a request needs it."""
        try:
            stored = await self._stored()
        except ApiError as error:
            _log.error("cannot load the stored groups: %s", error.message)
            return
        for index in stored:
            if self._leader(index) != NO_LEADER:
                try:
                    self._shard(index)
                except ApiError as error:
                    if error.code != ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
                        _log.error("cannot load the groups of partition %d: %s", index, error)
                await trio.lowlevel.checkpoint()

    async def _stored(self) -> list[int]:
        """List the partitions that have a log. The store's directory is read in a thread.

        Raises:
            ApiError: COORDINATOR_NOT_AVAILABLE, it cannot be read.
        """
        if GROUP_TOPIC not in self._cluster.image.topics:
            return []
        try:
            stored = await self._cluster.env.run_blocking(lambda: self._cluster.store.stored(GROUP_TOPIC))
        except StorageError as error:
            raise ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE, str(error)) from error
        return sorted({*stored, *(shard.partition.index for shard in self.runtime.shards)})

    def _leader(self, index: int) -> int:
        """Return the broker that leads the partition; NO_LEADER also if it has been deleted."""
        topic = self._cluster.image.topic(GROUP_TOPIC)
        return NO_LEADER if topic is None or index >= len(topic.partitions) else topic.partitions[index].leader

    def _shard(self, index: int) -> Shard:
        partition = self._partition(index)
        return self.runtime.shard(partition, partition.image.leader)

    def _partition(self, index: int) -> Partition:
        partition = self._cluster.partition(GROUP_TOPIC, index)
        if partition is None:
            raise ApiError(ErrorCode.NOT_COORDINATOR)
        return partition

    def _new_machine(self) -> Machine:
        from kwire.coordinator.group.shard import GroupShard  # noqa: PLC0415 - a start without groups needs none of it

        return GroupShard(self._config, self._cluster.configs.group, self._new_id, lambda: self._cluster.image)

    def _new_id(self) -> str:
        digits = self._cluster.env.new_uuid().hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def _config(self) -> BrokerConfig:
        return self._cluster.config

    def _max_batch_bytes(self) -> int:
        return self._cluster.configs.topic(GROUP_TOPIC).max_message_bytes

    def _changed(self, records: Sequence[Message]) -> None:
        """Unload shards whose partition has another leader; delete offsets of deleted topics."""
        removed = False
        for record in records:
            if isinstance(record, RemoveTopicRecord):
                removed = True
            elif isinstance(record, PartitionChangeRecord):
                self._leader_changed(record)
        if removed:
            self._topics_removed()

    def _leader_changed(self, record: PartitionChangeRecord) -> None:
        topic = self._cluster.image.topic(GROUP_TOPIC)
        if topic is None or record.topic_id != topic.topic_id:
            return
        leader = topic.partitions[record.partition_id].leader
        for shard in self.runtime.shards:
            if shard.partition.index == record.partition_id and shard.leader != leader:
                self.runtime.unload(record.partition_id)
                self.runtime.start_soon(self.load_stored)

    def _topics_removed(self) -> None:
        gone = GROUP_TOPIC not in self._cluster.image.topics
        for shard in self.runtime.shards:
            if gone:
                self.runtime.unload(shard.partition.index)
            elif shard.machine is not None:
                self._forget_missing_topics(shard)

    def _forget_missing_topics(self, shard: Shard) -> None:
        """Delete the shard's offsets of topics that are deleted, also of those that were while it was not loaded."""
        from kwire.coordinator.group.commands import ForgetMissingTopics  # noqa: PLC0415 - see _new_machine

        existing = {topic.name: topic.topic_id for topic in self._cluster.image.topics.values()}
        self.runtime.execute_alone(shard, ForgetMissingTopics(existing))
