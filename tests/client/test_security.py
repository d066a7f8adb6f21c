"""SASL's steps by the examples of their RFCs. compat/cli/test_security.py tries the rest against Apache Kafka."""

import base64
from types import SimpleNamespace

import pytest

from kwire.client.errors import NotLetIn
from kwire.client.properties import ClientConfig
from kwire.client.security import authenticate

NONCE = "rOprNGfwEbeRWgbNEkqO"
BOTH = NONCE + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
CHALLENGE = f"r={BOTH},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
PROOF = f"c=biws,r={BOTH},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SIGNATURE = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
RNG = SimpleNamespace(randbytes=lambda _: base64.b64decode(NONCE))


class Server:
    """A server that sends these answers in turn, and stores what it receives."""

    def __init__(self, *answers, error=0, offers=("PLAIN",)):
        self.answers = list(answers)
        self.error = error
        self.offers = offers
        self.asked = []

    async def ask(self, request):
        if hasattr(request, "mechanism"):
            return SimpleNamespace(error_code=self.error, mechanisms=list(self.offers))
        self.asked.append(request.auth_bytes.decode())
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            return SimpleNamespace(error_code=answer, error_message=None, auth_bytes=b"")
        return SimpleNamespace(
            error_code=0, error_message=None, auth_bytes=answer if isinstance(answer, bytes) else answer.encode()
        )


def config(mechanism, user="user", password="pencil"):
    return ClientConfig(
        security_protocol="SASL_SSL", sasl_mechanism=mechanism, sasl_username=user, sasl_password=password
    )


async def test_plain():
    server = Server("")
    await authenticate(server.ask, config("PLAIN", "me", "sécret"), RNG)
    assert server.asked == ["\0me\0sécret"]


async def test_scram_as_in_rfc_7677():
    server = Server(CHALLENGE, SIGNATURE)
    await authenticate(server.ask, config("SCRAM-SHA-256"), RNG)
    assert server.asked == [f"n,,n=user,r={NONCE}", PROOF]


async def test_a_name_with_commas_is_escaped():
    server = Server(58)
    with pytest.raises(NotLetIn, match=r"SASL_AUTHENTICATION_FAILED: The user or the password is wrong\."):
        await authenticate(server.ask, config("SCRAM-SHA-512", "a,b=c"), RNG)
    assert server.asked == [f"n,,n=a=2Cb=3Dc,r={NONCE}"]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([CHALLENGE, SIGNATURE.replace("v=6", "v=7")], "it does not know the password itself"),
        ([CHALLENGE, "e=other-error"], "it does not know the password itself"),
        ([CHALLENGE.replace("i=4096", "i=1")], "its SCRAM challenge is not to be trusted"),
        ([CHALLENGE.replace("i=4096", "i=1000001")], "its SCRAM challenge is not to be trusted"),
        ([CHALLENGE, "v=?"], "it does not know the password itself"),
        ([CHALLENGE, "v=é"], "it does not know the password itself"),
        ([b"\xff"], "its SCRAM challenge cannot be read"),
        ([CHALLENGE, b"\xff"], "it does not know the password itself"),
        ([CHALLENGE.replace("r=rO", "r=xx")], "its SCRAM challenge is not to be trusted"),
        (["s=x"], "its SCRAM challenge cannot be read"),
    ],
)
async def test_a_server_that_is_another_is_not_trusted(answers, why):
    with pytest.raises(NotLetIn, match=why):
        await authenticate(Server(*answers).ask, config("SCRAM-SHA-256"), RNG)


async def test_a_mechanism_that_is_not_offered():
    server = Server(error=33, offers=("GSSAPI", "OAUTHBEARER"))
    with pytest.raises(NotLetIn, match="it offers no SASL mechanism PLAIN, but GSSAPI, OAUTHBEARER"):
        await authenticate(server.ask, config("PLAIN"), RNG)
