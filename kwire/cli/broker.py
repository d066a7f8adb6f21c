"""`kwire broker`: lists, stops and starts the brokers of a running cluster on this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from kwire.cli.main import UsageError
from kwire.cli.settings import VARIABLE_PREFIX
from kwire.server.control_socket import NotReachable, ask, in_runtime_directory, path_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def run(options: argparse.Namespace) -> int:
    """The broker is stopped or started, or all are listed.

    Raises:
        UsageError: no cluster was found, or it cannot do that.
    """
    request: dict[str, Any] = {"command": options.change}
    if options.change != "list":
        request["broker"] = options.id
    try:
        reply = ask(_path(options, os.environ), request)
    except NotReachable as error:
        raise UsageError(str(error)) from error
    if "error" in reply:
        raise UsageError(reply["error"])
    for broker in reply["brokers"]:
        if options.change == "list" or broker["id"] == options.id:
            print(_line(broker))
    return 0


def _path(options: argparse.Namespace, variables: Mapping[str, str]) -> str:
    """The control socket of the cluster that is meant: the one that is named, or the only one in memory."""
    if options.control is not None or options.data is not None:
        control, data = options.control, options.data
    else:
        control, data = variables.get(VARIABLE_PREFIX + "CONTROL"), variables.get(VARIABLE_PREFIX + "DATA")
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
