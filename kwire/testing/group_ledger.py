"""GroupLedger: what a group's members were told and did, and whether all of it can be true.

Answers are late: what a member is told may have been overtaken. So whoever asks takes what is Known first, and only
that is held against the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kwire.testing.ledger import Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Partition = tuple[str, int]
"""Topic and index."""

NO_GENERATION = -1
NO_OFFSET = -1


@dataclass(frozen=True, slots=True)
class Known:
    """What is certain when a request leaves: the newest generation, offsets, and who each static instance is."""

    generation_id: int
    committed: Mapping[Partition, int]
    instances: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Membership:
    """A process (name) as a member of one generation."""

    name: str
    member_id: str
    generation_id: int
    instance_id: str | None = None


@dataclass(slots=True)
class _Holding:
    """What a process believes to own. It counts as live so long: the coordinator keeps it at least until then."""

    member: Membership
    partitions: frozenset[Partition]
    live_until_s: float


@dataclass(slots=True)
class GroupLedger:
    """One group. Times are seconds of any one clock."""

    group_id: str
    generation_id: int = NO_GENERATION
    committed: dict[Partition, int] = field(default_factory=dict)
    instances: dict[str, str] = field(default_factory=dict)
    _asked: dict[Partition, set[int]] = field(default_factory=dict)
    _consumed: dict[Partition, set[int]] = field(default_factory=dict)
    _assignments: dict[int, dict[str, frozenset[Partition]]] = field(default_factory=dict)
    _holdings: dict[str, _Holding] = field(default_factory=dict)
    _starters: dict[str, str] = field(default_factory=dict)

    def known(self) -> Known:
        """What is certain now."""
        return Known(self.generation_id, self.committed.copy(), self.instances.copy())

    # Who owns what

    def started(self, name: str, instance_id: str) -> None:
        """The process is about to become that static instance.

        If another one runs still, that is its owner's mistake: its place is taken away before it hears of it.
        """
        former = self._starters.get(instance_id, name)
        self._starters[instance_id] = name
        if former != name:
            self.released(former)

    def joined(self, known: Known, member: Membership) -> None:
        """The member was told that it belongs to that generation.

        Raises:
            Violation: there had been a newer one.
        """
        self._check_current(known, member, "joins")
        instance_id = member.instance_id
        if instance_id is None:
            return
        if self.instances.get(instance_id) == known.instances.get(instance_id):
            self.instances[instance_id] = member.member_id
        else:
            self.instances.pop(instance_id, None)  # two were told at the same time: nobody knows who was the last one

    def assigned(
        self, known: Known, member: Membership, partitions: Collection[Partition], now_s: float, live_until_s: float
    ) -> None:
        """The member was told that it owns these partitions, and no others.

        Raises:
            Violation: somebody else owns one, or this generation gave it, or the member, something else.
        """
        self._check_current(known, member, "is assigned to")
        self.generation_id = max(self.generation_id, member.generation_id)
        given = frozenset(partitions)
        generation = self._assignments.setdefault(member.generation_id, {})
        identity = member.instance_id or member.member_id
        before = generation.setdefault(identity, given)
        if before != given:
            raise self._violation(member, f"is given {sorted(given)}, before it was {sorted(before)}")
        for other, theirs in generation.items():
            if other != identity and theirs & given:
                raise self._violation(member, f"and {other} are both given {sorted(theirs & given)}")
        if self._starters.get(member.instance_id or "", member.name) != member.name:
            return  # a late answer: it has been replaced
        for holding in self._holdings.values():
            both = holding.partitions & given
            if both and holding.live_until_s > now_s and holding.member.name != member.name:
                raise self._violation(member, f"owns {sorted(both)}, and so does {holding.member}")
        self._holdings[member.name] = _Holding(member, given, live_until_s)

    def renewed(self, name: str, live_until_s: float) -> None:
        """The process was told that it still belongs to the group."""
        holding = self._holdings.get(name)
        if holding is not None:
            holding.live_until_s = max(holding.live_until_s, live_until_s)

    def released(self, name: str) -> None:
        """The process owns nothing any more, and knows it."""
        self._holdings.pop(name, None)

    # Offsets

    def ask_to_commit(self, offsets: Mapping[Partition, int]) -> None:
        """The offsets may be committed from now on."""
        for partition, offset in offsets.items():
            self._asked.setdefault(partition, set()).add(offset)

    def accepted(self, known: Known, member: Membership, offsets: Mapping[Partition, int]) -> None:
        """The member was told that its offsets are committed.

        Raises:
            Violation: it had lost its place, or an offset goes back.
        """
        self._check_current(known, member, "commits in")
        holder = known.instances.get(member.instance_id or "", member.member_id)
        if holder != member.member_id:
            raise self._violation(member, f"commits, though its instance had become {holder}")
        for partition, offset in offsets.items():
            self._check_not_before(known, partition, offset)
            self._note_committed(partition, offset)

    def fetched(self, known: Known, partition: Partition, offset: int) -> None:
        """Somebody was told that this offset is committed, NO_OFFSET for none.

        Raises:
            Violation: it goes back, nobody asked for it, or a record before it was never consumed.
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
        """Somebody has worked on the records between these offsets."""
        self._consumed.setdefault(partition, set()).update(range(first_offset, next_offset))

    def has_consumed(self, partition: Partition, end_offset: int) -> bool:
        """Whether every record before that offset was consumed by somebody."""
        return len(self._consumed.get(partition, ())) >= end_offset

    def check_consumed(self, partition: Partition, end_offset: int) -> None:
        """Every record before that offset was consumed by somebody.

        Raises:
            Violation.
        """
        missing = set(range(end_offset)) - self._consumed.get(partition, set())
        if missing:
            raise Violation(
                f"{self.group_id}: nobody consumed {min(missing)} of {partition}, the group is at {end_offset}"
            )

    def _check_current(self, known: Known, member: Membership, what: str) -> None:
        if member.generation_id < known.generation_id:
            raise self._violation(member, f"{what} its generation after {known.generation_id} began")

    def _violation(self, member: Membership, words: str) -> Violation:
        return Violation(f"{self.group_id}: {member} {words}")
