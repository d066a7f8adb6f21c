"""Names of topics that commands take as patterns: with *, ? or [ as in a shell, or with ^ as a regular expression."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from kwire.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


def is_pattern(text: str) -> bool:
    """Whether it cannot be a topic's name."""
    return text.startswith("^") or any(letter in text for letter in "*?[")


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that the pattern means, in order.

    Raises:
        UsageError: it is no regular expression.
    """
    if not pattern.startswith("^"):
        return sorted(name for name in names if fnmatchcase(name, pattern))
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{pattern!r} is no regular expression: {error}") from None
    return sorted(name for name in names if expression.match(name))
