"""DescribeCluster (key 60), versions 0-2.

Versions
    1   endpoint type: brokers only here, controllers have a listener of their own in Kafka (KIP-919)
    2   stopped brokers on request (KIP-1073)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.authorized_operations import CLUSTER_OPERATIONS, NOT_ASKED
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_cluster import DescribeClusterBroker, DescribeClusterResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.describe_cluster import DescribeClusterRequest

BROKERS = 1
CONTROLLERS = 2
"""Endpoint types."""


async def handle(request: DescribeClusterRequest, context: RequestContext) -> DescribeClusterResponse:
    """The cluster's id, controller and brokers."""
    if request.endpoint_type != BROKERS:
        return _refused(request.endpoint_type, context.api_version)
    cluster = context.cluster
    rows = []
    for broker in cluster.image.brokers.values():
        if not broker.fenced or request.include_fenced_brokers:
            host, port = context.endpoint_for(broker.node_id)
            rows.append(
                DescribeClusterBroker(
                    broker_id=broker.node_id, host=host, port=port, rack=broker.rack, is_fenced=broker.fenced
                )
            )
    wants_operations = request.include_cluster_authorized_operations
    return DescribeClusterResponse(
        error_message=None,
        endpoint_type=BROKERS,
        cluster_id=cluster.cluster_id,
        controller_id=cluster.controller_id,
        brokers=rows,
        cluster_authorized_operations=CLUSTER_OPERATIONS if wants_operations else NOT_ASKED,
    )


def _refused(endpoint_type: int, api_version: int) -> DescribeClusterResponse:
    if endpoint_type == CONTROLLERS:
        code = ErrorCode.MISMATCHED_ENDPOINT_TYPE
        message = "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"
    else:
        code = ErrorCode.UNSUPPORTED_ENDPOINT_TYPE
        message = f"Unsupported endpoint type {endpoint_type}"
    return DescribeClusterResponse(error_code=code if api_version else ErrorCode.INVALID_REQUEST, error_message=message)
