"""The files of a data directory as they are, Apache Kafka's or kwire's: read without opening a log, and checked.

Batches of any magic come one after the other, so that a file of any size takes the memory of one batch.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from kwire.protocol.records.batch import (
    MAGIC,
    NO_TIMESTAMP,
    BatchHeader,
    CorruptBatch,
    IncompleteBatch,
    check_crc,
    read_header,
    read_size,
)
from kwire.protocol.records.legacy import LegacyBatch, iter_legacy_records, read_legacy_batch
from kwire.protocol.records.record import iter_records
from kwire.storage.aborted import CorruptTransactionIndex, decode_rows
from kwire.storage.leader_epochs import CorruptEpochCheckpoint, parse_checkpoint
from kwire.storage.producer_state import CorruptSnapshot, decode_snapshot
from kwire.storage.segments.checkpoints import LEADER_EPOCHS, parse_offsets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kwire.protocol.records.record import Record

SIZE_BYTES: Final = 17
"""Enough of a batch of any magic to know its size."""

BATCH_BYTES_MAX: Final = 2**30
"""No broker takes a larger one; a size beyond it is no size."""

OFFSETS_CHECKPOINT: Final = "-offset-checkpoint"
ENTRIES: Final = {".index": struct.Struct(">ii"), ".timeindex": struct.Struct(">qi")}
SUFFIXES: Final = (".log", ".index", ".timeindex", ".txnindex", ".snapshot", ".checkpoint")
BATCHED: Final = (".log", ".checkpoint")


class BadFile(Exception):  # noqa: N818 - what it is, as CorruptBatch
    """A file is not what its name says. position: of the first byte that cannot be right."""

    def __init__(self, path: Path, position: int, reason: str) -> None:
        super().__init__(f"{path} at {position}: {reason}")


@dataclass(slots=True)
class Batch:
    """A batch at its place in a file. header: None where it is a message of magic 0 or 1."""

    position: int
    data: bytes
    header: BatchHeader | None
    legacy: LegacyBatch | None

    @property
    def last_offset(self) -> int:
        """Offset of its last record."""
        return self.header.last_offset if self.header else self.legacy.last_offset if self.legacy else -1

    @property
    def max_timestamp(self) -> int:
        """The newest timestamp of its records, -1 for none."""
        return self.header.max_timestamp if self.header else self.legacy.timestamp if self.legacy else NO_TIMESTAMP

    def records(self) -> Iterator[Record]:
        """Its records, checked one after the other. Raises CorruptBatch."""
        if self.header is not None:
            return iter_records(self.data, self.header)
        assert self.legacy is not None
        return iter_legacy_records(self.legacy)


def known_files(path: Path) -> list[Path]:
    """The file, or all files of a log below a directory, by name."""
    if not path.is_dir():
        return [path]
    found = (
        file
        for file in path.rglob("*")
        if file.suffix in SUFFIXES or file.name == LEADER_EPOCHS or file.name.endswith(OFFSETS_CHECKPOINT)
    )
    # A segment's log before its indexes, which are checked by it.
    return sorted(filter(Path.is_file, found), key=lambda file: (file.parent, file.stem, file.suffix != ".log", file))


def topic_of(path: Path) -> str | None:
    """The topic whose partition's directory the file is in."""
    match = re.fullmatch(r"(.+)-\d+(?:\.[0-9a-f]{32}-delete)?", path.resolve().parent.name)
    return match[1] if match else None


def base_offset_of(path: Path) -> int | None:
    """The offset in the name of a segment's file."""
    match = re.match(r"\d{20}", path.name)
    return int(match[0]) if match else None


def batches(path: Path) -> Iterator[Batch]:
    """Every batch of a .log or .checkpoint, its CRC checked.

    Raises:
        BadFile: at the first one that is not whole and right.
        OSError.
    """
    with path.open("rb") as file:
        size_bytes = path.stat().st_size
        position = 0
        while position < size_bytes:
            try:
                batch = _batch(file, position, size_bytes)
            except CorruptBatch as error:
                raise BadFile(path, position, str(error).replace(" at 0", "")) from error
            yield batch
            position += len(batch.data)


def _batch(file: IO[bytes], position: int, size_bytes: int) -> Batch:
    first = file.read(SIZE_BYTES)
    batch_bytes, magic = read_size(first)
    if not SIZE_BYTES < batch_bytes <= BATCH_BYTES_MAX:
        raise CorruptBatch(f"no record batch has {batch_bytes} bytes")
    if position + batch_bytes > size_bytes:
        raise IncompleteBatch(f"a record batch needs {batch_bytes} bytes, {size_bytes - position} are there")
    data = first + file.read(batch_bytes - SIZE_BYTES)
    if magic != MAGIC:
        return Batch(position, data, None, read_legacy_batch(data))
    header = read_header(data)
    check_crc(data, header)
    return Batch(position, data, header, None)


