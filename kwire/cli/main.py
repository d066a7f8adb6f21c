"""The command `kwire`: its parser, and which module answers which subcommand.

Each subcommand's module is imported when it is asked for, so that `kwire serve` loads nothing else.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from kwire import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTPUT_UNWANTED = 1
"""Exit code when whoever read the output left before its end (`kwire protocol spec fetch | head`)."""
USAGE_ERROR = 2
INTERRUPTED = 130


class UsageError(Exception):
    """What was asked for cannot be done; the message is one sentence that says what to do instead."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of argparse's usage and line."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def parser() -> argparse.ArgumentParser:
    """The command's parser."""
    root = _Parser(prog="kwire", description="The Kafka broker for people who write Python.", allow_abbrev=False)
    root.add_argument("--version", action="version", version=f"kwire {__version__}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="run a broker", allow_abbrev=False))
    _add_broker(commands.add_parser("broker", help="list, stop or start the brokers of a running cluster"))
    protocol = commands.add_parser("protocol", help="show how messages are laid out, read and written")
    shows = protocol.add_subparsers(dest="show", required=True, metavar="WHAT")
    source = shows.add_parser("source", help="the compiled reader and writer of one version")
    source.add_argument("api", help="an API's name or key: fetch, Fetch, 1")
    source.add_argument("version", type=int)
    spec = shows.add_parser("spec", help="the fields of all versions")
    spec.add_argument("api", help="an API's name or key: fetch, Fetch, 1")
    return root


def _add_broker(broker: argparse.ArgumentParser) -> None:
    broker.description = "Reaches a cluster on this machine: the only one in memory, unless another is named."
    changes = broker.add_subparsers(dest="change", required=True, metavar="WHAT")
    for name, what in (
        ("list", "each broker, and what it leads"),
        ("stop", "others lead its partitions, its clients are disconnected"),
        ("start", "it listens and leads again"),
    ):
        change = changes.add_parser(name, help=what, allow_abbrev=False)
        if name != "list":
            change.add_argument("id", metavar="ID", type=int, help="the broker's id")
        which = change.add_mutually_exclusive_group()
        which.add_argument("--data", metavar="DIR", help="the cluster that keeps its data in DIR")
        which.add_argument("--control", metavar="PATH", help="the cluster with that control socket")


def _add_serve(serve: argparse.ArgumentParser) -> None:
    """Options are read as texts; kwire.cli.settings gives them meaning, wherever a setting comes from."""
    serve.description = (
        "Runs one broker or several until Ctrl-C or SIGTERM. An option beats its KWIRE_ variable, that beats the file."
    )
    repeated = {"action": "append", "default": None}
    serve.add_argument("--data", metavar="DIR", help="keep everything in DIR (default: in memory)")
    serve.add_argument("--brokers", metavar="N", help="run so many brokers, on consecutive ports (default: 1)")
    serve.add_argument("--broker-id", metavar="N", help="the first broker's id; the others follow (default: 1)")
    serve.add_argument(
        "--topic",
        metavar="NAME[:PARTITIONS[:KEY=VALUE...]]",
        help="create this topic if it is not there; repeatable",
        **repeated,  # type: ignore[arg-type]
    )
    serve.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help="where to listen (default: 127.0.0.1:9092; port 0: any free one); repeatable",
        **repeated,  # type: ignore[arg-type]
    )
    serve.add_argument(
        "--advertise", metavar="HOST:PORT", help="the address told to clients (default: as they reached it)"
    )
    serve.add_argument(
        "--config",
        metavar="KEY=VALUE",
        help="a broker config by Kafka's name, such as auto.create.topics.enable=false; repeatable",
        **repeated,  # type: ignore[arg-type]
    )
    serve.add_argument("--memory", metavar="SIZE", help="most that records may take in memory (default: 1GiB)")
    serve.add_argument(
        "--failover",
        metavar="replicas|any",
        help="who may lead a partition none of whose replicas runs: nobody, or any broker (default: replicas)",
    )
    serve.add_argument("--control", metavar="PATH", help="the socket that `kwire broker` uses (default: in DIR)")
    serve.add_argument("--settings", metavar="FILE", help="a TOML file with the same settings")
    serve.add_argument("--log-format", metavar="text|json", help="form of the log lines (default: text)")
    serve.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning or error (default: info)")


def _refuse(unknown: list[str], options: argparse.Namespace) -> None:
    if not unknown:
        return
    import difflib

    known = [f"--{name.replace('_', '-')}" for name in vars(options)]
    near = difflib.get_close_matches(unknown[0].partition("=")[0], known, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UsageError(f"kwire {options.command} knows no {unknown[0]}{hint} (see kwire {options.command} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command has run; returns its exit code. 2: it was asked for something that cannot be done."""
    try:
        options, unknown = parser().parse_known_args(arguments)
        _refuse(unknown, options)
        run = import_module(f"kwire.cli.{options.command}").run
        code = int(run(options))
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OUTPUT_UNWANTED
    except UsageError as error:
        print(f"kwire: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    return code
