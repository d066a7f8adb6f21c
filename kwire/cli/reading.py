"""Reads partitions through a kafka-python consumer: where to start, and until where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from kwire.cli.errors import UsageError
from kwire.record_lines import time_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

POLL_MS: Final = 500
"""How long to wait for records before looking around again."""


def starts(admin: Any, partitions: Sequence[Any], where: str, option: str) -> dict[Any, int]:
    """The offset of each partition that is meant; offsets beyond its records become its first or its end.

    where: beginning or earliest, end or latest, an offset, -N for the last N of each partition, or a time.
    option: what an error calls it.

    Raises:
        UsageError: it is none of these.
    """
    from kafka.admin import OffsetSpec

    first = offsets(admin, partitions, OffsetSpec.EARLIEST)
    last = offsets(admin, partitions, OffsetSpec.LATEST)
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
    found = offsets(admin, partitions, moment)
    return {one: found[one] if found[one] >= 0 else last[one] for one in partitions}


def offsets(
    admin: Any, partitions: Sequence[Any], spec: Any, isolation_level: str = "read_uncommitted"
) -> dict[Any, int]:
    """Each partition's offset for kafka-python's OffsetSpec or a timestamp in milliseconds."""
    found = admin.list_partition_offsets(dict.fromkeys(partitions, spec), isolation_level)
    return {partition: found[partition].offset for partition in partitions}


def records(
    consumer: Any, ends: Mapping[Any, int] | None, stopped: Callable[[], bool], joined: Callable[[], bool]
) -> Iterator[list[Any]]:
    """What each poll brings, in the order of each partition; empty where nothing came.

    ends: where to stop, by partition; None: never. stopped: whether to stop at once. joined: whether the consumer
    knows which partitions it has.
    """
    while not stopped() and (ends is None or not (joined() and _at_end(consumer, ends))):
        polled = consumer.poll(timeout_ms=POLL_MS)
        yield [
            record
            for partition, found in polled.items()
            for record in found
            if ends is None or record.offset < ends[partition]
        ]


def _at_end(consumer: Any, ends: Mapping[Any, int]) -> bool:
    return all(consumer.position(partition) >= ends[partition] for partition in consumer.assignment())
