"""Decisions over ConsumerGroupHeartbeat, and the timers behind it.

One request does everything: a member joins, says what has changed, learns its assignment, shows that it lives, and
leaves. What may be refused is refused first; then the member is updated, the target computed where it has to be, and
the member reconciled with it.

Source: KIP-848; Apache Kafka's group coordinator.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from kwire.coordinator.decision import Decision, Timer
from kwire.coordinator.group.commands import FirstBeatsOver, SessionExpired
from kwire.coordinator.group.consumer.group import ConsumerGroup
from kwire.coordinator.group.consumer.member import (
    JOINS,
    LEAVES_FOR_A_WHILE,
    ConsumerMember,
    MemberState,
    Ownership,
    Subscription,
)
from kwire.coordinator.group.consumer.records import current_assignment_record
from kwire.coordinator.group.first_generation import FirstJoin, FirstJoins
from kwire.coordinator.group.timer_keys import first_beats_key, session_key
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.consumer_group_heartbeat import (
    Assignment,
    ConsumerGroupHeartbeatResponse,
    ConsumerGroupHeartbeatResponseTopicPartitions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from kwire.coordinator.decision import Waiter
    from kwire.coordinator.group.commands import ConsumerBeat, RevocationOverdue
    from kwire.coordinator.group.config import ConsumerGroupConfig, GroupCoordinatorConfig
    from kwire.coordinator.group.consumer.member import HeldPartitions, OwnedPartitions
    from kwire.coordinator.group.consumer.steps import ConsumerSteps, Draft
    from kwire.coordinator.group.topics import Topics
    from kwire.protocol.messages.consumer_group_heartbeat import ConsumerGroupHeartbeatRequest

MUST_REJOIN = "The member must abandon all its partitions and rejoin."


class OtherKinds(Protocol):
    """What consumer groups need from groups of other kinds."""

    def upgraded(self, group_id: str, now_ms: int) -> tuple[ConsumerGroup, Callable[[Draft], None]]:
        """Return the consumer group that a new member joins, and what makes it one of whatever it is now.

        Raises:
            ApiError: GROUP_ID_NOT_FOUND, the group cannot become one.
        """

    def fence(self, draft: Draft, group: ConsumerGroup, member_ids: Collection[str], now_ms: int) -> None:
        """Remove the members, after which the group may be of another kind."""


class ConsumerHeartbeats:
    """Decides over the consumer protocol's requests to one shard. new_id: never returns the same text twice."""

    def __init__(
        self,
        steps: ConsumerSteps,
        other_kinds: OtherKinds,
        config: Callable[[], GroupCoordinatorConfig],
        group_config: Callable[[str], ConsumerGroupConfig],
        topics: Callable[[], Topics],
        new_id: Callable[[], str],
    ) -> None:
        self._steps = steps
        self._other_kinds = other_kinds
        self._config = config
        self._group_config = group_config
        self._topics = topics
        self._new_id = new_id
        self._first_joins = FirstJoins()

    def beat(self, command: ConsumerBeat, now_ms: int, waiter: Waiter) -> Decision:
        """Join, keep or remove the member; reply with its assignment if that has changed.

        Raises:
            ApiError: the error for the member.
        """
        request = command.request
        if request.member_epoch < JOINS:
            return self._leave(request, now_ms)
        if request.member_epoch > JOINS:
            decision = self._idle(command, now_ms)
            if decision is not None:
                return decision
        return self._beat(command, now_ms, waiter)

    def _idle(self, command: ConsumerBeat, now_ms: int) -> Decision | None:
        """Return the reply to a member that reports and needs nothing, at little cost; None for other members."""
        request = command.request
        group = self._steps.group(request.group_id)
        member = None if group is None else group.members.get(request.member_id)
        if (
            group is None
            or member is None
            or member.settled_at != (self._topics().version, group.changes)
            or request.member_epoch != member.ownership.epoch
            or request.instance_id != member.subscription.instance_id
            or member.subscription.classic is not None
            or _told(member.subscription, command) is not member.subscription
            or self._steps.expressions_are_due(group, now_ms)
        ):
            return None
        config = self._group_config(request.group_id)
        reply = ConsumerGroupHeartbeatResponse(
            member_id=member.member_id,
            member_epoch=member.ownership.epoch,
            heartbeat_interval_ms=config.consumer_heartbeat_interval_ms,
        )
        expired = SessionExpired(request.group_id, member.member_id)
        key = session_key(request.group_id, member.member_id)
        return Decision(reply, timers=[Timer(key, config.consumer_session_timeout_ms, expired)])

    def _beat(self, command: ConsumerBeat, now_ms: int, waiter: Waiter) -> Decision:
        request = command.request
        group_id = request.group_id
        joins = request.member_epoch == JOINS
        draft = self._steps.draft()
        group, convert = self._group_to_be(group_id, now_ms, joins=joins)
        self._check_size(group, request)
        member_id = request.member_id or self._new_id()
        held = _held(request)
        replaced = None
        known = group.members.get(member_id)
        if request.instance_id is None:
            member = known or (ConsumerMember(member_id) if joins else group.member(member_id))
            _check_epoch(member, request.member_epoch, held)
        elif joins:
            replaced = group.static_member(request.instance_id)
            member = replaced or known or ConsumerMember(member_id)
            if replaced is not None:
                _check_released(replaced, member_id, request.instance_id)
        else:
            member = group.check_static(member_id, request.instance_id)
            _check_epoch(member, request.member_epoch, held)
        if member.ownership.state is MemberState.UNKNOWN and (held is None or held):
            message = f"The consumer group member is in a unknown state. {MUST_REJOIN}"
            raise ApiError(ErrorCode.FENCED_MEMBER_EPOCH, message)
        subscription = replace(_told(member.subscription, command), classic=None)
        self._steps.check_subscription(group, member_id, member.subscription, subscription)
        # nothing is refused from here on
        was_empty = group.is_empty
        convert(draft)
        if replaced is not None:
            self._steps.replace_member(draft, group, replaced, member_id)
        bump = self._steps.update_member(draft, group_id, member_id, subscription, now_ms)
        self._steps.refresh_metadata(draft, group_id, bump=bump)
        self._steps.keep_session(draft, group_id, member_id)
        if joins:
            join = FirstJoin(member_id, request.instance_id, waiter)
            wait = self._first_joins.add(group_id, join, command.expected_members, was_empty=was_empty)
            if wait is not None:
                _await_others(draft, group_id, *wait)
                return draft.decision
        self._steps.update_target(draft, group_id, now_ms)
        changed = self._steps.reconcile(draft, group_id, member_id, held)
        with_assignment = joins or changed or _is_full(request)
        draft.decision.reply = self._reply(group_id, member_id, with_assignment=with_assignment)
        return draft.decision

    def first_beats_over(self, command: FirstBeatsOver, now_ms: int) -> Decision:
        """Answer the members that have joined together, even if more may come."""
        draft, group_id = self._steps.draft(), command.group_id
        for longest in (False, True):
            draft.set_timer(first_beats_key(group_id, longest=longest), None)
        joined = self._first_joins.take(group_id)
        group = self._steps.group(group_id)
        if group is not None and group.members:
            self._steps.refresh_metadata(draft, group_id, bump=False)
            self._steps.update_target(draft, group_id, now_ms)
        replies: dict[tuple[str, str | None], ConsumerGroupHeartbeatResponse] = {}
        for join in joined:  # some may have been sent twice
            who = join.member_id, join.instance_id
            if who not in replies:
                try:
                    replies[who] = self._answer_first_join(draft, group_id, join)
                except ApiError as error:
                    replies[who] = ConsumerGroupHeartbeatResponse(error_code=error.code, error_message=error.message)
            draft.decision.replies.append((join.waiter, replies[who]))
        return draft.decision

    def _answer_first_join(self, draft: Draft, group_id: str, join: FirstJoin) -> ConsumerGroupHeartbeatResponse:
        """Return the reply.

        Raises:
            ApiError: the member has changed since it joined.
        """
        group = self._steps.group(group_id) or ConsumerGroup(group_id)
        member_id, instance_id = join.member_id, join.instance_id
        member = group.member(member_id) if instance_id is None else group.check_static(member_id, instance_id)
        if member.ownership.epoch != JOINS or member.subscription.classic is not None:
            raise ApiError(ErrorCode.FENCED_MEMBER_EPOCH, f"Member {member_id} has left meanwhile. {MUST_REJOIN}")
        self._steps.reconcile(draft, group_id, member_id, {})
        return self._reply(group_id, member_id, with_assignment=True)

    def _reply(self, group_id: str, member_id: str, *, with_assignment: bool) -> ConsumerGroupHeartbeatResponse:
        group = self._steps.group(group_id)
        assert group is not None
        ownership = group.member(member_id).ownership
        return ConsumerGroupHeartbeatResponse(
            member_id=member_id,
            member_epoch=ownership.epoch,
            heartbeat_interval_ms=self._group_config(group_id).consumer_heartbeat_interval_ms,
            assignment=_assignment(ownership.assigned) if with_assignment else None,
        )

    def _group_to_be(self, group_id: str, now_ms: int, *, joins: bool) -> tuple[ConsumerGroup, Callable[[Draft], None]]:
        """Return the group that the member is in or joins, and a function that adds the records to make it one.

        Raises:
            ApiError: GROUP_ID_NOT_FOUND.
        """
        group = self._steps.group(group_id)
        if group is not None:
            return group, lambda _draft: None
        if joins:
            return self._other_kinds.upgraded(group_id, now_ms)
        if self._steps.is_other(group_id):
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} is not a consumer group.")
        raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Consumer group {group_id} not found.")

    def _check_size(self, group: ConsumerGroup, request: ConsumerGroupHeartbeatRequest) -> None:
        max_size = self._config().group_consumer_max_size
        if request.instance_id in group.static_members or len(group.members) < max_size:
            return
        if request.member_id not in group.members:
            message = f"The consumer group has reached its maximum capacity of {max_size} members."
            raise ApiError(ErrorCode.GROUP_MAX_SIZE_REACHED, message)

    # Leaving

    def _leave(self, request: ConsumerGroupHeartbeatRequest, now_ms: int) -> Decision:
        group = self._steps.group(request.group_id)
        if group is None:
            other = self._steps.is_other(request.group_id)
            message = f"Group {request.group_id} {'is not a consumer group' if other else 'not found'}."
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, message)
        if request.instance_id is None:
            member = group.member(request.member_id)
        else:
            member = group.check_static(request.member_id, request.instance_id)
        draft = self._steps.draft()
        if request.instance_id is not None and request.member_epoch == LEAVES_FOR_A_WHILE:
            kept = {topic_id: dict.fromkeys(epochs, 0) for topic_id, epochs in member.ownership.assigned.items()}
            ownership = Ownership(LEAVES_FOR_A_WHILE, member.ownership.previous_epoch, member.ownership.state, kept)
            draft.add(current_assignment_record(group.group_id, member.member_id, ownership))
        else:
            self._other_kinds.fence(draft, group, [member.member_id], now_ms)
        draft.decision.reply = ConsumerGroupHeartbeatResponse(
            member_id=request.member_id, member_epoch=request.member_epoch
        )
        return draft.decision

    # Timers

    def session_expired(self, group: ConsumerGroup, command: SessionExpired, now_ms: int) -> Decision:
        """Remove the silent member."""
        return self._fence(group, command.member_id, now_ms)

    def revocation_overdue(self, command: RevocationOverdue, now_ms: int) -> Decision:
        """Remove the member that did not give up its partitions in time."""
        group = self._steps.group(command.group_id)
        member = None if group is None else group.members.get(command.member_id)
        if (
            group is None
            or member is None
            or member.ownership.state is not MemberState.UNREVOKED_PARTITIONS
            or member.ownership.epoch != command.member_epoch
        ):
            return Decision()
        return self._fence(group, command.member_id, now_ms)

    def loaded(self, group: ConsumerGroup, decision: Decision) -> None:
        """Give the members a whole session timeout to show up, and time to give up their partitions."""
        draft = self._steps.draft()
        for member in group.members.values():
            self._steps.keep_session(draft, group.group_id, member.member_id)
            self._steps.await_revocation(draft, group.group_id, member)
        decision.timers += draft.decision.timers

    def _fence(self, group: ConsumerGroup, member_id: str, now_ms: int) -> Decision:
        draft = self._steps.draft()
        if member_id in group.members:
            self._other_kinds.fence(draft, group, [member_id], now_ms)
        return draft.decision


