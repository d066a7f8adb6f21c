"""What producers were told, what the log holds, and whether the two agree."""

from collections import defaultdict
from typing import NamedTuple


class Row(NamedTuple):
    """A record: where it is, and its number, which its producer counts up."""

    partition: int
    offset: int
    number: int


def faults(acknowledged, log, *, exactly_once):
    """What is wrong, in sentences; none if all is well.

    acknowledged: rows as the producer was told. log: rows as they are read, each partition's in order. A producer that
    is not idempotent may write a record twice, when it did not hear of the first time.
    """
    found = []
    stored = {(row.partition, row.offset): row.number for row in log}
    for row in acknowledged:
        present = stored.get((row.partition, row.offset))
        if present != row.number:
            found.append(f"{row} was acknowledged, but there is {present}")
    numbers = defaultdict(list)
    offsets = defaultdict(list)
    for row in log:
        numbers[row.partition].append(row.number)
        offsets[row.partition].append(row.offset)
    for partition, seen in numbers.items():
        if offsets[partition] != list(range(len(seen))):
            found.append(f"the offsets of partition {partition} are not dense")
        first_times = list(dict.fromkeys(seen))
        if first_times != sorted(first_times):
            found.append(f"partition {partition} is out of order")
        if exactly_once and len(first_times) != len(seen):
            found.append(f"partition {partition} holds {len(seen) - len(first_times)} duplicates")
    return found
