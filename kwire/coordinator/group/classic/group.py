"""A classic group: its members, its generation, and the progress of a rebalance.

The group's record holds the last stable generation. No record holds who has joined the next one and who waits for a
reply, as in Kafka: a coordinator that takes over begins with the last generation, and the members join again.

Source: Kafka's client-side assignment protocol; KIP-62, KIP-345, KIP-394.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from kwire.coordinator.group.classic.records import group_tombstone
from kwire.coordinator.group.embedded_protocol import CONSUMER_PROTOCOL, read_subscription
from kwire.protocol.errors import ApiError, ErrorCode, ProtocolError
from kwire.protocol.messages.join_group import JoinGroupRequestProtocol, JoinGroupResponseMember
from kwire.protocol.messages.records.consumer_offsets import GroupMetadataValue, MemberMetadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kwire.coordinator.decision import CoordinatorRecord, Waiter
    from kwire.coordinator.group.commands import CommitOffsets
    from kwire.protocol.messages.offset_commit import OffsetCommitRequestPartition


class State(Enum):
    """The state of a classic group; the values are those of DescribeGroups."""

    EMPTY = "Empty"
    PREPARING_REBALANCE = "PreparingRebalance"
    COMPLETING_REBALANCE = "CompletingRebalance"
    STABLE = "Stable"

    __hash__ = object.__hash__  # by identity: Enum's hashes the name, in Python


DEAD = "Dead"
"""The state that DescribeGroups shows for a group that does not exist."""


@dataclass(slots=True)
class Member:
    """One member. is_new: it has not been in a generation yet, so it may be silent only for a short time.

    join_waiter, sync_waiter: its waiting request. protocols: in the order of its preference.
    """

    member_id: str
    instance_id: str | None
    client_id: str
    client_host: str
    rebalance_timeout_ms: int
    session_timeout_ms: int
    protocols: list[JoinGroupRequestProtocol]
    assignment: bytes = b""
    is_new: bool = False
    join_waiter: Waiter | None = None
    sync_waiter: Waiter | None = None

    def metadata(self, protocol: str | None) -> bytes:
        """Return the member's metadata for that protocol, b"" if it does not support it."""
        return next((each.metadata for each in self.protocols if each.name == protocol), b"")

    def matches(self, protocols: list[JoinGroupRequestProtocol]) -> bool:
        """Whether the member has these protocols and metadata already."""
        mine = [(each.name, each.metadata) for each in self.protocols]
        return mine == [(each.name, each.metadata) for each in protocols]


