"""Commands that wait for brokers: one event loop each, which Ctrl-C and SIGTERM end in good order."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import trio

SIGNALED = 128
"""Exit codes of what a signal has ended begin here, as in shells."""


def run(command: Callable[[], Awaitable[Any]]) -> Any:
    """What the command returns, which runs in an event loop of its own.

    The first signal cancels it, so that it puts right what it holds (it leaves its group); SIGTERM's exit code is
    returned then. The second one ends the process at once. A signal that is ignored stays ignored.

    Raises:
        KeyboardInterrupt: at the end, if Ctrl-C was pressed.
    """
    import trio

    pressed: int | None = None
    token: trio.lowlevel.TrioToken | None = None
    scope = trio.CancelScope()

    def note(number: int, frame: object) -> None:
        nonlocal pressed
        if pressed is not None:
            os._exit(SIGNALED + number)
        pressed = number
        if token is not None:
            with suppress(trio.RunFinishedError):
                token.run_sync_soon(scope.cancel)

    async def cancellable() -> Any:
        nonlocal token
        token = trio.lowlevel.current_trio_token()
        if pressed is not None:
            scope.cancel()
        with scope:
            return await command()

    heard = [one for one in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(one) is not signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in heard}
    try:
        result = trio.run(cancellable)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if pressed == signal.SIGINT:
        raise KeyboardInterrupt
    return result if pressed is None else SIGNALED + pressed
