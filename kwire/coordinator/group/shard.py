"""The groups and committed offsets of one partition of `__consumer_offsets`: one state machine.

Classic groups are here; the groups of KIP-848, share groups and streams groups will be kinds of groups beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kwire.coordinator.decision import CoordinatorRecord, Decision, Timer
from kwire.coordinator.group import commands
from kwire.coordinator.group.classic import ClassicGroup, State
from kwire.coordinator.group.offsets import Offsets
from kwire.coordinator.group.rebalance import Rebalancing
from kwire.coordinator.group.records import decode_record, group_tombstone
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.describe_groups import DescribedGroup, DescribedGroupMember
from kwire.protocol.messages.list_groups import ListedGroup
from kwire.protocol.messages.records.consumer_offsets import (
    GroupMetadataKey,
    GroupMetadataValue,
    OffsetCommitKey,
    OffsetCommitValue,
)
from kwire.protocol.records.batch import NO_PRODUCER_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.coordinator.decision import Command, Waiter
    from kwire.coordinator.group.config import GroupCoordinatorConfig

CLASSIC = "classic"
"""The type of classic groups in ListGroups."""

_EXPIRY_KEY = ("expire-offsets",)


class GroupShard:
    """A Machine. config: the configs as they are now. new_id: a text that is never given twice."""

    def __init__(self, config: Callable[[], GroupCoordinatorConfig], new_id: Callable[[], str]) -> None:
        self.groups: dict[str, ClassicGroup] = {}
        self.offsets = Offsets(self.groups, config)
        self._config = config
        self._rebalancing = Rebalancing(self.groups, config, new_id)
        rebalancing, offsets = self._rebalancing, self.offsets
        self._deciders: dict[type, Callable[[Any, int, Any], Decision]] = {
            commands.Join: rebalancing.join,
            commands.Sync: rebalancing.sync,
            commands.Beat: lambda command, _now_ms, _waiter: rebalancing.beat(command),
            commands.Leave: lambda command, now_ms, _waiter: rebalancing.leave(command, now_ms),
            commands.CommitOffsets: self._commit,
            commands.FetchOffsets: lambda command, _now_ms, _waiter: offsets.fetch(command),
            commands.DeleteOffsets: lambda command, _now_ms, _waiter: offsets.delete(command),
            commands.ForgetMissingTopics: self._forget_missing,
            commands.ListGroups: self._list,
            commands.DescribeGroup: self._describe,
            commands.DeleteGroup: self._delete,
            commands.SessionExpired: lambda command, now_ms, _waiter: rebalancing.session_expired(command, now_ms),
            commands.InitialDelayOver: lambda command, now_ms, _waiter: rebalancing.initial_delay_over(command, now_ms),
            commands.JoinOverdue: lambda command, now_ms, _waiter: rebalancing.join_overdue(command, now_ms),
            commands.SyncOverdue: lambda command, now_ms, _waiter: rebalancing.sync_overdue(command, now_ms),
            commands.ExpireOffsets: self._expire,
        }

    def decide(self, command: Command, now_ms: int, waiter: Waiter | None) -> Decision:
        """See Machine.decide."""
        return self._deciders[type(command)](command, now_ms, waiter)

    def replay(self, record: CoordinatorRecord, producer_id: int = NO_PRODUCER_ID) -> None:
        """See Machine.replay."""
        key = record.key
        if isinstance(key, OffsetCommitKey):
            self.offsets.replay(key, cast("OffsetCommitValue | None", record.value), producer_id)
        elif isinstance(key, GroupMetadataKey):
            if record.value is None:
                self.groups.pop(key.group, None)
                return
            group = self.groups.get(key.group)
            if group is None:
                group = self.groups[key.group] = ClassicGroup(key.group)
            group.replay(cast("GroupMetadataValue", record.value))

    def replay_stored(self, key: bytes, value: bytes | None, producer_id: int = NO_PRODUCER_ID) -> None:
        """See Machine.replay_stored."""
        record = decode_record(key, value)
        if record is not None:
            self.replay(record, producer_id)

    def end_transaction(self, producer_id: int, *, committed: bool) -> None:
        """See Machine.end_transaction."""
        self.offsets.end_transaction(producer_id, committed=committed)

    def loaded(self, now_ms: int) -> Decision:
        """See Machine.loaded."""
        decision = Decision()
        for group in self.groups.values():
            self._rebalancing.loaded(group, now_ms, decision)
        decision.timers.append(self._next_expiry())
        return decision

    def _next_expiry(self) -> Timer:
        return Timer(_EXPIRY_KEY, self._config().offsets_retention_check_interval_ms, commands.ExpireOffsets())

    def _commit(self, command: commands.CommitOffsets, now_ms: int, _waiter: Waiter | None) -> Decision:
        decision = self.offsets.commit(command, now_ms)
        group = self.groups.get(command.request.group_id)
        if group is not None and group.members:
            self._rebalancing.keep_session(group, command.request.member_id, decision)
        return decision

    def _forget_missing(self, command: commands.ForgetMissingTopics, _now_ms: int, _waiter: Waiter | None) -> Decision:
        return Decision(True, list(self.offsets.forget_missing(command.existing)))

    def _list(self, command: commands.ListGroups, _now_ms: int, _waiter: Waiter | None) -> Decision:
        states = {state.strip().lower() for state in command.states}
        types = {name.strip().lower() for name in command.types}
        if types and CLASSIC not in types:
            return Decision([])
        rows = [
            ListedGroup(
                group_id=group.group_id,
                protocol_type=group.protocol_type or "",
                group_state=group.state.value,
                group_type=CLASSIC,
            )
            for group in self.groups.values()
            if not states or group.state.value.lower() in states
        ]
        return Decision(rows)

    def _describe(self, command: commands.DescribeGroup, _now_ms: int, _waiter: Waiter | None) -> Decision:
        group = self._group(command.group_id)
        stable = group.state is State.STABLE
        row = DescribedGroup(
            group_id=group.group_id,
            group_state=group.state.value,
            protocol_type=group.protocol_type or "",
            protocol_data=(group.protocol or "") if stable else "",
            members=[
                DescribedGroupMember(
                    member_id=member.member_id,
                    group_instance_id=member.instance_id,
                    client_id=member.client_id,
                    client_host=member.client_host,
                    member_metadata=member.metadata(group.protocol) if stable else b"",
                    member_assignment=member.assignment,
                )
                for member in group.members.values()
            ],
        )
        return Decision(row)

    def _delete(self, command: commands.DeleteGroup, _now_ms: int, _waiter: Waiter | None) -> Decision:
        group = self._group(command.group_id)
        if not group.is_empty:
            raise ApiError(ErrorCode.NON_EMPTY_GROUP, "The group is not empty.")
        return Decision(True, [*self.offsets.delete_all(group.group_id), group_tombstone(group.group_id)])

    def _expire(self, _command: commands.ExpireOffsets, now_ms: int, _waiter: Waiter | None) -> Decision:
        decision = Decision(timers=[self._next_expiry()])
        for group in self.groups.values():
            nothing_left = self.offsets.expire(group, now_ms, decision.records)
            if nothing_left and group.is_empty and not group.pending_join:
                decision.records.append(group_tombstone(group.group_id))
        return decision

    def _group(self, group_id: str) -> ClassicGroup:
        group = self.groups.get(group_id)
        if group is None:
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} not found.")
        return group
