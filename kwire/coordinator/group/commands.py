"""What is asked of a group coordinator's shard: clients' requests as they came, and timers that went off.

A request's command has what the decision needs besides the message: who sent it and in which version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from kwire.protocol.messages.consumer_group_heartbeat import ConsumerGroupHeartbeatRequest
    from kwire.protocol.messages.heartbeat import HeartbeatRequest
    from kwire.protocol.messages.join_group import JoinGroupRequest
    from kwire.protocol.messages.leave_group import MemberIdentity
    from kwire.protocol.messages.offset_commit import OffsetCommitRequest
    from kwire.protocol.messages.offset_delete import OffsetDeleteRequest
    from kwire.protocol.messages.offset_fetch import OffsetFetchRequestGroup
    from kwire.protocol.messages.sync_group import SyncGroupRequest


@dataclass(slots=True)
class Join:
    """JoinGroup. requires_member_id: a new member has to come again with the id that it is given (KIP-394).

    can_skip_assignment: the client understands that it need not assign (KIP-814). expected_members: so many are on
    their way to this group, as far as is known (see first_generation.py).
    """

    request: JoinGroupRequest
    client_id: str | None
    client_host: str
    requires_member_id: bool = True
    can_skip_assignment: bool = True
    expected_members: int = 0


@dataclass(slots=True)
class Sync:
    """SyncGroup."""

    request: SyncGroupRequest


@dataclass(slots=True)
class Beat:
    """Heartbeat."""

    request: HeartbeatRequest


@dataclass(slots=True)
class Leave:
    """LeaveGroup; the reply is its rows."""

    group_id: str
    members: Sequence[MemberIdentity]


@dataclass(slots=True)
class ConsumerBeat:
    """ConsumerGroupHeartbeat that is well formed. expected_members: see Join."""

    request: ConsumerGroupHeartbeatRequest
    client_id: str
    client_host: str
    expected_members: int = 0


@dataclass(slots=True)
class CommitOffsets:
    """OffsetCommit for topics that exist, each by name and id.

    knows_missing_groups: the client understands GROUP_ID_NOT_FOUND.
    """

    request: OffsetCommitRequest
    knows_missing_groups: bool = True


@dataclass(slots=True)
class FetchOffsets:
    """OffsetFetch of one group; topics are named, their ids are the current ones where they matter, else zero."""

    request: OffsetFetchRequestGroup
    require_stable: bool = False


@dataclass(slots=True)
class DeleteOffsets:
    """OffsetDelete for partitions that exist."""

    request: OffsetDeleteRequest


@dataclass(slots=True)
class ListGroups:
    """The groups in one of these states and of one of these types, of all where none is named."""

    states: Collection[str] = ()
    types: Collection[str] = ()


@dataclass(slots=True)
class DescribeGroup:
    """One classic group."""

    group_id: str


@dataclass(slots=True)
class DescribeConsumerGroup:
    """One consumer group."""

    group_id: str


@dataclass(slots=True)
class DeleteGroup:
    """The group is to be gone with its offsets; the reply is True."""

    group_id: str


@dataclass(slots=True)
class ForgetMissingTopics:
    """Topics that are not among these, or not with this id, are deleted."""

    existing: Mapping[str, bytes]


# Timers


@dataclass(slots=True)
class SessionExpired:
    """A member was silent for its session timeout."""

    group_id: str
    member_id: str


@dataclass(slots=True)
class InitialDelayOver:
    """A group's first rebalance has waited delay_ms for more members; it may wait remaining_ms longer."""

    group_id: str
    delay_ms: int
    remaining_ms: int


@dataclass(slots=True)
class FirstBeatsOver:
    """The first members of a consumer group have waited long enough for those who start together with them."""

    group_id: str


@dataclass(slots=True)
class JoinOverdue:
    """A rebalance has waited for its members for the rebalance timeout."""

    group_id: str


@dataclass(slots=True)
class SyncOverdue:
    """The members of a generation had the rebalance timeout to ask for their assignment."""

    group_id: str
    generation_id: int


@dataclass(slots=True)
class RevocationOverdue:
    """A member of a consumer group had the rebalance timeout to give up what it was told to at that epoch."""

    group_id: str
    member_id: str
    member_epoch: int


@dataclass(slots=True)
class ClassicMemberOverdue:
    """A classic member of a consumer group had the rebalance timeout to join again, or to ask for its assignment."""

    group_id: str
    member_id: str


@dataclass(slots=True)
class ResolveExpressions:
    """Time to look which topics a consumer group's regular expressions stand for."""

    group_id: str


@dataclass(slots=True)
class ExpireOffsets:
    """Time to look for offsets that nobody needs any more."""
