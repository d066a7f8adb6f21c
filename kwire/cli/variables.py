"""Names of the environment variables that are no options of `kwire serve`."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "KWIRE_"
SERVERS: Final = "KWIRE_BOOTSTRAP_SERVERS"
"""Which cluster is meant; -b beats it."""
COMPLETION: Final = "_KWIRE_COMPLETE"
"""Set by the shell's completion script, with what it wants to know."""
