"""`kwire load`: JSON lines to topics, which it creates."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import click

from kwire.cli.command import command as make_command
from kwire.cli.connection import Connection, connects, refusal
from kwire.cli.main import Failed, UsageError
from kwire.cli.output import progress
from kwire.cli.record_lines import BadLine, RecordLine, TopicLine, files_below, read, topic_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kwire.cli.sending import Sender

STANDARD_INPUT = "-"


@make_command(
    "load", "kwire load seed", "kwire load orders.jsonl", "kwire dump orders | kwire load - -b localhost:9093"
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@connects
def command(connection: Connection, paths: tuple[str, ...]) -> None:
    """Write the records of JSON lines files, of all in a directory, or of standard input (-).

    Lines that name no topic go to the one that the file is named after. Topics that are not there are created: as a
    line with "partitions" or "configs" says, else as the broker does. Each record keeps its timestamp, its partition
    where it says one, and its place in the order; offsets are new. Loading twice writes twice.
    """
    files = [None if path == STANDARD_INPUT else file for path in paths for file in files_below([path])]
    if not files:
        raise UsageError(f"no .jsonl file in {', '.join(paths)}")
    for file in files:
        if file is not None and not file.is_file():
            raise Failed(f"cannot read {file}: there is no such file")
    from kwire.cli.sending import sender

    sizes = [None if file is None else file.stat().st_size for file in files]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    counts: dict[str, int] = {}
    with (
        connection.admin() as admin,
        sender(connection) as target,
        progress("loading", total, "bytes") as advance,
    ):
        topics = _Topics(admin)
        for file in files:
            with _opened(file) as stream:
                _load(stream, file, topics, target, counts, advance)
    for topic, count in sorted(counts.items()):
        click.echo(f"loaded {count} records into topic {topic}")


def _load(
    stream: IO[bytes],
    file: Path | None,
    topics: _Topics,
    target: Sender,
    counts: dict[str, int],
    advance: Callable[[int], None],
) -> None:
    name, topic = ("standard input", None) if file is None else (str(file), topic_of(file))
    try:
        for line in read(_told(stream, advance), name, topic):
            topics.ensure(line)
            counts.setdefault(line.topic, 0)
            if isinstance(line, RecordLine):
                target.send(line)
                counts[line.topic] += 1
    except BadLine as error:
        target.finish()
        raise Failed(f"{error}; the {target.confirmed} records before it are written") from None


def _told(stream: IO[bytes], advance: Callable[[int], None]) -> Iterator[bytes]:
    for line in stream:
        advance(len(line))
        yield line


@contextmanager
def _opened(file: Path | None) -> Iterator[IO[bytes]]:
    if file is None:
        yield sys.stdin.buffer
        return
    try:
        stream = file.open("rb")
    except OSError as error:
        raise Failed(f"cannot read {file}: {error.strerror or error}") from error
    with stream:
        yield stream


class _Topics:
    """The topics that are there, each looked for once."""

    def __init__(self, admin: Any) -> None:
        self._admin = admin
        self._partitions = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}

    def ensure(self, line: TopicLine | RecordLine) -> None:
        """The line's topic is there, as the line declares it if it did not exist.

        Raises:
            Failed: it cannot be created, or has fewer partitions than declared.
        """
        there = self._partitions.get(line.topic)
        declared = line if isinstance(line, TopicLine) else TopicLine(line.topic)
        if there is None:
            self._create(declared)
        elif declared.partitions is not None and there < declared.partitions:
            raise Failed(
                f"topic {line.topic} has {there} partitions, not {declared.partitions}; "
                f"add some: kwire topic alter {line.topic} --partitions {declared.partitions}"
            )

    def _create(self, declared: TopicLine) -> None:
        wanted = {"num_partitions": declared.partitions or -1, "replication_factor": -1, "configs": declared.configs}
        result = self._admin.create_topics({declared.topic: wanted}, raise_errors=False)["topics"][0]
        if error := refusal(result["error_code"], result.get("error_message")):
            raise Failed(f"cannot create topic {declared.topic}: {error}")
        self._admin.wait_for_topics([declared.topic])
        self._partitions[declared.topic] = len(self._admin.describe_topics([declared.topic])[0]["partitions"])
