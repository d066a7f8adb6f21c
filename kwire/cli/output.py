"""What commands print: tables for people, JSON for programs, progress on a terminal."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

UNFOLDED_COLUMNS = 10_000
"""Width of a table that a program reads: no cell is folded."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of a table.")


def show(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, as_json: bool) -> None:
    """Rows as a table, or as one JSON array.

    columns: heading by key; of the rows' other keys only JSON tells.
    """
    if as_json:
        show_json(rows)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for key, heading in columns.items():
        numeric = any(isinstance(row[key], int) for row in rows)
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row[key])) for key in columns))
    console = Console(width=None if sys.stdout.isatty() else UNFOLDED_COLUMNS)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def show_json(value: Any) -> None:
    """One JSON document, over several lines."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ",".join(str(item) for item in value) or "-"
    return str(value)


@contextlib.contextmanager
def progress(what: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """A function that is told how much more is done; draws a bar where standard error is a terminal.

    total: so many of the unit, None where nobody knows.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    amount = TextColumn(f"{{task.completed:,}} {unit}")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), amount, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda more: bar.advance(task, more)


def counted(items: Iterable[Any], advance: Callable[[int], None]) -> Iterator[Any]:
    """The items, each told to a progress bar once it is done with."""
    for item in items:
        yield item
        advance(1)
