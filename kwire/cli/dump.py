"""`kwire dump`: topics to JSON lines, as `kwire load` takes them."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from kwire.cli import complete
from kwire.cli.command import command as make_command
from kwire.cli.connection import Connection, connects
from kwire.cli.consume import json_line
from kwire.cli.errors import Failed
from kwire.cli.interruption import interruptible
from kwire.cli.output import progress
from kwire.cli.reading import offsets, records
from kwire.cli.topic import existing
from kwire.record_lines import SUFFIX, topic_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

COMMITTED = "read_committed"


@make_command("dump", "kwire dump orders > orders.jsonl", "kwire dump --output seed")
@click.argument("topics", metavar="[TOPIC]...", nargs=-1, shell_complete=complete.topics)
@click.option("-o", "--output", metavar="DIR", help="A file for each topic in DIR (default: all to standard output).")
@connects
def command(connection: Connection, topics: tuple[str, ...], output: str | None) -> None:
    """Write topics as JSON lines, as `kwire load` takes them.

    All topics but internal ones, or those that are named. A topic's line with its partitions and altered configs
    comes first, then its records, partition after partition, as far as they went when the dump began. Of
    transactions, only what was committed is written.
    """
    from kafka.admin import OffsetSpec
    from kafka.structs import TopicPartition

    with connection.admin() as admin:
        found = existing(admin, topics) if topics else _all(admin)
        partitions = {
            name: [
                TopicPartition(name, number) for number in sorted(row["partition_index"] for row in topic["partitions"])
            ]
            for name, topic in found.items()
        }
        every = [partition for chosen in partitions.values() for partition in chosen]
        first = offsets(admin, every, OffsetSpec.EARLIEST)
        last = offsets(admin, every, OffsetSpec.LATEST, isolation_level=COMMITTED)
        configs = {name: _configs(admin, name) for name in found}
    with (
        interruptible() as stopped,
        connection.consumer(auto_offset_reset="earliest", isolation_level=COMMITTED) as consumer,
        progress("dumping", sum(last[one] - first[one] for one in every), "records") as advance,
    ):
        for name, chosen in partitions.items():
            with _opened(output, name) as out:
                out.write(topic_text(name, len(chosen), configs[name]).encode() + b"\n")
                for partition in chosen:
                    _write(consumer, partition, first[partition], last[partition], out, advance, stopped)


def _write(
    consumer: Any,
    partition: Any,
    first: int,
    last: int,
    out: IO[bytes],
    advance: Callable[[int], None],
    stopped: Callable[[], bool],
) -> None:
    consumer.assign([partition])
    consumer.seek(partition, first)
    for batch in records(consumer, {partition: last}, stopped, lambda: True):
        for record in batch:
            out.write(json_line(record) + b"\n")
        advance(len(batch))
    out.flush()
    if stopped():
        raise KeyboardInterrupt


@contextmanager
def _opened(directory: str | None, topic: str) -> Iterator[IO[bytes]]:
    """Where the topic goes. A file gets its name when it is whole."""
    if directory is None:
        yield sys.stdout.buffer
        return
    path = Path(directory) / f"{topic}{SUFFIX}"
    unfinished = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as out:
            yield out
        unfinished.replace(path)
    except OSError as error:
        raise Failed(f"cannot write {path}: {error.strerror or error}") from error
    click.echo(f"dumped topic {topic} to {path}")


def _all(admin: Any) -> Mapping[str, Mapping[str, Any]]:
    return {topic["name"]: topic for topic in admin.describe_topics() if not topic["is_internal"]}


def _configs(admin: Any, topic: str) -> dict[str, str]:
    from kafka.admin import ConfigResource

    found = admin.describe_configs([ConfigResource("TOPIC", topic)])["topic"][topic]
    return {key: config["value"] for key, config in sorted(found.items()) if config["value"] is not None}
