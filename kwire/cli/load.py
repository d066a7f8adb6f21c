"""`kwire load`: JSON lines to topics, which it creates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kwire.cli.command import command as make_command
from kwire.cli.connection import Connection, connects, refusal
from kwire.cli.errors import Failed, UsageError
from kwire.cli.inputs import STANDARD_INPUT, Source, reading
from kwire.seeding.record_lines import BadLine, RecordLine, TopicLine, files_below, read, topic_of

if TYPE_CHECKING:
    from kwire.cli.sending import Sender
    from kwire.client.cluster import Cluster


@make_command(
    "load", "kwire load seed", "kwire load orders.jsonl", "kwire dump orders | kwire load - -b localhost:9093"
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@connects
async def command(connection: Connection, paths: tuple[str, ...]) -> None:
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
    with reading("loading", files) as advance:
        async with connection.cluster() as cluster, sender(cluster) as target:
            topics = _Topics(cluster)
            await topics.begin()
            for file in files:
                topic = None if file == STANDARD_INPUT else topic_of(file)
                with Source(file, advance) as source:
                    await _load(source, topic, topics, target, counts)
    for topic, count in sorted(counts.items()):
        click.echo(f"loaded {count} records into topic {topic}")


async def _load(source: Source, topic: str | None, topics: _Topics, target: Sender, counts: dict[str, int]) -> None:
    first = 1
    while chunk := await source.lines():
        try:
            for line in read(chunk, source.name, topic, first):
                await topics.ensure(line)
                counts.setdefault(line.topic, 0)
                if isinstance(line, RecordLine):
                    await target.send(line)
                    counts[line.topic] += 1
        except BadLine as error:
            await target.finish()
            raise Failed(f"{error}; {target.told()}") from None
        first += len(chunk)


class _Topics:
    """The topics that are there, each looked for once."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._partitions: dict[str, int] = {}

    async def begin(self) -> None:
        """Learn which topics exist."""
        from kwire.client import admin

        found = (await admin.topics(self._cluster)).topics
        self._partitions = {str(topic.name): len(topic.partitions) for topic in found}

    async def ensure(self, line: TopicLine | RecordLine) -> None:
        """The line's topic is there, as the line declares it if it did not exist.

        Raises:
            Failed: it cannot be created, or has fewer partitions than declared.
        """
        there = self._partitions.get(line.topic)
        declared = line if isinstance(line, TopicLine) else TopicLine(line.topic)
        if there is None:
            await self._create(declared)
        elif declared.partitions is not None and there < declared.partitions:
            raise Failed(
                f"topic {line.topic} has {there} partitions, not {declared.partitions}; "
                f"add some: kwire topic alter {line.topic} --partitions {declared.partitions}"
            )

    async def _create(self, declared: TopicLine) -> None:
        from kwire.client import admin

        topic = declared.topic
        row = await admin.create_topic(self._cluster, topic, declared.partitions, None, declared.configs)
        if error := refusal(row.error_code, row.error_message):
            raise Failed(f"cannot create topic {topic}: {error}")
        self._partitions[topic] = await admin.wait_for_topic(self._cluster, topic)
