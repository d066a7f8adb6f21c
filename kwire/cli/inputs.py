"""What commands read: files, and standard input where a path is `-`; with progress by bytes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from kwire.cli.errors import Failed
from kwire.cli.output import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

STANDARD_INPUT: Final = "-"


@contextmanager
def reading(what: str, paths: Sequence[str]) -> Iterator[Callable[[int], None]]:
    """A function that is told how many more bytes were read; draws progress, but not where somebody types.

    Raises:
        Failed: a file is not there.
    """
    sizes = []
    for path in paths:
        if path != STANDARD_INPUT:
            try:
                sizes.append(Path(path).stat().st_size)
            except OSError as error:
                raise Failed(f"cannot read {path}: {error.strerror or error}") from error
    total = sum(sizes) if len(sizes) == len(paths) else None
    if total is None and sys.stdin.isatty():
        click.echo("Each line is a record; Ctrl-D ends.", err=True)
        yield lambda _: None
    else:
        with progress(what, total, "bytes") as advance:
            yield advance


@contextmanager
def opened(path: str) -> Iterator[tuple[str, IO[bytes]]]:
    """What to call it, and its stream.

    Raises:
        Failed: it cannot be read.
    """
    if path == STANDARD_INPUT:
        yield "standard input", sys.stdin.buffer
        return
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - so that only its own errors are caught
    except OSError as error:
        raise Failed(f"cannot read {path}: {error.strerror or error}") from error
    with stream:
        yield path, stream


def told(lines: Iterable[bytes], advance: Callable[[int], None]) -> Iterator[bytes]:
    """The lines, whose bytes are told to the function of reading()."""
    for line in lines:
        yield line
        advance(len(line))
