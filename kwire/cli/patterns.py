"""Patterns for names of topics: with *, ? or [ as in a shell, or a regular expression that begins with ^."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from kwire.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


def is_pattern(text: str) -> bool:
    """Whether the text is a pattern. No topic's name contains such letters."""
    return text.startswith("^") or any(letter in text for letter in "*?[")


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the names that match the pattern, sorted.

    Raises:
        UsageError: the regular expression is invalid.
    """
    if not pattern.startswith("^"):
        return sorted(name for name in names if fnmatchcase(name, pattern))
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{pattern!r} is not a regular expression: {error}") from None
    return sorted(name for name in names if expression.match(name))
