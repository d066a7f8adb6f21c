"""What a read of a segment gives: a range of its file, and nothing of it in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.storage.port import FileRange, StorageError

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

    def close(self) -> None:
        """Nothing to let go of."""


EMPTY_SLICE = EmptySlice()
