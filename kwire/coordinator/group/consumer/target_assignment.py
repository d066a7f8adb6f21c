"""The target assignment: what each member of a consumer group should consume, by a server-side assignor.

It is computed when the group epoch has moved, for all members at once, and as seldom as the group's
consumer.assignment.interval.ms says.

Source: KIP-848; KIP-1263 (assignment interval).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kwire.coordinator.group.consumer.assignors import Assignor
    from kwire.coordinator.group.consumer.group import ConsumerGroup
    from kwire.coordinator.group.topics import Partitions, Topics


def is_due(group: ConsumerGroup, interval_ms: int, now_ms: int) -> bool:
    """Whether the target has to be computed, and may be by now: at once where the clock was set back."""
    if group.target_epoch >= group.epoch:
        return False
    age_ms = now_ms - group.target_timestamp_ms
    return not 0 <= age_ms < interval_ms


def changed_targets(group: ConsumerGroup, assignor: Assignor, topics: Topics) -> dict[str, Partitions]:
    """What each member should consume, of the members for whom it is something else than before."""
    from kwire.coordinator.group.consumer.assignors import MemberSpec  # noqa: PLC0415 - groups that rest need none of it

    ids: dict[str, bytes] = {}
    partitions: dict[bytes, int] = {}
    for name in group.subscribed_topics:
        topic = topics.topic(name)
        if topic is not None:
            ids[name] = topic.topic_id
            partitions[topic.topic_id] = len(topic.partitions)
    by_names: dict[frozenset[str], frozenset[bytes]] = {}  # most members are subscribed to the same
    specs = {}
    for member in group.members.values():
        names = group.topics_of(member.subscription)
        subscribed = by_names.get(names)
        if subscribed is None:
            subscribed = by_names[names] = frozenset(ids[name] for name in names if name in ids)
        specs[member.member_id] = MemberSpec(
            instance_id=member.subscription.instance_id,
            rack_id=member.subscription.rack_id,
            subscribed=subscribed,
            assigned=group.target_of(member),
        )
    assigned = assignor(specs, partitions)
    return {
        member_id: assigned.get(member_id, {})
        for member_id in group.members
        if assigned.get(member_id, {}) != group.targets.get(member_id)
    }
