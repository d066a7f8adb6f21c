"""Heartbeat (key 12), versions 0-4.

A member shows that it lives, and learns of a rebalance.

Versions
    3   static members (KIP-345)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from kwire.api.coordinators import ask_group
from kwire.coordinator.group.commands import Beat
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.heartbeat import HeartbeatResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.heartbeat import HeartbeatRequest


async def handle(request: HeartbeatRequest, context: RequestContext) -> HeartbeatResponse:
    """Whether the member is still in its generation. While groups are being loaded, it is taken to be."""
    if not request.group_id:
        return HeartbeatResponse(error_code=ErrorCode.INVALID_GROUP_ID)
    try:
        return cast("HeartbeatResponse", await ask_group(context, request.group_id, Beat(request)))
    except ApiError as error:
        if error.code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
            return HeartbeatResponse()
        return HeartbeatResponse(error_code=error.code)
