"""What a group coordinator knows of topics: a view of the metadata, which stands for it at one version.

Source: KIP-1101 (a hash of the subscribed topics instead of a copy of them).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sized

NO_TOPICS_HASH = 0

Partitions: TypeAlias = "Mapping[bytes, frozenset[int]]"
"""Topic id to partitions."""


class Topic(Protocol):
    """An existing topic."""

    @property
    def name(self) -> str:
        """The topic's name."""

    @property
    def topic_id(self) -> bytes:
        """The topic's id, 16 bytes."""

    @property
    def partitions(self) -> Sized:
        """The number of its partitions, which are numbered from 0."""


class Topics(Protocol):
    """The topics that exist. version: rises with every change."""

    @property
    def version(self) -> int:
        """Rises with every change of the metadata."""

    @property
    def topics(self) -> Mapping[str, Topic]:
        """Return all topics by name."""

    def topic(self, name: str) -> Topic | None:
        """Find the topic of that name."""

    def topic_by_id(self, topic_id: bytes) -> Topic | None:
        """Find the topic with that id."""


class TopicHashes:
    """Hashes of groups' topics, int64. Each topic's is computed once for a number of partitions."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[int, bytes]] = {}

    def of_topics(self, topics: Topics, names: Iterable[str]) -> int:
        """The hash of the existing topics of these names, with their ids and numbers of partitions; 0 for none.

        It is Kafka's, but for the racks of the replicas, which no assignor here looks at.
        """
        found = [topic for name in sorted(names) if (topic := topics.topic(name)) is not None]
        if not found:
            return NO_TOPICS_HASH
        import xxhash  # noqa: PLC0415 - only groups of KIP-848 need it

        digest = xxhash.xxh3_64_intdigest(b"".join(self._of(topic, topics) for topic in found))
        return digest - 2**64 if digest >= 2**63 else digest

    def _of(self, topic: Topic, topics: Topics) -> bytes:
        count = len(topic.partitions)
        known = self._known.get(topic.topic_id)
        if known is None or known[0] != count:
            import xxhash  # noqa: PLC0415 - as in of_topics

            if len(self._known) > len(topics.topics):
                self._known.clear()  # of topics that are no more
            name = topic.name.encode("utf-16-le")
            high, low = topic.topic_id[7::-1], topic.topic_id[:7:-1]
            numbers = struct.pack(f"<{count}i", *range(count))
            text = b"\0" + high + low + name + struct.pack("<ii", len(name) // 2, count) + numbers
            known = self._known[topic.topic_id] = (count, xxhash.xxh3_64_digest(text)[::-1])
        return known[1]
