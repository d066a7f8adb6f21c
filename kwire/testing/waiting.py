"""Wait for an embedded cluster: in a thread, in a task of asyncio or trio, or in the cluster's own loop."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Final, TypeVar

import trio

from kwire.testing import actions, groups
from kwire.testing.values import ClusterError, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from concurrent.futures import Future

    from kwire.app import Running
    from kwire.testing.values import Record

T = TypeVar("T")

__tracebackhide__ = True
"""Make pytest show the line of the test, not the frames of this module."""

LOOK_AGAIN_S: Final = 0.005
"""Seconds between two checks of a condition."""

LOOK_UP_S: Final = 0.5
"""Seconds after which a waiting thread checks for Ctrl-C, which Python may miss during a wait for a lock (Windows)."""

ANSWER_S: Final = 60.0
"""Stop waiting after this time for an answer that normally takes milliseconds."""


def result_of(future: Future[T], timeout_s: float = ANSWER_S) -> T:
    """Wait in this thread for the future's result.

    Raises:
        ClusterError: it does not come.
    """
    left_s = timeout_s
    while not future.done():
        if left_s <= 0:
            raise ClusterError(f"the cluster's thread has not answered within {timeout_s:g} s; it is stuck")
        with contextlib.suppress(TimeoutError):
            future.exception(min(left_s, LOOK_UP_S))
        left_s -= LOOK_UP_S
    return _outcome(future)


def _outcome(future: Future[T]) -> T:
    """Return or raise the work's outcome; its own errors without the traceback of the cluster's thread."""
    error = future.exception()
    if isinstance(error, ClusterError | TimeoutError):
        raise error.with_traceback(None)
    return future.result()


async def completed(future: Future[T]) -> T:
    """Wait in this task of asyncio or trio for the future's result. A cancellation does not stop the work."""
    if trio.lowlevel.in_trio_run():
        happened = trio.Event()
        token = trio.lowlevel.current_trio_token()
        _when_done(future, lambda: token.run_sync_soon(happened.set))
        await happened.wait()
    else:
        import asyncio  # noqa: PLC0415 - here it is imported already; nobody else needs it

        loop = asyncio.get_running_loop()
        waiter = asyncio.Event()
        _when_done(future, lambda: loop.call_soon_threadsafe(waiter.set))
        await waiter.wait()
    return _outcome(future)


def _when_done(future: Future[T], tell: Callable[[], object]) -> None:
    def done(_: Future[T]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop of who waited is over
            tell()

    future.add_done_callback(done)


def in_event_loop() -> bool:
    """Whether this thread runs an event loop, which waiting would block."""
    asyncio = sys.modules.get("asyncio")
    asyncio_runs = asyncio is not None and asyncio._get_running_loop() is not None  # noqa: SLF001 - the public one raises
    return asyncio_runs or trio.lowlevel.in_trio_run()


# In the cluster's loop


async def records(
    running: Running, topic: str, count: int, index: int | None, timeout_s: float, *, committed_only: bool
) -> list[Record]:
    """Wait until the topic has this many records; return them."""

    async def arrived() -> list[Record] | None:
        if running.cluster.image.topic(topic) is None:
            return None
        partitions = actions.live_partitions(running.cluster, topic, index)
        if sum(each.high_watermark - each.log_start_offset for each in partitions) < count:
            return None  # there cannot be so many; to read them takes longer than to look
        found = await actions.records(running, topic, index, committed_only=committed_only)
        return found if len(found) >= count else None

    found = await _until(arrived, timeout_s)
    if found is not None:
        return found
    if running.cluster.image.topic(topic) is None:
        raise TimeoutError(f"no topic {topic!r} appeared within {timeout_s:g} s")
    where = topic if index is None else TopicPartition(topic, index)
    there = await actions.records(running, topic, index, committed_only=committed_only)
    raise TimeoutError(f"{where} has {len(there)} of {count} records after {timeout_s:g} s")


async def consumed(running: Running, group_id: str, topics: Sequence[str], timeout_s: float) -> None:
    """Wait until the group has committed past all records of the topics."""
    missing = None

    async def nothing_left() -> bool | None:
        nonlocal missing
        missing = await groups.unread(running, group_id, topics)
        return True if missing is not None and not missing else None

    if await _until(nothing_left, timeout_s):
        return
    if missing is None:
        raise TimeoutError(
            f"no group {group_id!r} has joined or committed within {timeout_s:g} s;"
            f" there are {', '.join(repr(each.group_id) for each in await groups.groups(running)) or 'none'}"
        )
    left = ", ".join(f"{count} of {place}" for place, count in missing.items())
    found = await groups.group(running, group_id)
    raise TimeoutError(
        f"the group {group_id!r} ({found.state}, members: {len(found.members)}) has not committed everything within"
        f" {timeout_s:g} s, left are {left}; a consumer has to commit what it has read"
    )


async def _until(condition: Callable[[], Awaitable[T | None]], timeout_s: float) -> T | None:
    """Check the condition until it returns something; return that, or None when the time is up."""
    with trio.move_on_after(timeout_s):
        while True:
            outcome = await condition()
            if outcome is not None:
                return outcome
            await trio.sleep(LOOK_AGAIN_S)
    return None
