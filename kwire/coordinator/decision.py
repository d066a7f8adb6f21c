"""Decisions of a coordinator's state machine: records to append, replies to send, timers to set.

A machine decides over a command without a clock, a socket or a log of its own; the runtime carries its decisions out.
State that records hold changes only by replay of a record, so that live requests, restarts and timers take the same
way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from kwire.protocol.records.batch import NO_PRODUCER_ID

if TYPE_CHECKING:
    from collections.abc import Hashable

    from kwire.protocol.schema import Message

Command: TypeAlias = Any
"""A request to a machine: an object of a class that the machine knows."""


class Waiter(Protocol):
    """A request that waits for its reply: the runtime's object, which a machine only keeps and returns."""


@dataclass(slots=True)
class CoordinatorRecord:
    """A record of a coordinator's log, decoded and encoded. value and value_bytes are None for a tombstone."""

    key: Message
    value: Message | None
    key_bytes: bytes
    value_bytes: bytes | None

    @property
    def size_bytes(self) -> int:
        """Return about what it takes in a batch."""
        return len(self.key_bytes) + len(self.value_bytes or b"") + RECORD_OVERHEAD_BYTES


RECORD_OVERHEAD_BYTES = 24
"""Upper bound of a record's lengths, attributes and deltas."""


@dataclass(slots=True)
class Timer:
    """Decide the command after delay_ms, unless the key is set again before. delay_ms None: cancel the timer."""

    key: Hashable
    delay_ms: int | None
    command: Command = None


@dataclass(slots=True)
class Decision:
    """The outcome of one command, carried out in this order: records, replay, timers, replies.

    reply: to the command itself; None where it waits, or where another decision replies. replies: to this or to other
    commands that wait. A reply leaves when the records before it are durable. replayed: so many of the records the
    machine has replayed itself, for the steps after them build on them; after an append that fails it is forgotten.
    """

    reply: Any = None
    records: list[CoordinatorRecord] = field(default_factory=list)
    replies: list[tuple[Waiter, Any]] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    replayed: int = 0


class Machine(Protocol):
    """The state of one shard: what a partition of the coordinator's log says, and what nobody stores."""

    def decide(self, command: Command, now_ms: int, waiter: Waiter | None) -> Decision:
        """Decide over the command at that wall time. waiter: to keep if the reply comes later.

        Raises:
            ApiError: the command is refused, and nothing has changed.
        """
        ...

    def replay(self, record: CoordinatorRecord, producer_id: int = NO_PRODUCER_ID) -> None:
        """Apply the record. producer_id: of the transaction that it belongs to."""
        ...

    def replay_stored(self, key: bytes, value: bytes | None, producer_id: int = NO_PRODUCER_ID) -> None:
        """Apply a record of the log; ignore one of an unknown kind.

        Raises:
            ProtocolError: it cannot be decoded.
        """
        ...

    def end_transaction(self, producer_id: int, *, committed: bool) -> None:
        """Apply or drop what the producer's transaction wrote."""
        ...

    def loaded(self, now_ms: int) -> Decision:
        """Return what follows from the log having been read to its end, mostly timers."""
        ...
