"""The operating system's files, counted and failing on demand (FaultyFiles), or with Windows' rules (StubbornFiles)."""

from __future__ import annotations

import errno
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Self

from kwire.files import OsFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kwire.files import File, Mode, Part, Space


class FaultyFiles(OsFiles):
    """Files that count operations and fail on demand.

    faults: errno by operation (open, append, pread, truncate, fsync, rename, remove, mkdir, space), for paths that
    contain only_path, or one of several. torn_bytes: how many bytes a failing append writes all the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self.faults: dict[str, int] = {}
        self.only_path: str | tuple[str, ...] = ""
        self.torn_bytes = 0
        self.calls: Counter[str] = Counter()
        self.bytes_read: Counter[str] = Counter()
        """By the suffix of the path."""

    def check(self, operation: str, path: str) -> None:
        """Count the operation, and raise its fault if it has one."""
        self.calls[operation] += 1
        number = self.faults.get(operation)
        only = (self.only_path,) if isinstance(self.only_path, str) else self.only_path
        if number is not None and any(part in path for part in only):
            raise OSError(number, os.strerror(number), path)

    def heal(self) -> None:
        """End all faults, and set the counts to 0."""
        self.faults.clear()
        self.calls.clear()
        self.bytes_read.clear()

    def fill_disk(self, torn_bytes: int = 0) -> None:
        """Let every write fail with ENOSPC."""
        self.faults.update(append=errno.ENOSPC, mkdir=errno.ENOSPC)
        self.torn_bytes = torn_bytes

    def open(self, path: str, mode: Mode) -> File:
        """See Files.open."""
        self.check("open", path)
        return FaultyFile(self, super().open(path, mode))

    def mkdir(self, path: str) -> None:
        """See Files.mkdir."""
        self.check("mkdir", path)
        super().mkdir(path)

    def rename(self, path: str, to_path: str) -> None:
        """See Files.rename."""
        self.check("rename", path)
        super().rename(path, to_path)

    def remove(self, path: str) -> None:
        """See Files.remove."""
        self.check("remove", path)
        super().remove(path)

    def sync(self, files: Sequence[str], directories: Sequence[str]) -> Mapping[str, OSError]:
        """See Files.sync."""
        failures = dict(super().sync(files, directories))
        for path in (*files, *directories):
            try:
                self.check("fsync", path)
            except OSError as error:
                failures[path] = error
        return failures

    def space(self, path: str) -> Space:
        """See Files.space."""
        self.check("space", path)
        return super().space(path)


class FaultyFile:
    """An open file of FaultyFiles."""

    def __init__(self, files: FaultyFiles, file: File) -> None:
        self.path = file.path
        self._files = files
        self._file = file

    def fileno(self) -> int:
        """See File.fileno."""
        return self._file.fileno()

    def retain(self) -> Self:
        """See File.retain."""
        self._file.retain()
        return self

    def close(self) -> None:
        """See File.close."""
        self._file.close()

    def size(self) -> int:
        """See File.size."""
        return self._file.size()

    def append(self, parts: Sequence[Part]) -> int:
        """See File.append; a failing one writes torn_bytes."""
        try:
            self._files.check("append", self.path)
        except OSError:
            self._file.append([b"".join(parts)[: self._files.torn_bytes]])
            raise
        return self._file.append(parts)

    def pread(self, size_bytes: int, position: int) -> bytes:
        """See File.pread."""
        self._files.check("pread", self.path)
        data = self._file.pread(size_bytes, position)
        self._files.bytes_read[self.path.rpartition(".")[2]] += len(data)
        return data

    def pread_cached(self, size_bytes: int, position: int) -> memoryview | None:
        """See File.pread_cached."""
        return self._file.pread_cached(size_bytes, position)

    def truncate(self, size_bytes: int) -> None:
        """See File.truncate."""
        self._files.check("truncate", self.path)
        self._file.truncate(size_bytes)

    def fsync(self) -> None:
        """See File.fsync."""
        self._files.check("fsync", self.path)
        self._file.fsync()


class StubbornFiles(OsFiles):
    """Files that cannot be removed or renamed while they are open, as on Windows; every fallback is used."""

    def __init__(self) -> None:
        super().__init__(vectored=False, positioned=False, nowait=False)
        self._opened: list[tuple[str, int]] = []

    def open(self, path: str, mode: Mode) -> File:
        """See Files.open."""
        file = super().open(path, mode)
        self._opened.append((path, file.fileno()))
        return file

    def _refuse_if_open(self, path: str) -> None:
        still_open = []
        for name, descriptor in self._opened:
            try:
                same = os.path.samestat(os.fstat(descriptor), Path(name).stat())
            except OSError:
                continue
            if same:
                still_open.append((name, descriptor))
        self._opened = still_open
        if any(name == path or name.startswith(path + "/") for name, _ in still_open):
            raise PermissionError(errno.EACCES, "the file is open", path)

    def rename(self, path: str, to_path: str) -> None:
        """See Files.rename."""
        self._refuse_if_open(path)
        self._refuse_if_open(to_path)
        super().rename(path, to_path)

    def remove(self, path: str) -> None:
        """See Files.remove."""
        self._refuse_if_open(path)
        super().remove(path)
