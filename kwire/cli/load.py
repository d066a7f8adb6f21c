"""`kwire load`: JSON lines to topics, which it creates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kwire.cli.command import command as make_command
from kwire.cli.connection import Connection, connects, refusal
from kwire.cli.errors import Failed, UsageError
from kwire.cli.inputs import STANDARD_INPUT, opened, reading, told
from kwire.record_lines import BadLine, RecordLine, TopicLine, files_below, read, topic_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kwire.cli.sending import Sender
    from kwire.record_lines import Line


@make_command(
    "load", "kwire load seed", "kwire load orders.jsonl", "kwire dump orders | kwire load - -b localhost:9093"
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@connects
def command(connection: Connection, paths: tuple[str, ...]) -> None:
    """Write JSON lines to topics, which it creates.

    PATH is a file, a directory with .jsonl files, or - for standard input.

    Lines that name no topic go to the one that the file is named after. Topics that are not there are created: as a
    line with "partitions" or "configs" says, else as the broker does. Each record keeps its timestamp, its partition
    where it says one, and its place in the order; offsets are new. Loading twice writes twice.
    """
    files = [str(file) for file in files_below(paths)]
    if not files:
        raise UsageError(f"no .jsonl file in {', '.join(paths)}")
    from kwire.cli.sending import sender

    counts: dict[str, int] = {}
    with reading("loading", files) as advance, connection.admin() as admin, sender(connection) as target:
        topics = _Topics(admin)
        for file in files:
            topic = None if file == STANDARD_INPUT else topic_of(file)
            with opened(file) as (name, stream):
                _load(read(told(stream, advance), name, topic), topics, target, counts)
    for topic, count in sorted(counts.items()):
        click.echo(f"loaded {count} records into topic {topic}")


def _load(lines: Iterable[Line], topics: _Topics, target: Sender, counts: dict[str, int]) -> None:
    try:
        for line in lines:
            topics.ensure(line)
            counts.setdefault(line.topic, 0)
            if isinstance(line, RecordLine):
                target.send(line)
                counts[line.topic] += 1
    except BadLine as error:
        target.finish()
        raise Failed(f"{error}; the {target.confirmed} records before it are written") from None


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
