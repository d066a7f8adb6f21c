"""What a broker accepts from a producer, and what of it is rewritten before it is stored.

The usual batch is judged by its header and CRC and stored as it came, without a copy. Its records
are read only where the topic's rules need them (compaction needs keys, a bound on old timestamps
needs every timestamp, another compression needs everything) or where validate_records is set.
A batch whose records are read is judged as Kafka judges it, down to the error code.
If the producer is not known to write the newest timestamp into the header, the records' sizes and times
are read, because offsets by time and retention depend on it.

Source: Kafka's behaviour, observed and recorded in tests/vectors/recordbatches; docs/records.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwire.limits import MAX_PRODUCED_BYTES, MAX_READ_RECORDS, MAX_RECORD_ERRORS
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.records.batch import (
    COMPRESSION_MASK,
    CONTROL_FLAG,
    HEADER_BYTES,
    INT32_MAX,
    LOG_APPEND_TIME_FLAG,
    LOG_OVERHEAD_BYTES,
    MAGIC,
    MIN_BATCH_LENGTH,
    NO_TIMESTAMP,
    TRANSACTIONAL_FLAG,
    BatchHeader,
    CorruptBatch,
    DecompressedTooLarge,
    IncompleteBatch,
    InvalidRecord,
    TooManyRecords,
    UndecodableBatch,
    check_crc,
    read_header,
    read_size,
    set_create_time,
    set_log_append_time,
)
from kwire.protocol.records.compression import Codec
from kwire.protocol.records.record import (
    Record,
    append_record,
    assemble_batch,
    iter_records,
    newest_timestamp,
    to_int64,
)

if TYPE_CHECKING:
    from typing import Literal

ZSTD_MIN_API_VERSION = 7
"""The first Produce version that may carry zstd (KIP-110)."""

CODECS = {"uncompressed": Codec.NONE, "gzip": Codec.GZIP, "snappy": Codec.SNAPPY, "lz4": Codec.LZ4, "zstd": Codec.ZSTD}
"""The codec of each value of compression.type but "producer"."""

LAST_CODEC = int(Codec.ZSTD)
LONG_MAX = 2**63 - 1
LAST_ATTRIBUTES_BYTE = 22


class InvalidBatch(ApiError):  # noqa: N818 - the verdict's name
    """The batch is refused with Kafka's error code.

    record_errors: (index of the record in its batch, what is wrong with it), the first ones where they are very many.
    reply_message: the row's error_message, which Kafka sends with record errors only; str() is for the log.
    before_log: Kafka refuses it before it looks at the partition's log, so that the row says nothing of that.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        record_errors: list[tuple[int, str]] | None = None,
        *,
        reply_message: str | None = None,
        before_log: bool = False,
    ) -> None:
        super().__init__(code, message)
        self.record_errors = record_errors or []
        self.reply_message = message if record_errors else reply_message
        self.before_log = before_log


class _BadFrame(CorruptBatch):
    """No batch can be found at all, in Kafka's words."""


@dataclass(slots=True, frozen=True)
class ProduceRules:
    """What a topic's configs say about batches that are produced to it. Levels None are the codec's default.

    partition: its name for messages, topic-index.
    """

    partition: str = ""
    max_message_bytes: int = 1_048_588
    max_decompressed_bytes: int = MAX_PRODUCED_BYTES
    segment_bytes: int = INT32_MAX
    timestamp_type: Literal["CreateTime", "LogAppendTime"] = "CreateTime"
    before_max_ms: int = LONG_MAX
    after_max_ms: int = 3_600_000
    compression_type: str = "producer"
    gzip_level: int | None = None
    lz4_level: int | None = None
    zstd_level: int | None = None
    compact: bool = False
    validate_records: bool = False

    @property
    def is_log_append_time(self) -> bool:
        """Whether the broker's clock dates the records."""
        return self.timestamp_type == "LogAppendTime"

    @property
    def decompressed_limit_bytes(self) -> int:
        """Maximum decompressed bytes of a batch whose records are read."""
        return min(self.max_decompressed_bytes, MAX_PRODUCED_BYTES)

    def level(self, codec: int) -> int | None:
        """The level at which the broker compresses with that codec."""
        return {Codec.GZIP: self.gzip_level, Codec.LZ4: self.lz4_level, Codec.ZSTD: self.zstd_level}.get(Codec(codec))


