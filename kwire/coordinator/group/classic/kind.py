"""Classic groups as a kind of group."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from kwire.coordinator.decision import Decision
from kwire.coordinator.group.classic.description import described
from kwire.coordinator.group.classic.group import ClassicGroup
from kwire.coordinator.group.commands import DescribeGroup, InitialDelayOver, JoinOverdue, SyncOverdue
from kwire.protocol.messages.records.consumer_offsets import GroupMetadataKey, GroupMetadataValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.coordinator.decision import CoordinatorRecord, Waiter
    from kwire.coordinator.group.classic.rebalance import Rebalancing
    from kwire.coordinator.group.commands import SessionExpired
    from kwire.coordinator.group.group import Groups
    from kwire.coordinator.group.kind import Decider


class ClassicKind:
    """A Kind."""

    group_type = ClassicGroup.group_type
    record_keys = frozenset({GroupMetadataKey})

    def __init__(self, groups: Groups, rebalancing: Rebalancing) -> None:
        self._groups = groups
        self.classic_protocol = rebalancing
        self.deciders: Mapping[type, Decider] = {
            DescribeGroup: self._describe,
            InitialDelayOver: lambda command, now_ms, _waiter: rebalancing.initial_delay_over(command, now_ms),
            JoinOverdue: lambda command, now_ms, _waiter: rebalancing.join_overdue(command, now_ms),
            SyncOverdue: lambda command, now_ms, _waiter: rebalancing.sync_overdue(command, now_ms),
        }

    def replay(self, record: CoordinatorRecord) -> None:
        """See Kind.replay."""
        group_id = cast("GroupMetadataKey", record.key).group
        group = self._groups.of_kind(group_id, ClassicGroup)
        if record.value is None:
            if group is not None:
                del self._groups[group_id]
            return
        if group is None:
            group = self._groups[group_id] = ClassicGroup(group_id)
        group.replay(cast("GroupMetadataValue", record.value))

    def loaded(self, group: ClassicGroup, now_ms: int, decision: Decision) -> None:
        """See Kind.loaded."""
        self.classic_protocol.loaded(group, now_ms, decision)

    def committed(self, group: ClassicGroup, member_id: str, decision: Decision) -> None:
        """See Kind.committed: a commit says as much as a heartbeat."""
        self.classic_protocol.keep_session(group, member_id, decision)

    def session_expired(self, group: ClassicGroup, command: SessionExpired, now_ms: int) -> Decision:
        """See Kind.session_expired."""
        return self.classic_protocol.session_expired(group, command, now_ms)

    def _describe(self, command: DescribeGroup, _now_ms: int, _waiter: Waiter | None) -> Decision:
        return Decision(described(self._groups.existing_of_kind(command.group_id, ClassicGroup)))
