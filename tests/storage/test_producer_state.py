import json
from pathlib import Path

import pytest

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.records.batch import CONTROL_FLAG, INT32_MAX, TRANSACTIONAL_FLAG, BatchHeader, iter_headers
from kwire.protocol.records.control import ControlType, EndTransactionMarker, encode_control_batch, encode_marker_batch
from kwire.storage.aborted import AbortedTransaction
from kwire.storage.producer_state import (
    CorruptSnapshot,
    ProducerEntry,
    ProducerState,
    decode_snapshot,
    encode_snapshot,
    read_marker,
)

SEGMENTS = Path(__file__).parent.parent / "vectors" / "segments"
SNAPSHOTS = sorted(SEGMENTS.glob("*/*.snapshot"))

COMMIT = EndTransactionMarker(committed=True, coordinator_epoch=0)
ABORT = EndTransactionMarker(committed=False, coordinator_epoch=0)


def batch(sequence, count=1, *, offset=0, producer_id=1, epoch=0, attributes=0, timestamp_ms=1000):
    return BatchHeader(
        base_offset=offset,
        batch_length=100,
        partition_leader_epoch=0,
        magic=2,
        crc=0,
        attributes=attributes,
        last_offset_delta=count - 1,
        base_timestamp=timestamp_ms,
        max_timestamp=timestamp_ms,
        producer_id=producer_id,
        producer_epoch=epoch,
        base_sequence=sequence,
        records_count=count,
    )


def transactional(sequence, count=1, **fields):
    return batch(sequence, count, attributes=TRANSACTIONAL_FLAG, **fields)


def marker(offset, **fields):
    return batch(-1, offset=offset, attributes=TRANSACTIONAL_FLAG | CONTROL_FLAG, **fields)


def state_after(*headers):
    state = ProducerState()
    for header in headers:
        assert state.check(header) is None
        state.update(header)
    return state


def error_of(state, header):
    with pytest.raises(ApiError) as caught:
        state.check(header)
    return caught.value.code


def test_an_unknown_producer_may_begin_anywhere():
    state = ProducerState()
    assert state.check(batch(42)) is None
    assert state.get(1) is None


