"""Run tasks together, and raise their errors bare instead of in groups."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import trio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable


@asynccontextmanager
async def nursery() -> AsyncIterator[trio.Nursery]:
    """Open a trio nursery that raises its first error bare."""
    try:
        async with trio.open_nursery() as opened:
            yield opened
    except BaseExceptionGroup as group:
        error = first(group)
        if error is group:
            raise
        raise error from error.__cause__


def first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Find the first error in the group that is not a cancellation."""
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        rest = [error for error in found.exceptions if not isinstance(error, trio.Cancelled)]
        found = (rest or found.exceptions)[0]
    return found


async def together(functions: Iterable[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """Run the functions concurrently; return their results in order."""
    waiting = list(functions)
    if len(waiting) == 1:
        return [await waiting[0]()]
    results: list[Any] = [None] * len(waiting)

    async def run(index: int) -> None:
        results[index] = await waiting[index]()

    async with nursery() as tasks:
        for index in range(len(waiting)):
            tasks.start_soon(run, index)
    return results
