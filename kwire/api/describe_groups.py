"""DescribeGroups (key 15), versions 0-6.

Classic groups with their members; a group of another kind is not found here.

Versions
    3   authorized operations (KIP-430)
    4   static members (KIP-345)
    6   an unknown group is an error with a message (KIP-1043)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.authorized_operations import GROUP_OPERATIONS
from kwire.api.group_coordinator import ask_group
from kwire.api.turns import LongReply, refuse_repeats
from kwire.coordinator.group.classic.group import DEAD
from kwire.coordinator.group.commands import DescribeGroup
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.describe_groups import DescribedGroup, DescribeGroupsResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.describe_groups import DescribeGroupsRequest

MISSING_GROUP_VERSION = 6


async def handle(request: DescribeGroupsRequest, context: RequestContext) -> DescribeGroupsResponse:
    """Answer with one row for each group, in the order of the request.

    Raises:
        CloseConnection: the rows would be too many.
    """
    refuse_repeats("DescribeGroups", request.groups)
    reply = LongReply("DescribeGroups", context.cluster.env)
    rows = []
    for group_id in request.groups:
        rows.append(await _describe(group_id, context))
        await reply.add(1)
    if request.include_authorized_operations:
        for row in rows:
            if not row.error_code:
                row.authorized_operations = GROUP_OPERATIONS
    return DescribeGroupsResponse(groups=rows)


async def _describe(group_id: str, context: RequestContext) -> DescribedGroup:
    try:
        row: DescribedGroup = await ask_group(context, group_id, DescribeGroup(group_id))
    except ApiError as error:
        if error.code != ErrorCode.GROUP_ID_NOT_FOUND:
            return DescribedGroup(group_id=group_id, error_code=error.code)
        row = DescribedGroup(group_id=group_id, group_state=DEAD)
        if context.api_version >= MISSING_GROUP_VERSION:
            row.error_code, row.error_message = error.code, error.message
    return row
