"""ConsumerGroupDescribe (key 69), versions 0-1.

Consumer groups with what their members consume and should consume; a group of another kind is not found here.

Versions
    1   which protocol a member speaks
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from kwire.api.authorized_operations import GROUP_OPERATIONS
from kwire.api.group_coordinator import ask_group
from kwire.api.turns import LongReply, refuse_repeats
from kwire.coordinator.group.commands import DescribeConsumerGroup
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeResponse, DescribedGroup

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest


async def handle(request: ConsumerGroupDescribeRequest, context: RequestContext) -> ConsumerGroupDescribeResponse:
    """Answer with one row for each group, in the order of the request.

    Raises:
        CloseConnection: the rows would be too many.
    """
    refuse_repeats("ConsumerGroupDescribe", request.group_ids)
    reply = LongReply("ConsumerGroupDescribe", context.cluster.env)
    rows = []
    for group_id in request.group_ids:
        rows.append(await _describe(group_id, context))
        await reply.add(1)
    if request.include_authorized_operations:
        for row in rows:
            if not row.error_code:
                row.authorized_operations = GROUP_OPERATIONS
    return ConsumerGroupDescribeResponse(groups=rows)


async def _describe(group_id: str, context: RequestContext) -> DescribedGroup:
    if not group_id:
        return DescribedGroup(group_id=group_id, error_code=ErrorCode.INVALID_GROUP_ID)
    try:
        return cast("DescribedGroup", await ask_group(context, group_id, DescribeConsumerGroup(group_id)))
    except ApiError as error:
        return DescribedGroup(group_id=group_id, error_code=error.code, error_message=error.message)
