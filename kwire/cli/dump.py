"""`kwire dump`: topics to JSON lines, as `kwire load` takes them."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from kwire.cli import complete
from kwire.cli.command import command as make_command
from kwire.cli.connection import Connection, connects
from kwire.cli.errors import Failed
from kwire.cli.formats import json_line
from kwire.cli.output import progress
from kwire.cli.reading import next_piece, partitions_of
from kwire.cli.topic import altered_configs
from kwire.cli.topic import chosen as chosen_topics
from kwire.seeding.record_lines import SUFFIX, topic_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kwire.client.cluster import Cluster
    from kwire.client.reader import Reader
    from kwire.client.values import TopicPartition
    from kwire.protocol.messages.metadata import MetadataResponseTopic


@make_command("dump", "kwire dump orders > orders.jsonl", "kwire dump --output seed")
@click.argument("topics", metavar="[TOPIC]...", nargs=-1, shell_complete=complete.topics)
@click.option("-o", "--output", metavar="DIR", help="A file for each topic in DIR (default: all to standard output).")
@connects
async def command(connection: Connection, topics: tuple[str, ...], output: str | None) -> None:
    """Write topics as JSON lines, as `kwire load` takes them.

    All topics but internal ones, or those that are named. A topic's line with its partitions and altered configs
    comes first, then its records, partition after partition, as far as they went when the dump began. Of
    transactions, only what was committed is written.
    """
    from kwire.client.admin import COMMITTED, list_offsets
    from kwire.client.reader import reading
    from kwire.client.values import EARLIEST, LATEST

    async with connection.cluster() as cluster:
        found = await (chosen_topics(cluster, topics) if topics else _all(cluster))
        partitions = {name: partitions_of(topic, ()) for name, topic in found.items()}
        every = [partition for chosen in partitions.values() for partition in chosen]
        first = await list_offsets(cluster, dict.fromkeys(every, EARLIEST))
        last = await list_offsets(cluster, dict.fromkeys(every, LATEST), COMMITTED)
        configs = {name: await altered_configs(cluster, name) for name in found}
        with progress("dumping", sum(last[one] - first[one] for one in every), "records") as advance:
            async with reading(cluster, COMMITTED) as reader:
                for name, chosen in partitions.items():
                    with _opened(output, name) as out:
                        given = {key: value for key, value in configs[name].items() if value is not None}
                        out.write(topic_text(name, len(chosen), given).encode() + b"\n")
                        for partition in chosen:
                            reader.assign({partition: first[partition]})
                            await _write(reader, last, out, advance)


async def _write(
    reader: Reader, ends: Mapping[TopicPartition, int], out: IO[bytes], advance: Callable[[int], None]
) -> None:
    while piece := await next_piece(reader, ends):
        for record in piece.records:
            out.write(json_line(record))
        advance(len(piece.records))
    out.flush()


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


async def _all(cluster: Cluster) -> dict[str, MetadataResponseTopic]:
    from kwire.client import admin

    return {str(topic.name): topic for topic in (await admin.topics(cluster)).topics if not topic.is_internal}