def entries(path: Path) -> Iterator[tuple[int, int, int]]:
    """(Position, first, second number) of the entries of an .index or .timeindex.

    Zeros at the end are the room that Apache Kafka sets aside while a segment is written; they are left out.

    Raises:
        BadFile: the file ends within an entry. OSError.
    """
    entry = ENTRIES[path.suffix]
    data = path.read_bytes()
    used = len(data.rstrip(b"\0"))
    count = -(-used // entry.size)
    if used and len(data) % entry.size:
        raise BadFile(path, len(data) - len(data) % entry.size, f"half of an entry of {entry.size} bytes")
    for slot in range(count):
        first, second = entry.unpack_from(data, slot * entry.size)
        yield slot * entry.size, first, second


@dataclass(slots=True)
class Checked:
    """What a check of a .log found: nothing wrong."""

    batches: int = 0
    records: int = 0
    first_offset: int | None = None
    last_offset: int | None = None


def check(path: Path) -> Checked | None:
    """A file that is all right; what was counted, of a file with batches.

    Raises:
        BadFile, OSError.
    """
    if path.suffix in BATCHED:
        return _check_batches(path)
    if path.suffix in ENTRIES:
        _check_index(path)
        return None
    try:
        if path.suffix == ".txnindex":
            decode_rows(path.read_bytes())
        elif path.suffix == ".snapshot":
            decode_snapshot(path.read_bytes())
        elif path.name == LEADER_EPOCHS:
            _check_epochs(path)
        elif path.name.endswith(OFFSETS_CHECKPOINT):
            text = path.read_text()
            if text:  # Apache Kafka makes the cleaner's before it has something to say
                parse_offsets(text)
        else:
            raise BadFile(path, 0, "this is no file of a log")
    except (CorruptTransactionIndex, CorruptSnapshot, CorruptEpochCheckpoint, ValueError) as error:
        raise BadFile(path, 0, str(error)) from error
    return None


def _check_epochs(path: Path) -> None:
    starts = [(one.epoch, one.start_offset) for one in parse_checkpoint(path.read_text())]
    for before, after in pairwise(starts):
        if after[0] <= before[0] or after[1] <= before[1]:
            raise BadFile(path, 0, f"epoch {after[0]} at offset {after[1]} does not come after the one before it")


def _check_batches(path: Path) -> Checked:
    found = Checked()
    lowest = base_offset_of(path) or 0
    if path.suffix != ".log":  # a checkpoint's name has the offset that it ends at
        lowest = 0
    following = _following(path)
    for batch in batches(path):
        count, first = _check_records(path, batch, lowest)
        if following is not None and batch.last_offset >= following:
            raise BadFile(path, batch.position, f"offset {batch.last_offset} belongs to the next segment")
        found.batches += 1
        found.records += count
        found.first_offset = first if found.first_offset is None else found.first_offset
        found.last_offset = batch.last_offset
        lowest = batch.last_offset + 1
    return found


def _following(path: Path) -> int | None:
    """The base offset of the segment after this one."""
    if path.suffix != ".log":
        return None
    later = (base_offset_of(other) for other in path.parent.glob("*.log") if other.name > path.name)
    return min((offset for offset in later if offset is not None), default=None)


def _check_records(path: Path, batch: Batch, lowest: int) -> tuple[int, int]:
    """(Number of records, first offset) of a batch whose records are right and come after all before."""
    first = batch.header.base_offset if batch.header else None
    expected, count = lowest, 0
    try:
        for record in batch.records():
            if record.offset < expected or record.offset > batch.last_offset:
                raise BadFile(path, batch.position, f"offset {record.offset} comes where {expected} or later is due")
            first = record.offset if first is None else first
            expected = record.offset + 1
            count += 1
    except CorruptBatch as error:
        raise BadFile(path, batch.position, str(error)) from error
    if first is not None and first < lowest:
        raise BadFile(path, batch.position, f"offset {first} comes where {lowest} or later is due")
    return count, lowest if first is None else first


def _check_index(path: Path) -> None:
    """The entries ascend, and say what the segment beside the index has."""
    log = path.with_suffix(".log")
    base = base_offset_of(path)
    if not log.is_file() or base is None:
        raise BadFile(path, 0, f"there is no {log.name} beside it")
    try:
        places = [(batch.position, batch.last_offset, batch.max_timestamp) for batch in batches(log)]
    except BadFile:
        return  # told of the log itself, and what its index should be nobody knows
    if path.suffix == ".index":
        _check_offsets(path, base, places)
    else:
        _check_times(path, base, places)


def _check_offsets(path: Path, base: int, places: Iterable[tuple[int, int, int]]) -> None:
    starts = {position: last for position, last, _ in places}
    ends = set(starts.values())
    before = (-1, -1)
    for at, relative, position in entries(path):
        if (relative, position) <= before or relative < before[0]:
            raise BadFile(path, at, f"offset {base + relative} does not come after the entry before it")
        if position not in starts:
            raise BadFile(path, at, f"no batch starts at position {position} of the log")
        if base + relative not in ends or base + relative < starts[position]:
            raise BadFile(path, at, f"no batch at or after position {position} ends with offset {base + relative}")
        before = (relative, position)


def _check_times(path: Path, base: int, places: Iterable[tuple[int, int, int]]) -> None:
    batches_left = iter(places)
    batch = next(batches_left, None)
    newest = NO_TIMESTAMP
    before = (-1, -1)
    for at, timestamp, relative in entries(path):
        if timestamp < before[0] or relative < before[1]:
            raise BadFile(path, at, f"timestamp {timestamp} does not come after the entry before it")
        while batch is not None and batch[1] <= base + relative:
            newest = max(newest, batch[2])
            batch = next(batches_left, None)
        if newest > timestamp:
            raise BadFile(
                path, at, f"up to offset {base + relative} there is timestamp {newest}, newer than {timestamp}"
            )
        before = (timestamp, relative)
