"""What a shard asks of every kind of group: the room of a kind answers with one object of this shape.

The shard finds the kind by the group's type and asks no further, so a new kind is a room and one row in the shard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from kwire.coordinator.group.group import Group

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from kwire.coordinator.decision import CoordinatorRecord, Decision, Waiter
    from kwire.coordinator.group.commands import Beat, Join, Leave, SessionExpired, Sync
    from kwire.protocol.schema import Message

G_contra = TypeVar("G_contra", bound=Group, contravariant=True)
MaybeG_contra = TypeVar("MaybeG_contra", bound="Group | None", contravariant=True)

Decider: TypeAlias = "Callable[[Any, int, Any], Decision]"
"""Decides over a command, at a wall time in ms, for a waiter or None."""


class ClassicProtocol(Protocol[MaybeG_contra]):
    """Answers the requests of the classic protocol, which any client may send to any group.

    Each raises ApiError with what the client is told instead.
    """

    def join(self, group: MaybeG_contra, command: Join, now_ms: int, waiter: Waiter, /) -> Decision:
        """Answer JoinGroup."""

    def sync(self, group: MaybeG_contra, command: Sync, now_ms: int, waiter: Waiter, /) -> Decision:
        """Answer SyncGroup."""

    def beat(self, group: MaybeG_contra, command: Beat, /) -> Decision:
        """Answer Heartbeat."""

    def leave(self, group: MaybeG_contra, command: Leave, now_ms: int, /) -> Decision:
        """Answer LeaveGroup, with a row for each member."""


class Kind(Protocol[G_contra]):
    """The groups of one kind in one shard: who decides over them."""

    @property
    def group_type(self) -> str:
        """Return Group.group_type of its groups."""

    @property
    def record_keys(self) -> Collection[type[Message]]:
        """Return the keys of the records that its groups are made of."""

    @property
    def deciders(self) -> Mapping[type, Decider]:
        """Return who decides over the commands that are for groups of this kind only."""

    @property
    def classic_protocol(self) -> ClassicProtocol[G_contra]:
        """Return who answers the classic protocol for its groups."""

    def replay(self, record: CoordinatorRecord) -> None:
        """Apply the record, which has one of its keys."""

    def loaded(self, group: G_contra, now_ms: int, decision: Decision) -> None:
        """Add to the decision what follows from the group having been read from the log."""

    def committed(self, group: G_contra, member_id: str, decision: Decision) -> None:
        """Add to the decision what follows from a client that says to be this member having committed offsets."""

    def session_expired(self, group: G_contra, command: SessionExpired, now_ms: int) -> Decision:
        """Remove the silent member."""
