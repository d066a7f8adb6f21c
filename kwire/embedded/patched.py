"""Who has replaced threads, sockets or select of this process, in which an event loop of its own cannot live then."""

from __future__ import annotations

import sys
from typing import Final

MODULES: Final = ("socket", "select", "threading")
EVENTLETS_NAMES: Final = ("socket", "select", "thread")


def by_whom() -> str | None:
    """Name the library, if there is one."""
    gevent = sys.modules.get("gevent.monkey")
    if gevent is not None and any(map(gevent.is_module_patched, MODULES)):
        return "gevent"
    eventlet = sys.modules.get("eventlet.patcher")
    if eventlet is not None and any(map(eventlet.is_monkey_patched, EVENTLETS_NAMES)):
        return "eventlet"
    return None
