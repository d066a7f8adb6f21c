"""A log is read to its end in pieces, by the metadata log and by coordinators alike."""

from itertools import groupby

import pytest

from kwire.protocol.records.batch import read_header
from kwire.storage.memory import MemoryStore
from kwire.storage.port import StorageError
from kwire.storage.replay import read_to_end
from kwire.storage.segments.store import SegmentStore
from tests.kit.cleaning_contract import COMPACTED, keyed
from tests.kit.storage_bench import START_MS, TOPIC, TOPIC_ID, FakeTime


@pytest.fixture(params=["memory", "segments"])
def log(request, tmp_path):
    env = FakeTime().env()
    store = MemoryStore(env) if request.param == "memory" else SegmentStore(str(tmp_path), env)
    store.start()
    yield store.open(TOPIC, TOPIC_ID, 0, COMPACTED)
    store.close()


def append(log, *pairs):
    batch = keyed(*pairs)
    log.append(batch, read_header(batch), 0, START_MS)
    return len(batch)


def offsets(log, from_offset, piece_bytes):
    """The offsets at which the batches of each piece begin."""
    pieces = groupby(read_to_end(log, from_offset, piece_bytes), key=lambda batch: id(batch[0]))
    return [[header.base_offset for _data, _position, header in batches] for _, batches in pieces]


def test_each_piece_is_as_long_as_asked_but_has_a_batch_at_least(log):
    for _ in range(4):
        size_bytes = append(log, (b"a", b"1"), (b"b", b"2"))
    assert offsets(log, 0, 1) == [[0], [2], [4], [6]]
    assert offsets(log, 0, 2 * size_bytes) == [[0, 2], [4, 6]]
    assert offsets(log, 0, 2 * size_bytes + 10) == [[0, 2], [4, 6]]


def test_it_begins_with_the_batch_that_has_the_offset(log):
    for _ in range(2):
        append(log, (b"a", b"1"), (b"b", b"2"))
    assert offsets(log, 3, 1) == [[2]]
    assert offsets(log, 4, 1) == []


def test_what_is_appended_meanwhile_is_read(log):
    append(log, (b"a", b"1"))
    pieces = read_to_end(log, 0, 1)
    assert next(pieces)[2].base_offset == 0
    append(log, (b"a", b"2"))
    assert [read_header(data, position).base_offset for data, position, _header in pieces] == [1]


def test_it_ends_where_nothing_is_stored_up_to_the_end(log, monkeypatch):
    """As compaction may leave a log that another broker wrote."""
    append(log, (b"a", b"1"))
    append(log, (b"a", None))
    read = log.read

    def read_gap(offset, max_bytes, **options):
        return read(offset, max_bytes, **options) if offset < 1 else read(2, max_bytes, **options)

    monkeypatch.setattr(type(log), "read", lambda _log, *args, **options: read_gap(*args, **options))
    assert offsets(log, 0, 1) == [[0]]


def test_a_piece_without_a_whole_batch_is_an_error_and_not_the_end(log, monkeypatch):
    append(log, (b"a", b"1"))
    read = type(log).read

    class Cut:
        def tobytes(self):
            return read(log, 0, 1, before_offset=1, min_one_batch=True).tobytes()[:-1]

        def close(self):
            """There is nothing to let go of."""

    monkeypatch.setattr(type(log), "read", lambda *_args, **_options: Cut())
    with pytest.raises(StorageError, match="no whole batch can be read at offset 0"):
        offsets(log, 0, 1)
