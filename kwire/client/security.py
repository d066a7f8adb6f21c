"""Secure a connection with TLS and SASL.

Source: KIP-43, KIP-152 (SaslAuthenticate), RFC 4616 (PLAIN), RFC 5802 (SCRAM).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from typing import TYPE_CHECKING, Any

import trio

from kwire.client.errors import NotLetIn, NotUnderstood, sentence
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.sasl_authenticate import SaslAuthenticateRequest
from kwire.protocol.messages.sasl_handshake import SaslHandshakeRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from random import Random

    from kwire.client.properties import ClientConfig

    Ask = Callable[[Any], Awaitable[Any]]

HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
NONCE_BYTES = 24
ITERATIONS = range(4096, 1_000_001)
"""RFC 7677: with fewer the password could be guessed; with more the server could stall this client."""


def tls_context(config: ClientConfig) -> ssl.SSLContext | None:
    """Make the TLS context for these properties; None for a protocol without TLS.

    Raises:
        NotLetIn: a certificate or key cannot be read, or they do not belong together.
    """
    if not config.security_protocol.endswith("SSL"):
        return None
    try:
        context = ssl.create_default_context(cafile=config.ssl_cafile)
        context.check_hostname = config.ssl_check_hostname
        if config.ssl_certfile:
            context.load_cert_chain(config.ssl_certfile, config.ssl_keyfile, config.ssl_password)
        if config.ssl_crlfile:
            context.load_verify_locations(config.ssl_crlfile)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        if config.ssl_ciphers:
            context.set_ciphers(config.ssl_ciphers)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise NotLetIn(f"the ssl properties do not work: {reason(error)}") from error
    return context


async def over_tls(stream: trio.abc.Stream, context: ssl.SSLContext, host: str) -> trio.abc.Stream:
    """Encrypt the stream.

    Raises:
        NotLetIn: the server's certificate is not trusted.
        NotUnderstood: the handshake failed otherwise; the server may not speak TLS.
    """
    made = trio.SSLStream(stream, context, server_hostname=host, https_compatible=True)
    try:
        await made.do_handshake()
    except trio.BrokenResourceError as error:
        cause = error.__cause__
        text = f"the TLS handshake failed: {reason(cause or error) or 'the connection was closed'}"
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise NotLetIn(text) from error
        raise NotUnderstood(text) from error
    return made


def reason(error: BaseException) -> str:
    """Describe an error of the operating system or of OpenSSL in short."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)


async def authenticate(ask: Ask, config: ClientConfig, rng: Random) -> None:
    """Authenticate to the broker. ask: sends a request on this connection.

    Raises:
        NotLetIn: the broker does not offer the mechanism, or refuses the credentials.
    """
    mechanism = config.sasl_mechanism or ""
    shaken = await ask(SaslHandshakeRequest(mechanism=mechanism))
    if shaken.error_code == ErrorCode.UNSUPPORTED_SASL_MECHANISM:
        raise NotLetIn(f"it offers no SASL mechanism {mechanism}, but {', '.join(shaken.mechanisms) or 'none'}")
    if shaken.error_code:
        raise NotLetIn(sentence(shaken.error_code))
    steps = _steps(mechanism, config.sasl_username or "", config.sasl_password or "", rng)
    token = next(steps)
    while True:
        answer = await ask(SaslAuthenticateRequest(auth_bytes=token))
        if answer.error_code:
            raise NotLetIn(sentence(answer.error_code, answer.error_message))
        try:
            token = steps.send(bytes(answer.auth_bytes))
        except StopIteration:
            return


def _steps(mechanism: str, user: str, password: str, rng: Random) -> Generator[bytes, bytes, None]:
    """Generate the tokens to send; each answer of the server is sent into the generator."""
    if mechanism == "PLAIN":
        return _plain(user, password)
    return _scram(HASHES[mechanism], user, password, rng)


def _plain(user: str, password: str) -> Generator[bytes, bytes, None]:
    yield f"\0{user}\0{password}".encode()


def _scram(name: str, user: str, password: str, rng: Random) -> Generator[bytes, bytes, None]:
    nonce = base64.b64encode(rng.randbytes(NONCE_BYTES)).decode()
    first = f"n={user.replace('=', '=3D').replace(',', '=2C')},r={nonce}"
    challenge = (yield f"n,,{first}".encode()).decode(errors="replace")
    given = _attributes(challenge)
    try:
        salt, iterations, both = base64.b64decode(given["s"]), int(given["i"]), given["r"]
    except (KeyError, ValueError):
        raise NotLetIn("its SCRAM challenge cannot be read") from None
    if not both.startswith(nonce) or iterations not in ITERATIONS:
        raise NotLetIn("its SCRAM challenge is not to be trusted")
    salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", name)
    final = f"c={base64.b64encode(b'n,,').decode()},r={both}"
    signed = f"{first},{challenge},{final}".encode()
    signature = hmac.digest(hashlib.new(name, client_key).digest(), signed, name)
    proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
    last = _attributes((yield f"{final},p={base64.b64encode(proof).decode()}".encode()).decode(errors="replace"))
    expected = base64.b64encode(hmac.digest(hmac.digest(salted, b"Server Key", name), signed, name))
    if not hmac.compare_digest(last.get("v", "").encode(), expected):
        raise NotLetIn("it does not know the password itself: this is another server")


def _attributes(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(",") if "=" in part)