@dataclass(slots=True)
class ValidatedBatch:
    """A batch to append. batch is a view of what was received, or new bytes; header is its header.

    log_append_time_ms is for the reply: -1 unless the topic has LogAppendTime.
    """

    batch: bytearray | memoryview
    header: BatchHeader
    log_append_time_ms: int = NO_TIMESTAMP


def has_transactional_records(records: memoryview | None) -> bool:
    """Whether the batch belongs to a transaction, by its header alone: asked before anything else of it is judged."""
    if records is None or len(records) < HEADER_BYTES or not records[LAST_ATTRIBUTES_BYTE] & TRANSACTIONAL_FLAG:
        return False
    try:
        return read_header(records).is_transactional
    except CorruptBatch:
        return False


def _check_produce_version(header: BatchHeader, api_version: int) -> None:
    """The batch may be sent in that version of Produce, which is below 7.

    Raises:
        InvalidBatch: UNSUPPORTED_COMPRESSION_TYPE, it is compressed with zstd.
    """
    if header.compression == Codec.ZSTD:
        raise InvalidBatch(
            ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
            f"zstd needs Produce version {ZSTD_MIN_API_VERSION}, not {api_version}",
            before_log=True,
        )


def validate_produce(
    records: memoryview | None,
    rules: ProduceRules,
    now_ms: int,
    api_version: int = ZSTD_MIN_API_VERSION,
    *,
    knows_newest: bool = False,
) -> ValidatedBatch:
    """Validate a partition's records field; return its one batch, ready to be appended.

    records is patched in place if only the header must change; api_version is that of the Produce request.
    knows_newest: the producer is known to write a batch's newest timestamp into the header.

    Raises:
        InvalidBatch: with the error code of that partition's row.
    """
    records, header = _whole_request(records, api_version)
    try:
        _check_header(records, header, rules)
        if _needs_records(header, rules, now_ms):
            batch = _validate_records(records, header, rules, now_ms)
        elif rules.is_log_append_time:
            batch = _dated(records, header, rules, now_ms)
        elif knows_newest and header.max_timestamp >= header.base_timestamp:
            batch = ValidatedBatch(records, header)
        else:
            batch = _with_newest(records, header, rules, now_ms)
    except InvalidRecord as error:
        raise InvalidBatch(ErrorCode.INVALID_RECORD, str(error)) from None
    except (DecompressedTooLarge, TooManyRecords) as error:
        raise InvalidBatch(ErrorCode.MESSAGE_TOO_LARGE, str(error)) from None
    except UndecodableBatch as error:
        raise InvalidBatch(ErrorCode.UNKNOWN_SERVER_ERROR, str(error)) from None
    except CorruptBatch as error:
        raise InvalidBatch(ErrorCode.CORRUPT_MESSAGE, str(error)) from None
    if batch.header.size_bytes > rules.segment_bytes:
        raise InvalidBatch(
            ErrorCode.RECORD_LIST_TOO_LARGE,
            f"the batch has {batch.header.size_bytes} bytes, segment.bytes is {rules.segment_bytes}",
        )
    return batch


def check_sent(records: memoryview | None, api_version: int) -> None:
    """Check that the records are one whole batch that this version of Produce allows: Kafka's first check.

    Raises:
        InvalidBatch: they are not.
    """
    _whole_request(records, api_version)


