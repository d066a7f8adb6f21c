"""The contract of engines whose logs survive close(), as tests: what every engine does, and what reopening keeps."""

from __future__ import annotations

import pytest

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.records.batch import read_header
from kwire.storage.aborted import AbortedTransaction
from kwire.storage.port import StoredLog, TimestampOffset
from tests.kit.storage_bench import START_MS, TOPIC, TOPIC_ID, Bench, batch_of, write_aborted_transaction
from tests.kit.storage_contract import LogContract


class DurableLogContract(LogContract):
    """What engines do in addition if their logs survive close()."""

    survives_reopen = True

    def test_everything_survives_reopening(self, bench: Bench) -> None:
        """Batches, offsets, epochs, segments, and the list of logs."""
        batches = [batch_of(2, timestamps_ms=[START_MS + number] * 2) for number in range(5)]
        for number, batch in enumerate(batches):
            bench.append(batch, leader_epoch=number // 2)
            if number == 2:
                bench.log.roll(START_MS)
        bench.reopen()
        assert list(bench.store.list()) == [StoredLog(TOPIC, TOPIC_ID, 0)]
        assert bench.log.log_end_offset == 10
        assert bench.read_all() == b"".join(batches)
        assert [segment.base_offset for segment in bench.log.segments()] == [0, 6]
        assert [(entry.epoch, entry.start_offset) for entry in bench.log.leader_epochs] == [(0, 0), (1, 4), (2, 8)]
        assert bench.log.max_timestamp() == TimestampOffset(START_MS + 4, 8, 2)
        assert bench.append(leader_epoch=3).base_offset == 10

    def test_stored_logs_are_listed_before_they_are_opened(self, bench: Bench) -> None:
        """All partitions of all topics to which something was appended."""
        expected = []
        for topic, partition in [("a", 0), ("a", 10), ("a.b-c", 3)]:
            log = bench.store.open(topic, TOPIC_ID, partition, bench.config)
            log.append(batch := batch_of(), read_header(batch), 0, START_MS)
            expected.append(StoredLog(topic, TOPIC_ID, partition))
        bench.store.close()
        store = bench.make_store(bench.place, bench.time.env())
        store.start()
        assert sorted(store.list(), key=lambda stored: (stored.topic, stored.partition)) == expected
        store.close()

    def test_log_start_offset_survives(self, bench: Bench) -> None:
        """Also an offset in the middle of a segment, and one at the end of the log."""
        for _ in range(3):
            bench.append(batch_of(2))
        bench.log.advance_log_start(3)
        bench.reopen()
        assert (bench.log.log_start_offset, bench.log.log_end_offset) == (3, 6)
        bench.log.advance_log_start(6)
        bench.reopen()
        assert (bench.log.log_start_offset, bench.log.log_end_offset) == (6, 6)
        assert bench.append().base_offset == 6

    def test_producers_survive(self, bench: Bench) -> None:
        """The newest batch of each producer, also after its records were deleted."""
        bench.append(batch_of(3, producer=(7, 1, 0)))
        bench.log.roll(START_MS)
        bench.append()
        bench.log.advance_log_start(3)
        bench.reopen()
        duplicate = bench.log.producers.check(read_header(batch_of(3, producer=(7, 1, 0))))
        assert duplicate is not None
        assert duplicate.first_offset == 0
        with pytest.raises(ApiError) as caught:
            bench.log.producers.check(read_header(batch_of(1, producer=(7, 0, 0))))
        assert caught.value.code == ErrorCode.INVALID_PRODUCER_EPOCH

    def test_transactions_survive(self, bench: Bench) -> None:
        """Open and aborted ones."""
        write_aborted_transaction(bench, producer_id=9)
        bench.log.roll(START_MS)
        bench.append(batch_of(2, producer=(9, 0, 2), transactional=True))
        write_aborted_transaction(bench, producer_id=8)
        bench.reopen()
        assert bench.first_unstable_offset() == 3
        assert list(bench.log.aborted) == [AbortedTransaction(9, 0, 2, 3), AbortedTransaction(8, 5, 7, 3)]

    def test_truncation_survives(self, bench: Bench) -> None:
        """The removed records do not come back."""
        for leader_epoch in range(4):
            bench.append(batch_of(2), leader_epoch=leader_epoch)
        bench.log.truncate(4)
        bench.reopen()
        assert bench.log.log_end_offset == 4
        assert [entry.epoch for entry in bench.log.leader_epochs] == [0, 1]

    def test_deletion_survives(self, bench: Bench) -> None:
        """A deleted log is gone, and its name can be used again."""
        bench.append()
        bench.store.delete(bench.log)
        bench.reopen()
        assert bench.log.log_end_offset == 0
