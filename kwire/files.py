"""Files: the only door to the file system.

Everything above this leaf reads and writes through a Files, so that a test can tear, lose and fail writes. Each feature
that an operating system may lack (macOS, Windows) has a fallback here, and a test can force it. Errors of a disk are
OSError, as the system calls raise them.
"""
# Paths are strings: this is the hot path, and pathlib would be loaded for nothing.
# ruff: noqa: PTH102, PTH103, PTH105, PTH106, PTH107, PTH110, PTH112, PTH116, PTH120, PTH208

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, Self

from kwire.descriptors import SHORTAGE

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NO_DESCRIPTOR = -1

_BINARY = getattr(os, "O_BINARY", 0)  # Windows translates line ends unless told not to
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_FLAGS = {
    "read": os.O_RDONLY | _BINARY | _CLOEXEC,
    "append": os.O_RDWR | os.O_APPEND | _BINARY | _CLOEXEC,
    "create": os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY | _CLOEXEC,
}
_MAX_PARTS = 512  # below IOV_MAX of every system
_NOT_SUPPORTED = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})
_WOULD_READ_DISK = frozenset({errno.EAGAIN, errno.EWOULDBLOCK})

Part = bytes | bytearray | memoryview
Mode = Literal["read", "append", "create"]
"""read and append: the file must exist. create: make it if it is missing. All but read write at the end of the file."""


class File(Protocol):
    """An open file, shared by reference counting: the last holder's close() closes it.

    A removed file stays readable until then. Call retain() and close() from one thread, pread from any.
    """

    path: str

    def fileno(self) -> int:
        """Return the descriptor (for sendfile), or NO_DESCRIPTOR if there is none: then use pread."""
        ...

    def retain(self) -> Self:
        """Add a holder, who must call close() once more."""
        ...

    def close(self) -> None:
        """Remove a holder."""
        ...

    def size(self) -> int:
        """Return the file's current size in bytes."""
        ...

    def append(self, parts: Sequence[Part]) -> int:
        """Append all parts in order; return their bytes.

        Raises:
            OSError: any prefix of the bytes may have been written; remove it with truncate().
        """
        ...

    def pread(self, size_bytes: int, position: int) -> bytes:
        """Return bytes from position on, fewer than size_bytes only at the end of the file."""
        ...

    def pread_cached(self, size_bytes: int, position: int) -> memoryview | None:
        """As pread, but return None if the bytes may not be in the page cache, so that the disk would block."""
        ...

    def truncate(self, size_bytes: int) -> None:
        """Cut the file to size_bytes."""
        ...

    def fsync(self) -> None:
        """Flush the file to disk."""
        ...


class Space(NamedTuple):
    """Room for files or records: in total, and what is left for this process."""

    total_bytes: int
    usable_bytes: int


class Lock(Protocol):
    """A lock file that this process holds."""

    def release(self) -> None:
        """Release the lock. A second call does nothing."""
        ...


class Files(Protocol):
    """The file system, as far as kwire needs it. Paths are strings.

    spare: called, in any thread, when no descriptor is left; closes some and returns whether it did.
    """

    spare: Callable[[], bool]

    def open(self, path: str, mode: Mode) -> File:
        """Open the file.

        Raises:
            FileNotFoundError: it is missing, and mode is not create.
        """
        ...

    def exists(self, path: str) -> bool:
        """Whether the file or directory exists."""
        ...

    def size(self, path: str) -> int:
        """Return a file's size in bytes; it need not be open."""
        ...

    def modified_ms(self, path: str) -> int:
        """Return when the file was last written, in ms since the Unix epoch."""
        ...

    def listdir(self, path: str) -> list[str]:
        """List the names in a directory, sorted."""
        ...

    def mkdir(self, path: str) -> None:
        """Make the directory and its parents, if missing."""
        ...

    def rename(self, path: str, to_path: str) -> None:
        """Rename the file or directory; replace a file of the new name in one step.

        Raises:
            OSError: also if the system does not rename open files (Windows): try again later.
        """
        ...

    def remove(self, path: str) -> None:
        """Remove the file or empty directory, if it exists.

        Raises:
            OSError: also if the system does not remove open files (Windows): try again later.
        """
        ...

    def fsync_directory(self, path: str) -> None:
        """Flush creations, renames and removals in the directory to disk, if the system can."""
        ...

    def sync(self, files: Sequence[str], directories: Sequence[str]) -> Mapping[str, OSError]:
        """Flush these files' contents and these directories' names to disk; skip paths that do not exist.

        Many at once take hardly longer than a few.

        Returns:
            The failures, by path. A second attempt may report success though data is still missing.
        """
        ...

    def space(self, path: str) -> Space:
        """Return the room of the directory's file system."""
        ...

    def lock(self, path: str) -> Lock | None:
        """Take the lock of that file, and create it if missing; None if another process or object holds it."""
        ...


