"""Heartbeat (key 12), versions 0-4.

A member shows that it lives, and learns of a rebalance.

Versions
    3   static members (KIP-345)
"""

from __future__ import annotations

from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, cast

from kwire.api.group_coordinator import answer_group
from kwire.coordinator.group.commands import Beat
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.heartbeat import HeartbeatResponse

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from kwire.api.context import RequestContext
    from kwire.protocol.messages.heartbeat import HeartbeatRequest


async def handle(request: HeartbeatRequest, context: RequestContext) -> HeartbeatResponse:
    """Whether the member is still in its generation. While groups are being loaded, it is taken to be."""
    answered = answer(request, context)
    return await answered if iscoroutine(answered) else cast("HeartbeatResponse", answered)


def answer(
    request: HeartbeatRequest, context: RequestContext
) -> HeartbeatResponse | Coroutine[Any, Any, HeartbeatResponse]:
    """As handle; a coroutine only where what came before has to become durable first."""
    if not request.group_id:
        return HeartbeatResponse(error_code=ErrorCode.INVALID_GROUP_ID)
    return answer_group(context, request.group_id, Beat(request), _refused)


def _refused(error: ApiError) -> HeartbeatResponse:
    if error.code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
        return HeartbeatResponse()
    return HeartbeatResponse(error_code=error.code)
