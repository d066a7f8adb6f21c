"""SyncGroup (key 14), versions 0-5.

A member waits for its assignment; the leader brings everybody's.

Versions
    3   static members (KIP-345)
    5   protocol type and name, which have to be there (KIP-559)
"""

from __future__ import annotations

from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, cast

from kwire.api.group_coordinator import answer_group
from kwire.coordinator.group.commands import Sync
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.sync_group import SyncGroupResponse

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from kwire.api.context import RequestContext
    from kwire.protocol.errors import ApiError
    from kwire.protocol.messages.sync_group import SyncGroupRequest

PROTOCOL_VERSION = 5


async def handle(request: SyncGroupRequest, context: RequestContext) -> SyncGroupResponse:
    """The member's assignment, or why it has none."""
    answered = answer(request, context)
    return await answered if iscoroutine(answered) else cast("SyncGroupResponse", answered)


def answer(
    request: SyncGroupRequest, context: RequestContext
) -> SyncGroupResponse | Coroutine[Any, Any, SyncGroupResponse]:
    """As handle; a coroutine only where the leader has to be waited for."""
    if context.api_version >= PROTOCOL_VERSION and (request.protocol_type is None or request.protocol_name is None):
        return SyncGroupResponse(error_code=ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    if not request.group_id:
        return SyncGroupResponse(error_code=ErrorCode.INVALID_GROUP_ID)
    return answer_group(context, request.group_id, Sync(request), _refused)


def _refused(error: ApiError) -> SyncGroupResponse:
    return SyncGroupResponse(error_code=error.code)
