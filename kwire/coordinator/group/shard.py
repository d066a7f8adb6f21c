"""The groups and committed offsets of one partition of `__consumer_offsets`: one state machine.

Classic groups and consumer groups are here; share groups and streams groups will be kinds of groups beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kwire.coordinator.decision import CoordinatorRecord, Decision, Timer
from kwire.coordinator.group import commands
from kwire.coordinator.group.classic.group import ClassicGroup
from kwire.coordinator.group.classic.rebalance import Rebalancing, check_join
from kwire.coordinator.group.consumer.group import CONSUMER_KEYS, ConsumerGroup
from kwire.coordinator.group.consumer.heartbeat import ConsumerHeartbeats
from kwire.coordinator.group.consumer.steps import ConsumerSteps
from kwire.coordinator.group.description import described_classic, described_consumer, listed
from kwire.coordinator.group.migration.classic_members import ClassicMembers
from kwire.coordinator.group.migration.conversion import Migration
from kwire.coordinator.group.offsets import Offsets
from kwire.coordinator.group.records import decode_record
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.records.consumer_offsets import (
    ConsumerGroupMetadataKey,
    GroupMetadataKey,
    GroupMetadataValue,
    OffsetCommitKey,
    OffsetCommitValue,
)
from kwire.protocol.records.batch import NO_PRODUCER_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.coordinator.decision import Command, Waiter
    from kwire.coordinator.group.config import ConsumerGroupConfig, GroupCoordinatorConfig
    from kwire.coordinator.group.group import Group
    from kwire.coordinator.group.topics import Topics

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
        self.groups: dict[str, Group] = {}
        self.offsets = Offsets(self.groups, config)
        self._config = config
        self._topics = topics
        self._rebalancing = Rebalancing(self.groups, config, new_id)
        self._steps = ConsumerSteps(self.groups, config, group_config, topics, self.replay)
        migration = Migration(self.groups, self._steps, self._rebalancing, config, topics)
        self._heartbeats = ConsumerHeartbeats(self._steps, migration, config, group_config, topics, new_id)
        self._classic_members = ClassicMembers(self._steps, migration, config, topics, new_id)
        rebalancing, offsets, heartbeats = self._rebalancing, self.offsets, self._heartbeats
        self._deciders: dict[type, Callable[[Any, int, Any], Decision]] = {
            commands.Join: self._join,
            commands.Sync: self._sync,
            commands.Beat: self._beat,
            commands.Leave: self._leave,
            commands.ConsumerBeat: heartbeats.beat,
            commands.CommitOffsets: self._commit,
            commands.FetchOffsets: lambda command, _now_ms, _waiter: offsets.fetch(command),
            commands.DeleteOffsets: lambda command, _now_ms, _waiter: offsets.delete(command),
            commands.ForgetMissingTopics: self._forget_missing,
            commands.ListGroups: self._list,
            commands.DescribeGroup: self._describe,
            commands.DescribeConsumerGroup: self._describe_consumer,
            commands.DeleteGroup: self._delete,
            commands.SessionExpired: self._session_expired,
            commands.InitialDelayOver: lambda command, now_ms, _waiter: rebalancing.initial_delay_over(command, now_ms),
            commands.FirstBeatsOver: lambda command, now_ms, _waiter: heartbeats.first_beats_over(command, now_ms),
            commands.JoinOverdue: lambda command, now_ms, _waiter: rebalancing.join_overdue(command, now_ms),
            commands.SyncOverdue: lambda command, now_ms, _waiter: rebalancing.sync_overdue(command, now_ms),
            commands.RevocationOverdue: lambda command, now_ms, _waiter: heartbeats.revocation_overdue(command, now_ms),
            commands.ClassicMemberOverdue: (
                lambda command, now_ms, _waiter: heartbeats.classic_member_overdue(command, now_ms)
            ),
            commands.ResolveExpressions: (
                lambda command, now_ms, _waiter: self._steps.resolve_expressions(command, now_ms)
            ),
            commands.ExpireOffsets: self._expire,
        }

    def decide(self, command: Command, now_ms: int, waiter: Waiter | None) -> Decision:
        """See Machine.decide."""
        return self._deciders[type(command)](command, now_ms, waiter)

    # Records

    def replay(self, record: CoordinatorRecord, producer_id: int = NO_PRODUCER_ID) -> None:
        """See Machine.replay."""
        key = record.key
        if isinstance(key, OffsetCommitKey):
            self.offsets.replay(key, cast("OffsetCommitValue | None", record.value), producer_id)
        elif isinstance(key, GroupMetadataKey):
            self._replay_classic(key.group, cast("GroupMetadataValue | None", record.value))
        elif type(key) in CONSUMER_KEYS:
            self._replay_consumer(key.group_id, record)  # type: ignore[attr-defined]

    def _replay_classic(self, group_id: str, value: GroupMetadataValue | None) -> None:
        group = self.groups.get(group_id)
        if value is None:
            if isinstance(group, ClassicGroup):
                del self.groups[group_id]
            return
        if not isinstance(group, ClassicGroup):
            group = self.groups[group_id] = ClassicGroup(group_id)
        group.replay(value)

    def _replay_consumer(self, group_id: str, record: CoordinatorRecord) -> None:
        """A group that only held offsets until now was one of no kind."""
        group = self.groups.get(group_id)
        if not isinstance(group, ConsumerGroup):
            if record.value is None:
                return
            group = self.groups[group_id] = ConsumerGroup(group_id)
        if record.value is None and isinstance(record.key, ConsumerGroupMetadataKey):
            del self.groups[group_id]
        else:
            group.replay(record)

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
            if isinstance(group, ClassicGroup):
                self._rebalancing.loaded(group, now_ms, decision)
            elif isinstance(group, ConsumerGroup):
                self._heartbeats.loaded(group, decision)
        decision.timers.append(self._next_expiry())
        return decision

    # The classic protocol, which members of consumer groups may speak too

    def _join(self, command: commands.Join, now_ms: int, waiter: Waiter) -> Decision:
        group = self.groups.get(command.request.group_id)
        if not isinstance(group, ConsumerGroup):
            return self._rebalancing.join(command, now_ms, waiter)
        if not group.is_empty:
            return self._classic_members.join(group, command, now_ms)
        check_join(command)
        draft = self._steps.draft()
        for record in group.tombstones():
            draft.add(record)
        decision = self._rebalancing.join(command, now_ms, waiter)
        decision.records[:0] = draft.decision.records
        decision.replayed = draft.decision.replayed
        return decision

    def _sync(self, command: commands.Sync, now_ms: int, waiter: Waiter) -> Decision:
        group = self.groups.get(command.request.group_id)
        if isinstance(group, ConsumerGroup):
            return self._classic_members.sync(group, command)
        return self._rebalancing.sync(command, now_ms, waiter)

    def _beat(self, command: commands.Beat, _now_ms: int, _waiter: Waiter) -> Decision:
        group = self.groups.get(command.request.group_id)
        if isinstance(group, ConsumerGroup):
            return self._classic_members.beat(group, command)
        return self._rebalancing.beat(command)

    def _leave(self, command: commands.Leave, now_ms: int, _waiter: Waiter) -> Decision:
        group = self.groups.get(command.group_id)
        if isinstance(group, ConsumerGroup):
            return self._classic_members.leave(group, command, now_ms)
        return self._rebalancing.leave(command, now_ms)

    def _session_expired(self, command: commands.SessionExpired, now_ms: int, _waiter: Waiter | None) -> Decision:
        if isinstance(self.groups.get(command.group_id), ConsumerGroup):
            return self._heartbeats.session_expired(command, now_ms)
        return self._rebalancing.session_expired(command, now_ms)

    # Offsets

    def _next_expiry(self) -> Timer:
        return Timer(_EXPIRY_KEY, self._config().offsets_retention_check_interval_ms, commands.ExpireOffsets())

    def _commit(self, command: commands.CommitOffsets, now_ms: int, _waiter: Waiter | None) -> Decision:
        decision = self.offsets.commit(command, now_ms)
        group = self.groups.get(command.request.group_id)
        if isinstance(group, ClassicGroup) and group.members:
            self._rebalancing.keep_session(group, command.request.member_id, decision)
        return decision

    def _forget_missing(self, command: commands.ForgetMissingTopics, _now_ms: int, _waiter: Waiter | None) -> Decision:
        return Decision(True, list(self.offsets.forget_missing(command.existing)))

    def _expire(self, _command: commands.ExpireOffsets, now_ms: int, _waiter: Waiter | None) -> Decision:
        decision = Decision(timers=[self._next_expiry()])
        for group in self.groups.values():
            nothing_left = self.offsets.expire(group, now_ms, decision.records)
            awaits = isinstance(group, ClassicGroup) and group.pending_join
            if nothing_left and group.is_empty and not awaits:
                decision.records += group.tombstones()
        return decision

    # Administration

    def _list(self, command: commands.ListGroups, _now_ms: int, _waiter: Waiter | None) -> Decision:
        states = {state.strip().lower() for state in command.states}
        types = {name.strip().lower() for name in command.types}
        rows = [
            listed(group)
            for group in self.groups.values()
            if (not types or group.group_type in types) and (not states or group.state_name.lower() in states)
        ]
        return Decision(rows)

    def _describe(self, command: commands.DescribeGroup, _now_ms: int, _waiter: Waiter | None) -> Decision:
        group = self._group(command.group_id)
        if not isinstance(group, ClassicGroup):
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {command.group_id} is not a classic group.")
        return Decision(described_classic(group))

    def _describe_consumer(
        self, command: commands.DescribeConsumerGroup, _now_ms: int, _waiter: Waiter | None
    ) -> Decision:
        group = self._group(command.group_id)
        if not isinstance(group, ConsumerGroup):
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {command.group_id} is not a consumer group.")
        return Decision(described_consumer(group, self._steps.default_assignor, self._topics()))

    def _delete(self, command: commands.DeleteGroup, _now_ms: int, _waiter: Waiter | None) -> Decision:
        group = self._group(command.group_id)
        if not group.is_empty:
            raise ApiError(ErrorCode.NON_EMPTY_GROUP, "The group is not empty.")
        return Decision(True, [*self.offsets.delete_all(group.group_id), *group.tombstones()])

    def _group(self, group_id: str) -> Group:
        group = self.groups.get(group_id)
        if group is None:
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} not found.")
        return group
