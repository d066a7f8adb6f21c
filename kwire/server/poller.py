"""Poller: one task that serves many sockets for as long as nothing has to be waited for.

trio arms a socket anew and switches to its task for every read. Where requests are small that costs more than
answering them, so a session that only waits for its client's next request leaves its socket here: all sockets that
have become readable are found by one system call, and each session's work is called in this task. When that work says
that it needs its own task (a handler waits, the client reads slowly, a long request arrives), the session wakes up and
goes on by itself, until it comes back.

A turn of trio's loop costs half of a small request, and a core that went to sleep takes as long again to wake up. So
while requests come one after the other the poller lingers: for LINGER_S it looks for the next one itself, awake, again
and again for TURN_S, as long as no other task has been scheduled.
"""

from __future__ import annotations

import logging
import os
import select
import sys
import threading
from typing import TYPE_CHECKING, Final

import trio

from kwire.limits import LONG_RECEIVE_BYTES, RECEIVE_BYTES, SOCKETS_A_TURN

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[memoryview, float], bool]
    """Called with a buffer that it may use until it returns, and the time (by the poller's clock)."""

logger = logging.getLogger("kwire.server")

AVAILABLE: Final = sys.platform == "linux" and hasattr(select, "epoll")


LINGER_S: Final = 0.0001
"""How long the poller looks for the next request after one that it has served: a client on this machine needs less."""

SOON_S: Final = 0.0003
"""Only requests that follow each other like this are worth it."""

TURN_S: Final = 0.001
"""After so long it goes back to trio's loop all the same, which knows what else is ready."""


def may_linger() -> bool:
    """Whether nobody is kept from working by it: this thread shares neither its core nor the interpreter's lock."""
    return threading.current_thread() is threading.main_thread() and len(os.sched_getaffinity(0)) > 1


class _Visit:
    """A socket that was left here. task: waits until it gets it back, if there is one."""

    __slots__ = ("error", "task", "work")

    def __init__(self, work: Work, task: trio.lowlevel.Task | None) -> None:
        self.task = task
        self.work = work
        self.error: BaseException | None = None


class _Others(trio.abc.Instrument):
    """Counts how often other tasks than the current one are scheduled."""

    def __init__(self) -> None:
        self.count = 0
        self._own = trio.lowlevel.current_task()

    def task_scheduled(self, task: trio.lowlevel.Task) -> None:
        """Called by trio."""
        if task is not self._own:
            self.count += 1


class Poller:
    """The sockets whose tasks wait in serve().

    lingers: for the only poller of a process, where it may_linger().
    """

    __slots__ = ("_buffer", "_clock_s", "_epoll", "_lingers", "_long_buffer", "_visits")

    def __init__(self, clock_s: Callable[[], float], *, lingers: bool = False) -> None:
        self._buffer = memoryview(bytearray(RECEIVE_BYTES))
        self._long_buffer: memoryview | None = None
        self._clock_s = clock_s
        self._epoll = select.epoll()
        self._lingers = lingers
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
        others = _Others()
        if self._lingers:
            trio.lowlevel.add_instrument(others)
        served_s = float("-inf")
        try:
            while True:
                waiting = others.count  # they may have had no turn yet when this task has the next one
                others.count = 0
                await trio.lowlevel.wait_readable(self._epoll.fileno())
                began_s = now_s = self._clock_s()
                lingers = self._lingers and not waiting and began_s - served_s < SOON_S
                served, served_s = self._serve_ready(now_s), now_s
                while lingers and not others.count and served < SOCKETS_A_TURN:
                    now_s = self._clock_s()
                    if now_s - began_s > TURN_S or now_s - served_s > LINGER_S:
                        break
                    count = self._serve_ready(now_s)
                    if count:
                        served, served_s = served + count, now_s
        finally:
            if self._lingers:
                trio.lowlevel.remove_instrument(others)

    def _serve_ready(self, now_s: float) -> int:
        """The sockets that are readable now have been served; how many that were."""
        ready = self._epoll.poll(0, SOCKETS_A_TURN)
        for descriptor, _ in ready:
            visit = self._visits.get(descriptor)
            if visit is None:  # it was cancelled meanwhile
                continue
            try:
                self._work(descriptor, visit, now_s)
            except Exception:
                logger.exception("bug in the poller")
        return len(ready)

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
            if visit.task is not None:
                trio.lowlevel.reschedule(visit.task)
            elif visit.error is not None:
                raise visit.error

    def _leave(self, descriptor: int) -> None:
        del self._visits[descriptor]
        self._epoll.unregister(descriptor)

    async def serve(self, descriptor: int, work: Work) -> None:
        """Whenever the socket was readable, work was called, by another task, until it gave False.

        work must neither wait nor use anything that belongs to a task. What it raises is raised here. The socket stays
        open meanwhile.
        """
        visit = _Visit(work, trio.lowlevel.current_task())
        self._epoll.register(descriptor, select.EPOLLIN)
        self._visits[descriptor] = visit

        def abort(_: object) -> trio.lowlevel.Abort:
            self._leave(descriptor)
            return trio.lowlevel.Abort.SUCCEEDED

        try:
            await trio.lowlevel.wait_task_rescheduled(abort)
        finally:
            if visit.error is not None:  # work may raise after it led to a cancellation
                raise visit.error

    def watch(self, descriptor: int, work: Work) -> None:
        """As serve, but nobody waits for it: until work gives False, or unwatch(). What it raises is logged."""
        self._epoll.register(descriptor, select.EPOLLIN)
        self._visits[descriptor] = _Visit(work, None)

    def unwatch(self, descriptor: int) -> None:
        """The socket is not watched any more, if it still was."""
        if descriptor in self._visits:
            self._leave(descriptor)

    def close(self) -> None:
        """Nobody waits here any more, and nobody will."""
        self._epoll.close()
