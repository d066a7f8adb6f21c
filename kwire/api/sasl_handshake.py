"""SaslHandshake (key 17), versions 0-1.

No listener asks for authentication yet: a client that tries is told so, instead of being left to try again for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.sasl_handshake import SaslHandshakeResponse

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.sasl_handshake import SaslHandshakeRequest


async def handle(request: SaslHandshakeRequest, context: RequestContext) -> SaslHandshakeResponse:
    """ILLEGAL_SASL_STATE and no mechanisms, as Kafka answers on a PLAINTEXT listener."""
    context.refuse("SASL, but this listener is PLAINTEXT; set security.protocol=PLAINTEXT in the client")
    return SaslHandshakeResponse(error_code=ErrorCode.ILLEGAL_SASL_STATE)
