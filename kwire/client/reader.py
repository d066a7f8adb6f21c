"""Read partitions, ahead of the caller.

Each broker gets one Fetch at a time, for all partitions that it leads and that have too little in store.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import trio

from kwire.client.admin import list_offsets
from kwire.client.cluster import FOR_DATA
from kwire.client.decoding import decoded, end_of
from kwire.client.errors import ClientError, Refused, raise_for
from kwire.client.tasks import nursery
from kwire.client.values import EARLIEST, LATEST, TopicPartition
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from kwire.client.cluster import Cluster
    from kwire.client.values import ReadRecord
    from kwire.protocol.messages.fetch import PartitionData

TOPICS_BY_NAME_TO: Final = 12
"""Fetch: later versions name topics by id."""
IN_STORE: Final = 2
"""Maximum number of responses in store for a partition: the one in use, and the next."""
STORE_BYTES: Final = 32 * 2**20
"""Bytes in store, of all partitions, beyond which fetching pauses."""

_log = logging.getLogger("kwire.client")


class Piece(NamedTuple):
    """Records of a partition, and the offset after them. The list is empty if only the offset has moved."""

    partition: TopicPartition
    records: list[ReadRecord]
    next_offset: int


class _Answer(NamedTuple):
    """One partition's part of a Fetch response."""

    partition: TopicPartition
    offset: int
    size_bytes: int
    pieces: Iterator[tuple[list[ReadRecord], int]]


