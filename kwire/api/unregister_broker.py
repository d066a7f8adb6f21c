"""UnregisterBroker (key 64), version 0.

Kafka forgets a broker that is gone for good. kwire's cluster has the brokers of its process, which are all there or can
be started again (`kwire broker start`), so it forgets none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.unregister_broker import UnregisterBrokerResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.unregister_broker import UnregisterBrokerRequest


async def handle(request: UnregisterBrokerRequest, context: RequestContext) -> UnregisterBrokerResponse:
    """The reason why not."""
    node_id = request.broker_id
    if node_id not in context.broker.cluster.image.brokers:
        return UnregisterBrokerResponse(
            error_code=ErrorCode.BROKER_ID_NOT_REGISTERED,
            error_message=f"Broker ID {node_id} is not currently registered",
        )
    return UnregisterBrokerResponse(
        error_code=ErrorCode.INVALID_REQUEST,
        error_message=f"Broker {node_id} belongs to this process; to do without it, start kwire with fewer --brokers",
    )
