"""JoinGroup (key 11), versions 0-9.

A member asks to be in the next generation of its group and waits for it; the leader is told who else is.

Versions
    1   rebalance timeout beside the session timeout (KIP-62)
    4   a new member has to come again with the id that it is given (KIP-394)
    5   static members (KIP-345)
    7   protocol type; the protocol's name may be null (KIP-559)
    8   a reason, for the broker's log (KIP-800)
    9   a leader that restarts need not assign again (KIP-814)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from kwire.api.group_coordinator import ask_group
from kwire.coordinator.group.commands import Join
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.join_group import JoinGroupResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.join_group import JoinGroupRequest

REQUIRES_MEMBER_ID_VERSION = 4
NULL_PROTOCOL_VERSION = 7
SKIP_ASSIGNMENT_VERSION = 9


async def handle(request: JoinGroupRequest, context: RequestContext) -> JoinGroupResponse:
    """The member's generation, or why it is in none."""
    try:
        response = await _join(request, context)
    except ApiError as error:
        response = JoinGroupResponse(error_code=error.code, protocol_name=None)
    if response.protocol_name is None and context.api_version < NULL_PROTOCOL_VERSION:
        response.protocol_name = ""
    return response


async def _join(request: JoinGroupRequest, context: RequestContext) -> JoinGroupResponse:
    config = context.broker.config
    if not request.group_id:
        return _refusal(ErrorCode.INVALID_GROUP_ID, request)
    if not (config.group_min_session_timeout_ms <= request.session_timeout_ms <= config.group_max_session_timeout_ms):
        return _refusal(ErrorCode.INVALID_SESSION_TIMEOUT, request)
    command = Join(
        request,
        client_id=context.client_id,
        client_host=f"/{context.connection.peer[0]}",  # as Java writes an address
        requires_member_id=context.api_version >= REQUIRES_MEMBER_ID_VERSION,
        can_skip_assignment=context.api_version >= SKIP_ASSIGNMENT_VERSION,
        expected_members=context.cluster.groups.expected_members(request.group_id),
    )
    return cast("JoinGroupResponse", await ask_group(context, request.group_id, command))


def _refusal(code: ErrorCode, request: JoinGroupRequest) -> JoinGroupResponse:
    return JoinGroupResponse(error_code=code, member_id=request.member_id, protocol_name=None)
