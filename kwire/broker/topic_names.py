"""What a topic may be called. Source: Kafka documentation, "Operations: Basic Kafka Operations"."""

from __future__ import annotations

import re

MAX_NAME_LENGTH = 249
"""A log's directory is called `topic-partition`, and file systems end names at 255."""

_LEGAL = re.compile(r"[a-zA-Z0-9._-]+")


def why_invalid(name: str) -> str | None:
    """What is wrong with the name, in Kafka's words; None for a name that is right."""
    if not name:
        reason = "the empty string is not allowed"
    elif name in {".", ".."}:
        reason = f"'{name}' is not allowed"
    elif len(name) > MAX_NAME_LENGTH:
        reason = f"the length of '{name}' is longer than the max allowed length {MAX_NAME_LENGTH}"
    elif not _LEGAL.fullmatch(name):
        reason = f"'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    else:
        return None
    return f"Topic name is invalid: {reason}"


def metric_name(name: str) -> str:
    """The name as metrics show it. Two topics whose names differ only in `.` and `_` would share it."""
    return name.replace(".", "_")
