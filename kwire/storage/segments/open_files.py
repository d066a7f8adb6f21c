"""OpenFiles: the descriptors of a store, so that thousands of segments need few of them."""

from __future__ import annotations

from collections import OrderedDict
from threading import get_ident
from typing import TYPE_CHECKING

from kwire.descriptors import files_end
from kwire.limits import MAX_OPEN_SEGMENT_FILES

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.files import File, Files, Mode

IN_USE = 8
"""This many of the files used last are never closed, because a caller may still use the one it borrowed."""


class OpenFiles:
    """Files opened on demand; those least recently used are closed when there are too many.

    A retained file (a slice being sent) stays open for its user. end: keep descriptors below this number.
    """

    __slots__ = ("_ask_end", "_end", "_limit", "_open", "_thread", "files")

    def __init__(self, files: Files, limit: int = MAX_OPEN_SEGMENT_FILES, end: Callable[[], int] = files_end) -> None:
        self.files = files
        self._limit = limit
        self._ask_end = end
        self._end = end()
        self._thread = get_ident()
        self._open: OrderedDict[str, File] = OrderedDict()

    def get(self, path: str, mode: Mode) -> File:
        """The open file, borrowed until the next call of get: retain() it to keep it longer."""
        self._thread = get_ident()
        file = self._open.get(path)
        if file is not None:
            self._open.move_to_end(path)
            return file
        file = self.files.open(path, mode)
        self._open[path] = file
        self._end = self._ask_end()
        if file.fileno() >= self._end:
            self.spare()
        elif len(self._open) > self._limit:
            self._open.popitem(last=False)[1].close()
        return file

    def may_hold(self, file: File) -> bool:
        """Whether the file may be retained for long, so that its descriptor is low enough."""
        return file.fileno() < self._end

    def spare(self) -> bool:
        """Close a quarter of the files, unless in use; return whether any were. Does nothing in other threads."""
        if get_ident() != self._thread:
            return False
        surplus = min(len(self._open) - IN_USE, len(self._open) // 4 + 1)
        for _ in range(surplus):
            self._open.popitem(last=False)[1].close()
        return surplus > 0

    def forget(self, path: str) -> None:
        """The file is not held open here (before it is renamed, removed, or opened in another mode)."""
        file = self._open.pop(path, None)
        if file is not None:
            file.close()

    def close(self) -> None:
        """No file is held open here."""
        while self._open:
            self._open.popitem()[1].close()