class OsFile:
    """A file of the operating system, written by writev and read by pread where the system has them."""

    __slots__ = ("_descriptor", "_holders", "_nowait", "_seek_lock", "_vectored", "path")

    def __init__(self, path: str, descriptor: int, *, vectored: bool, positioned: bool, nowait: bool) -> None:
        self.path = path
        self._descriptor = descriptor
        self._holders = 1
        self._vectored = vectored
        self._seek_lock = None if positioned else threading.Lock()
        self._nowait = nowait

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def retain(self) -> Self:
        """Add a holder."""
        self._holders += 1
        return self

    def close(self) -> None:
        """Remove a holder; the last one closes the descriptor."""
        self._holders -= 1
        if self._holders == 0:
            descriptor, self._descriptor = self._descriptor, NO_DESCRIPTOR
            os.close(descriptor)

    def __del__(self) -> None:
        # A holder that forgot to close costs nobody else a descriptor.
        if self._descriptor != NO_DESCRIPTOR:
            os.close(self._descriptor)

    def size(self) -> int:
        """Return the file's current size in bytes."""
        return os.fstat(self._descriptor).st_size

    def append(self, parts: Sequence[Part]) -> int:
        """Append all parts, in one writev if the system takes them all at once."""
        total = len(parts[0]) if len(parts) == 1 else sum(map(len, parts))
        if self._vectored and len(parts) <= _MAX_PARTS:
            written = os.writev(self._descriptor, parts)
            if written == total:
                return total
        else:
            written = 0
        for part in parts:
            if written >= len(part):
                written -= len(part)
                continue
            rest = memoryview(part)[written:]
            written = 0
            while rest:
                rest = rest[self._write(rest) :]
        return total

    def _write(self, rest: memoryview) -> int:
        if self._seek_lock is None:
            return os.write(self._descriptor, rest)
        with self._seek_lock:
            return os.write(self._descriptor, rest)

    def pread(self, size_bytes: int, position: int) -> bytes:
        """Return bytes from position on, fewer than size_bytes only at the end of the file."""
        data = self._pread_once(size_bytes, position)
        while data and len(data) < size_bytes:
            more = self._pread_once(size_bytes - len(data), position + len(data))
            if not more:
                break
            data += more
        return data

    def _pread_once(self, size_bytes: int, position: int) -> bytes:
        if self._seek_lock is None:
            return os.pread(self._descriptor, size_bytes, position)
        with self._seek_lock:
            os.lseek(self._descriptor, position, os.SEEK_SET)
            return os.read(self._descriptor, size_bytes)

    def pread_cached(self, size_bytes: int, position: int) -> memoryview | None:
        """Return the bytes if the page cache has them (RWF_NOWAIT), else None, also if the file system cannot tell."""
        if not self._nowait:
            return None
        buffer = bytearray(size_bytes)
        try:
            count = os.preadv(self._descriptor, [buffer], position, os.RWF_NOWAIT)
        except OSError as error:
            if error.errno in _NOT_SUPPORTED:
                self._nowait = False
            elif error.errno not in _WOULD_READ_DISK:
                raise
            return None
        return memoryview(buffer) if count == size_bytes else None

    def truncate(self, size_bytes: int) -> None:
        """Cut the file to size_bytes."""
        os.ftruncate(self._descriptor, size_bytes)

    def fsync(self) -> None:
        """Flush the file to disk."""
        os.fsync(self._descriptor)


def _has_nothing() -> bool:
    """Close nothing."""
    return False


