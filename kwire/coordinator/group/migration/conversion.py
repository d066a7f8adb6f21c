"""How a classic group becomes a consumer group and back, while its members go on.

The first member of the consumer protocol that joins a classic group of consumers makes it a consumer group, with its
classic members in it; when the last member of the consumer protocol is gone, the group is a classic one again. An empty
group becomes of whichever kind somebody wants to join.

Source: KIP-848, "Upgrade and Downgrade"; group.consumer.migration.policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.coordinator.group.classic.group import ClassicGroup, Member, State
from kwire.coordinator.group.classic.rebalance import check_join
from kwire.coordinator.group.classic.records import group_record, group_tombstone
from kwire.coordinator.group.consumer.group import ConsumerGroup
from kwire.coordinator.group.consumer.member import MemberState, Ownership, Subscription
from kwire.coordinator.group.consumer.records import (
    current_assignment_record,
    group_epoch_record,
    member_record,
    target_assignment_record,
    target_epoch_record,
)
from kwire.coordinator.group.embedded_protocol import (
    CONSUMER_PROTOCOL,
    encoded_assignment,
    read_assignment,
    read_subscription,
)
from kwire.protocol.errors import ApiError, ErrorCode, ProtocolError
from kwire.protocol.messages.join_group import JoinGroupRequestProtocol
from kwire.protocol.messages.records.consumer_offsets import ClassicMemberMetadata, ClassicProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from kwire.coordinator.decision import CoordinatorRecord, Decision, Waiter
    from kwire.coordinator.group.classic.rebalance import Rebalancing
    from kwire.coordinator.group.commands import Join
    from kwire.coordinator.group.config import GroupCoordinatorConfig
    from kwire.coordinator.group.consumer.steps import ConsumerSteps, Draft
    from kwire.coordinator.group.group import Groups
    from kwire.coordinator.group.topics import Topics

UPGRADE_POLICIES = frozenset({"upgrade", "bidirectional"})
DOWNGRADE_POLICIES = frozenset({"downgrade", "bidirectional"})
DISABLED = "disabled"


class Conversion:
    """Changes the kind of the groups of one shard."""

    def __init__(
        self,
        groups: Groups,
        steps: ConsumerSteps,
        rebalancing: Rebalancing,
        config: Callable[[], GroupCoordinatorConfig],
        topics: Callable[[], Topics],
    ) -> None:
        self._groups = groups
        self._steps = steps
        self._rebalancing = rebalancing
        self._config = config
        self._topics = topics

    @property
    def policy(self) -> str:
        """Return group.consumer.migration.policy in lower case."""
        return self._config().group_consumer_migration_policy.lower()

    # Upgrade

    def upgraded(self, group_id: str, now_ms: int) -> tuple[ConsumerGroup, Callable[[Draft], None]]:
        """The consumer group that a member of the consumer protocol joins, and what makes it one from a classic one.

        Raises:
            ApiError: GROUP_ID_NOT_FOUND, the group cannot become one.
        """
        if group_id not in self._groups:
            return ConsumerGroup(group_id), lambda _draft: None
        classic = self._groups.of_kind(group_id, ClassicGroup)
        if classic is None:
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} is not a consumer group.")
        if classic.is_empty:
            return ConsumerGroup(group_id), lambda draft: draft.add(group_tombstone(group_id))
        self._check_upgrade(classic)
        records = self._upgrade_records(classic)
        group = ConsumerGroup(group_id)
        for record in records:
            group.replay(record)

        def convert(draft: Draft) -> None:
            self._rebalancing.dismiss(classic, draft.decision)
            draft.add(group_tombstone(group_id))
            for record in records:
                draft.add(record)
            for member in classic.members.values():
                self._steps.keep_session(draft, group_id, member.member_id, member.session_timeout_ms)

        return group, convert

    def _check_upgrade(self, classic: ClassicGroup) -> None:
        reason = None
        if self.policy not in UPGRADE_POLICIES:
            reason = "online upgrade is disabled"
        elif classic.protocol_type != CONSUMER_PROTOCOL:
            reason = "the group does not use the consumer embedded protocol"
        elif len(classic.members) > self._config().group_consumer_max_size:
            reason = "the group size exceeds the consumer group maximum size"
        if reason is not None:
            message = f"Cannot upgrade classic group {classic.group_id} to consumer group because {reason}."
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, message)

    def _upgrade_records(self, classic: ClassicGroup) -> list[CoordinatorRecord]:
        """Make the consumer group's records: the classic one's last assignment is the target, and what members have."""
        group_id, epoch, topics = classic.group_id, classic.generation_id, self._topics()
        prefix = f"Cannot upgrade classic group {group_id} to consumer group because"
        members, targets, owned = [], [], []
        names: set[str] = set()
        for member in classic.members.values():
            try:
                told = read_subscription(
                    member.protocols[0].metadata if classic.protocol is None else member.metadata(classic.protocol)
                )
                assigned, user_data = read_assignment(member.assignment, topics)
            except ProtocolError as error:
                message = f"{prefix} the embedded consumer protocol is malformed."
                raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, message) from error
            if user_data:
                message = (
                    f"{prefix} an unsupported custom assignor is in use. Please refer to the documentation or switch "
                    "to a default assignor before re-attempting the upgrade."
                )
                raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, message)
            names.update(told.topics)
            subscription = Subscription(
                member.instance_id,
                told.rack_id or None,
                member.client_id,
                member.client_host,
                frozenset(told.topics),
                rebalance_timeout_ms=member.rebalance_timeout_ms,
                classic=classic_metadata(member.session_timeout_ms, member.protocols),
            )
            epochs = {topic_id: dict.fromkeys(sorted(partitions), epoch) for topic_id, partitions in assigned.items()}
            ownership = Ownership(epoch, epoch, MemberState.STABLE, epochs)
            members.append(member_record(group_id, member.member_id, subscription))
            targets.append(target_assignment_record(group_id, member.member_id, assigned))
            owned.append(current_assignment_record(group_id, member.member_id, ownership))
        epochs_of_group = group_epoch_record(group_id, epoch, self._steps.hashes.of_topics(topics, names))
        return [*members, epochs_of_group, *targets, target_epoch_record(group_id, epoch), *owned]

    # An empty group begins again

    def join_empty(self, group: ConsumerGroup, command: Join, now_ms: int, waiter: Waiter) -> Decision:
        """Make the empty consumer group a classic one, and join the member.

        Raises:
            ApiError: as Rebalancing.join; the group is unchanged.
        """
        check_join(command)
        draft = self._steps.draft()
        for record in group.tombstones():
            draft.add(record)
        decision = self._rebalancing.join(None, command, now_ms, waiter)
        decision.records[:0] = draft.decision.records
        decision.replayed = draft.decision.replayed
        return decision

    # Members that go, and the downgrade that may follow

    def fence(self, draft: Draft, group: ConsumerGroup, member_ids: Collection[str], now_ms: int) -> None:
        """Remove the members; if only classic ones are left, make the group a classic one."""
        if not member_ids:
            return
        if self._downgrades(group, member_ids):
            self.to_classic(draft, group, member_ids, group.epoch, now_ms, rebalance=True)
        else:
            self._steps.fence(draft, group, member_ids)

    def _downgrades(self, group: ConsumerGroup, leaving: Collection[str]) -> bool:
        left = len(group.members) - len(leaving)
        return (
            group.speaks_classic_without(leaving)
            and 0 < left <= self._config().group_max_size
            and self.policy in DOWNGRADE_POLICIES
        )

    def downgrades_with(self, group: ConsumerGroup, replaced_id: str) -> bool:
        """Whether the group becomes a classic one if a classic static member replaces that member."""
        return (
            group.speaks_classic_without([replaced_id])
            and len(group.members) <= self._config().group_max_size
            and self.policy in DOWNGRADE_POLICIES
        )

    def to_classic(
        self,
        draft: Draft,
        group: ConsumerGroup,
        leaving: Collection[str],
        generation_id: int,
        now_ms: int,
        *,
        rebalance: bool,
    ) -> None:
        """Make the group a classic one of that generation, without the leaving members.

        Each member gets what it may consume now. Apache Kafka gives it its target instead, of which another member may
        still consume some without knowing better for a while.
        """
        group_id = group.group_id
        classic = ClassicGroup(
            group_id,
            State.STABLE,
            generation_id,
            CONSUMER_PROTOCOL,
            state_since_ms=now_ms,
        )
        for member in group.members.values():
            subscription = member.subscription
            if member.member_id in leaving or subscription.classic is None:
                continue
            classic.add(
                Member(
                    member.member_id,
                    subscription.instance_id,
                    subscription.client_id,
                    subscription.client_host,
                    subscription.rebalance_timeout_ms,
                    subscription.classic.session_timeout_ms,
                    [JoinGroupRequestProtocol(each.name, each.metadata) for each in subscription.protocols],
                )
            )
        classic.protocol = classic.select_protocol()
        assignments = {}
        for member_id, member_of_classic in classic.members.items():
            metadata = member_of_classic.metadata(classic.protocol)
            assignments[member_id] = encoded_assignment(
                group.member(member_id).ownership.partitions, self._topics(), metadata
            )
        value = classic.as_value(assignments)
        if rebalance:
            value.leader = None  # a coordinator that takes over has to begin it again
        record = group_record(group_id, value)
        for tombstone in group.tombstones():
            draft.add(tombstone)
        draft.add(record)
        now_classic = self._groups.of_kind(group_id, ClassicGroup)
        assert now_classic is not None
        # a record holds only the chosen protocol, and they have told of others
        for member_id, member_of_classic in classic.members.items():
            now_classic.set_protocols(now_classic.members[member_id], member_of_classic.protocols)
        self._rebalancing.take_over(now_classic, leaving, now_ms, draft.decision, rebalance=rebalance)


def classic_metadata(session_timeout_ms: int, protocols: Collection[JoinGroupRequestProtocol]) -> ClassicMemberMetadata:
    """Make what a consumer group keeps of a member of the classic protocol."""
    rows = [ClassicProtocol(each.name, bytes(each.metadata)) for each in protocols]
    return ClassicMemberMetadata(session_timeout_ms, rows)
