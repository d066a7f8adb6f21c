"""The process's loggers as Kafka's BROKER_LOGGER resource shows them: by name, with Kafka's levels (KIP-412).

They are Python's own: `root`, and those of kwire that exist so far (a module's logger appears when it is imported). A
level that is set lasts until the process ends.
"""

from __future__ import annotations

import logging
from typing import Final

ROOT: Final = "root"
OURS: Final = "kwire"

LEVELS: Final = {
    "FATAL": logging.CRITICAL,
    "ERROR": logging.ERROR,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
    "TRACE": logging.DEBUG // 2,
}
"""Python's levels by Kafka's names, the least verbose first."""

_log = logging.getLogger(__name__)


def levels() -> dict[str, str]:
    """Return each logger's effective level."""
    known = logging.Logger.manager.loggerDict
    names = sorted(name for name in known if name == OURS or name.startswith(f"{OURS}."))
    return {name: _word(logging.getLogger(name).getEffectiveLevel()) for name in (ROOT, *names)}


def set_level(name: str, level: str | None) -> None:
    """Set the logger's level; None lets it inherit one."""
    logger = logging.getLogger(None if name == ROOT else name)
    before = logger.getEffectiveLevel()
    logger.setLevel(logging.NOTSET if level is None else LEVELS[level])
    if logger.getEffectiveLevel() != before:  # who asks again and again fills no log
        _log.warning("the log level of %s is %s now", name, _word(logger.getEffectiveLevel()))


def _word(number: int) -> str:
    return next((word for word, least in LEVELS.items() if number >= least), "TRACE")
