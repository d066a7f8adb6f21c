"""SimulatedDisk: a disk in memory with a page cache, so that processes can be killed and the power can fail.

Writes go to the page cache, which outlives the process. Only synced data outlives a power loss: of the rest, any part
may be left, torn or filled with zeros, and of a directory's changes any first part. Each process uses the disk through
its own ProcessFiles, whose operations can be counted, fail, take time, or kill the process.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from typing import TYPE_CHECKING, Self

from kwire.files import NO_DESCRIPTOR, Space

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from kwire.files import Mode, Part


class ProcessKilled(BaseException):
    """The process ended in this operation, as by kill -9. No handler of the process may run on."""


class Inode:
    """A file's bytes: as processes see them (content), and as they are on the platter (synced)."""

    __slots__ = ("content", "modified_ms", "synced")

    def __init__(self, modified_ms: int) -> None:
        self.content = bytearray()
        self.synced = b""
        self.modified_ms = modified_ms

    def sync(self) -> None:
        """Write the page cache to the platter."""
        self.synced = bytes(self.content)

    def lose_power(self, rng: Random) -> str | None:
        """Keep only the platter; return what became of unsynced bytes (lost, torn, holed, kept), None without any."""
        new, old = bytes(self.content), self.synced
        if new == old:
            return None
        common = len(os.path.commonprefix([new, old]))  # noqa: RUF071 - of bytes, not of paths
        fate = rng.choice(("lost", "torn", "holed", "kept") if len(new) > common else ("lost", "kept"))
        if fate == "lost":
            new = old
        elif fate == "torn":
            new = new[: rng.randrange(common, len(new))]
        elif fate == "holed":
            start = rng.randrange(common, len(new))
            end = rng.randint(start + 1, len(new))
            new = new[:start] + bytes(end - start) + new[end:]
        self.content = bytearray(new)
        self.synced = new
        return fate


Change = tuple[str, "Node | None"]
"""A name and the node that it names from then on, None if it is removed."""


DISK_BYTES = 1 << 40
"""The room of a simulated disk."""


class Directory:
    """A directory: names as processes see them, and the changes since it was synced, in order."""

    __slots__ = ("entries", "synced", "unsynced")

    def __init__(self) -> None:
        self.entries: dict[str, Node] = {}
        self.synced: dict[str, Node] = {}
        self.unsynced: list[tuple[Change, ...]] = []

    def change(self, *changes: Change) -> None:
        """Make all of these changes in one step."""
        _apply(self.entries, changes)
        self.unsynced.append(changes)

    def sync(self) -> None:
        """Write the names to the platter."""
        self.synced = self.entries.copy()
        self.unsynced.clear()

    def lose_power(self, rng: Random, fates: Counter[str]) -> None:
        """Keep what is on the platter, and a random first part of the unsynced changes."""
        kept = rng.randint(0, len(self.unsynced))
        if kept < len(self.unsynced):
            fates["names lost"] += 1
        self.entries = self.synced
        for changes in self.unsynced[:kept]:
            _apply(self.entries, changes)
        self.sync()
        for node in self.entries.values():
            if isinstance(node, Directory):
                node.lose_power(rng, fates)
            else:
                fate = node.lose_power(rng)
                if fate is not None:
                    fates[f"unsynced {fate}"] += 1


Node = Inode | Directory


def _apply(entries: dict[str, Node], changes: Sequence[Change]) -> None:
    for name, node in changes:
        if node is None:
            entries.pop(name, None)
        else:
            entries[name] = node


