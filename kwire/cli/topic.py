"""`kwire topic`: creates, lists, describes, alters and deletes topics."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from kwire.cli import complete
from kwire.cli.command import command as make_command
from kwire.cli.command import group
from kwire.cli.connection import Connection, connects, refusal
from kwire.cli.errors import FAILED, Failed, UsageError
from kwire.cli.output import json_option, show, show_json
from kwire.cli.patterns import is_pattern, matching

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from kwire.client.cluster import Cluster
    from kwire.protocol.messages.describe_configs import DescribeConfigsResourceResult
    from kwire.protocol.messages.metadata import MetadataResponseTopic

topics_argument = click.argument("topics", metavar="TOPIC...", nargs=-1, required=True, shell_complete=complete.topics)
DESCRIBED = {
    "partition": "PARTITION",
    "leader": "LEADER",
    "epoch": "EPOCH",
    "replicas": "REPLICAS",
    "isr": "ISR",
    "start": "START",
    "end": "END",
}


@make_command("create", "kwire topic create orders --partitions 6 --config retention.ms=3600000")
@click.argument("topics", metavar="TOPIC...", nargs=-1, required=True)
@click.option("-p", "--partitions", type=click.IntRange(1), metavar="N", help="How many (default: the broker's).")
@click.option("-r", "--replication-factor", type=click.IntRange(1), metavar="N", help="How many replicas of each.")
@click.option("-c", "--config", "configs", multiple=True, metavar="KEY=VALUE", help="A topic config; repeatable.")
@click.option("--if-not-exists", is_flag=True, help="It is no failure when a topic is there already.")
@connects
async def create(
    connection: Connection,
    topics: tuple[str, ...],
    partitions: int | None,
    replication_factor: int | None,
    configs: tuple[str, ...],
    if_not_exists: bool,
) -> int:
    """Create topics."""
    from kwire.client import admin

    wanted = pairs(configs, "--config")
    outcomes = {}
    async with connection.cluster() as cluster:
        for name in topics:
            row = await admin.create_topic(cluster, name, partitions, replication_factor, wanted)
            outcomes[name] = refusal(row.error_code, row.error_message)
    if if_not_exists:
        there = [name for name, error in outcomes.items() if error and error.startswith("TOPIC_ALREADY_EXISTS")]
        for name in there:
            del outcomes[name]
            click.echo(f"topic {name} is there already, and left as it is")
    return report(outcomes, "created topic {}", "cannot create topic {}: {}")


@make_command("list", "kwire topic list", "kwire topic list 'or*'")
@click.argument("patterns", metavar="[TOPIC]...", nargs=-1, shell_complete=complete.topics)
@click.option("--internal", is_flag=True, help="Also those that the brokers use themselves.")
@json_option
@connects
async def list_topics(connection: Connection, patterns: tuple[str, ...], internal: bool, as_json: bool) -> None:
    """List the topics.

    Without TOPIC, list all but internal ones. A TOPIC is a name, a pattern with *, ? or [ as in a shell, or a regular
    expression that begins with ^.
    """
    from kwire.client import admin

    async with connection.cluster() as cluster:
        found = list((await chosen(cluster, patterns)).values()) if patterns else (await admin.topics(cluster)).topics
    rows = [
        {
            "topic": topic.name,
            "partitions": len(topic.partitions),
            "replication_factor": max((len(row.replica_nodes) for row in topic.partitions), default=0),
            "internal": topic.is_internal,
        }
        for topic in sorted(found, key=lambda topic: str(topic.name))
        if internal or patterns or not topic.is_internal
    ]
    show(rows, {"topic": "TOPIC", "partitions": "PARTITIONS", "replication_factor": "REPLICAS"}, as_json=as_json)


@make_command("describe", "kwire topic describe orders")
@topics_argument
@json_option
@connects
async def describe(connection: Connection, topics: tuple[str, ...], as_json: bool) -> None:
    """Show partitions, offsets and altered configs of topics."""
    async with connection.cluster() as cluster:
        described = [await _described(cluster, topic) for topic in (await chosen(cluster, topics)).values()]
    if as_json:
        show_json(described)
        return
    for number, topic in enumerate(described):
        if number:
            click.echo()
        click.echo(f"{topic['topic']}, id {topic['id']}")
        for name, value in topic["configs"].items():
            click.echo(f"  {name}={value}")
        show(topic["partitions"], DESCRIBED, as_json=False)


@make_command("alter", "kwire topic alter orders --partitions 12 --config retention.ms=86400000 --unset cleanup.policy")
@click.argument("topic", shell_complete=complete.topics)
@click.option("-p", "--partitions", type=click.IntRange(1), metavar="N", help="So many from now on; never fewer.")
@click.option("-c", "--config", "configs", multiple=True, metavar="KEY=VALUE", help="Set a config; repeatable.")
@click.option("--unset", multiple=True, metavar="KEY", help="Take back a config to its default; repeatable.")
@connects
async def alter(
    connection: Connection, topic: str, partitions: int | None, configs: tuple[str, ...], unset: tuple[str, ...]
) -> int:
    """Change a topic's configs, or add partitions."""
    if not (partitions or configs or unset):
        raise UsageError("nothing to alter; give --partitions, --config or --unset")
    from kwire.client import admin

    changes = {**pairs(configs, "--config"), **dict.fromkeys(unset)}
    async with connection.cluster() as cluster:
        await existing(cluster, [topic])
        if changes:
            await alter_configs(cluster, "topic", topic, changes)
        if partitions:
            row = await admin.create_partitions(cluster, topic, partitions)
            return report(
                {topic: refusal(row.error_code, row.error_message)}, "altered topic {}", "cannot alter topic {}: {}"
            )
    click.echo(f"altered topic {topic}")
    return 0


@make_command("delete", "kwire topic delete orders")
@topics_argument
@click.option("--if-exists", is_flag=True, help="It is no failure when a topic is not there.")
@connects
async def delete(connection: Connection, topics: tuple[str, ...], if_exists: bool) -> int:
    """Delete topics, with all their records."""
    from kwire.client import admin

    outcomes = {}
    async with connection.cluster() as cluster:
        for name in await existing(cluster, topics, missing_is_fine=if_exists, may_be_made=False):
            row = await admin.delete_topic(cluster, name)
            outcomes[name] = refusal(row.error_code, row.error_message)
    return report(outcomes, "deleted topic {}", "cannot delete topic {}: {}")


command = group(
    "topic", "Create, list, describe, alter and delete topics.", create, list_topics, describe, alter, delete
)


async def existing(
    cluster: Cluster, topics: Collection[str], *, missing_is_fine: bool = False, may_be_made: bool = True
) -> dict[str, MetadataResponseTopic]:
    """Fetch the topics' metadata, by name.

    may_be_made: suggest creating an absent topic.

    Raises:
        Failed: a topic does not exist; the message suggests a similar name.
    """
    from kwire.client import admin
    from kwire.protocol.errors import ErrorCode

    for name in filter(is_pattern, topics):
        raise UsageError(f"{name} is a pattern, not a topic's name; kwire topic list {name!r} shows those that match")
    found = {}
    for topic in (await admin.topics(cluster, list(dict.fromkeys(topics)))).topics:
        name = str(topic.name)
        if topic.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
            if missing_is_fine:
                continue
            near = difflib.get_close_matches(name, await admin.names_of_topics(cluster), 1)
            hint = f"; create it: kwire topic create {name}" if may_be_made else ""
            raise Failed(f"there is no topic {name}{f'; did you mean {near[0]}?' if near else hint}")
        if error := refusal(topic.error_code):
            raise Failed(f"topic {name}: {error}")
        found[name] = topic
    return found


async def chosen(cluster: Cluster, texts: Collection[str]) -> dict[str, MetadataResponseTopic]:
    """Fetch the metadata of the topics with these names or matching these patterns, which skip internal topics.

    Raises:
        Failed: a topic does not exist, or no topic matches a pattern.
        UsageError: a regular expression is invalid.
    """
    from kwire.client import admin

    every = await admin.topics(cluster) if any(map(is_pattern, texts)) else None
    names: list[str] = []
    for text in texts:
        if every is not None and is_pattern(text):
            found = matching(text, (str(topic.name) for topic in every.topics if not topic.is_internal))
            if not found:
                raise Failed(f"no topic matches {text}; kwire topic list shows all")
            names += found
        else:
            names.append(text)
    return await existing(cluster, names)


async def alter_configs(cluster: Cluster, kind: str, name: str, changes: Mapping[str, str | None]) -> None:
    """Set these configs, all or none of them; None restores a default.

    Raises:
        Failed: the broker refuses one of them, or does not know one to restore, which it would pass over.
    """
    from kwire.client import admin

    restored = [key for key, value in changes.items() if value is None]
    if restored:
        check_known(kind, restored, await described_configs(cluster, kind, name))
    row = await admin.alter_configs(cluster, admin.KINDS[kind], name, changes)
    if error := refusal(row.error_code, row.error_message):
        raise Failed(f"cannot alter {kind} {name}: {error}")


async def described_configs(cluster: Cluster, kind: str, name: str) -> dict[str, DescribeConfigsResourceResult]:
    """Fetch all configs of the resource, by name.

    Raises:
        Failed: the broker refuses to describe it.
    """
    from kwire.client import admin

    found = await admin.describe_configs(cluster, admin.KINDS[kind], name)
    if error := refusal(found.error_code, found.error_message):
        raise Failed(f"{kind} {name}: {error}")
    return {row.name: row for row in found.configs}


def check_known(kind: str, keys: Iterable[str], known: Collection[str]) -> None:
    """Check that configs of these names exist.

    Raises:
        Failed: one does not; the message suggests a similar name.
    """
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise Failed(f"a {kind} has no config {key}" + (f"; did you mean {near[0]}?" if near else ""))


async def altered_configs(cluster: Cluster, topic: str) -> dict[str, str | None]:
    """Return the configs set on the topic itself, by name."""
    from kwire.client import admin

    found = await described_configs(cluster, "topic", topic)
    return {key: row.value for key, row in sorted(found.items()) if admin.is_own(admin.TOPIC, row)}


def pairs(texts: Iterable[str], option: str) -> dict[str, str]:
    """KEY=VALUE texts as a mapping.

    Raises:
        UsageError: one is none.
    """
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"{option}: {text!r} is not KEY=VALUE")
        found[key] = value
    return found


