"""Env: the only door to time, randomness, ids, threads and files.

Everything above this leaf takes an Env instead of asking the operating system,
so that a test replaces the clock, seeds the randomness, runs blocking work
inline and injects disk faults.
"""

from __future__ import annotations

import contextlib
import random
import sys
import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from kwire.files import Files, OsFiles

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

UUID_BYTES = 16


class RunBlocking(Protocol):
    """Runs a function that blocks without blocking the event loop."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Run the function; return its result or raise its exception."""
        ...


def monotonic_s() -> float:
    """Return seconds of the operating system's monotonic clock."""
    return time.monotonic()


def wall_clock_ms() -> int:
    """Return milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


@cache
def unmoved_clocks() -> tuple[Callable[[], float], Callable[[], int]]:
    """Return clocks (monotonic seconds, wall clock in ms) that run on while a test has frozen its process's time.

    freezegun, like other patches of `time`, replaces the module's functions wherever it finds them, by identity: the
    functions of a second instance of the module are safe from it. time-machine changes the C function of the wall clock
    in every instance, but offers the real one meanwhile.
    """
    from importlib.util import module_from_spec  # noqa: PLC0415 - a server needs none of this

    spec = time.__spec__
    assert spec is not None
    assert spec.loader is not None
    own = module_from_spec(spec)
    spec.loader.exec_module(own)
    time_ns: Callable[[], int] = own.time_ns
    modules = sys.modules

    def wall_ms() -> int:
        time_machine = modules.get("time_machine")
        if time_machine is not None:
            original = getattr(time_machine, "escape_hatch", None)  # absent while the module is being imported
            if original is not None and original.is_travelling():
                with contextlib.suppress(ValueError):  # the test has just ended its travel
                    return int(original.time.time_ns()) // 1_000_000
        return time_ns() // 1_000_000

    return own.perf_counter, wall_ms


async def run_in_thread(function: Callable[[], T], /) -> T:
    """Run the function in a worker thread; return its result."""
    import trio  # noqa: PLC0415 - a leaf that pure rooms may import must not load the event loop

    return await trio.to_thread.run_sync(function)


@dataclass(slots=True)
class Env:
    """Time, randomness, ids, threads and files of one process or one simulation.

    clock_s: monotonic seconds (trio.current_time under a running loop, MockClock in tests).
    wall_ms: milliseconds since the Unix epoch.
    """

    clock_s: Callable[[], float] = monotonic_s
    wall_ms: Callable[[], int] = wall_clock_ms
    random: random.Random = field(default_factory=random.SystemRandom)
    run_blocking: RunBlocking = run_in_thread
    files: Files = field(default_factory=OsFiles)

    def new_uuid(self) -> bytes:
        """Return 16 random bytes in the form of a version 4 UUID, never one that Kafka reserves."""
        raw = bytearray(self.random.randbytes(UUID_BYTES))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        return bytes(raw)
