"""`kwire consume`: prints the records of topics."""

from __future__ import annotations

import re
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from kwire.cli import complete
from kwire.cli.command import command as make_command
from kwire.cli.connection import Connection, connects
from kwire.cli.errors import UsageError
from kwire.cli.reading import next_piece, partitions_of, starts
from kwire.cli.topic import existing
from kwire.record_lines import record_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from kwire.client.cluster import Cluster
    from kwire.client.group import GroupReader
    from kwire.client.reader import Reader
    from kwire.client.values import ReadRecord, TopicPartition

    Writer = Callable[[ReadRecord], bytes]

STOP_RECORDS = 50
"""Records that are printed between two looks whether to stop."""

ESCAPES = {r"\n": b"\n", r"\t": b"\t", r"\0": b"\0", "%%": b"%"}


@make_command(
    "consume",
    "kwire consume orders",
    "kwire consume orders --from -10 --follow --json",
    "kwire consume orders --from 2024-05-01T12:00:00Z --format '%p %o %k: %v'",
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
    help="earliest, latest, an offset, -N for the last N of each partition, or a time.",
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
    help="A line for each record: %t topic, %p partition, %o offset, %T timestamp, %k key, %v value, %h headers.",
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

    It stops where the topics end now, unless told to follow. Bytes are
    printed as they are; on a terminal, what is not UTF-8 is escaped.
    """
    if sum((as_json, template is not None, key_separator is not None or with_headers)) > 1:
        raise UsageError("--json, --format, and --key-separator or --headers do not go together")
    if group is not None and (only or where not in {"earliest", "latest"}):
        raise UsageError(
            "a group begins where it is; with --group leave out --partition, and --from but for earliest or latest"
        )
    writer = _writer(as_json, template if template is not None else _template(key_separator, with_headers))
    import trio

    from kwire.client.admin import list_offsets
    from kwire.client.group import GroupReader
    from kwire.client.values import LATEST

    async with connection.cluster(auto_offset_reset="latest" if where == "latest" else "earliest") as cluster:
        partitions = [one for topic in (await existing(cluster, topics)).values() for one in partitions_of(topic, only)]
        begin = await starts(cluster, partitions, where, "--from")
        ends = None if follow else await list_offsets(cluster, dict.fromkeys(partitions, LATEST))
        isolation = int(cluster.config.isolation_level == "read_committed")
        async with _reader(cluster, group, topics, begin, isolation) as reader:
            left = count
            while piece := await next_piece(reader, ends):
                chosen = piece.records[:left]
                printed = await trio.to_thread.run_sync(_print, chosen, writer)
                if printed and isinstance(reader, GroupReader):
                    with trio.CancelScope(shield=True):
                        await reader.commit({piece.partition: chosen[printed - 1].offset + 1})
                if left is not None:
                    left -= printed
                    if not left:
                        return
            if group is not None and not reader.positions:
                click.echo(f"other members of group {group} have all partitions", err=True)


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
    """Prints the records, in a thread, as whoever reads them may let it wait; how many, where it is to stop."""
    import trio

    out = sys.stdout.buffer
    for number, record in enumerate(records):
        if number % STOP_RECORDS == 0:
            try:
                trio.from_thread.check_cancelled()
            except trio.Cancelled:
                out.flush()
                return number
        out.write(writer(record) + b"\n")
    out.flush()
    return len(records)


def _writer(as_json: bool, template: str) -> Writer:
    if as_json:
        return json_line
    tokens = re.findall(r"%.|\\.|[^%\\]+|[%\\]", template, re.DOTALL)
    printable = _escaped if sys.stdout.isatty() else bytes
    parts = [_part(token, printable) for token in tokens]
    return lambda record: b"".join(part(record) for part in parts)


def _part(token: str, printable: Callable[[bytes], bytes]) -> Writer:
    made: dict[str, Writer] = {
        "%t": lambda record: str(record.topic).encode(),
        "%p": lambda record: b"%d" % record.partition,
        "%o": lambda record: b"%d" % record.offset,
        "%T": lambda record: b"%d" % record.timestamp,
        "%k": lambda record: printable(record.key or b""),
        "%v": lambda record: printable(record.value or b""),
        "%h": lambda record: printable(
            b",".join(name.encode() + b"=" + (value or b"") for name, value in record.headers)
        ),
    }
    if token in made:
        return made[token]
    if token.startswith("%") and token not in ESCAPES:
        raise UsageError(f"--format knows no {token}; it takes {', '.join(made)} and %%")
    fixed = ESCAPES.get(token, token.encode())
    return lambda _: fixed


def _template(key_separator: str | None, with_headers: bool) -> str:
    key = "" if key_separator is None else "%k" + key_separator.replace("%", "%%")
    return ("%h\\t" if with_headers else "") + key + "%v"


def _escaped(data: bytes) -> bytes:
    text = data.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() or letter == "\t" else repr(letter)[1:-1] for letter in text).encode()


def json_line(record: ReadRecord) -> bytes:
    """A record as a line, without its end."""
    fields = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp if record.timestamp >= 0 else None,
        "timestamp_type": "append" if record.appended else "create",
    }
    return record_text(fields, record.key, record.value, record.headers).encode()
