"""What an assignor is given and gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Assignment: TypeAlias = "dict[bytes, frozenset[int]]"
"""The partitions of one member by topic id; a topic without partitions is not in it."""

MemberT = TypeVar("MemberT")


@dataclass(slots=True)
class MemberSpec:
    """A member as an assignor sees it.

    subscribed: ids of the topics that it names or matches and that exist; assigned: its target assignment until now,
    which shares no partition with that of another member.
    """

    instance_id: str | None
    rack_id: str | None
    subscribed: frozenset[bytes]
    assigned: Mapping[bytes, frozenset[int]]


class Assignor(Protocol):
    """Gives each partition of a subscribed topic to exactly one of its subscribers."""

    def __call__(self, members: Mapping[str, MemberSpec], partitions: Mapping[bytes, int]) -> dict[str, Assignment]:
        """The new target assignment: an entry for each member, in their order.

        partitions: number of partitions by topic id. The order of members breaks ties where their ids do not.

        Raises:
            UnknownTopicError: a member is subscribed to a topic that partitions does not have.
        """


class UnknownTopicError(Exception):
    """A subscribed topic has no number of partitions: the caller leaves out topics that do not exist."""


def subscribers_by_topic(
    members: Iterable[tuple[MemberT, MemberSpec]], partitions: Mapping[bytes, int]
) -> dict[bytes, list[MemberT]]:
    """Who is subscribed to each topic, in the order of members.

    Raises:
        UnknownTopicError: see Assignor.
    """
    subscribers: dict[bytes, list[MemberT]] = {}
    for member, spec in members:
        for topic_id in spec.subscribed:
            subscribers.setdefault(topic_id, []).append(member)
    check_topics(subscribers, partitions)
    return subscribers


def check_topics(subscribed: Iterable[bytes], partitions: Mapping[bytes, int]) -> None:
    """Each subscribed topic has a number of partitions.

    Raises:
        UnknownTopicError: see Assignor.
    """
    for topic_id in subscribed:
        if topic_id not in partitions:
            raise UnknownTopicError(topic_id.hex())
