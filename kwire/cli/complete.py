"""Completes names of topics and groups with the tab key, by asking the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.cli.command import servers_of
from kwire.cli.connection import connection_of
from kwire.cli.errors import Failed, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    import click

    from kwire.client.cluster import Cluster

PATIENCE_S: Final = 1.0
"""Who presses the tab key does not wait longer."""


def topics(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The topics whose names begin so; none where no broker answers."""
    from kwire.client.admin import names_of_topics

    return _names(context, incomplete, names_of_topics)


def groups(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The groups whose names begin so; none where no broker answers."""
    from kwire.client.admin import names_of_groups

    return _names(context, incomplete, names_of_groups)


def _names(context: click.Context, incomplete: str, ask: Callable[[Cluster], Awaitable[Iterable[str]]]) -> list[str]:
    from kwire.cli.interruption import run

    given = context.params
    try:
        connection = connection_of(
            servers_of(context), given.get("client_config"), given.get("properties") or (), PATIENCE_S, verbose=False
        )

        async def answer() -> list[str]:
            async with connection.cluster() as cluster:
                return sorted(name for name in await ask(cluster) if name.startswith(incomplete))

        found: list[str] = run(answer)
    except (Failed, UsageError):
        return []
    return found
