"""Encoded Metadata replies, kept for clients that ask the same again.

A reply without an error says what the metadata image says, at the address that the client reached its broker by; so it
is good for one version of the image, and for every client with the same question and the same way here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.limits import KEPT_METADATA_BYTES, MAX_KEPT_REPLY_BYTES

if TYPE_CHECKING:
    from collections.abc import Hashable


class MetadataReplies:
    """One broker's."""

    __slots__ = ("_kept_bytes", "_replies", "_version")

    def __init__(self) -> None:
        self._version = -1
        self._replies: dict[Hashable, bytes] = {}
        self._kept_bytes = 0

    def find(self, version: int, question: Hashable) -> bytes | None:
        """What keep() was given for the question, if the image's version is still the same."""
        return self._replies.get(question) if version == self._version else None

    def keep(self, version: int, question: Hashable, asked_bytes: int, reply: bytes) -> None:
        """The reply is found while the image has that version; when the room is full, all others are forgotten.

        asked_bytes: what the question takes.
        """
        size_bytes = asked_bytes + len(reply)
        if size_bytes > MAX_KEPT_REPLY_BYTES:
            return
        if version != self._version or self._kept_bytes + size_bytes > KEPT_METADATA_BYTES:
            self._version, self._replies, self._kept_bytes = version, {}, 0
        self._replies[question] = reply
        self._kept_bytes += size_bytes
