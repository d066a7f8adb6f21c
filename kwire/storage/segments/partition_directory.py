"""A partition's directory: which files it has, what a crash left in it, and the names Kafka gives it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kwire.storage.segments.scan import places
from kwire.storage.segments.segment import (
    DELETED_SUFFIX,
    FILE_SUFFIXES,
    LOG_SUFFIX,
    SNAPSHOT_SUFFIX,
    TXN_INDEX_SUFFIX,
)

if TYPE_CHECKING:
    from kwire.files import Files

CLEANED_SUFFIX = ".cleaned"
SWAP_SUFFIX = ".swap"
DIRECTORY_DELETED_SUFFIX = "-delete"
DIRECTORY_STRAY_SUFFIX = "-stray"
TEMPORARY_SUFFIX = ".tmp"

BASE_OFFSET_DIGITS = 20
MAX_NAME_CHARACTERS = 255

_log = logging.getLogger(__name__)


def parse_directory_name(name: str) -> tuple[str, int] | None:
    """(Topic, partition) of a partition's directory, None for any other name."""
    topic, dash, partition = name.rpartition("-")
    if not (dash and topic and partition.isascii() and partition.isdigit()) or str(int(partition)) != partition:
        return None
    return topic, int(partition)


def retired_name(topic: str, partition: int, unique: bytes, suffix: str) -> str:
    """The name a partition's directory has once it is deleted or stray."""
    tail = f"-{partition}.{unique.hex()}{suffix}"
    return topic[: MAX_NAME_CHARACTERS - len(tail)] + tail


def base_offset_of(name: str) -> int | None:
    """The offset in the name of a segment's or snapshot's file, None when it has none."""
    digits = name[:BASE_OFFSET_DIGITS]
    if len(digits) == BASE_OFFSET_DIGITS and digits.isascii() and digits.isdigit():
        return int(digits)
    return None


@dataclass(slots=True)
class DirectoryContent:
    """What a swept partition directory has: base offsets of segments and offsets of producer snapshots, ascending."""

    segments: list[int] = field(default_factory=list)
    snapshots: list[int] = field(default_factory=list)
    txn_indexes: list[int] = field(default_factory=list)

    def keep(self, segments: list[int]) -> None:
        """Only these segments are left; the snapshots of the others are gone with them."""
        self.snapshots = [at for at in self.snapshots if at in segments or at not in self.segments]
        self.segments = segments
        self.txn_indexes = [base_offset for base_offset in self.txn_indexes if base_offset in segments]


def read_directory(files: Files, directory: str) -> DirectoryContent:
    """The content of the directory, after what an interrupted deletion, compaction or write left has been cleared.

    Raises:
        OSError.
    """
    names = files.listdir(directory)
    _remove(files, directory, [name for name in names if name.endswith((DELETED_SUFFIX, TEMPORARY_SUFFIX))])
    names = _finish_swaps(files, directory, names)
    content = DirectoryContent()
    present = set(names)
    for name in names:
        offset = base_offset_of(name)
        suffix = name[BASE_OFFSET_DIGITS:]
        if offset is None:
            continue
        if suffix == LOG_SUFFIX:
            content.segments.append(offset)
        elif suffix == SNAPSHOT_SUFFIX:
            content.snapshots.append(offset)
        elif suffix in FILE_SUFFIXES and f"{name[:BASE_OFFSET_DIGITS]}{LOG_SUFFIX}" not in present:
            _log.warning("removing %s/%s, whose log is gone", directory, name)
            files.remove(f"{directory}/{name}")
        elif suffix == TXN_INDEX_SUFFIX:
            content.txn_indexes.append(offset)
    return content


def _finish_swaps(files: Files, directory: str, names: list[str]) -> list[str]:
    """A compaction that had written all of its .swap files is finished, any other is undone; the names after that.

    A .swap replaces the segments whose offsets it covers. A .cleaned was still being written, and so is a .swap at or
    above the lowest .cleaned part of something unfinished.
    """
    cleaned = [name for name in names if name.endswith(CLEANED_SUFFIX)]
    swaps = [name for name in names if name.endswith(SWAP_SUFFIX)]
    if not cleaned and not swaps:
        return names
    lowest_cleaned = min((base_offset_of(name) or 0 for name in cleaned), default=None)
    unfinished = [
        name for name in swaps if lowest_cleaned is not None and (base_offset_of(name) or 0) >= lowest_cleaned
    ]
    _remove(files, directory, unfinished + cleaned)
    swaps = [name for name in swaps if name not in unfinished]
    logs = [name for name in swaps if name.endswith(LOG_SUFFIX + SWAP_SUFFIX)]
    if logs:
        first = min(base_offset_of(name) or 0 for name in logs)
        end = max(_covered_end(files, f"{directory}/{name}", base_offset_of(name) or 0) for name in logs)
        replaced = [
            name
            for name in files.listdir(directory)
            if not name.endswith(SWAP_SUFFIX) and first <= (-1 if (at := base_offset_of(name)) is None else at) < end
        ]
        _remove(files, directory, replaced)
    for name in sorted(
        swaps, key=lambda name: name not in logs
    ):  # a .log.swap would replace the others when tried again
        files.rename(f"{directory}/{name}", f"{directory}/{name.removesuffix(SWAP_SUFFIX)}")
    return files.listdir(directory)


def _covered_end(files: Files, path: str, base_offset: int) -> int:
    """The offset before which a .log.swap file replaces segments: after its last batch, at least after its own name."""
    file = files.open(path, "read")
    try:
        return max((place.last_offset + 1 for place in places(file, 0, file.size())), default=base_offset + 1)
    finally:
        file.close()


def _remove(files: Files, directory: str, names: list[str]) -> None:
    for name in names:
        files.remove(f"{directory}/{name}")
