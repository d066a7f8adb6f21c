"""InitProducerId (key 22), versions 0-5.

An idempotent producer gets a new id with epoch 0, whatever id it had: its old batches stay known under the old one.
Transactional ids are refused with an error on which clients stop at once, until transactions work.

Versions
    3   the producer's current id and epoch (KIP-360); it makes no difference without a transactional id
    4   PRODUCER_FENCED instead of INVALID_PRODUCER_EPOCH (KIP-588)

Source: KIP-98.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.context import NO_TRANSACTIONS
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.init_producer_id import InitProducerIdResponse
from kwire.protocol.records.batch import NO_PRODUCER_EPOCH, NO_PRODUCER_ID

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.init_producer_id import InitProducerIdRequest


async def handle(request: InitProducerIdRequest, context: RequestContext) -> InitProducerIdResponse:
    """A producer id that nobody else has, or the error."""
    try:
        _check(request, context)
        producer_id = context.broker.producer_ids.next()
    except ApiError as error:
        return InitProducerIdResponse(
            error_code=error.code, producer_id=NO_PRODUCER_ID, producer_epoch=NO_PRODUCER_EPOCH
        )
    return InitProducerIdResponse(producer_id=producer_id, producer_epoch=0)


def _check(request: InitProducerIdRequest, context: RequestContext) -> None:
    if request.transactional_id == "":
        raise ApiError(ErrorCode.INVALID_REQUEST)
    if request.transactional_id is not None:
        context.refuse(NO_TRANSACTIONS)
        raise ApiError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    if (request.producer_id == NO_PRODUCER_ID) is not (request.producer_epoch == NO_PRODUCER_EPOCH):
        raise ApiError(ErrorCode.INVALID_REQUEST)
