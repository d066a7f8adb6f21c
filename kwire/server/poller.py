"""Poller: one task that serves many sockets for as long as nothing has to be waited for.

trio arms a socket anew and switches to its task for every read. Where requests are small that costs more than
answering them, so a session that only waits for its client's next request leaves its socket here: all sockets that
have become readable are found by one system call, and each session's work is called in this task. When that work says
that it needs its own task (a handler waits, the client reads slowly, a long request arrives), the session wakes up and
goes on by itself, until it comes back.
"""

from __future__ import annotations

import logging
import select
import sys
from typing import TYPE_CHECKING, Final

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("kwire.server")

AVAILABLE: Final = sys.platform == "linux" and hasattr(select, "epoll")

SOCKETS_A_TURN: Final = 64
"""Sockets served in a row before other tasks get their turn."""


class _Visit:
    """A task that has left its socket here."""

    __slots__ = ("error", "task", "work")

    def __init__(self, work: Callable[[], bool]) -> None:
        self.task = trio.lowlevel.current_task()
        self.work = work
        self.error: BaseException | None = None


class Poller:
    """The sockets whose tasks wait in serve()."""

    __slots__ = ("_epoll", "_visits")

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._visits: dict[int, _Visit] = {}

    async def run(self) -> None:
        """Work is done as sockets become readable, until this is cancelled.

        A bug met at one socket is logged, and the others go on.
        """
        while True:
            await trio.lowlevel.wait_readable(self._epoll.fileno())
            for descriptor, _ in self._epoll.poll(0, SOCKETS_A_TURN):
                visit = self._visits.get(descriptor)
                if visit is None:  # it was cancelled meanwhile
                    continue
                try:
                    self._work(descriptor, visit)
                except Exception:
                    logger.exception("bug in the poller")

    def _work(self, descriptor: int, visit: _Visit) -> None:
        try:
            if visit.work():
                return
        except BaseException as error:  # noqa: BLE001 - it belongs to the other task
            visit.error = error
        if self._visits.get(descriptor) is not visit:
            return  # its work led to its own cancellation, which has woken the task already
        try:
            self._leave(descriptor)
        finally:
            trio.lowlevel.reschedule(visit.task)

    def _leave(self, descriptor: int) -> None:
        del self._visits[descriptor]
        self._epoll.unregister(descriptor)

    async def serve(self, descriptor: int, work: Callable[[], bool]) -> None:
        """work() was called, by another task, whenever the socket was readable, until it gave False.

        work must neither wait nor use anything that belongs to a task. What it raises is raised here. The socket stays
        open meanwhile.
        """
        visit = _Visit(work)
        self._visits[descriptor] = visit
        self._epoll.register(descriptor, select.EPOLLIN)

        def abort(_: object) -> trio.lowlevel.Abort:
            self._leave(descriptor)
            return trio.lowlevel.Abort.SUCCEEDED

        try:
            await trio.lowlevel.wait_task_rescheduled(abort)
        finally:
            if visit.error is not None:  # work may raise after it led to a cancellation
                raise visit.error

    def close(self) -> None:
        """Nobody waits here any more, and nobody will."""
        self._epoll.close()
