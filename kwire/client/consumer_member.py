"""A member of a group of the consumer protocol (KIP-848): the coordinator assigns, and heartbeats carry everything.

A member first gives up the partitions that it is to lose and reports that; then it gets those that others gave up.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any, Final

import trio

from kwire.client.cluster import FOR_GROUPS
from kwire.client.errors import Refused, raise_for
from kwire.client.values import Settled, TopicPartition
from kwire.protocol.errors import RETRIABLE, ErrorCode
from kwire.protocol.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatRequestTopicPartitions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kwire.client.cluster import Cluster

JOINING: Final = 0
LEAVING: Final = -1
AWAY: Final = -2
"""Epochs to join, to leave, and (static members) to leave for a while."""
FIRST_INTERVAL_S: Final = 3.0
"""Heartbeat interval until the coordinator names one."""


class ConsumerMember:
    """See kwire.client.group.Member."""

    def __init__(self, cluster: Cluster, group: str, topics: Sequence[str]) -> None:
        self.is_settled = False
        self.generation = JOINING
        self.member_id = urlsafe_b64encode(cluster.env.new_uuid()).decode().rstrip("=")
        self.interval_s = FIRST_INTERVAL_S
        self._cluster = cluster
        self._config = cluster.config
        self._group = group
        self._topics = sorted(set(topics))
        self._owned: frozenset[TopicPartition] = frozenset()
        self._target: frozenset[TopicPartition] | None = None
        self._has_heard = False
        """Whether the last response arrived. If not, send a full request: only then is the assignment repeated."""
        self._beating = trio.Lock()

    def forget(self) -> None:
        """Forget epoch and partitions, so that the member joins again."""
        self.generation, self.is_settled = JOINING, False
        self._owned, self._target = frozenset(), None

    async def settle(self) -> Settled:
        """Adopt the assignment; report lost partitions to the coordinator at once.

        Raises:
            ClientError: the group does not accept the member.
        """
        target = self._target
        while target is None or self._owned - target:
            if target is not None:
                self._owned &= target
            await self._cluster.retrying(self._exchange)
            target = self._target
        kept, self._owned = self._owned, target
        self.is_settled = True
        return Settled(kept, target - kept)

    async def beat(self) -> None:
        """Send a heartbeat, unless the member is about to join: only settle() joins, since it drops old records.

        Raises:
            ClientError: the coordinator does not answer, or the group does not accept the member.
        """
        if self.generation != JOINING:
            await self._exchange()

    async def _exchange(self) -> None:
        """Report the member's partitions, and take the new assignment if there is one."""
        async with self._beating:
            answer = await self._send(self.generation)
            if answer.error_code in {ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH}:
                self.forget()
                return
            if answer.error_code in RETRIABLE:
                raise Refused(answer.error_code, answer.error_message)
            raise_for(answer.error_code, answer.error_message, f"cannot join group {self._group}")
            self.generation = answer.member_epoch
            self.interval_s = answer.heartbeat_interval_ms / 1000
            if answer.assignment is not None:
                self._target = await self._named(answer.assignment.topic_partitions)
                if self._target != self._owned:
                    self.is_settled = False
            self._has_heard = True

    async def leave(self) -> None:
        """Leave the group; a static member leaves for a while, so that it keeps its place for its return."""
        if self.generation > JOINING:
            answer = await self._send(LEAVING if self._config.group_instance_id is None else AWAY)
            raise_for(answer.error_code, answer.error_message, f"group {self._group}")
        self.forget()

    async def _send(self, epoch: int) -> Any:
        is_joining = epoch == JOINING
        is_full = is_joining or not self._has_heard
        self._has_heard = False
        request = ConsumerGroupHeartbeatRequest(
            group_id=self._group,
            member_id=self.member_id,
            member_epoch=epoch,
            instance_id=self._config.group_instance_id,
            rack_id=self._config.client_rack or None,
            rebalance_timeout_ms=self._config.max_poll_interval_ms if is_full else -1,
            subscribed_topic_names=self._topics if is_full else None,
            server_assignor=self._config.group_remote_assignor if is_full else None,
            topic_partitions=[] if is_joining else await self._by_id(self._owned),
        )
        link = self._cluster.node(await self._cluster.coordinator(self._group), FOR_GROUPS)
        return await link.ask(request)

    async def _by_id(self, partitions: Iterable[TopicPartition]) -> list[ConsumerGroupHeartbeatRequestTopicPartitions]:
        ids = self._cluster.topic_ids()
        by_topic: dict[str, list[int]] = {}
        for one in sorted(partitions):
            by_topic.setdefault(one.topic, []).append(one.partition)
        return [
            ConsumerGroupHeartbeatRequestTopicPartitions(topic_id=ids[name], partitions=numbers)
            for name, numbers in by_topic.items()
        ]

    async def _named(self, rows: Sequence[Any]) -> frozenset[TopicPartition]:
        names = {topic_id: name for name, topic_id in self._cluster.topic_ids().items()}
        if any(row.topic_id not in names for row in rows):
            await self._cluster.metadata(self._topics)
            names = {topic_id: name for name, topic_id in self._cluster.topic_ids().items()}
        return frozenset(
            TopicPartition(names[row.topic_id], number)
            for row in rows
            if row.topic_id in names
            for number in row.partitions
        )
