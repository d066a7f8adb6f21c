"""Incremental fetch sessions: a consumer of many partitions names them once, and hears only of those that changed.

A session remembers what was asked of each partition and what was told about it. Every request of a
session carries its epoch, one more than the last one's, so that a lost or repeated request is noticed.
The cache has a bounded number of slots; where they are full, a new session takes the slot of one that
was not used for two minutes, or of an old one that is smaller than itself.

Source: KIP-227; sessions by topic id: KIP-516.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from kwire.protocol.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

NO_SESSION = 0
INITIAL_EPOCH = 0
"""Asks for a new session, and ends the one that is named."""
FINAL_EPOCH = -1
"""Asks for no session, and ends the one that is named."""
MAX_INT32 = 2**31 - 1
EVICTION_AGE_S = 120.0
"""A session may lose its slot when it is older than that to a larger one, when it is unused for that long to any."""
NEVER_TOLD = -2
"""No offset: what the client knows of a partition that it was told nothing about."""

PartitionKey: TypeAlias = tuple[str | bytes, int]
"""(Topic name or topic id, partition index), as the request has it."""


@dataclass(slots=True)
class FetchedPartition:
    """What a consumer wants of one partition, and what it was told about it.

    topic is the name; None where the request named an id that is unknown so far. topic_id is empty in requests by name.
    """

    topic: str | None
    topic_id: bytes
    index: int
    fetch_offset: int
    max_bytes: int
    current_leader_epoch: int
    last_fetched_epoch: int
    told_high_watermark: int = NEVER_TOLD
    told_log_start_offset: int = NEVER_TOLD

    @property
    def key(self) -> PartitionKey:
        """The partition's identity within a session."""
        return self.topic_id or self.topic or "", self.index

    def ask(self, request: FetchedPartition) -> None:
        """The consumer wants what request says; what it was told stays."""
        self.fetch_offset = request.fetch_offset
        self.max_bytes = request.max_bytes
        self.current_leader_epoch = request.current_leader_epoch
        self.last_fetched_epoch = request.last_fetched_epoch


def next_epoch(epoch: int) -> int:
    """The epoch of a session's next request: after 2147483647 comes 1."""
    return 1 if epoch == MAX_INT32 else epoch + 1


@dataclass(slots=True)
class FetchSession:
    """One consumer's session; partitions in the order in which they are to be served."""

    session_id: int
    uses_topic_ids: bool
    created_s: float
    used_s: float
    partitions: dict[PartitionKey, FetchedPartition] = field(default_factory=dict)
    epoch: int = 1
    """The epoch that the next request must have."""

    def serve_last(self, partition: FetchedPartition) -> None:
        """The partition got records now, so the others come before it next time."""
        key = partition.key
        if self.partitions.pop(key, None) is not None:
            self.partitions[key] = partition


class FetchSessions:
    """One broker's sessions.

    slots: max.incremental.fetch.session.cache.slots. clock_s: monotonic seconds.
    """

    def __init__(self, slots: int, clock_s: Callable[[], float], random: Random) -> None:
        self._slots = slots
        self._clock_s = clock_s
        self._random = random
        self._sessions: dict[int, FetchSession] = {}  # the longest unused first

    def __len__(self) -> int:
        return len(self._sessions)

    def create(self, partitions: Iterable[FetchedPartition], *, uses_topic_ids: bool) -> int:
        """The id of a new session of these partitions; NO_SESSION where no slot can be had."""
        asked = {partition.key: partition for partition in partitions}
        now_s = self._clock_s()
        if not self._make_room(len(asked), now_s):
            return NO_SESSION
        session_id = self._random.randrange(1, MAX_INT32)
        while session_id in self._sessions:
            session_id = self._random.randrange(1, MAX_INT32)
        self._sessions[session_id] = FetchSession(session_id, uses_topic_ids, now_s, now_s, asked)
        return session_id

    def resume(
        self,
        session_id: int,
        epoch: int,
        asked: Iterable[FetchedPartition],
        forgotten: Iterable[PartitionKey],
        *,
        uses_topic_ids: bool,
    ) -> FetchSession:
        """The session, with asked added or changed, then forgotten left out; its epoch is the next one.

        A session that has no partition left is ended.

        Raises:
            ApiError: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR.
        """
        session = self._sessions.get(session_id)
        if session is None:
            raise ApiError(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
        if epoch != session.epoch:
            raise ApiError(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
        if uses_topic_ids is not session.uses_topic_ids:
            raise ApiError(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
        partitions = session.partitions
        for partition in asked:
            key = partition.key
            known = partitions.get(key)
            if known is None:
                partitions[key] = partition
            else:
                known.ask(partition)
        for key in forgotten:
            partitions.pop(key, None)
        del self._sessions[session_id]
        if partitions:
            self._sessions[session_id] = session
            session.used_s = self._clock_s()
            session.epoch = next_epoch(session.epoch)
        return session

    def end(self, session_id: int) -> None:
        """There is no session of that id."""
        self._sessions.pop(session_id, None)

    def _make_room(self, size: int, now_s: float) -> bool:
        if len(self._sessions) < self._slots:
            return True
        oldest = next(iter(self._sessions.values()), None)
        if oldest is None:
            return False
        if now_s - oldest.used_s > EVICTION_AGE_S:
            self.end(oldest.session_id)
            return True
        evictable = [session for session in self._sessions.values() if now_s - session.created_s > EVICTION_AGE_S]
        smallest = min(evictable, key=lambda session: len(session.partitions), default=None)
        if smallest is None or len(smallest.partitions) >= size:
            return False
        self.end(smallest.session_id)
        return True
