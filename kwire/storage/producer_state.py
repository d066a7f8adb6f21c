"""ProducerState: what a log knows of the idempotent and transactional producers that wrote to it.

Their epochs, the sequence numbers of their last batches, and the transactions they have open. A Produce is
checked against it, an append and a recovery update it; no clock and no files here.

Source: KIP-98, KIP-185 (idempotence), KIP-360 (epochs, forgotten producers); Kafka documentation,
"Message Delivery Semantics". The snapshot is Kafka's .snapshot file, version 1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.records.batch import INT32_MAX, NO_PRODUCER_EPOCH, NO_SEQUENCE, NO_TIMESTAMP
from kwire.protocol.records.crc import crc32c
from kwire.storage.aborted import AbortedTransaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.protocol.records.control import EndTransactionMarker

BATCHES_KEPT = 5
"""Batches a producer is remembered by: max.in.flight.requests.per.connection of an idempotent producer."""

NO_COORDINATOR_EPOCH = -1

SNAPSHOT_VERSION = 1

_SNAPSHOT_HEADER = struct.Struct(">hIi")
_SNAPSHOT_CRC_END = 6
_SNAPSHOT_ENTRY = struct.Struct(">qhiqiqiq")


class CorruptSnapshot(Exception):  # noqa: N818 - Kafka's word for the condition
    """The bytes are no producer snapshot: bad version, length or CRC."""


@dataclass(slots=True)
class AppendedBatch:
    """A batch that a producer wrote: what a duplicate of it is answered with."""

    last_sequence: int
    last_offset: int
    offset_delta: int
    timestamp_ms: int
    """The batch's newest timestamp."""

    @property
    def first_offset(self) -> int:
        """Offset of its first record."""
        return self.last_offset - self.offset_delta

    @property
    def first_sequence(self) -> int:
        """Sequence number of its first record."""
        return (self.last_sequence - self.offset_delta) & INT32_MAX


@dataclass(slots=True)
class ProducerEntry:
    """One producer's state in one log, as DescribeProducers tells it.

    current_txn_first_offset is None while it has no transaction open here.
    """

    producer_id: int
    producer_epoch: int = NO_PRODUCER_EPOCH
    coordinator_epoch: int = NO_COORDINATOR_EPOCH
    last_timestamp_ms: int = NO_TIMESTAMP
    current_txn_first_offset: int | None = None
    batches: list[AppendedBatch] = field(default_factory=list)
    """Those of the current epoch, oldest first, at most BATCHES_KEPT."""

    @property
    def last_sequence(self) -> int:
        """The newest batch's last sequence number, -1 where none is known."""
        return self.batches[-1].last_sequence if self.batches else NO_SEQUENCE


