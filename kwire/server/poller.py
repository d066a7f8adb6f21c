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

from kwire.limits import LONG_RECEIVE_BYTES, RECEIVE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[memoryview, float], bool]
    """Called with a buffer that it may use until it returns, and the time (by the poller's clock)."""

logger = logging.getLogger("kwire.server")

AVAILABLE: Final = sys.platform == "linux" and hasattr(select, "epoll")

SOCKETS_A_TURN: Final = 64
"""Sockets served in a row before other tasks get their turn."""


class _Visit:
    """A task that has left its socket here."""

    __slots__ = ("error", "task", "work")

    def __init__(self, work: Work) -> None:
        self.task = trio.lowlevel.current_task()
        self.work = work
        self.error: BaseException | None = None


class Poller:
    """The sockets whose tasks wait in serve()."""

    __slots__ = ("_buffer", "_clock_s", "_epoll", "_long_buffer", "_visits")

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._buffer = memoryview(bytearray(RECEIVE_BYTES))
        self._long_buffer: memoryview | None = None
        self._clock_s = clock_s
        self._epoll = select.epoll()
        self._visits: dict[int, _Visit] = {}

    @property
    def long_buffer(self) -> memoryview:
        """Where any task may receive a long request's bytes, if it uses them before it waits again."""
        if self._long_buffer is None:
            self._long_buffer = memoryview(bytearray(LONG_RECEIVE_BYTES))
        return self._long_buffer

    async def run(self) -> None:
        """Work is done as sockets become readable, until this is cancelled.

        A bug met at one socket is logged, and the others go on.
        """
        while True:
            await trio.lowlevel.wait_readable(self._epoll.fileno())
            now_s = self._clock_s()
            for descriptor, _ in self._epoll.poll(0, SOCKETS_A_TURN):
                visit = self._visits.get(descriptor)
                if visit is None:  # it was cancelled meanwhile
                    continue
                try:
                    self._work(descriptor, visit, now_s)
                except Exception:
                    logger.exception("bug in the poller")

    def _work(self, descriptor: int, visit: _Visit, now_s: float) -> None:
        try:
            if visit.work(self._buffer, now_s):
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

    async def serve(self, descriptor: int, work: Work) -> None:
        """Whenever the socket was readable, work was called, by another task, until it gave False.

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
