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
from kwire.cli.places import place as place_of
from kwire.cli.reading import partitions_of, starts
from kwire.cli.topic import existing
from kwire.env import wall_clock_ms

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from kwire.client.cluster import Cluster
    from kwire.client.values import TopicPartition
    from kwire.protocol.messages.consumer_group_describe import DescribedGroup as DescribedConsumerGroup
    from kwire.protocol.messages.consumer_group_describe import Member as ConsumerMember
    from kwire.protocol.messages.describe_groups import DescribedGroup, DescribedGroupMember
    from kwire.protocol.messages.list_groups import ListedGroup

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
async def list_groups(connection: Connection, as_json: bool) -> None:
    """List the groups."""
    from kwire.client import admin

    async with connection.cluster() as cluster:
        found = await admin.list_groups(cluster)
    rows = [
        {
            "group": group.group_id,
            "type": group.group_type or None,
            "protocol": group.protocol_type or None,
            "state": group.group_state or None,
        }
        for group in sorted(found, key=lambda group: group.group_id)
    ]
    show(rows, LISTED, as_json=as_json)


@make_command("describe", "kwire group describe billing")
@groups_argument
@json_option
@connects
async def describe(connection: Connection, groups: tuple[str, ...], as_json: bool) -> None:
    """Show what groups have committed, their lag and members."""
    async with connection.cluster() as cluster:
        known = await _known(cluster, groups)
        described = [await _described(cluster, group, known[group]) for group in groups]
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
@click.option(
    "--to",
    "where",
    metavar="WHERE",
    help="earliest, latest, an offset, -N for N before the end, a time, or how long ago (1h).",
)
@click.option("--shift-by", "shift", type=int, metavar="N", help="So many records on, or back where negative.")
@click.option("--execute", is_flag=True, help="Do it; otherwise it is only shown.")
@json_option
@connects
async def reset(
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
    place = None if where is None else place_of(where, "--to", wall_clock_ms())
    from kwire.client import admin

    async with connection.cluster() as cluster:
        committed = await admin.committed(cluster, group)
        if not topics and not committed:
            await _known(cluster, [group])
            raise Failed(f"group {group} has committed nothing; name what to reset with --topic")
        partitions = await _chosen(cluster, topics) if topics else sorted(committed)
        if place is None:
            targets = await _shifted(cluster, partitions, committed, shift or 0)
        else:
            targets = await starts(cluster, partitions, place)
        rows = [
            {
                "topic": partition.topic,
                "partition": partition.partition,
                "from": committed.get(partition),
                "to": targets[partition],
            }
            for partition in partitions
        ]
        refused = await _commit(cluster, group, targets) if execute else {}
    show(rows, RESET, as_json=as_json)
    for partition, reason in refused.items():
        click.echo(f"kwire: cannot reset {partition}: {reason}", err=True)
    if not execute:
        click.echo("nothing is changed yet; add --execute", err=True)
    return FAILED if refused else 0


@make_command("delete", "kwire group delete billing")
@groups_argument
@connects
async def delete(connection: Connection, groups: tuple[str, ...]) -> int:
    """Delete groups, with what they have committed."""
    from kwire.client import admin
    from kwire.protocol.errors import ErrorCode

    async with connection.cluster() as cluster:
        await _known(cluster, groups)
        outcomes = {group: await admin.delete_group(cluster, group) for group in groups}
    for group, outcome in outcomes.items():
        if not outcome.error_code:
            click.echo(f"deleted group {group}")
        elif outcome.error_code == ErrorCode.NON_EMPTY_GROUP:
            click.echo(f"kwire: group {group} has members; stop them first", err=True)
        else:
            reason = refusal(outcome.error_code, outcome.error_message)
            click.echo(f"kwire: cannot delete group {group}: {reason}", err=True)
    return FAILED if any(outcome.error_code for outcome in outcomes.values()) else 0


command = make_group("group", "List, describe, reset and delete groups.", list_groups, describe, reset, delete)


async def _known(cluster: Cluster, groups: Sequence[str]) -> dict[str, ListedGroup]:
    """The groups as they are listed.

    Raises:
        Failed: one of them is not there.
    """
    from kwire.client import admin

    listed = {group.group_id: group for group in await admin.list_groups(cluster)}
    for group in groups:
        if group not in listed:
            near = difflib.get_close_matches(group, listed, 1)
            hint = f"did you mean {near[0]}?" if near else "see kwire group list"
            raise Failed(f"there is no group {group}; {hint}")
    return {group: listed[group] for group in groups}


async def _described(cluster: Cluster, group: str, listed: ListedGroup) -> dict[str, Any]:
    from kwire.client import admin
    from kwire.client.values import LATEST, TopicPartition

    members = await _MEMBERS.get((listed.group_type or "classic").lower(), _no_members)(cluster, group)
    committed = await admin.committed(cluster, group)
    owners = {
        TopicPartition(topic, number): member
        for member in members or []
        for topic, numbers in member["assigned"].items()
        for number in numbers
    }
    partitions = sorted({*committed, *owners})
    topics = await existing(cluster, sorted({partition.topic for partition in partitions}), missing_is_fine=True)
    there = [one for one in partitions if one.topic in topics]
    ends = await admin.list_offsets(cluster, dict.fromkeys(there, LATEST))
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
        "type": listed.group_type or None,
        "state": listed.group_state or "unknown",
        "lag": sum(row["lag"] or 0 for row in rows),
        "partitions": rows,
        "members": members,
    }


