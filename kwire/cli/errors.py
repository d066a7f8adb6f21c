"""How a command fails: two exceptions, and the exit codes.

Raise UsageError for a mistake in the command line or the settings, which is one on any machine and for any cluster.
Raise Failed if the attempt itself fails.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import TextIO

FAILED: Final = 1
"""Exit code of an attempt that failed."""
USAGE_ERROR: Final = 2
"""Exit code of a mistake in the command line or the settings, after which nothing was tried."""
INTERRUPTED: Final = 130


class Failed(Exception):  # noqa: N818 - what happened, as CannotStart
    """The attempt failed; the message is one line that says what to do next."""


class UsageError(Exception):
    """The command line or a setting is wrong; the message is one sentence that says what to do instead."""


def drop(stream: TextIO) -> None:
    """Discard the rest of a standard stream, which the interpreter would flush once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
