"""ListGroups (key 16), versions 0-5.

The groups that the broker coordinates, of whatever kind.

Versions
    4   only groups in some states (KIP-518)
    5   only groups of some types (KIP-848)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.coordinator.group.commands import ListGroups
from kwire.protocol.errors import ApiError
from kwire.protocol.messages.list_groups import ListGroupsResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.list_groups import ListGroupsRequest


async def handle(request: ListGroupsRequest, context: RequestContext) -> ListGroupsResponse:
    """A row for each group; an error while some of them are being loaded."""
    coordinators = context.cluster.groups
    command = ListGroups(request.states_filter, request.types_filter)
    try:
        found = await coordinators.ask_all(context.broker.node_id, command)
    except ApiError as error:
        return ListGroupsResponse(error_code=error.code)
    return ListGroupsResponse(groups=[row for rows in found for row in rows])
