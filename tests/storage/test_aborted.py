import json
import random
from pathlib import Path

import pytest

from kwire.storage.aborted import (
    ROW_BYTES,
    AbortedTransaction,
    AbortedTransactions,
    CorruptTransactionIndex,
    decode_rows,
    encode_rows,
)

SEGMENTS = Path(__file__).parent.parent / "vectors" / "segments"

# Three producers whose transactions overlap: (producer, first, marker, stable after it).
ROWS = [
    AbortedTransaction(1, 0, 10, 5),
    AbortedTransaction(2, 5, 20, 8),
    AbortedTransaction(3, 8, 30, 31),
    AbortedTransaction(1, 40, 45, 46),
]


def test_collect_gives_the_transactions_that_overlap_the_range():
    aborted = AbortedTransactions(ROWS)
    assert aborted.collect(0, 50) == ROWS
    assert aborted.collect(0, 5) == ROWS[:1]
    assert aborted.collect(0, 6) == ROWS[:2]
    assert aborted.collect(11, 12) == ROWS[1:3]
    assert aborted.collect(30, 40) == ROWS[2:3]
    assert aborted.collect(31, 40) == []
    assert aborted.collect(46, 50) == []
    assert AbortedTransactions().collect(0, 50) == []


def test_collect_finds_what_a_search_of_everything_finds():
    generator = random.Random(7)
    for _ in range(50):
        rows = random_rows(generator)
        aborted = AbortedTransactions(rows)
        for from_offset in range(0, 60, 3):
            for upper_offset in range(from_offset + 1, 62, 4):
                expected = [r for r in rows if r.last_offset >= from_offset and r.first_offset < upper_offset]
                assert aborted.collect(from_offset, upper_offset) == expected


def random_rows(generator):
    """What a log of 60 offsets with some transactions at a time leaves."""
    rows, open_transactions = [], {}
    for offset in range(60):
        producer_id = generator.randrange(4)
        if producer_id not in open_transactions:
            open_transactions[producer_id] = offset
        elif generator.random() < 0.5:
            first_offset = open_transactions.pop(producer_id)
            stable = min(open_transactions.values(), default=offset + 1)
            rows.append(AbortedTransaction(producer_id, first_offset, offset, stable))
    return rows


def test_markers_ascend():
    aborted = AbortedTransactions(ROWS)
    with pytest.raises(ValueError, match="does not come after"):
        aborted.append(AbortedTransaction(9, 0, 45, 46))
    assert len(aborted) == 4


def test_in_range_gives_the_rows_of_a_segment():
    aborted = AbortedTransactions(ROWS)
    assert aborted.in_range(10, 30) == ROWS[:2]
    assert aborted.in_range(11, 31) == ROWS[1:3]
    assert aborted.in_range(46, 99) == []


def test_truncate():
    aborted = AbortedTransactions(ROWS)
    aborted.truncate_from_end(45)
    assert list(aborted) == ROWS[:3]
    aborted.truncate_from_start(20)
    assert list(aborted) == ROWS[1:3]
    aborted.truncate_from_end(0)
    assert len(aborted) == 0


def test_the_file_form():
    data = encode_rows(ROWS)
    assert len(data) == len(ROWS) * ROW_BYTES == 136
    assert decode_rows(data) == ROWS
    assert decode_rows(data[:-1]) == ROWS[:-1]
    assert decode_rows(b"") == []


def test_damaged_rows_are_recognised():
    data = encode_rows(ROWS)
    with pytest.raises(CorruptTransactionIndex, match="version 1"):
        decode_rows(b"\x00\x01" + data[2:])
    with pytest.raises(CorruptTransactionIndex, match="does not come after"):
        decode_rows(data + data)


def test_an_index_of_kafka():
    name = "00000000000000000102.txnindex"
    facts = json.loads((SEGMENTS / "seg-mixed-0.facts.json").read_text())["files"][name]
    data = (SEGMENTS / "seg-mixed-0" / name).read_bytes()
    rows = decode_rows(data)
    assert [
        {
            "producerId": row.producer_id,
            "firstOffset": row.first_offset,
            "lastOffset": row.last_offset,
            "lastStableOffset": row.last_stable_offset,
            "version": 0,
        }
        for row in rows
    ] == facts
    assert encode_rows(rows) == data


def test_fetch_replies_of_kafka():
    aborted = AbortedTransactions(
        decode_rows((SEGMENTS / "seg-mixed-0" / "00000000000000000102.txnindex").read_bytes())
    )
    answers = json.loads((SEGMENTS / "broker-answers.json").read_text())["seg-mixed"]["fetch_v12_iso1"]
    bounds = {100: 102, 103: 108, 107: 108}  # each reply ended with its segment
    checked = 0
    for answer in answers:
        upper_offset = bounds.get(answer["fetchOffset"])
        if upper_offset is not None:
            found = aborted.collect(answer["fetchOffset"], upper_offset)
            expected = answer["abortedTransactions"]
            assert [{"firstOffset": row.first_offset, "producerId": row.producer_id} for row in found] == expected
            checked += 1
    assert checked == 3
