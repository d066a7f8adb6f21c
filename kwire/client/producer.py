"""Write records: in batches for each partition, in order, with retries, and with a report of which are written.

Each partition has one batch in flight at a time, and each broker one request, with a batch of every partition that has
one ready. So records stay in order, and the next batches fill while a request is answered.
"""

from __future__ import annotations

import logging
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import trio

from kwire.client.cluster import FOR_DATA
from kwire.client.errors import ClientError, Refused, raise_for
from kwire.client.tasks import nursery
from kwire.client.values import TopicPartition
from kwire.protocol.errors import RETRIABLE, ErrorCode
from kwire.protocol.messages.init_producer_id import InitProducerIdRequest
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.compression import Codec
from kwire.protocol.records.key_hash import partition_for_key
from kwire.protocol.records.record import Record, encode_batch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from kwire.client.cluster import Cluster
    from kwire.protocol.messages.produce import PartitionProduceResponse, TopicProduceResponse

UNCONFIRMED_BYTES: Final = 16 * 2**20
"""Bytes in flight beyond which send() waits: a few requests for each broker."""
RECORD_OVERHEAD_BYTES: Final = 200
"""Memory that an unconfirmed record takes besides its key and value."""
ENCODED_OVERHEAD_BYTES: Final = 24
"""Upper estimate of what a record takes in its batch besides key, value and headers."""
TOPICS_BY_NAME_TO: Final = 12
"""Produce: later versions name topics by id."""

_log = logging.getLogger("kwire.client")


class NoSuchPartition(ClientError):  # noqa: N818 - what happened
    """The topic does not have the partition that a record names."""


@dataclass(slots=True)
class _Batch:
    """Records to send together. Each record's offset is its number, from 0 on, among all that the producer got."""

    give_up_at: float
    records: list[Record] = field(default_factory=list)
    size_bytes: int = 0
    held_bytes: int = 0
    data: bytes = b""
    """Encoded on the first attempt, so that retries send the same bytes."""


@dataclass(slots=True)
class _Queue:
    """A partition's batches. The last one still takes records; the first one is in flight if is_sending."""

    partition: TopicPartition
    batches: deque[_Batch] = field(default_factory=deque)
    is_sending: bool = False
    next_sequence: int = 0


