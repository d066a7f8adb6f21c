"""`kwire consume`: prints the records of topics."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from kwire.cli import complete
from kwire.cli.command import command as make_command
from kwire.cli.connection import Connection, connects
from kwire.cli.errors import Failed, UsageError
from kwire.cli.interruption import interruptible
from kwire.cli.reading import offsets, records, starts
from kwire.cli.topic import existing
from kwire.record_lines import record_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Writer = Callable[[Any], bytes]

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
def command(
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
    reset = {"auto_offset_reset": "latest" if where == "latest" else "earliest"}
    writer = _writer(as_json, template if template is not None else _template(key_separator, with_headers))
    with connection.admin() as admin:
        partitions = _partitions(existing(admin, topics), only)
        begin = starts(admin, partitions, where, "--from")
        from kafka.admin import OffsetSpec

        ends = None if follow else offsets(admin, partitions, OffsetSpec.LATEST)
    with interruptible() as stopped, connection.consumer(group_id=group, **reset) as consumer:
        joined = _join(consumer, topics) if group is not None else _assign(consumer, begin)
        left = count
        for batch in records(consumer, ends, stopped, joined):
            chosen = batch[:left]
            _print(chosen, writer, stopped, consumer if group is not None else None)
            if left is not None:
                left -= len(chosen)
                if not left:
                    return
        if group is not None and not consumer.assignment():
            click.echo(f"other members of group {group} have all partitions", err=True)


def _print(batch: Sequence[Any], writer: Writer, stopped: Callable[[], bool], committing: Any) -> None:
    """Prints records until Ctrl-C, and commits those that were printed."""
    out = sys.stdout.buffer
    printed = 0
    for record in batch:
        if stopped():
            break
        out.write(writer(record) + b"\n")
        printed += 1
    out.flush()
    if printed and committing is not None:
        from kafka.structs import OffsetAndMetadata, TopicPartition

        committing.commit(
            {
                TopicPartition(one.topic, one.partition): OffsetAndMetadata(one.offset + 1, "", -1)
                for one in batch[:printed]
            }
        )


def _assign(consumer: Any, begin: Mapping[Any, int]) -> Callable[[], bool]:
    consumer.assign(list(begin))
    for partition, offset in begin.items():
        consumer.seek(partition, offset)
    return lambda: True


def _join(consumer: Any, topics: Sequence[str]) -> Callable[[], bool]:
    """Subscribes, and says whether the group has given this member what it leaves to it, if only nothing."""
    from kafka import ConsumerRebalanceListener

    class Listener(ConsumerRebalanceListener):  # type: ignore[misc] # kafka-python has no types
        joined = False

        def on_partitions_revoked(self, revoked: Any) -> None:
            """What was printed is committed already."""

        def on_partitions_assigned(self, assigned: Any) -> None:
            """The member has joined."""
            self.joined = True

    listener = Listener()
    consumer.subscribe(topics, listener=listener)
    for topic in topics:
        consumer.partitions_for_topic(topic)  # or its first assignment would be empty, for want of metadata
    return lambda: listener.joined


def _partitions(topics: dict[str, Any], only: tuple[int, ...]) -> list[Any]:
    from kafka.structs import TopicPartition

    found = []
    for name, topic in topics.items():
        there = sorted(row["partition_index"] for row in topic["partitions"])
        for number in only:
            if number not in there:
                raise Failed(f"topic {name} has no partition {number}, but {there[0]} to {there[-1]}")
        found += [TopicPartition(name, number) for number in there if not only or number in only]
    return found


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


def json_line(record: Any) -> bytes:
    """A record of kafka-python as a line, without its end."""
    fields = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp if record.timestamp >= 0 else None,
        "timestamp_type": "append" if record.timestamp_type == 1 else "create",
    }
    return record_text(fields, record.key, record.value, record.headers).encode()
