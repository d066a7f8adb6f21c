"""UnregisterBroker (key 64), version 0.

Kafka removes a broker that will not return from its metadata. kwire refuses: its brokers belong to the process, and a
stopped one can be started again (`kwire broker start`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.unregister_broker import UnregisterBrokerResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.unregister_broker import UnregisterBrokerRequest


async def handle(request: UnregisterBrokerRequest, context: RequestContext) -> UnregisterBrokerResponse:
    """Refuse the request with a reason."""
    node_id = request.broker_id
    if node_id not in context.cluster.image.brokers:
        return UnregisterBrokerResponse(
            error_code=ErrorCode.BROKER_ID_NOT_REGISTERED,
            error_message=f"Broker ID {node_id} is not currently registered",
        )
    return UnregisterBrokerResponse(
        error_code=ErrorCode.INVALID_REQUEST,
        error_message=f"Broker {node_id} belongs to this process; to do without it, start kwire with fewer --brokers",
    )
