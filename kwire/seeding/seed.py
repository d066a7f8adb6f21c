"""Seeding: topics get the records of `.jsonl` files (`kwire serve --load DIR`) before anybody is served.

What stands in the files is always laid out the same way: a record belongs to the partition that it names, else to that
of its key, else to the next one in turn. So a start that was interrupted is completed by the next one, and a topic that
has its records, or got others, is left alone.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import trio

from kwire.broker.metadata import INTERNAL_TOPICS
from kwire.protocol.errors import ApiError
from kwire.protocol.records.key_hash import partition_for_key
from kwire.protocol.records.record import Record, encode_batch
from kwire.seeding.record_lines import SUFFIX, BadLine, RecordLine, TopicLine, files_below, topic_of
from kwire.seeding.record_lines import read as read_lines
from kwire.settings import CannotStart, TopicSetting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from kwire.broker.partition import Partition
    from kwire.cluster.cluster import Cluster
    from kwire.seeding.record_lines import Line

BATCH_BYTES: Final = 256 * 1024
"""Long enough that a batch costs little, short enough that a consumer's first fetch does."""
RECORD_OVERHEAD_BYTES: Final = 64
"""More than the lengths and numbers of a record take, and its share of the batch's header."""
NEWEST_PRODUCE: Final = 13
STEP_LINES: Final = 1000
"""Lines that are read between two looks whether the process is to stop: a few milliseconds."""

_log = logging.getLogger("kwire")


