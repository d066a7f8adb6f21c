"""Regular expressions in RE2's syntax, to which members of consumer groups subscribe: the one door to google-re2.

Matching takes time linear in the text, whatever the expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterable


def matching(expression: str, names: Iterable[str]) -> frozenset[str]:
    """Those of the names that match the expression from their start to their end.

    Raises:
        ApiError: INVALID_REGULAR_EXPRESSION.
    """
    import re2  # noqa: PLC0415 - few groups need it

    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(expression, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        message = f"SubscribedTopicRegex `{expression}` is not a valid regular expression: {text}."
        raise ApiError(ErrorCode.INVALID_REGULAR_EXPRESSION, message) from error
    return frozenset(name for name in names if pattern.fullmatch(name))


def check(expression: str) -> None:
    """The expression is a valid one.

    Raises:
        ApiError: INVALID_REGULAR_EXPRESSION.
    """
    matching(expression, ())
