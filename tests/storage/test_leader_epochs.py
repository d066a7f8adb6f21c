from pathlib import Path

import pytest

from kwire.storage.leader_epochs import (
    CorruptEpochCheckpoint,
    EpochStart,
    LeaderEpochs,
    format_checkpoint,
    parse_checkpoint,
)

SEGMENTS = Path(__file__).parent.parent / "vectors" / "segments"
CHECKPOINTS = sorted(SEGMENTS.glob("*/leader-epoch-checkpoint"))


def epochs_of(*pairs):
    return LeaderEpochs(EpochStart(epoch, start_offset) for epoch, start_offset in pairs)


def pairs(epochs):
    return [(entry.epoch, entry.start_offset) for entry in epochs]


def test_no_epoch_is_known_at_first():
    epochs = LeaderEpochs()
    assert epochs.latest_epoch == -1
    assert epochs.epoch_for_offset(0) is None
    assert epochs.end_offset_for(0, 10) == (-1, -1)
    assert epochs.end_offset_for(-1, 10) == (-1, -1)


def test_an_epoch_begins_once():
    epochs = LeaderEpochs()
    assert epochs.assign(2, 10)
    assert not epochs.assign(2, 11)
    assert not epochs.assign(2, 10)
    assert pairs(epochs) == [(2, 10)]
    assert epochs.latest_epoch == 2


def test_an_earlier_start_of_the_newest_epoch_counts():
    epochs = epochs_of((2, 10))
    assert epochs.assign(2, 5)
    assert pairs(epochs) == [(2, 5)]


@pytest.mark.parametrize(
    ("epoch", "start_offset", "expected"),
    [
        (5, 30, [(1, 0), (2, 10), (4, 20), (5, 30)]),
        (5, 20, [(1, 0), (2, 10), (5, 20)]),
        (5, 15, [(1, 0), (2, 10), (5, 15)]),
        (5, 0, [(5, 0)]),
        (3, 40, [(1, 0), (2, 10), (3, 40)]),
        (1, 40, [(1, 40)]),
    ],
)
def test_a_new_entry_drops_what_contradicts_it(epoch, start_offset, expected):
    epochs = epochs_of((1, 0), (2, 10), (4, 20))
    assert epochs.assign(epoch, start_offset)
    assert pairs(epochs) == expected


@pytest.mark.parametrize(("epoch", "start_offset"), [(-1, 0), (0, -1)])
def test_negative_numbers_are_refused(epoch, start_offset):
    with pytest.raises(ValueError, match="cannot begin"):
        LeaderEpochs().assign(epoch, start_offset)


def test_epoch_for_offset():
    epochs = epochs_of((1, 5), (2, 10), (4, 20))
    found = [epochs.epoch_for_offset(offset) for offset in (0, 4, 5, 9, 10, 19, 20, 999)]
    assert found == [None, None, 1, 1, 2, 2, 4, 4]


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [(-1, (-1, -1)), (0, (0, 5)), (1, (1, 10)), (2, (2, 20)), (3, (2, 20)), (4, (4, 100)), (5, (-1, -1))],
)
def test_end_offset_for(epoch, expected):
    assert epochs_of((1, 5), (2, 10), (4, 20)).end_offset_for(epoch, 100) == expected


@pytest.mark.parametrize(
    ("end_offset", "expected"),
    [(21, [(1, 5), (2, 10), (4, 20)]), (20, [(1, 5), (2, 10)]), (11, [(1, 5), (2, 10)]), (5, []), (0, [])],
)
def test_truncate_from_end(end_offset, expected):
    epochs = epochs_of((1, 5), (2, 10), (4, 20))
    assert epochs.truncate_from_end(end_offset) == (len(expected) < 3)
    assert pairs(epochs) == expected
    assert epochs.latest_epoch == (expected[-1][0] if expected else -1)


@pytest.mark.parametrize(
    ("start_offset", "expected", "changed"),
    [
        (4, [(1, 5), (2, 10), (4, 20)], False),
        (5, [(1, 5), (2, 10), (4, 20)], False),
        (7, [(1, 7), (2, 10), (4, 20)], True),
        (10, [(2, 10), (4, 20)], True),
        (15, [(2, 15), (4, 20)], True),
        (99, [(4, 99)], True),
    ],
)
def test_truncate_from_start(start_offset, expected, changed):
    epochs = epochs_of((1, 5), (2, 10), (4, 20))
    assert epochs.truncate_from_start(start_offset) == changed
    assert pairs(epochs) == expected
    assert epochs.latest_epoch == 4


def test_clear():
    epochs = epochs_of((1, 5))
    epochs.clear()
    assert len(epochs) == 0
    assert epochs.latest_epoch == -1
    assert epochs.assign(0, 0)


def test_the_checkpoint_text():
    text = format_checkpoint(epochs_of((1, 5), (2, 10)))
    assert text == "0\n2\n1 5\n2 10\n"
    assert parse_checkpoint(text) == [EpochStart(1, 5), EpochStart(2, 10)]
    assert format_checkpoint([]) == "0\n0\n"
    assert parse_checkpoint("0\n0\n") == []


@pytest.mark.parametrize(
    "text",
    ["", "0", "1\n0\n", "0\n1\n", "0\n2\n1 5\n", "0\n1\n1 5\n2 6\n", "0\n1\n1\n", "0\n1\na b\n", "0\n1\n-1 5\n"],
)
def test_damaged_checkpoints_are_recognised(text):
    with pytest.raises(CorruptEpochCheckpoint):
        parse_checkpoint(text)


@pytest.mark.parametrize("path", CHECKPOINTS, ids=lambda path: path.parent.name)
def test_checkpoints_of_kafka(path):
    text = path.read_text()
    assert format_checkpoint(parse_checkpoint(text)) == text
