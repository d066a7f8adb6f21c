"""How long the first generation of an empty group waits for more members, and for whom.

Consumers that start together shall share at once. Alone, the first one of a classic group would begin a generation that
the others end, and notice it by its heartbeat three seconds later; the first one of a consumer group would be given
everything, and release the others' shares five seconds later. Kafka waits for group.initial.rebalance.delay.ms, in
classic groups only. Where that is 0 a first generation waits for moments, and longer for clients that have just asked
where the group's coordinator is, as all that start do, each on a connection of its own.

A start without groups imports this module, so it holds no named tuples and no protocols at run time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.limits import MAX_AWAITED_CLIENTS, MAX_AWAITED_GROUPS

if TYPE_CHECKING:
    from collections.abc import Hashable, Sized
    from typing import Protocol

    from kwire.coordinator.decision import Waiter

    class Joining(Protocol):
        """A classic group that gathers its first members. expected_members: how many are known to be on their way."""

        expected_members: int

        @property
        def members(self) -> Sized:
            """Those who have come."""

        @property
        def rebalance_timeout_ms(self) -> int:
            """How long a rebalance may take."""

        @property
        def is_gathering(self) -> bool:
            """Whether the first rebalance has begun."""

# Who is on the way, for either kind of group

ASK_TOGETHER_S: Final = 0.03
"""Who asks within this time after another starts together with it. One that asks again elsewhere takes longer."""

REMEMBERED_S: Final = 1.0
"""Who has not joined after this is not waited for."""


class _Askers:
    """Clients that asked one after the other, the last one at last_s."""

    __slots__ = ("clients", "last_s")

    def __init__(self, client: Hashable, last_s: float) -> None:
        self.clients = {client}
        self.last_s = last_s


class Arrivals:
    """Who has just asked for a group's coordinator. Times are of any clock that never goes back."""

    __slots__ = ("_askers",)

    def __init__(self) -> None:
        self._askers: dict[str, _Askers] = {}

    def ask(self, group_id: str, client: Hashable, now_s: float) -> None:
        """Note that the client, or connection, asks."""
        askers = self._askers.get(group_id)
        if askers is None or now_s - askers.last_s > REMEMBERED_S:
            self._askers.pop(group_id, None)
            self._askers[group_id] = _Askers(client, now_s)
            if len(self._askers) > MAX_AWAITED_GROUPS:
                del self._askers[next(iter(self._askers))]
        elif now_s - askers.last_s <= ASK_TOGETHER_S and len(askers.clients) < MAX_AWAITED_CLIENTS:
            askers.clients.add(client)
            askers.last_s = now_s

    def expected(self, group_id: str, now_s: float) -> int:
        """Count the clients that have just asked, one after the other."""
        askers = self._askers.get(group_id)
        return 0 if askers is None or now_s - askers.last_s > REMEMBERED_S else len(askers.clients)


# Classic groups: the first rebalance

FIRST_JOINS_MS = 3
"""Wait this long after the newest member."""

FIRST_JOINS_LONGEST_MS: Final = 50
"""Wait no longer in all, however many come one after the other."""

OTHERS_JOIN_MS: Final = 60
"""FIRST_JOINS_MS while others are on their way: librdkafka looks every 50 ms whether it has a coordinator."""

OTHERS_JOIN_LONGEST_MS: Final = 500
"""FIRST_JOINS_LONGEST_MS while others are on their way."""


def rebalance_wait_ms(group: Joining, initial_delay_ms: int) -> tuple[int, int]:
    """Return how long the first rebalance waits from now on, and again if one comes; and how long in all.

    initial_delay_ms: group.initial.rebalance.delay.ms.
    """
    timeout_ms = group.rebalance_timeout_ms
    if initial_delay_ms > 0:
        return initial_delay_ms, timeout_ms
    if len(group.members) < group.expected_members:
        return OTHERS_JOIN_MS, min(timeout_ms, OTHERS_JOIN_LONGEST_MS)
    return FIRST_JOINS_MS, min(timeout_ms, FIRST_JOINS_LONGEST_MS)


def expect(group: Joining, expected_members: int) -> None:
    """Expect that many, until all who were expected before have come, lest they keep each other waiting."""
    if not group.members or len(group.members) < group.expected_members:
        group.expected_members = max(group.expected_members, expected_members)


def were_last_expected(group: Joining) -> bool:
    """Return whether with the newest member all have come for whom the first rebalance waits longer."""
    return group.is_gathering and len(group.members) == group.expected_members


# Consumer groups: the first heartbeats

ALONE_MS: Final = 3
"""Wait this long for another member that has not been heard of yet."""

TOGETHER_MS: Final = 100
"""Wait this long after the newest of several: librdkafka looks every 50 ms whether it has a coordinator."""

LONGEST_MS: Final = 1_000
"""Wait no longer in all, however many come one after the other."""


class FirstJoin:
    """Who has joined, and the request that waits."""

    __slots__ = ("instance_id", "member_id", "waiter")

    def __init__(self, member_id: str, instance_id: str | None, waiter: Waiter) -> None:
        self.member_id = member_id
        self.instance_id = instance_id
        self.waiter = waiter


class FirstJoins:
    """Joins of empty consumer groups that wait for each other, of the groups of one shard."""

    __slots__ = ("_joined",)

    def __init__(self) -> None:
        self._joined: dict[str, list[FirstJoin]] = {}

    def add(
        self, group_id: str, join: FirstJoin, expected_members: int, *, was_empty: bool
    ) -> tuple[int, int | None] | None:
        """Let the join wait, or return None where it is to be answered at once.

        Return how long the joins of the group wait from now on, in ms; and how long in all, with the first of them.

        expected_members: clients that have just asked for the group's coordinator. was_empty: before this member.
        """
        joined = self._joined.get(group_id)
        is_first = joined is None
        if joined is None:
            if not was_empty or not expected_members:
                return None
            joined = self._joined[group_id] = []
        joined.append(join)
        delay_ms = TOGETHER_MS if max(len(joined), expected_members) > 1 else ALONE_MS
        return delay_ms, LONGEST_MS if is_first else None

    def take(self, group_id: str) -> list[FirstJoin]:
        """Take the joins that are to be answered now; none waits any longer."""
        return self._joined.pop(group_id, [])
