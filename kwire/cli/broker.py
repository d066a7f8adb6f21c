"""`kwire broker`: lists, stops and starts the brokers of a running cluster on this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from kwire.cli.command import command as make_command
from kwire.cli.command import group
from kwire.cli.errors import UsageError
from kwire.cli.serve_options import BY_NAME
from kwire.server.control_socket import NotReachable, ask, in_runtime_directory, path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _names_cluster(function: Callable[..., Any]) -> Callable[..., Any]:
    by_control = click.option("--control", metavar="PATH", help="The cluster with that control socket.")
    by_data = click.option("--data", metavar="DIR", help="The cluster that keeps its data in DIR.")
    return by_data(by_control(function))


@make_command("list", "kwire broker list")
@_names_cluster
def list_brokers(data: str | None, control: str | None) -> None:
    """Show each broker, and what it leads."""
    for broker in _ask(data, control, {"command": "list"}):
        click.echo(_line(broker))


def _changes(name: str, summary: str) -> click.Command:
    @make_command(name, f"kwire broker {name} 2")
    @click.argument("broker", metavar="ID", type=int)
    @_names_cluster
    def change(broker: int, data: str | None, control: str | None) -> None:
        for one in _ask(data, control, {"command": name, "broker": broker}):
            if one["id"] == broker:
                click.echo(_line(one))

    change.help = summary
    return change


command = group(
    "broker",
    "List, stop or start the brokers of a kwire that runs here.\n\n"
    "They are found by a socket on this machine: of the only cluster in memory, unless another is named.",
    list_brokers,
    _changes("stop", "Stop a broker.\n\nOthers lead its partitions, its clients are disconnected."),
    _changes("start", "Start a broker that was stopped.\n\nIt listens and leads again."),
)


def _ask(data: str | None, control: str | None, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The brokers as they are after the request.

    Raises:
        UsageError: no cluster was found, or it cannot do that.
    """
    if data is not None and control is not None:
        raise UsageError("--data and --control name a cluster each; give one of them")
    try:
        reply = ask(_path(data, control, os.environ), dict(request))
    except NotReachable as error:
        raise UsageError(str(error)) from error
    if "error" in reply:
        raise UsageError(reply["error"])
    brokers: list[dict[str, Any]] = reply["brokers"]
    return brokers


def _path(data: str | None, control: str | None, variables: Mapping[str, str]) -> str:
    """The control socket of the cluster that is meant: the one that is named, or the only one in memory."""
    if control is None and data is None:
        control, data = (variables.get(BY_NAME[name].variable) for name in ("control", "data"))
    if control is not None:
        return str(control)
    if data is not None:
        return path_of(data, "", 0)
    found = list(in_runtime_directory())
    if not found:
        raise UsageError("no cluster in memory runs here; name one with --data DIR or --control PATH")
    if len(found) > 1:
        raise UsageError(f"several clusters run here; name one with --control: {', '.join(found)}")
    return found[0]


def _line(broker: Mapping[str, Any]) -> str:
    where = ",".join(broker["addresses"])
    if not broker["running"]:
        return f"broker {broker['id']} is stopped; it listened on {where}"
    return (
        f"broker {broker['id']} runs on {where}; of {broker['replicas']} replicas it has, "
        f"{broker['in_sync']} are in sync and {broker['leads']} lead"
    )
