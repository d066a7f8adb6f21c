"""Consumer groups as a kind of group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.coordinator.decision import Decision
from kwire.coordinator.group import commands
from kwire.coordinator.group.consumer.description import described
from kwire.coordinator.group.consumer.group import CONSUMER_KEYS, ConsumerGroup
from kwire.protocol.messages.records.consumer_offsets import ConsumerGroupMetadataKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kwire.coordinator.decision import CoordinatorRecord, Waiter
    from kwire.coordinator.group.consumer.heartbeat import ConsumerHeartbeats
    from kwire.coordinator.group.consumer.steps import ConsumerSteps
    from kwire.coordinator.group.group import Groups
    from kwire.coordinator.group.kind import ClassicProtocol, Decider
    from kwire.coordinator.group.topics import Topics


class ConsumerKind:
    """The consumer groups of one shard. classic_protocol: answers that protocol in them. topics: the current topics."""

    group_type = ConsumerGroup.group_type
    record_keys = CONSUMER_KEYS

    def __init__(
        self,
        groups: Groups,
        steps: ConsumerSteps,
        heartbeats: ConsumerHeartbeats,
        classic_protocol: ClassicProtocol[ConsumerGroup],
        topics: Callable[[], Topics],
    ) -> None:
        self._groups = groups
        self._steps = steps
        self._heartbeats = heartbeats
        self._topics = topics
        self.classic_protocol = classic_protocol
        self.deciders: Mapping[type, Decider] = {
            commands.ConsumerBeat: heartbeats.beat,
            commands.DescribeConsumerGroup: self._describe,
            commands.FirstBeatsOver: lambda command, now_ms, _waiter: heartbeats.first_beats_over(command, now_ms),
            commands.RevocationOverdue: lambda command, now_ms, _waiter: heartbeats.revocation_overdue(command, now_ms),
            commands.ResolveExpressions: lambda command, now_ms, _waiter: steps.resolve_expressions(command, now_ms),
        }

    def replay(self, record: CoordinatorRecord) -> None:
        """See Kind.replay. A group that only held offsets until now was one of no kind."""
        group_id: str = record.key.group_id  # type: ignore[attr-defined]  # every key of this kind's records has one
        group = self._groups.of_kind(group_id, ConsumerGroup)
        if group is None:
            if record.value is None:
                return
            group = self._groups[group_id] = ConsumerGroup(group_id)
        if record.value is None and type(record.key) is ConsumerGroupMetadataKey:
            del self._groups[group_id]
        else:
            group.replay(record)

    def loaded(self, group: ConsumerGroup, _now_ms: int, decision: Decision) -> None:
        """See Kind.loaded."""
        self._heartbeats.loaded(group, decision)

    def committed(self, group: ConsumerGroup, member_id: str, decision: Decision) -> None:
        """See Kind.committed: only heartbeats show that a member lives."""

    def session_expired(self, group: ConsumerGroup, command: commands.SessionExpired, now_ms: int) -> Decision:
        """See Kind.session_expired."""
        return self._heartbeats.session_expired(group, command, now_ms)

    def _describe(self, command: commands.DescribeConsumerGroup, _now_ms: int, _waiter: Waiter | None) -> Decision:
        group = self._groups.existing_of_kind(command.group_id, ConsumerGroup)
        return Decision(described(group, self._steps.default_assignor, self._topics()))
