"""The `uniform` assignor: members have as many partitions as each other, and keep what they had as far as that allows.

Source: KIP-848; Apache Kafka 4.3's UniformAssignor. Members with differing subscriptions: see heterogeneous.py.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from kwire.coordinator.group.consumer.assignors.heterogeneous import assign_heterogeneous
from kwire.coordinator.group.consumer.assignors.model import check_topics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.coordinator.group.consumer.assignors.model import Assignment, MemberSpec


def assign_uniform(members: Mapping[str, MemberSpec], partitions: Mapping[bytes, int]) -> dict[str, Assignment]:
    """An Assignor: balance goes before stickiness."""
    subscriptions = {spec.subscribed for spec in members.values()}
    if len(subscriptions) > 1:
        return assign_heterogeneous(members, partitions)
    return _assign_homogeneous(members, partitions, next(iter(subscriptions), frozenset()))


def _assign_homogeneous(
    members: Mapping[str, MemberSpec], partitions: Mapping[bytes, int], subscribed: frozenset[bytes]
) -> dict[str, Assignment]:
    """All members have the same subscription: sizes differ by one at most, and as few partitions move as that allows.

    O(M + P), and a sort of what a member has only where some of it is taken away.
    """
    check_topics(subscribed, partitions)
    waiting = _unowned(members, partitions, subscribed)
    share, extra = divmod(sum(partitions[topic_id] for topic_id in subscribed), len(members) or 1)
    target: dict[str, Assignment] = {}
    vacancies: list[tuple[str, int]] = []
    for index, (member_id, spec) in enumerate(members.items()):
        may_have_extra = extra > 0
        quota = share + may_have_extra
        target[member_id], taken = _keep(spec, subscribed, quota)
        waiting += taken
        vacancy = quota - sum(map(len, target[member_id].values()))
        if vacancy and may_have_extra and len(members) - index > extra:
            # An extra partition is left for those behind who have one already, while there are enough of them.
            vacancy -= 1
            may_have_extra = False
        extra -= may_have_extra
        if vacancy:
            vacancies.append((member_id, vacancy))
    _hand_out(waiting, vacancies, target)
    return target


def _unowned(
    members: Mapping[str, MemberSpec], partitions: Mapping[bytes, int], subscribed: frozenset[bytes]
) -> list[tuple[bytes, int]]:
    """The (topic id, partition) that no member has, in order."""
    owned: dict[bytes, set[int]] = {topic_id: set() for topic_id in sorted(subscribed)}
    for spec in members.values():
        for topic_id, held in spec.assigned.items():
            if topic_id in owned:
                owned[topic_id] |= held
    return [
        (topic_id, partition)
        for topic_id, taken in owned.items()
        for partition in range(partitions[topic_id])
        if partition not in taken
    ]


def _keep(spec: MemberSpec, subscribed: frozenset[bytes], quota: int) -> tuple[Assignment, list[tuple[bytes, int]]]:
    """What a member keeps of its assignment, and what is taken from it because it is above the quota."""
    kept: Assignment = {}
    taken: list[tuple[bytes, int]] = []
    for topic_id in sorted(spec.assigned.keys() & subscribed):
        held = spec.assigned[topic_id]
        if len(held) > quota:
            in_order = sorted(held)
            held = frozenset(in_order[:quota])
            taken += [(topic_id, partition) for partition in in_order[quota:]]
        if held:
            kept[topic_id] = held
            quota -= len(held)
    return kept, taken


def _hand_out(
    waiting: list[tuple[bytes, int]], vacancies: list[tuple[str, int]], target: dict[str, Assignment]
) -> None:
    """Fills the members' vacancies, one member after the other, in the order in which partitions wait."""
    following = iter(waiting)
    for member_id, vacancy in vacancies:
        added: dict[bytes, set[int]] = {}
        for topic_id, partition in islice(following, vacancy):
            added.setdefault(topic_id, set()).add(partition)
        assignment = target[member_id]
        for topic_id, new in added.items():
            assignment[topic_id] = assignment.get(topic_id, frozenset()) | new