def _whole_request(records: memoryview | None, api_version: int) -> tuple[memoryview, BatchHeader]:
    """(Its bytes, its header) of the one batch: what Kafka looks at before it asks the partition's log."""
    if records is None:
        # Kafka trips over it: the reply says so.
        raise InvalidBatch(ErrorCode.UNKNOWN_SERVER_ERROR, "the records are null")
    try:
        try:
            header = read_header(records)
        except CorruptBatch as error:
            raise _why_none(records, error) from None
        if api_version < ZSTD_MIN_API_VERSION:
            _check_produce_version(header, api_version)
        if header.batch_length + LOG_OVERHEAD_BYTES < len(records):
            records = _first_batch(records, header.size_bytes)
    except InvalidRecord as error:
        raise InvalidBatch(ErrorCode.INVALID_RECORD, str(error), before_log=True) from None
    except UndecodableBatch as error:
        raise InvalidBatch(ErrorCode.UNKNOWN_SERVER_ERROR, str(error)) from None
    except _BadFrame as error:
        raise InvalidBatch(ErrorCode.CORRUPT_MESSAGE, str(error), reply_message=str(error)) from None
    except CorruptBatch as error:
        raise InvalidBatch(ErrorCode.CORRUPT_MESSAGE, str(error)) from None
    return records, header


def _dated(records: memoryview, header: BatchHeader, rules: ProduceRules, now_ms: int) -> ValidatedBatch:
    """The batch as it came, dated by the broker where the topic has LogAppendTime."""
    if rules.is_log_append_time:
        set_log_append_time(records, header, now_ms)
        return ValidatedBatch(records, header, now_ms)
    return ValidatedBatch(records, header)


def _with_newest(records: memoryview, header: BatchHeader, rules: ProduceRules, now_ms: int) -> ValidatedBatch:
    """Correct the max timestamp in the batch's header; leave it as it came if its records cannot be read."""
    try:
        newest = newest_timestamp(records, header, limit_bytes=rules.decompressed_limit_bytes)
    except CorruptBatch:
        return ValidatedBatch(records, header)
    if newest - now_ms > rules.after_max_ms:
        return _validate_records(records, header, rules, now_ms)
    set_create_time(records, header, newest)
    return ValidatedBatch(records, header)


def _first_batch(records: memoryview, size_bytes: int) -> memoryview:
    """The first batch, which is that long; the beginnings of a second one are cut off."""
    if _whole_size(records, size_bytes) is not None:
        raise InvalidRecord("there is more than one record batch")
    return records[:size_bytes]


def _why_none(records: memoryview, error: CorruptBatch) -> CorruptBatch:
    """What Kafka says of records that do not begin with a whole v2 batch."""
    try:
        size_bytes = _whole_size(records, 0)
    except CorruptBatch as worse:
        return worse
    if size_bytes is None:
        return InvalidRecord("there is no whole record batch")
    if records[LOG_OVERHEAD_BYTES + 4] != MAGIC:
        return InvalidRecord("the record batch is of an old magic")
    return error


def _whole_size(records: memoryview, offset: int) -> int | None:
    """Bytes of the batch at offset, None where it is not there as a whole."""
    left = len(records) - offset
    if left < LOG_OVERHEAD_BYTES:
        return None
    length = int.from_bytes(records[offset + 8 : offset + LOG_OVERHEAD_BYTES], "big", signed=True)
    if length < MIN_BATCH_LENGTH:
        raise _BadFrame(f"Record size {length} is less than the minimum record overhead ({MIN_BATCH_LENGTH})")
    if length > INT32_MAX - LOG_OVERHEAD_BYTES:
        raise UndecodableBatch(f"a record batch of {length} bytes is longer than an int32 can say")
    try:
        size_bytes, magic = read_size(records, offset)
    except IncompleteBatch:
        return None
    if not 0 <= magic <= MAGIC:
        raise _BadFrame(f"Invalid magic found in record: {magic}")
    return size_bytes if size_bytes <= left else None


