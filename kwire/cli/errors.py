"""How a command ends when it does not end well: two exceptions, and the exit codes.

What is wrong in the command line or the settings themselves, on any machine and for any cluster, is a UsageError; what
was tried and did not come about is Failed.
"""

from __future__ import annotations

import os
import sys
from typing import Final

FAILED: Final = 1
"""Exit code when what was asked for was tried and failed."""
USAGE_ERROR: Final = 2
"""Exit code when what was asked for means nothing, so that nothing was tried."""
INTERRUPTED: Final = 130


class Failed(Exception):  # noqa: N818 - what happened, as CannotStart
    """What was asked for was tried and did not come about; the message is one line that says what to do next."""


class UsageError(Exception):
    """What was asked for cannot be done; the message is one sentence that says what to do instead."""


def drop_output() -> None:
    """What is left of standard output goes nowhere; the interpreter flushes it once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
