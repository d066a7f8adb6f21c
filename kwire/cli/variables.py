"""Names of the environment variables that are no options of `kwire serve`."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "KWIRE_"
SERVERS: Final = "KWIRE_BOOTSTRAP_SERVERS"
"""The brokers' addresses; -b takes precedence."""
COMPLETION: Final = "_KWIRE_COMPLETE"
"""Set by the shell's completion script, to the kind of its request."""