def report(outcomes: Mapping[str, str | None], done: str, refused: str) -> int:
    """Says for each name what became of it; the exit code."""
    for name, error in outcomes.items():
        if error is None:
            click.echo(done.format(name))
        else:
            click.echo(f"kwire: {refused.format(name, error)}", err=True)
    return FAILED if any(outcomes.values()) else 0


async def _described(cluster: Cluster, topic: MetadataResponseTopic) -> dict[str, Any]:
    from kwire.client import admin
    from kwire.client.values import EARLIEST, LATEST, TopicPartition

    name = str(topic.name)
    rows = sorted(topic.partitions, key=lambda row: row.partition_index)
    led = [TopicPartition(name, row.partition_index) for row in rows if row.leader_id >= 0]
    starts = await admin.list_offsets(cluster, dict.fromkeys(led, EARLIEST))
    ends = await admin.list_offsets(cluster, dict.fromkeys(led, LATEST))
    return {
        "topic": name,
        "id": str(UUID(bytes=topic.topic_id)) if any(topic.topic_id) else "-",
        "internal": topic.is_internal,
        "configs": await altered_configs(cluster, name),
        "partitions": [
            {
                "partition": row.partition_index,
                "leader": row.leader_id if row.leader_id >= 0 else None,
                "epoch": row.leader_epoch,
                "replicas": row.replica_nodes,
                "isr": row.isr_nodes,
                "start": starts.get(TopicPartition(name, row.partition_index)),
                "end": ends.get(TopicPartition(name, row.partition_index)),
            }
            for row in rows
        ],
    }
