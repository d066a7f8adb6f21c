"""Descriptors: how many files and connections this process may have open, and which are closed first.

POSIX gives each new descriptor the lowest free number. So its number shows how many are in use, by the rest of the
process too, and nothing has to be counted. Log files, which can be reopened at any time, stay below files_end().
Connections may use the numbers above it too, except a few that stay free for short-lived files. The limit is read on
each call, because it may change while the process runs.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Final

if sys.platform != "win32":
    import resource

SHORTAGE: Final = frozenset({errno.EMFILE, errno.ENFILE})
"""Errors of the system if no descriptor is left: for this process, or for the whole machine."""

KEPT: Final = 32
"""Numbers that connections leave free, for files that are opened for a moment to be written or synced."""

KEPT_FROM_FILES: Final = 64
"""Numbers that log files leave free, at least; an eighth of a higher limit. Connections can displace more files."""

LEAST: Final = 96
"""Lowest limit to start with: below it, a broker has room for hardly any client."""

MOST: Final = 1 << 20
"""Highest limit to ask for: more is of no use, and some programs walk through all numbers below their limit."""

MACOS_MOST: Final = 10_240
"""OPEN_MAX: macOS reports no limit, but allows this many."""

WINDOWS_FILES: Final = 8_192
"""Files that the C library of Windows can have open. Sockets are no descriptors there."""


def raise_limit() -> int:
    """Raise the limit as far as this process may; return the new limit."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        allowed = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
        for wanted in (allowed, min(allowed, MACOS_MOST)):
            if soft == resource.RLIM_INFINITY or wanted <= soft:
                break
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            except (ValueError, OSError):  # some systems allow less than the hard limit
                continue
            break
    return limit()


def limit() -> int:
    """Return how many descriptors this process may have; their numbers begin at 0."""
    if sys.platform == "win32":
        return WINDOWS_FILES
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(soft, MOST)


def files_end() -> int:
    """Return the number below which log files stay."""
    allowed = limit()
    return allowed - max(KEPT_FROM_FILES, allowed // 8)


def connections_end() -> int:
    """Return the number below which connections stay."""
    return sys.maxsize if sys.platform == "win32" else limit() - KEPT


def next_number(descriptor: int) -> int:
    """Return the number that the next descriptor would get; sys.maxsize if none is left.

    descriptor: any open one; it is duplicated for a moment.
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
