"""Decisions of the classic protocol for members of consumer groups: JoinGroup, SyncGroup, Heartbeat, LeaveGroup.

Such a member has what the others have, told in the words of the classic protocol: its epoch is its generation, nobody
leads, JoinGroup and SyncGroup never wait, and a heartbeat tells it to join again when its target has moved.

Source: KIP-848, "Upgrade and Downgrade"; Apache Kafka's group coordinator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.coordinator.decision import Decision
from kwire.coordinator.group.classic.rebalance import rebalance_timeout_ms
from kwire.coordinator.group.commands import ClassicMemberOverdue
from kwire.coordinator.group.consumer.member import ConsumerMember, MemberState, Subscription
from kwire.coordinator.group.embedded_protocol import (
    CONSUMER_PROTOCOL,
    encoded_assignment,
    named_partitions,
    read_subscription,
)
from kwire.coordinator.group.migration.conversion import DISABLED, classic_metadata
from kwire.coordinator.group.timer_keys import join_key, sync_key
from kwire.protocol.errors import ApiError, ErrorCode, ProtocolError
from kwire.protocol.messages.heartbeat import HeartbeatResponse
from kwire.protocol.messages.join_group import JoinGroupResponse
from kwire.protocol.messages.leave_group import MemberResponse
from kwire.protocol.messages.sync_group import SyncGroupResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.coordinator.decision import Waiter
    from kwire.coordinator.group.commands import Beat, Join, Leave, Sync
    from kwire.coordinator.group.config import GroupCoordinatorConfig
    from kwire.coordinator.group.consumer.group import ConsumerGroup
    from kwire.coordinator.group.consumer.steps import ConsumerSteps, Draft
    from kwire.coordinator.group.migration.conversion import Conversion
    from kwire.coordinator.group.topics import Topics
    from kwire.protocol.messages.join_group import JoinGroupRequest
    from kwire.protocol.messages.leave_group import MemberIdentity
    from kwire.protocol.messages.records.consumer_protocol import ConsumerProtocolSubscription

UNKNOWN_MEMBER_ID: Final = ""


class ClassicMembers:
    """Decides over the classic members of one shard's consumer groups, as a ClassicProtocol.

    new_id: never returns the same text twice.
    """

    def __init__(
        self,
        steps: ConsumerSteps,
        conversion: Conversion,
        config: Callable[[], GroupCoordinatorConfig],
        topics: Callable[[], Topics],
        new_id: Callable[[], str],
    ) -> None:
        self._steps = steps
        self._conversion = conversion
        self._config = config
        self._topics = topics
        self._new_id = new_id

    # JoinGroup

    def join(self, group: ConsumerGroup, command: Join, now_ms: int, waiter: Waiter) -> Decision:
        """Join the member to the group; its epoch is the generation in the reply.

        The first member of an empty group makes it a classic one.

        Raises:
            ApiError: the error for the member.
        """
        if group.is_empty:
            return self._conversion.join_empty(group, command, now_ms, waiter)
        request = command.request
        group_id = group.group_id
        member_id = request.member_id or self._new_id()
        self._check_join(group, request, member_id)
        if not request.member_id and request.group_instance_id is None and command.requires_member_id:
            reply = JoinGroupResponse(error_code=ErrorCode.MEMBER_ID_REQUIRED, member_id=member_id, protocol_name=None)
            return Decision(reply)
        replaced = None
        if request.group_instance_id is None:
            member = group.members.get(member_id) or ConsumerMember(member_id)
        elif request.member_id == UNKNOWN_MEMBER_ID:
            replaced = group.static_member(request.group_instance_id)
            member = replaced or ConsumerMember(member_id)
        else:
            member = group.check_static(member_id, request.group_instance_id)
        downgrades = request.group_instance_id is not None and self._downgrades(group, request.group_instance_id)
        told = _told(request)
        subscription = _subscription(member.subscription, command, told)
        self._steps.check_subscription(group, member_id, member.subscription, subscription)
        draft = self._steps.draft()
        told_epoch = group.epoch  # the latest that other members know
        if replaced is not None:
            self._steps.replace_member(draft, group, replaced, member_id)
        had_expression = member.subscription.regex != ""
        bump = self._steps.update_member(draft, group_id, member_id, subscription, now_ms)
        self._steps.refresh_metadata(draft, group_id, bump=bump or had_expression)
        if not downgrades:
            self._steps.update_target(draft, group_id, now_ms)
        rebalance = downgrades and not self._others_are_reconciled(group, member_id)
        held = named_partitions({row.topic: row.partitions for row in told.owned_partitions}, self._topics())
        self._steps.reconcile(draft, group_id, member_id, held)
        reply = JoinGroupResponse(
            member_id=member_id,
            generation_id=group.member(member_id).ownership.epoch,
            protocol_type=CONSUMER_PROTOCOL,
            protocol_name=request.protocols[0].name,
        )
        draft.set_timer(join_key(group_id, member_id), None)
        group.member(member_id).awaits_join = False
        if downgrades:
            self._conversion.to_classic(draft, group, (), told_epoch, now_ms, rebalance=rebalance)
        else:
            self._steps.keep_session(draft, group_id, member_id, request.session_timeout_ms)
            overdue = ClassicMemberOverdue(group_id, member_id)
            draft.set_timer(sync_key(group_id, member_id), rebalance_timeout_ms(request), overdue)
        draft.decision.reply = reply
        return draft.decision

    def _check_join(self, group: ConsumerGroup, request: JoinGroupRequest, member_id: str) -> None:
        if self._conversion.policy == DISABLED:
            raise ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        max_size = self._config().group_consumer_max_size
        is_known = request.group_instance_id in group.static_members or member_id in group.members
        if not is_known and len(group.members) >= max_size:
            raise ApiError(ErrorCode.GROUP_MAX_SIZE_REACHED)
        if not group.supports_classic(request.protocol_type, [each.name for each in request.protocols]):
            raise ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)

    def _others_are_reconciled(self, group: ConsumerGroup, member_id: str) -> bool:
        """Whether every other member consumes its target: a classic group gives each its target at once."""
        return group.target_epoch == group.epoch and all(
            each.ownership.is_reconciled_to(group.target_epoch)
            for each in group.members.values()
            if each.member_id != member_id
        )

    def _downgrades(self, group: ConsumerGroup, instance_id: str) -> bool:
        existing = group.static_member(instance_id)
        return existing is not None and self._conversion.downgrades_with(group, existing.member_id)

    # SyncGroup

    def sync(self, group: ConsumerGroup, command: Sync, _now_ms: int, _waiter: Waiter) -> Decision:
        """Reply with the member's assignment.

        Raises:
            ApiError: the error for the member.
        """
        request = command.request
        member = self._check_member(group, request.member_id, request.group_instance_id, request.generation_id)
        protocol = member.subscription.protocols[0]
        if request.protocol_type not in {None, CONSUMER_PROTOCOL} or request.protocol_name not in {None, protocol.name}:
            raise ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        draft = self._steps.draft()
        ownership = member.ownership
        if group.target_epoch > ownership.epoch and ownership.state is not MemberState.UNREVOKED_PARTITIONS:
            self._await_join(draft, group, member)
            draft.decision.reply = SyncGroupResponse(error_code=ErrorCode.REBALANCE_IN_PROGRESS)
            return draft.decision
        draft.set_timer(sync_key(group.group_id, member.member_id), None)
        self._keep_session(draft, group, member)
        assigned = {topic_id: frozenset(epochs) for topic_id, epochs in ownership.assigned.items()}
        assignment = encoded_assignment(assigned, self._topics(), protocol.metadata)
        draft.decision.reply = SyncGroupResponse(
            protocol_type=request.protocol_type, protocol_name=request.protocol_name, assignment=assignment
        )
        return draft.decision

    # Heartbeat, LeaveGroup

    def beat(self, group: ConsumerGroup, command: Beat) -> Decision:
        """Extend the member's session; have it join again if it can come nearer to its target.

        Raises:
            ApiError: the error for the member.
        """
        request = command.request
        member = self._check_member(group, request.member_id, request.group_instance_id, request.generation_id)
        draft = self._steps.draft()
        self._keep_session(draft, group, member)
        ownership = member.ownership
        code = ErrorCode.NONE
        if (
            ownership.epoch < group.target_epoch
            or ownership.state is MemberState.UNREVOKED_PARTITIONS
            or (ownership.state is MemberState.UNRELEASED_PARTITIONS and not group.waits_for_others(member))
        ):
            code = ErrorCode.REBALANCE_IN_PROGRESS
            self._await_join(draft, group, member)
        draft.decision.reply = HeartbeatResponse(error_code=code)
        return draft.decision

    def leave(self, group: ConsumerGroup, command: Leave, now_ms: int) -> Decision:
        """Remove the named members, of either protocol; reply with a row for each."""
        leaving: dict[str, None] = {}
        rows = []
        for identity in command.members:
            row = MemberResponse(member_id=identity.member_id, group_instance_id=identity.group_instance_id)
            try:
                leaving[_leaving_id(group, identity)] = None
            except ApiError as error:
                row.error_code = error.code
            rows.append(row)
        draft = self._steps.draft()
        self._conversion.fence(draft, group, list(leaving), now_ms)
        draft.decision.reply = rows
        return draft.decision

    def overdue(self, command: ClassicMemberOverdue, now_ms: int) -> Decision:
        """Remove the classic member that did not do its part of a rebalance."""
        group = self._steps.group(command.group_id)
        member = None if group is None else group.members.get(command.member_id)
        draft = self._steps.draft()
        if group is not None and member is not None and member.subscription.classic is not None:
            self._conversion.fence(draft, group, [command.member_id], now_ms)
        return draft.decision

    def _check_member(
        self, group: ConsumerGroup, member_id: str, instance_id: str | None, generation_id: int
    ) -> ConsumerMember:
        member = group.member(member_id) if instance_id is None else group.check_static(member_id, instance_id)
        if member.subscription.classic is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        if generation_id != member.ownership.epoch:
            raise ApiError(ErrorCode.ILLEGAL_GENERATION)
        return member

    def _keep_session(self, draft: Draft, group: ConsumerGroup, member: ConsumerMember) -> None:
        assert member.subscription.classic is not None
        timeout_ms = member.subscription.classic.session_timeout_ms
        self._steps.keep_session(draft, group.group_id, member.member_id, timeout_ms)

    def _await_join(self, draft: Draft, group: ConsumerGroup, member: ConsumerMember) -> None:
        """Give the member its rebalance timeout to join again, from the first time that it is told so."""
        if not member.awaits_join:
            member.awaits_join = True
            overdue = ClassicMemberOverdue(group.group_id, member.member_id)
            key = join_key(group.group_id, member.member_id)
            draft.set_timer(key, member.subscription.rebalance_timeout_ms, overdue)


def _told(request: JoinGroupRequest) -> ConsumerProtocolSubscription:
    try:
        return read_subscription(request.protocols[0].metadata)
    except ProtocolError as error:
        raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR) from error


def _subscription(known: Subscription, command: Join, told: ConsumerProtocolSubscription) -> Subscription:
    """Make a subscription of the request; the classic protocol has no regular expressions or server-side assignors."""
    request = command.request
    return Subscription(
        known.instance_id if request.group_instance_id is None else request.group_instance_id,
        told.rack_id or known.rack_id,
        command.client_id or "",
        command.client_host,
        frozenset(told.topics),
        "",
        rebalance_timeout_ms(request),
        known.server_assignor,
        classic_metadata(request.session_timeout_ms, request.protocols),
    )


def _leaving_id(group: ConsumerGroup, identity: MemberIdentity) -> str:
    """Return the id of the leaving member; a static one may be named by its instance alone."""
    if identity.group_instance_id is None:
        return group.member(identity.member_id).member_id
    if identity.member_id != UNKNOWN_MEMBER_ID:
        return group.check_static(identity.member_id, identity.group_instance_id).member_id
    member = group.static_member(identity.group_instance_id)
    if member is None:
        raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
    return member.member_id