class SimulatedDisk:
    """The disk of one machine. Processes open it with ProcessFiles.

    wall_ms gives the files' times. fates counts the outcomes of power losses.
    """

    def __init__(self, rng: Random, wall_ms: Callable[[], int]) -> None:
        self.rng = rng
        self.wall_ms = wall_ms
        self.root = Directory()
        self.locks: dict[str, ProcessFiles] = {}
        self.fates: Counter[str] = Counter()

    def lose_power(self) -> None:
        """Keep only the platter. All processes must have been killed before."""
        self.root.lose_power(self.rng, self.fates)

    def find(self, path: str) -> Node | None:
        """Find the file or directory, None if there is none."""
        node: Node | None = self.root
        for name in filter(None, path.split("/")):
            if not isinstance(node, Directory):
                return None
            node = node.entries.get(name)
        return node

    def directory(self, path: str) -> Directory:
        """Find the directory.

        Raises:
            FileNotFoundError, NotADirectoryError.
        """
        node = self.find(path)
        if node is None:
            raise _error(errno.ENOENT, path)
        if not isinstance(node, Directory):
            raise _error(errno.ENOTDIR, path)
        return node

    def file(self, path: str) -> Inode:
        """Find the file.

        Raises:
            FileNotFoundError, IsADirectoryError.
        """
        node = self.find(path)
        if node is None:
            raise _error(errno.ENOENT, path)
        if isinstance(node, Directory):
            raise _error(errno.EISDIR, path)
        return node


def _error(number: int, path: str) -> OSError:
    return OSError(number, os.strerror(number), path)


def _split(path: str) -> tuple[str, str]:
    directory, _, name = path.rpartition("/")
    return directory, name


class ProcessFiles:
    """The Files of one process on a simulated disk.

    fault: called before each operation (append, truncate, fsync, pread, open, mkdir, rename, remove, lock) with the
    operation and the path. It may raise OSError, raise through kill(), or let time pass. If it fails an append, a
    random first part of the bytes is written all the same.
    """

    def __init__(self, disk: SimulatedDisk, fault: Callable[[str, str], None] = lambda _operation, _path: None) -> None:
        self.disk = disk
        self.fault = fault
        self.spare: Callable[[], bool] = lambda: False
        self.is_dead = False

    def kill(self) -> None:
        """End the process: every later operation raises, and its locks are free."""
        self.is_dead = True
        for path in [path for path, holder in self.disk.locks.items() if holder is self]:
            del self.disk.locks[path]

    def check(self, operation: str, path: str) -> None:
        """Check that the operation may go on.

        Raises:
            ProcessKilled: the process has ended.
            OSError: the fault.
        """
        if not self.is_dead:
            self.fault(operation, path)
        if self.is_dead:
            raise ProcessKilled(path)

    def open(self, path: str, mode: Mode) -> SimulatedFile:
        """See Files.open."""
        self.check("open", path)
        if mode == "create" and self.disk.find(path) is None:
            directory, name = _split(path)
            self.disk.directory(directory).change((name, Inode(self.disk.wall_ms())))
        return SimulatedFile(self, path, self.disk.file(path))

    def exists(self, path: str) -> bool:
        """See Files.exists."""
        return self.disk.find(path) is not None

    def size(self, path: str) -> int:
        """See Files.size."""
        return len(self.disk.file(path).content)

    def modified_ms(self, path: str) -> int:
        """See Files.modified_ms."""
        return self.disk.file(path).modified_ms

    def listdir(self, path: str) -> list[str]:
        """See Files.listdir."""
        return sorted(self.disk.directory(path).entries)

    def mkdir(self, path: str) -> None:
        """See Files.mkdir."""
        node, made = self.disk.root, ""
        for name in filter(None, path.split("/")):
            made += f"/{name}"
            if name not in node.entries:
                self.check("mkdir", made)
                node.change((name, Directory()))
            node = self.disk.directory(made)

    def rename(self, path: str, to_path: str) -> None:
        """See Files.rename; within one directory."""
        self.check("rename", path)
        (directory, name), (to_directory, to_name) = _split(path), _split(to_path)
        if directory != to_directory:
            raise _error(errno.EXDEV, path)
        node = self.disk.find(path)
        if node is None:
            raise _error(errno.ENOENT, path)
        self.disk.directory(directory).change((name, None), (to_name, node))

    def remove(self, path: str) -> None:
        """See Files.remove."""
        self.check("remove", path)
        node = self.disk.find(path)
        if isinstance(node, Directory) and node.entries:
            raise _error(errno.ENOTEMPTY, path)
        if node is not None:
            directory, name = _split(path)
            self.disk.directory(directory).change((name, None))

    def fsync_directory(self, path: str) -> None:
        """See Files.fsync_directory."""
        self.check("fsync", path)
        self.disk.directory(path).sync()

    def sync(self, files: Sequence[str], directories: Sequence[str]) -> Mapping[str, OSError]:
        """See Files.sync. The paths are synced one after another, so that power can fail between any two."""
        failures = {}
        for path in (*files, *directories):
            try:
                self.check("fsync", path)
            except OSError as error:
                failures[path] = error
                continue
            node = self.disk.find(path)
            if node is not None:
                node.sync()
        return failures

    def space(self, path: str) -> Space:
        """See Files.space. The disk is never full."""
        self.check("space", path)
        self.disk.directory(path)
        return Space(DISK_BYTES, DISK_BYTES)

    def lock(self, path: str) -> SimulatedLock | None:
        """See Files.lock."""
        self.check("lock", path)
        if path in self.disk.locks:
            return None
        self.open(path, "create").close()
        self.disk.locks[path] = self
        return SimulatedLock(self, path)


