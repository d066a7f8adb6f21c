"""Trash: files and directories that are gone for the log, and leave the disk after file.delete.delay.ms."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kwire.limits import MAX_REMOVALS_AT_ONCE

if TYPE_CHECKING:
    from kwire.files import Files


_log = logging.getLogger(__name__)


class Trash:
    """Removes paths, each at its time. What the system refuses to remove (open, on Windows) is retried later.

    remove_due() may run in a thread beside the other methods.
    """

    __slots__ = ("_due_ms", "_files")

    def __init__(self, files: Files) -> None:
        self._files = files
        self._due_ms: dict[str, int] = {}

    def add(self, path: str, due_ms: int) -> None:
        """The file or the directory with its files is removed once it is due_ms."""
        self._due_ms[path] = due_ms

    def forget(self, path: str) -> bool:
        """The path is not to be removed any more: its name is wanted again. Returns whether it was to be."""
        return self._due_ms.pop(path, None) is not None

    def remove_due(self, now_ms: int) -> None:
        """What is due is removed, up to MAX_REMOVALS_AT_ONCE."""
        due = [path for path, due_ms in self._due_ms.copy().items() if due_ms <= now_ms]
        for path in due[:MAX_REMOVALS_AT_ONCE]:
            due_ms = self._due_ms.pop(path, None)
            if due_ms is not None and not self._try_remove(path):
                self._due_ms.setdefault(path, due_ms)

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
