"""`kwire group`: lists, describes, resets and deletes groups."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import click

from kwire.cli import complete
from kwire.cli.command import command as make_command
from kwire.cli.command import group as make_group
from kwire.cli.connection import Connection, connects, refusal
from kwire.cli.errors import FAILED, Failed, UsageError
from kwire.cli.output import json_option, show, show_json
from kwire.cli.reading import offsets, starts
from kwire.cli.topic import existing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

groups_argument = click.argument("groups", metavar="GROUP...", nargs=-1, required=True, shell_complete=complete.groups)
LISTED = {"group": "GROUP", "type": "TYPE", "protocol": "PROTOCOL", "state": "STATE"}
PARTITIONS = {
    "topic": "TOPIC",
    "partition": "PARTITION",
    "committed": "COMMITTED",
    "end": "END",
    "lag": "LAG",
    "member": "MEMBER",
    "client": "CLIENT",
    "host": "HOST",
}
RESET = {"topic": "TOPIC", "partition": "PARTITION", "from": "FROM", "to": "TO"}


@make_command("list", "kwire group list")
@json_option
@connects
def list_groups(connection: Connection, as_json: bool) -> None:
    """List the groups."""
    with connection.admin() as admin:
        found = admin.list_groups()
    rows = [
        {
            "group": group["group_id"],
            "type": group.get("group_type") or None,
            "protocol": group.get("protocol_type") or None,
            "state": group.get("group_state") or None,
        }
        for group in sorted(found, key=lambda group: str(group["group_id"]))
    ]
    show(rows, LISTED, as_json=as_json)


@make_command("describe", "kwire group describe billing")
@groups_argument
@json_option
@connects
def describe(connection: Connection, groups: tuple[str, ...], as_json: bool) -> None:
    """Show what groups have committed, their lag and members."""
    with connection.admin() as admin:
        known = _known(admin, groups)
        described = [_described(admin, group, known[group]) for group in groups]
    if as_json:
        show_json(described)
        return
    for number, group in enumerate(described):
        if number:
            click.echo()
        members = "its members cannot be told" if group["members"] is None else f"{len(group['members'])} members"
        click.echo(f"{group['group']}, {group['state']}, {members}, total lag {group['lag']}")
        show(group["partitions"], PARTITIONS, as_json=False)


@make_command(
    "reset",
    "kwire group reset billing --to earliest",
    "kwire group reset billing --topic orders:0,1 --to 2024-05-01T12:00:00Z --execute",
    "kwire group reset billing --shift-by -10 --execute",
)
@click.argument("group", shell_complete=complete.groups)
@click.option(
    "-t",
    "--topic",
    "topics",
    multiple=True,
    metavar="NAME[:P,P...]",
    help="Only this topic, or these partitions of it (default: all that the group has committed); repeatable.",
)
@click.option("--to", "where", metavar="WHERE", help="earliest, latest, an offset, -N for N before the end, or a time.")
@click.option("--shift-by", "shift", type=int, metavar="N", help="So many records on, or back where negative.")
@click.option("--execute", is_flag=True, help="Do it; otherwise it is only shown.")
@json_option
@connects
def reset(
    connection: Connection,
    group: str,
    topics: tuple[str, ...],
    where: str | None,
    shift: int | None,
    execute: bool,
    as_json: bool,
) -> int:
    """Move what a group has committed.

    It is only shown, unless --execute is given. The group's members have to be stopped before. Offsets beyond a
    partition's records are moved to its first or last.
    """
    if (where is None) == (shift is None):
        raise UsageError("say where with either --to or --shift-by")
    with connection.admin() as admin:
        committed = {
            partition: row.offset
            for partition, row in admin.list_group_offsets(group)[group].items()
            if row.offset >= 0
        }
        if not topics and not committed:
            _known(admin, [group])
            raise Failed(f"group {group} has committed nothing; name what to reset with --topic")
        partitions = _chosen(admin, topics) if topics else sorted(committed)
        if shift is not None:
            targets = _shifted(admin, partitions, committed, shift)
        else:
            targets = starts(admin, partitions, str(where), option="--to")
        rows = [
            {
                "topic": partition.topic,
                "partition": partition.partition,
                "from": committed.get(partition),
                "to": targets[partition],
            }
            for partition in partitions
        ]
        refused = _commit(admin, group, targets) if execute else {}
    show(rows, RESET, as_json=as_json)
    for partition, reason in refused.items():
        click.echo(f"kwire: cannot reset {partition.topic}-{partition.partition}: {reason}", err=True)
    if not execute:
        click.echo("nothing is changed yet; add --execute", err=True)
    return FAILED if refused else 0


@make_command("delete", "kwire group delete billing")
@groups_argument
@connects
def delete(connection: Connection, groups: tuple[str, ...]) -> int:
    """Delete groups, with what they have committed."""
    with connection.admin() as admin:
        _known(admin, groups)
        outcomes = admin.delete_groups(list(groups))
    for group, outcome in outcomes.items():
        if outcome == "OK":
            click.echo(f"deleted group {group}")
        elif outcome == "NonEmptyGroupError":
            click.echo(f"kwire: group {group} has members; stop them first", err=True)
        else:
            click.echo(f"kwire: cannot delete group {group}: {outcome}", err=True)
    return 0 if set(outcomes.values()) == {"OK"} else FAILED


command = make_group("group", "List, describe, reset and delete groups.", list_groups, describe, reset, delete)


def _known(admin: Any, groups: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The groups as they are listed.

    Raises:
        Failed: one of them is not there.
    """
    listed = {group["group_id"]: group for group in admin.list_groups()}
    for group in groups:
        if group not in listed:
            near = difflib.get_close_matches(group, listed, 1)
            hint = f"did you mean {near[0]}?" if near else "see kwire group list"
            raise Failed(f"there is no group {group}; {hint}")
    return {group: listed[group] for group in groups}


