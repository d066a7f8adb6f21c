"""The metadata log: every decision about topics, partitions, brokers and configs, in Kafka's own record formats.

One decision is one batch, so that a torn one is cut as a whole when the log is recovered. Checkpoints in the form of
Kafka's snapshots keep a start short: they hold the image at an offset, and the log before it goes.

Source: KIP-631 (records and their framing), KIP-630 (snapshots).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kwire.broker import metadata_snapshot
from kwire.broker.metadata_records import METADATA_TOPIC, METADATA_TOPIC_ID, frame, unframe
from kwire.limits import METADATA_CHECKPOINT_RECORDS, METADATA_SEGMENT_BYTES
from kwire.protocol.errors import ProtocolError
from kwire.protocol.records.batch import CorruptBatch, read_header
from kwire.protocol.records.record import Record, encode_batch, iter_records
from kwire.storage.config import LogConfig
from kwire.storage.port import StorageError
from kwire.storage.replay import read_to_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kwire.broker.metadata import MetadataImage
    from kwire.env import Env
    from kwire.protocol.records.batch import BatchHeader
    from kwire.protocol.schema import Message
    from kwire.storage.port import Appended, LogStore

LEADER_EPOCH = 1
"""Nobody else ever writes this log."""

READ_BYTES = 1024 * 1024

_CONFIG = LogConfig(
    cleanup_policy=frozenset({"compact"}), retention_ms=-1, segment_bytes=METADATA_SEGMENT_BYTES, flush_messages=1
)
"""Never given up by time or size; only a checkpoint cuts it. A decision is on the disk before it counts, as in Kafka: a
topic's synced records must not outlive the topic, nor a record the leader epoch that it was written in."""

_log = logging.getLogger(__name__)


class MetadataLog:
    """The log `__cluster_metadata-0` of a store. Opening it is blocking."""

    def __init__(self, env: Env, store: LogStore) -> None:
        self._env = env
        self._directory = store.directory_of(METADATA_TOPIC, 0)
        self._partition_log = store.open(METADATA_TOPIC, METADATA_TOPIC_ID, 0, _CONFIG)
        self._checkpoint_records = 0
        self._records_since = 0

    @property
    def end_offset(self) -> int:
        """Offset of the next record."""
        return self._partition_log.log_end_offset

    def replay(self) -> Iterator[Message]:
        """Every record that still counts, oldest first: those of the newest checkpoint, then those of the log after it.

        Raises:
            StorageError: a checkpoint or the log cannot be read, or what lies between them is missing.
        """
        offset = self._partition_log.log_start_offset
        newest = metadata_snapshot.newest(self._env.files, self._directory) if self._directory else None
        if newest is not None:
            for message in metadata_snapshot.read(self._env.files, newest.path):
                self._checkpoint_records += 1
                yield message
        covered = newest.end_offset if newest is not None else 0
        if covered < offset:
            raise StorageError(
                f"the metadata log starts at offset {offset}, but the checkpoint before ends at {covered}"
            )
        for message in self._read(max(covered, offset)):
            self._records_since += 1
            yield message

    def append(self, records: Sequence[Message]) -> Appended:
        """One decision is the log's newest.

        Raises:
            StorageError: nothing of it was decided.
        """
        now_ms = self._env.wall_ms()
        batch = encode_batch([Record(0, now_ms, None, frame(record)) for record in records])
        appended = self._partition_log.append(batch, read_header(batch), LEADER_EPOCH, now_ms)
        self._records_since += len(records)
        return appended

    def flush(self) -> None:
        """All decisions are on the disk."""
        self._partition_log.flush()

    def checkpoint_if_due(self, image: MetadataImage) -> bool:
        """Cuts the log where it has become longer than an image of its outcome. Whether it was due. Blocking.

        An engine that keeps nothing over a restart needs no checkpoint, so there the log is only cut.

        Raises:
            StorageError.
        """
        if self._records_since < max(METADATA_CHECKPOINT_RECORDS, self._checkpoint_records):
            return False
        end_offset = self.end_offset
        if self._directory is not None:
            records = list(metadata_snapshot.records_of(image))
            files = self._env.files
            metadata_snapshot.write(files, self._directory, end_offset, LEADER_EPOCH, records, self._env.wall_ms())
            self._checkpoint_records = len(records)
        self._records_since = 0
        self._partition_log.advance_log_start(end_offset)
        if self._directory is not None:
            metadata_snapshot.remove_older(self._env.files, self._directory, end_offset)
        _log.info("metadata log cut at offset %d", end_offset)
        return True

    def _read(self, offset: int) -> Iterator[Message]:
        for data, position, header in read_to_end(self._partition_log, offset, READ_BYTES):
            yield from _decided(data, position, header, offset)


def _decided(data: bytes, position: int, header: BatchHeader, from_offset: int) -> Iterator[Message]:
    """The records of the batch at position, from that offset on."""
    if header.is_control:
        return
    try:
        for record in iter_records(data, header, position):
            if record.offset >= from_offset:
                yield unframe(record.value or b"")
    except (CorruptBatch, ProtocolError) as error:
        raise StorageError(f"cannot read the metadata log at offset {header.base_offset}: {error}") from error
