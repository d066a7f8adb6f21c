"""Partition: one log with Kafka's rules around it, and the only door to that log.

The brokers of one process share the partition, so its high watermark is the log's end, but for
appends that an engine makes durable later: those are readable once they are durable.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import trio

from kwire.limits import RETENTION_STEP_SEGMENTS
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.records.validation import ProduceRules, validate_produce
from kwire.storage.leader_epochs import UNDEFINED_EPOCH
from kwire.storage.port import OffsetOutOfRange, StorageError
from kwire.storage.retention import log_start_after_retention

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kwire.broker.metadata import PartitionImage
    from kwire.broker.waiters import Waiter
    from kwire.protocol.records.batch import BatchHeader
    from kwire.storage.aborted import AbortedTransaction
    from kwire.storage.config import LogConfig
    from kwire.storage.port import Appended, Log, LogSlice, SegmentedLog, TimestampOffset
    from kwire.storage.producer_state import ProducerEntry

ACKS_ALL = -1
NO_EPOCH = -1
CODEC_DEFAULT_LEVEL = -1
"""compression.gzip.level that leaves the choice to the codec."""
HIGH_WATERMARK = -1
"""The offset in DeleteRecords that stands for the high watermark."""
COMPLAINT_INTERVAL_MS = 60_000
"""Between two log lines about one partition that cannot be opened, read or written."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ProduceResult:
    """What a producer is told. pending is None where nothing has to be waited for."""

    base_offset: int
    log_append_time_ms: int
    log_start_offset: int
    pending: Appended | None = None


class Bounds(NamedTuple):
    """The bounds of a log: its start, up to where it may be read, and its end."""

    log_start_offset: int
    last_stable_offset: int
    high_watermark: int
    log_end_offset: int


