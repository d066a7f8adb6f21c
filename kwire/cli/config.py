"""`kwire config`: shows and changes the configs of topics, brokers and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kwire.cli import complete
from kwire.cli.command import command as make_command
from kwire.cli.command import group
from kwire.cli.connection import Connection, connects
from kwire.cli.errors import Failed, UsageError
from kwire.cli.output import json_option, show
from kwire.cli.topic import alter_configs, check_known, described_configs, existing, pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.client.cluster import Cluster
    from kwire.protocol.messages.describe_configs import DescribeConfigsResourceResult

KINDS = ("topic", "broker", "group", "client-metrics")
COLUMNS = {"config": "CONFIG", "value": "VALUE", "source": "SOURCE", "read_only": "READ-ONLY"}


def _names_resource(function: Callable[..., Any]) -> Callable[..., Any]:
    kind = click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
    return kind(click.argument("name", shell_complete=_names_of_kind)(function))


def _names_of_kind(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    find = {"topic": complete.topics, "group": complete.groups}.get(context.params.get("kind", ""))
    return find(context, parameter, incomplete) if find else []


@make_command("get", "kwire config get topic orders", "kwire config get broker 1 log.retention.ms num.partitions")
@_names_resource
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Also those that nobody has changed.")
@json_option
@connects
async def get(
    connection: Connection, kind: str, name: str, keys: tuple[str, ...], everything: bool, as_json: bool
) -> None:
    """Show changed configs, or those of these names.

    KIND is topic, broker, group or client-metrics; NAME is that of the topic or group, or the broker's id.
    """
    from kwire.client.admin import source_of

    async with connection.cluster() as cluster:
        found = await _configs(cluster, kind, name, everything=everything or bool(keys))
    check_known(kind, keys, found)
    rows = [
        {
            "config": key,
            "value": config.value,
            "source": source_of(config),
            "read_only": config.read_only,
            "sensitive": config.is_sensitive,
        }
        for key, config in sorted(found.items())
        if not keys or key in keys
    ]
    if rows or as_json:
        show(rows, COLUMNS, as_json=as_json)
    else:
        click.echo(f"{kind} {name} has no configs of its own; --all shows the defaults too", err=True)


@make_command("set", "kwire config set topic orders retention.ms=3600000 --unset cleanup.policy")
@_names_resource
@click.argument("changes", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--unset", multiple=True, metavar="KEY", help="Take back a config to its default; repeatable.")
@connects
async def set_configs(
    connection: Connection, kind: str, name: str, changes: tuple[str, ...], unset: tuple[str, ...]
) -> None:
    """Change configs: all of them, or none where one is refused.

    KIND is topic, broker, group or client-metrics; NAME is that of the topic or group, or the broker's id.
    """
    if not changes and not unset:
        raise UsageError("nothing to set; give KEY=VALUE or --unset KEY")
    wanted = {**pairs(changes, "config set"), **dict.fromkeys(unset)}
    async with connection.cluster() as cluster:
        await _check(cluster, kind, name)
        await alter_configs(cluster, kind, name, wanted)
    click.echo(f"altered {kind} {name}")


command = group("config", "Show and change configs of topics, brokers and groups.", get, set_configs)


async def _configs(
    cluster: Cluster, kind: str, name: str, *, everything: bool
) -> dict[str, DescribeConfigsResourceResult]:
    from kwire.client import admin

    await _check(cluster, kind, name)
    found = await described_configs(cluster, kind, name)
    return {key: row for key, row in found.items() if everything or admin.is_own(admin.KINDS[kind], row)}


async def _check(cluster: Cluster, kind: str, name: str) -> None:
    """Check that the resource exists.

    Raises:
        Failed: there is none.
    """
    if kind == "topic":
        await existing(cluster, [name])
    elif kind == "broker" and name not in map(str, cluster.brokers):
        raise Failed(f"there is no broker {name}; this cluster has {', '.join(map(str, sorted(cluster.brokers)))}")
