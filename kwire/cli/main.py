"""The command `kwire`: its two parsers, its errors and exit codes.

`kwire serve` and `kwire healthcheck` have to be quick: argparse reads their options, and they load nothing else. All
other commands, and the help and the completion of all, are click's (kwire.cli.root). Each command's module is imported
when it is asked for.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from kwire.cli import variables
from kwire.cli.errors import FAILED, INTERRUPTED, USAGE_ERROR, Failed, UsageError, drop

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTPUT_UNWANTED: Final = 1
"""Exit code when the reader of the output left before its end (`kwire protocol spec fetch | head`)."""
OUTPUT_FULL: Final = frozenset({errno.ENOSPC, errno.EFBIG})
"""Errors of writing to a full disk (Windows has no EDQUOT)."""


def _run(arguments: Sequence[str]) -> int:
    light = not {"-h", "--help"} & set(arguments) and variables.COMPLETION not in os.environ
    if light and arguments[:1] == ["serve"]:
        from kwire.cli.serve import run as serve
        from kwire.cli.serve_options import written

        return serve(written(arguments[1:]))
    if light and arguments == ["healthcheck"]:
        from kwire.cli.healthcheck import run as check

        return check()
    from kwire.cli.root import run

    return run(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 done, 1 tried and failed, 2 not tried, 130 interrupted."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us (`kwire serve >&-`)
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - as long as the process
    _unhurried()
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        drop(sys.stdout)
        return OUTPUT_UNWANTED
    except OSError as error:
        if error.errno not in OUTPUT_FULL:
            raise
        drop(sys.stdout)
        _say(f"cannot write the output: {error.strerror}")
        return FAILED
    except (UsageError, Failed) as error:
        _say(str(error))
        return USAGE_ERROR if isinstance(error, UsageError) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _say(sentence: str) -> None:
    """The sentence stands on standard error; where that takes none, the exit code still tells."""
    try:
        print(f"kwire: {sentence}", file=sys.stderr, flush=True)
    except OSError:
        drop(sys.stderr)


def _unhurried() -> None:
    """The standard streams wait, also where whoever shares them has told them not to: then records would be lost."""
    if os.name != "nt":
        for descriptor in range(3):
            with suppress(OSError):  # closed
                if not os.get_blocking(descriptor):
                    os.set_blocking(descriptor, True)
