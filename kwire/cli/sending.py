"""Sends record lines through an idempotent kafka-python producer, in order and with a bounded number on their way.

It imports kafka-python, so commands import it when they run.
"""

from __future__ import annotations

import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from kafka.errors import KafkaError
from kafka.serializer import Serializer

from kwire.cli.connection import explain
from kwire.cli.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwire.cli.connection import Connection
    from kwire.record_lines import RecordLine

UNCONFIRMED_BYTES: Final = 16 * 2**20
"""So much is on its way before the oldest record is waited for: a few requests for each broker."""

RECORD_OVERHEAD_BYTES: Final = 200
"""What a record takes besides its key and value while it is on its way."""

CONFIRMATION_S: Final = 150
"""The producer gives up after its delivery.timeout.ms, which is 120 s by default; this only catches a stuck library."""

BATCH_BYTES: Final = 256 * 2**10
REQUEST_BYTES_MAX: Final = 100 * 10**6
"""The broker's limit counts, not the client library's default of 1 MiB."""


class Sender:
    """Sends record after record; the first that is refused stops it."""

    def __init__(self, producer: Any) -> None:
        self.confirmed = 0
        self._producer = producer
        self._sent: deque[tuple[Any, int]] = deque()
        self._unconfirmed_bytes = 0

    def send(self, record: RecordLine) -> None:
        """The record is on its way.

        Raises:
            Failed: it, or an earlier one, was refused.
        """
        size_bytes = len(record.key or b"") + len(record.value or b"") + RECORD_OVERHEAD_BYTES
        try:
            future = self._producer.send(
                record.topic,
                key=record,
                value=record,
                headers=_Headers(),
                partition=record.partition,
                timestamp_ms=record.timestamp_ms,
            )
        except ValueError as error:  # a partition that the topic does not have
            raise Failed(f"{error}; {self._accepted()}") from error
        self._sent.append((future, size_bytes))
        self._unconfirmed_bytes += size_bytes
        while self._sent and (self._unconfirmed_bytes > UNCONFIRMED_BYTES or self._sent[0][0].is_done):
            self._confirm()

    def finish(self) -> None:
        """All records are written.

        Raises:
            Failed: one was refused.
        """
        self._producer.flush()
        while self._sent:
            self._confirm()

    def _confirm(self) -> None:
        future, size_bytes = self._sent.popleft()
        try:
            future.get(timeout=CONFIRMATION_S)
        except KafkaError as error:
            raise Failed(f"record {self.confirmed + 1} was refused: {explain(error)}; {self._accepted()}") from error
        self._unconfirmed_bytes -= size_bytes
        self.confirmed += 1

    def _accepted(self) -> str:
        return f"the {self.confirmed} before it are written" if self.confirmed else "none was written"


@contextlib.contextmanager
def sender(connection: Connection) -> Iterator[Sender]:
    """A Sender; what was sent is written when this ends without an error.

    Raises:
        Failed: a record was refused, or no broker answers.
    """
    sizes = {"batch_size": BATCH_BYTES, "max_request_size": REQUEST_BYTES_MAX}
    with connection.producer(key_serializer=_Key(), value_serializer=_Value(), **sizes) as producer:
        made = Sender(producer)
        yield made
        made.finish()


# send() wants a key or a value, and bytes in every header. A record may have none of them, so it is sent as its own key
# and its own value, of which these take what they are for.


class _Headers(list[tuple[str, bytes | None]]):
    """Headers; not true, so that the producer does not ask for their values' lengths for its own statistics."""

    def __bool__(self) -> bool:
        return False


class _Key(Serializer):  # type: ignore[misc] # kafka-python has no types
    """Gives a record's key and headers to the producer."""

    def serialize(self, topic: str, headers: list[tuple[str, bytes | None]], record: RecordLine) -> bytes | None:
        """The key; the headers are filled in on the way."""
        headers[:] = record.headers
        return record.key


class _Value(Serializer):  # type: ignore[misc] # as above
    """Gives a record's value to the producer."""

    def serialize(self, topic: str, headers: list[tuple[str, bytes | None]], record: RecordLine) -> bytes | None:
        """The value."""
        return record.value
