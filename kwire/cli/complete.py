"""Completes names of topics and groups with the tab key, by asking the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kwire.cli.command import servers_of
from kwire.cli.connection import connection_of
from kwire.cli.errors import Failed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

PATIENCE_S: Final = 1.0
"""Who presses the tab key does not wait longer."""


def topics(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The topics whose names begin so; none where no broker answers."""
    return _names(context, incomplete, lambda admin: admin.list_topics())


def groups(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The groups whose names begin so; none where no broker answers."""
    return _names(context, incomplete, lambda admin: [group["group_id"] for group in admin.list_groups()])


def _names(context: click.Context, incomplete: str, ask: Callable[[Any], Iterable[str]]) -> list[str]:
    given = context.params
    try:
        connection = connection_of(
            servers_of(context), given.get("client_config"), given.get("properties") or (), PATIENCE_S, verbose=False
        )
        with connection.admin() as admin:
            return sorted(name for name in ask(admin) if name.startswith(incomplete))
    except (Failed, UsageError):
        return []
