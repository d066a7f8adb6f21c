"""The storage port: what an engine offers, and nothing more.

An engine is a LogStore (which logs exist) of logs: one ordered sequence of record batches each. It knows batches
by their headers only; topics' configs, groups, transactions and ACLs are records in logs, so an engine stays small.
A log has two sides: Log is what partitions use, SegmentedLog adds what recovery, the cleaner and tools use.

Calls are synchronous: they return when the bytes are in the page cache (segments) or in
memory. Where an engine becomes durable later, Appended.durable is the thing to wait for.
The order of records is the order of the calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from kwire.files import Space
    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.storage.aborted import AbortedTransaction, AbortedTransactions
    from kwire.storage.config import LogConfig
    from kwire.storage.leader_epochs import LeaderEpochs
    from kwire.storage.producer_state import ProducerState


class StorageError(Exception):
    """The engine could not do it (full disk, I/O error, log closed): Kafka's KAFKA_STORAGE_ERROR."""


class OffsetOutOfRange(Exception):  # noqa: N818 - Kafka's name of the condition
    """The offset is below the log start offset or above the log end offset."""


@dataclass(slots=True, frozen=True)
class FileRange:
    """Bytes of an open file, to be sent without being read into Python (sendfile) where the transport can.

    file stays readable after the segment is deleted, until close() of the slice that holds the range.
    """

    file: object  # kwire.files.File
    position: int
    size_bytes: int


class LogSlice(Protocol):
    """Consecutive whole bytes of a log: zero or more record batches, the last one possibly cut at max_bytes."""

    def __len__(self) -> int:
        """Size in bytes."""
        ...

    def parts(self) -> Sequence[memoryview | FileRange]:
        """The bytes in order."""
        ...

    def tobytes(self) -> bytes:
        """All bytes, read now. For tests, tools and replay; the Fetch path sends parts()."""
        ...

    def next_offset(self) -> int:
        """Offset after the last whole batch, 0 where there is none.

        Raises:
            StorageError.
        """
        ...

    def close(self) -> None:
        """Lets go of the files behind the slice. Idempotent."""
        ...


@dataclass(slots=True)
class Appended:
    """An append that took effect.

    durable: None when the append is as durable as this engine makes it; else a function whose
    awaitable completes when it is, or raises StorageError.
    """

    base_offset: int
    last_offset: int
    durable: Callable[[], Awaitable[None]] | None = None


@dataclass(slots=True, frozen=True)
class TimestampOffset:
    """A record's timestamp (ms), offset, and the leader epoch of its batch."""

    timestamp_ms: int
    offset: int
    leader_epoch: int


@dataclass(slots=True, frozen=True)
class SegmentInfo:
    """One segment of a log: its first offset, the first offset after it, size, and its records' newest timestamp.

    max_timestamp_ms is -1 where no record has a timestamp; created_ms is the wall time of its first append.
    index_bytes and time_index_bytes: what its indexes take of segment.index.bytes, 0 in an engine without such.
    """

    base_offset: int
    next_offset: int
    size_bytes: int
    max_timestamp_ms: int
    created_ms: int
    index_bytes: int = 0
    time_index_bytes: int = 0


class Replacement(Protocol):
    """A closed segment in the making, which is to take the place of consecutive closed ones.

    Its methods touch nothing that the log uses, so they may run in a thread beside the log's.
    """

    def append(self, batch: ReadableBuffer, header: BatchHeader) -> None:
        """The batch, which carries its offset, is the newest.

        Raises:
            StorageError.
        """
        ...

    def finish(self, aborted: Sequence[AbortedTransaction]) -> None:
        """It is complete and as durable as a closed segment; aborted: the rows whose markers are in it.

        Raises:
            StorageError.
        """
        ...

    def abandon(self) -> None:
        """It is gone, unless the log has taken it. Idempotent."""
        ...