def _described(admin: Any, group: str, listed: Mapping[str, Any]) -> dict[str, Any]:
    from kafka.admin import OffsetSpec
    from kafka.structs import TopicPartition

    members = _MEMBERS.get(listed.get("group_type", "classic").lower(), _no_members)(admin, group)
    committed = {
        partition: row.offset for partition, row in admin.list_group_offsets(group)[group].items() if row.offset >= 0
    }
    owners = {
        TopicPartition(topic, number): member
        for member in members or []
        for topic, numbers in member["assigned"].items()
        for number in numbers
    }
    partitions = sorted({*committed, *owners})
    topics = existing(admin, sorted({partition.topic for partition in partitions}), missing_is_fine=True)
    ends = offsets(admin, [one for one in partitions if one.topic in topics], OffsetSpec.LATEST)
    rows = []
    for partition in partitions:
        member = owners.get(partition, {})
        at, end = committed.get(partition), ends.get(partition)
        rows.append(
            {
                "topic": partition.topic,
                "partition": partition.partition,
                "committed": at,
                "end": end,
                "lag": max(0, end - at) if at is not None and end is not None else None,
                "member": member.get("member"),
                "client": member.get("client"),
                "host": member.get("host"),
            }
        )
    return {
        "group": group,
        "type": listed.get("group_type") or None,
        "state": listed.get("group_state") or "unknown",
        "lag": sum(row["lag"] or 0 for row in rows),
        "partitions": rows,
        "members": members,
    }


def _no_members(admin: Any, group: str) -> None:
    """Of a kind of group whose members are not known."""


def _classic_members(admin: Any, group: str) -> list[dict[str, Any]]:
    found = admin.describe_groups([group])[group]
    members = []
    for member in found["members"]:
        assignment = member["member_assignment"]
        # Of other protocols than consumers' (Kafka Connect's) the assignment stays bytes.
        topics = assignment["assigned_partitions"] if isinstance(assignment, dict) else []
        members.append(
            {
                "member": member["member_id"],
                "instance": member.get("group_instance_id"),
                "client": member["client_id"],
                "host": member["client_host"].removeprefix("/"),
                "assigned": {topic["topic"]: sorted(topic["partitions"]) for topic in topics},
            }
        )
    return members


def _consumer_members(admin: Any, group: str) -> list[dict[str, Any]]:
    """Of a group of the consumer protocol (KIP-848), which kafka-python cannot describe."""
    from kwire.cli.carried_request import ask_coordinator
    from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest

    (found,) = ask_coordinator(admin, group, ConsumerGroupDescribeRequest(group_ids=[group])).groups
    if error := refusal(found.error_code, found.error_message):
        raise Failed(f"group {group}: {error}")
    return [
        {
            "member": member.member_id,
            "instance": member.instance_id,
            "client": member.client_id,
            "host": member.client_host.removeprefix("/"),
            "assigned": {topic.topic_name: sorted(topic.partitions) for topic in member.assignment.topic_partitions},
        }
        for member in found.members
    ]


_MEMBERS: Mapping[str, Callable[[Any, str], list[dict[str, Any]] | None]] = {
    "classic": _classic_members,
    "consumer": _consumer_members,
}


def _chosen(admin: Any, texts: Sequence[str]) -> list[Any]:
    """The partitions that the --topic options name."""
    from kafka.structs import TopicPartition

    wanted: dict[str, list[int] | None] = {}
    for text in texts:
        name, colon, numbers = text.partition(":")
        if colon and not all(number.isdigit() for number in numbers.split(",")):
            raise UsageError(f"--topic: {text!r} is not NAME or NAME:PARTITION,PARTITION")
        wanted[name] = [int(number) for number in numbers.split(",")] if colon else None
    found = []
    for name, topic in existing(admin, wanted).items():
        there = sorted(row["partition_index"] for row in topic["partitions"])
        for number in wanted[name] or there:
            if number not in there:
                raise Failed(f"topic {name} has no partition {number}, but {there[0]} to {there[-1]}")
            found.append(TopicPartition(name, number))
    return found


def _shifted(admin: Any, partitions: Sequence[Any], committed: Mapping[Any, int], shift: int) -> dict[Any, int]:
    from kafka.admin import OffsetSpec

    for partition in partitions:
        if partition not in committed:
            raise Failed(
                f"nothing is committed for {partition.topic}-{partition.partition}; use --to instead of --shift-by"
            )
    first = offsets(admin, partitions, OffsetSpec.EARLIEST)
    last = offsets(admin, partitions, OffsetSpec.LATEST)
    return {one: min(max(committed[one] + shift, first[one]), last[one]) for one in partitions}


def _commit(admin: Any, group: str, targets: Mapping[Any, int]) -> dict[Any, str]:
    """What was refused, by partition."""
    from kafka.errors import UnknownMemberIdError
    from kafka.structs import OffsetAndMetadata

    results = admin.alter_group_offsets(
        group, {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in targets.items()}
    )
    refused = {}
    for partition, error in results.items():
        if error is UnknownMemberIdError:
            refused[partition] = "the group has members; stop them first"
        elif reason := refusal(error.errno):
            refused[partition] = reason
    return refused