def _await_others(draft: Draft, group_id: str, delay_ms: int, longest_ms: int | None) -> None:
    """Answer the joins of the group when no more come."""
    over = FirstBeatsOver(group_id)
    if longest_ms is not None:
        draft.set_timer(first_beats_key(group_id, longest=True), longest_ms, over)
    draft.set_timer(first_beats_key(group_id, longest=False), delay_ms, over)


def _told(known: Subscription, command: ConsumerBeat) -> Subscription:
    """Return the subscription updated from the request; the same object if nothing is new."""
    request = command.request
    if (
        request.subscribed_topic_names is None
        and request.subscribed_topic_regex is None
        and request.rack_id is None
        and request.rebalance_timeout_ms == -1
        and request.server_assignor is None
        and request.instance_id == known.instance_id
        and command.client_id == known.client_id
        and command.client_host == known.client_host
    ):
        return known
    names = request.subscribed_topic_names
    return Subscription(
        known.instance_id if request.instance_id is None else request.instance_id,
        known.rack_id if request.rack_id is None else request.rack_id,
        command.client_id,
        command.client_host,
        known.topic_names if names is None else frozenset(names),
        known.regex if request.subscribed_topic_regex is None else request.subscribed_topic_regex,
        known.rebalance_timeout_ms if request.rebalance_timeout_ms == -1 else request.rebalance_timeout_ms,
        known.server_assignor if request.server_assignor is None else request.server_assignor,
        known.classic,
    )


