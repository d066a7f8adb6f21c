"""The groups and committed offsets of one partition of `__consumer_offsets`: one state machine.

Its kinds of groups are rows: what is asked of a group, its kind answers. Share groups and streams groups will be more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kwire.coordinator.decision import CoordinatorRecord, Decision, Timer
from kwire.coordinator.group import commands
from kwire.coordinator.group.classic.group import ClassicGroup
from kwire.coordinator.group.classic.kind import ClassicKind
from kwire.coordinator.group.classic.rebalance import Rebalancing
from kwire.coordinator.group.consumer.heartbeat import ConsumerHeartbeats
from kwire.coordinator.group.consumer.kind import ConsumerKind
from kwire.coordinator.group.consumer.steps import ConsumerSteps
from kwire.coordinator.group.group import Groups
from kwire.coordinator.group.migration.classic_members import ClassicMembers
from kwire.coordinator.group.migration.conversion import Conversion
from kwire.coordinator.group.offsets import Offsets
from kwire.coordinator.group.records import decode_record
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.list_groups import ListedGroup
from kwire.protocol.messages.records.consumer_offsets import OffsetCommitKey, OffsetCommitValue
from kwire.protocol.records.batch import NO_PRODUCER_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.coordinator.decision import Command, Waiter
    from kwire.coordinator.group.config import ConsumerGroupConfig, GroupCoordinatorConfig
    from kwire.coordinator.group.group import Group
    from kwire.coordinator.group.kind import ClassicProtocol, Decider, Kind
    from kwire.coordinator.group.topics import Topics
    from kwire.protocol.schema import Message

_EXPIRY_KEY = ("expire-offsets",)


class GroupShard:
    """A Machine. config, group_config: the configs as they are now, the latter's of the group of that id.

    new_id: a text that is never given twice. topics: the topics as they are now.
    """

    def __init__(
        self,
        config: Callable[[], GroupCoordinatorConfig],
        group_config: Callable[[str], ConsumerGroupConfig],
        new_id: Callable[[], str],
        topics: Callable[[], Topics],
    ) -> None:
        self.groups = Groups()
        self.offsets = offsets = Offsets(self.groups, ClassicGroup, config)
        self._config = config
        self._kinds: dict[str, Kind[Any]] = {}
        self._kinds_by_key: dict[type[Message], Kind[Any]] = {}
        rebalancing = Rebalancing(self.groups, config, new_id)
        steps = ConsumerSteps(self.groups, config, group_config, topics, self.replay)
        conversion = Conversion(self.groups, steps, rebalancing, config, topics)
        heartbeats = ConsumerHeartbeats(steps, conversion, config, group_config, topics, new_id)
        classic_members = ClassicMembers(steps, conversion, config, topics, new_id)
        self._for_new_groups: ClassicProtocol[None] = rebalancing
        self._deciders: dict[type, Decider] = {
            commands.Join: self._join,
            commands.Sync: self._sync,
            commands.Beat: self._beat,
            commands.Leave: self._leave,
            commands.SessionExpired: self._session_expired,
            commands.CommitOffsets: self._commit,
            commands.FetchOffsets: lambda command, _now_ms, _waiter: offsets.fetch(command),
            commands.DeleteOffsets: lambda command, _now_ms, _waiter: offsets.delete(command),
            commands.ForgetMissingTopics: self._forget_missing,
            commands.ExpireOffsets: self._expire,
            commands.ListGroups: self._list,
            commands.DeleteGroup: self._delete,
            commands.ClassicMemberOverdue: lambda command, now_ms, _waiter: classic_members.overdue(command, now_ms),
        }
        self.add_kind(ClassicKind(self.groups, rebalancing))
        self.add_kind(ConsumerKind(self.groups, steps, heartbeats, classic_members, topics))

    def add_kind(self, kind: Kind[Any]) -> None:
        """Hold groups of that kind too."""
        self._kinds[kind.group_type] = kind
        self._kinds_by_key.update(dict.fromkeys(kind.record_keys, kind))
        self._deciders.update(kind.deciders)

    def decide(self, command: Command, now_ms: int, waiter: Waiter | None) -> Decision:
        """See Machine.decide."""
        return self._deciders[type(command)](command, now_ms, waiter)

    # Records

    def replay(self, record: CoordinatorRecord, producer_id: int = NO_PRODUCER_ID) -> None:
        """See Machine.replay."""
        key = record.key
        if isinstance(key, OffsetCommitKey):
            self.offsets.replay(key, cast("OffsetCommitValue | None", record.value), producer_id)
        elif type(key) in self._kinds_by_key:
            self._kinds_by_key[type(key)].replay(record)

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
            self._kinds[group.group_type].loaded(group, now_ms, decision)
        decision.timers.append(self._next_expiry())
        return decision

    # The classic protocol, in which any group may be asked

    def _speaker(self, group: Group | None) -> ClassicProtocol[Any]:
        return self._for_new_groups if group is None else self._kinds[group.group_type].classic_protocol

    def _join(self, command: commands.Join, now_ms: int, waiter: Waiter) -> Decision:
        group = self.groups.get(command.request.group_id)
        return self._speaker(group).join(group, command, now_ms, waiter)

    def _sync(self, command: commands.Sync, now_ms: int, waiter: Waiter) -> Decision:
        group = self.groups.get(command.request.group_id)
        return self._speaker(group).sync(group, command, now_ms, waiter)

    def _beat(self, command: commands.Beat, _now_ms: int, _waiter: Waiter) -> Decision:
        group = self.groups.get(command.request.group_id)
        return self._speaker(group).beat(group, command)

    def _leave(self, command: commands.Leave, now_ms: int, _waiter: Waiter) -> Decision:
        group = self.groups.get(command.group_id)
        return self._speaker(group).leave(group, command, now_ms)

    def _session_expired(self, command: commands.SessionExpired, now_ms: int, _waiter: Waiter | None) -> Decision:
        group = self.groups.get(command.group_id)
        return Decision() if group is None else self._kinds[group.group_type].session_expired(group, command, now_ms)

    # Offsets

    def _next_expiry(self) -> Timer:
        return Timer(_EXPIRY_KEY, self._config().offsets_retention_check_interval_ms, commands.ExpireOffsets())

    def _commit(self, command: commands.CommitOffsets, now_ms: int, _waiter: Waiter | None) -> Decision:
        decision = self.offsets.commit(command, now_ms)
        request = command.request
        group = self.groups.get(request.group_id) if request.member_id else None
        if group is not None:
            self._kinds[group.group_type].committed(group, request.member_id, decision)
        return decision

    def _forget_missing(self, command: commands.ForgetMissingTopics, _now_ms: int, _waiter: Waiter | None) -> Decision:
        return Decision(True, list(self.offsets.forget_missing(command.existing)))

    def _expire(self, _command: commands.ExpireOffsets, now_ms: int, _waiter: Waiter | None) -> Decision:
        decision = Decision(timers=[self._next_expiry()])
        for group in self.groups.values():
            nothing_left = self.offsets.expire(group, now_ms, decision.records)
            if nothing_left and group.is_abandoned:
                decision.records += group.tombstones()
        return decision

    # Administration

    def _list(self, command: commands.ListGroups, _now_ms: int, _waiter: Waiter | None) -> Decision:
        states = {state.strip().lower() for state in command.states}
        types = {name.strip().lower() for name in command.types}
        rows = [
            _listed(group)
            for group in self.groups.values()
            if (not types or group.group_type in types) and (not states or group.state_name.lower() in states)
        ]
        return Decision(rows)

    def _delete(self, command: commands.DeleteGroup, _now_ms: int, _waiter: Waiter | None) -> Decision:
        group = self.groups.existing(command.group_id)
        if not group.is_empty:
            raise ApiError(ErrorCode.NON_EMPTY_GROUP, "The group is not empty.")
        return Decision(True, [*self.offsets.delete_all(group.group_id), *group.tombstones()])


def _listed(group: Group) -> ListedGroup:
    return ListedGroup(
        group_id=group.group_id,
        protocol_type=group.protocol_type or "",
        group_state=group.state_name,
        group_type=group.group_type,
    )
