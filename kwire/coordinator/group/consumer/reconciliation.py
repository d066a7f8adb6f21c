"""Reconciliation: the next step of a member of a consumer group towards its target assignment.

It first gives up what it should not have, at its old epoch; then it moves to the target's epoch and is given what
nobody else holds any more; the rest follows when it has been released.

Source: KIP-848, "Member State Machine".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kwire.coordinator.group.consumer.member import MemberState, OwnedPartitions, Ownership

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.coordinator.group.consumer.member import HeldPartitions
    from kwire.coordinator.group.topics import Partitions


@dataclass(slots=True, frozen=True)
class Goal:
    """Where a member should come to. is_subscribed: whether it is to the existing topic of that id.

    is_free: whether nobody holds a partition. held: what its client says that it consumes, None where it says nothing.
    """

    target_epoch: int
    target: Partitions
    is_subscribed: Callable[[bytes], bool]
    is_free: Callable[[bytes, int], bool]
    held: HeldPartitions | None


def reconcile(now: Ownership, goal: Goal) -> Ownership:
    """Return what the member consumes after its next step; the same as now if it has to wait."""
    if now.state is MemberState.STABLE and now.epoch == goal.target_epoch:
        return _without_unsubscribed(now, goal)
    if now.state is MemberState.UNREVOKED_PARTITIONS and _holds(goal, now.revoking):
        return _without_unsubscribed(now, goal)
    return _next(now, goal)


def _holds(goal: Goal, revoking: OwnedPartitions) -> bool:
    """Whether the client may still consume partitions that it has to give up."""
    if goal.held is None:
        return True
    return any(partitions & revoking.get(topic_id, {}).keys() for topic_id, partitions in goal.held.items())


def _without_unsubscribed(now: Ownership, goal: Goal) -> Ownership:
    """Drop the partitions of topics to which the member is not subscribed any more."""
    gone = [topic_id for topic_id in now.assigned if not goal.is_subscribed(topic_id)]
    if not gone:
        return now
    assigned = {topic_id: epochs for topic_id, epochs in now.assigned.items() if topic_id not in gone}
    revoking = dict(now.revoking)
    for topic_id in gone:
        revoking[topic_id] = {**revoking.get(topic_id, {}), **now.assigned[topic_id]}
    if _holds(goal, revoking):
        return Ownership(now.epoch, now.epoch, MemberState.UNREVOKED_PARTITIONS, assigned, revoking)
    return replace(now, previous_epoch=now.epoch, assigned=assigned)


def _next(now: Ownership, goal: Goal) -> Ownership:
    assigned: dict[bytes, dict[int, int]] = {}
    revoking: dict[bytes, dict[int, int]] = {}
    added: dict[bytes, set[int]] = {}
    waits = False
    for topic_id in dict.fromkeys((*goal.target, *now.assigned)):
        target = goal.target.get(topic_id, frozenset()) if goal.is_subscribed(topic_id) else frozenset()
        own = now.assigned.get(topic_id, {})
        kept = {partition: epoch for partition, epoch in own.items() if partition in target}
        if kept:
            assigned[topic_id] = kept
        if len(kept) < len(own):
            revoking[topic_id] = {partition: epoch for partition, epoch in own.items() if partition not in target}
        wanted = target - kept.keys()
        # what it has just given up itself is free for it, for nobody else can hold it
        given_up = now.revoking.get(topic_id, {})
        free = {each for each in wanted if each in given_up or goal.is_free(topic_id, each)}
        waits = waits or len(free) < len(wanted)
        if free:
            added[topic_id] = free
    epoch = goal.target_epoch if now.state is MemberState.UNKNOWN else now.epoch
    if revoking and _holds(goal, revoking):
        return Ownership(epoch, now.epoch, MemberState.UNREVOKED_PARTITIONS, assigned, revoking)
    for topic_id, partitions in added.items():
        assigned[topic_id] = {**assigned.get(topic_id, {}), **dict.fromkeys(sorted(partitions), goal.target_epoch)}
    state = MemberState.UNRELEASED_PARTITIONS if waits else MemberState.STABLE
    return Ownership(goal.target_epoch, now.epoch, state, assigned)
