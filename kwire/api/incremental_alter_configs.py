"""IncrementalAlterConfigs (key 44), versions 0-1.

Change single configs of topics, brokers, groups and client metrics subscriptions, and leave the others as they are
(KIP-339). Change levels of a broker's loggers (KIP-412).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.config_alterations import alter
from kwire.broker import loggers
from kwire.broker.config_changes import Operation, alter_incrementally
from kwire.broker.resources import BROKER_LOGGER
from kwire.protocol.messages.incremental_alter_configs import (
    AlterConfigsResourceResponse,
    IncrementalAlterConfigsResponse,
)

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.incremental_alter_configs import AlterableConfig, IncrementalAlterConfigsRequest


async def handle(request: IncrementalAlterConfigsRequest, context: RequestContext) -> IncrementalAlterConfigsResponse:
    """Each resource is altered as a whole, or its row has the error."""

    def change(config: AlterableConfig) -> tuple[str, int, str | None]:
        return config.name, config.config_operation, config.value

    rows = await alter(request.resources, change, alter_incrementally, context, validate_only=request.validate_only)
    for resource, row in zip(request.resources, rows, strict=True):
        if resource.resource_type == BROKER_LOGGER and not row.error_code and not request.validate_only:
            for config in resource.configs:
                loggers.set_level(config.name, config.value if config.config_operation == Operation.SET else None)
    return IncrementalAlterConfigsResponse(responses=[AlterConfigsResourceResponse(*row) for row in rows])