def _check_header(records: memoryview, header: BatchHeader, rules: ProduceRules) -> None:
    """What the header says can be true of a batch from a producer, and the CRC is right. In Kafka's order of checks."""
    if header.base_offset != 0:
        raise InvalidRecord(f"the batch starts at offset {header.base_offset}, not 0")
    if len(records) > rules.max_message_bytes:
        raise _too_large(header, rules)
    check_crc(records, header)
    attributes = header.attributes
    if attributes & COMPRESSION_MASK > LAST_CODEC:
        raise UndecodableBatch(f"unknown compression codec {header.compression}")
    if not 0 < header.records_count == header.last_offset_delta + 1:
        raise InvalidRecord(f"{header.records_count} records, but the last offset delta is {header.last_offset_delta}")
    if attributes & CONTROL_FLAG:
        raise InvalidRecord("control records are for brokers to write")
    if header.producer_id >= 0 > header.base_sequence:
        raise InvalidRecord(f"producer id {header.producer_id} with sequence number {header.base_sequence}")


def _too_large(header: BatchHeader, rules: ProduceRules) -> InvalidBatch:
    return InvalidBatch(
        ErrorCode.MESSAGE_TOO_LARGE,
        f"the batch has {header.size_bytes} bytes, max.message.bytes is {rules.max_message_bytes}",
    )


def _needs_records(header: BatchHeader, rules: ProduceRules, now_ms: int) -> bool:
    """Whether the header alone cannot tell that the topic takes the batch as it is."""
    if rules.validate_records or rules.compact or header.attributes & LOG_APPEND_TIME_FLAG:
        return True
    if rules.compression_type != "producer" and CODECS[rules.compression_type] != header.compression:
        return True
    if rules.is_log_append_time:
        return False
    return rules.before_max_ms < LONG_MAX or header.max_timestamp - now_ms > rules.after_max_ms


def _validate_records(records: memoryview, header: BatchHeader, rules: ProduceRules, now_ms: int) -> ValidatedBatch:
    codec = header.compression
    if rules.compression_type != "producer":
        codec = CODECS[rules.compression_type]
    rewrite = codec != header.compression
    scan = _Scan(header, rules, now_ms, keep=rewrite)
    scan.read(records)
    if scan.has_gaps and codec != Codec.NONE and not rewrite:
        # Kafka numbers the records of a compressed batch anew, and leaves those of a plain one alone.
        rewrite = True
        scan = _Scan(header, rules, now_ms, keep=True, work=scan.work)
        scan.read(records)
    if rewrite:
        return _rewritten(header, scan, codec, rules, now_ms)
    if not rules.is_log_append_time:
        set_create_time(records, header, scan.max_timestamp)
    return _dated(records, header, rules, now_ms)


