"""SegmentStore: all partition logs of a data directory, in the layout of Apache Kafka."""

from __future__ import annotations

import logging
import os.path
from contextlib import suppress
from typing import TYPE_CHECKING

from kwire.files import replace_file
from kwire.storage.port import StorageError, StoredLog
from kwire.storage.segments import checkpoints
from kwire.storage.segments.checkpoints import OffsetCheckpoint
from kwire.storage.segments.data_directory import DataDirectory
from kwire.storage.segments.loading import load
from kwire.storage.segments.log import FileLog
from kwire.storage.segments.open_files import OpenFiles
from kwire.storage.segments.partition_directory import (
    DIRECTORY_DELETED_SUFFIX,
    DIRECTORY_STRAY_SUFFIX,
    parse_directory_name,
    retired_name,
)
from kwire.storage.segments.segment import LOG_SUFFIX
from kwire.storage.segments.trash import Trash, remove_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.env import Env
    from kwire.files import Lock, Space
    from kwire.storage.config import LogConfig
    from kwire.storage.port import SegmentedLog
    from kwire.storage.segments.syncable import UnsyncedLog

CHECKPOINT_INTERVAL_MS = 60_000
"""Kafka's log.flush.offset.checkpoint.interval.ms."""

LOST_AND_FOUND = "lost+found"
"""What a new file system has in its root."""

_log = logging.getLogger(__name__)