class Partition:
    """One partition of a topic, for all brokers of the process.

    image is the metadata image's own object, so leadership is always the current one. open_log is called when the log
    is first needed, again only if it failed. wall_ms is Env's.
    """

    __slots__ = (
        "_complained_ms",
        "_open_log",
        "_opened",
        "_rules",
        "_rules_of",
        "_undurable",
        "_wall_ms",
        "image",
        "index",
        "topic",
        "topic_id",
        "waiters",
    )

    def __init__(
        self,
        topic: str,
        topic_id: bytes,
        image: PartitionImage,
        open_log: Callable[[], SegmentedLog],
        wall_ms: Callable[[], int],
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.index = image.index
        self.image = image
        self.waiters: set[Waiter] = set()
        self._open_log = open_log
        self._wall_ms = wall_ms
        self._opened: SegmentedLog | None = None
        self._rules = ProduceRules()
        self._rules_of: LogConfig | None = None
        self._undurable: dict[int, None] = {}
        self._complained_ms = -COMPLAINT_INTERVAL_MS

    # What the log is

    def open(self) -> SegmentedLog:
        """Open the log if nothing needed it yet. For recovery, the cleaner and tools; all others use what follows.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR, the engine cannot open it.
        """
        if self._opened is None:
            try:
                self._opened = self._open_log()
            except StorageError as error:
                raise self.storage_error(error) from error
        return self._opened

    @property
    def opened(self) -> SegmentedLog | None:
        """Return the log if it is open. For recovery, the cleaner and tools."""
        return self._opened

    @property
    def is_open(self) -> bool:
        """Whether the log is open already; otherwise its first use looks at directories on disk."""
        return self._opened is not None

    @property
    def _log(self) -> Log:
        opened = self._opened
        return opened if opened is not None else self.open()

    @property
    def config(self) -> LogConfig:
        """Return the topic's configs as the log has them."""
        return self._log.config

    @property
    def log_start_offset(self) -> int:
        """First readable offset."""
        return self._log.log_start_offset

    @property
    def log_end_offset(self) -> int:
        """Offset of the next record."""
        return self._log.log_end_offset

    @property
    def size_bytes(self) -> int:
        """Size of the log."""
        return self._log.size_bytes

    @property
    def producers(self) -> Iterable[ProducerEntry]:
        """Return the producers with ids that the log knows."""
        return self._log.producers

    @property
    def high_watermark(self) -> int:
        """Offsets below it are readable."""
        if self._undurable:
            return next(iter(self._undurable))
        return self._log.log_end_offset

    @property
    def last_stable_offset(self) -> int:
        """Offsets below it belong to no open transaction, so that read_committed may read them."""
        return self.bounds().last_stable_offset

    def bounds(self) -> Bounds:
        """Return the log's bounds for a reader, all at once."""
        log = self._log
        start, end = log.log_start_offset, log.log_end_offset
        high_watermark = next(iter(self._undurable)) if self._undurable else end
        unstable = log.producers.first_unstable_offset
        stable = high_watermark if unstable is None else min(max(unstable, start), high_watermark)
        return Bounds(start, stable, high_watermark, end)

    def end_offset_for(self, leader_epoch: int) -> tuple[int, int]:
        """(Largest epoch <= leader_epoch, the offset where it ends), as OffsetForLeaderEpoch answers.

        The current epoch counts from its election on, though the log knows it only from its first record on.
        (UNDEFINED_EPOCH, UNDEFINED_OFFSET) for an epoch that is not known. Source: KIP-101, KIP-320.
        """
        epochs = self._log.leader_epochs
        log_end_offset = self._log.log_end_offset
        written = epochs.latest_epoch
        if written == UNDEFINED_EPOCH != leader_epoch < self.image.leader_epoch:
            return leader_epoch, log_end_offset
        if written < leader_epoch < self.image.leader_epoch:
            return written, log_end_offset
        if leader_epoch == self.image.leader_epoch:
            return leader_epoch, log_end_offset
        return epochs.end_offset_for(leader_epoch, log_end_offset)

    def epoch_of_log_start(self) -> int:
        """The leader epoch of the first readable record, or of the next one where there is none; -1 for unknown."""
        log = self._log
        if log.log_start_offset == log.log_end_offset:
            return self.image.leader_epoch
        epoch = log.leader_epochs.epoch_for_offset(log.log_start_offset)
        return UNDEFINED_EPOCH if epoch is None else epoch

    def storage_error(self, error: StorageError) -> ApiError:
        """What a client is told when the engine could not do it.

        Who runs the broker hears of it once in a while, however often clients retry.
        """
        now_ms = self._wall_ms()
        if abs(now_ms - self._complained_ms) >= COMPLAINT_INTERVAL_MS:
            self._complained_ms = now_ms
            _log.error("clients of %s-%d get KAFKA_STORAGE_ERROR: %s", self.topic, self.index, error)
        return storage_error(error)

    # Reading

    def read(self, offset: int, max_bytes: int, *, before_offset: int, min_one_batch: bool) -> LogSlice:
        """Read batches; see Log.read.

        Raises:
            ApiError: OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR.
        """
        try:
            return self._log.read(offset, max_bytes, before_offset=before_offset, min_one_batch=min_one_batch)
        except OffsetOutOfRange as error:
            raise ApiError(ErrorCode.OFFSET_OUT_OF_RANGE) from error
        except StorageError as error:
            raise self.storage_error(error) from error

    def headers(self, offset: int) -> Iterator[BatchHeader]:
        """Generate every batch header from the batch that contains offset on.

        Raises:
            StorageError.
        """
        return self.open().headers(offset)

    def aborted_between(self, offset: int, end_offset: int) -> Sequence[AbortedTransaction]:
        """Return the aborted transactions that may have records between these offsets (the second one exclusive)."""
        return self._log.aborted.collect(offset, end_offset)

    def offset_for_timestamp(self, timestamp_ms: int, *, before_offset: int) -> TimestampOffset | None:
        """Find the first record below before_offset that is at least as new as timestamp_ms.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        try:
            return self._log.offset_for_timestamp(timestamp_ms, before_offset=before_offset)
        except StorageError as error:
            raise self.storage_error(error) from error

    def newest_timestamp(self) -> TimestampOffset | None:
        """Find the record with the newest timestamp, the first of several.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        try:
            return self._log.max_timestamp()
        except StorageError as error:
            raise self.storage_error(error) from error

    # Who may do what

    def check_replica(self, node_id: int, current_leader_epoch: int = NO_EPOCH) -> None:
        """That broker holds a replica or leads, and the client knows the current leader epoch (or says none).

        Raises:
            ApiError: NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH (KIP-320).
        """
        image = self.image
        if node_id not in image.replicas and node_id != image.leader:
            raise ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
        if current_leader_epoch not in (NO_EPOCH, image.leader_epoch):
            known = current_leader_epoch < image.leader_epoch
            raise ApiError(ErrorCode.FENCED_LEADER_EPOCH if known else ErrorCode.UNKNOWN_LEADER_EPOCH)

    def check_leader(self, node_id: int, current_leader_epoch: int = NO_EPOCH) -> None:
        """That broker leads the partition, and the client knows the current leader epoch (or says none).

        Raises:
            ApiError: NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH (KIP-320).
        """
        if current_leader_epoch != NO_EPOCH:
            self.check_replica(node_id, current_leader_epoch)
        if self.image.leader != node_id:
            raise ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)

    # Writing

    def produce(
        self,
        records: memoryview | None,
        *,
        acks: int,
        now_ms: int,
        validate_records: bool,
        api_version: int,
        knows_newest: bool = False,
    ) -> ProduceResult:
        """Validate a producer's batch and append it; answer a duplicate with the offset that it has already.

        records: the request's whole records field; it is patched in place. validate_records: kwire.validate.records.
        api_version: that of Produce. knows_newest: the producer is known to write its newest timestamp in the header.

        Raises:
            ApiError: NOT_ENOUGH_REPLICAS, KAFKA_STORAGE_ERROR, INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER;
                InvalidBatch, with what is wrong with the batch.
        """
        log = self._log
        config = log.config
        if acks == ACKS_ALL and len(self.image.isr) < min(config.min_insync_replicas, len(self.image.replicas)):
            raise ApiError(ErrorCode.NOT_ENOUGH_REPLICAS)
        rules = self._rules
        if config is not self._rules_of or rules.validate_records is not validate_records:
            rules = self._rules = produce_rules(
                config, partition=f"{self.topic}-{self.index}", validate_records=validate_records
            )
            self._rules_of = config
        validated = validate_produce(records, rules, now_ms, api_version, knows_newest=knows_newest)
        header = validated.header
        if header.producer_id >= 0:
            duplicate = log.producers.check(header)
            if duplicate is not None:
                return ProduceResult(duplicate.first_offset, duplicate.timestamp_ms, log.log_start_offset)
        appended = self.append(validated.batch, header, now_ms)
        pending = appended if appended.durable is not None else None
        return ProduceResult(appended.base_offset, validated.log_append_time_ms, log.log_start_offset, pending)

    def append(self, batch: bytearray | memoryview, header: BatchHeader, now_ms: int) -> Appended:
        """The validated batch is the log's newest, and requests parked here know.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR, nothing was appended.
        """
        try:
            appended = self._log.append(batch, header, self.image.leader_epoch, now_ms)
        except StorageError as error:
            raise self.storage_error(error) from error
        if appended.durable is not None:
            self._undurable[appended.base_offset] = None
        elif self.waiters:
            self._tell_waiters(header)
        return appended

    def restore(self, batches: bytes | bytearray, now_ms: int) -> None:
        """Append whole batches that carry their offsets already.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
            ValueError: their offsets do not ascend from log_end_offset.
        """
        try:
            self.open().append_as_is(batches, now_ms)
        except StorageError as error:
            raise self.storage_error(error) from error

    async def wait_durable(self, appended: Appended) -> None:
        """The append is as durable as it will be, and readable. It is waited for even by a task that is cancelled.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR, it is not durable.
        """
        if appended.durable is None:
            return
        try:
            with trio.CancelScope(shield=True):
                await appended.durable()
        except StorageError as error:
            raise self.storage_error(error) from error
        finally:
            self._undurable.pop(appended.base_offset, None)
            self.wake()

    def _tell_waiters(self, header: BatchHeader) -> None:
        if header.is_control:
            self.wake()  # the end of a transaction may make more readable than its marker is long
            return
        for waiter in self.waiters:
            waiter.written(header.size_bytes)

    def wake(self) -> None:
        """Every request parked here looks again: the leader changed, the partition is deleted, or more is readable."""
        for waiter in self.waiters:
            waiter.wake()

    def delete_records(self, offset: int) -> int:
        """The low watermark, after records below offset are gone; HIGH_WATERMARK stands for all that are readable.

        Raises:
            ApiError: POLICY_VIOLATION (the topic is compacted only), OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR.
        """
        log = self._log
        if log.config.compact and not log.config.delete:
            raise ApiError(ErrorCode.POLICY_VIOLATION)
        high_watermark = self.high_watermark
        wanted = high_watermark if offset == HIGH_WATERMARK else offset
        if not 0 <= wanted <= high_watermark:
            raise ApiError(ErrorCode.OFFSET_OUT_OF_RANGE)
        self.advance_log_start(wanted)
        return log.log_start_offset

    def advance_log_start(self, offset: int) -> None:
        """Delete the records below offset.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        try:
            self._log.advance_log_start(offset)
        except StorageError as error:
            raise self.storage_error(error) from error

    def enforce_retention(self, now_ms: int, producer_id_expiration_ms: int) -> bool:
        """One bounded step of what time and size give up: segments and idle producers. Whether another step is due.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        log = self.open()
        log.producers.expire(now_ms, producer_id_expiration_ms)
        try:
            log.roll_if_due(now_ms)
            segments = log.segments()
            wanted = log_start_after_retention(segments, log.config, log.log_start_offset, self.high_watermark, now_ms)
            if wanted <= log.log_start_offset:
                return False
            step = segments[:RETENTION_STEP_SEGMENTS]
            log.advance_log_start(min(wanted, step[-1].next_offset))
        except StorageError as error:
            raise storage_error(error) from error
        return log.log_start_offset < wanted

    def set_config(self, config: LogConfig) -> None:
        """The topic's configs are these from the next append or retention run on."""
        if self._opened is not None:
            self._opened.config = config


def produce_rules(config: LogConfig, *, partition: str, validate_records: bool) -> ProduceRules:
    """What these configs say about batches that are produced to the partition of that name."""
    return ProduceRules(
        partition=partition,
        max_message_bytes=config.max_message_bytes,
        max_decompressed_bytes=config.max_decompressed_message_bytes,
        segment_bytes=config.segment_bytes,
        timestamp_type=config.message_timestamp_type,
        before_max_ms=config.message_timestamp_before_max_ms,
        after_max_ms=config.message_timestamp_after_max_ms,
        compression_type=config.compression_type,
        gzip_level=None if config.compression_gzip_level == CODEC_DEFAULT_LEVEL else config.compression_gzip_level,
        lz4_level=config.compression_lz4_level,
        zstd_level=config.compression_zstd_level,
        compact=config.compact,
        validate_records=validate_records,
    )


def storage_error(error: StorageError) -> ApiError:
    """What a client is told when the engine could not do it."""
    return ApiError(ErrorCode.KAFKA_STORAGE_ERROR, str(error))
