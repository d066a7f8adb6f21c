"""How ConsumerGroupDescribe shows a consumer group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.protocol.messages import consumer_group_describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kwire.coordinator.group.consumer.group import ConsumerGroup
    from kwire.coordinator.group.consumer.member import Ownership
    from kwire.coordinator.group.topics import Topics

CLASSIC_MEMBER: Final = 0
CONSUMER_MEMBER: Final = 1
"""ConsumerGroupDescribe's number for members that speak the consumer protocol."""


def described(group: ConsumerGroup, default_assignor: str, topics: Topics) -> consumer_group_describe.DescribedGroup:
    """Return the group's row in ConsumerGroupDescribe; topics that are no more are left out of assignments."""
    return consumer_group_describe.DescribedGroup(
        group_id=group.group_id,
        group_state=group.state_name,
        group_epoch=group.epoch,
        assignment_epoch=group.target_epoch,
        assignor_name=group.preferred_assignor or default_assignor,
        members=[
            consumer_group_describe.Member(
                member_id=member.member_id,
                instance_id=member.subscription.instance_id,
                rack_id=member.subscription.rack_id,
                member_epoch=member.ownership.epoch,
                client_id=member.subscription.client_id,
                client_host=member.subscription.client_host,
                subscribed_topic_names=sorted(member.subscription.topic_names),
                subscribed_topic_regex=member.subscription.regex,
                assignment=_assignment(_held(member.ownership), topics),
                target_assignment=_assignment(group.target_of(member), topics),
                member_type=CONSUMER_MEMBER if member.subscription.classic is None else CLASSIC_MEMBER,
            )
            for member in group.members.values()
        ],
    )


def _held(ownership: Ownership) -> dict[bytes, set[int]]:
    """Return what the member consumes, with partitions that it has been told to give up and may still hold."""
    held: dict[bytes, set[int]] = {}
    for owned in (ownership.assigned, ownership.revoking):
        for topic_id, partitions in owned.items():
            held.setdefault(topic_id, set()).update(partitions)
    return held


def _assignment(assigned: Mapping[bytes, Iterable[int]], topics: Topics) -> consumer_group_describe.Assignment:
    rows = []
    for topic_id, partitions in assigned.items():
        topic = topics.topic_by_id(topic_id)
        if topic is not None:
            rows.append(consumer_group_describe.TopicPartitions(topic_id, topic.name, sorted(partitions)))
    return consumer_group_describe.Assignment(rows)
