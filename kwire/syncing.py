"""Syncing: flush many files and directories to disk without a wait for each of them.

The disk serves concurrent requests together: a file system commits its journal once for all that wait for it. And
Linux can sync a whole file system with one cheap call.
"""
# Paths are strings, as in files.py.
# ruff: noqa: PTH116, PTH120, PTH123

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from kwire.descriptors import files_end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FEW = 8
"""Up to this many files are synced one after another, because threads would cost more than they save."""

AT_ONCE = 16
"""Number of threads that sync, with one descriptor each."""

FSYNC_COSTS_BYTES = 65_536
"""One fsync takes about as long as writing this much. If the system has more than this per file still to write, most of
it belongs to other programs, and syncing the whole file system would wait for that too."""

SYNCFS_TELLS_ERRORS = (5, 17)
"""The version of Linux from which on syncfs() reports failed writes of data or journal."""

SYNCFS_REACHES_THE_DISK = frozenset({"ext3", "ext4", "f2fs", "tmpfs", "xfs"})
"""File systems whose syncfs() is as good as fsync() of everything. FUSE does not pass it on, overlayfs does not report
errors of the layer below, and btrfs cannot be found by its device number."""

_BINARY = getattr(os, "O_BINARY", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def sync(files: Sequence[str], directories: Sequence[str]) -> Mapping[str, OSError]:
    """Flush these files' contents and these directories' names to disk; skip paths that do not exist.

    Returns:
        The failures, by path. Linux reports each only once: a second sync would succeed though data is missing.
    """
    paths = [(path, os.O_RDWR | _BINARY | _CLOEXEC) for path in files]
    if os.name != "nt":  # Windows has no such call for a directory, and needs none
        paths += [(path, os.O_RDONLY | _CLOEXEC) for path in directories]
    failures: dict[str, OSError] = {}
    if len(paths) <= FEW:
        _sync_each(paths, failures)
    elif not (directories and _sync_file_system(directories[-1], [path for path, _ in paths])):
        if _are_scarce():
            _sync_each(paths, failures)
        else:
            _sync_at_once(paths, failures)
    return failures


def _sync_each(paths: Sequence[tuple[str, int]], failures: dict[str, OSError]) -> None:
    for path, flags in paths:
        try:
            _sync_one(path, flags)
        except FileNotFoundError:  # deleted meanwhile
            continue
        except OSError as error:
            failures[path] = OSError(error.errno, error.strerror, path)


def _sync_one(path: str, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _are_scarce() -> bool:
    """Whether one descriptor for each thread could be the last ones, which reads and other threads need too."""
    try:
        descriptor = os.open(os.devnull, os.O_RDONLY | _CLOEXEC)
    except OSError:
        return True
    os.close(descriptor)
    return descriptor + AT_ONCE > files_end()


def _sync_at_once(paths: Sequence[tuple[str, int]], failures: dict[str, OSError]) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only where there is much to sync

    try:
        with ThreadPoolExecutor(AT_ONCE, "kwire-sync") as threads:
            shares = [threads.submit(_sync_each, paths[start::AT_ONCE], failures) for start in range(AT_ONCE)]
        for share in shares:
            share.result()
    except RuntimeError:  # no more threads: the interpreter is ending, or the system has a limit
        _sync_each(paths, failures)


def _sync_file_system(directory: str, paths: Sequence[str]) -> bool:
    """Sync the whole file system, if that is safe and cheap for these paths; return whether they are on disk now."""
    if sys.platform != "linux" or _release() < SYNCFS_TELLS_ERRORS:
        return False
    try:
        if _waiting_bytes() > len(paths) * FSYNC_COSTS_BYTES or _type_of(directory) not in SYNCFS_REACHES_THE_DISK:
            return False
        if not _are_in_one(directory, paths):
            return False
        import ctypes  # noqa: PLC0415 - only where there is much to sync

        syncfs = ctypes.CDLL(None).syncfs
        descriptor = os.open(directory, os.O_RDONLY | _CLOEXEC)
    except (OSError, AttributeError, ImportError):  # no /proc or no syncfs: sync the files one by one
        return False
    try:
        return bool(syncfs(descriptor) == 0)  # after a failure, fsync finds the files concerned
    finally:
        os.close(descriptor)


def _are_in_one(directory: str, paths: Sequence[str]) -> bool:
    """Whether all paths are in the directory's file system, and none is mounted or linked from another one."""
    device = os.stat(directory).st_dev
    for parent in {os.path.dirname(path) for path in paths}:
        try:
            if os.stat(parent).st_dev != device:
                return False
        except FileNotFoundError:  # deleted meanwhile
            continue
    return True


def _release() -> tuple[int, ...]:
    return tuple(int(number) for number in os.uname().release.split("-", 1)[0].split(".")[:2] if number.isdigit())


def _waiting_bytes() -> int:
    """Return how many bytes the system has still to write to its disks."""
    with open("/proc/meminfo", "rb") as lines:
        fields = [line.split() for line in lines]
    return sum(int(kilobytes) * 1024 for name, kilobytes, *_ in fields if name in {b"Dirty:", b"Writeback:"})


def _type_of(directory: str) -> str | None:
    """Return the type of the directory's file system, None if unknown. Source: proc(5)."""
    device = os.stat(directory).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            mount, _, rest = line.partition(" - ")
            if mount.split()[2] == wanted:
                return rest.split()[0]
    return None
