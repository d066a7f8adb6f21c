"""`kwire produce`: lines, JSON lines or files become records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kwire.cli import complete
from kwire.cli.command import command as make_command
from kwire.cli.connection import Connection, connects
from kwire.cli.errors import Failed, UsageError
from kwire.cli.inputs import STANDARD_INPUT, Source, reading
from kwire.cli.places import timestamp_ms
from kwire.cli.topic import existing, pairs
from kwire.env import wall_clock_ms
from kwire.seeding.record_lines import BadLine, RecordLine, read

if TYPE_CHECKING:
    from kwire.cli.sending import Sender
    from kwire.client.cluster import Cluster

ESCAPES = {r"\t": "\t", r"\n": "\n", r"\0": "\0"}


@make_command(
    "produce",
    "echo 'two coffees' | kwire produce orders",
    "printf 'order-1:two coffees\\norder-2:tea\\n' | kwire produce orders --key-separator :",
    """echo '{"key": "order-3", "value": {"cups": 2}, "headers": {"trace": "7"}}' | kwire produce orders --json""",
)
@click.argument("topic", shell_complete=complete.topics)
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option(
    "--json", "as_json", is_flag=True, help="Each line is a JSON object: key, value, headers, partition, timestamp."
)
@click.option("-K", "--key-separator", metavar="TEXT", help="What stands between key and value in a line.")
@click.option("-k", "--key", help="The key of all records.")
@click.option(
    "-H", "--header", "headers", multiple=True, metavar="KEY=VALUE", help="A header of all records; repeatable."
)
@click.option("-p", "--partition", type=click.IntRange(0), metavar="N", help="Where all records go (default: by key).")
@click.option(
    "--timestamp",
    metavar="TIME",
    help="The time of all records: 2024-05-01T12:00:00Z, milliseconds since 1970, or how long ago (1h).",
)
@click.option("--whole-files", is_flag=True, help="Each file is one record, however many lines it has.")
@connects
async def command(
    connection: Connection,
    topic: str,
    files: tuple[str, ...],
    as_json: bool,
    key_separator: str | None,
    key: str | None,
    headers: tuple[str, ...],
    partition: int | None,
    timestamp: str | None,
    whole_files: bool,
) -> None:
    """Write records from lines, JSON lines or files.

    Each line of the files, or of standard input, is one record. An absent topic is created if the brokers create topics
    automatically.

    With --json the fields are those that `kwire consume --json` and `kwire dump` write: key, value, headers, partition,
    timestamp. A value that is not a string is sent as JSON; null is a tombstone; value_base64 takes any bytes.
    """
    if as_json and (key_separator or key is not None or headers or timestamp or partition is not None or whole_files):
        raise UsageError("with --json the lines say key, headers, partition and timestamp; leave those options out")
    if key_separator == "" or (key_separator and key is not None):
        raise UsageError("give either --key or a --key-separator that is not empty")
    separator = ESCAPES.get(key_separator or "", key_separator or "").encode()
    common = RecordLine(
        topic,
        None if key is None else key.encode(),
        None,
        [(name, value.encode()) for name, value in pairs(headers, "--header").items()],
        partition,
        None if timestamp is None else timestamp_ms(timestamp, "--timestamp", wall_clock_ms()),
    )
    from kwire.cli.sending import sender

    paths = files or (STANDARD_INPUT,)
    async with connection.cluster() as cluster:
        with reading(f"producing to {topic}", paths) as advance:
            await _ready(cluster, topic)
            async with sender(cluster) as target:
                for path in paths:
                    with Source(path, advance) as source:
                        if whole_files:
                            await target.send(_with(common, common.key, await source.whole()))
                        elif as_json:
                            await _send_json(target, source, topic)
                        else:
                            await _send_lines(target, source, common, separator)


async def _ready(cluster: Cluster, topic: str) -> None:
    """Make sure that the topic exists; let the brokers create it if they create topics automatically.

    Raises:
        Failed: the topic does not exist.
    """
    from kwire.client import admin
    from kwire.protocol.errors import ErrorCode

    (found,) = (await admin.topics(cluster, [topic])).topics
    if found.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION and await admin.created_by_itself(cluster, topic):
        click.echo(f"there was no topic {topic}; the broker created it", err=True)
    else:
        await existing(cluster, [topic])


async def _send_json(target: Sender, source: Source, topic: str) -> None:
    first = 1
    while chunk := await source.lines():
        try:
            for line in read(chunk, source.name, topic, first):
                if isinstance(line, RecordLine):
                    line.topic = topic
                    await target.send(line)
        except BadLine as error:
            await target.finish()
            raise Failed(f"{error}; {target.told()}") from None
        first += len(chunk)


async def _send_lines(target: Sender, source: Source, common: RecordLine, separator: bytes) -> None:
    number = 0
    while chunk := await source.lines():
        for line in chunk:
            number += 1
            key, value = common.key, line.removesuffix(b"\n")
            if separator:
                key, found, value = value.partition(separator)
                if not found:
                    await target.finish()
                    raise Failed(
                        f"{source.name} line {number}: no {separator.decode()!r} between key and value; {target.told()}"
                    )
            await target.send(_with(common, key, value))


def _with(common: RecordLine, key: bytes | None, value: bytes) -> RecordLine:
    return RecordLine(common.topic, key, value, common.headers, common.partition, common.timestamp_ms)
