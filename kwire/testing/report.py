"""Describe in text what an embedded cluster has and saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from kwire.testing import actions, groups

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kwire.app import Running
    from kwire.testing.client_activity import ClientActivity, SeenClient
    from kwire.testing.values import Group, Topic

PARTITIONS_SHOWN = 12
"""Maximum number of partitions to show of a topic: those with most records."""


async def described(running: Running, activity: ClientActivity) -> str:
    """Make a section each for brokers, clients, topics, groups, the last errors and the last log lines."""
    now_s = trio.current_time()
    try:
        in_groups = [line for each in await groups.groups(running) for line in _group(each)]
    except Exception as error:  # noqa: BLE001 - a report that lacks a part is better than none
        in_groups = [f"cannot be told: {error}"]
    sections = {
        "brokers": [
            f"{each.id} at {each.address}{'' if each.running else ', stopped'}"
            for each in await actions.brokers(running)
        ],
        "clients": [_client(each, now_s) for each in activity.clients.values()],
        "topics": [line for each in await actions.topics(running) for line in _topic(each)],
        "groups": in_groups,
        "last errors": [f"{now_s - each.at_s:.3f} s ago, {each}" for each in activity.errors],
        "log": list(activity.logged),
    }
    return "\n".join(line for title, lines in sections.items() for line in _section(title, lines))


def _section(title: str, lines: Iterable[str]) -> Iterable[str]:
    yield f"{title}:"
    yield from [f"  {line}" for line in lines] or ["  none"]


def _client(client: SeenClient, now_s: float) -> str:
    software = f" ({client.software})" if client.software else ""
    return (
        f"{client.client_id!r}{software} at {client.address}: {client.requests} requests,"
        f" the last one {client.last_api}, {now_s - client.last_s:.3f} s ago"
    )


def _topic(topic: Topic) -> Iterable[str]:
    config = f", {', '.join(f'{key}={value}' for key, value in topic.config.items())}" if topic.config else ""
    total = sum(each.log_end_offset - each.log_start_offset for each in topic.partitions)
    yield f"{topic.name}: partitions {len(topic.partitions)}, records {total}{config}"
    fullest = sorted(topic.partitions, key=lambda each: each.log_start_offset - each.log_end_offset)[:PARTITIONS_SHOWN]
    for each in sorted(fullest, key=lambda each: each.index):
        leader = "no leader" if each.leader is None else f"leader {each.leader}"
        yield f"  {each.index}: offsets {each.log_start_offset} to {each.log_end_offset}, {leader}"
    if len(topic.partitions) > PARTITIONS_SHOWN:
        yield f"  and {len(topic.partitions) - PARTITIONS_SHOWN} more"


def _group(group: Group) -> Iterable[str]:
    yield f"{group.group_id}: {group.state}, members {len(group.members)}, lag {sum(group.lag.values())}"
    for member in group.members:
        assigned = ", ".join(map(str, member.partitions)) or "nothing"
        yield f"  {member.client_id!r} at {member.host} reads {assigned}"
    for place, lag in group.lag.items():
        committed = group.committed.get(place)
        if committed is None and not lag:
            continue
        yield f"  {place}: committed {'nothing' if committed is None else committed}, lag {lag}"