class ProducerState:
    """The producers of one log."""

    __slots__ = ("_open_transactions", "_producers")

    def __init__(self) -> None:
        self._producers: dict[int, ProducerEntry] = {}
        self._open_transactions: dict[int, int] = {}
        """First offset to producer id, in ascending order, for a log only grows."""

    def __len__(self) -> int:
        return len(self._producers)

    def __iter__(self) -> Iterator[ProducerEntry]:
        return iter(self._producers.values())

    def get(self, producer_id: int) -> ProducerEntry | None:
        """What is known of the producer."""
        return self._producers.get(producer_id)

    @property
    def first_unstable_offset(self) -> int | None:
        """First offset of the oldest open transaction; it may be below the log start offset, after DeleteRecords."""
        return next(iter(self._open_transactions), None)

    def check(self, header: BatchHeader) -> AppendedBatch | None:
        """Whether a client's data batch may be appended.

        Returns:
            None to append it; else what it is a duplicate of (one of the producer's last BATCHES_KEPT batches):
            then nothing is appended, and the reply carries that batch's first offset.

        Raises:
            ApiError: INVALID_PRODUCER_EPOCH (older than the newest seen), OUT_OF_ORDER_SEQUENCE_NUMBER (a gap, or a
                new epoch that does not begin at 0), INVALID_TXN_STATE (outside of the transaction it has open).
        """
        entry = self._producers.get(header.producer_id)
        if entry is None:  # expired, or deleted with its records: any sequence may follow (KIP-360)
            return None
        epoch, sequence = header.producer_epoch, header.base_sequence
        if epoch == entry.producer_epoch:
            last_sequence = header.last_sequence
            for batch in entry.batches:
                if batch.last_sequence == last_sequence and batch.first_sequence == sequence:
                    return batch
        _check_epoch(entry, epoch)
        expected = (entry.last_sequence + 1) & INT32_MAX if epoch == entry.producer_epoch else 0
        if sequence != expected and entry.producer_epoch != NO_PRODUCER_EPOCH:
            raise ApiError(
                ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"Producer {header.producer_id} epoch {epoch} sent sequence {sequence}, expected {expected}.",
            )
        _check_transaction(entry, header)
        return None

    def check_from_coordinator(self, header: BatchHeader, marker: EndTransactionMarker | None = None) -> None:
        """Whether a coordinator's batch may be appended: transactional offsets without sequences, or a marker.

        Raises:
            ApiError: INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE; TRANSACTION_COORDINATOR_FENCED (a newer
                coordinator has written a marker).
        """
        entry = self._producers.get(header.producer_id)
        if entry is None:
            return
        _check_epoch(entry, header.producer_epoch)
        if marker is None:
            _check_transaction(entry, header)
        elif marker.coordinator_epoch < entry.coordinator_epoch:
            raise ApiError(
                ErrorCode.TRANSACTION_COORDINATOR_FENCED,
                f"Coordinator epoch {marker.coordinator_epoch} is older than {entry.coordinator_epoch}.",
            )

    def update(self, header: BatchHeader, marker: EndTransactionMarker | None = None) -> AbortedTransaction | None:
        """The batch is in the log. Checks nothing: what stands in a log is true, also at recovery.

        marker: what a control batch says, None where it ends no transaction (see read_marker).

        Returns:
            The row for the aborted-transaction index, where the batch aborted a transaction with data.
        """
        if header.producer_id < 0:
            return None
        if header.is_control:
            return None if marker is None else self._end_transaction(header, marker)
        entry = self._entry(header)
        batches = entry.batches
        if len(batches) == BATCHES_KEPT:
            del batches[0]
        last_offset = header.base_offset + header.last_offset_delta
        timestamp_ms = header.max_timestamp
        batches.append(AppendedBatch(header.last_sequence, last_offset, header.last_offset_delta, timestamp_ms))
        entry.last_timestamp_ms = timestamp_ms
        if header.is_transactional and entry.current_txn_first_offset is None:
            entry.current_txn_first_offset = header.base_offset
            self._open_transactions[header.base_offset] = header.producer_id
        return None

    def _entry(self, header: BatchHeader) -> ProducerEntry:
        """The producer's entry, in the batch's epoch."""
        entry = self._producers.get(header.producer_id)
        if entry is None:
            entry = self._producers[header.producer_id] = ProducerEntry(header.producer_id)
        if entry.producer_epoch != header.producer_epoch:
            entry.batches.clear()
            entry.producer_epoch = header.producer_epoch
        return entry

    def _end_transaction(self, header: BatchHeader, marker: EndTransactionMarker) -> AbortedTransaction | None:
        entry = self._entry(header)
        entry.coordinator_epoch = marker.coordinator_epoch
        entry.last_timestamp_ms = header.max_timestamp
        first_offset, entry.current_txn_first_offset = entry.current_txn_first_offset, None
        if first_offset is None:
            return None
        del self._open_transactions[first_offset]
        if marker.committed:
            return None
        unstable = self.first_unstable_offset
        last_stable_offset = header.next_offset if unstable is None else unstable
        return AbortedTransaction(entry.producer_id, first_offset, header.base_offset, last_stable_offset)

    def expire(self, now_ms: int, expiration_ms: int) -> None:
        """Producers idle for expiration_ms (producer.id.expiration.ms) are forgotten, unless in a transaction."""
        newest_kept = now_ms - expiration_ms
        for entry in [*self._producers.values()]:
            if entry.current_txn_first_offset is None and entry.last_timestamp_ms <= newest_kept:
                del self._producers[entry.producer_id]

    def clear(self) -> None:
        """No producer is known: the log is empty, or a snapshot or a replay follows."""
        self._producers.clear()
        self._open_transactions.clear()

    def load(self, entries: Iterable[ProducerEntry]) -> None:
        """The producers are these and no others (a snapshot's)."""
        self.clear()
        self._producers.update((entry.producer_id, entry) for entry in entries)
        self._open_transactions.update(
            sorted(
                (entry.current_txn_first_offset, entry.producer_id)
                for entry in self._producers.values()
                if entry.current_txn_first_offset is not None
            )
        )


