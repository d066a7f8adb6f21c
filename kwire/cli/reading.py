"""Where reading begins and ends, as options say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kwire.cli.errors import Failed, UsageError
from kwire.record_lines import time_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kwire.client.cluster import Cluster
    from kwire.client.group import GroupReader
    from kwire.client.reader import Piece, Reader
    from kwire.client.values import TopicPartition
    from kwire.protocol.messages.metadata import MetadataResponseTopic

POLL_S: Final = 0.5
"""How long to wait for records before looking around again."""


def partitions_of(topic: MetadataResponseTopic, only: Sequence[int]) -> list[TopicPartition]:
    """The partitions of these numbers, or all.

    Raises:
        Failed: the topic does not have one of them.
    """
    from kwire.client.values import TopicPartition

    name = str(topic.name)
    there = sorted(row.partition_index for row in topic.partitions)
    for number in only:
        if number not in there:
            raise Failed(f"topic {name} has no partition {number}, but {there[0]} to {there[-1]}")
    return [TopicPartition(name, number) for number in there if not only or number in only]


async def starts(
    cluster: Cluster, partitions: Sequence[TopicPartition], where: str, option: str
) -> dict[TopicPartition, int]:
    """The offset of each partition that is meant; offsets beyond its records become its first or its end.

    where: beginning or earliest, end or latest, an offset, -N for the last N of each partition, or a time.
    option: what an error calls it.

    Raises:
        UsageError: it is none of these.
    """
    from kwire.client.admin import list_offsets
    from kwire.client.values import EARLIEST, LATEST

    first = await list_offsets(cluster, dict.fromkeys(partitions, EARLIEST))
    last = await list_offsets(cluster, dict.fromkeys(partitions, LATEST))
    if where in {"beginning", "earliest"}:
        return first
    if where in {"end", "latest"}:
        return last
    if re.fullmatch(r"-?\d+", where):
        number = int(where)
        wanted = {one: number if number >= 0 and where[0] != "-" else last[one] + number for one in partitions}
        return {one: min(max(wanted[one], first[one]), last[one]) for one in partitions}
    try:
        moment = time_ms(where)
    except ValueError:
        raise UsageError(
            f"{option}: {where!r} is none of earliest, latest, an offset, -N, or a time such as 2024-05-01T12:00:00Z"
        ) from None
    found = await list_offsets(cluster, dict.fromkeys(partitions, moment))
    return {one: found[one] if found[one] >= 0 else last[one] for one in partitions}


async def next_piece(reader: Reader | GroupReader, ends: Mapping[TopicPartition, int] | None) -> Piece | None:
    """What is read next, in the order of each partition; None where all has been read.

    ends: where to stop, by partition; None: never.
    """
    while ends is None or not _is_at_end(reader, ends):
        piece = await reader.next(POLL_S)
        if piece is not None:
            end = None if ends is None else ends.get(piece.partition)
            if end is not None and piece.next_offset > end:
                piece = piece._replace(records=[record for record in piece.records if record.offset < end])
            if piece.records:
                return piece
    return None


def _is_at_end(reader: Reader | GroupReader, ends: Mapping[TopicPartition, int]) -> bool:
    return reader.has_joined and all(offset >= ends.get(one, 0) for one, offset in reader.positions.items())
