"""Trash: files and directories that are gone for the log, and leave the disk after file.delete.delay.ms."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kwire.files import Files

MAX_REMOVALS_AT_ONCE = 100
"""Entries one call removes: the caller has other work to do."""

_log = logging.getLogger(__name__)


class Trash:
    """Paths to remove, each at its time. What the system refuses to remove (open, on Windows) is tried again later."""

    __slots__ = ("_entries", "_files")

    def __init__(self, files: Files) -> None:
        self._files = files
        self._entries: deque[tuple[int, str]] = deque()

    def add(self, path: str, due_ms: int) -> None:
        """The file or the directory with its files is removed once it is due_ms."""
        self._entries.append((due_ms, path))

    def forget(self, path: str) -> bool:
        """The path is not to be removed any more: its name is wanted again. Returns whether it was to be."""
        entries = [entry for entry in [*self._entries] if entry[1] == path]
        for entry in entries:
            with contextlib.suppress(ValueError):  # removed meanwhile, in a thread
                self._entries.remove(entry)
        return bool(entries)

    def remove_due(self, now_ms: int) -> None:
        """What is due is removed, up to MAX_REMOVALS_AT_ONCE."""
        removed = 0
        for _ in range(len(self._entries)):
            due_ms, path = self._entries.popleft()
            if due_ms > now_ms or removed == MAX_REMOVALS_AT_ONCE or not self._try_remove(path):
                self._entries.append((due_ms, path))
            else:
                removed += 1

    def _try_remove(self, path: str) -> bool:
        try:
            remove_tree(self._files, path)
        except OSError as error:
            _log.debug("cannot remove %s yet: %s", path, error)
            return False
        return True


def remove_tree(files: Files, path: str) -> None:
    """The file, or the directory and the files in it, is gone.

    Raises:
        OSError: something is left.
    """
    try:
        names = files.listdir(path)
    except (FileNotFoundError, NotADirectoryError):
        names = []
    for name in names:
        files.remove(f"{path}/{name}")
    files.remove(path)
