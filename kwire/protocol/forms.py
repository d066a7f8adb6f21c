"""What the requests of one connection have in common, so that further ones need not be decoded.

A client that produces or commits sends the same bytes again and again, but for a few numbers and its records. A form
keeps those bytes beside what they mean, and the bytes that the replies share. All of that follows from the bytes alone,
so nothing that happens to a topic, a group, a broker or a config can make it wrong. Making one costs as much as a dozen
requests: members beat too seldom to be worth it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from kwire.protocol.api_keys import ApiKey

if TYPE_CHECKING:
    from kwire.protocol.frames import RequestHeader
    from kwire.protocol.schema import Message

FORMED: Final = frozenset({ApiKey.PRODUCE, ApiKey.OFFSET_COMMIT})
"""The APIs whose requests have forms."""


class Form(Protocol):
    """What some requests of one API have in common."""

    def read(self, frame: bytearray) -> tuple[RequestHeader, Message] | None:
        """What the frame says, None where it is of another form."""

    def encode_response(self, correlation_id: int, response: Any) -> bytes | None:
        """The whole reply, its size first; None where it is not the usual one, without an error."""


class Forms(Protocol):
    """The forms of one connection's requests of one API."""

    def learn(self, frame: bytearray, header: RequestHeader, request: Any) -> None:
        """Requests like this one, which the frame holds, have a form from now on, unless there are too many."""

    def find(self, frame: bytearray) -> Form | None:
        """The form that the frame may be of."""


def new_forms(api_key: int) -> Forms:
    """No forms yet, of an API that is FORMED."""
    if api_key == ApiKey.PRODUCE:
        from kwire.protocol.produce_forms import ProduceForms  # noqa: PLC0415 - once somebody produces again

        return ProduceForms()
    from kwire.protocol.commit_forms import CommitForms  # noqa: PLC0415 - once a member commits again

    return CommitForms()
