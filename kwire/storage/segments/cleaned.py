"""Cleaned segments: what the cleaner writes beside a log, and how it takes the place of what it was made from.

A crash leaves the old segments or the new one. The files are written as .cleaned; when they are complete they are
renamed to .swap, the .log last, and from there on the new segment counts: the old files are set aside as .deleted, the
.swap suffix is dropped. What was interrupted is undone or finished by partition_directory.py when the log is opened.
Source: the file names and their order are Apache Kafka's, so that it too can open what a crash left.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from kwire.protocol.records.batch import NO_TIMESTAMP
from kwire.storage.aborted import encode_rows
from kwire.storage.port import StorageError
from kwire.storage.segments.indexes import OffsetIndex, TimeIndex
from kwire.storage.segments.open_files import OpenFiles
from kwire.storage.segments.partition_directory import CLEANED_SUFFIX, SWAP_SUFFIX
from kwire.storage.segments.segment import (
    DELETED_SUFFIX,
    FILE_SUFFIXES,
    INDEX_SUFFIX,
    LOG_SUFFIX,
    TIME_INDEX_SUFFIX,
    TXN_INDEX_SUFFIX,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kwire.files import File, Files
    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.storage.aborted import AbortedTransaction
    from kwire.storage.segments.segment import Segment

RENAMED_LAST = (INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX, LOG_SUFFIX)
"""A cleaned segment counts once its .log is named .swap, with all else in place."""

WRITE_BYTES = 262_144
"""Cleaned batches wait in memory until they are so many."""


class HalfReplaced(Exception):  # noqa: N818 - a state of the directory, which opening it again resolves
    """Segments are neither replaced nor back: the disk fails."""


class CleanedSegment:
    """A closed segment in the making; see kwire.storage.port.Replacement.

    truncations: how often the log had been truncated when this was begun.
    """

    def __init__(
        self, directory: str, replaced: list[Segment], truncations: int, files: Files, index_interval_bytes: int
    ) -> None:
        self.replaced = replaced
        self.truncations = truncations
        self.base_offset = replaced[0].base_offset
        self.size_bytes = 0
        self.aborted: Sequence[AbortedTransaction] = ()
        self._directory = directory
        self._stem = replaced[0].stem
        self._tail_stem = replaced[-1].stem
        """Where nothing is left of the last segment, an empty file of its name says that it is replaced too."""
        self._files = files
        self._index_files = OpenFiles(files)
        self._index_interval_bytes = index_interval_bytes
        self._index_paths = [self._stem + suffix + CLEANED_SUFFIX for suffix in (INDEX_SUFFIX, TIME_INDEX_SUFFIX)]
        self._index = OffsetIndex(self._index_paths[0], self.base_offset, self._index_files)
        self._time_index = TimeIndex(self._index_paths[1], self.base_offset, self._index_files)
        for path in self._index_paths:
            files.remove(path)  # an earlier attempt's
        self._file: File | None = None
        self._pending: list[ReadableBuffer] = []
        self._pending_bytes = 0
        self._next_offset = self.base_offset
        self._newest = NO_TIMESTAMP, self.base_offset
        self._since_index_entry = 0

    def append(self, batch: ReadableBuffer, header: BatchHeader) -> None:
        """The batch is the newest.

        Raises:
            StorageError.
        """
        if header.max_timestamp > self._newest[0]:
            self._newest = header.max_timestamp, header.last_offset
        if self._since_index_entry > self._index_interval_bytes:
            self._index.add(header.last_offset, self.size_bytes)
            self._time_index.add(*self._newest)
            self._since_index_entry = 0
        self._since_index_entry += header.size_bytes
        self.size_bytes += header.size_bytes
        self._next_offset = header.next_offset
        self._pending.append(batch)
        self._pending_bytes += header.size_bytes
        if self._pending_bytes >= WRITE_BYTES:
            try:
                self._write_pending()
            except OSError as error:
                raise self._error(error) from error

    def _write_pending(self) -> None:
        if self._file is None:
            self._file = self._create(LOG_SUFFIX)
        if self._pending:
            self._file.append([b"".join(self._pending)])
            self._pending, self._pending_bytes = [], 0

    def _create(self, suffix: str, stem: str | None = None) -> File:
        """The file, empty whatever an earlier attempt left."""
        path = (stem or self._stem) + suffix + CLEANED_SUFFIX
        self._files.remove(path)
        return self._files.open(path, "create")

    def finish(self, aborted: Sequence[AbortedTransaction]) -> None:
        """It is complete and on the disk.

        Raises:
            StorageError.
        """
        self.aborted = aborted
        try:
            self._write_pending()
            if self._file is not None:
                self._file.fsync()
            self._time_index.add(*self._newest)
            self._index.store()
            self._time_index.store()
            for path in self._index_paths:
                self._sync(path)
            if aborted:
                self._write_rows(encode_rows(aborted))
            if self._has_tail:
                self._create(LOG_SUFFIX, self._tail_stem).close()
        except OSError as error:
            raise self._error(error) from error
        finally:
            self._close()

    @property
    def _has_tail(self) -> bool:
        return len(self.replaced) > 1 and self._next_offset <= self.replaced[-1].base_offset

    def _write_rows(self, rows: bytes) -> None:
        file = self._create(TXN_INDEX_SUFFIX)
        try:
            file.append([rows])
            file.fsync()
        finally:
            file.close()

    def _sync(self, path: str) -> None:
        file = self._files.open(path, "append")
        try:
            file.fsync()
        finally:
            file.close()

    def _close(self) -> None:
        self._index_files.close()
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _error(self, error: OSError) -> StorageError:
        return StorageError(f"cannot clean {self._stem}{LOG_SUFFIX}: {error}")

    def abandon(self) -> None:
        """Its files are gone, or will be when the log is opened the next time."""
        self._close()
        for stem in {self._stem, self._tail_stem}:
            for suffix in FILE_SUFFIXES:
                with contextlib.suppress(OSError):
                    self._files.remove(stem + suffix + CLEANED_SUFFIX)

    # Taking over

    def take_over(self, forget: Callable[[str], None]) -> list[str]:
        """Its files have the names of the segment's, and those of the replaced ones are named .deleted.

        forget: called with each path before it is renamed, so that nobody here has it open.

        Returns:
            The .deleted files.

        Raises:
            OSError: nothing has changed.
            HalfReplaced: the disk could not undo what it had begun.
        """
        done: list[tuple[str, str]] = []
        try:
            self._rename_all(done, forget)
        except OSError:
            try:
                for path, renamed in reversed(done):
                    self._files.rename(renamed, path)
            except OSError as error:
                raise HalfReplaced(f"{self._stem}: {error}") from error
            raise
        return [renamed for _, renamed in done if renamed.endswith(DELETED_SUFFIX)]

    def _rename_all(self, done: list[tuple[str, str]], forget: Callable[[str], None]) -> None:
        """done: what has been renamed, for who must undo it."""
        tail_swap = self._tail_stem + LOG_SUFFIX + SWAP_SUFFIX
        if self._has_tail:
            self._rename(self._tail_stem + LOG_SUFFIX + CLEANED_SUFFIX, tail_swap, done)
        paths = [self._stem + suffix for suffix in RENAMED_LAST if suffix != TXN_INDEX_SUFFIX or self.aborted]
        for path in paths:
            self._rename(path + CLEANED_SUFFIX, path + SWAP_SUFFIX, done)
        for segment in self.replaced:
            for suffix in FILE_SUFFIXES:
                path = segment.stem + suffix
                forget(path)
                if self._files.exists(path):
                    self._rename(path, path + DELETED_SUFFIX, done)
        for path in reversed(paths):  # after a crash, a .log.swap would replace what has its final name already
            self._rename(path + SWAP_SUFFIX, path, done)
        self._files.fsync_directory(self._directory)
        if self._has_tail:
            self._files.remove(tail_swap)

    def _rename(self, path: str, to_path: str, done: list[tuple[str, str]]) -> None:
        self._files.rename(path, to_path)
        done.append((path, to_path))
