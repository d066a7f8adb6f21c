"""A member of a group of the classic protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup.

In a rebalance all members give up their partitions; then the member that the coordinator made the leader assigns
them anew. Source: Kafka documentation, "Consumer groups"; KIP-394 (member ids), KIP-345 (static members).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import trio

from kwire.client.admin import assigned
from kwire.client.assignors import ASSIGNORS
from kwire.client.cluster import FOR_GROUPS
from kwire.client.errors import ClientError, Refused, Unreachable, raise_for
from kwire.client.values import Settled, TopicPartition
from kwire.protocol import codec
from kwire.protocol.errors import RETRIABLE, ErrorCode, ProtocolError
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kwire.protocol.messages.leave_group import LeaveGroupRequest
from kwire.protocol.messages.records.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolAssignmentTopicPartition,
    ConsumerProtocolSubscription,
)
from kwire.protocol.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.client.cluster import Cluster
    from kwire.protocol.messages.join_group import JoinGroupResponse

PROTOCOL_TYPE: Final = "consumer"
SUBSCRIPTION_VERSION: Final = 1
ASSIGNMENT_VERSION: Final = 0
LEAVES_BY_ITSELF_TO: Final = 2
"""LeaveGroup: later versions name several members."""
SLACK_S: Final = 5.0
"""Wait this much longer for a response than the coordinator waits for the other members."""

JOIN_AGAIN: Final = frozenset(
    {
        ErrorCode.MEMBER_ID_REQUIRED,
        ErrorCode.UNKNOWN_MEMBER_ID,
        ErrorCode.ILLEGAL_GENERATION,
        ErrorCode.REBALANCE_IN_PROGRESS,
    }
)
"""Errors after which to join again: the group has moved on."""


class ClassicMember:
    """See kwire.client.group.Member."""

    def __init__(self, cluster: Cluster, group: str, topics: Sequence[str]) -> None:
        self.is_settled = False
        self.generation = -1
        self.member_id = ""
        self._cluster = cluster
        self._config = cluster.config
        self._group = group
        self._topics = sorted(set(topics))
        self._heard_s = 0.0

    @property
    def interval_s(self) -> float:
        """Seconds between two heartbeats."""
        return self._config.heartbeat_interval_ms / 1000

    def forget(self) -> None:
        """Forget the member id, so that the next join is that of a new member."""
        self.member_id, self.generation, self.is_settled = "", -1, False

    async def settle(self) -> Settled:
        """Join the group, as often as it rebalances meanwhile. No partition is kept: all are given anew.

        Raises:
            ClientError: the group does not accept the member.
        """
        while True:
            try:
                found = await self._cluster.retrying(self._join)
            except Refused as error:
                if error.code not in JOIN_AGAIN:
                    raise
                if error.code == ErrorCode.UNKNOWN_MEMBER_ID:
                    self.forget()
            else:
                self.is_settled = True
                self._heard_s = trio.current_time()
                return Settled(frozenset(), found)

    async def beat(self) -> None:
        """Send a heartbeat.

        Raises:
            ClientError: the coordinator does not answer, or another member uses this group.instance.id.
        """
        if not self.is_settled:
            return
        request = HeartbeatRequest(
            group_id=self._group,
            generation_id=self.generation,
            member_id=self.member_id,
            group_instance_id=self._config.group_instance_id,
        )
        try:
            answer = await self._ask(request)
        except Unreachable:
            if trio.current_time() - self._heard_s > self._config.session_timeout_ms / 1000:
                self.is_settled = False
            raise
        if answer.error_code == ErrorCode.UNKNOWN_MEMBER_ID:
            self.forget()
        elif answer.error_code in JOIN_AGAIN:
            self.is_settled = False
        else:
            raise_for(answer.error_code, about=f"group {self._group}")
            self._heard_s = trio.current_time()

    async def leave(self) -> None:
        """Leave the group. A static member only stops, so that it keeps its place for its return."""
        if self.member_id and self._config.group_instance_id is None:
            request = LeaveGroupRequest(group_id=self._group, member_id=self.member_id)
            answer = await self._ask(request, highest=LEAVES_BY_ITSELF_TO)
            raise_for(answer.error_code, about=f"group {self._group}")
        self.forget()

    async def _ask(self, request: Any, highest: int | None = None, timeout_s: float | None = None) -> Any:
        link = self._cluster.node(await self._cluster.coordinator(self._group), FOR_GROUPS)
        return await link.ask(request, timeout_s, highest)

    async def _join(self) -> frozenset[TopicPartition]:
        subscription = ConsumerProtocolSubscription(topics=self._topics)
        metadata = _versioned(subscription, SUBSCRIPTION_VERSION)
        request = JoinGroupRequest(
            group_id=self._group,
            session_timeout_ms=self._config.session_timeout_ms,
            rebalance_timeout_ms=self._config.max_poll_interval_ms,
            member_id=self.member_id,
            group_instance_id=self._config.group_instance_id,
            protocol_type=PROTOCOL_TYPE,
            protocols=[JoinGroupRequestProtocol(name=name, metadata=metadata) for name in ASSIGNORS],
        )
        joined = await self._ask(request, timeout_s=self._config.max_poll_interval_ms / 1000 + SLACK_S)
        if joined.error_code in {ErrorCode.NONE, ErrorCode.MEMBER_ID_REQUIRED}:
            self.member_id = joined.member_id
        raise_for(joined.error_code, about=f"cannot join group {self._group}")
        self.generation = joined.generation_id
        is_leader = joined.leader == self.member_id and not joined.skip_assignment
        sync = SyncGroupRequest(
            group_id=self._group,
            generation_id=self.generation,
            member_id=self.member_id,
            group_instance_id=self._config.group_instance_id,
            protocol_type=PROTOCOL_TYPE,
            protocol_name=joined.protocol_name,
            assignments=await self._assignments(joined) if is_leader else [],
        )
        synced = await self._ask(sync, timeout_s=self._config.max_poll_interval_ms / 1000 + SLACK_S)
        raise_for(synced.error_code, about=f"cannot join group {self._group}")
        return frozenset(
            TopicPartition(topic, number)
            for topic, numbers in assigned(synced.assignment).items()
            for number in numbers
        )

    async def _assignments(self, joined: JoinGroupResponse) -> list[SyncGroupRequestAssignment]:
        members = {row.member_id: _topics_of(row.metadata) for row in joined.members}
        topics = sorted({topic for wanted in members.values() for topic in wanted})
        rows = (await self._cluster.metadata(topics)).topics
        for row in rows:
            if row.error_code in RETRIABLE and row.error_code != ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
                raise Refused(row.error_code, about=f"topic {row.name}")
        counts = {str(row.name): len(row.partitions) for row in rows if not row.error_code}
        assign = ASSIGNORS[str(joined.protocol_name)]
        return [
            SyncGroupRequestAssignment(member_id=member, assignment=_assignment(partitions))
            for member, partitions in assign(members, counts).items()
        ]


def _topics_of(metadata: bytes) -> list[str]:
    """Decode the topics that a member subscribes to."""
    try:
        (version,) = struct.unpack_from(">h", metadata)
        known = min(version, ConsumerProtocolSubscription.MAX_VERSION)
        return codec.decode(ConsumerProtocolSubscription, known, metadata, 2).topics
    except (struct.error, ProtocolError) as error:
        raise ClientError(f"a member of the group is not a consumer: {error}") from error


def _assignment(partitions: Sequence[TopicPartition]) -> bytes:
    by_topic: dict[str, list[int]] = {}
    for one in partitions:
        by_topic.setdefault(one.topic, []).append(one.partition)
    rows = [ConsumerProtocolAssignmentTopicPartition(*row) for row in by_topic.items()]
    return _versioned(ConsumerProtocolAssignment(assigned_partitions=rows), ASSIGNMENT_VERSION)


def _versioned(message: Any, version: int) -> bytes:
    return struct.pack(">h", version) + codec.encode(message, version)