def test_sequences_must_follow():
    state = state_after(batch(0, 3), batch(3, 2, offset=3))
    assert state.check(batch(5)) is None
    for sequence in (4, 6, 100, -1):
        assert error_of(state, batch(sequence)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_the_last_five_batches_are_known_as_duplicates():
    state = state_after(*(batch(index * 2, 2, offset=index * 10, timestamp_ms=index) for index in range(7)))
    for index in range(2, 7):
        duplicate = state.check(batch(index * 2, 2))
        assert (duplicate.first_offset, duplicate.last_offset, duplicate.timestamp_ms) == (
            index * 10,
            index * 10 + 1,
            index,
        )
    for index in range(2):
        assert error_of(state, batch(index * 2, 2)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_a_duplicate_has_the_same_first_and_last_sequence():
    state = state_after(batch(0, 3))
    assert error_of(state, batch(0, 2)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert error_of(state, batch(1, 2)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_after_the_largest_sequence_comes_zero():
    state = state_after(batch(INT32_MAX - 1, 2))
    assert state.check(batch(0)) is None
    assert state.check(batch(INT32_MAX - 1, 2)).first_offset == 0
    assert error_of(state, batch(1)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_a_batch_across_the_wrap_is_known_and_followed():
    state = state_after(batch(INT32_MAX, 3, offset=7))
    assert state.get(1).last_sequence == 1
    assert state.check(batch(INT32_MAX, 3)).first_offset == 7
    assert state.check(batch(2)) is None


def test_an_older_epoch_is_fenced():
    state = state_after(batch(0, epoch=3))
    assert error_of(state, batch(0, epoch=2)) == ErrorCode.INVALID_PRODUCER_EPOCH


def test_a_new_epoch_begins_at_zero_and_forgets_the_old_batches():
    state = state_after(batch(0, 5))
    assert error_of(state, batch(5, epoch=1)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    state.update(batch(0, offset=5, epoch=1))
    assert [known.first_offset for known in state.get(1).batches] == [5]
    assert state.check(batch(1, epoch=1)) is None


def test_batches_without_producer_leave_no_trace():
    state = ProducerState()
    state.update(batch(-1, producer_id=-1, epoch=-1))
    assert len(state) == 0


def test_transactions_are_open_until_their_marker():
    state = state_after(
        transactional(0, 2, offset=10), transactional(0, 2, offset=12, producer_id=2), transactional(2, offset=14)
    )
    assert state.first_unstable_offset == 10
    assert state.get(1).current_txn_first_offset == 10
    assert state.update(marker(15), COMMIT) is None
    assert state.first_unstable_offset == 12
    assert state.update(marker(16, producer_id=2), ABORT) == AbortedTransaction(2, 12, 16, 17)
    assert state.first_unstable_offset is None
    state.update(transactional(3, offset=17))
    assert state.first_unstable_offset == 17


def test_an_aborted_transaction_knows_what_was_still_open():
    state = state_after(transactional(0, offset=10), transactional(0, offset=11, producer_id=2))
    assert state.update(marker(12, producer_id=2), ABORT) == AbortedTransaction(2, 11, 12, 10)


def test_a_marker_without_a_transaction_aborts_nothing():
    state = state_after(batch(0))
    assert state.update(marker(1), ABORT) is None
    assert state.check(batch(1)) is None


def test_a_marker_of_a_newer_epoch_fences_the_old_one():
    state = state_after(transactional(0))
    state.update(marker(1, epoch=1), ABORT)
    assert error_of(state, transactional(1)) == ErrorCode.INVALID_PRODUCER_EPOCH
    assert error_of(state, transactional(1, epoch=1)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert state.check(transactional(0, epoch=1)) is None


def test_a_plain_batch_within_a_transaction_is_refused():
    state = state_after(transactional(0))
    assert error_of(state, batch(1)) == ErrorCode.INVALID_TXN_STATE
    with pytest.raises(ApiError) as caught:
        state.check_from_coordinator(batch(-1))
    assert caught.value.code == ErrorCode.INVALID_TXN_STATE


def test_coordinators_write_without_sequences():
    state = state_after(transactional(0, epoch=1))
    state.check_from_coordinator(transactional(-1, epoch=1))
    state.check_from_coordinator(transactional(-1, producer_id=99))
    with pytest.raises(ApiError) as caught:
        state.check_from_coordinator(transactional(-1, epoch=0))
    assert caught.value.code == ErrorCode.INVALID_PRODUCER_EPOCH


def test_an_older_coordinator_is_fenced():
    state = state_after(transactional(0))
    state.update(marker(1), EndTransactionMarker(committed=True, coordinator_epoch=5))
    assert state.get(1).coordinator_epoch == 5
    state.check_from_coordinator(marker(2), EndTransactionMarker(committed=True, coordinator_epoch=5))
    with pytest.raises(ApiError) as caught:
        state.check_from_coordinator(marker(2), EndTransactionMarker(committed=True, coordinator_epoch=4))
    assert caught.value.code == ErrorCode.TRANSACTION_COORDINATOR_FENCED


def test_idle_producers_expire_but_not_in_a_transaction():
    state = state_after(
        batch(0, timestamp_ms=100), batch(0, producer_id=2, timestamp_ms=101), transactional(0, producer_id=3)
    )
    state.expire(now_ms=1100, expiration_ms=1000)
    assert [entry.producer_id for entry in state] == [2, 3]
    state.expire(now_ms=10**15, expiration_ms=1000)
    assert [entry.producer_id for entry in state] == [3]


def test_a_snapshot_keeps_the_newest_batch_and_open_transactions():
    state = state_after(
        batch(0, 2),
        batch(2, 3, offset=2),
        transactional(0, offset=9, producer_id=3),
        transactional(0, offset=8, producer_id=2),
    )
    reloaded = ProducerState()
    reloaded.update(batch(0, producer_id=77))
    reloaded.load(decode_snapshot(encode_snapshot(state)))
    assert [entry.producer_id for entry in reloaded] == [1, 3, 2]
    assert reloaded.first_unstable_offset == 8
    assert reloaded.check(batch(2, 3)).first_offset == 2
    assert error_of(reloaded, batch(0, 2)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_an_entry_without_batches_keeps_its_epoch():
    entry = ProducerEntry(7, 3, 2, 1000)
    assert decode_snapshot(encode_snapshot([entry])) == [entry]


def test_no_producers_make_a_snapshot_too():
    assert encode_snapshot([]).hex() == "000148674bc700000000"
    assert decode_snapshot(encode_snapshot([])) == []


@pytest.mark.parametrize("damage", ["short", "version", "crc", "row"])
def test_damaged_snapshots_are_recognised(damage):
    data = bytearray(encode_snapshot([ProducerEntry(7, 3, 2, 1000)]))
    if damage == "short":
        data = data[:9]
    elif damage == "version":
        data[1] = 2
    elif damage == "crc":
        data[-1] ^= 1
    else:
        data = data[:-1]
    with pytest.raises(CorruptSnapshot):
        decode_snapshot(data)


def test_a_snapshot_that_announces_other_rows_is_corrupt():
    from crc32c import crc32c

    rows = (2).to_bytes(4, "big") + bytes(46)
    with pytest.raises(CorruptSnapshot, match="2 entries"):
        decode_snapshot(b"\x00\x01" + crc32c(rows).to_bytes(4, "big") + rows)


@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_snapshots_of_kafka(path):
    facts = json.loads((SEGMENTS / f"{path.parent.name}.facts.json").read_text())["files"][path.name]
    data = path.read_bytes()
    entries = decode_snapshot(data)
    assert [facts_of(entry) for entry in entries] == facts
    assert encode_snapshot(entries) == data


def facts_of(entry):
    facts = {
        "coordinatorEpoch": entry.coordinator_epoch,
        "currentTxnFirstOffset": entry.current_txn_first_offset,
        "lastTimestamp": entry.last_timestamp_ms,
        "producerEpoch": entry.producer_epoch,
        "producerId": entry.producer_id,
    }
    for newest in entry.batches:
        facts |= {
            "firstSequence": newest.first_sequence,
            "lastOffset": newest.last_offset,
            "lastSequence": newest.last_sequence,
            "offsetDelta": newest.offset_delta,
            "timestamp": newest.timestamp_ms,
        }
    return facts


def test_replaying_a_log_of_kafka_gives_its_snapshots():
    directory = SEGMENTS / "seg-mixed-0"
    snapshots = {int(path.stem): path.read_bytes() for path in directory.glob("*.snapshot")}
    state = ProducerState()
    aborted = []
    for path in sorted(directory.glob("*.log")):
        data = path.read_bytes()
        for position, header in iter_headers(data):
            row = state.update(header, read_marker(data, header, position))
            aborted += [row] if row else []
            if expected := snapshots.pop(header.next_offset, None):
                assert by_id(decode_snapshot(encode_snapshot(state))) == by_id(decode_snapshot(expected))
    assert snapshots == {}
    assert aborted == [AbortedTransaction(20, 103, 104, 105), AbortedTransaction(20, 105, 107, 108)]


def by_id(entries):
    return sorted(entries, key=lambda entry: entry.producer_id)


def test_read_marker():
    data = bytes(5) + encode_marker_batch(EndTransactionMarker(committed=False, coordinator_epoch=9), 1, 0, 1000)
    header = next(iter_headers(data, 5))[1]
    assert read_marker(data, header, 5) == EndTransactionMarker(committed=False, coordinator_epoch=9)


def test_other_batches_have_no_marker():
    leader_change = encode_control_batch(ControlType.LEADER_CHANGE, b"", 1000)
    assert read_marker(leader_change, next(iter_headers(leader_change))[1]) is None
    assert read_marker(b"", batch(0)) is None
    emptied = marker(0)
    emptied.records_count = 0
    assert read_marker(b"", emptied) is None
