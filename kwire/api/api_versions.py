"""ApiVersions (key 18), versions 0-5.

Announce the APIs, versions and features. A request of an unsupported version is answered too, in version 0 and with
UNSUPPORTED_VERSION, because the client cannot know better yet.

Versions
    3   the client's software name and version (KIP-511), features (KIP-584)
    4   features that may be absent
    5   the cluster and node that the client means to reach: REBOOTSTRAP_REQUIRED if it is not this one
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kwire.api.known_clients import knows_newest
from kwire.api.registry import APIS
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.api_versions import (
    ApiVersion,
    ApiVersionsResponse,
    FinalizedFeatureKey,
    SupportedFeatureKey,
)

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.api_versions import ApiVersionsRequest

FIRST_VERSION_WITH_SOFTWARE_NAME: Final = 3

FIRST_VERSION_WITH_LEVEL_ZERO: Final = 4
"""Clients of older versions cannot read a feature whose lowest level is 0."""

FEATURES: Final = {"group.version": range(2), "metadata.version": range(33, 34)}
"""Supported levels of the features that work; the highest is finalized. group.version 1 is KIP-848's groups,
metadata.version 33 the metadata log's record format of Kafka 4.4."""

NO_NODE: Final = -1

_SOFTWARE: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?", re.ASCII)


async def handle(request: ApiVersionsRequest, context: RequestContext) -> ApiVersionsResponse:
    """The whole table, or only an error. What the client told about itself is noted on its connection."""
    if context.api_version >= FIRST_VERSION_WITH_SOFTWARE_NAME:
        error = _refusal(request, context)
        if error is not None:
            return ApiVersionsResponse(error_code=error)
        name, version = request.client_software_name, request.client_software_version
        context.connection.client_software_name = name
        context.connection.client_software_version = version
        context.connection.knows_newest = knows_newest(name, version)
    return ApiVersionsResponse(
        api_keys=[ApiVersion(key, api.announced_min_version, api.max_version) for key, api in APIS.items()],
        supported_features=[
            SupportedFeatureKey(name, levels[0], levels[-1])
            for name, levels in FEATURES.items()
            if levels[0] or context.api_version >= FIRST_VERSION_WITH_LEVEL_ZERO
        ],
        finalized_features_epoch=context.cluster.image.version,
        finalized_features=[FinalizedFeatureKey(name, levels[-1], levels[-1]) for name, levels in FEATURES.items()],
    )


def unsupported_version() -> ApiVersionsResponse:
    """The reply, in version 0, to a version that is not supported: only this API's row."""
    api = APIS[ApiKey.API_VERSIONS]
    return ApiVersionsResponse(
        error_code=ErrorCode.UNSUPPORTED_VERSION,
        api_keys=[ApiVersion(api.key, api.announced_min_version, api.max_version)],
    )


def _refusal(request: ApiVersionsRequest, context: RequestContext) -> ErrorCode | None:
    names = (request.client_software_name, request.client_software_version)
    if not all(map(_SOFTWARE.fullmatch, names)):
        return ErrorCode.INVALID_REQUEST
    if request.cluster_id is None:
        return None if request.node_id == NO_NODE else ErrorCode.INVALID_REQUEST
    if request.cluster_id != context.cluster.cluster_id or request.node_id != context.broker.node_id:
        return ErrorCode.REBOOTSTRAP_REQUIRED
    return None
