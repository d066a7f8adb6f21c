"""A log under test, and a list of batches to compare it with. See storage_contract."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from kwire.env import Env
from kwire.protocol.records.batch import BatchHeader, iter_headers, read_header
from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.protocol.records.record import Record, encode_batch, iter_records
from kwire.storage.aborted import AbortedTransaction
from kwire.storage.config import LogConfig
from kwire.storage.port import TimestampOffset

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.storage.port import Appended, LogStore, SegmentedLog

MakeStore: TypeAlias = "Callable[[str, Env], LogStore]"
"""Makes a store at a place, not started. A second store at the same place is the first one reopened."""

T = TypeVar("T")

TOPIC = "truck_gps"
TOPIC_ID = bytes(range(16))
START_MS = 1_750_000_000_000
"""The wall clock's time at the start."""
ALL = 2**31 - 1

DAY_MS = 86_400_000


async def run_inline(function: Callable[[], T], /) -> T:
    """Call the function here, instead of in a thread; return its result."""
    return function()


@dataclass(slots=True)
class FakeTime:
    """A clock that moves only when a test moves it."""

    now_ms: int = START_MS

    def env(self, seed: int = 0) -> Env:
        """Make an Env with this clock, seeded randomness and no threads."""
        return Env(
            clock_s=lambda: self.now_ms / 1000,
            wall_ms=lambda: self.now_ms,
            random=random.Random(seed),
            run_blocking=run_inline,
        )


def batch_of(
    count: int = 1,
    *,
    timestamps_ms: list[int] | None = None,
    value_bytes: int = 10,
    compression: int = 0,
    producer: tuple[int, int, int] | None = None,
    transactional: bool = False,
) -> bytearray:
    """Make a batch of count records. producer: id, epoch, base sequence."""
    timestamps_ms = timestamps_ms or [START_MS] * count
    records = [
        Record(index, timestamp_ms, b"k", bytes(value_bytes)) for index, timestamp_ms in enumerate(timestamps_ms)
    ]
    producer_id, producer_epoch, base_sequence = producer or (-1, -1, -1)
    return encode_batch(
        records,
        compression=compression,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        base_sequence=base_sequence,
        transactional=transactional,
    )


