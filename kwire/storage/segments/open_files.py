"""OpenFiles: the descriptors of a store, so that thousands of segments need few of them."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from kwire.limits import MAX_OPEN_SEGMENT_FILES

if TYPE_CHECKING:
    from kwire.files import File, Files, Mode


class OpenFiles:
    """Files opened on demand; the least recently used one is closed when there are too many.

    A file that somebody retained (a slice being sent) stays open for him.
    """

    __slots__ = ("_limit", "_open", "files")

    def __init__(self, files: Files, limit: int = MAX_OPEN_SEGMENT_FILES) -> None:
        self.files = files
        self._limit = limit
        self._open: OrderedDict[str, File] = OrderedDict()

    def get(self, path: str, mode: Mode) -> File:
        """The open file, borrowed until the next call of get: retain() it to keep it longer."""
        file = self._open.get(path)
        if file is not None:
            self._open.move_to_end(path)
            return file
        file = self.files.open(path, mode)
        self._open[path] = file
        if len(self._open) > self._limit:
            self._open.popitem(last=False)[1].close()
        return file

    def forget(self, path: str) -> None:
        """The file is not held open here (before it is renamed, removed, or opened in another mode)."""
        file = self._open.pop(path, None)
        if file is not None:
            file.close()

    def close(self) -> None:
        """No file is held open here."""
        while self._open:
            self._open.popitem()[1].close()
