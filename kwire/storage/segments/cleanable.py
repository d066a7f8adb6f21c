"""CleanableSegments: what a log in segment files does for the cleaner, and what both halves of it need."""

from __future__ import annotations

from bisect import bisect_right
from contextlib import contextmanager, suppress
from operator import attrgetter
from typing import TYPE_CHECKING

from kwire.protocol.records.batch import CorruptBatch
from kwire.storage.port import StorageError
from kwire.storage.segments.cleaned import CleanedSegment, HalfReplaced
from kwire.storage.segments.scan import whole_batches
from kwire.storage.segments.segment import FILE_SUFFIXES, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kwire.files import File
    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.storage.aborted import AbortedTransactions
    from kwire.storage.config import LogConfig
    from kwire.storage.port import Replacement
    from kwire.storage.segments.data_directory import DataDirectory
    from kwire.storage.segments.derived_state import DerivedState

_base_offset = attrgetter("base_offset")


class CleanableSegments:
    """What FileLog does for the cleaner; see kwire.storage.port.SegmentedLog."""

    topic: str
    partition: int
    config: LogConfig
    directory: str
    derived_state: DerivedState
    aborted: AbortedTransactions
    _closed: bool
    _data_directory: DataDirectory
    _segments: list[Segment]
    _truncations: int
    """How often the log has been truncated: a closed segment may have been written again then."""

    @property
    def cleaned_offset(self) -> int | None:
        """See SegmentedLog.cleaned_offset."""
        return self._data_directory.cleaner_points.offsets.get((self.topic, self.partition))

    def mark_cleaned(self, offset: int) -> None:
        """cleaned_offset is this, in Kafka's checkpoint file too."""
        self._check_open()
        self._data_directory.cleaner_points.set((self.topic, self.partition), offset)
        with self._storage_errors("note what is cleaned of"):
            self._data_directory.cleaner_points.write(durable=True)

    @property
    def max_segment_bytes(self) -> int:
        """segment.bytes."""
        return self.config.segment_bytes

    def first_timestamp_ms(self, base_offset: int) -> int:
        """See SegmentedLog.first_timestamp_ms."""
        with self._storage_errors("read"):
            return self._closed_segments([base_offset])[0].first_timestamp()

    def segment_batches(self, base_offset: int) -> Iterator[tuple[BatchHeader, ReadableBuffer]]:
        """See SegmentedLog.segment_batches. CRCs are checked, and the offsets, which they do not cover."""
        segment = self._closed_segments([base_offset])[0]
        with self._storage_errors("read"):
            file = self._data_directory.env.files.open(segment.log_path, "read")
        following = self._segments[self._segment_index(base_offset) + 1]
        return self._read_batches(file, segment.size_bytes, segment.base_offset, following.base_offset)

    def _read_batches(
        self, file: File, size_bytes: int, base_offset: int, end_offset: int
    ) -> Iterator[tuple[BatchHeader, ReadableBuffer]]:
        try:
            for position, header, batch in whole_batches(file, 0, size_bytes):
                if header.base_offset < base_offset or header.next_offset > end_offset:
                    raise CorruptBatch(f"record batch at {position} has offset {header.base_offset}, another segment's")
                yield header, batch
        except OSError as error:
            raise self._storage_error("read", error) from error
        finally:
            file.close()

    def begin_replacement(self, base_offsets: Sequence[int]) -> CleanedSegment:
        """See SegmentedLog.begin_replacement."""
        replaced = self._closed_segments(base_offsets)
        files = self._data_directory.env.files
        with self._storage_errors("clean"):
            return CleanedSegment(self.directory, replaced, self._truncations, files, self.config.index_interval_bytes)

    def replace(self, replacement: Replacement) -> bool:
        """See SegmentedLog.replace."""
        self._check_open()
        assert isinstance(replacement, CleanedSegment)
        replaced = replacement.replaced
        start = self._segment_index(replacement.base_offset)
        stop = start + len(replaced)
        if self._segments[start:stop] != replaced or replacement.truncations != self._truncations:
            return False
        try:
            gone = replacement.take_over(self._data_directory.open_files.forget)
        except PermissionError:  # a reader has one open, on Windows
            return False
        except OSError as error:
            raise self._storage_error("clean", error) from error
        except HalfReplaced as error:
            self.abandon()  # opening it again finishes the work
            raise self._storage_error("clean", error) from error
        segment = self.new_segment(replacement.base_offset, replacement.size_bytes, replaced[-1].created_ms)
        self._segments[start:stop] = [segment]
        self.aborted.replace(segment.base_offset, self._segments[start + 1].base_offset, replacement.aborted)
        due_ms = self._data_directory.env.wall_ms() + self.config.file_delete_delay_ms
        for path in gone:
            self._data_directory.trash.forget(path)
            self._data_directory.trash.add(path, due_ms)
        with suppress(OSError):  # one that is left is dropped when the log is opened
            self.derived_state.drop_snapshots(each.base_offset for each in replaced[1:])
        return True

    def _closed_segments(self, base_offsets: Sequence[int]) -> list[Segment]:
        """The consecutive segments that begin there, none of them active."""
        self._check_open()
        start = self._segment_index(base_offsets[0])
        found = self._segments[start : start + len(base_offsets)]
        if [segment.base_offset for segment in found] != [*base_offsets] or found[-1] is self._segments[-1]:
            raise StorageError(f"{self.topic}-{self.partition} has no closed segments at {[*base_offsets]}")
        return found

    def _segment_index(self, offset: int) -> int:
        return max(0, bisect_right(self._segments, offset, key=_base_offset) - 1)

    def abandon(self) -> None:
        """All files are let go of, and nothing more is written."""
        self._closed = True
        for segment in self._segments:
            for suffix in FILE_SUFFIXES:
                self._data_directory.open_files.forget(segment.stem + suffix)

    # Errors

    def _check_open(self) -> None:
        if self._closed:
            self._raise_closed()

    def _raise_closed(self) -> None:
        raise StorageError(f"the log of {self.topic}-{self.partition} is closed")

    def _storage_error(self, what: str, error: Exception) -> StorageError:
        return StorageError(f"cannot {what} the log of {self.topic}-{self.partition}: {error}")

    @contextmanager
    def _storage_errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except (OSError, CorruptBatch) as error:
            raise self._storage_error(what, error) from error

    def new_segment(self, base_offset: int, size_bytes: int = 0, created_ms: int = 0) -> Segment:
        """A segment of this log, in memory only."""
        jitter_ms = min(self.config.segment_jitter_ms, self.config.segment_ms)
        return Segment(
            self.directory,
            base_offset,
            self._data_directory.open_files,
            index_interval_bytes=self.config.index_interval_bytes,
            size_bytes=size_bytes,
            created_ms=created_ms,
            jitter_ms=self._data_directory.env.random.randrange(jitter_ms) if jitter_ms > 0 else 0,
        )
