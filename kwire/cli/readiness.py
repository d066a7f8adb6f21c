"""Who is told when the cluster serves: a ready file (`--ready-file`) and the service manager (NOTIFY_SOCKET).

Ready means that a client's first request succeeds: the topics are there, records of `--load` are readable, stored
groups are loaded. Source of what a service manager is told: sd_notify(3), sd_watchdog_enabled(3).
"""

# Paths are strings, as everywhere on the way to the first client.
# ruff: noqa: PTH108

from __future__ import annotations

import json
import logging
import os
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import trio

from kwire.files import OsFiles, read_file, replace_file
from kwire.settings import CannotStart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from kwire.app import Running

logger = logging.getLogger("kwire")

NOTIFY_VARIABLE: Final = "NOTIFY_SOCKET"
WATCHDOG_SHARE: Final = 2
"""The service manager hears of us so many times in the time after which it takes us for stuck."""


@asynccontextmanager
async def told(ready_file: str | None, started: Running, variables: Mapping[str, str]) -> AsyncIterator[None]:
    """While the block runs, those who want to know are told that the cluster serves."""
    await started.cluster.groups.wait_loaded()
    manager = ServiceManager(variables)
    content = _facts(started)
    if ready_file is not None:
        _write(ready_file, content)
    manager.tell(f"READY=1\nSTATUS=listens on {started.bootstrap}")
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(manager.keep_alive)
            yield
            nursery.cancel_scope.cancel()
    finally:
        manager.tell("STOPPING=1")
        if ready_file is not None:
            _remove(ready_file, content)


def _facts(started: Running) -> bytes:
    """What the ready file says: one JSON object."""
    facts = {
        "bootstrap": started.bootstrap,
        "cluster_id": started.cluster.cluster_id,
        "brokers": [{"id": node_id, "port": server.listeners[0].port} for node_id, server in started.servers.items()],
        "pid": os.getpid(),
    }
    return json.dumps(facts).encode() + b"\n"


def remove_stale(path: str) -> None:
    """The file that an earlier process may have left there says nothing any more.

    Raises:
        CannotStart.
    """
    try:
        with suppress(FileNotFoundError):
            os.unlink(path)
    except OSError as error:
        raise CannotStart(f"cannot replace the ready file {path}: {error.strerror or error}") from error


def _write(path: str, content: bytes) -> None:
    try:
        replace_file(OsFiles(), path, content, durable=False)
    except OSError as error:
        raise CannotStart(f"cannot write the ready file {path}: {error.strerror or error}") from error


def _remove(path: str, content: bytes) -> None:
    """The file is gone, unless another process has written its own there."""
    try:
        if read_file(OsFiles(), path) == content:
            os.unlink(path)
    except OSError as error:
        logger.warning("the ready file %s was not removed: %s", path, error.strerror or error)


class ServiceManager:
    """systemd, or whoever else listens at NOTIFY_SOCKET; nobody where that is not set."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._address = variables.get(NOTIFY_VARIABLE, "")
        self._watchdog_s: float | None = None
        watched = variables.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog_us = variables.get("WATCHDOG_USEC", "")
        if watched and watchdog_us.isascii() and watchdog_us.isdigit() and int(watchdog_us):
            self._watchdog_s = int(watchdog_us) / 1_000_000

    def tell(self, state: str) -> None:
        """It knows the state; a failure is logged."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
                sending.setblocking(False)
                sending.sendto(state.encode(), address)
        except OSError as error:
            logger.warning("cannot tell the service manager at %s: %s", self._address, error.strerror or error)

    async def keep_alive(self) -> None:
        """It hears that the event loop turns, as often as its watchdog wants. Runs until cancelled."""
        while self._watchdog_s is not None and self._address:
            self.tell("WATCHDOG=1")
            await trio.sleep(self._watchdog_s / WATCHDOG_SHARE)
