"""Values of the client: addresses, partitions and records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

EARLIEST: Final = -2
LATEST: Final = -1
"""Special times of ListOffsets."""


class Address(NamedTuple):
    """A broker's address."""

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
    """A member's partitions after a rebalance. kept: read on. given: begin at the committed offset."""

    kept: frozenset[TopicPartition]
    given: frozenset[TopicPartition]


class ReadRecord(NamedTuple):
    """A record as read. timestamp: ms since 1970, -1 for none. appended: whether that is the time of its append."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    appended: bool
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
