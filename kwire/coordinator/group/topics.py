"""What a group coordinator knows of topics: a view of the metadata, which stands for it at one version.

Source: KIP-1101 (a hash of the subscribed topics instead of a copy of them).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sized

NO_TOPICS_HASH = 0


class Topic(Protocol):
    """One topic that exists."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def topic_id(self) -> bytes:
        """Its id, 16 bytes."""

    @property
    def partitions(self) -> Sized:
        """As many as it has, numbered from 0."""


class Topics(Protocol):
    """The topics that exist. version: rises with every change."""

    @property
    def version(self) -> int:
        """Rises with every change of the metadata."""

    @property
    def topics(self) -> Mapping[str, Topic]:
        """All of them by name."""

    def topic(self, name: str) -> Topic | None:
        """The topic of that name."""

    def topic_by_id(self, topic_id: bytes) -> Topic | None:
        """The topic with that id."""


def metadata_hash(topics: Topics, names: Iterable[str]) -> int:
    """A hash, int64, of the existing topics of these names with their ids and numbers of partitions; 0 for none.

    It is compared with what this coordinator, or one before it, has stored: another one than Kafka's costs a group that
    is taken over from Kafka one more epoch.
    """
    digest = blake2b(digest_size=8)
    known = NO_TOPICS_HASH
    for name in sorted(names):
        topic = topics.topic(name)
        if topic is not None:
            digest.update(topic.topic_id + len(topic.partitions).to_bytes(4, "big"))
            known = 1
    return int.from_bytes(digest.digest(), "big", signed=True) if known else NO_TOPICS_HASH