class Seed:
    """What the files of a directory hold.

    topics: each with the partitions that were declared, else as many as its records name (None: they name none), and
    the configs that were declared. highest: the highest partition that a topic's records name.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = files
        self.topics: dict[str, TopicSetting] = {}
        self.highest: dict[str, int] = {}

    def lines(self) -> Iterator[Line]:
        """All lines, in the order of the files' names.

        Raises:
            CannotStart: naming the file and the line.
        """
        for path in self.files:
            try:
                with path.open("rb") as stream:
                    yield from read_lines(stream, str(path), topic_of(path))
            except OSError as error:
                raise CannotStart(f"cannot read {path}: {error.strerror or error}") from error
            except BadLine as error:
                raise CannotStart(f"cannot load {error}") from error

    def placed(self, partitions: Mapping[str, int]) -> Iterator[tuple[RecordLine, int] | None]:
        """Each record of these topics, that have so many partitions, and the one that it belongs to; None between."""
        turns: Counter[str] = Counter()
        for number, line in enumerate(self.lines(), 1):
            if isinstance(line, RecordLine) and line.topic in partitions:
                count = partitions[line.topic]
                index = line.partition
                if index is None and line.key is not None:
                    index = partition_for_key(line.key, count)
                elif index is None:
                    index = turns[line.topic] % count
                    turns[line.topic] += 1
                yield line, index
            if number % STEP_LINES == 0:
                yield None


async def find(directory: str) -> Seed:
    """What the directory's files hold, each of whose lines is right.

    Raises:
        CannotStart: there are none, or naming the file and the line that is wrong.
    """
    files = files_below([directory])
    if not files or files[0].suffix != SUFFIX:
        wrong = "there is no directory to load at" if files and not files[0].exists() else "there is nothing to load in"
        raise CannotStart(f"{wrong} {directory}; put each topic's records there, in a file TOPIC{SUFFIX}")
    seed = Seed(files)
    for number, line in enumerate(seed.lines(), 1):
        if line.topic in INTERNAL_TOPICS:
            raise CannotStart(f"cannot load records into {line.topic}, which is Kafka's own topic")
        if isinstance(line, TopicLine):
            seed.topics[line.topic] = TopicSetting(line.topic, line.partitions, line.configs)
        else:
            seed.topics.setdefault(line.topic, TopicSetting(line.topic))
            if line.partition is not None:
                seed.highest[line.topic] = max(seed.highest.get(line.topic, 0), line.partition)
        if number % STEP_LINES == 0:
            await trio.lowlevel.checkpoint()
    for topic, highest in seed.highest.items():
        setting = seed.topics[topic]
        if setting.partitions is None:
            seed.topics[topic] = TopicSetting(topic, highest + 1, setting.configs)
    return seed


async def load(cluster: Cluster, seed: Seed) -> None:
    """The seed's topics, which exist, have its records.

    Raises:
        CannotStart: a topic does not take one, or has too few partitions.
    """
    counts = {topic: len(cluster.image.topics[topic].partitions) for topic in seed.topics}
    for topic, highest in seed.highest.items():
        if highest >= counts[topic]:
            raise CannotStart(
                f"cannot load {topic}: its records name partition {highest}, but it has {counts[topic]} partitions; "
                f"declare it with --topic {topic}:{highest + 1}"
            )
    try:
        fillings = {topic: [_filling(cluster, topic, index) for index in range(counts[topic])] for topic in counts}
        for topic in await _filled(seed, fillings):
            del fillings[topic], counts[topic]
            _log.info("%s is left as it is: it has records already", topic)
        now_ms = cluster.env.wall_ms()
        for place in seed.placed(counts):
            if place is None:
                await trio.lowlevel.checkpoint()
            else:
                line, index = place
                await fillings[line.topic][index].add(line, now_ms)
        for topic, several in fillings.items():
            for filling in several:
                await filling.flush(now_ms)
            _log.info("loaded %d records into %s", sum(one.seen - one.present for one in several), topic)
    except ApiError as error:
        raise CannotStart(f"cannot load {seed.files[0].parent}: {error.message or error}") from error


@dataclass(slots=True)
class _Filling:
    """One partition that is filled. present: records that it has already; seen: those of the files that are its."""

    partition: Partition
    limit_bytes: int
    present: int
    seen: int = 0
    rows: list[Record] = field(default_factory=list)
    size_bytes: int = 0

    async def add(self, line: RecordLine, now_ms: int) -> None:
        """The record is in the partition, or will be at the next flush."""
        self.seen += 1
        if self.seen <= self.present:
            return
        timestamp_ms = now_ms if line.timestamp_ms is None else line.timestamp_ms
        size_bytes = RECORD_OVERHEAD_BYTES + len(line.key or b"") + len(line.value or b"")
        size_bytes += sum(RECORD_OVERHEAD_BYTES + 4 * len(name) + len(value or b"") for name, value in line.headers)
        if self.rows and self.size_bytes + size_bytes > self.limit_bytes:
            await self.flush(now_ms)
        self.rows.append(Record(len(self.rows), timestamp_ms, line.key, line.value, line.headers))
        self.size_bytes += size_bytes

    async def flush(self, now_ms: int) -> None:
        """What was added is in the partition's log."""
        if not self.rows:
            return
        batch = memoryview(encode_batch(self.rows))
        self.rows, self.size_bytes = [], 0
        result = self.partition.produce(
            batch,
            acks=1,
            now_ms=now_ms,
            validate_records=False,
            api_version=NEWEST_PRODUCE,
            knows_newest=True,
        )
        if result.pending is not None:
            await self.partition.wait_durable(result.pending)


def _filling(cluster: Cluster, topic: str, index: int) -> _Filling:
    partition = cluster.partition(topic, index)
    assert partition is not None
    return _Filling(partition, min(BATCH_BYTES, partition.config.max_message_bytes), partition.log_end_offset)


async def _filled(seed: Seed, fillings: Mapping[str, Sequence[_Filling]]) -> list[str]:
    """Topics that have more than the first records of the files: all of them or, as far as numbers tell, others."""
    begun = {topic: len(several) for topic, several in fillings.items() if any(one.present for one in several)}
    if not begun:
        return []
    expected: dict[str, Counter[int]] = {topic: Counter() for topic in begun}
    for place in seed.placed(begun):
        if place is None:
            await trio.lowlevel.checkpoint()
        else:
            line, index = place
            expected[line.topic][index] += 1
    filled = []
    for topic, wanted in expected.items():
        differences = [wanted[index] - one.present for index, one in enumerate(fillings[topic])]
        if min(differences) < 0 or max(differences) == 0:
            filled.append(topic)
    return filled
