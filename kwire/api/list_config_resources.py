"""ListConfigResources (key 74), versions 0-1.

List the resources whose configs can be described: topics, running brokers, their loggers, and those client metrics
subscriptions and groups that have a config set.

Versions
    0   client metrics subscriptions only (KIP-1000)
    1   all types of resources, or those asked for (KIP-1142)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.broker.resources import BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.list_config_resources import ConfigResource, ListConfigResourcesResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kwire.api.context import RequestContext
    from kwire.broker.metadata import MetadataImage
    from kwire.protocol.messages.list_config_resources import ListConfigResourcesRequest

TYPES: Final = (TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP)


async def handle(request: ListConfigResourcesRequest, context: RequestContext) -> ListConfigResourcesResponse:
    """List all resources of these types, of all types if none is named; an unknown type fails the whole request."""
    types: Iterable[int] = TYPES if context.api_version else (CLIENT_METRICS,)
    if request.resource_types:
        types = dict.fromkeys(request.resource_types)
    if not {*types} <= {*TYPES}:
        return ListConfigResourcesResponse(error_code=ErrorCode.UNSUPPORTED_VERSION)
    image = context.cluster.image
    return ListConfigResourcesResponse(
        config_resources=[ConfigResource(name, kind) for kind in types for name in _names(kind, image)]
    )


def _names(resource_type: int, image: MetadataImage) -> Iterable[str]:
    if resource_type == TOPIC:
        return image.topics
    if resource_type in {BROKER, BROKER_LOGGER}:
        return map(str, image.running)
    return (name for kind, name in image.configs if kind == resource_type)
