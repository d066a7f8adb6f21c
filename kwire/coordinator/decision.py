"""What a state machine of a coordinator decides: records to append, replies to send, timers to set.

A machine decides over a command without a clock, a socket or a log of its own; the runtime carries its decisions out.
What a record holds changes only when the record is replayed, so that a live request, a restart and a timer take the
same way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from kwire.protocol.records.batch import NO_PRODUCER_ID

if TYPE_CHECKING:
    from collections.abc import Hashable

    from kwire.protocol.schema import Message

Command: TypeAlias = Any
"""What is asked of a machine: an object of a class that the machine knows."""


class Waiter(Protocol):
    """A request that waits for its reply: the runtime's object, which a machine only keeps and hands back."""


@dataclass(slots=True)
class CoordinatorRecord:
    """A record of a coordinator's log, decoded and encoded. value and value_bytes are None for a tombstone."""

    key: Message
    value: Message | None
    key_bytes: bytes
    value_bytes: bytes | None

    @property
    def size_bytes(self) -> int:
        """About what it takes in a batch."""
        return len(self.key_bytes) + len(self.value_bytes or b"") + RECORD_OVERHEAD_BYTES


RECORD_OVERHEAD_BYTES = 24
"""A record's lengths, attributes and deltas take at most so much."""


@dataclass(slots=True)
class Timer:
    """After delay_ms the command is decided, unless a timer of the same key replaces it. delay_ms None: it is off."""

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
        """What follows from the command at that wall time. waiter: to keep where the reply comes later.

        Raises:
            ApiError: the command is refused, nothing has changed.
        """
        ...

    def replay(self, record: CoordinatorRecord, producer_id: int = NO_PRODUCER_ID) -> None:
        """The record counts. producer_id: of the transaction that it belongs to."""
        ...

    def replay_stored(self, key: bytes, value: bytes | None, producer_id: int = NO_PRODUCER_ID) -> None:
        """A record of the log counts; one of a kind that is not known changes nothing.

        Raises:
            ProtocolError: it cannot be read.
        """
        ...

    def end_transaction(self, producer_id: int, *, committed: bool) -> None:
        """What the producer's transaction wrote counts from now on, or never."""
        ...

    def loaded(self, now_ms: int) -> Decision:
        """What follows from the log having been read to its end, mostly timers."""
        ...
