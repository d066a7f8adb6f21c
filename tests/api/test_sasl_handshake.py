"""SaslHandshake on a listener without authentication."""

import pytest

from kwire.api.sasl_handshake import handle
from kwire.protocol import codec
from kwire.protocol.messages.sasl_handshake import SaslHandshakeRequest, SaslHandshakeResponse


@pytest.mark.parametrize("version", [0, 1])
async def test_it_is_answered_as_kafka_does_on_a_plaintext_listener(version, context):
    response = await handle(SaslHandshakeRequest("PLAIN"), context)
    assert codec.encode(response, version).hex() == "002200000000"
    assert codec.decode(SaslHandshakeResponse, version, bytes.fromhex("002200000000")) == response
