"""What can be read now of the partitions that one request names, and whether that is worth a reply.

Fetch reads through a ReadPlan. Its slices hold files open until they are sent or closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwire.broker.partition import NO_EPOCH
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.storage.leader_epochs import UNDEFINED_EPOCH
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.broker.partition import Partition
    from kwire.storage.aborted import AbortedTransaction
    from kwire.storage.port import LogSlice


@dataclass(slots=True)
class Readable:
    """What one partition has for a reader.

    records: None where nothing is readable, or the plan has no room for the next batch.
    aborted: the aborted transactions with records in these, for a reader of committed records only. None for other
    readers, and where there is no room for the next batch.
    diverging: (leader epoch, its end offset) where the reader's log and this one part; then there are no records.
    """

    high_watermark: int
    last_stable_offset: int
    log_start_offset: int
    records: LogSlice | None = None
    aborted: Sequence[AbortedTransaction] | None = None
    diverging: tuple[int, int] | None = None


class ReadPlan:
    """What a reply would hold now. Whoever makes a plan sends its slices or closes it.

    bytes_left: room for more records. must_reply: something was found that the client should hear of at once.
    watched: the partitions to wait for where the plan is not sent.
    """

    __slots__ = ("bytes_left", "closed", "must_reply", "readable_bytes", "slices", "watched")

    def __init__(self, max_bytes: int) -> None:
        self.slices: list[LogSlice] = []
        self.watched: list[Partition] = []
        self.bytes_left = max_bytes
        self.readable_bytes = 0
        self.must_reply = False
        self.closed = False

    def close(self) -> None:
        """Let go of the files: there will be another plan."""
        self.closed = True
        for records in self.slices:
            records.close()

    def read(
        self,
        partition: Partition,
        offset: int,
        max_bytes: int,
        *,
        committed_only: bool,
        last_fetched_epoch: int = NO_EPOCH,
    ) -> Readable:
        """Read from offset on, within max_bytes and what is left of the reply.

        The first partition that has any records gives one whole batch at least, however small the bounds are.
        last_fetched_epoch: the leader epoch of the reader's last record, to find out whether its log diverges.

        Raises:
            ApiError: OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR.
        """
        log_start_offset, last_stable_offset, high_watermark, log_end_offset = partition.bounds()
        found = Readable(high_watermark, last_stable_offset, log_start_offset)
        if last_fetched_epoch != NO_EPOCH:
            found.diverging = _diverging(partition, offset, last_fetched_epoch)
            if found.diverging is not None:
                self.must_reply = True
                return found
        if not log_start_offset <= offset <= log_end_offset:
            raise ApiError(ErrorCode.OFFSET_OUT_OF_RANGE)
        readable_end = last_stable_offset if committed_only else high_watermark
        room_bytes = max(0, min(max_bytes, self.bytes_left))
        if offset < readable_end and (room_bytes or not self.readable_bytes):
            found.records = self._take(partition, offset, room_bytes, readable_end)
        if committed_only:
            if found.records is not None:
                found.aborted = _aborted_within(partition, offset, found.records)
            elif offset >= readable_end or not room_bytes:
                found.aborted = ()
        return found

    def _take(self, partition: Partition, offset: int, room_bytes: int, readable_end: int) -> LogSlice | None:
        first = self.readable_bytes == 0
        records = partition.read(offset, room_bytes, before_offset=readable_end, min_one_batch=first)
        size_bytes = len(records)
        if not size_bytes:
            records.close()
            return None
        self.slices.append(records)
        self.readable_bytes += size_bytes
        self.bytes_left -= size_bytes
        return records


def _aborted_within(partition: Partition, offset: int, records: LogSlice) -> Sequence[AbortedTransaction]:
    """Return the aborted transactions with records among these, which begin with the batch that contains offset.

    Raises:
        ApiError: KAFKA_STORAGE_ERROR; the records are closed.
    """
    if not partition.aborted_between(offset, partition.log_end_offset):
        return ()
    try:
        end_offset = records.next_offset()
    except StorageError as error:
        records.close()
        raise partition.storage_error(error) from error
    return partition.aborted_between(offset, end_offset)


def _diverging(partition: Partition, offset: int, last_fetched_epoch: int) -> tuple[int, int] | None:
    """Return where the reader's log and the partition's diverge, None if they agree up to offset.

    Raises:
        ApiError: OFFSET_OUT_OF_RANGE, the reader's epoch is unknown or its offset is deleted.
    """
    epoch, end_offset = partition.end_offset_for(last_fetched_epoch)
    if epoch == UNDEFINED_EPOCH or offset < partition.log_start_offset:
        raise ApiError(ErrorCode.OFFSET_OUT_OF_RANGE)
    if epoch < last_fetched_epoch or end_offset < offset:
        return epoch, end_offset
    return None
