"""What the requests of one connection have in common, so that further ones need not be decoded.

A client that produces or commits sends the same bytes again and again, but for a few numbers and its records. A form
keeps those bytes beside what they mean, and the bytes that the replies share. All of that follows from the bytes alone,
so nothing that happens to a topic, a group, a broker or a config can make it wrong. Making one costs what half a dozen
requests save by it: members beat too seldom to be worth it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from kwire.protocol.frames import RequestHeader
    from kwire.protocol.schema import Message


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
