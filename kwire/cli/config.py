"""`kwire config`: shows and changes the configs of topics, brokers and groups."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import click

from kwire.cli.command import command as make_command
from kwire.cli.command import group
from kwire.cli.connection import Connection, connects
from kwire.cli.errors import Failed, UsageError
from kwire.cli.output import json_option, show
from kwire.cli.topic import alter_configs, existing, pairs

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {"topic": "TOPIC", "broker": "BROKER", "group": "GROUP", "client-metrics": "CLIENT_METRICS"}
COLUMNS = {"config": "CONFIG", "value": "VALUE", "source": "SOURCE", "read_only": "READ-ONLY"}


def _names_resource(function: Callable[..., Any]) -> Callable[..., Any]:
    kind = click.argument("kind", type=click.Choice(list(KINDS)), metavar="KIND")
    return kind(click.argument("name")(function))


@make_command("get", "kwire config get topic orders", "kwire config get broker 1 log.retention.ms num.partitions")
@_names_resource
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Also those that nobody has changed.")
@json_option
@connects
def get(connection: Connection, kind: str, name: str, keys: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Show changed configs, or those of these names.

    KIND is topic, broker, group or client-metrics; NAME is that of the topic or group, or the broker's id.
    """
    with connection.admin() as admin:
        found = _configs(admin, kind, name, everything=everything or bool(keys))
    for key in keys:
        if key not in found:
            near = difflib.get_close_matches(key, found, 1)
            raise Failed(f"a {kind} has no config {key}" + (f"; did you mean {near[0]}?" if near else ""))
    rows = [
        {
            "config": key,
            "value": config["value"],
            "source": config["config_source"].lower().replace("_", "-"),
            "read_only": config["read_only"],
            "sensitive": config["is_sensitive"],
        }
        for key, config in sorted(found.items())
        if not keys or key in keys
    ]
    show(rows, COLUMNS, as_json=as_json)


@make_command("set", "kwire config set topic orders retention.ms=3600000 --unset cleanup.policy")
@_names_resource
@click.argument("changes", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--unset", multiple=True, metavar="KEY", help="Take back a config to its default; repeatable.")
@connects
def set_configs(connection: Connection, kind: str, name: str, changes: tuple[str, ...], unset: tuple[str, ...]) -> None:
    """Change configs: all of them, or none where one is refused.

    KIND is topic, broker, group or client-metrics; NAME is that of the topic or group, or the broker's id.
    """
    if not changes and not unset:
        raise UsageError("nothing to set; give KEY=VALUE or --unset KEY")
    wanted: dict[str, Any] = {**pairs(changes, "config set"), **dict.fromkeys(unset, ("DELETE", None))}
    with connection.admin() as admin:
        _check(admin, kind, name)
        alter_configs(admin, KINDS[kind], name, wanted)
    click.echo(f"altered {kind} {name}")


command = group("config", "Show and change configs of topics, brokers and groups.", get, set_configs)


def _configs(admin: Any, kind: str, name: str, *, everything: bool) -> dict[str, dict[str, Any]]:
    from kafka.admin import ConfigResource

    _check(admin, kind, name)
    chosen = "all" if everything else "modified"
    found = admin.describe_configs([ConfigResource(KINDS[kind], name)], config_filter=chosen)
    configs: dict[str, dict[str, Any]] = found.get(KINDS[kind].lower(), {}).get(name, {})
    return configs


def _check(admin: Any, kind: str, name: str) -> None:
    """Whether there is such a resource: kafka-python would say that it has no configs.

    Raises:
        Failed: there is none.
    """
    if kind == "topic":
        existing(admin, [name])
    elif kind == "broker":
        brokers = sorted(broker["broker_id"] for broker in admin.describe_cluster()["brokers"])
        if name not in map(str, brokers):
            raise Failed(f"there is no broker {name}; this cluster has {', '.join(map(str, brokers))}")
