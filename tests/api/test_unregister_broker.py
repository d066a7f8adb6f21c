"""UnregisterBroker: no broker of the process is forgotten."""

import pytest

from kwire.api import unregister_broker
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.unregister_broker import UnregisterBrokerRequest, UnregisterBrokerResponse
from tests.kit.cluster import build_cluster, context_of

BELONGS = "Broker {} belongs to this process; to do without it, start kwire with fewer --brokers"
UNKNOWN = "Broker ID {} is not currently registered"


@pytest.mark.parametrize(
    ("node_id", "code", "message"),
    [
        (1, ErrorCode.INVALID_REQUEST, BELONGS),
        (2, ErrorCode.INVALID_REQUEST, BELONGS),
        (3, ErrorCode.BROKER_ID_NOT_REGISTERED, UNKNOWN),
        (-1, ErrorCode.BROKER_ID_NOT_REGISTERED, UNKNOWN),
    ],
)
async def test_why_a_broker_is_not_unregistered(node_id, code, message):
    cluster = build_cluster(2)
    cluster.controller.stop_broker(2)
    request = codec.decode(UnregisterBrokerRequest, 0, codec.encode(UnregisterBrokerRequest(node_id), 0))
    response = await unregister_broker.handle(request, context_of(cluster, 0))
    response = codec.decode(UnregisterBrokerResponse, 0, codec.encode(response, 0))
    assert (response.error_code, response.error_message) == (code, message.format(node_id))
    assert list(cluster.image.brokers) == [1, 2]
