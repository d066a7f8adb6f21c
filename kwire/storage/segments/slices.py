"""What a read of a segment gives: a range of its file, and nothing of it in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.records.batch import CorruptBatch
from kwire.storage.port import FileRange, StorageError
from kwire.storage.segments.scan import headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.files import File


class FileSlice:
    """A range of one segment's file, held open until close()."""

    __slots__ = ("_file", "_range")

    def __init__(self, file: File, position: int, size_bytes: int) -> None:
        self._file: File | None = file.retain()
        self._range = FileRange(file, position, size_bytes)

    def __len__(self) -> int:
        return self._range.size_bytes

    def parts(self) -> Sequence[memoryview | FileRange]:
        """The range."""
        return (self._range,)

    def tobytes(self) -> bytes:
        """All bytes, read now; fewer where the log was truncated meanwhile.

        Raises:
            StorageError: the disk, or the slice is closed.
        """
        if self._file is None:
            raise StorageError("the slice is closed")
        try:
            return self._file.pread(self._range.size_bytes, self._range.position)
        except OSError as error:
            raise StorageError(f"cannot read {self._file.path}: {error}") from error

    def next_offset(self) -> int:
        """See LogSlice.next_offset. Reads headers only."""
        file = self._file
        if file is None:
            raise StorageError("the slice is closed")
        start = self._range.position
        end, end_offset = start + self._range.size_bytes, 0
        try:
            for position, header in headers(file, start, file.size()):
                batch_end = position + header.size_bytes
                if batch_end <= end:
                    end_offset = header.next_offset
                if batch_end >= end:
                    break
        except (OSError, CorruptBatch) as error:
            raise StorageError(f"cannot read {file.path}: {error}") from error
        return end_offset

    def close(self) -> None:
        """Lets go of the file."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


class EmptySlice:
    """No bytes."""

    __slots__ = ()

    def __len__(self) -> int:
        return 0

    def parts(self) -> Sequence[memoryview | FileRange]:
        """Nothing."""
        return ()

    def tobytes(self) -> bytes:
        """Nothing."""
        return b""

    def next_offset(self) -> int:
        """No batch."""
        return 0

    def close(self) -> None:
        """Nothing to let go of."""


EMPTY_SLICE = EmptySlice()