async def _no_members(cluster: Cluster, group: str) -> None:
    """Of a kind of group whose members are not known."""


async def _classic_members(cluster: Cluster, group: str) -> list[dict[str, Any]]:
    from kwire.client import admin

    found = await admin.describe_classic_group(cluster, group)
    _raise_if_refused(group, found)
    is_consumer = found.protocol_type == "consumer"
    return [
        _member(one, one.group_instance_id, admin.assigned(one.member_assignment) if is_consumer else {})
        for one in found.members
    ]


async def _consumer_members(cluster: Cluster, group: str) -> list[dict[str, Any]]:
    """Describe the members of a group of the consumer protocol (KIP-848)."""
    from kwire.client import admin

    found = await admin.describe_consumer_group(cluster, group)
    _raise_if_refused(group, found)
    return [
        _member(
            one,
            one.instance_id,
            {topic.topic_name: sorted(topic.partitions) for topic in one.assignment.topic_partitions},
        )
        for one in found.members
    ]


def _raise_if_refused(group: str, found: DescribedGroup | DescribedConsumerGroup) -> None:
    if error := refusal(found.error_code, found.error_message):
        raise Failed(f"group {group}: {error}")


def _member(
    row: DescribedGroupMember | ConsumerMember, instance: str | None, assigned: Mapping[str, list[int]]
) -> dict[str, Any]:
    return {
        "member": row.member_id,
        "instance": instance,
        "client": row.client_id,
        "host": row.client_host.removeprefix("/"),
        "assigned": assigned,
    }


_MEMBERS: Mapping[str, Callable[[Cluster, str], Awaitable[list[dict[str, Any]] | None]]] = {
    "classic": _classic_members,
    "consumer": _consumer_members,
}


async def _chosen(cluster: Cluster, texts: Sequence[str]) -> list[TopicPartition]:
    """The partitions that the --topic options name."""
    wanted: dict[str, tuple[int, ...]] = {}
    for text in texts:
        name, colon, numbers = text.partition(":")
        if colon and not all(number.isdigit() for number in numbers.split(",")):
            raise UsageError(f"--topic: {text!r} is not NAME or NAME:PARTITION,PARTITION")
        wanted[name] = tuple(int(number) for number in numbers.split(",")) if colon else ()
    found = []
    for name, topic in (await existing(cluster, wanted)).items():
        found += partitions_of(topic, wanted[name])
    return found


async def _shifted(
    cluster: Cluster, partitions: Sequence[TopicPartition], committed: Mapping[TopicPartition, int], shift: int
) -> dict[TopicPartition, int]:
    from kwire.client import admin
    from kwire.client.values import EARLIEST, LATEST

    for partition in partitions:
        if partition not in committed:
            raise Failed(f"nothing is committed for {partition}; use --to instead of --shift-by")
    first = await admin.list_offsets(cluster, dict.fromkeys(partitions, EARLIEST))
    last = await admin.list_offsets(cluster, dict.fromkeys(partitions, LATEST))
    return {one: min(max(committed[one] + shift, first[one]), last[one]) for one in partitions}


async def _commit(cluster: Cluster, group: str, targets: Mapping[TopicPartition, int]) -> dict[TopicPartition, str]:
    """What was refused, by partition."""
    from kwire.client import admin
    from kwire.protocol.errors import ErrorCode

    refused = {}
    for partition, code in (await admin.commit(cluster, group, targets)).items():
        if code == ErrorCode.UNKNOWN_MEMBER_ID:
            refused[partition] = "the group has members; stop them first"
        else:
            refused[partition] = str(refusal(code))
    return refused
