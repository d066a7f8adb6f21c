"""Keys of a group's timers. Setting a key again replaces its timer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable


def session_key(group_id: str, member_id: str) -> Hashable:
    """The session of a member."""
    return ("session", group_id, member_id)


def revocation_key(group_id: str, member_id: str) -> Hashable:
    """A member's time to give up partitions."""
    return ("revocation", group_id, member_id)


def join_key(group_id: str, member_id: str | None = None) -> Hashable:
    """A group's rebalance, or one member's time to join again."""
    return ("join", group_id, member_id)


def first_beats_key(group_id: str, *, longest: bool) -> Hashable:
    """The time in which more members may join a consumer group that was empty: after each of them, or in all."""
    return ("first-beats", group_id, longest)


def sync_key(group_id: str, member_id: str | None = None) -> Hashable:
    """A generation's time to ask for assignments, or one member's."""
    return ("sync", group_id, member_id)
