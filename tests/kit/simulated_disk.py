"""SimulatedDisk: a disk in memory with a page cache, so that processes can be killed and the power can fail.

What was written is in the page cache: it outlives the process. Only what was synced outlives the power: of the rest any
part may be there, torn or filled with zeros, and of a directory's changes any first part. Each process sees the disk
through its own ProcessFiles, where operations are counted, fail, take time, or kill the process.
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
    """The process ended at this operation, as by kill -9. No handler of the process may go on."""


class Inode:
    """A file's bytes: as every process sees them, and as they are on the platter."""

    __slots__ = ("content", "modified_ms", "synced")

    def __init__(self, modified_ms: int) -> None:
        self.content = bytearray()
        self.synced = b""
        self.modified_ms = modified_ms

    def sync(self) -> None:
        """The platter has what the page cache has."""
        self.synced = bytes(self.content)

    def lose_power(self, rng: Random) -> str | None:
        """Only the platter is left; says what became of unsynced bytes: lost, torn, holed, kept; None without any."""
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
"""A name and what it stands for from then on; None: nothing."""


DISK_BYTES = 1 << 40
"""Room of a simulated disk."""


class Directory:
    """Names: as every process sees them, and the changes since the directory was synced, in order."""

    __slots__ = ("entries", "synced", "unsynced")

    def __init__(self) -> None:
        self.entries: dict[str, Node] = {}
        self.synced: dict[str, Node] = {}
        self.unsynced: list[tuple[Change, ...]] = []

    def change(self, *changes: Change) -> None:
        """All of these are done in one step."""
        _apply(self.entries, changes)
        self.unsynced.append(changes)

    def sync(self) -> None:
        """The platter has the names of now."""
        self.synced = self.entries.copy()
        self.unsynced.clear()

    def lose_power(self, rng: Random, fates: Counter[str]) -> None:
        """A first part of the unsynced changes is left, and below it what the platter has."""
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
    """The disk of one machine; processes open it with ProcessFiles.

    wall_ms gives the files' times. fates counts what power losses did.
    """

    def __init__(self, rng: Random, wall_ms: Callable[[], int]) -> None:
        self.rng = rng
        self.wall_ms = wall_ms
        self.root = Directory()
        self.locks: dict[str, ProcessFiles] = {}
        self.fates: Counter[str] = Counter()

    def lose_power(self) -> None:
        """Nothing but the platter is left. The processes must have been killed."""
        self.root.lose_power(self.rng, self.fates)

    def find(self, path: str) -> Node | None:
        """The file or directory, None where there is none."""
        node: Node | None = self.root
        for name in filter(None, path.split("/")):
            if not isinstance(node, Directory):
                return None
            node = node.entries.get(name)
        return node

    def directory(self, path: str) -> Directory:
        """The directory.

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
        """The file.

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

    fault: asked before each operation (append, truncate, fsync, pread, open, mkdir, rename, remove, lock) with the
    operation and the path; it may raise OSError, raise through kill(), or let time pass. For an append that it fails,
    a random first part of the bytes is written all the same.
    """

    def __init__(self, disk: SimulatedDisk, fault: Callable[[str, str], None] = lambda _operation, _path: None) -> None:
        self.disk = disk
        self.fault = fault
        self.spare: Callable[[], bool] = lambda: False
        self.is_dead = False

    def kill(self) -> None:
        """The process can do nothing more, and holds nothing any more."""
        self.is_dead = True
        for path in [path for path, holder in self.disk.locks.items() if holder is self]:
            del self.disk.locks[path]

    def check(self, operation: str, path: str) -> None:
        """The operation may go on.

        Raises:
            ProcessKilled: the process has no life left.
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
        """See Files.sync; one after another, so that power may be lost between any two."""
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
        """See Files.space; the disk is never full."""
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
        """There is none."""
        return NO_DESCRIPTOR

    def retain(self) -> Self:
        """See File.retain: there is nothing to be let go of."""
        return self

    def close(self) -> None:
        """See File.close."""

    def size(self) -> int:
        """See File.size."""
        return len(self._inode.content)

    def append(self, parts: Sequence[Part]) -> int:
        """See File.append. What fails, or kills, has written any first part."""
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
        """See File.pread_cached; now and then it is not cached."""
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
