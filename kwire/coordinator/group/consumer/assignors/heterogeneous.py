"""The `uniform` assignor where members have differing subscriptions.

Partitions that nobody has go to the subscriber with the fewest; then topics are visited in rounds, and partitions move
from their subscriber with the most to the one with the fewest, until nothing moves any more.

Source: KIP-848; Apache Kafka 4.3's uniform assignor.
"""

from __future__ import annotations

from itertools import cycle, islice
from struct import Struct
from typing import TYPE_CHECKING

from kwire.coordinator.group.consumer.assignors.model import subscribers_by_topic
from kwire.limits import MAX_ASSIGNMENT_ROUNDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kwire.coordinator.group.consumer.assignors.model import Assignment, MemberSpec


NOBODY = -1
SIGNED_HALVES = Struct(">qq")
"""Java compares uuids as two signed integers."""


def assign_heterogeneous(members: Mapping[str, MemberSpec], partitions: Mapping[bytes, int]) -> dict[str, Assignment]:
    """An Assignor: see uniform.py.

    O(P + rounds * sum over topics of S log S) for P partitions and the S subscribers of a topic; a topic whose
    subscribers are even already costs O(S).
    """
    draft = _Draft(members, partitions)
    for topic_id in draft.in_order(draft.owners):
        draft.hand_out(topic_id)
    shared = draft.in_order(topic_id for topic_id, subscribers in draft.subscribers.items() if len(subscribers) > 1)
    unmoved = 0
    for topic_id in islice(cycle(shared), MAX_ASSIGNMENT_ROUNDS * len(shared)):
        unmoved = 1 if draft.balance(topic_id) else unmoved + 1
        if unmoved == len(shared):  # a whole round in which at most the first topic changed
            break
    return draft.assignments()


class _Draft:
    """An assignment in the making. Members are known by their indexes here.

    owners: by topic id, the member of each partition, or NOBODY; loads: partitions of each member.
    """

    def __init__(self, members: Mapping[str, MemberSpec], partitions: Mapping[bytes, int]) -> None:
        self.member_ids = list(members)
        self.subscribers = subscribers_by_topic(enumerate(members.values()), partitions)
        self.owners = {topic_id: [NOBODY] * partitions[topic_id] for topic_id in self.subscribers}
        self.loads = [0] * len(members)
        for member, spec in enumerate(members.values()):
            for topic_id in spec.assigned.keys() & spec.subscribed:
                owners, held = self.owners[topic_id], spec.assigned[topic_id]
                self.loads[member] += len(held)
                for partition in held:
                    owners[partition] = member

    def in_order(self, topic_ids: Iterable[bytes]) -> list[bytes]:
        """The topics with the most partitions for a subscriber first, then those with the fewest subscribers."""

        def place(topic_id: bytes) -> tuple[float, int, tuple[int, int]]:
            count = len(self.subscribers[topic_id])
            high, low = SIGNED_HALVES.unpack(topic_id)
            return -len(self.owners[topic_id]) / count, count, (high, low)

        return sorted(topic_ids, key=place)

    def hand_out(self, topic_id: bytes) -> None:
        """Gives each partition that nobody has to the subscriber with the fewest partitions."""
        owners = self.owners[topic_id]
        takers = least_loaded(self._ranked(topic_id), self.loads)
        for partition, owner in enumerate(owners):
            if owner == NOBODY:
                taker = owners[partition] = next(takers)
                self.loads[taker] += 1

    def balance(self, topic_id: bytes) -> bool:
        """Moves partitions of the topic until its subscribers are as even as it can make them; whether any moved."""
        loads = [self.loads[member] for member in self.subscribers[topic_id]]
        if max(loads) - min(loads) <= 1:
            return False
        owners = self.owners[topic_id]
        held: dict[int, list[int]] = {}
        for partition, owner in enumerate(owners):
            held.setdefault(owner, []).append(partition)
        ranked = self._ranked(topic_id)
        moved = False
        takers = least_loaded(ranked, self.loads)
        for giver in most_loaded(list(ranked), self.loads, held):
            taker = next(takers)
            if self.loads[giver] - self.loads[taker] <= 1:
                break
            owners[held[giver].pop()] = taker
            self.loads[giver] -= 1
            self.loads[taker] += 1
            moved = True
        return moved

    def assignments(self) -> dict[str, Assignment]:
        """What has become of it."""
        held: list[dict[bytes, list[int]]] = [{} for _ in self.member_ids]
        for topic_id, owners in self.owners.items():
            for partition, owner in enumerate(owners):
                held[owner].setdefault(topic_id, []).append(partition)
        return {
            member_id: {topic_id: frozenset(partitions) for topic_id, partitions in topics.items()}
            for member_id, topics in zip(self.member_ids, held, strict=True)
        }

    def _ranked(self, topic_id: bytes) -> list[int]:
        """The topic's subscribers, those with the fewest partitions first."""
        return sorted(self.subscribers[topic_id], key=self.loads.__getitem__)


def least_loaded(ranked: Sequence[int], loads: Sequence[int]) -> Iterator[int]:
    """Members without end, each the one with the fewest partitions when the caller adds one to each that it gets.

    ranked: members by their loads, ascending. Constant time a member: all up to `end` have the same load at the
    beginning of a turn.
    """
    end, load = 0, loads[ranked[0]]
    while True:
        while end < len(ranked) and loads[ranked[end]] == load:
            end += 1
        yield from islice(ranked, end)
        load += 1


def most_loaded(ranked: list[int], loads: Sequence[int], held: Mapping[int, Sequence[int]]) -> Iterator[int]:
    """Members that hold something, each the one with the most partitions when the caller takes one from each.

    ranked: members by their loads, ascending; it is changed. Those from `start` to before `end` have the same load at
    the beginning of a turn; those behind `end` have nothing to give.
    """
    start = end = len(ranked)
    load = 0
    while end > 0:
        load = loads[ranked[start - 1]] if start == end else load - 1
        while start > 0 and loads[ranked[start - 1]] == load:
            start -= 1
        for place in range(end - 1, start - 1, -1):
            member = ranked[place]
            if held.get(member):
                yield member
            else:
                end -= 1
                ranked[place], ranked[end] = ranked[end], member