@dataclass(slots=True)
class ClassicGroup:
    """One classic group.

    protocol_type: None for a group that only holds offsets. initial: the rebalance in progress is the first one of an
    empty group, which waits for more members. expected_members: the number of members known to be about to join it.
    state_since_ms: when it became empty, or began its generation; -1 for unknown. pending_join: ids that were given out
    and have not joined yet. pending_sync: members that have not asked for their assignment. subscribed_topics: None if
    unknown. awaiting_join: members that have joined the next generation.
    """

    group_type: ClassVar[str] = "classic"

    group_id: str
    state: State = State.EMPTY
    generation_id: int = 0
    protocol_type: str | None = None
    protocol: str | None = None
    leader: str | None = None
    state_since_ms: int = -1
    initial: bool = False
    expected_members: int = 0
    new_member_added: bool = False
    members: dict[str, Member] = field(default_factory=dict)
    static_members: dict[str, str] = field(default_factory=dict)
    pending_join: set[str] = field(default_factory=set)
    pending_sync: set[str] = field(default_factory=set)
    subscribed_topics: frozenset[str] | None = None
    awaiting_join: int = 0
    _supporters: dict[str, int] = field(default_factory=dict)

    # A group among others

    @property
    def state_name(self) -> str:
        """See Group.state_name."""
        return self.state.value

    @property
    def is_empty(self) -> bool:
        """See Group.is_empty; an id that was given out and has not joined yet counts as a member."""
        return self.state is State.EMPTY

    @property
    def is_abandoned(self) -> bool:
        """See Group.is_abandoned."""
        return self.is_empty and not self.pending_join

    def check_commit(self, command: CommitOffsets, _is_stored: Callable[[OffsetCommitRequestPartition], bool]) -> None:
        """See Group.check_commit."""
        request = command.request
        generation_id = request.generation_id_or_member_epoch
        if generation_id < 0 and self.is_empty:
            return
        if generation_id < 0 and not request.member_id and request.group_instance_id is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        self.check_member(request.member_id, request.group_instance_id)
        if generation_id != self.generation_id:
            raise ApiError(ErrorCode.ILLEGAL_GENERATION)
        if self.state is State.COMPLETING_REBALANCE:
            raise ApiError(ErrorCode.REBALANCE_IN_PROGRESS)

    def check_fetch(self, member_id: str | None, member_epoch: int) -> None:
        """See Group.check_fetch: a classic group refuses nobody."""

    def check_offset_delete(self) -> None:
        """See Group.check_offset_delete."""
        if not self.is_empty and self.protocol_type != CONSUMER_PROTOCOL:
            raise ApiError(ErrorCode.NON_EMPTY_GROUP)

    @property
    def lets_offsets_expire(self) -> bool:
        """See Group.lets_offsets_expire."""
        return self.is_empty or (self.state is State.STABLE and self.subscribed_topics is not None)

    def kept_since_ms(self, commit_timestamp_ms: int) -> int:
        """See Group.kept_since_ms: since the group became empty, if known."""
        known = self.is_empty and self.protocol_type is not None and self.state_since_ms >= 0
        return self.state_since_ms if known else commit_timestamp_ms

    def tombstones(self) -> list[CoordinatorRecord]:
        """See Group.tombstones."""
        return [group_tombstone(self.group_id)]

    # Who is in it

    def add(self, member: Member) -> None:
        """Add the member."""
        self.members[member.member_id] = member
        self._count_support(member, 1)
        if member.join_waiter is not None:
            self.awaiting_join += 1
        if member.instance_id is not None:
            self.static_members[member.instance_id] = member.member_id
        if self.leader is None:
            self.leader = member.member_id
        self.pending_join.discard(member.member_id)

    def remove(self, member_id: str) -> Member | None:
        """Remove the member and return it, None if it is unknown. If it led, another one leads."""
        member = self.members.pop(member_id, None)
        if member is not None:
            self._count_support(member, -1)
            if member.join_waiter is not None:
                self.awaiting_join -= 1
            if member.instance_id is not None:
                self.static_members.pop(member.instance_id, None)
        if self.leader == member_id:
            self.leader = next(iter(self.members), None)
        self.pending_join.discard(member_id)
        self.pending_sync.discard(member_id)
        return member

    def check_member(self, member_id: str, instance_id: str | None) -> Member:
        """Return the member of that id, checked to be the current one of its instance.

        Raises:
            ApiError: UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID.
        """
        if instance_id is not None:
            current = self.static_members.get(instance_id)
            if current is None:
                raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
            if current != member_id:
                raise ApiError(ErrorCode.FENCED_INSTANCE_ID)
        member = self.members.get(member_id)
        if member is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        return member

    def await_join(self, member: Member, waiter: Waiter | None) -> Waiter | None:
        """Set the member's waiting JoinGroup, None for none; return the one that waited before."""
        before, member.join_waiter = member.join_waiter, waiter
        self.awaiting_join += (waiter is not None) - (before is not None)
        return before

    def set_protocols(self, member: Member, protocols: list[JoinGroupRequestProtocol]) -> None:
        """Set the member's supported protocols."""
        self._count_support(member, -1)
        member.protocols = protocols
        self._count_support(member, 1)

    @property
    def all_joined(self) -> bool:
        """Whether every member has joined the next generation."""
        return not self.pending_join and self.awaiting_join == len(self.members)

    @property
    def rebalance_timeout_ms(self) -> int:
        """Return the longest rebalance timeout of its members."""
        return max((member.rebalance_timeout_ms for member in self.members.values()), default=0)

    @property
    def is_gathering(self) -> bool:
        """Whether the group's first rebalance waits for more members."""
        return self.state is State.PREPARING_REBALANCE and self.initial

    # What they speak

    def supports(self, protocol_type: str, protocols: Iterable[str]) -> bool:
        """Whether a member with these protocols can join the group."""
        if self.state is State.EMPTY:
            return bool(protocol_type) and any(True for _ in protocols)
        count = len(self.members)
        return self.protocol_type == protocol_type and any(self._supporters.get(name, 0) == count for name in protocols)

    def select_protocol(self) -> str:
        """Choose the common protocol that most members vote for.

        On a tie, Kafka takes the first one in the order of its hash map, and so do we: the one in the lowest bucket,
        and within a bucket the one that was voted for first.
        """
        common = {name for name, supporters in self._supporters.items() if supporters == len(self.members)}
        votes: dict[str, int] = {}
        for member in self.members.values():
            favourite = next(each.name for each in member.protocols if each.name in common)
            votes[favourite] = votes.get(favourite, 0) + 1
        return max(votes, key=lambda name: (votes[name], -_bucket(name, len(votes))))

    def _count_support(self, member: Member, change: int) -> None:
        for name in {each.name for each in member.protocols}:
            self._supporters[name] = self._supporters.get(name, 0) + change
            if not self._supporters[name]:
                del self._supporters[name]

    def read_subscriptions(self) -> None:
        """Set subscribed_topics from the members' metadata, if they are consumers and it can be decoded."""
        self.subscribed_topics = None
        if self.protocol_type != CONSUMER_PROTOCOL or (self.members and self.protocol is None):
            return
        topics: set[str] = set()
        for member in self.members.values():
            try:
                subscription = read_subscription(member.metadata(self.protocol))
            except ProtocolError:
                return
            topics.update(subscription.topics)
        self.subscribed_topics = frozenset(topics)

    def is_subscribed_to(self, topic: str) -> bool:
        """Whether a member may consume the topic; if unknown, assume that consumers do."""
        if self.subscribed_topics is None:
            return self.protocol_type == CONSUMER_PROTOCOL
        return topic in self.subscribed_topics

    # From and to its record

    def as_value(self, assignments: Mapping[str, bytes], generation_id: int | None = None) -> GroupMetadataValue:
        """Return the record's value with these assignments, and with that generation instead of the current one."""
        return GroupMetadataValue(
            protocol_type=self.protocol_type or "",
            generation=self.generation_id if generation_id is None else generation_id,
            protocol=self.protocol if self.members else None,
            leader=self.leader,
            current_state_timestamp=self.state_since_ms,
            members=[
                MemberMetadata(
                    member_id=member.member_id,
                    group_instance_id=member.instance_id,
                    client_id=member.client_id,
                    client_host=member.client_host,
                    rebalance_timeout=member.rebalance_timeout_ms,
                    session_timeout=member.session_timeout_ms,
                    subscription=member.metadata(self.protocol),
                    assignment=assignments.get(member.member_id, b""),
                )
                for member in self.members.values()
            ],
        )

    def replay(self, value: GroupMetadataValue) -> None:
        """Apply the record.

        The record of a new group says nothing about the members that have joined it in the same decision.
        """
        if self.members and not value.members and value.generation <= self.generation_id:
            return
        named = {stored.member_id for stored in value.members}
        changed = named != self.members.keys() or value.protocol != self.protocol
        for member_id in [each for each in self.members if each not in named]:
            self.remove(member_id)
        self.protocol_type = value.protocol_type or None
        self.protocol = value.protocol
        for stored in value.members:
            member = self.members.get(stored.member_id)
            if member is None:
                self.add(_loaded(stored, value.protocol or ""))
            else:
                changed = self._replay_told(member, stored) or changed
                member.assignment = stored.assignment
        self.generation_id = value.generation
        self.leader = value.leader
        self.state = State.STABLE if value.members else State.EMPTY
        self.state_since_ms = value.current_state_timestamp
        if changed or not named:
            self.read_subscriptions()

    def _replay_told(self, member: Member, stored: MemberMetadata) -> bool:
        """Take the known member's metadata from the record; return whether it is new, as only while a log is read."""
        if member.metadata(self.protocol) == stored.subscription:
            return False
        told = _loaded(stored, self.protocol or "")
        self.set_protocols(member, told.protocols)
        member.rebalance_timeout_ms, member.session_timeout_ms = told.rebalance_timeout_ms, told.session_timeout_ms
        return True

    def described_members(self) -> list[JoinGroupResponseMember]:
        """Return the members as their leader sees them."""
        return [
            JoinGroupResponseMember(
                member_id=member.member_id,
                group_instance_id=member.instance_id,
                metadata=member.metadata(self.protocol),
            )
            for member in self.members.values()
        ]


def _loaded(stored: MemberMetadata, protocol: str) -> Member:
    """Make a member of its part of the record."""
    return Member(
        member_id=stored.member_id,
        instance_id=stored.group_instance_id,
        client_id=stored.client_id,
        client_host=stored.client_host,
        rebalance_timeout_ms=stored.session_timeout if stored.rebalance_timeout < 0 else stored.rebalance_timeout,
        session_timeout_ms=stored.session_timeout,
        protocols=[JoinGroupRequestProtocol(name=protocol, metadata=stored.subscription)],
        assignment=stored.assignment,
    )


def _bucket(name: str, count: int) -> int:
    """Compute the bucket of a string in a Java HashMap with this many entries."""
    number = 0
    units = name.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        number = (31 * number + (high << 8 | low)) & 0xFFFFFFFF
    capacity = 16
    while count > capacity * 3 // 4:
        capacity *= 2
    return (number ^ number >> 16) & (capacity - 1)