class SimulatedLock:
    """A held lock file."""

    def __init__(self, files: ProcessFiles, path: str) -> None:
        self._files = files
        self._path = path

    def release(self) -> None:
        """See Lock.release."""
        if self._files.disk.locks.get(self._path) is self._files:
            del self._files.disk.locks[self._path]


class SimulatedFile:
    """An open file of a process; see kwire.files.File."""

    __slots__ = ("_files", "_inode", "path")

    def __init__(self, files: ProcessFiles, path: str, inode: Inode) -> None:
        self.path = path
        self._files = files
        self._inode = inode

    def fileno(self) -> int:
        """Return NO_DESCRIPTOR: a simulated file has none."""
        return NO_DESCRIPTOR

    def retain(self) -> Self:
        """See File.retain. It does nothing, since nothing has to be released."""
        return self

    def close(self) -> None:
        """See File.close."""

    def size(self) -> int:
        """See File.size."""
        return len(self._inode.content)

    def append(self, parts: Sequence[Part]) -> int:
        """See File.append. If it fails or kills the process, any first part may be written."""
        data = b"".join(parts)
        was_dead = self._files.is_dead
        try:
            self._files.check("append", self.path)
        except BaseException:
            if not was_dead:
                self._write(data[: self._files.disk.rng.randint(0, len(data))])
            raise
        self._write(data)
        return len(data)

    def _write(self, data: bytes) -> None:
        self._inode.content += data
        self._inode.modified_ms = self._files.disk.wall_ms()

    def pread(self, size_bytes: int, position: int) -> bytes:
        """See File.pread."""
        self._files.check("pread", self.path)
        return bytes(self._inode.content[position : position + size_bytes])

    def pread_cached(self, size_bytes: int, position: int) -> memoryview | None:
        """See File.pread_cached. Sometimes the bytes are not cached."""
        if self._files.disk.rng.random() < 0.2:
            return None
        data = self.pread(size_bytes, position)
        return memoryview(data) if len(data) == size_bytes else None

    def truncate(self, size_bytes: int) -> None:
        """See File.truncate."""
        self._files.check("truncate", self.path)
        missing = size_bytes - len(self._inode.content)
        self._inode.content = self._inode.content[:size_bytes] + bytes(max(0, missing))
        self._inode.modified_ms = self._files.disk.wall_ms()

    def fsync(self) -> None:
        """See File.fsync."""
        self._files.check("fsync", self.path)
        self._inode.sync()
