"""SyncableSegments: what of a log must be on disk before its recovery point may move.

To sync one log, call _sync. To sync many logs together, collect their paths with begin_sync, sync all paths at once,
and report the outcome to each log with end_sync.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kwire.storage.segments.checkpoints import PARTITION_METADATA
from kwire.storage.segments.cleanable import CleanableSegments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.storage.segments.derived_state import Unsynced
    from kwire.storage.segments.segment import Segment


@dataclass(slots=True)
class UnsyncedLog:
    """What must be on disk before a log's recovery point may move to recovery_point."""

    recovery_point: int
    active: Segment
    truncations: int
    derived_state: Unsynced
    since_ms: int | None
    """Since when unsynced records have been waiting."""
    names: int
    """The count of changes of names in the log's directory."""
    files: list[str] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)


class SyncableSegments(CleanableSegments):
    """How FileLog is synced.

    Its state changes only after the disk has confirmed, because two syncs may overlap: a thread's that syncs many logs,
    and an append's of its own log.
    """

    exists: bool
    _log_end_offset: int
    _names: int
    """How often names in the directory have changed."""
    _recovery_point: int
    _synced_names: int
    """How many of these changes are on the disk."""
    _unflushed_since_ms: int | None

    def due_to_sync(self, now_ms: int) -> int | None:
        """Return the offset up to which to sync now: closed segments at once, the active one after flush.ms.

        None: nothing is due.
        """
        since_ms = self._unflushed_since_ms
        if self._closed or since_ms is None:
            return None
        if not 0 <= now_ms - since_ms < self.config.flush_ms:  # below 0: the clock was set back
            return self._log_end_offset
        active_base = self._segments[-1].base_offset
        return active_base if self._recovery_point < active_base else None

    def _sync(self, end_offset: int, recovery_point: int | None = None) -> None:
        """Sync everything below end_offset, and move the recovery point in memory.

        recovery_point: where to move it, if not to end_offset. May run in a thread while records are appended.

        Raises:
            StorageError.
        """
        if self.exists and end_offset > self._recovery_point:
            with self._storage_errors("flush"):
                self.derived_state.store_epochs(durable=True)
        unsynced = self.begin_sync(end_offset)
        if unsynced is not None:
            if recovery_point is not None:
                unsynced.recovery_point = recovery_point
            self.end_sync(unsynced, self._data_directory.env.files.sync(unsynced.files, unsynced.directories))

    def begin_sync(self, end_offset: int) -> UnsyncedLog | None:
        """Collect what must be on disk before the recovery point may move to end_offset; None if nothing must.

        May run while records are appended.

        Raises:
            StorageError.
        """
        if not self.exists or end_offset <= self._recovery_point:
            return None
        names, truncations, segments = self._names, self._truncations, [*self._segments]
        with self._storage_errors("flush"):
            derived_state = self.derived_state.begin_sync(segments)
            files = [
                path
                for segment in segments[self._segment_index(self._recovery_point) :]
                if segment.base_offset < end_offset
                for path in segment.paths_to_sync()
            ]
        unsynced = UnsyncedLog(
            end_offset, segments[-1], truncations, derived_state, self._unflushed_since_ms, names, files
        )
        self._unflushed_since_ms = None
        if end_offset < self._log_end_offset:  # checked afterwards, so that no concurrent append is missed
            self._unflushed_since_ms = unsynced.since_ms
        unsynced.files += self.derived_state.paths_to_sync(derived_state)
        has_names = names > self._synced_names
        if derived_state.rows or derived_state.epochs is not None or has_names:  # one of the files may be new
            unsynced.directories.append(self.directory)
        if has_names:  # so that a start after power loss finds the files and their topic
            unsynced.files.append(f"{self.directory}/{PARTITION_METADATA}")
            unsynced.directories.append(self.directory.rpartition("/")[0] or "/")
        return unsynced

    def end_sync(self, unsynced: UnsyncedLog, failed: Mapping[str, OSError]) -> None:
        """Record the outcome of a sync: if every path is on disk, move the recovery point.

        Raises:
            StorageError: one of the paths failed.
        """
        for path in (*unsynced.files, *unsynced.directories):
            if path in failed:
                if unsynced.since_ms is not None:
                    self._unflushed_since_ms = unsynced.since_ms
                raise self._storage_error("flush", failed[path]) from failed[path]
        self._synced_names = max(self._synced_names, unsynced.names)
        self.derived_state.end_sync(unsynced.derived_state)
        # If the log was deleted or truncated meanwhile, other records are below that offset now, unsynced.
        if not self._closed and unsynced.truncations == self._truncations:
            recovery_point = unsynced.recovery_point
            if unsynced.active is not self._segments[-1]:  # it was closed meanwhile, and its indexes are unsynced
                recovery_point = min(recovery_point, unsynced.active.base_offset)
            self._recovery_point = max(self._recovery_point, recovery_point)
            self._data_directory.recovery_points.set((self.topic, self.partition), self._recovery_point)
