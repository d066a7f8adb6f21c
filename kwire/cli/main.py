"""The command `kwire`: its two parsers, its errors and exit codes.

`kwire serve` and `kwire healthcheck` have to be quick: argparse reads their options, and they load nothing else. All
other commands, and the help and the completion of all, are click's (kwire.cli.root). Each command's module is imported
when it is asked for.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED = 1
"""Exit code when what was asked for could not be done."""
OUTPUT_UNWANTED = 1
"""Exit code when whoever read the output left before its end (`kwire protocol spec fetch | head`)."""
OUTPUT_FULL = frozenset({errno.ENOSPC, errno.EFBIG})
"""What writing to a full disk fails with (Windows has no EDQUOT)."""
USAGE_ERROR = 2
INTERRUPTED = 130
COMPLETION_VARIABLE = "_KWIRE_COMPLETE"
"""Set by the shell's completion script, with what it wants to know."""


class Failed(Exception):  # noqa: N818 - what happened, as CannotStart
    """What was asked for was tried and did not come about; the message is one line that says what to do next."""


class UsageError(Exception):
    """What was asked for cannot be done; the message is one sentence that says what to do instead."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of argparse's usage and line."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def serve_parser() -> argparse.ArgumentParser:
    """The options of `kwire serve`."""
    serve = _Parser(prog="kwire serve", allow_abbrev=False)
    _add_serve(serve)
    return serve


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
        "--advertise-to-gateway",
        metavar="HOST",
        help="the host told to clients who come through the default gateway, as at a container's published port",
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
    serve.add_argument("--load", metavar="DIR", help="start with the records of DIR's TOPIC.jsonl files")
    serve.add_argument("--ready-file", metavar="FILE", help="FILE is there, and tells the address, while it serves")
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
    raise UsageError(f"kwire serve knows no {unknown[0]}{hint} (see kwire serve --help)")


def _serve(arguments: Sequence[str]) -> int:
    options, unknown = serve_parser().parse_known_args(arguments)
    _refuse(unknown, options)
    from kwire.cli.serve import run

    return run(options)


def _run(arguments: Sequence[str]) -> int:
    light = not {"-h", "--help"} & set(arguments) and COMPLETION_VARIABLE not in os.environ
    if light and arguments[:1] == ["serve"]:
        return _serve(arguments[1:])
    if light and arguments == ["healthcheck"]:
        from kwire.cli.healthcheck import run as check

        return check()
    from kwire.cli.root import run

    return run(arguments)


def drop_output() -> None:
    """What is left of standard output goes nowhere; the interpreter flushes it once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command has run; returns its exit code: 0 done, 1 failed, 2 cannot be done as asked, 130 interrupted."""
    if sys.stdout is None:  # closed by whoever started us (`kwire serve >&-`)
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as long as the process
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        return OUTPUT_UNWANTED
    except OSError as error:
        if error.errno not in OUTPUT_FULL:
            raise
        drop_output()
        print(f"kwire: cannot write the output: {error.strerror}", file=sys.stderr)
        return FAILED
    except (UsageError, Failed) as error:
        print(f"kwire: {error}", file=sys.stderr)
        return USAGE_ERROR if isinstance(error, UsageError) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code
