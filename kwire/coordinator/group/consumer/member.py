"""A member of a consumer group: what it has told, and what it consumes. Both are what its two records say.

Source: KIP-848, KIP-1251 (assignment epochs).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from kwire.coordinator.group.topics import Partitions
    from kwire.protocol.messages.records.consumer_offsets import ClassicMemberMetadata, ClassicProtocol

JOINS: Final = 0
"""Member epoch of a joining heartbeat."""
LEAVES: Final = -1
LEAVES_FOR_A_WHILE: Final = -2
"""Member epoch of a static member that leaves and will come back."""
NO_TARGET: Final = -1
"""Target epoch of a deleted group."""

HeldPartitions: TypeAlias = "Mapping[bytes, AbstractSet[int]]"
"""Topic id to partitions, as a client reports to consume them."""
OwnedPartitions: TypeAlias = "Mapping[bytes, Mapping[int, int]]"
"""Topic id to partition to the epoch at which it was assigned."""


class MemberState(IntEnum):
    """A member's progress towards its target; the values are those of its record."""

    STABLE = 0
    UNREVOKED_PARTITIONS = 1
    UNRELEASED_PARTITIONS = 2
    UNKNOWN = 127


@dataclass(slots=True, frozen=True)
class Subscription:
    """A member's subscription. regex: empty for none. classic: its classic protocol, if it speaks that."""

    instance_id: str | None = None
    rack_id: str | None = None
    client_id: str = ""
    client_host: str = ""
    topic_names: frozenset[str] = frozenset()
    regex: str = ""
    rebalance_timeout_ms: int = -1
    server_assignor: str | None = None
    classic: ClassicMemberMetadata | None = None

    @property
    def protocols(self) -> Sequence[ClassicProtocol]:
        """Return its supported classic protocols, the preferred one first."""
        return self.classic.supported_protocols if self.classic is not None else ()


@dataclass(slots=True, frozen=True)
class Ownership:
    """What a member consumes, and its epoch. revoking: partitions that it was told to give up, and may still hold."""

    epoch: int = JOINS
    previous_epoch: int = -1
    state: MemberState = MemberState.STABLE
    assigned: OwnedPartitions = field(default_factory=dict)
    revoking: OwnedPartitions = field(default_factory=dict)

    def is_reconciled_to(self, target_epoch: int) -> bool:
        """Whether it consumes exactly the target of that epoch."""
        return self.state is MemberState.STABLE and self.epoch == target_epoch

    @property
    def partitions(self) -> Partitions:
        """Return all partitions that it may consume now."""
        return {
            topic_id: frozenset({*self.assigned.get(topic_id, ()), *self.revoking.get(topic_id, ())})
            for topic_id in dict.fromkeys((*self.assigned, *self.revoking))
        }

    def assigned_since(self, topic_id: bytes, partition: int) -> int | None:
        """Return the epoch at which the partition was assigned to it; None if it does not hold it."""
        since = self.assigned.get(topic_id, {}).get(partition)
        return self.revoking.get(topic_id, {}).get(partition) if since is None else since


@dataclass(slots=True)
class ConsumerMember:
    """One member. settled_at: what the group and the cluster looked like when nothing was left to be done for it.

    awaits_join: a member of the classic protocol has been told to join again, and a timer waits for it.
    """

    member_id: str
    subscription: Subscription = field(default_factory=Subscription)
    ownership: Ownership = field(default_factory=Ownership)
    settled_at: tuple[int, int] | None = None
    awaits_join: bool = False


@dataclass(slots=True, frozen=True)
class ResolvedExpression:
    """The topics that matched a regular expression at a time. version: of the metadata."""

    topics: frozenset[str]
    version: int
    timestamp_ms: int
