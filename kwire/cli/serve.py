"""`kwire serve`: runs a broker until Ctrl-C or SIGTERM.

Order matters: the port is bound before the event loop, the engines and the handlers are imported, so a client that
comes early waits in the backlog for a moment instead of being refused.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, NoReturn

from kwire import __version__, descriptors
from kwire.cli.errors import Failed, drop
from kwire.cli.log_lines import start_logging
from kwire.cli.settings import settings
from kwire.server import control_socket
from kwire.server.listener import bind_all
from kwire.settings import CannotStart

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from types import FrameType

    import trio

    from kwire.app import Running
    from kwire.server.listener import Listener
    from kwire.settings import Settings

logger = logging.getLogger("kwire")

KILLED_BY = 128
"""The exit code of a process that a signal ended is this and the signal's number, as shells have it."""
FORCED = 1
"""Exit code when a second signal cuts the clean stop short."""


def run(options: Mapping[str, Sequence[str]]) -> int:
    """Run the brokers until a signal stops them; return the exit code.

    options: the values that were written for each setting.

    Raises:
        UsageError: a setting is wrong.
        Failed: the brokers cannot start with these settings.
    """
    gc.disable()  # until it serves: what a start makes stays
    chosen = settings(options, os.environ)
    start_logging(chosen.log_format, chosen.log_level)
    allowed = descriptors.raise_limit()
    if allowed < descriptors.LEAST:
        raise Failed(
            f"this process may have {allowed} open files and connections, too few for a broker; "
            f"raise the limit (ulimit -n 1024)"
        )
    if os.getpid() == 1:  # a container's first process is deaf to signals that it has no handler for
        signal.signal(signal.SIGTERM, _end)
    try:
        listeners = _listeners(chosen)
        if chosen.ready_file is not None:
            from kwire.cli.readiness import remove_stale

            remove_stale(chosen.ready_file)
        import trio

        trio.run(_serve, chosen, listeners)
    except CannotStart as error:
        raise Failed(str(error)) from None
    except ExceptionGroup as group:  # not except*, out of which some versions of Python raise but groups
        if group.split(CannotStart)[1] is not None:
            raise
        raise Failed(_message(group)) from None
    return 0


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """Ends a start that has not come far: nothing is open that has to be closed."""
    os._exit(KILLED_BY + number)


def _listeners(chosen: Settings) -> list[list[Listener]]:
    """Those that a service manager hands over, else those that are asked for, bound."""
    if "LISTEN_FDS" in os.environ:
        from kwire.server.socket_activation import inherited

        listeners = inherited(os.environ, len(chosen.brokers))
        if listeners is not None:
            return listeners
    return bind_all(chosen)


async def _serve(chosen: Settings, listeners: Sequence[Sequence[Listener]]) -> None:
    import trio

    from kwire.app import running

    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            stopping = trio.CancelScope()
            nursery.start_soon(_stop, signals, stopping)
            with stopping:
                async with running(chosen, listeners=listeners) as started:
                    gc.freeze()  # collections while requests are served need not look at it again
                    gc.enable()
                    with _control_socket(chosen, started) as control:
                        async with _told(chosen, started):
                            _announce(chosen, started.bootstrap)
                            _say_what_has_no_effect(chosen)
                            await _answer_control(control, started)
            nursery.cancel_scope.cancel()
    logger.info("stopped")


@asynccontextmanager
async def _told(chosen: Settings, started: Running) -> AsyncIterator[None]:
    """Those who want to know are told that it serves, and when it stops."""
    if chosen.ready_file is None and "NOTIFY_SOCKET" not in os.environ:
        yield
        return
    from kwire.cli.readiness import told

    async with told(chosen.ready_file, started, os.environ):
        yield


@contextmanager
def _control_socket(chosen: Settings, started: Running) -> Iterator[socket.socket | None]:
    """The socket for `kwire broker`. Where nobody asked for it and it cannot be, the cluster runs without.

    With one broker only, nobody is likely to miss it.
    """
    listener = started.servers[chosen.brokers[0].node_id].listeners[0]
    path = chosen.control
    try:
        if path is None:
            path = control_socket.path_of(chosen.data, listener.host, listener.port)
        bound = control_socket.listen(path)
    except CannotStart as error:
        if chosen.control is not None:
            raise
        level = logging.WARNING if len(chosen.brokers) > 1 else logging.DEBUG
        logger.log(level, "kwire broker will not find this cluster: %s", error)
        yield None
        return
    try:
        yield bound
    finally:
        control_socket.remove(bound, path)


async def _answer_control(bound: socket.socket | None, started: Running) -> None:
    """Runs until cancelled; what the answers need is imported with the first question."""
    import trio

    if bound is None:
        await trio.sleep_forever()
    await trio.lowlevel.wait_readable(bound)
    from kwire.server import control

    await control.serve(bound, started.brokers)


async def _stop(signals: AsyncIterator[int], scope: trio.CancelScope) -> None:
    """The first signal stops the broker cleanly, a second one at once."""
    async for number in signals:
        if scope.cancel_called:
            os._exit(FORCED)
        logger.info("%s: stopping", signal.Signals(number).name)
        scope.cancel()


def _message(group: ExceptionGroup[Exception]) -> str:
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return str(first)


def _say_what_has_no_effect(chosen: Settings) -> None:
    if chosen.config:
        from kwire.broker.config_effects import say_what_has_no_effect

        say_what_has_no_effect(chosen.config)


def _announce(chosen: Settings, bootstrap: str) -> None:
    where = "in memory" if chosen.data is None else f"in {chosen.data}"
    first = bootstrap.partition(",")[0]
    line = (
        f"kwire {__version__} listens on {bootstrap} and keeps its data {where}. Try: kwire -b {first} cluster describe"
    )
    if chosen.log_format == "json":
        logger.info(line)
        return
    try:
        print(line, flush=True)
    except OSError as error:  # nobody reads it, or the disk is full: no reason not to serve
        drop(sys.stdout)
        logger.warning("cannot write to standard output: %s", error.strerror)