class SegmentStore:
    """All partition logs of a data directory; see kwire.storage.port.LogStore.

    cluster_id and node_id are written to a new directory's meta.properties; after start(), cluster_id is what it says.
    """

    def __init__(self, directory: str, env: Env, *, cluster_id: str | None = None, node_id: int = 0) -> None:
        self.directory = directory.rstrip("/") or "/"
        self.cluster_id = cluster_id
        self.node_id = node_id
        self._env = env
        self._logs: dict[tuple[str, int], FileLog] = {}
        self._data_directory = DataDirectory(
            env,
            OpenFiles(env.files),
            Trash(env.files),
            OffsetCheckpoint(env.files, self._path(checkpoints.RECOVERY_POINTS)),
            OffsetCheckpoint(env.files, self._path(checkpoints.LOG_START_OFFSETS)),
            OffsetCheckpoint(env.files, self._path(checkpoints.CLEANER_OFFSETS)),
        )
        env.files.spare = self._data_directory.open_files.spare
        self._lock: Lock | None = None
        self._was_clean = False
        self._checkpointed_ms = 0
        self._progress = ""

    def _path(self, name: str) -> str:
        return f"{self.directory}/{name}"

    # The directory

    def start(self) -> None:
        """The directory is there, ours alone, and known to be cleanly closed or not."""
        files = self._env.files
        try:
            self._make_directory()
            self._check_kind()
            self._take_lock()
            self._read_properties()
            self._data_directory.recovery_points.read()
            self._data_directory.log_starts.read()
            self._data_directory.cleaner_points.read()
            self._was_clean = files.exists(self._path(checkpoints.CLEAN_SHUTDOWN))
            if self._was_clean:
                files.remove(self._path(checkpoints.CLEAN_SHUTDOWN))
                files.fsync_directory(self.directory)  # a marker that power loss brings back would vouch for torn logs
            for name in files.listdir(self.directory):
                if name.endswith(DIRECTORY_DELETED_SUFFIX):
                    self._data_directory.trash.add(self._path(name), 0)
        except OSError as error:
            self._release()
            raise StorageError(f"cannot use the data directory {self.directory}: {error.strerror or error}") from error
        except StorageError:
            self._release()
            raise

    def _check_kind(self) -> None:
        """The directory is empty or a broker's: what somebody keeps elsewhere is not to be mixed with logs."""
        names = set(self._env.files.listdir(self.directory)) - {LOST_AND_FOUND}
        known = {checkpoints.META_PROPERTIES, checkpoints.LOCK}
        if names and not names & known and not any(map(self._has_partition, names)):
            raise StorageError(f"the directory {self.directory} has other files in it, but no data of a broker")

    def _has_partition(self, name: str) -> bool:
        """Whether that is a partition's directory, and not one of another program with such a name, as `polkit-1`."""
        if parse_directory_name(name) is None:
            return False
        try:
            return any(inside.endswith(LOG_SUFFIX) for inside in self._env.files.listdir(self._path(name)))
        except NotADirectoryError:
            return False

    def _make_directory(self) -> None:
        """The data directory is there, and its name is on the disk: else what is synced below it could vanish."""
        files, missing = self._env.files, []
        parent, _, name = self.directory.rpartition("/")
        while name and not files.exists(f"{parent}/{name}"):
            missing.append(parent)
            parent, _, name = parent.rpartition("/")
        files.mkdir(self.directory)
        for made_in in missing:
            files.fsync_directory(made_in or ("/" if self.directory.startswith("/") else "."))

    def _take_lock(self) -> None:
        self._lock = self._env.files.lock(self._path(checkpoints.LOCK))
        if self._lock is None:
            raise StorageError(f"the data directory {self.directory} is in use by another broker")

    def _read_properties(self) -> None:
        path = self._path(checkpoints.META_PROPERTIES)
        properties = checkpoints.read_meta_properties(self._env.files, path)
        if properties is None:
            self.cluster_id = self.cluster_id or checkpoints.format_uuid(self._env.new_uuid())
            content = checkpoints.format_meta_properties(
                cluster_id=self.cluster_id, node_id=self.node_id, directory_id=self._env.new_uuid()
            )
            replace_file(self._env.files, path, content.encode())
            return
        stored = properties["cluster.id"]
        if self.cluster_id not in {None, stored}:
            raise StorageError(f"{self.directory} belongs to the cluster {stored}, not to {self.cluster_id}")
        self.cluster_id = stored

    def _release(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    @property
    def location(self) -> str:
        """The data directory's absolute path."""
        return os.path.abspath(self.directory)  # noqa: PTH100 - pathlib would be loaded for nothing

    @property
    def was_clean(self) -> bool:
        """Whether the last run closed the store: else every stored log should be opened, and so recovered, at once."""
        return self._was_clean

    # Logs

    def list(self) -> Sequence[StoredLog]:
        """What is stored, opened or not."""
        files = self._env.files
        try:
            found = [(name, parse_directory_name(name)) for name in files.listdir(self.directory)]
            return [
                StoredLog(parsed[0], checkpoints.read_topic_id(files, self._path(name)), parsed[1])
                for name, parsed in found
                if parsed is not None
            ]
        except OSError as error:
            raise StorageError(f"cannot list {self.directory}: {error}") from error

    def stored(self, topic: str) -> Sequence[int]:
        """See LogStore.stored. Reads the names in the directory, and no file."""
        try:
            found = [parse_directory_name(name) for name in self._env.files.listdir(self.directory)]
        except OSError as error:
            raise StorageError(f"cannot list {self.directory}: {error}") from error
        return [parsed[1] for parsed in found if parsed is not None and parsed[0] == topic]

    def open(self, topic: str, topic_id: bytes, partition: int, config: LogConfig) -> FileLog:
        """The partition's log; nothing is written for one that is not there."""
        key = topic, partition
        former = self._logs.get(key)
        if former is not None and not former.is_closed:
            return former
        if self._lock is None:
            raise StorageError(f"the data directory {self.directory} is not open")
        directory = self._path(f"{topic}-{partition}")
        log = FileLog(topic, topic_id, partition, config, directory, self._data_directory)
        if self._holds(directory, topic, topic_id, partition):
            load(log, self._data_directory, clean=self._was_clean if former is None else former.was_stored)
        else:
            self._data_directory.recovery_points.set(key, None)
            self._data_directory.log_starts.set(key, None)
            self._data_directory.cleaner_points.set(key, None)
        self._logs[key] = log
        return log

    def directory_of(self, topic: str, partition: int) -> str | None:
        """Where the log's files are, once it has any."""
        return self._path(f"{topic}-{partition}")

    def _holds(self, directory: str, topic: str, topic_id: bytes, partition: int) -> bool:
        """Whether the directory is this topic's; that of an earlier topic of the same name is set aside."""
        files = self._env.files
        try:
            self._finish_deletion(directory)
            if not files.exists(directory):
                return False
            stored_id = checkpoints.read_topic_id(files, directory)
            if stored_id == checkpoints.NO_TOPIC_ID != topic_id:  # of an old Kafka, or a crash came first
                with suppress(OSError):  # else at the next opening
                    checkpoints.write_topic_id(files, directory, topic_id)
                return True
            if topic_id in {stored_id, checkpoints.NO_TOPIC_ID}:
                return True
            stray = retired_name(topic, partition, self._env.new_uuid(), DIRECTORY_STRAY_SUFFIX)
            _log.warning("%s is of another topic of that name; it is now %s", directory, stray)
            files.rename(directory, self._path(stray))
        except OSError as error:
            raise StorageError(f"cannot open {directory}: {error}") from error
        return False

    def _finish_deletion(self, directory: str) -> None:
        """A deleted log that could not be renamed (Windows) no longer has the directory's name."""
        if self._data_directory.trash.forget(directory):
            try:
                remove_tree(self._env.files, directory)
            except OSError:
                self._data_directory.trash.add(directory, 0)
                raise

    def delete(self, log: SegmentedLog) -> None:
        """The log is closed, and its directory leaves the disk after file.delete.delay.ms."""
        key = log.topic, log.partition
        mine = self._logs.get(key)
        if mine is None or mine is not log:
            return
        del self._logs[key]
        mine.abandon()
        if not mine.exists:
            return
        files = self._env.files
        due_ms = self._env.wall_ms() + mine.config.file_delete_delay_ms
        retired = self._path(retired_name(log.topic, log.partition, self._env.new_uuid(), DIRECTORY_DELETED_SUFFIX))
        try:
            try:
                files.rename(mine.directory, retired)
            except PermissionError:  # a file is open, on Windows: all is removed in place when it no longer is
                retired, due_ms = mine.directory, 0
            self._data_directory.trash.add(retired, due_ms)
            self._data_directory.recovery_points.set(key, None)
            self._data_directory.log_starts.set(key, None)
            self._data_directory.cleaner_points.set(key, None)
            self._data_directory.log_starts.write(durable=False)
            self._data_directory.cleaner_points.write(durable=False)
        except OSError as error:
            raise StorageError(f"cannot delete {mine.directory}: {error}") from error

    # Background and end

    def spare_descriptors(self) -> bool:
        """Close files that can be reopened."""
        return self._data_directory.open_files.spare()

    def space(self) -> Space:
        """The room of the data directory's file system."""
        try:
            return self._env.files.space(self.directory)
        except OSError as error:
            raise StorageError(f"cannot tell the room in {self.directory}: {error.strerror or error}") from error

    def housekeep(self, now_ms: int) -> None:
        """Closed segments and flush.ms, recovery points, files whose delete delay has passed.

        May run in a worker thread beside the logs' other methods: an fsync takes as long as the disk likes.
        """
        due = ((log, log.due_to_sync(now_ms)) for log in [*self._logs.values()])
        failures = self._sync([(log, end_offset) for log, end_offset in due if end_offset is not None])
        if not 0 <= now_ms - self._checkpointed_ms < CHECKPOINT_INTERVAL_MS:  # below 0: the clock was set back
            self._checkpointed_ms = now_ms
            try:
                self._data_directory.recovery_points.write(durable=True)
                self._data_directory.log_starts.write(durable=True)
                self._data_directory.cleaner_points.write(durable=True)
            except OSError as error:
                raise StorageError(f"cannot write the checkpoints of {self.directory}: {error}") from error
        self._data_directory.trash.remove_due(now_ms)
        if failures:
            raise failures[0]

    def _sync(self, wanted: Sequence[tuple[FileLog, int]]) -> Sequence[StorageError]:
        """Sync these logs up to these offsets, all at once; return the failures, which are not retried."""
        begun: list[tuple[FileLog, UnsyncedLog]] = []
        failures: list[StorageError] = []
        for log, end_offset in wanted:
            try:
                unsynced = log.begin_sync(end_offset)
            except StorageError as error:
                failures.append(error)
            else:
                if unsynced is not None:
                    begun.append((log, unsynced))
        files = [path for _, unsynced in begun for path in unsynced.files]
        directories = dict.fromkeys(path for _, unsynced in begun for path in unsynced.directories)
        failed = self._env.files.sync(files, [*directories])
        for log, unsynced in begun:
            try:
                log.end_sync(unsynced, failed)
            except StorageError as error:
                failures.append(error)
        return failures

    def progress(self) -> str:
        """Describe how far close() has come."""
        return self._progress

    def close(self) -> None:
        """Every log is closed, and the directory is marked as cleanly closed if all of them could be."""
        if self._lock is None:
            return
        has_given_up = any(log.exists and log.is_closed and not log.was_stored for log in self._logs.values())
        try:
            failures = self._close_logs()
            if failures:
                raise failures[0]
            # No clean stop if a log has still to be recovered: one that was not opened since an unclean stop,
            # or one that was given up because its disk failed.
            is_known = self._was_clean or all((log.topic, log.partition) in self._logs for log in self.list())
            if is_known and not has_given_up:
                self._data_directory.recovery_points.write(durable=True)
                self._data_directory.log_starts.write(durable=True)
                self._data_directory.cleaner_points.write(durable=True)
                checkpoints.write_clean_shutdown(self._env.files, self._path(checkpoints.CLEAN_SHUTDOWN))
        except OSError as error:
            raise StorageError(f"cannot close {self.directory}: {error}") from error
        finally:
            for log in self._logs.values():
                log.abandon()
            self._data_directory.open_files.close()
            self._release()

    def _close_logs(self) -> Sequence[StorageError]:
        """Complete and sync the files of all logs; return the failures."""
        failures = []
        stored = []
        logs = [log for log in self._logs.values() if log.exists and not log.is_closed]
        for done, log in enumerate(logs):
            self._progress = f"{done} of {len(logs)} are written"
            try:
                log.store_everything()
            except StorageError as error:
                failures.append(error)
            else:
                stored.append((log, log.log_end_offset))
        self._data_directory.open_files.close()
        self._progress = f"all {len(logs)} are written, and the disk is waited for"
        return [*failures, *self._sync(stored)]
