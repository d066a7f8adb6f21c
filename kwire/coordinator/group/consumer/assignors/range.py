"""The `range` assignor: each subscriber of a topic gets a run of consecutive partitions.

Source: KIP-848; Apache Kafka 4.3's RangeAssignor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.coordinator.group.consumer.assignors.model import subscribers_by_topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.coordinator.group.consumer.assignors.model import Assignment, MemberSpec


def assign_range(members: Mapping[str, MemberSpec], partitions: Mapping[bytes, int]) -> dict[str, Assignment]:
    """An Assignor: topics with as many partitions and the same subscribers are co-partitioned.

    What members had before does not count: only their places do. Static members come first, by their instance ids, so
    one that comes back with a new member id gets the same partitions. O(M log M + sum of subscriptions + partitions).
    """
    target: dict[str, Assignment] = {member_id: {} for member_id in members}
    in_order = sorted(members.items(), key=_place)
    for topic_id, subscribers in subscribers_by_topic(in_order, partitions).items():
        share, extra = divmod(partitions[topic_id], len(subscribers))
        end = 0
        for rank, member_id in enumerate(subscribers):
            start, end = end, end + share + (rank < extra)
            if start == end:
                break  # nor is there any for those behind
            target[member_id][topic_id] = frozenset(range(start, end))
    return target


def _place(member: tuple[str, MemberSpec]) -> tuple[bool, bytes]:
    """Static members before the others; texts in the order of their UTF-16 units, which is Java's."""
    member_id, spec = member
    is_dynamic = spec.instance_id is None
    return is_dynamic, (spec.instance_id or member_id).encode("utf-16-be")
