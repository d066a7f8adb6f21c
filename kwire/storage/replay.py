"""Reading a log to its end, piece by piece, for those whose state is what the log says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kwire.protocol.records.batch import iter_headers
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwire.protocol.records.batch import BatchHeader
    from kwire.storage.port import LogSlice


class ReadableLog(Protocol):
    """A log, or the partition that it is of."""

    @property
    def log_start_offset(self) -> int:
        """First readable offset."""

    @property
    def log_end_offset(self) -> int:
        """Offset of the next record."""

    def read(self, offset: int, max_bytes: int, *, before_offset: int, min_one_batch: bool) -> LogSlice:
        """Read batches; see kwire.storage.port.Log.read."""


def read_to_end(log: ReadableLog, offset: int, piece_bytes: int) -> Iterator[tuple[bytes, int, BatchHeader]]:
    """Yield each batch from the offset on: the data that it is in, its position there, its header.

    The log is read in pieces of about piece_bytes; batches of one piece have the same data. The first batch may begin
    before the offset. What is appended meanwhile is read too.

    Raises:
        ApiError, StorageError: the log cannot be read; which of them, the log says.
        CorruptBatch: a header is not right.
    """
    while offset < log.log_end_offset:
        found = log.read(offset, piece_bytes, before_offset=log.log_end_offset, min_one_batch=True)
        try:
            data = found.tobytes()
        finally:
            found.close()
        if not data:
            return  # compaction has taken all to the end
        piece_offset = offset
        for position, header in iter_headers(data):
            yield data, position, header
            offset = header.next_offset
        if offset == piece_offset:
            raise StorageError(f"no whole batch can be read at offset {offset}")
