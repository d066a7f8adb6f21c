"""Joins of an empty consumer group that wait for each other.

The first member would be given everything, and the others nothing until it has given up their shares with its next
heartbeat, five seconds later. So the joins of clients that have just asked for the coordinator, as all that start do,
are answered when no more of them come, each with its share. first_joins.py does this for classic groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from kwire.coordinator.group.commands import FirstBeatsOver
from kwire.coordinator.group.first_joins import FIRST_JOINS_MS
from kwire.coordinator.group.timer_keys import first_beats_key

if TYPE_CHECKING:
    from kwire.coordinator.decision import Waiter
    from kwire.coordinator.group.consumer.steps import Draft

ALONE_MS: Final = FIRST_JOINS_MS
"""A member waits so long for another one that has not been heard of yet."""

TOGETHER_MS: Final = 100
"""Several wait so long after the last one: librdkafka looks every 50 ms whether it has a coordinator."""

LONGEST_MS: Final = 1_000
"""However many come one after the other."""


class FirstJoin(NamedTuple):
    """Who has joined, and the request that waits."""

    member_id: str
    instance_id: str | None
    waiter: Waiter


class FirstBeats:
    """The joins that wait, of the groups of one shard."""

    __slots__ = ("_joined",)

    def __init__(self) -> None:
        self._joined: dict[str, list[FirstJoin]] = {}

    def wait(self, draft: Draft, group_id: str, join: FirstJoin, expected_members: int, *, was_empty: bool) -> bool:
        """Whether the join, which counts already, is to be answered later.

        expected_members: clients that have just asked for the group's coordinator. was_empty: before this member.
        """
        joined = self._joined.get(group_id)
        if joined is None:
            if not was_empty or not expected_members:
                return False
            joined = self._joined[group_id] = []
            longest = first_beats_key(group_id, longest=True)
            draft.set_timer(longest, LONGEST_MS, FirstBeatsOver(group_id))
        joined.append(join)
        delay_ms = TOGETHER_MS if max(len(joined), expected_members) > 1 else ALONE_MS
        draft.set_timer(first_beats_key(group_id, longest=False), delay_ms, FirstBeatsOver(group_id))
        return True

    def take(self, draft: Draft, group_id: str) -> list[FirstJoin]:
        """The joins that are to be answered now; nobody waits any more."""
        for longest in (False, True):
            draft.set_timer(first_beats_key(group_id, longest=longest), None)
        return self._joined.pop(group_id, [])
