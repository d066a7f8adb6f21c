"""What clients speak of: partitions, and records as they are read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

EARLIEST: Final = -2
LATEST: Final = -1
"""What ListOffsets takes instead of a time."""


class Address(NamedTuple):
    """Where a broker is."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class TopicPartition(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


class Settled(NamedTuple):
    """What a member of a group has: what it keeps, and goes on reading where it is, and what it is given."""

    kept: frozenset[TopicPartition]
    given: frozenset[TopicPartition]


class ReadRecord(NamedTuple):
    """A record as it was read. timestamp: milliseconds since 1970, -1 for none. appended: when the broker got it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    appended: bool
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