class OsFiles:
    """The operating system's files.

    vectored, positioned and nowait choose whether to use writev, pread and preadv with RWF_NOWAIT; by default, if the
    system has them.
    """

    def __init__(
        self,
        *,
        vectored: bool = hasattr(os, "writev"),
        positioned: bool = hasattr(os, "pread"),
        nowait: bool = hasattr(os, "RWF_NOWAIT"),
    ) -> None:
        self._vectored = vectored
        self._positioned = positioned
        self._nowait = nowait
        self.spare: Callable[[], bool] = _has_nothing

    def _descriptor_of(self, path: str, flags: int) -> int:
        """Open the file; if no descriptor is left, have others closed first."""
        try:
            return os.open(path, flags, 0o644)
        except OSError as error:
            if error.errno not in SHORTAGE or not self.spare():
                raise
        return os.open(path, flags, 0o644)

    def open(self, path: str, mode: Mode) -> File:
        """Open the file."""
        descriptor = self._descriptor_of(path, _FLAGS[mode])
        return OsFile(path, descriptor, vectored=self._vectored, positioned=self._positioned, nowait=self._nowait)

    def exists(self, path: str) -> bool:
        """Whether the file or directory exists."""
        return os.path.exists(path)

    def size(self, path: str) -> int:
        """Return a file's size in bytes; it need not be open."""
        return os.stat(path).st_size

    def modified_ms(self, path: str) -> int:
        """Return when the file was last written, in ms since the Unix epoch."""
        return os.stat(path).st_mtime_ns // 1_000_000

    def listdir(self, path: str) -> list[str]:
        """List the names in a directory, sorted."""
        try:
            names = os.listdir(path)
        except OSError as error:
            if error.errno not in SHORTAGE or not self.spare():
                raise
            names = os.listdir(path)
        return sorted(names)

    def mkdir(self, path: str) -> None:
        """Make the directory and its parents, if missing."""
        try:
            os.mkdir(path)
        except OSError:  # it exists, a parent is missing, or it cannot be made
            os.makedirs(path, exist_ok=True)

    def rename(self, path: str, to_path: str) -> None:
        """Rename the file or directory."""
        os.replace(path, to_path)

    def remove(self, path: str) -> None:
        """Remove the file or empty directory, if it exists."""
        with contextlib.suppress(FileNotFoundError):
            if os.path.isdir(path):
                os.rmdir(path)
            else:
                os.remove(path)

    def fsync_directory(self, path: str) -> None:
        """Flush the directory's changes to disk. Windows has no such call and needs none."""
        if os.name == "nt":
            return
        descriptor = self._descriptor_of(path, os.O_RDONLY | _CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def sync(self, files: Sequence[str], directories: Sequence[str]) -> Mapping[str, OSError]:
        """Flush these files' contents and these directories' names to disk."""
        from kwire.syncing import sync  # noqa: PLC0415 - not on the way to the first client

        return sync(files, directories)

    def space(self, path: str) -> Space:
        """Return the room of the directory's file system."""
        import shutil  # noqa: PLC0415 - large, and only for who asks

        usage = shutil.disk_usage(path)
        return Space(usage.total, usage.free)

    def lock(self, path: str) -> Lock | None:
        """Take the file's advisory lock, the kind that Apache Kafka takes on its .lock; None if it is held."""
        real_path = os.path.realpath(path)
        if real_path in OsLock.held:
            return None
        descriptor = self._descriptor_of(path, os.O_RDWR | os.O_CREAT | _CLOEXEC)
        try:
            _lock_descriptor(descriptor)
        except OSError as error:
            os.close(descriptor)
            if error.errno in {errno.EACCES, errno.EAGAIN, errno.EDEADLK}:
                return None
            raise
        return OsLock(real_path, descriptor)


class OsLock:
    """A held lock file. The end of the process releases it."""

    held: set[str] = set()  # noqa: RUF012 - shared on purpose: the system's locks do not exclude their own process

    def __init__(self, real_path: str, descriptor: int) -> None:
        self._path = real_path
        self._descriptor = descriptor
        OsLock.held.add(real_path)

    def release(self) -> None:
        """Release the lock."""
        if self._path in OsLock.held:
            OsLock.held.remove(self._path)
            os.close(self._descriptor)


def _lock_descriptor(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def read_file(files: Files, path: str) -> bytes:
    """Return all bytes of a file.

    Raises:
        FileNotFoundError: it does not exist.
    """
    file = files.open(path, "read")
    try:
        return file.pread(file.size(), 0)
    finally:
        file.close()


def replace_file(files: Files, path: str, content: Part, *, durable: bool = True) -> None:
    """Replace the file's content. After an error or a crash it still has its former content.

    durable: also after power loss. Without it the new content outlives the process, but not the machine, and an empty
    file is possible after power loss.
    """
    temporary = path + ".tmp"
    file = files.open(temporary, "create")
    try:
        if file.size():  # a crash left one. Truncate only then: ext4 flushes a truncated file when it is closed
            file.truncate(0)
        file.append([content])
        if durable:
            file.fsync()
    finally:
        file.close()
    files.rename(temporary, path)
    if durable:
        files.fsync_directory(os.path.dirname(path))
