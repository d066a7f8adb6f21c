"""AlterConfigs (key 33), versions 0-2.

Gives topics, brokers, groups and client metrics subscriptions the configs of the request, and takes all others away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.config_alterations import alter
from kwire.broker.config_changes import replace
from kwire.protocol.messages.alter_configs import AlterConfigsResourceResponse, AlterConfigsResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.alter_configs import AlterableConfig, AlterConfigsRequest


async def handle(request: AlterConfigsRequest, context: RequestContext) -> AlterConfigsResponse:
    """Each resource is altered as a whole, or its row has the error."""

    def change(config: AlterableConfig) -> tuple[str, str | None]:
        return config.name, config.value

    rows = await alter(request.resources, change, replace, context, validate_only=request.validate_only)
    return AlterConfigsResponse(responses=[AlterConfigsResourceResponse(*row) for row in rows])
