"""Producer ids come from blocks, each of them used up before the next one is asked for."""

import pytest

from kwire.broker.producer_ids import ProducerIds
from kwire.protocol.errors import ApiError, ErrorCode


def test_blocks_are_used_up_in_order():
    blocks = [range(100, 103), range(900, 902)]
    asked = []

    def allocate():
        asked.append(True)
        return blocks[len(asked) - 1]

    ids = ProducerIds(allocate)
    assert not asked
    assert [ids.next() for _ in range(3)] == [100, 101, 102]
    assert len(asked) == 1
    assert [ids.next() for _ in range(2)] == [900, 901]


def test_a_block_that_could_not_be_had_is_asked_for_again():
    failures = [True]

    def allocate():
        if failures:
            failures.pop()
            raise ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
        return range(5, 6)

    ids = ProducerIds(allocate)
    with pytest.raises(ApiError):
        ids.next()
    assert ids.next() == 5
