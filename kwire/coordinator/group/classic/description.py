"""How DescribeGroups shows a classic group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.coordinator.group.classic.group import State
from kwire.protocol.messages.describe_groups import DescribedGroup, DescribedGroupMember

if TYPE_CHECKING:
    from kwire.coordinator.group.classic.group import ClassicGroup


def described(group: ClassicGroup) -> DescribedGroup:
    """Return the group's row in DescribeGroups; it has metadata and assignments while the group is stable."""
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
