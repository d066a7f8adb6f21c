"""How groups are listed and described to who administers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.coordinator.group.classic.group import State
from kwire.protocol.messages import consumer_group_describe
from kwire.protocol.messages.describe_groups import DescribedGroup, DescribedGroupMember
from kwire.protocol.messages.list_groups import ListedGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kwire.coordinator.group.classic.group import ClassicGroup
    from kwire.coordinator.group.consumer.group import ConsumerGroup
    from kwire.coordinator.group.consumer.member import Ownership
    from kwire.coordinator.group.group import Group
    from kwire.coordinator.group.topics import Topics

CLASSIC_MEMBER: Final = 0
CONSUMER_MEMBER: Final = 1
"""Which protocol a member of a consumer group speaks, as ConsumerGroupDescribe numbers them."""


def listed(group: Group) -> ListedGroup:
    """The group's row in ListGroups."""
    return ListedGroup(
        group_id=group.group_id,
        protocol_type=group.protocol_type or "",
        group_state=group.state_name,
        group_type=group.group_type,
    )


def described_classic(group: ClassicGroup) -> DescribedGroup:
    """The group's row in DescribeGroups; what members told and got is there while it is stable."""
    stable = group.state is State.STABLE
    return DescribedGroup(
        group_id=group.group_id,
        group_state=group.state_name,
        protocol_type=group.protocol_type or "",
        protocol_data=(group.protocol or "") if stable else "",
        members=[
            DescribedGroupMember(
                member_id=member.member_id,
                group_instance_id=member.instance_id,
                client_id=member.client_id,
                client_host=member.client_host,
                member_metadata=member.metadata(group.protocol) if stable else b"",
                member_assignment=member.assignment,
            )
            for member in group.members.values()
        ],
    )


def described_consumer(
    group: ConsumerGroup, default_assignor: str, topics: Topics
) -> consumer_group_describe.DescribedGroup:
    """The group's row in ConsumerGroupDescribe; topics that are no more are left out of assignments."""
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
    """What the member consumes, with what it has been told to give up and may still hold."""
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
