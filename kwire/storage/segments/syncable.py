"""SyncableSegments: what of a log has to be on the disk before its recovery point may move.

Whoever syncs one log does all of it at once (_sync). Whoever syncs many asks each of them what there is to do
(begin_sync), has the disk do it for all together, and tells them (end_sync).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kwire.storage.segments.checkpoints import PARTITION_METADATA
from kwire.storage.segments.cleanable import CleanableSegments

if TYPE_CHECKING:
    from kwire.storage.segments.history import Unsynced


@dataclass(slots=True)
class UnsyncedLog:
    """What has to be on the disk before a log's recovery point may be end_offset."""

    end_offset: int
    history: Unsynced
    since_ms: int | None
    """Since when something has been waiting for it."""
    names: bool
    """Whether the log's directory has new ones."""
    files: list[str] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)


class SyncableSegments(CleanableSegments):
    """How SegmentedLog comes to the disk."""

    exists: bool
    _directory_synced: bool
    _log_end_offset: int
    _recovery_point: int
    _unflushed_since_ms: int | None

    def due_to_sync(self, now_ms: int) -> int | None:
        """Up to where it should be on the disk by now: closed segments at once, the active one after flush.ms.

        None: nothing is due.
        """
        since_ms = self._unflushed_since_ms
        if self._closed or since_ms is None:
            return None
        if not 0 <= now_ms - since_ms < self.config.flush_ms:  # below 0: the clock was set back
            return self._log_end_offset
        active_base = self._segments[-1].base_offset
        return active_base if self._recovery_point < active_base else None

    def sync(self, end_offset: int) -> None:
        """What is below end_offset is on the disk, and the recovery point, but for its file, says so.

        May run beside appends, in a thread.

        Raises:
            StorageError.
        """
        with self._storage_errors("flush"):
            self._sync(end_offset)

    def _sync(self, end_offset: int) -> None:
        if self.exists and end_offset > self._recovery_point:
            self.history.store_epochs(durable=True)
        unsynced = self.begin_sync(end_offset)
        if unsynced is None:
            return
        try:
            self._home.env.files.sync(unsynced.files, unsynced.directories)
        except OSError:
            self.undo_sync(unsynced)
            raise
        self.end_sync(unsynced)

    def begin_sync(self, end_offset: int) -> UnsyncedLog | None:
        """What has to be on the disk before the recovery point may be end_offset, None: nothing.

        It counts as synced from here on, for what is written beside the work wants it anew. May run beside appends.

        Raises:
            OSError.
        """
        if not self.exists or end_offset <= self._recovery_point:
            return None
        segments = [*self._segments]
        history = self.history.begin_sync(segments)
        unsynced = UnsyncedLog(end_offset, history, self._unflushed_since_ms, not self._directory_synced)
        if end_offset >= self._log_end_offset:
            self._unflushed_since_ms = None
        if unsynced.names:
            self._directory_synced = True
        for segment in segments[self._segment_index(self._recovery_point) :]:
            if segment.base_offset < end_offset:
                unsynced.files += segment.paths_to_sync()
        unsynced.files += self.history.paths_to_sync(history)
        if history.epochs or unsynced.names:
            unsynced.directories.append(self.directory)
        if unsynced.names:  # so that the files are found after power loss, and known as this topic's
            unsynced.files.append(f"{self.directory}/{PARTITION_METADATA}")
            unsynced.directories.append(self.directory.rpartition("/")[0] or "/")
        return unsynced

    def undo_sync(self, unsynced: UnsyncedLog) -> None:
        """The disk does not have it: the recovery point is what it was."""
        self._unflushed_since_ms = unsynced.since_ms
        self._directory_synced = self._directory_synced and not unsynced.names
        self.history.undo_sync(unsynced.history)

    def end_sync(self, unsynced: UnsyncedLog) -> None:
        """The disk has it, and so the recovery point moves."""
        if not self._closed:  # it may be deleted by now
            self._recovery_point = unsynced.end_offset
            self._home.recovery_points.set((self.topic, self.partition), unsynced.end_offset)