def read_marker(buffer: ReadableBuffer, header: BatchHeader, offset: int = 0) -> EndTransactionMarker | None:
    """What the batch at offset says to update(); None where it ends no transaction (data, KRaft's records, emptied).

    Raises:
        InvalidRecord, UndecodableBatch: the control record is malformed.
    """
    if not header.is_control or header.producer_id < 0 or header.records_count == 0:
        return None
    from kwire.protocol.records.control import ControlType, parse_control_type, parse_marker  # noqa: PLC0415 - rare
    from kwire.protocol.records.record import iter_records  # noqa: PLC0415 - most logs never see a marker

    record = next(iter_records(buffer, header, offset))
    if parse_control_type(record.key) not in {ControlType.COMMIT, ControlType.ABORT}:
        return None
    return parse_marker(record)


def _check_epoch(entry: ProducerEntry, epoch: int) -> None:
    if epoch < entry.producer_epoch:
        raise ApiError(
            ErrorCode.INVALID_PRODUCER_EPOCH,
            f"Producer {entry.producer_id} sent epoch {epoch}, older than {entry.producer_epoch}.",
        )


def _check_transaction(entry: ProducerEntry, header: BatchHeader) -> None:
    if entry.current_txn_first_offset is not None and not header.is_transactional:
        raise ApiError(
            ErrorCode.INVALID_TXN_STATE,
            f"Producer {entry.producer_id} has a transaction open and sent a batch outside of it.",
        )


def encode_snapshot(entries: Iterable[ProducerEntry]) -> bytes:
    """The entries in the form of a .snapshot file. Of each producer's batches, the newest is kept."""
    rows = bytearray()
    count = 0
    for entry in entries:
        newest = entry.batches[-1] if entry.batches else AppendedBatch(NO_SEQUENCE, -1, 0, NO_TIMESTAMP)
        rows += _SNAPSHOT_ENTRY.pack(
            entry.producer_id,
            entry.producer_epoch,
            newest.last_sequence,
            newest.last_offset,
            newest.offset_delta,
            entry.last_timestamp_ms,
            entry.coordinator_epoch,
            -1 if entry.current_txn_first_offset is None else entry.current_txn_first_offset,
        )
        count += 1
    crc = crc32c(count.to_bytes(4, "big") + rows)
    return _SNAPSHOT_HEADER.pack(SNAPSHOT_VERSION, crc, count) + rows


def decode_snapshot(data: bytes | bytearray | memoryview) -> list[ProducerEntry]:
    """The entries of a .snapshot file.

    Raises:
        CorruptSnapshot.
    """
    if len(data) < _SNAPSHOT_HEADER.size:
        raise CorruptSnapshot(f"{len(data)} bytes are too few")
    version, crc, count = _SNAPSHOT_HEADER.unpack_from(data)
    if version != SNAPSHOT_VERSION:
        raise CorruptSnapshot(f"version {version}, expected {SNAPSHOT_VERSION}")
    computed = crc32c(memoryview(data)[_SNAPSHOT_CRC_END:])
    if crc != computed:
        raise CorruptSnapshot(f"CRC {computed}, the file says {crc}")
    rows = memoryview(data)[_SNAPSHOT_HEADER.size :]
    if len(rows) != count * _SNAPSHOT_ENTRY.size:
        raise CorruptSnapshot(f"{count} entries announced, {len(rows)} bytes of them found")
    return [_entry_of(*row) for row in _SNAPSHOT_ENTRY.iter_unpack(rows)]


def _entry_of(
    producer_id: int,
    producer_epoch: int,
    last_sequence: int,
    last_offset: int,
    offset_delta: int,
    timestamp_ms: int,
    coordinator_epoch: int,
    first_offset: int,
) -> ProducerEntry:
    return ProducerEntry(
        producer_id,
        producer_epoch,
        coordinator_epoch,
        timestamp_ms,
        first_offset if first_offset >= 0 else None,
        [AppendedBatch(last_sequence, last_offset, offset_delta, timestamp_ms)] if last_offset >= 0 else [],
    )
