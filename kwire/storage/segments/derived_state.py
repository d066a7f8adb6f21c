"""DerivedState: what a log knows beside its batches, and the files that keep it.

Producers (.snapshot files), aborted transactions (.txnindex files) and leader epochs (leader-epoch-checkpoint).
All of it can be made again from the batches, so a failed write of these files fails no append: it is made good at the
next chance.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from kwire.files import read_file, replace_file
from kwire.storage.aborted import AbortedTransactions, CorruptTransactionIndex, decode_rows, encode_rows
from kwire.storage.leader_epochs import CorruptEpochCheckpoint, LeaderEpochs, format_checkpoint, parse_checkpoint
from kwire.storage.producer_state import (
    CorruptSnapshot,
    ProducerState,
    decode_snapshot,
    encode_snapshot,
    read_marker,
)
from kwire.storage.segments.checkpoints import LEADER_EPOCHS
from kwire.storage.segments.segment import SNAPSHOT_SUFFIX, TXN_INDEX_SUFFIX, file_stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kwire.files import Files
    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.storage.segments.partition_directory import DirectoryContent
    from kwire.storage.segments.segment import Segment

OFFSET_MAX = 2**63 - 1

_log = logging.getLogger(__name__)


class ReplayFrom(NamedTuple):
    """From which offset on the batches must tell what the files do not."""

    producers: int
    epochs: int
    rows: int


class Unsynced(NamedTuple):
    """What is written but not synced: rows of the segments with these base offsets, and leader epochs.

    The values number the last changes, so that a change during a sync is not taken for synced.
    """

    rows: dict[int, int]
    epochs: int | None


class DerivedState:
    """Producers, aborted transactions and leader epochs of one log, in memory and in its directory.

    begin_sync() may run in a thread beside the other methods; the lock keeps their writes of one file apart.
    """

    __slots__ = (
        "_changes",
        "_directory",
        "_epochs_stored",
        "_files",
        "_lock",
        "_stale_rows",
        "_unsynced_epochs",
        "_unsynced_rows",
        "aborted",
        "leader_epochs",
        "producers",
        "snapshots",
    )

    def __init__(self, directory: str, files: Files) -> None:
        self._directory = directory
        self._files = files
        self.producers = ProducerState()
        self.aborted = AbortedTransactions()
        self.leader_epochs = LeaderEpochs()
        self.snapshots: list[int] = []
        self._lock = Lock()
        self._changes = 0
        self._epochs_stored = True
        self._stale_rows: set[int] = set()
        self._unsynced_epochs: int | None = None
        self._unsynced_rows: dict[int, int] = {}

    # While the log grows

    def batch_appended(self, header: BatchHeader, batch: ReadableBuffer, segment_base_offset: int) -> None:
        """The batch is the newest in the log."""
        epoch = header.partition_leader_epoch
        if epoch > self.leader_epochs.latest_epoch and self.leader_epochs.assign(epoch, header.base_offset):
            # The next begin_sync() stores it; until then a recovery finds it in the batch itself.
            self._epochs_changed()
        if header.producer_id < 0:
            return
        row = self.producers.update(header, read_marker(batch, header) if header.is_control else None)
        if row is not None:
            self.aborted.append(row)
            self._store_row(encode_rows([row]), segment_base_offset)

    def _epochs_changed(self) -> None:
        self._epochs_stored = False  # before _unsynced_epochs: a begin_sync() that sees the change must store it
        self._changes += 1
        self._unsynced_epochs = self._changes

    def _rows_changed(self, segment_base_offset: int) -> None:
        self._changes += 1
        self._unsynced_rows[segment_base_offset] = self._changes

    def _store_row(self, row: bytes, segment_base_offset: int) -> None:
        with self._lock:
            self._rows_changed(segment_base_offset)
            try:
                file = self._files.open(self._rows_path(segment_base_offset), "create")
                try:
                    file.append([row])
                finally:
                    file.close()
            except OSError:
                self._stale_rows.add(segment_base_offset)

    def _rows_path(self, segment_base_offset: int) -> str:
        return file_stem(self._directory, segment_base_offset) + TXN_INDEX_SUFFIX

    @property
    def _epochs_path(self) -> str:
        return f"{self._directory}/{LEADER_EPOCHS}"

    def store_epochs(self, *, durable: bool = False) -> None:
        """The leader epoch checkpoint is up to date.

        Raises:
            OSError.
        """
        with self._lock:
            unsynced = self._unsynced_epochs
            if self._epochs_stored and (unsynced is None or not durable):
                return
            self._epochs_stored = True
            try:
                replace_file(
                    self._files, self._epochs_path, format_checkpoint(self.leader_epochs).encode(), durable=durable
                )
            except OSError:
                self._epochs_stored = False
                raise
            if durable and self._unsynced_epochs == unsynced:
                self._unsynced_epochs = None

    def store_rows(self, segments: Sequence[Segment]) -> None:
        """The transaction indexes are up to date.

        Raises:
            OSError.
        """
        with self._lock:
            for segment, following in zip(segments, [*segments[1:], None], strict=True):
                if segment.base_offset in self._stale_rows:
                    self._rewrite_rows(segment.base_offset, following.base_offset if following else OFFSET_MAX)

    def _rewrite_rows(self, base_offset: int, end_offset: int) -> None:
        rows = self.aborted.in_range(base_offset, end_offset)
        if rows:
            replace_file(self._files, self._rows_path(base_offset), encode_rows(rows), durable=False)
        else:
            self._files.remove(self._rows_path(base_offset))
        self._rows_changed(base_offset)
        self._stale_rows.discard(base_offset)

    def store_snapshot(self, offset: int) -> None:
        """The producers as they are now are kept as the state at offset, the end of the log.

        Raises:
            OSError.
        """
        content = encode_snapshot(self.producers)
        replace_file(self._files, self._snapshot_path(offset), content, durable=False)
        if not self.snapshots or self.snapshots[-1] != offset:
            self.snapshots.append(offset)

    def _snapshot_path(self, offset: int) -> str:
        return file_stem(self._directory, offset) + SNAPSHOT_SUFFIX

    def begin_sync(self, segments: Sequence[Segment]) -> Unsynced:
        """Write to its files what the recovery point will vouch for; return what of them is not synced.

        Raises:
            OSError.
        """
        epochs = self._unsynced_epochs  # before the store: a later change may miss the file
        self.store_epochs()
        self.store_rows(segments)
        with self._lock:
            return Unsynced(self._unsynced_rows.copy(), epochs)

    def end_sync(self, synced: Unsynced) -> None:
        """Record that this is synced."""
        with self._lock:
            for base_offset, change in synced.rows.items():
                if self._unsynced_rows.get(base_offset) == change:
                    del self._unsynced_rows[base_offset]
            if self._unsynced_epochs == synced.epochs:
                self._unsynced_epochs = None

    def paths_to_sync(self, unsynced: Unsynced) -> list[str]:
        """List the files that hold it."""
        paths = [self._rows_path(base_offset) for base_offset in unsynced.rows]
        return paths if unsynced.epochs is None else [*paths, self._epochs_path]

    # When the log is cut

    def truncate_from_start(self, log_start_offset: int, first_base_offset: int) -> None:
        """Leader epochs begin at log_start_offset, aborted transactions in the first segment; sequences go on."""
        self.aborted.truncate_from_start(first_base_offset)
        if self.leader_epochs.truncate_from_start(log_start_offset):
            self._epochs_changed()

    def truncate_from_end(self, offset: int, segments: Sequence[Segment]) -> None:
        """Nothing of at or after offset is known. The producers must be replayed.

        Raises:
            OSError.
        """
        for row in self.aborted.in_range(offset, OFFSET_MAX):
            self._stale_rows.add(_segment_of(segments, row.last_offset))
        self.aborted.truncate_from_end(offset)
        self.store_rows(segments)
        if self.leader_epochs.truncate_from_end(offset):
            self._epochs_changed()
            self.store_epochs()
        self.drop_snapshots([at for at in self.snapshots if at > offset])

    def drop_snapshots(self, offsets: Iterable[int]) -> None:
        """These snapshots are gone.

        Raises:
            OSError.
        """
        for offset in [*offsets]:
            if offset in self.snapshots:
                self.snapshots.remove(offset)
            self._files.remove(self._snapshot_path(offset))

    # When the log is opened, or has been cut

    def load(self, content: DirectoryContent, trusted_end: int, log_end_offset: int) -> ReplayFrom:
        """What the files say up to trusted_end is known; where they are missing or damaged, batches must be replayed.

        Raises:
            OSError.
        """
        epochs_from = self._load_epochs(trusted_end, log_end_offset)
        rows_from = self._load_rows(content.txn_indexes, trusted_end)
        stray = [at for at in content.snapshots if at not in content.segments]
        self.snapshots = [at for at in content.snapshots if at in content.segments or at == stray[-1]]
        self.drop_snapshots(stray[:-1])
        self.drop_snapshots([at for at in self.snapshots if at > log_end_offset])
        return ReplayFrom(self.load_producers(min(trusted_end, rows_from)), epochs_from, rows_from)

    def _load_epochs(self, trusted_end: int, log_end_offset: int) -> int:
        try:
            text = read_file(self._files, self._epochs_path).decode()
            for entry in parse_checkpoint(text):
                self.leader_epochs.assign(entry.epoch, entry.start_offset)
        except (FileNotFoundError, UnicodeDecodeError, CorruptEpochCheckpoint) as error:
            if trusted_end:
                _log.warning("reading the leader epochs of %s from its batches: %s", self._directory, error)
            self._epochs_changed()
            return 0
        if self.leader_epochs.truncate_from_end(log_end_offset):
            self._epochs_changed()
        return trusted_end

    def _load_rows(self, segment_base_offsets: Sequence[int], trusted_end: int) -> int:
        rows_from = trusted_end
        for base_offset in segment_base_offsets:
            try:
                rows = decode_rows(read_file(self._files, self._rows_path(base_offset)))
            except CorruptTransactionIndex as error:
                _log.warning("reading the aborted transactions of %s from its batches: %s", self._directory, error)
                rows_from = min(rows_from, base_offset)
                rows = []
            known = [row for row in rows if row.last_offset < rows_from]
            if len(known) < len(rows) or not rows:
                self._stale_rows.add(base_offset)
            for row in known:
                self.aborted.append(row)
        return rows_from

    def load_producers(self, upto_offset: int) -> int:
        """The producers are those of the newest good snapshot up to that offset; returns its offset, 0 without one."""
        self.producers.clear()
        for offset in reversed(self.snapshots):
            if offset > upto_offset:
                continue
            try:
                self.producers.load(decode_snapshot(read_file(self._files, self._snapshot_path(offset))))
            except (FileNotFoundError, CorruptSnapshot) as error:
                _log.warning("ignoring %s: %s", self._snapshot_path(offset), error)
            else:
                return offset
        return 0

    def replay(self, batches: Iterable[tuple[Segment, int, BatchHeader]], start: ReplayFrom) -> None:
        """The batches (segment, position, header), in the log's order, have told what the files did not.

        Raises:
            OSError.
        """
        for segment, position, header in batches:
            epoch = header.partition_leader_epoch
            if header.base_offset >= start.epochs and epoch > self.leader_epochs.latest_epoch:
                self.leader_epochs.assign(epoch, header.base_offset)
                self._epochs_changed()
            if header.producer_id < 0 or header.base_offset < start.producers:
                continue
            marker = None
            if header.is_control:
                marker = read_marker(segment.file().pread(header.size_bytes, position), header)
            row = self.producers.update(header, marker)
            if row is not None and row.last_offset >= start.rows:
                self.aborted.append(row)
                self._stale_rows.add(segment.base_offset)


def _segment_of(segments: Sequence[Segment], offset: int) -> int:
    """Base offset of the segment that contains offset."""
    return segments[bisect_right(segments, offset, key=attrgetter("base_offset")) - 1].base_offset