class _Scan:
    """One pass over a batch's records: their errors, newest timestamp, and where asked for, the bytes of a new body.

    work: records and headers of records that were read, in passes before as well.
    """

    def __init__(self, header: BatchHeader, rules: ProduceRules, now_ms: int, *, keep: bool, work: int = 0) -> None:
        self.header = header
        self.rules = rules
        self.now_ms = now_ms
        self.body = bytearray() if keep else None
        self.base_timestamp = NO_TIMESTAMP
        self.max_timestamp = NO_TIMESTAMP
        self.has_gaps = False
        self.errors: list[tuple[int, str]] = []
        self.errors_count = 0
        self.has_timestamp_error = False
        self.work = work

    def read(self, records: memoryview) -> None:
        """Every record is read.

        Raises:
            InvalidBatch: records have errors.
            CorruptBatch: as iter_records; TooManyRecords where there are more than are read.
        """
        self._spend(self.header.records_count)
        limit_bytes = self.rules.decompressed_limit_bytes
        for index, record in enumerate(iter_records(records, self.header, limit_bytes=limit_bytes)):
            if record.headers:
                self._spend(len(record.headers))
            if self._is_bad(record):
                self.errors_count += 1
                if len(self.errors) < MAX_RECORD_ERRORS:
                    self.errors.append((index, self._error(record)))
            elif not self.errors:
                self._take(index, record)
        if self.errors:
            code = ErrorCode.INVALID_TIMESTAMP if self.has_timestamp_error else ErrorCode.INVALID_RECORD
            raise InvalidBatch(code, self._summary(), self.errors)

    def _spend(self, count: int) -> None:
        self.work += count
        if self.work > MAX_READ_RECORDS:
            raise TooManyRecords(f"{self.work} records and headers to read in a batch, at most {MAX_READ_RECORDS} are")

    def _summary(self) -> str:
        """What Kafka says of all the errors, word by word: clients show it to people."""
        if self.has_timestamp_error:
            return "One or more records have been rejected due to invalid timestamp"
        shown = ", ".join(f"RecordError(batchIndex={index}, message='{text}')" for index, text in self.errors[:3])
        return (
            f"One or more records have been rejected due to {self.errors_count} record errors in total, "
            f"and only showing the first three errors at most: [{shown}]"
        )

    def _take(self, index: int, record: Record) -> None:
        self.max_timestamp = max(self.max_timestamp, record.timestamp)
        self.has_gaps |= record.offset != index
        if self.body is not None:
            if record.timestamp < NO_TIMESTAMP:
                raise UndecodableBatch(f"timestamp {record.timestamp} cannot be written")
            if index == 0:
                self.base_timestamp = record.timestamp
            append_record(self.body, record, index, self.base_timestamp)

    def _is_bad(self, record: Record) -> bool:
        rules = self.rules
        if rules.compact and record.key is None:
            return True
        if not rules.is_log_append_time and record.timestamp != NO_TIMESTAMP:
            age_ms = to_int64(self.now_ms - record.timestamp)
            is_misdated = age_ms > rules.before_max_ms or to_int64(-age_ms) > rules.after_max_ms
        else:
            is_misdated = self.header.is_log_append_time
        self.has_timestamp_error |= is_misdated
        return is_misdated

    def _error(self, record: Record) -> str:
        """What Kafka says of a record that is bad."""
        rules = self.rules
        if rules.compact and record.key is None:
            return f"Compacted topic cannot accept message without key in topic partition {rules.partition}"
        if not rules.is_log_append_time and record.timestamp != NO_TIMESTAMP:
            earliest = to_int64(self.now_ms - rules.before_max_ms)
            latest = to_int64(self.now_ms + rules.after_max_ms)
            return (
                f"Timestamp {record.timestamp} of message with offset {record.offset} is out of range. "
                f"The timestamp should be within [{earliest}, {latest}]"
            )
        return (
            f"Invalid timestamp type in message {_shown(record)}. "
            "Producer should not set timestamp type to LogAppendTime."
        )


def _shown(record: Record) -> str:
    key_bytes, value_bytes = len(record.key or b""), len(record.value or b"")
    return (
        f"DefaultRecord(offset={record.offset}, timestamp={record.timestamp}, "
        f"key={key_bytes} bytes, value={value_bytes} bytes)"
    )


def _rewritten(header: BatchHeader, scan: _Scan, codec: int, rules: ProduceRules, now_ms: int) -> ValidatedBatch:
    """A new batch of the scanned records, compressed as the topic wants it."""
    new = BatchHeader(
        base_offset=0,
        batch_length=0,
        partition_leader_epoch=header.partition_leader_epoch,
        magic=MAGIC,
        crc=0,
        attributes=codec | header.attributes & TRANSACTIONAL_FLAG,
        last_offset_delta=header.last_offset_delta,
        base_timestamp=scan.base_timestamp,
        max_timestamp=scan.max_timestamp,
        producer_id=header.producer_id,
        producer_epoch=header.producer_epoch,
        base_sequence=header.base_sequence,
        records_count=header.records_count,
    )
    if rules.is_log_append_time:
        new.attributes |= LOG_APPEND_TIME_FLAG
        new.max_timestamp = now_ms
    assert scan.body is not None
    batch = assemble_batch(new, scan.body, rules.level(codec))
    if new.size_bytes > rules.max_message_bytes:
        raise _too_large(new, rules)
    return ValidatedBatch(batch, new, now_ms if rules.is_log_append_time else NO_TIMESTAMP)
