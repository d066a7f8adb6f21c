"""Descriptors: how many files and connections this process may have open, and which of them give way.

POSIX gives whatever is opened the lowest number that is free. So a number tells how many are in use, without anybody
who counts, and with all that the rest of the process has open. Log files, which can be opened again at any time, keep
below files_end(). Connections may have the numbers above it too, but for a few that stay free for what is open for a
moment. The limit is asked for each time: it may be changed while the process runs.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Final

if sys.platform != "win32":
    import resource

SHORTAGE: Final = frozenset({errno.EMFILE, errno.ENFILE})
"""What the system says where a descriptor is not to be had: for this process, or for anybody."""

KEPT: Final = 32
"""Numbers that no connection has: for files that are written or synced and closed again."""

KEPT_FROM_FILES: Final = 64
"""Numbers that no log file has, at least; of a higher limit an eighth. Files that are given up leave room for more."""

LEAST: Final = 96
"""A broker with a lower limit would serve hardly anybody."""

MOST: Final = 1 << 20
"""Higher limits than that are of no use, and some programs look at every number below theirs."""

MACOS_MOST: Final = 10_240
"""OPEN_MAX: macOS says that there is no limit, and allows so many."""

WINDOWS_FILES: Final = 8_192
"""Files that the C library of Windows can have open. Connections have numbers of another kind there."""


def raise_limit() -> int:
    """The limit is as high as this process may have it; returns it."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        allowed = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
        for wanted in (allowed, min(allowed, MACOS_MOST)):
            if soft == resource.RLIM_INFINITY or wanted <= soft:
                break
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            except (ValueError, OSError):  # less than the hard limit can be the most
                continue
            break
    return limit()


def limit() -> int:
    """So many descriptors this process may have, the first of which is 0."""
    if sys.platform == "win32":
        return WINDOWS_FILES
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(soft, MOST)


def files_end() -> int:
    """Log files have numbers below this."""
    allowed = limit()
    return allowed - max(KEPT_FROM_FILES, allowed // 8)


def connections_end() -> int:
    """Connections have numbers below this."""
    return sys.maxsize if sys.platform == "win32" else limit() - KEPT


def next_number(descriptor: int) -> int:
    """What would be opened next gets this number, or a higher one where the system lets nobody have any.

    descriptor: any that is open; it is used for the test.
    """
    if sys.platform == "win32":
        return 0
    try:
        number = os.dup(descriptor)
    except OSError as error:
        if error.errno not in SHORTAGE:
            raise
        return sys.maxsize
    os.close(number)
    return number