def _is_full(request: ConsumerGroupHeartbeatRequest) -> bool:
    """Whether the request reports everything, as from a client that joins or does not know what was lost."""
    return (
        request.topic_partitions is not None
        and request.rebalance_timeout_ms != -1
        and (request.subscribed_topic_names is not None or request.subscribed_topic_regex is not None)
    )


def _held(request: ConsumerGroupHeartbeatRequest) -> HeldPartitions | None:
    rows = request.topic_partitions
    if rows is None:
        return None
    held: dict[bytes, set[int]] = {}
    for row in rows:
        held.setdefault(row.topic_id, set()).update(row.partitions)
    return held


def _check_epoch(member: ConsumerMember, epoch: int, held: HeldPartitions | None) -> None:
    """Check the member's epoch; accept its last one, because the reply with the new one may have been lost."""
    known = member.ownership
    if epoch in {JOINS, known.epoch}:
        return
    if epoch == known.previous_epoch and epoch < known.epoch and held is not None:
        assigned = known.assigned
        if all(each in assigned and partitions <= assigned[each].keys() for each, partitions in held.items()):
            return
    kind = "greater" if epoch > known.epoch else "smaller"
    message = (
        f"The consumer group member has a {kind} member epoch ({epoch}) than the one known by the group coordinator "
        f"({known.epoch}). {MUST_REJOIN}"
    )
    raise ApiError(ErrorCode.FENCED_MEMBER_EPOCH, message)


def _check_released(member: ConsumerMember, member_id: str, instance_id: str) -> None:
    """Check that the instance's member has left, or speaks the classic protocol, in which it cannot say so."""
    if member.subscription.classic is None and member.ownership.epoch != LEAVES_FOR_A_WHILE:
        message = (
            f"Static member {member_id} with instance id {instance_id} cannot join the group because the instance id "
            f"is owned by {member.member_id} member."
        )
        raise ApiError(ErrorCode.UNRELEASED_INSTANCE_ID, message)


def _assignment(assigned: OwnedPartitions) -> Assignment:
    return Assignment(
        [
            ConsumerGroupHeartbeatResponseTopicPartitions(topic_id, sorted(partitions))
            for topic_id, partitions in assigned.items()
        ]
    )
