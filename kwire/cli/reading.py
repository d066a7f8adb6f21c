"""Find where reading begins and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.cli.errors import Failed
from kwire.cli.places import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kwire.cli.places import Place
    from kwire.client.cluster import Cluster
    from kwire.client.group import GroupReader
    from kwire.client.reader import Piece, Reader
    from kwire.client.values import TopicPartition
    from kwire.protocol.messages.metadata import MetadataResponseTopic

POLL_S: Final = 0.5
"""How long to wait for records before checking again whether all is read."""


def partitions_of(topic: MetadataResponseTopic, only: Sequence[int]) -> list[TopicPartition]:
    """Return the partitions of these numbers, or all of them.

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
    cluster: Cluster, partitions: Sequence[TopicPartition], where: Place, isolation: int = 0
) -> dict[TopicPartition, int]:
    """Find each partition's offset for a place; clamp it to the partition's first offset and its end."""
    from kwire.client.admin import list_offsets
    from kwire.client.values import EARLIEST, LATEST

    first = await list_offsets(cluster, dict.fromkeys(partitions, EARLIEST))
    last = await list_offsets(cluster, dict.fromkeys(partitions, LATEST), isolation)
    match where.kind:
        case Kind.FIRST:
            return first
        case Kind.LAST:
            return last
        case Kind.TIME:
            found = await list_offsets(cluster, dict.fromkeys(partitions, where.number))
            return {one: found[one] if found[one] >= 0 else last[one] for one in partitions}
        case Kind.BEFORE_END:
            return {one: max(last[one] - where.number, first[one]) for one in partitions}
        case Kind.OFFSET:
            return {one: min(max(where.number, first[one]), last[one]) for one in partitions}


async def next_piece(reader: Reader | GroupReader, ends: Mapping[TopicPartition, int] | None) -> Piece | None:
    """Read the next records of a partition, in order; None when all has been read.

    ends: the offset to stop at, by partition; None to read on forever.
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
