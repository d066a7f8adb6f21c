"""Decisions of the classic group protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup, and the timers behind them.

Source: Apache Kafka's group coordinator; KIP-62 (rebalance timeout), KIP-134 (initial delay), KIP-345 (static members),
KIP-394 (member id required), KIP-559 (protocol type and name), KIP-814 (skipped assignment).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.coordinator.decision import Decision, Timer
from kwire.coordinator.group import first_generation
from kwire.coordinator.group.classic.group import ClassicGroup, Member, State
from kwire.coordinator.group.classic.records import group_record
from kwire.coordinator.group.commands import InitialDelayOver, JoinOverdue, SessionExpired, SyncOverdue
from kwire.coordinator.group.timer_keys import join_key, revocation_key, session_key, sync_key
from kwire.limits import MAX_ID_PREFIX_BYTES
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.heartbeat import HeartbeatResponse
from kwire.protocol.messages.join_group import JoinGroupResponse
from kwire.protocol.messages.leave_group import MemberResponse
from kwire.protocol.messages.records.consumer_offsets import GroupMetadataValue
from kwire.protocol.messages.sync_group import SyncGroupResponse
from kwire.protocol.records.batch import HEADER_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from kwire.coordinator.decision import Waiter
    from kwire.coordinator.group.commands import Beat, Join, Leave, Sync
    from kwire.coordinator.group.config import GroupCoordinatorConfig
    from kwire.coordinator.group.group import Groups
    from kwire.protocol.messages.join_group import JoinGroupRequest
    from kwire.protocol.messages.leave_group import MemberIdentity

NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000
"""How long a member may be silent before its first generation, whatever its session timeout."""


UNKNOWN_MEMBER_ID = ""
"""The id of a member without one yet."""


class Rebalancing:
    """Decides over the classic groups of one shard. new_id: returns a text that is never returned twice."""

    def __init__(self, groups: Groups, config: Callable[[], GroupCoordinatorConfig], new_id: Callable[[], str]) -> None:
        self._groups = groups
        self._config = config
        self._new_id = new_id

    # JoinGroup

    def join(self, group: ClassicGroup | None, command: Join, now_ms: int, waiter: Waiter) -> Decision:
        """Have the member wait for the next generation, or reply with an error or with the current generation.

        Raises:
            ApiError: UNKNOWN_SERVER_ERROR, the member id would be too long to be stored.
        """
        check_join(command)
        request = command.request
        member_id = request.member_id
        decision = Decision()
        if group is None:
            if member_id != UNKNOWN_MEMBER_ID:
                return Decision(_join_error(ErrorCode.UNKNOWN_MEMBER_ID, member_id))
            group = ClassicGroup(request.group_id, state_since_ms=now_ms)
            self._groups[request.group_id] = group
            empty = GroupMetadataValue(protocol=None, leader=None, current_state_timestamp=now_ms)
            decision.records.append(group_record(group.group_id, empty))
        if not self._accepts(group, member_id):
            self._drop(group, member_id, decision)
            decision.reply = _join_error(ErrorCode.GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID)
        elif not group.supports(request.protocol_type, (each.name for each in request.protocols)):
            decision.reply = _join_error(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, member_id)
        elif member_id != UNKNOWN_MEMBER_ID:
            self._join_known(group, command, now_ms, waiter, decision)
        elif request.group_instance_id is not None:
            self._join_static(group, command, now_ms, waiter, decision)
        else:
            new_id = f"{_text(command.client_id)}-{self._new_id()}"
            if command.requires_member_id:
                group.pending_join.add(new_id)
                expired = SessionExpired(group.group_id, new_id)
                decision.timers.append(Timer(session_key(group.group_id, new_id), request.session_timeout_ms, expired))
                decision.reply = _join_error(ErrorCode.MEMBER_ID_REQUIRED, new_id)
            else:
                self._add(group, command, new_id, now_ms, waiter, decision)
        return decision

    def _accepts(self, group: ClassicGroup, member_id: str) -> bool:
        max_size = self._config().group_max_size
        member = group.members.get(member_id)
        if group.state is State.EMPTY:
            return True
        if group.state is State.PREPARING_REBALANCE:
            return (member is not None and member.join_waiter is not None) or group.awaiting_join < max_size
        return member is not None or len(group.members) < max_size

    def _join_known(self, group: ClassicGroup, command: Join, now_ms: int, waiter: Waiter, decision: Decision) -> None:
        request = command.request
        member_id = request.member_id
        if member_id in group.pending_join and request.group_instance_id is None:
            self._add(group, command, member_id, now_ms, waiter, decision)
            return
        try:
            member = group.check_member(member_id, request.group_instance_id)
        except ApiError as error:
            decision.reply = _join_error(error.code, member_id)
            return
        if group.state is State.EMPTY:
            decision.reply = _join_error(ErrorCode.UNKNOWN_MEMBER_ID, member_id)
            return
        leads = group.leader == member_id
        same = member.matches(request.protocols)
        if group.state is State.PREPARING_REBALANCE or not same or (leads and group.state is State.STABLE):
            self._update(group, member, request, waiter, decision)
            self._rebalance_or_complete(group, now_ms, decision)
        else:
            members = leads and group.state is State.COMPLETING_REBALANCE
            decision.reply = _joined(group, member_id, with_members=members)

    def _join_static(self, group: ClassicGroup, command: Join, now_ms: int, waiter: Waiter, decision: Decision) -> None:
        """Join a static member without an id: it is new, or it has restarted and takes its former place."""
        request = command.request
        instance_id = request.group_instance_id
        assert instance_id is not None
        new_id = f"{instance_id}-{self._new_id()}"
        old_id = group.static_members.get(instance_id)
        if old_id is None:
            self._add(group, command, new_id, now_ms, waiter, decision)
            return
        old_leader = group.leader
        member = self._replace(group, old_id, new_id, decision)
        self._update(group, member, request, waiter, decision)
        self._restart_session(group, member, decision)
        if group.state is State.COMPLETING_REBALANCE:
            # the leader may be assigning to the old id at this moment
            self._prepare(group, now_ms, decision)
        elif group.state is not State.STABLE:
            self._complete_if_all_joined(group, now_ms, decision)
        elif group.select_protocol() != group.protocol:
            self._rebalance_or_complete(group, now_ms, decision)
        else:
            assignments = {each.member_id: each.assignment for each in group.members.values()}
            decision.records.append(group_record(group.group_id, group.as_value(assignments)))
            group.await_join(member, None)
            if command.can_skip_assignment:
                leads = group.leader == new_id
                reply = _joined(group, new_id, with_members=leads)
                reply.skip_assignment = leads
            else:
                reply = _joined(group, new_id, with_members=False)
                # told that another one leads, it does not begin to assign
                reply.leader = old_leader or ""
            decision.reply = reply

    def _replace(self, group: ClassicGroup, old_id: str, new_id: str, decision: Decision) -> Member:
        """Give the member of the old id the new one; fence the waiting requests of the old one."""
        led = group.leader == old_id
        member = group.remove(old_id)
        assert member is not None
        decision.timers.append(Timer(session_key(group.group_id, old_id), None))
        if member.join_waiter is not None:
            decision.replies.append((member.join_waiter, _join_error(ErrorCode.FENCED_INSTANCE_ID, old_id)))
            member.join_waiter = None
        if member.sync_waiter is not None:
            decision.replies.append((member.sync_waiter, _sync_error(ErrorCode.FENCED_INSTANCE_ID)))
            member.sync_waiter = None
        member.member_id = new_id
        group.add(member)
        if led:
            group.leader = new_id
        return member

    def _add(
        self, group: ClassicGroup, command: Join, member_id: str, now_ms: int, waiter: Waiter, decision: Decision
    ) -> None:
        request = command.request
        if not group.members:
            group.protocol_type = request.protocol_type
            group.expected_members = 0
        first_generation.expect(group, command.expected_members)
        if group.is_gathering:
            group.new_member_added = True
        member = Member(
            member_id=member_id,
            instance_id=request.group_instance_id,
            client_id=command.client_id or "",
            client_host=command.client_host,
            rebalance_timeout_ms=rebalance_timeout_ms(request),
            session_timeout_ms=request.session_timeout_ms,
            protocols=request.protocols,
            is_new=True,
            join_waiter=waiter,
        )
        group.add(member)
        expired = SessionExpired(group.group_id, member_id)
        decision.timers.append(Timer(session_key(group.group_id, member_id), NEW_MEMBER_JOIN_TIMEOUT_MS, expired))
        if first_generation.were_last_expected(group) and self._config().group_initial_rebalance_delay_ms <= 0:
            group.expected_members = 0
            self._await_first_joins(group, decision)
        else:
            self._rebalance_or_complete(group, now_ms, decision)

    def _update(
        self, group: ClassicGroup, member: Member, request: JoinGroupRequest, waiter: Waiter, decision: Decision
    ) -> None:
        group.set_protocols(member, request.protocols)
        member.rebalance_timeout_ms = rebalance_timeout_ms(request)
        member.session_timeout_ms = request.session_timeout_ms
        before = group.await_join(member, waiter)
        if before is not None:
            # Kafka leaves it without an answer for ever
            decision.replies.append((before, _join_error(ErrorCode.REBALANCE_IN_PROGRESS, member.member_id)))

    # How a rebalance goes on

    def _rebalance_or_complete(self, group: ClassicGroup, now_ms: int, decision: Decision) -> None:
        if group.state is State.PREPARING_REBALANCE:
            self._complete_if_all_joined(group, now_ms, decision)
        else:
            self._prepare(group, now_ms, decision)

    def _prepare(self, group: ClassicGroup, now_ms: int, decision: Decision) -> None:
        """Begin a rebalance: every member has to join again."""
        if group.state is State.COMPLETING_REBALANCE:
            self._reset_assignments(group, ErrorCode.REBALANCE_IN_PROGRESS, decision)
        group.pending_sync.clear()
        decision.timers.append(Timer(sync_key(group.group_id), None))
        group.initial = group.state is State.EMPTY
        group.leader = group.leader or next(iter(group.members), None)
        group.state = State.PREPARING_REBALANCE
        group.state_since_ms = now_ms
        if not group.initial:
            if group.all_joined:
                self._complete(group, now_ms, decision)
            else:
                self._await_joins(group, decision)
            return
        if self._first_wait_ms(group)[0] <= 0:
            self._complete(group, now_ms, decision)
        else:
            self._await_first_joins(group, decision)

    def _await_first_joins(self, group: ClassicGroup, decision: Decision) -> None:
        """Start to wait until no more members join; the first rebalance completes then."""
        group.new_member_added = False
        delay_ms, longest_ms = self._first_wait_ms(group)
        over = InitialDelayOver(group.group_id, delay_ms, max(longest_ms - delay_ms, 0))
        decision.timers.append(Timer(join_key(group.group_id), delay_ms, over))

    def _first_wait_ms(self, group: ClassicGroup) -> tuple[int, int]:
        return first_generation.rebalance_wait_ms(group, self._config().group_initial_rebalance_delay_ms)

    def _await_joins(self, group: ClassicGroup, decision: Decision) -> None:
        timer = Timer(join_key(group.group_id), group.rebalance_timeout_ms, JoinOverdue(group.group_id))
        decision.timers.append(timer)

    def _complete_if_all_joined(self, group: ClassicGroup, now_ms: int, decision: Decision) -> None:
        if group.state is State.PREPARING_REBALANCE and not group.initial and group.all_joined:
            self._complete(group, now_ms, decision)

    def _complete(self, group: ClassicGroup, now_ms: int, decision: Decision) -> None:
        """Begin the next generation with the members that have joined; remove other dynamic members."""
        decision.timers.append(Timer(join_key(group.group_id), None))
        late = [each for each in group.members.values() if each.join_waiter is None]
        for member in late:
            if member.instance_id is None:
                self._drop(group, member.member_id, decision)
        if not group.members:
            generation_id = group.generation_id + 1
            group.leader, group.state_since_ms = None, now_ms
            record = group_record(group.group_id, group.as_value({}, generation_id))
            decision.records.append(record)
            return
        if not group.awaiting_join:
            self._await_joins(group, decision)  # only static members are left, and none of them has joined
            return
        if group.leader is None or group.members[group.leader].join_waiter is None:
            group.leader = next(each.member_id for each in group.members.values() if each.join_waiter is not None)
        group.generation_id += 1
        group.protocol = group.select_protocol()
        group.state, group.state_since_ms, group.initial = State.COMPLETING_REBALANCE, now_ms, False
        group.read_subscriptions()
        for member in group.members.values():
            if member.join_waiter is not None:
                reply = _joined(group, member.member_id, with_members=member.member_id == group.leader)
                decision.replies.append((member.join_waiter, reply))
                group.await_join(member, None)
            self._restart_session(group, member, decision)
            member.is_new = False
        group.pending_sync = set(group.members)
        overdue = SyncOverdue(group.group_id, group.generation_id)
        decision.timers.append(Timer(sync_key(group.group_id), group.rebalance_timeout_ms, overdue))

    def _reset_assignments(self, group: ClassicGroup, code: ErrorCode, decision: Decision) -> None:
        for member in group.members.values():
            member.assignment = b""
            if member.sync_waiter is not None:
                decision.replies.append((member.sync_waiter, _sync_error(code)))
                member.sync_waiter = None
                self._restart_session(group, member, decision)

    def _restart_session(self, group: ClassicGroup, member: Member, decision: Decision) -> None:
        expired = SessionExpired(group.group_id, member.member_id)
        key = session_key(group.group_id, member.member_id)
        decision.timers.append(Timer(key, member.session_timeout_ms, expired))

    def _drop(self, group: ClassicGroup, member_id: str, decision: Decision) -> None:
        """Remove the member, or an id that was given out; answer its waiting requests."""
        member = group.remove(member_id)
        decision.timers.append(Timer(session_key(group.group_id, member_id), None))
        if member is None:
            return
        if member.join_waiter is not None:
            decision.replies.append((member.join_waiter, _join_error(ErrorCode.UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID)))
        if member.sync_waiter is not None:
            decision.replies.append((member.sync_waiter, _sync_error(ErrorCode.UNKNOWN_MEMBER_ID)))

    def _after_drop(self, group: ClassicGroup, now_ms: int, decision: Decision) -> None:
        """Continue the rebalance, or begin one, for the members that are left."""
        if group.state in {State.STABLE, State.COMPLETING_REBALANCE}:
            self._prepare(group, now_ms, decision)
        elif group.state is State.PREPARING_REBALANCE and group.all_joined:
            self._complete(group, now_ms, decision)

    # SyncGroup

    def sync(self, group: ClassicGroup | None, command: Sync, now_ms: int, waiter: Waiter) -> Decision:
        """Reply with the member's assignment, or have it wait; the leader's request assigns to all.

        Raises:
            ApiError: the error for the member.
        """
        request = command.request
        if group is None or group.is_empty:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        member = group.check_member(request.member_id, request.group_instance_id)
        if request.generation_id != group.generation_id:
            raise ApiError(ErrorCode.ILLEGAL_GENERATION)
        if _differs(request.protocol_type, group.protocol_type) or _differs(request.protocol_name, group.protocol):
            raise ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        if group.state is State.PREPARING_REBALANCE:
            raise ApiError(ErrorCode.REBALANCE_IN_PROGRESS)
        group.pending_sync.discard(member.member_id)
        if group.state is State.STABLE:
            return Decision(_synced(group, member.assignment))
        decision = Decision()
        if member.sync_waiter is not None:
            decision.replies.append((member.sync_waiter, _sync_error(ErrorCode.REBALANCE_IN_PROGRESS)))
        member.sync_waiter = waiter
        if group.leader == member.member_id:
            given = {each.member_id: each.assignment for each in request.assignments}
            self._assign(group, given, now_ms, decision)
        return decision

    def _assign(self, group: ClassicGroup, given: dict[str, bytes], now_ms: int, decision: Decision) -> None:
        """Make the group stable with the leader's assignments; a member that it forgot gets none."""
        record = group_record(group.group_id, group.as_value(given))
        if record.size_bytes + HEADER_BYTES > self._config().message_max_bytes:
            self._reset_assignments(group, ErrorCode.UNKNOWN_SERVER_ERROR, decision)
            self._prepare(group, now_ms, decision)
            return
        decision.records.append(record)
        for member in group.members.values():
            if member.sync_waiter is not None:
                decision.replies.append((member.sync_waiter, _synced(group, given.get(member.member_id, b""))))
                member.sync_waiter = None
                self._restart_session(group, member, decision)

    # Heartbeat, LeaveGroup

    def beat(self, group: ClassicGroup | None, command: Beat) -> Decision:
        """Extend the member's session.

        Raises:
            ApiError: the error for the member.
        """
        request = command.request
        if group is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        member = group.check_member(request.member_id, request.group_instance_id)
        if request.generation_id != group.generation_id:
            raise ApiError(ErrorCode.ILLEGAL_GENERATION)
        decision = Decision(HeartbeatResponse())
        if group.state is State.PREPARING_REBALANCE:
            decision.reply.error_code = ErrorCode.REBALANCE_IN_PROGRESS
        self._restart_session(group, member, decision)
        return decision

    def keep_session(self, group: ClassicGroup, member_id: str, decision: Decision) -> None:
        """Extend the session of a member that commits, as a heartbeat would."""
        member = group.members.get(member_id)
        if member is not None and group.state in {State.STABLE, State.PREPARING_REBALANCE}:
            self._restart_session(group, member, decision)

    def leave(self, group: ClassicGroup | None, command: Leave, now_ms: int) -> Decision:
        """Remove the named members; reply with a row for each.

        Raises:
            ApiError: UNKNOWN_MEMBER_ID, there is no such group.
        """
        if group is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        decision = Decision()
        rows = []
        for leaving in command.members:
            row = MemberResponse(member_id=leaving.member_id, group_instance_id=leaving.group_instance_id)
            try:
                self._drop(group, _leaving_id(group, leaving), decision)
            except ApiError as error:
                row.error_code = error.code
            rows.append(row)
        if any(row.error_code == ErrorCode.NONE for row in rows):
            if group.state in {State.STABLE, State.COMPLETING_REBALANCE}:
                self._prepare(group, now_ms, decision)
            else:
                self._complete_if_all_joined(group, now_ms, decision)
        decision.reply = rows
        return decision

    # Timers

    def session_expired(self, group: ClassicGroup, command: SessionExpired, now_ms: int) -> Decision:
        """Remove the silent member, unless it has been in a generation and waits for our reply."""
        decision = Decision()
        member = group.members.get(command.member_id)
        if member is None:
            if command.member_id in group.pending_join:
                self._drop(group, command.member_id, decision)
                if group.state is State.PREPARING_REBALANCE and group.all_joined:
                    self._complete(group, now_ms, decision)
        elif member.is_new or (member.join_waiter is None and member.sync_waiter is None):
            self._drop(group, command.member_id, decision)
            self._after_drop(group, now_ms, decision)
        return decision

    def initial_delay_over(self, command: InitialDelayOver, now_ms: int) -> Decision:
        """Complete the first rebalance, unless a member has joined meanwhile and there is time left."""
        decision = Decision()
        group = self._groups.of_kind(command.group_id, ClassicGroup)
        if group is None or group.state is not State.PREPARING_REBALANCE:
            return decision
        if not group.new_member_added or not command.remaining_ms:
            self._complete(group, now_ms, decision)
            return decision
        group.new_member_added = False
        delay_ms = min(self._first_wait_ms(group)[0], command.remaining_ms)
        over = InitialDelayOver(group.group_id, delay_ms, max(command.remaining_ms - command.delay_ms, 0))
        decision.timers.append(Timer(join_key(group.group_id), delay_ms, over))
        return decision

    def join_overdue(self, command: JoinOverdue, now_ms: int) -> Decision:
        """Complete the rebalance without the members that have not joined."""
        decision = Decision()
        group = self._groups.of_kind(command.group_id, ClassicGroup)
        if group is not None and group.state is State.PREPARING_REBALANCE:
            self._complete(group, now_ms, decision)
        return decision

    def sync_overdue(self, command: SyncOverdue, now_ms: int) -> Decision:
        """Remove the members that never asked for their assignment."""
        decision = Decision()
        group = self._groups.of_kind(command.group_id, ClassicGroup)
        if group is None or group.generation_id != command.generation_id or not group.pending_sync:
            return decision
        if group.state in {State.COMPLETING_REBALANCE, State.STABLE}:
            for member_id in sorted(group.pending_sync):
                self._drop(group, member_id, decision)
            self._prepare(group, now_ms, decision)
        return decision

    def loaded(self, group: ClassicGroup, now_ms: int, decision: Decision) -> None:
        """Give every member its session timeout to show up.

        The members have to join again if there are too many by now, or if none leads: a consumer group that became a
        classic one has not had a generation of its own yet.
        """
        for member in group.members.values():
            self._restart_session(group, member, decision)
        if len(group.members) > self._config().group_max_size or (group.members and group.leader is None):
            self._prepare(group, now_ms, decision)

    # From and to a consumer group

    def dismiss(self, group: ClassicGroup, decision: Decision) -> None:
        """Prepare the change to a consumer group: have waiting members join again, and end the rebalance."""
        code = ErrorCode.REBALANCE_IN_PROGRESS
        for member in group.members.values():
            if member.join_waiter is not None:
                decision.replies.append((member.join_waiter, _join_error(code, member.member_id)))
            if member.sync_waiter is not None:
                decision.replies.append((member.sync_waiter, _sync_error(code)))
        for key in (join_key, sync_key):
            decision.timers.append(Timer(key(group.group_id), None))

    def take_over(
        self, group: ClassicGroup, gone: Collection[str], now_ms: int, decision: Decision, *, rebalance: bool
    ) -> None:
        """Take over a former consumer group. gone: the members that left. rebalance: the others join again."""
        for member_id in (*gone, *group.members):
            for key in (session_key, revocation_key, join_key, sync_key):
                decision.timers.append(Timer(key(group.group_id, member_id), None))
        for member in group.members.values():
            self._restart_session(group, member, decision)
        if rebalance:
            self._prepare(group, now_ms, decision)


