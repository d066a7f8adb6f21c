"""AlterConfigs (key 33), versions 0-2.

Gives topics, brokers, groups and client metrics subscriptions the configs of the request, and takes all others away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.config_alterations import alter
from kwire.broker.config_changes import replace
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.alter_configs import AlterConfigsResourceResponse, AlterConfigsResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.alter_configs import AlterConfigsRequest, AlterConfigsResource
    from kwire.protocol.messages.records.cluster_metadata import ConfigRecord


async def handle(request: AlterConfigsRequest, context: RequestContext) -> AlterConfigsResponse:
    """Each resource is altered as a whole, or its row has the error."""
    cluster = context.broker.cluster

    def decide(resource: AlterConfigsResource) -> list[ConfigRecord]:
        return replace(
            (resource.resource_type, resource.resource_name),
            [(each.name, each.value) for each in resource.configs],
            node_id=context.broker.node_id,
            image=cluster.image,
            configs=cluster.configs,
        )

    errors = await alter(request.resources, decide, context, validate_only=request.validate_only)
    return AlterConfigsResponse(
        responses=[
            AlterConfigsResourceResponse(
                error_code=ErrorCode.NONE if error is None else error.code,
                error_message=None if error is None else error.message,
                resource_type=resource.resource_type,
                resource_name=resource.resource_name,
            )
            for resource, error in zip(request.resources, errors, strict=True)
        ]
    )
