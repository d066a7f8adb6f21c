"""Run a command in an event loop of its own, which Ctrl-C and SIGTERM end in good order."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import trio

SIGNALED = 128
"""The exit code after a signal is this plus its number, as in shells."""


def run(command: Callable[[], Awaitable[Any]]) -> Any:
    """Run the command in an event loop of its own; return its result.

    The first signal cancels it, so that it can clean up, such as leave its group; the result is SIGTERM's exit code
    then. A second signal ends the process at once. A signal that is ignored stays ignored.

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
