"""Inputs of commands: files, and standard input for the path `-`; with progress by bytes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import click

from kwire.cli.errors import Failed
from kwire.cli.output import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

STANDARD_INPUT: Final = "-"
CHUNK_BYTES: Final = 256 * 1024


@contextmanager
def reading(what: str, paths: Sequence[str]) -> Iterator[Callable[[int], None]]:
    """Draw progress, except while a person types; yield the function to call with the number of bytes just read.

    Raises:
        Failed: a file does not exist.
    """
    sizes = []
    for path in paths:
        if path != STANDARD_INPUT:
            try:
                sizes.append(Path(path).stat().st_size)
            except OSError as error:
                raise Failed(f"cannot read {path}: {error.strerror or error}") from error
    total = sum(sizes) if len(sizes) == len(paths) else None
    if total is None and sys.stdin is not None and sys.stdin.isatty():
        click.echo("Each line is a record; Ctrl-D ends.", err=True)
        yield lambda _: None
    else:
        with progress(what, total, "bytes") as advance:
            yield advance


class Source:
    """Reads a file, or standard input for the path `-`, as soon as data arrives, while other tasks run.

    name: its name for messages. advance: the function that reading() yields.

    Raises:
        Failed: it cannot be read.
    """

    def __init__(self, path: str, advance: Callable[[int], None]) -> None:
        self.name = "standard input" if path == STANDARD_INPUT else path
        self._advance = advance
        self._parts: list[bytes] = []
        self._is_given = path == STANDARD_INPUT
        # Without a buffer, whose lock a thread that waits for input would hold when the process ends.
        if not self._is_given:
            try:
                self._stream: Any = Path(path).open("rb", buffering=0)  # noqa: SIM115 - closed by __exit__
            except OSError as error:
                raise Failed(f"cannot read {path}: {error.strerror or error}") from error
        elif sys.stdin is None:
            raise Failed("standard input is closed; name a file, or give it one")
        else:
            self._stream = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_given:
            self._stream.close()

    async def whole(self) -> bytes:
        """Read everything that is left.

        Raises:
            Failed: it cannot be read.
        """
        while chunk := await self._chunk():
            self._parts.append(chunk)
        return b"".join(self._parts)

    async def lines(self) -> list[bytes]:
        """Read the next lines, with their ends, as many as have arrived; [] at the end.

        Raises:
            Failed: it cannot be read.
        """
        while chunk := await self._chunk():
            last, newline, rest = chunk.rpartition(b"\n")
            found: list[bytes] = []
            if newline:
                found = [line + newline for line in b"".join([*self._parts, last]).split(newline)]
                self._parts = []
            self._parts.append(rest)
            if found:
                return found
        rest, self._parts = b"".join(self._parts), []
        return [rest] if rest else []

    async def _chunk(self) -> bytes:
        import trio

        try:
            read = partial(self._stream.read, CHUNK_BYTES)
            chunk: bytes = await trio.to_thread.run_sync(read, abandon_on_cancel=True)
        except OSError as error:
            raise Failed(f"cannot read {self.name}: {error.strerror or error}") from error
        self._advance(len(chunk))
        return chunk
