"""LeaveGroup (key 13), versions 0-5.

Members are out at once, without waiting for their session timeout.

Versions
    3   several members at once; static ones by their instance id alone (KIP-345)
    5   a reason, for the broker's log (KIP-800)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.group_coordinator import ask_group
from kwire.coordinator.group.commands import Leave
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.leave_group import LeaveGroupResponse, MemberIdentity, MemberResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.leave_group import LeaveGroupRequest

SEVERAL_MEMBERS_VERSION = 3


async def handle(request: LeaveGroupRequest, context: RequestContext) -> LeaveGroupResponse:
    """A row for each member; before version 3 the error of the only one."""
    several = context.api_version >= SEVERAL_MEMBERS_VERSION
    members = request.members if several else [MemberIdentity(member_id=request.member_id)]
    if not request.group_id:
        return LeaveGroupResponse(error_code=ErrorCode.INVALID_GROUP_ID)
    try:
        rows = await ask_group(context, request.group_id, Leave(request.group_id, members))
    except ApiError as error:
        if error.code != ErrorCode.UNKNOWN_MEMBER_ID:
            return LeaveGroupResponse(error_code=error.code)
        rows = [
            MemberResponse(
                member_id=member.member_id, group_instance_id=member.group_instance_id, error_code=error.code
            )
            for member in members
        ]
    return LeaveGroupResponse(members=rows) if several else LeaveGroupResponse(error_code=rows[0].error_code)
