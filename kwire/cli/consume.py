"""`kwire consume`: prints the records of topics."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from kwire.cli import complete
from kwire.cli.command import command as make_command
from kwire.cli.connection import Connection, connects
from kwire.cli.errors import UsageError
from kwire.cli.formats import formatted, json_line
from kwire.cli.formats import template as common_template
from kwire.cli.places import Kind
from kwire.cli.places import place as place_of
from kwire.cli.reading import next_piece, partitions_of, starts
from kwire.cli.topic import chosen
from kwire.env import wall_clock_ms

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from kwire.cli.formats import Writer
    from kwire.client.cluster import Cluster
    from kwire.client.group import GroupReader
    from kwire.client.reader import Reader
    from kwire.client.values import ReadRecord, TopicPartition

STOP_RECORDS = 50
"""Number of records to print between two checks whether to stop."""
TOLD_ENDS = 3
"""Maximum number of partitions whose ends a message names."""


@make_command(
    "consume",
    "kwire consume orders",
    "kwire consume orders --from -10 --follow --json",
    "kwire consume orders --from 1h --format '%p %o %k: %v'",
    "kwire consume 'orders*' --from 2024-05-01T12:00:00Z",
    "kwire consume orders --group billing --count 100",
)
@click.argument("topics", metavar="TOPIC...", nargs=-1, required=True, shell_complete=complete.topics)
@click.option(
    "-p", "--partition", "only", type=click.IntRange(0), multiple=True, metavar="N", help="Only this one; repeatable."
)
@click.option(
    "--from",
    "where",
    metavar="WHERE",
    default="earliest",
    show_default=True,
    help="earliest, latest, an offset, -N for the last N of each partition, a time, or how long ago (1h, 2d12h).",
)
@click.option(
    "-g",
    "--group",
    metavar="ID",
    shell_complete=complete.groups,
    help="Go on where the group is, and commit what was printed.",
)
@click.option("-n", "--count", type=click.IntRange(1), metavar="N", help="Stop after so many records.")
@click.option("-f", "--follow", is_flag=True, help="Do not stop at the end; wait for more until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a record, as `kwire produce --json` takes it.")
@click.option("-K", "--key-separator", metavar="TEXT", help="Print keys too, with this between key and value.")
@click.option("--headers", "with_headers", is_flag=True, help="Print headers before the key and the value.")
@click.option(
    "--format",
    "template",
    metavar="TEXT",
    help="A line for each record: %t topic, %p partition, %o offset, %T timestamp, %k key, %v or %s value, %h headers, "
    "%K and %S the sizes of key and value.",
)
@connects
async def command(
    connection: Connection,
    topics: tuple[str, ...],
    only: tuple[int, ...],
    where: str,
    group: str | None,
    count: int | None,
    follow: bool,
    as_json: bool,
    key_separator: str | None,
    with_headers: bool,
    template: str | None,
) -> None:
    """Print the records of topics.

    Without --follow, stop at the topics' ends as they are now. Bytes are printed as they are; on a terminal, bytes that
    are not UTF-8 are escaped. A topic may be a pattern with *, ? or [ as in a shell, or a regular expression that
    begins with ^; it stands for the topics that exist at the start.
    """
    if sum((as_json, template is not None, key_separator is not None or with_headers)) > 1:
        raise UsageError("--json, --format, and --key-separator or --headers do not go together")
    if group is not None and (only or where not in {"earliest", "latest"}):
        raise UsageError(
            "a group begins where it is; with --group leave out --partition, and --from but for earliest or latest"
        )
    place = place_of(where, "--from", wall_clock_ms())
    shape = common_template(key_separator, with_headers=with_headers) if template is None else template
    writer = json_line if as_json else formatted(shape)
    import trio

    from kwire.client.admin import list_offsets
    from kwire.client.group import GroupReader
    from kwire.client.values import LATEST

    async with connection.cluster(auto_offset_reset="latest" if where == "latest" else "earliest") as cluster:
        found = await chosen(cluster, topics)
        partitions = [one for topic in found.values() for one in partitions_of(topic, only)]
        isolation = int(cluster.config.isolation_level == "read_committed")
        begin = await starts(cluster, partitions, place, isolation)
        ends = await list_offsets(cluster, dict.fromkeys(partitions, LATEST), isolation)
        if place.kind in {Kind.OFFSET, Kind.TIME} and begin == ends:
            _tell_end(where, ends)
        async with _reader(cluster, group, list(found), begin, isolation) as reader:
            left = count
            while piece := await next_piece(reader, None if follow else ends):
                wanted = piece.records[:left]
                printed = await trio.to_thread.run_sync(_print, wanted, writer)
                if printed and isinstance(reader, GroupReader):
                    with trio.CancelScope(shield=True):
                        await reader.commit({piece.partition: wanted[printed - 1].offset + 1})
                if left is not None:
                    left -= printed
                    if not left:
                        return
            if group is not None and not reader.positions:
                click.echo(f"other members of group {group} have all partitions", err=True)


def _tell_end(where: str, ends: Mapping[TopicPartition, int]) -> None:
    """Explain why nothing is printed: the partitions end before the place to begin."""
    told = [f"{partition} ends at {end}" for partition, end in sorted(ends.items())]
    more = f", and {len(told) - TOLD_ENDS} more" if len(told) > TOLD_ENDS else ""
    click.echo(f"there is nothing from {where} on: {', '.join(told[:TOLD_ENDS])}{more}", err=True)


@asynccontextmanager
async def _reader(
    cluster: Cluster, group: str | None, topics: Sequence[str], begin: Mapping[TopicPartition, int], isolation: int
) -> AsyncIterator[Reader | GroupReader]:
    if group is not None:
        from kwire.client.group import member_of

        async with member_of(cluster, group, topics, isolation) as member:
            yield member
    else:
        from kwire.client.reader import reading

        async with reading(cluster, isolation) as reader:
            reader.assign(begin)
            yield reader


def _print(records: Sequence[ReadRecord], writer: Writer) -> int:
    """Print the records in a thread, because a slow reader of the output can block it; return how many, if it stops."""
    import trio

    out = sys.stdout.buffer
    for number, record in enumerate(records):
        if number % STOP_RECORDS == 0:
            try:
                trio.from_thread.check_cancelled()
            except trio.Cancelled:
                out.flush()
                return number
        out.write(writer(record))
    out.flush()
    return len(records)
