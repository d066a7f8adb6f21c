"""Parking: a request sleeps until one of its partitions is written or changes.

A partition that nobody waits for pays one test of an empty set per append. Nothing can happen
between a look at the partitions and park(), for neither awaits, so no wake-up is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import trio

if TYPE_CHECKING:
    from collections.abc import Iterable


class Waiter:
    """One parked request."""

    __slots__ = ("_event", "_missing_bytes")

    def __init__(self, missing_bytes: int) -> None:
        self._event = trio.Event()
        self._missing_bytes = missing_bytes

    def written(self, size_bytes: int) -> None:
        """A partition has so many bytes more; the request wakes when all that it misses is there."""
        self._missing_bytes -= size_bytes
        if self._missing_bytes <= 0:
            self._event.set()

    def wake(self) -> None:
        """The request looks again at once."""
        self._event.set()

    async def wait_woken(self) -> None:
        """Returns once it is woken."""
        await self._event.wait()


class Parkable(Protocol):
    """What a request can wait for: it calls written() or wake() of its waiters."""

    waiters: set[Waiter]


async def park(partitions: Iterable[Parkable], missing_bytes: int) -> None:
    """Returns when the partitions were written missing_bytes in all, or one of them changed (leader, deletion).

    However it ends, cancelled too, nothing of it is left behind.
    """
    waiter = Waiter(missing_bytes)
    watched = [partition.waiters for partition in partitions]
    for waiters in watched:
        waiters.add(waiter)
    try:
        await waiter.wait_woken()
    finally:
        for waiters in watched:
            waiters.discard(waiter)
