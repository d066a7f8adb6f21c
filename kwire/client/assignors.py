"""Assign partitions to the members of a classic group, exactly as the assignors of Kafka's Java client do.

members: the topics each member subscribes to, by member id. counts: the number of partitions of each topic.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import cycle
from typing import TYPE_CHECKING, Final

from kwire.client.values import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Assign = Callable[[Mapping[str, Sequence[str]], Mapping[str, int]], dict[str, list[TopicPartition]]]


def by_range(members: Mapping[str, Sequence[str]], counts: Mapping[str, int]) -> dict[str, list[TopicPartition]]:
    """Give each member a contiguous range of every topic; the first members get one more if it does not divide."""
    found: dict[str, list[TopicPartition]] = {member: [] for member in members}
    takers: dict[str, list[str]] = defaultdict(list)
    for member in sorted(members):
        for topic in members[member]:
            takers[topic].append(member)
    for topic in sorted(takers):
        each, more = divmod(counts.get(topic, 0), len(takers[topic]))
        first = 0
        for index, member in enumerate(takers[topic]):
            end = first + each + (index < more)
            found[member] += [TopicPartition(topic, number) for number in range(first, end)]
            first = end
    return found


def by_turns(members: Mapping[str, Sequence[str]], counts: Mapping[str, int]) -> dict[str, list[TopicPartition]]:
    """Deal out all partitions, topic by topic, each to the next member that subscribes to its topic."""
    found: dict[str, list[TopicPartition]] = {member: [] for member in members}
    turn = cycle(sorted(members))
    for topic in sorted({topic for topics in members.values() for topic in topics}):
        for number in range(counts.get(topic, 0)):
            member = next(one for one in turn if topic in members[one])
            found[member].append(TopicPartition(topic, number))
    return found


ASSIGNORS: Final[Mapping[str, Assign]] = {"range": by_range, "roundrobin": by_turns}
"""The assignors by protocol name, the preferred one first."""