@dataclass(slots=True)
class Bench:
    """A log under test, in its store."""

    make_store: MakeStore
    config: LogConfig = field(default_factory=LogConfig)
    place: str = "place"
    time: FakeTime = field(default_factory=FakeTime)
    store: LogStore = field(init=False)
    log: SegmentedLog = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Open the store and the log."""
        self.store = self.make_store(self.place, self.time.env())
        self.store.start()
        self.log = self.store.open(TOPIC, TOPIC_ID, 0, self.config)

    def reopen(self) -> None:
        """Close the store and open it again."""
        self.store.close()
        self.start()

    def append(self, batch: bytearray | None = None, *, leader_epoch: int = 0) -> Appended:
        """Append the batch, or one record if none is given."""
        batch = batch_of() if batch is None else batch
        return self.log.append(batch, read_header(batch), leader_epoch, self.time.now_ms)

    def first_unstable_offset(self) -> int | None:
        """Return the first offset of the oldest open transaction."""
        return self.log.producers.first_unstable_offset

    def read(
        self, offset: int, max_bytes: int = ALL, *, before_offset: int | None = None, min_one_batch: bool = True
    ) -> bytes:
        """Return the bytes of one read."""
        before_offset = self.log.log_end_offset if before_offset is None else before_offset
        part = self.log.read(offset, max_bytes, before_offset=before_offset, min_one_batch=min_one_batch)
        try:
            data = part.tobytes()
            assert len(part) == len(data)
            return data
        finally:
            part.close()

    def read_headers(self, offset: int, max_bytes: int = ALL, **options: Any) -> list[BatchHeader]:
        """Return the headers of the whole batches of one read."""
        return [header for _, header in iter_headers(self.read(offset, max_bytes, **options))]

    def read_all(self, offset: int | None = None) -> bytes:
        """Return all bytes from offset on, in as many reads as needed."""
        offset = self.log.log_start_offset if offset is None else offset
        found = b""
        while offset < self.log.log_end_offset:
            data = self.read(offset)
            headers = [header for _, header in iter_headers(data)]
            if not headers:
                break
            found += data[: sum(header.size_bytes for header in headers)]
            offset = headers[-1].next_offset
        return found


def write_aborted_transaction(
    bench: Bench, producer_id: int, producer_epoch: int = 0, *, leader_epoch: int = 0
) -> list[bytearray]:
    """Append two records in a transaction, and the marker that aborts it; return the two batches."""
    marker = EndTransactionMarker(committed=False, coordinator_epoch=0)
    batches = [
        batch_of(2, producer=(producer_id, producer_epoch, 0), transactional=True),
        encode_marker_batch(marker, producer_id, producer_epoch, START_MS),
    ]
    for batch in batches:
        bench.append(batch, leader_epoch=leader_epoch)
    return batches


@dataclass(slots=True)
class Model:
    """A log as a list of batches, to compare an engine with."""

    batches: list[bytearray] = field(default_factory=list)
    log_start_offset: int = 0
    log_end_offset: int = 0
    leader_epoch: int = 0
    producer_epoch: int = 0

    def apply(self, bench: Bench, name: str, share: int) -> None:
        """Do the operation to the engine and to the list. share (0 to 10): its size."""
        bench.time.now_ms += share
        if name == "append":
            self.leader_epoch += share == 0
            ages_ms = [share * index % 7 for index in range(1 + share % 4)]
            batch = batch_of(timestamps_ms=[bench.time.now_ms - age for age in ages_ms], value_bytes=share * 20)
            assert bench.append(batch, leader_epoch=self.leader_epoch).base_offset == self.log_end_offset
            self.batches.append(batch)
            self.log_end_offset = read_header(batch).next_offset
        elif name == "abort":
            self.producer_epoch += 1
            self.batches += write_aborted_transaction(bench, 9, self.producer_epoch, leader_epoch=self.leader_epoch)
            self.log_end_offset += 3
        elif name == "roll":
            bench.log.roll(bench.time.now_ms)
        elif name == "advance":
            self.log_start_offset += (self.log_end_offset - self.log_start_offset) * share // 10
            bench.log.advance_log_start(self.log_start_offset)
        elif name == "truncate":
            offset = self.log_end_offset - (self.log_end_offset - self.log_start_offset) * share // 10
            bench.log.truncate(offset)
            self.batches = [batch for batch in self.batches if read_header(batch).next_offset <= offset]
            kept_end = read_header(self.batches[-1]).next_offset if self.batches else 0
            assert kept_end <= bench.log.log_end_offset <= offset
            self.log_end_offset = bench.log.log_end_offset
            self.log_start_offset = min(self.log_start_offset, self.log_end_offset)
        else:
            bench.reopen()

    def readable(self, offset: int) -> list[bytearray]:
        """Return the batches from the one that contains offset on."""
        return [batch for batch in self.batches if read_header(batch).next_offset > offset]

    def check(self, bench: Bench) -> None:
        """Check that the engine has the list's offsets and bytes."""
        assert bench.log.log_start_offset == self.log_start_offset
        assert bench.log.log_end_offset == self.log_end_offset
        assert bench.read_all() == b"".join(self.readable(self.log_start_offset))
        aborted = bench.log.aborted.collect(self.log_start_offset, self.log_end_offset)
        assert aborted == self._aborted()
        segments = bench.log.segments()
        assert sum(segment.size_bytes for segment in segments) == bench.log.size_bytes
        assert all(segment.next_offset >= self.log_start_offset for segment in segments[:-1])

    def _aborted(self) -> list[AbortedTransaction]:
        """Return the transactions that the readable markers abort. One without its marker goes on to the next one."""
        rows = []
        first_offset: int | None = None
        for header in map(read_header, self.batches):
            if header.is_control and first_offset is not None:
                end = header.base_offset
                rows.append(AbortedTransaction(header.producer_id, first_offset, end, end + 1))
                first_offset = None
            elif header.is_transactional and first_offset is None:
                first_offset = header.base_offset
        return [row for row in rows if row.last_offset >= self.log_start_offset]

    def check_reads(self, bench: Bench) -> None:
        """Check that reads at every offset, and searches for every timestamp, give what the list gives."""
        for offset in range(self.log_start_offset, self.log_end_offset):
            batches = self.readable(offset)
            stored = b"".join(batches)
            first_bytes = len(batches[0]) if batches else 0
            for max_bytes in (0, first_bytes, first_bytes + 100, ALL):
                data = bench.read(offset, max_bytes)
                assert stored.startswith(data)
                assert first_bytes <= len(data) <= max(first_bytes, max_bytes)
            headers = bench.read_headers(offset, before_offset=offset + 1)
            expected = [read_header(batch) for batch in batches[:1]]
            assert headers == [header for header in expected if header.base_offset <= offset]
        for age_ms in range(0, bench.time.now_ms - START_MS + 10, 3):
            self._check_timestamp(bench, START_MS + age_ms)

    def _check_timestamp(self, bench: Bench, timestamp_ms: int) -> None:
        expected = next(
            (
                TimestampOffset(record.timestamp, record.offset, header.partition_leader_epoch)
                for batch in self.readable(self.log_start_offset)
                for header in [read_header(batch)]
                for record in iter_records(batch, header)
                if record.offset >= self.log_start_offset and record.timestamp >= timestamp_ms
            ),
            None,
        )
        assert bench.log.offset_for_timestamp(timestamp_ms, before_offset=self.log_end_offset) == expected
