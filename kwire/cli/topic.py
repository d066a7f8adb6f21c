"""`kwire topic`: creates, lists, describes, alters and deletes topics."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import click

from kwire.cli import complete
from kwire.cli.command import command as make_command
from kwire.cli.command import group
from kwire.cli.connection import Connection, connects, refusal
from kwire.cli.errors import FAILED, Failed, UsageError
from kwire.cli.output import json_option, show, show_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
def create(
    connection: Connection,
    topics: tuple[str, ...],
    partitions: int | None,
    replication_factor: int | None,
    configs: tuple[str, ...],
    if_not_exists: bool,
) -> int:
    """Create topics."""
    wanted = {
        "num_partitions": partitions or -1,
        "replication_factor": replication_factor or -1,
        "configs": pairs(configs, "--config"),
    }
    with connection.admin() as admin:
        result = admin.create_topics(dict.fromkeys(topics, wanted), raise_errors=False)
    outcomes = {row["name"]: refusal(row["error_code"], row.get("error_message")) for row in result["topics"]}
    if if_not_exists:
        there = [name for name, error in outcomes.items() if error and error.startswith("TOPIC_ALREADY_EXISTS")]
        for name in there:
            del outcomes[name]
            click.echo(f"topic {name} is there already, and left as it is")
    return report(outcomes, "created topic {}", "cannot create topic {}: {}")


@make_command("list", "kwire topic list")
@click.option("--internal", is_flag=True, help="Also those that the brokers use themselves.")
@json_option
@connects
def list_topics(connection: Connection, internal: bool, as_json: bool) -> None:
    """List the topics."""
    with connection.admin() as admin:
        found = admin.describe_topics()
    rows = [
        {
            "topic": topic["name"],
            "partitions": len(topic["partitions"]),
            "replication_factor": max((len(row["replica_nodes"]) for row in topic["partitions"]), default=0),
            "internal": topic["is_internal"],
        }
        for topic in sorted(found, key=lambda topic: str(topic["name"]))
        if internal or not topic["is_internal"]
    ]
    show(rows, {"topic": "TOPIC", "partitions": "PARTITIONS", "replication_factor": "REPLICAS"}, as_json=as_json)


@make_command("describe", "kwire topic describe orders")
@topics_argument
@json_option
@connects
def describe(connection: Connection, topics: tuple[str, ...], as_json: bool) -> None:
    """Show partitions, offsets and altered configs of topics."""
    with connection.admin() as admin:
        described = [_described(admin, topic) for topic in existing(admin, topics).values()]
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
def alter(
    connection: Connection, topic: str, partitions: int | None, configs: tuple[str, ...], unset: tuple[str, ...]
) -> int:
    """Change a topic's configs, or add partitions."""
    if not (partitions or configs or unset):
        raise UsageError("nothing to alter; give --partitions, --config or --unset")
    changes: dict[str, Any] = {**pairs(configs, "--config"), **dict.fromkeys(unset, ("DELETE", None))}
    with connection.admin() as admin:
        existing(admin, [topic])
        if changes:
            alter_configs(admin, "TOPIC", topic, changes)
        if partitions:
            row = admin.create_partitions({topic: partitions}, raise_errors=False).results[0]
            return report(
                {topic: refusal(row.error_code, row.error_message)}, "altered topic {}", "cannot alter topic {}: {}"
            )
    click.echo(f"altered topic {topic}")
    return 0


@make_command("delete", "kwire topic delete orders")
@topics_argument
@click.option("--if-exists", is_flag=True, help="It is no failure when a topic is not there.")
@connects
def delete(connection: Connection, topics: tuple[str, ...], if_exists: bool) -> int:
    """Delete topics, with all their records."""
    with connection.admin() as admin:
        found = existing(admin, topics, missing_is_fine=if_exists)
        if not found:
            return 0
        result = admin.delete_topics(list(found), raise_errors=False)
    outcomes = {row["name"]: refusal(row["error_code"], row.get("error_message")) for row in result["topics"]}
    return report(outcomes, "deleted topic {}", "cannot delete topic {}: {}")


command = group(
    "topic", "Create, list, describe, alter and delete topics.", create, list_topics, describe, alter, delete
)


def existing(admin: Any, topics: Iterable[str], *, missing_is_fine: bool = False) -> dict[str, dict[str, Any]]:
    """The topics' metadata by name; kafka-python's form.

    Raises:
        Failed: one of them is not there, with the name that was probably meant.
    """
    from kafka.errors import UnknownTopicOrPartitionError

    found = {}
    for topic in admin.describe_topics(list(topics)):
        code = topic["error_code"]
        if code == UnknownTopicOrPartitionError.errno:
            if missing_is_fine:
                continue
            near = difflib.get_close_matches(topic["name"], admin.list_topics(), 1)
            hint = f"did you mean {near[0]}?" if near else f"create it: kwire topic create {topic['name']}"
            raise Failed(f"there is no topic {topic['name']}; {hint}")
        if error := refusal(code):
            raise Failed(f"topic {topic['name']}: {error}")
        found[topic["name"]] = topic
    return found


def alter_configs(admin: Any, kind: str, name: str, changes: Mapping[str, Any]) -> None:
    """The configs are changed, all or none.

    changes: a value, or ("DELETE", None).

    Raises:
        Failed: the broker refuses one of them.
    """
    from kafka.admin import ConfigResource

    resource = ConfigResource(kind, name, dict(changes))
    result = admin.alter_configs([resource], raise_on_unknown=False)[kind.lower()][name]
    if result != "OK":
        # kafka-python gives the error as "[Error 40] InvalidConfigurationError: text"
        code, _, text = result.removeprefix("[Error ").partition("] ")
        reason = refusal(int(code), text.partition(": ")[2]) if code.isdigit() else result
        raise Failed(f"cannot alter {kind.lower()} {name}: {reason}")


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


def _described(admin: Any, topic: Mapping[str, Any]) -> dict[str, Any]:
    from kafka.admin import ConfigResource, OffsetSpec
    from kafka.structs import TopicPartition

    name = topic["name"]
    rows: Sequence[Mapping[str, Any]] = sorted(topic["partitions"], key=lambda row: int(row["partition_index"]))
    led = [TopicPartition(name, row["partition_index"]) for row in rows if row["leader_id"] >= 0]
    starts = admin.list_partition_offsets(dict.fromkeys(led, OffsetSpec.EARLIEST))
    ends = admin.list_partition_offsets(dict.fromkeys(led, OffsetSpec.LATEST))
    configs = admin.describe_configs([ConfigResource("TOPIC", name)])["topic"][name]
    partitions = []
    for row in rows:
        partition = TopicPartition(name, row["partition_index"])
        partitions.append(
            {
                "partition": row["partition_index"],
                "leader": row["leader_id"] if row["leader_id"] >= 0 else None,
                "epoch": row.get("leader_epoch"),
                "replicas": row["replica_nodes"],
                "isr": row["isr_nodes"],
                "start": starts[partition].offset if partition in starts else None,
                "end": ends[partition].offset if partition in ends else None,
            }
        )
    return {
        "topic": name,
        "id": str(topic.get("topic_id") or "-"),
        "internal": topic["is_internal"],
        "configs": {key: config["value"] for key, config in sorted(configs.items())},
        "partitions": partitions,
    }