def check_join(command: Join) -> None:
    """Check that an id made of the client's texts can be stored.

    Raises:
        ApiError: UNKNOWN_SERVER_ERROR.
    """
    if len((command.request.group_instance_id or command.client_id or "").encode()) > MAX_ID_PREFIX_BYTES:
        raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)


def _leaving_id(group: ClassicGroup, leaving: MemberIdentity) -> str:
    """Return the id of the leaving member; a static one may be named by its instance alone."""
    if leaving.member_id == UNKNOWN_MEMBER_ID:
        member_id = group.static_members.get(leaving.group_instance_id or "")
        if leaving.group_instance_id is None or member_id is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        return member_id
    if leaving.member_id not in group.pending_join:
        group.check_member(leaving.member_id, leaving.group_instance_id)
    return leaving.member_id


def _joined(group: ClassicGroup, member_id: str, *, with_members: bool) -> JoinGroupResponse:
    return JoinGroupResponse(
        generation_id=group.generation_id,
        protocol_type=group.protocol_type,
        protocol_name=group.protocol,
        leader=group.leader or "",
        member_id=member_id,
        members=group.described_members() if with_members else [],
    )


def _join_error(code: ErrorCode, member_id: str) -> JoinGroupResponse:
    return JoinGroupResponse(error_code=code, member_id=member_id, protocol_name=None)


def _synced(group: ClassicGroup, assignment: bytes) -> SyncGroupResponse:
    return SyncGroupResponse(protocol_type=group.protocol_type, protocol_name=group.protocol, assignment=assignment)


def _sync_error(code: ErrorCode) -> SyncGroupResponse:
    return SyncGroupResponse(error_code=code)


def _differs(told: str | None, known: str | None) -> bool:
    return told is not None and known is not None and told != known


def rebalance_timeout_ms(request: JoinGroupRequest) -> int:
    """Return the member's rebalance timeout; version 0 has only the session timeout."""
    return request.session_timeout_ms if request.rebalance_timeout_ms < 0 else request.rebalance_timeout_ms


def _text(client_id: str | None) -> str:
    return "null" if client_id is None else client_id
