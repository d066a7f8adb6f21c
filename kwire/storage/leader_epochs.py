"""LeaderEpochs: at which offset each leader epoch of a log begins.

Answers OffsetForLeaderEpoch, the epochs of Fetch and ListOffsets, and finds where two histories part.
Source: KIP-101, KIP-279, KIP-320; the file is Kafka's leader-epoch-checkpoint, version 0.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

UNDEFINED_EPOCH = -1
UNDEFINED_OFFSET = -1

CHECKPOINT_VERSION = 0

_epoch = attrgetter("epoch")
_start_offset = attrgetter("start_offset")


class CorruptEpochCheckpoint(Exception):  # noqa: N818 - named like the other conditions of files
    """The text is no leader epoch checkpoint."""


@dataclass(slots=True, frozen=True)
class EpochStart:
    """A leader epoch and the offset of the first record written under it."""

    epoch: int
    start_offset: int


class LeaderEpochs:
    """The leader epochs of one log, ascending in epoch and in start offset."""

    __slots__ = ("_entries", "latest_epoch")

    def __init__(self, entries: Iterable[EpochStart] = ()) -> None:
        self._entries: list[EpochStart] = []
        self.latest_epoch = UNDEFINED_EPOCH
        """The newest epoch with records, UNDEFINED_EPOCH where there is none."""
        for entry in entries:
            self.assign(entry.epoch, entry.start_offset)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[EpochStart]:
        return iter(self._entries)

    def assign(self, epoch: int, start_offset: int) -> bool:
        """The epoch begins at start_offset; a later offset for the newest epoch changes nothing.

        Entries that contradict the new one (a higher epoch, or a start offset not below) are dropped.
        Returns whether anything changed, so that the checkpoint is due.
        """
        if epoch < 0 or start_offset < 0:
            raise ValueError(f"leader epoch {epoch} cannot begin at offset {start_offset}")
        if epoch == self.latest_epoch and start_offset >= self._entries[-1].start_offset:
            return False
        entries = self._entries
        while entries and (entries[-1].epoch >= epoch or entries[-1].start_offset >= start_offset):
            entries.pop()
        entries.append(EpochStart(epoch, start_offset))
        self.latest_epoch = epoch
        return True

    def epoch_for_offset(self, offset: int) -> int | None:
        """The epoch that the record at offset was written under; None before the first known one."""
        position = bisect_right(self._entries, offset, key=_start_offset)
        return self._entries[position - 1].epoch if position else None

    def end_offset_for(self, epoch: int, log_end_offset: int) -> tuple[int, int]:
        """(Largest known epoch <= epoch, the offset where the next one begins), as OffsetForLeaderEpoch answers.

        The newest epoch ends at log_end_offset. Below the oldest epoch: (epoch, the oldest one's start).
        Above the newest, or UNDEFINED_EPOCH: (UNDEFINED_EPOCH, UNDEFINED_OFFSET).
        """
        if epoch == UNDEFINED_EPOCH:
            return UNDEFINED_EPOCH, UNDEFINED_OFFSET
        if epoch == self.latest_epoch:
            return epoch, log_end_offset
        position = bisect_right(self._entries, epoch, key=_epoch)
        if position == len(self._entries):
            return UNDEFINED_EPOCH, UNDEFINED_OFFSET
        floor = self._entries[position - 1].epoch if position else epoch
        return floor, self._entries[position].start_offset

    def truncate_from_end(self, end_offset: int) -> bool:
        """Epochs that begin at or after end_offset are forgotten. Returns whether there were any."""
        position = bisect_left(self._entries, end_offset, key=_start_offset)
        return self._cut(slice(position, None), self._entries[position:])

    def truncate_from_start(self, start_offset: int) -> bool:
        """Nothing begins before start_offset: the epoch there begins at it, older ones are forgotten.

        Returns whether anything changed.
        """
        position = bisect_right(self._entries, start_offset, key=_start_offset)
        gone = self._entries[:position]
        if not gone or (position == 1 and gone[0].start_offset == start_offset):
            return False
        self._entries[:position] = [EpochStart(gone[-1].epoch, start_offset)]
        return True

    def clear(self) -> None:
        """No epoch is known."""
        self._cut(slice(None), self._entries)

    def _cut(self, where: slice, gone: list[EpochStart]) -> bool:
        changed = bool(gone)
        del self._entries[where]
        self.latest_epoch = self._entries[-1].epoch if self._entries else UNDEFINED_EPOCH
        return changed


def format_checkpoint(entries: Iterable[EpochStart]) -> str:
    """The entries as the text of a leader-epoch-checkpoint file."""
    rows = [f"{entry.epoch} {entry.start_offset}" for entry in entries]
    return "\n".join([str(CHECKPOINT_VERSION), str(len(rows)), *rows, ""])


def parse_checkpoint(text: str) -> list[EpochStart]:
    """The entries of a leader-epoch-checkpoint file.

    Raises:
        CorruptEpochCheckpoint: another version, fewer rows than announced, or a row that is not two numbers.
    """
    lines = text.splitlines()
    try:
        version, count = int(lines[0]), int(lines[1])
        entries = [EpochStart(int(epoch), int(offset)) for epoch, offset in map(str.split, lines[2:])]
    except (ValueError, IndexError) as error:
        raise CorruptEpochCheckpoint(f"not a leader epoch checkpoint: {error}") from None
    if version != CHECKPOINT_VERSION or count != len(entries):
        raise CorruptEpochCheckpoint(f"version {version} with {count} entries announced and {len(entries)} found")
    if any(entry.epoch < 0 or entry.start_offset < 0 for entry in entries):
        raise CorruptEpochCheckpoint("an epoch or an offset is negative")
    return entries
