"""FindCoordinator (key 10), versions 0-6.

The coordinator of a key is the leader of the key's partition of an internal topic, which is created when the first
client asks, so that it need not ask again.

kwire coordinates no transactions yet. A transactional key is answered with TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
because that is the one error at which every client gives up: the Java client and kafka-python stop at any error that
is not retriable, librdkafka asks again for ever at any other one. Share keys get INVALID_REQUEST, as from a Kafka
broker without a share coordinator.

Versions
    1   key types, error message
    4   several keys at once (KIP-699)
    5   TRANSACTION_ABORTABLE may be answered (KIP-890)
    6   share keys (KIP-932)
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from kwire.api.context import NO_TRANSACTIONS
from kwire.broker.metadata import NO_LEADER
from kwire.cluster.cluster import NO_ENDPOINT
from kwire.cluster.internal_topics import GROUP_TOPIC, partition_for
from kwire.protocol.errors import MALFORMED_REQUEST, ApiError, ErrorCode
from kwire.protocol.messages.find_coordinator import Coordinator, FindCoordinatorResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest

FIRST_BATCHED_VERSION = 4

NO_SHARE_GROUPS = "kwire does not serve share groups yet; use a consumer group"


class KeyType(IntEnum):
    """What a key names."""

    GROUP = 0
    TRANSACTION = 1
    SHARE = 2


async def handle(request: FindCoordinatorRequest, context: RequestContext) -> FindCoordinatorResponse:
    """Each key's coordinator, or the error why it has none."""
    if context.api_version >= FIRST_BATCHED_VERSION:
        rows = [await _row(request.key_type, key, context) for key in request.coordinator_keys]
        return FindCoordinatorResponse(coordinators=rows)
    row = await _row(request.key_type, request.key, context)
    return FindCoordinatorResponse(
        error_code=row.error_code,
        error_message=row.error_message or ErrorCode(row.error_code).name,
        node_id=row.node_id,
        host=row.host,
        port=row.port,
    )


async def _row(key_type: int, key: str, context: RequestContext) -> Coordinator:
    try:
        node_id = await _coordinator(key_type, key, context)
    except ApiError as error:
        host, port = NO_ENDPOINT
        return Coordinator(
            key=key, node_id=NO_LEADER, host=host, port=port, error_code=error.code, error_message=error.message or ""
        )
    host, port = context.endpoint_for(node_id)
    return Coordinator(key=key, node_id=node_id, host=host, port=port, error_code=ErrorCode.NONE, error_message="")


async def _coordinator(key_type: int, key: str, context: RequestContext) -> int:
    if key_type == KeyType.TRANSACTION:
        context.refuse(NO_TRANSACTIONS)
        raise ApiError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, NO_TRANSACTIONS)
    if key_type == KeyType.SHARE:
        context.refuse(NO_SHARE_GROUPS)
        raise ApiError(ErrorCode.INVALID_REQUEST)
    if key_type != KeyType.GROUP:
        raise ApiError(ErrorCode.INVALID_REQUEST, MALFORMED_REQUEST)
    cluster = context.cluster
    try:
        topic = await cluster.ensure_internal_topic(GROUP_TOPIC)
    except ApiError as error:
        raise ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE, error.message) from None
    leader = topic.partitions[partition_for(key, len(topic.partitions))].leader
    if leader == NO_LEADER:
        raise ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    context.cluster.groups.looked_for(key, context.connection.peer)
    return leader