class Log(Protocol):
    """One partition's log, as the partition sees it.

    Offsets: log_start_offset <= offset < log_end_offset are readable (log_end_offset is exclusive).
    """

    topic: str
    topic_id: bytes
    partition: int
    config: LogConfig
    """Replace to change; takes effect from the next append or retention run."""
    producers: ProducerState
    aborted: AbortedTransactions
    leader_epochs: LeaderEpochs

    @property
    def log_start_offset(self) -> int:
        """First readable offset."""
        ...

    @property
    def log_end_offset(self) -> int:
        """Offset of the next record to be appended."""
        ...

    @property
    def size_bytes(self) -> int:
        """Bytes of all segments."""
        ...

    def append(self, batch: bytearray | memoryview, header: BatchHeader, leader_epoch: int, now_ms: int) -> Appended:
        """The batch is the log's newest: its base offset and partition leader epoch are patched in place, then written.

        batch: one whole v2 record batch, writable, already validated; header: its decoded header, which is patched too
        (base_offset, partition_leader_epoch). A batch is at most int32 long and goes to one segment.
        Afterwards producers, aborted and leader_epochs know the batch, log_end_offset is past it.

        Raises:
            StorageError: nothing of the batch is readable, the log's end is unchanged.
        """
        ...

    def read(self, offset: int, max_bytes: int, *, before_offset: int, min_one_batch: bool) -> LogSlice:
        """Batches from the one that contains offset on, up to max_bytes, only those that start below before_offset.

        min_one_batch: the first batch is given whole even where it is longer than max_bytes; without it, the slice is
        empty where not even the first batch fits.
        Empty when offset >= before_offset or offset == log_end_offset.

        Raises:
            OffsetOutOfRange, StorageError.
        """
        ...

    def offset_for_timestamp(self, timestamp_ms: int, *, before_offset: int) -> TimestampOffset | None:
        """The first record below before_offset whose timestamp is >= timestamp_ms."""
        ...

    def max_timestamp(self) -> TimestampOffset | None:
        """The record with the newest timestamp (the first of them)."""
        ...

    def advance_log_start(self, offset: int) -> None:
        """log_start_offset is at least offset; segments wholly below it are deleted (the active one is rolled first).

        Raises:
            OffsetOutOfRange: offset is above log_end_offset.
            StorageError.
        """
        ...


class SegmentedLog(Log, Protocol):
    """A log in segments, the last of which is active: what recovery, the cleaner and tools see of it."""

    recovered_cut: bool
    """Whether opening it cut records off its end: then the leader epoch must rise, so that consumers notice."""

    def append_as_is(self, batches: bytes | bytearray | memoryview, now_ms: int) -> Appended:
        """Whole batches that carry their offsets already (import, fixtures) are the log's newest.

        Raises:
            ValueError: their offsets are not ascending from log_end_offset (gaps are allowed).
            StorageError: as append.
        """
        ...

    def truncate(self, offset: int) -> None:
        """log_end_offset is at most offset; producers, aborted and leader_epochs forget what was cut."""
        ...

    def roll(self, now_ms: int) -> None:
        """The active segment is closed and a new one begun, unless it is empty."""
        ...

    def roll_if_due(self, now_ms: int) -> None:
        """As roll, when segment.ms has passed for the active segment."""
        ...

    def segments(self) -> Sequence[SegmentInfo]:
        """Oldest first; the last is the active one."""
        ...

    def headers(self, from_offset: int = 0) -> Iterator[BatchHeader]:
        """Every batch header from the batch that contains from_offset on."""
        ...

    # For the cleaner

    @property
    def cleaned_offset(self) -> int | None:
        """Below it the cleaner has been, None: it never was; also after a restart, where logs outlive one."""
        ...

    def mark_cleaned(self, offset: int) -> None:
        """cleaned_offset is this.

        Raises:
            StorageError.
        """
        ...

    @property
    def max_segment_bytes(self) -> int:
        """Size that closed segments may be merged up to."""
        ...

    def first_timestamp_ms(self, base_offset: int) -> int:
        """The newest timestamp of the first batch of the segment that begins there, -1 for none.

        Raises:
            StorageError.
        """
        ...

    def segment_batches(self, base_offset: int) -> Iterator[tuple[BatchHeader, ReadableBuffer]]:
        """(Header, bytes) of every batch of the closed segment that begins there, to be iterated in any one thread.

        They are those of now, whatever becomes of the segment meanwhile.

        Raises:
            StorageError: there is no such segment, or a batch cannot be read; CorruptBatch: it is damaged.
        """
        ...

    def begin_replacement(self, base_offsets: Sequence[int]) -> Replacement:
        """What may take the place of these consecutive closed segments once it is finished.

        Raises:
            StorageError: they are not there, or cannot be replaced now.
        """
        ...

    def replace(self, replacement: Replacement) -> bool:
        """The finished replacement stands for the segments it was begun for, in one step, also where a crash comes.

        Slices being read keep the old bytes. False: nothing has changed, for the segments are not there any more, or
        the system does not let go of their files now (Windows).

        Raises:
            StorageError: nothing has changed, unless the log is closed now.
        """
        ...

    def flush(self) -> None:
        """Everything appended is on the disk (fsync), and so is the recovery point."""
        ...

    def close(self) -> None:
        """Flushes and lets go of all files; further calls raise StorageError. Idempotent."""
        ...


