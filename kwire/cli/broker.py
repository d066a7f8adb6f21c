"""`kwire broker`: lists, stops and starts the brokers of a running cluster on this machine."""

from __future__ import annotations

import functools
import os
import socket
from typing import TYPE_CHECKING, Any

import click

from kwire.cli import variables
from kwire.cli.command import command as make_command
from kwire.cli.command import group, servers_option
from kwire.cli.errors import Failed, UsageError
from kwire.cli.serve_options import BY_NAME
from kwire.cli.servers import addresses
from kwire.cli.setting_values import EVERY_INTERFACE
from kwire.server.control_socket import NotReachable, ask, in_runtime_directory, path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def _names_cluster(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def with_cluster(data: str | None, control: str | None, bootstrap_server: str | None, **values: Any) -> Any:
        return function(_socket(data, control, bootstrap_server, os.environ), **values)

    for option in (
        servers_option("The cluster one of whose brokers listens there."),
        click.option("--control", metavar="PATH", help="The cluster with that control socket."),
        click.option("--data", metavar="DIR", help="The cluster that keeps its data in DIR."),
    ):
        with_cluster = option(with_cluster)
    return with_cluster


@make_command("list", "kwire broker list")
@_names_cluster
def list_brokers(path: str) -> None:
    """Show each broker, and what it leads."""
    for broker in _ask(path, {"command": "list"}):
        click.echo(_line(broker))


def _changes(name: str, summary: str) -> click.Command:
    @make_command(name, f"kwire broker {name} 2")
    @click.argument("broker", metavar="ID", type=int)
    @_names_cluster
    def change(path: str, broker: int) -> None:
        for one in _ask(path, {"command": name, "broker": broker}):
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


def _ask(path: str, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Send the request to the cluster's control socket; return the brokers as they are afterwards.

    Raises:
        Failed: no cluster answers there, or it refuses the request.
    """
    try:
        reply = ask(path, dict(request))
    except NotReachable as error:
        raise Failed(str(error)) from error
    if "error" in reply:
        raise Failed(reply["error"])
    brokers: list[dict[str, Any]] = reply["brokers"]
    return brokers


def _socket(data: str | None, control: str | None, servers: str | None, environment: Mapping[str, str]) -> str:
    """The control socket of the cluster that is meant: the one that is named, or the only one in memory."""
    if data is not None and control is not None:
        raise UsageError("--data and --control name a cluster each; give one of them")
    if data is None and control is None:
        control, data = (environment.get(BY_NAME[name].variable) or None for name in ("control", "data"))
    path = control if data is None or control else path_of(data, "", 0)
    found = list(in_runtime_directory()) if path is None else [path]
    if not found:
        raise Failed("no cluster in memory runs here; name one with --data DIR or --control PATH")
    if servers:
        return _listening(servers, found)
    if len(found) > 1:
        raise UsageError(f"several clusters run here; name one with -b HOST:PORT or --control: {', '.join(found)}")
    return found[0]


def _listening(servers: str, paths: Sequence[str]) -> str:
    """Find the control socket of the cluster on this machine that listens at one of the addresses."""
    wanted = {(host, address.port) for address in addresses(servers) for host in _resolved(address.host)}
    for path in paths:
        for broker in _ask(path, {"command": "list"}):
            for host, _, port in (listener.rpartition(":") for listener in broker["addresses"]):
                if any(int(port) == known[1] and _hears(host.strip("[]"), known[0]) for known in wanted):
                    return path
    found = " or ".join(paths)
    raise Failed(
        f"no cluster of {found} listens at {servers}, which -b or {variables.SERVERS} names; "
        "one that keeps its data is named by --data DIR"
    )


def _resolved(host: str) -> set[str]:
    try:
        return {str(address[0]) for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return set()


def _hears(listener: str, address: str) -> bool:
    """Whether a connection to the address reaches a listener at that host."""
    if listener not in EVERY_INTERFACE:
        return address in _resolved(listener)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False  # an address of another machine
    return True


def _line(broker: Mapping[str, Any]) -> str:
    where = ",".join(dict.fromkeys(broker["addresses"]))  # every interface is one of each family
    if not broker["running"]:
        return f"broker {broker['id']} is stopped; it listened on {where}"
    return (
        f"broker {broker['id']} runs on {where}; of {broker['replicas']} replicas it has, "
        f"{broker['in_sync']} are in sync and {broker['leads']} lead"
    )