class Producer:
    """Takes records and writes them; made by producing().

    confirmed: the number of records known to be written. failed: the number of the first refused record, and why.
    """

    def __init__(self, cluster: Cluster, tasks: trio.Nursery) -> None:
        config = cluster.config
        self.confirmed = 0
        self.failed: tuple[int, ClientError] | None = None
        self._cluster = cluster
        self._config = config
        self._tasks = tasks
        self._codec = Codec[config.compression_type.upper()]
        self._is_idempotent = config.enable_idempotence and config.acks == -1
        self._producer_id, self._epoch = -1, -1
        self._queues: dict[TopicPartition, _Queue] = {}
        self._counts: dict[str, int] = {}
        self._sticky: dict[str, int] = {}
        self._busy: set[int] = set()
        self._taken = 0
        self._held_bytes = 0
        self._flushing = False
        self._wanted = trio.Event()
        self._hurried = trio.Event()
        self._settled = trio.Event()

    async def begin(self) -> None:
        """Get a producer id if the producer is idempotent, and start sending.

        Raises:
            ClientError: the brokers give no id.
        """
        if self._is_idempotent:
            self._producer_id, self._epoch = await self._cluster.retrying(self._new_id)
        self._tasks.start_soon(self._run)

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> None:
        """Send the record. partition, timestamp_ms: None for the key's partition and for now.

        Raises:
            ClientError: the topic does not exist, or has no such partition.
        """
        count = self._counts.get(topic) or await self._partitions(topic)
        if partition is None:
            partition = self._sticky[topic] if key is None else partition_for_key(key, count)
        elif partition >= count:
            raise NoSuchPartition(f"topic {topic} has no partition {partition}, but 0 to {count - 1}")
        if timestamp_ms is None:
            timestamp_ms = self._cluster.env.wall_ms()
        size_bytes = len(key or b"") + len(value or b"")
        record = Record(self._taken, timestamp_ms, key, value, headers)
        self._taken += 1
        for name, content in headers:
            size_bytes += 4 * len(name) + len(content or b"") + ENCODED_OVERHEAD_BYTES
        place = topic, partition
        queue = self._queues.get(place)  # type: ignore[call-overload] # a TopicPartition is such a tuple
        if queue is None:
            queue = self._queues[TopicPartition(*place)] = _Queue(TopicPartition(*place))
        batch = self._room_in(queue, size_bytes + ENCODED_OVERHEAD_BYTES)
        batch.records.append(record)
        batch.size_bytes += size_bytes + ENCODED_OVERHEAD_BYTES
        batch.held_bytes += size_bytes + RECORD_OVERHEAD_BYTES
        self._held_bytes += size_bytes + RECORD_OVERHEAD_BYTES
        if len(batch.records) == 1:
            self._wanted.set()
            if len(queue.batches) > 1:
                self._hurried.set()
                self._stick(topic, count)
                await trio.lowlevel.checkpoint()
        while self._held_bytes > UNCONFIRMED_BYTES and self.failed is None:
            await self._next_settled()

    async def flush(self) -> None:
        """Send all records now, and wait until each is written or refused."""
        self._flushing = True
        self._wanted.set()
        self._hurried.set()
        while any(queue.batches for queue in self._queues.values()):
            await self._next_settled()
        self._flushing = False

    async def _next_settled(self) -> None:
        self._settled = trio.Event()
        self._hurried.set()
        await self._settled.wait()

    async def _new_id(self) -> tuple[int, int]:
        answer = await self._cluster.ask_any(InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=0))
        raise_for(answer.error_code, about="a producer id")
        return answer.producer_id, answer.producer_epoch

    async def _partitions(self, topic: str) -> int:
        (found,) = (await self._cluster.retrying(partial(self._cluster.metadata, [topic]))).topics
        raise_for(found.error_code, about=f"topic {topic}")
        self._counts[topic] = len(found.partitions)
        self._stick(topic, len(found.partitions))
        return len(found.partitions)

    def _stick(self, topic: str, count: int) -> None:
        """Choose the partition for records without a key. It changes with each full batch, so that batches get full."""
        self._sticky[topic] = self._cluster.env.random.randrange(count)

    def _room_in(self, queue: _Queue, size_bytes: int) -> _Batch:
        """Find or begin the batch for a record of that size."""
        if queue.batches:
            last = queue.batches[-1]
            on_its_way = queue.is_sending and len(queue.batches) == 1
            if not on_its_way and not last.data and last.size_bytes + size_bytes <= self._config.batch_size:
                return last
        batch = _Batch(trio.current_time() + self._config.delivery_timeout_ms / 1000)
        queue.batches.append(batch)
        return batch

    # sending

    async def _run(self) -> None:
        """Send what is ready: at once for a full batch, a flush or lack of room, else after linger.ms."""
        while True:
            await self._wanted.wait()
            if not self._flushing:
                with trio.move_on_after(self._config.linger_ms / 1000):
                    await self._hurried.wait()
            self._wanted, self._hurried = trio.Event(), trio.Event()
            for node_id, queues in (await self._ready()).items():
                self._busy.add(node_id)
                for queue in queues:
                    queue.is_sending = True
                self._tasks.start_soon(self._deliver, node_id, queues)

    async def _ready(self) -> dict[int, list[_Queue]]:
        """Collect the queues that may be sent now, by leader."""
        waiting = {one.partition: one for one in self._queues.values() if one.batches and not one.is_sending}
        leaders, leaderless = await self._cluster.leaders(waiting)
        for partition, error in leaderless.items():
            waiting[partition].is_sending = True
            self._tasks.start_soon(self._later, [waiting[partition]], error)
        return {
            node_id: [waiting[one] for one in partitions]
            for node_id, partitions in leaders.items()
            if node_id not in self._busy
        }

    async def _deliver(self, node_id: int, queues: list[_Queue]) -> None:
        """Send the first batches of these partitions; each is written then, refused, or waiting for a retry."""
        rows: dict[str, list[PartitionProduceData]] = {}
        for queue in queues:
            row = PartitionProduceData(index=queue.partition.partition, records=self._encoded(queue))
            rows.setdefault(queue.partition.topic, []).append(row)
        request = ProduceRequest(
            acks=self._config.acks,
            timeout_ms=self._config.request_timeout_ms,
            topic_data=[TopicProduceData(name=topic, partition_data=data) for topic, data in rows.items()],
        )
        try:
            link = self._cluster.node(node_id, FOR_DATA)
            if self._config.acks == 0:
                await link.tell(request, TOPICS_BY_NAME_TO)
                for queue in queues:
                    self._done(queue)
            else:
                await self._take(queues, (await link.ask(request, highest=TOPICS_BY_NAME_TO)).responses)
        except ClientError as error:
            self._tasks.start_soon(self._later, queues, error)
        finally:
            self._busy.discard(node_id)
            self._wanted.set()
            self._hurried.set()

    def _encoded(self, queue: _Queue) -> bytes:
        batch = queue.batches[0]
        if not batch.data:
            sequence = queue.next_sequence if self._is_idempotent else -1
            batch.data = bytes(
                encode_batch(
                    batch.records,
                    compression=self._codec,
                    producer_id=self._producer_id,
                    producer_epoch=self._epoch,
                    base_sequence=sequence,
                )
            )
        return batch.data

    async def _take(self, queues: list[_Queue], topics: list[TopicProduceResponse]) -> None:
        """Act on the broker's answer for each partition."""
        by_partition = {queue.partition: queue for queue in queues}
        again: list[_Queue] = []
        failure: ClientError | None = None
        for topic in topics:
            for row in topic.partition_responses:
                queue = by_partition[TopicPartition(topic.name, row.index)]
                if row.error_code in {ErrorCode.NONE, ErrorCode.DUPLICATE_SEQUENCE_NUMBER}:
                    self._done(queue)
                elif row.error_code in RETRIABLE:
                    again.append(queue)
                    failure = Refused(row.error_code, row.error_message)
                else:
                    self._refuse(queue, row)
        if failure is not None:
            self._tasks.start_soon(self._later, again, failure)

    def _done(self, queue: _Queue) -> None:
        """Remove the first batch, which is written."""
        batch = queue.batches.popleft()
        queue.is_sending = False
        queue.next_sequence = (queue.next_sequence + len(batch.records)) & 0x7FFF_FFFF
        self.confirmed += len(batch.records)
        self._held_bytes -= batch.held_bytes
        self._settled.set()

    def _refuse(self, queue: _Queue, row: PartitionProduceResponse) -> None:
        """Split the first batch in two if it is too large for the topic; give up on the partition otherwise."""
        batch = queue.batches[0]
        too_large = row.error_code in {ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.RECORD_LIST_TOO_LARGE}
        if too_large and len(batch.records) > 1:
            queue.batches.popleft()
            middle = len(batch.records) // 2
            held = batch.held_bytes * middle // len(batch.records)
            size = batch.size_bytes * middle // len(batch.records)
            rest = _Batch(batch.give_up_at, batch.records[middle:], batch.size_bytes - size, batch.held_bytes - held)
            queue.batches.extendleft([rest, _Batch(batch.give_up_at, batch.records[:middle], size, held)])
            queue.is_sending = False
        else:
            reasons = [one.batch_index_error_message for one in row.record_errors if one.batch_index_error_message]
            self._fail(queue, Refused(row.error_code, row.error_message or next(iter(reasons), None)))

    def _fail(self, queue: _Queue, error: ClientError) -> None:
        """Drop all batches of the partition: written after a missing record, they would be out of order."""
        number = queue.batches[0].records[0].offset
        if self.failed is None or number < self.failed[0]:
            self.failed = number, error
        self._held_bytes -= sum(batch.held_bytes for batch in queue.batches)
        queue.batches.clear()
        queue.is_sending = False
        self._settled.set()

    async def _later(self, queues: list[_Queue], error: ClientError) -> None:
        """Send the first batches again in a moment; give up on those older than delivery.timeout.ms."""
        _log.info("%s; trying again", error)
        pause_s = self._config.retry_backoff_ms / 1000
        for queue in queues:
            if not error.passes or trio.current_time() + pause_s > queue.batches[0].give_up_at:
                self._fail(queue, error)
        left = [queue for queue in queues if queue.batches]
        if left:
            await trio.sleep(pause_s)
            await self._cluster.look_again()
        for queue in left:
            queue.is_sending = False
        self._wanted.set()
        self._hurried.set()


@asynccontextmanager
async def producing(cluster: Cluster) -> AsyncIterator[Producer]:
    """Run a producer while the block runs. Call flush() before its end: other records may not be written.

    Raises:
        ClientError: the brokers give no producer id.
    """
    async with nursery() as tasks:
        producer = Producer(cluster, tasks)
        await producer.begin()
        yield producer
        tasks.cancel_scope.cancel()