@dataclass(slots=True, frozen=True)
class StoredLog:
    """A log that a store holds."""

    topic: str
    topic_id: bytes
    partition: int


class LogStore(Protocol):
    """All partition logs of one process."""

    cluster_id: str | None
    """The cluster that the store was made for, known after start(); None where the store keeps no such thing."""

    @property
    def location(self) -> str:
        """The absolute path of the directory that it keeps logs in, its URL where there is none."""
        ...

    @property
    def was_clean(self) -> bool:
        """Whether the last run closed the store; else every stored log should be opened, and so recovered, at once."""
        ...

    def start(self) -> None:
        """The store is ready: its directory is locked and prepared. Blocking; the app calls it before anything else.

        Raises:
            StorageError: with one sentence for who started kwire (locked, unwritable, not a kwire directory).
        """
        ...

    def list(self) -> Sequence[StoredLog]:
        """What is stored, opened or not."""
        ...

    def stored(self, topic: str) -> Sequence[int]:
        """Indexes of the topic's partitions of which there is a log, opened or not. In any thread; may read the disk.

        Raises:
            StorageError.
        """
        ...

    def open(self, topic: str, topic_id: bytes, partition: int, config: LogConfig) -> SegmentedLog:
        """The partition's log, created if it is not there, recovered if the last run did not close it. Blocking.

        Opening an open log gives the same object.

        Raises:
            StorageError.
        """
        ...

    def directory_of(self, topic: str, partition: int) -> str | None:
        """Where files beside that log's own may stand (the metadata log's checkpoints), once it has its first record.

        None where the engine keeps no files.
        """
        ...

    def delete(self, log: SegmentedLog) -> None:
        """The log is closed and gone; slices being read stay readable until they are closed."""
        ...

    def space(self) -> Space:
        """The room at its location. Blocking.

        Raises:
            StorageError.
        """
        ...

    def spare_descriptors(self) -> bool:
        """Close files that can be reopened, to free descriptors for connections; return whether any were closed."""
        ...

    def housekeep(self, now_ms: int) -> None:
        """Bounded background work that is due: flush.ms, recovery points, files whose delete delay has passed."""
        ...

    def progress(self) -> str:
        """Describe how far close() has come with the logs, for a log line. May be called in any thread."""
        ...

    def close(self) -> None:
        """Closes every log and marks the store as cleanly closed. Idempotent."""
        ...