class Reader:
    """Reads the partitions given to assign(); made by reading().

    positions: the offset of the next record to return, by partition.
    """

    has_joined = True
    """True as for a GroupReader that has its assignment: without a group, the partitions are known from the start."""

    def __init__(self, cluster: Cluster, tasks: trio.Nursery, isolation: int) -> None:
        self.positions: dict[TopicPartition, int] = {}
        self._cluster = cluster
        self._config = cluster.config
        self._tasks = tasks
        self.isolation = isolation
        self._ahead: dict[TopicPartition, int] = {}
        """The offset to fetch next, by partition."""
        self._fetching: set[TopicPartition] = set()
        self._busy: set[int] = set()
        self._answers: deque[_Answer] = deque()
        self._in_store: Counter[TopicPartition] = Counter()
        self._store_bytes = 0
        self._failing_since: dict[TopicPartition, float] = {}
        self._failure: ClientError | None = None
        self._wanted = trio.Event()
        self._arrived = trio.Event()

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        """Read these partitions and no others. A partition that is being read already keeps its position."""
        for gone in self.positions.keys() - positions.keys():
            del self.positions[gone], self._ahead[gone]
            self._failing_since.pop(gone, None)
        for partition, offset in positions.items():
            if partition not in self.positions:
                self.seek(partition, offset)
        self._wanted.set()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Read the partition from that offset on."""
        self.positions[partition] = self._ahead[partition] = offset
        self._wanted.set()

    def nudge(self) -> None:
        """Make a waiting next() return."""
        self._arrived.set()

    async def next(self, timeout_s: float) -> Piece | None:
        """Return the next records of a partition; None if none arrive in time, or after nudge().

        Raises:
            ClientError: a partition cannot be read, after retries if the error is temporary.
        """
        self._arrived = trio.Event()
        await trio.lowlevel.checkpoint()
        while True:
            if self._failure is not None:
                raise self._failure
            if self._answers:
                piece = self._taken(self._answers[0])
                if piece is not None:
                    return piece
                continue
            with trio.move_on_after(timeout_s):
                await self._arrived.wait()
            if not self._answers and self._failure is None:
                return None

    def _taken(self, answer: _Answer) -> Piece | None:
        """Take the next piece of the answer; None if it is used up or no longer wanted."""
        records: list[ReadRecord] = []
        partition, position = answer.partition, self.positions.get(answer.partition)
        after = answer.offset if position is None else position
        ended = True
        if position is not None and position >= answer.offset:
            for found, after in answer.pieces:
                records += found
                if len(records) >= self._config.max_poll_records:
                    ended = False
                    self._answers[0] = answer._replace(offset=after)
                    break
        if ended:
            self._answers.popleft()
            self._in_store[partition] -= 1
            self._store_bytes -= answer.size_bytes
            self._wanted.set()
        if position is None or after <= position:
            return None
        self.positions[partition] = after
        if records and records[0].offset < position:
            records = [record for record in records if record.offset >= position]
        return Piece(partition, records, after)

    # fetching

    async def run(self) -> None:
        """Fetch what is wanted until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted = trio.Event()
            idle = [one for one in self._ahead if one not in self._fetching and self._in_store[one] < IN_STORE]
            if not idle or self._store_bytes > STORE_BYTES:
                continue
            leaders, leaderless = await self._cluster.leaders(idle)
            if leaderless:
                self._fetching.update(leaderless)
                self._tasks.start_soon(self._leaderless, leaderless)
            for node_id, partitions in leaders.items():
                if node_id not in self._busy:
                    self._busy.add(node_id)
                    self._fetching.update(partitions)
                    self._tasks.start_soon(self._fetch, node_id, partitions)

    async def _leaderless(self, partitions: Mapping[TopicPartition, ClientError]) -> None:
        await self._try_again(partitions)
        self._fetching.difference_update(partitions)
        self._wanted.set()

    async def _fetch(self, node_id: int, partitions: list[TopicPartition]) -> None:
        asked = {one: self._ahead[one] for one in partitions if one in self._ahead}
        topics: dict[str, list[FetchPartition]] = {}
        for one, offset in asked.items():
            row = FetchPartition(
                partition=one.partition,
                fetch_offset=offset,
                partition_max_bytes=self._config.max_partition_fetch_bytes,
            )
            topics.setdefault(one.topic, []).append(row)
        request = FetchRequest(
            max_wait_ms=self._config.fetch_max_wait_ms,
            min_bytes=self._config.fetch_min_bytes,
            max_bytes=self._config.fetch_max_bytes,
            isolation_level=self.isolation,
            topics=[FetchTopic(topic=name, partitions=rows) for name, rows in topics.items()],
        )
        failed: dict[TopicPartition, ClientError] = {}
        try:
            answer = await self._cluster.node(node_id, FOR_DATA).ask(request, highest=TOPICS_BY_NAME_TO)
            raise_for(answer.error_code)
            for topic in answer.responses:
                for row in topic.partitions:
                    partition = TopicPartition(topic.topic, row.partition_index)
                    failure = await self._take(partition, asked[partition], row)
                    if failure is not None:
                        failed[partition] = failure
        except ClientError as error:
            failed = dict.fromkeys(asked, error)
        try:
            for good in asked.keys() - failed:
                self._failing_since.pop(good, None)
            if failed:
                await self._try_again(failed)
        finally:
            self._busy.discard(node_id)
            self._fetching.difference_update(partitions)
            self._wanted.set()

    async def _take(self, partition: TopicPartition, offset: int, row: PartitionData) -> ClientError | None:
        """Store one partition's part of a response; return its error, if the broker sent one to retry or report."""
        if self._ahead.get(partition) != offset:
            return None  # it is not read any more, or from elsewhere
        if row.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
            await self._reset(partition, offset)
        elif row.error_code:
            return Refused(row.error_code, about=str(partition))
        elif row.records:
            data = memoryview(row.records)
            end = end_of(data)
            if end is None:
                return None
            del self._ahead[partition]  # and in again as the last one: a broker gives whole batches to the first ones
            self._ahead[partition] = end
            aborted = (row.aborted_transactions or ()) if self.isolation else ()
            pieces = decoded(partition, data, aborted, check_crcs=self._config.check_crcs)
            self._answers.append(_Answer(partition, offset, len(data), pieces))
            self._in_store[partition] += 1
            self._store_bytes += len(data)
            self._arrived.set()
        return None

    async def _reset(self, partition: TopicPartition, offset: int) -> None:
        """Move to auto.offset.reset: the offset is gone by retention, or the topic was created anew."""
        if self._config.auto_offset_reset == "none":
            self._fail(Refused(ErrorCode.OFFSET_OUT_OF_RANGE, about=f"{partition} at {offset}"))
            return
        where = LATEST if self._config.auto_offset_reset == "latest" else EARLIEST
        found = await list_offsets(self._cluster, {partition: where}, self.isolation)
        if self._ahead.get(partition) == offset:
            self.seek(partition, found[partition])

    async def _try_again(self, failed: Mapping[TopicPartition, ClientError]) -> None:
        """Retry in a moment, or fail if a partition has failed for too long. Unassigned partitions are ignored."""
        now = trio.current_time()
        for partition in failed.keys() & self._ahead.keys():
            error = failed[partition]
            since = self._failing_since.setdefault(partition, now)
            if not error.passes or now - since > self._config.default_api_timeout_ms / 1000:
                self._fail(error)
                return
            _log.info("%s; trying again", error)
        await trio.sleep(self._config.retry_backoff_ms / 1000)
        await self._cluster.look_again()
        self._wanted.set()

    def _fail(self, error: ClientError) -> None:
        self._failure = error
        self._arrived.set()


@asynccontextmanager
async def reading(cluster: Cluster, isolation: int) -> AsyncIterator[Reader]:
    """Run a reader while the block runs."""
    async with nursery() as tasks:
        reader = Reader(cluster, tasks, isolation)
        tasks.start_soon(reader.run)
        yield reader
        tasks.cancel_scope.cancel()
