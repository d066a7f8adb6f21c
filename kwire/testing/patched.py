"""Detect libraries that replace threads, sockets or select, so that an event loop in a thread cannot run."""

from __future__ import annotations

import sys
from typing import Final

MODULES: Final = ("socket", "select", "threading")
EVENTLETS_NAMES: Final = ("socket", "select", "thread")


def by_whom() -> str | None:
    """Name the library that has patched this process, None if none has."""
    gevent = sys.modules.get("gevent.monkey")
    if gevent is not None and any(map(gevent.is_module_patched, MODULES)):
        return "gevent"
    eventlet = sys.modules.get("eventlet.patcher")
    if eventlet is not None and any(map(eventlet.is_monkey_patched, EVENTLETS_NAMES)):
        return "eventlet"
    return None
