"""GroupLedger: what a group's members were told and did, and a check that all of it can be true.

Responses can be out of date: the group may have moved on after the broker wrote one. So take what is Known before each
request, and the response is checked against that only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tests.kit.ledger import Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

K = TypeVar("K")
Partition = tuple[str, int]
"""Topic and partition index."""

NO_GENERATION = -1
NO_OFFSET = -1


@dataclass(frozen=True, slots=True)
class Known:
    """What is certain when a request is sent: newest generation, offsets, owners, members of static instances."""

    era: int
    generation_id: int
    committed: Mapping[Partition, int]
    owners: Mapping[Partition, str]
    instances: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Membership:
    """A process (by name) as a member in one generation or epoch."""

    name: str
    member_id: str
    generation_id: int
    instance_id: str | None = None


@dataclass(slots=True)
class _Holding:
    """The partitions that a process believes to own. live_until_s: the group keeps it at least until then."""

    member: Membership
    partitions: frozenset[Partition]
    live_until_s: float


@dataclass(slots=True)
class GroupLedger:
    """The ledger of one group. Times are seconds of any one clock.

    in_step: all members are in the same generation, as in a classic group; else each has an epoch of its own.
    """

    group_id: str
    in_step: bool = True
    era: int = 0
    generation_id: int = NO_GENERATION
    committed: dict[Partition, int] = field(default_factory=dict)
    owners: dict[Partition, str] = field(default_factory=dict)
    instances: dict[str, str] = field(default_factory=dict)
    _asked: dict[Partition, set[int]] = field(default_factory=dict)
    _consumed: dict[Partition, set[int]] = field(default_factory=dict)
    _assignments: dict[int, dict[str, frozenset[Partition]]] = field(default_factory=dict)
    _holdings: dict[str, _Holding] = field(default_factory=dict)
    _starters: dict[str, str] = field(default_factory=dict)

    def known(self) -> Known:
        """Return what is certain now."""
        return Known(self.era, self.generation_id, self.committed.copy(), self.owners.copy(), self.instances.copy())

    def began_again(self) -> None:
        """Note that the empty group has become one of the other kind, whose generations begin again."""
        self.era += 1
        self.generation_id = NO_GENERATION
        self.owners.clear()
        self.instances.clear()
        self._assignments.clear()
        self._holdings.clear()

    # Who owns what

    def started(self, name: str, instance_id: str) -> None:
        """Note that the process will join as that static instance.

        If another process of that instance still runs, it loses its place before it hears of it; that is its owner's
        mistake.
        """
        former = self._starters.get(instance_id, name)
        self._starters[instance_id] = name
        if former != name:
            self.released(former)

    def joined(self, known: Known, member: Membership) -> None:
        """Note that the member was told to belong to that generation.

        Raises:
            Violation: there had been a newer generation.
        """
        self._check_current(known, member, "joins")
        if member.instance_id is not None:
            _note(self.instances, known.instances, member.instance_id, member.member_id)

    def assigned(
        self, known: Known, member: Membership, partitions: Collection[Partition], now_s: float, live_until_s: float
    ) -> None:
        """Note that the member was told to own exactly these partitions.

        Raises:
            Violation: another member owns one of them, or the generation or the member was given others before.
        """
        given = frozenset(partitions)
        if self.in_step:
            self._check_current(known, member, "is assigned to")
            self._check_generation(member, given)
        if known.era != self.era:
            return
        if self._starters.get(member.instance_id or "", member.name) != member.name:
            for partition in given:
                self.owners.pop(partition, None)  # whether it was replaced already is unknown
            return
        self.generation_id = max(self.generation_id, member.generation_id)
        before = self._holdings.get(member.name)
        for holding in self._holdings.values():
            both = holding.partitions & given
            if both and min(live_until_s, holding.live_until_s) > now_s and holding is not before:
                raise self._violation(member, f"owns {sorted(both)}, and so does {holding.member}")
        for partition in given if before is None else given - before.partitions:
            _note(self.owners, known.owners, partition, member.member_id)
        self._holdings[member.name] = _Holding(member, given, live_until_s)

    def _check_generation(self, member: Membership, given: frozenset[Partition]) -> None:
        generation = self._assignments.setdefault(member.generation_id, {})
        identity = member.instance_id or member.member_id
        before = generation.setdefault(identity, given)
        if before != given:
            raise self._violation(member, f"is given {sorted(given)}, before it was {sorted(before)}")
        for other, theirs in generation.items():
            if other != identity and theirs & given:
                raise self._violation(member, f"and {other} are both given {sorted(theirs & given)}")

    def renewed(self, name: str, live_until_s: float) -> None:
        """Note that the process was told that it still belongs to the group."""
        holding = self._holdings.get(name)
        if holding is not None:
            holding.live_until_s = max(holding.live_until_s, live_until_s)

    def released(self, name: str) -> None:
        """Note that the process owns nothing any more, and knows it."""
        self._holdings.pop(name, None)

    # Offsets

    def ask_to_commit(self, offsets: Mapping[Partition, int]) -> None:
        """Note that these offsets may become committed from now on."""
        for partition, offset in offsets.items():
            self._asked.setdefault(partition, set()).add(offset)

    def accepted(self, known: Known, member: Membership, offsets: Mapping[Partition, int]) -> None:
        """Note that the member was told that its offsets are committed.

        Raises:
            Violation: it had lost its place, or an offset goes back.
        """
        if self.in_step:
            self._check_current(known, member, "commits in")
        holder = known.instances.get(member.instance_id or "", member.member_id)
        if known.era == self.era and holder != member.member_id:
            raise self._violation(member, f"commits, though its instance had become {holder}")
        for partition, offset in offsets.items():
            owner = known.owners.get(partition, member.member_id)
            if known.era == self.era and owner != member.member_id:
                raise self._violation(member, f"commits {offset} of {partition}, which {owner} had taken over")
            self._check_not_before(known, partition, offset)
            self._note_committed(partition, offset)

    def fetched(self, known: Known, partition: Partition, offset: int) -> None:
        """Note that a client was told that this offset is committed, NO_OFFSET for none.

        Raises:
            Violation: it goes back, no member sent it, or a record before it was never consumed.
        """
        self._check_not_before(known, partition, offset)
        if offset != NO_OFFSET and offset not in self._asked.get(partition, ()):
            raise Violation(f"{self.group_id}: {offset} is committed for {partition}, which nobody asked for")
        self.check_consumed(partition, offset)
        self._note_committed(partition, offset)

    def _note_committed(self, partition: Partition, offset: int) -> None:
        if offset != NO_OFFSET:
            self.committed[partition] = max(offset, self.committed.get(partition, NO_OFFSET))

    def _check_not_before(self, known: Known, partition: Partition, offset: int) -> None:
        committed = known.committed.get(partition, NO_OFFSET)
        if offset < committed:
            raise Violation(
                f"{self.group_id}: the committed offset of {partition} goes back from {committed} to {offset}"
            )

    # Records

    def consume(self, partition: Partition, first_offset: int, next_offset: int) -> None:
        """Note that the records between these offsets were processed."""
        self._consumed.setdefault(partition, set()).update(range(first_offset, next_offset))

    def has_consumed(self, partition: Partition, end_offset: int) -> bool:
        """Whether every record before that offset was consumed."""
        return len(self._consumed.get(partition, ())) >= end_offset

    def check_consumed(self, partition: Partition, end_offset: int) -> None:
        """Check that every record before that offset was consumed.

        Raises:
            Violation.
        """
        missing = set(range(end_offset)) - self._consumed.get(partition, set())
        if missing:
            raise Violation(
                f"{self.group_id}: nobody consumed {min(missing)} of {partition}, the group is at {end_offset}"
            )

    def _check_current(self, known: Known, member: Membership, what: str) -> None:
        if known.era == self.era and member.generation_id < known.generation_id:
            raise self._violation(member, f"{what} its generation after {known.generation_id} began")

    def _violation(self, member: Membership, words: str) -> Violation:
        return Violation(f"{self.group_id}: {member} {words}")


def _note(now: dict[K, str], known: Mapping[K, str], key: K, value: str) -> None:
    """Set the key's value; if two were set since known was taken, either may be the last, so forget both."""
    if now.get(key) == known.get(key):
        now[key] = value
    else:
        now.pop(key, None)
