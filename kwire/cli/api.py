"""`kwire api`: what a broker announces."""

from __future__ import annotations

import click

from kwire.cli.command import command as make_command
from kwire.cli.connection import Connection, connects
from kwire.cli.errors import Failed
from kwire.cli.output import json_option, show
from kwire.protocol.api_keys import api_info

COLUMNS = {"key": "KEY", "api": "API", "versions": "VERSIONS", "latest": "KAFKA 4.4"}


@make_command("api", "kwire api")
@click.option("--broker", type=int, metavar="ID", help="Of this broker (default: the one with the lowest id).")
@json_option
@connects
async def command(connection: Connection, broker: int | None, as_json: bool) -> None:
    """Show the APIs and versions that a broker announces.

    The last column has the versions of Kafka 4.4, all of which kwire can read: see kwire protocol.
    """
    async with connection.cluster() as cluster:
        brokers = sorted(cluster.brokers)
        if broker is not None and broker not in brokers:
            raise Failed(f"there is no broker {broker}; this cluster has {', '.join(map(str, brokers))}")
        announced = await cluster.node(brokers[0] if broker is None else broker).versions()
    rows = []
    for key, (lowest, highest) in sorted(announced.items()):
        name, latest = _known(key)
        rows.append(
            {
                "key": key,
                "api": name,
                "versions": _range(lowest, highest),
                "latest": latest,
                "lowest": lowest,
                "highest": highest,
            }
        )
    show(rows, COLUMNS, as_json=as_json)


def _known(key: int) -> tuple[str, str | None]:
    """Name and newest versions of an API, as far as kwire's specs go."""
    try:
        info = api_info(key)
    except KeyError:
        return f"unknown ({key})", None
    return info.name, _range(*info.versions)


def _range(lowest: int, highest: int) -> str:
    return str(lowest) if lowest == highest else f"{lowest}-{highest}"
