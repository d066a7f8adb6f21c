"""Keyed timers: setting a key again replaces what was set. Most timers are pushed back again and again and never fire.

A heap orders the deadlines; a timer that is pushed back stays where it is in the heap and moves when its turn comes,
so that pushing it back costs no more than an entry in a dictionary.
"""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator


class Timers:
    """Deadlines in seconds of any monotonic clock."""

    __slots__ = ("_armed", "_heap", "_numbers", "_queued")

    def __init__(self) -> None:
        self._armed: dict[Hashable, tuple[float, Any]] = {}
        self._heap: list[tuple[float, int, Hashable]] = []
        self._queued: dict[Hashable, float] = {}
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._armed)

    def arm(self, key: Hashable, deadline_s: float, command: Any) -> None:
        """Make the command due at the deadline, instead of any other one of that key."""
        self._armed[key] = (deadline_s, command)
        queued_s = self._queued.get(key)
        if queued_s is None or deadline_s < queued_s:
            self._queue(key, deadline_s)

    def disarm(self, key: Hashable) -> None:
        """Cancel the timer of that key."""
        self._armed.pop(key, None)

    def disarm_all(self, matches: Callable[[Any], bool]) -> None:
        """Cancel all timers whose key matches."""
        for key in [key for key in self._armed if matches(key)]:
            del self._armed[key]

    @property
    def next_deadline_s(self) -> float | None:
        """Return a time before which no timer is due; None if none is armed."""
        return self._heap[0][0] if self._heap else None

    def due(self, now_s: float) -> Iterator[tuple[Any, Any]]:
        """Remove and return key and command of every timer that is due, in the order of their deadlines."""
        while self._heap and self._heap[0][0] <= now_s:
            queued_s, _, key = heapq.heappop(self._heap)
            if self._queued.get(key) != queued_s:
                continue  # it was pulled forward, and stands in the heap once more
            del self._queued[key]
            armed = self._armed.get(key)
            if armed is None:
                continue
            deadline_s, command = armed
            if deadline_s > now_s:
                self._queue(key, deadline_s)
            else:
                del self._armed[key]
                yield key, command

    def _queue(self, key: Hashable, deadline_s: float) -> None:
        self._queued[key] = deadline_s
        heapq.heappush(self._heap, (deadline_s, next(self._numbers), key))
