"""DeleteGroups (key 42), versions 0-3.

Groups without members go, with what they have committed.

Versions
    3   an error message
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.group_coordinator import ask_group
from kwire.coordinator.group.commands import DeleteGroup
from kwire.protocol.errors import ApiError
from kwire.protocol.messages.delete_groups import DeletableGroupResult, DeleteGroupsResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.delete_groups import DeleteGroupsRequest


async def handle(request: DeleteGroupsRequest, context: RequestContext) -> DeleteGroupsResponse:
    """A row for each group, however often it is named."""
    names = dict.fromkeys(request.groups_names)
    return DeleteGroupsResponse(results=[await _delete(group_id, context) for group_id in names])


async def _delete(group_id: str, context: RequestContext) -> DeletableGroupResult:
    try:
        await ask_group(context, group_id, DeleteGroup(group_id))
    except ApiError as error:
        return DeletableGroupResult(group_id=group_id, error_code=error.code, error_message=error.message)
    return DeletableGroupResult(group_id=group_id)
