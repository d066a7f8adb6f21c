"""Reading a coordinator's log."""

import logging

from hypothesis import example, given
from hypothesis import strategies as st

from kwire.coordinator.loading import ALIKE_RECORDS, _scanned, load
from kwire.protocol.errors import ProtocolError
from kwire.protocol.records.batch import CorruptBatch, read_header
from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.protocol.records.record import Record, encode_batch, iter_records
from kwire.storage.config import LogConfig
from kwire.storage.memory import MemoryStore
from tests.kit.cluster import build_env


class Notes:
    """A machine that notes what it is told."""

    def __init__(self):
        self.told = []

    def replay_stored(self, key, value, producer_id=-1):
        if key == b"bad":
            raise ProtocolError("no such record")
        self.told.append((key, value, producer_id))

    def end_transaction(self, producer_id, *, committed):
        self.told.append((producer_id, committed))


def log_of(*batches):
    store = MemoryStore(build_env())
    store.start()
    log = store.open("__consumer_offsets", b"o" * 16, 0, LogConfig())
    for batch in batches:
        log.append(batch, read_header(batch), 0, 0)
    return log


def batch(*rows, **options):
    return encode_batch([Record(index, 0, key, value) for index, (key, value) in enumerate(rows)], **options)


def loaded(*batches):
    notes = Notes()
    for _ in load(log_of(*batches), notes):
        pass
    return notes.told


def test_only_the_last_record_of_a_key_counts_tombstones_first():
    told = loaded(batch((b"a", b"1"), (b"b", b"1")), batch((b"a", b"2"), (b"c", None)), batch((b"b", None)))
    assert told == [(b"b", None, -1), (b"c", None, -1), (b"a", b"2", -1)]


@given(
    rows=st.lists(
        st.tuples(
            st.binary(max_size=200), st.none() | st.binary(max_size=20) | st.binary(min_size=8190, max_size=8200)
        ),
        min_size=1,
        max_size=5,
    ),
    timestamps=st.lists(st.integers(0, 2**40), min_size=5, max_size=5),
    compression=st.sampled_from([0, 1]),
    header=st.booleans(),
)
def test_what_is_scanned_is_what_the_records_are(rows, timestamps, compression, header):
    headers = [("h", b"v")] if header else []
    records = [Record(i, timestamps[i], key, value, headers) for i, (key, value) in enumerate(rows)]
    told = loaded(encode_batch(records, compression=compression))
    assert {key: value for key, value, _ in told} == dict(rows)


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=2), st.none() | st.binary(max_size=2)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from([0, 0, 0, 1, 200])), min_size=ALIKE_RECORDS, max_size=200),
)
def test_records_of_one_shape_are_scanned_as_others_are(shapes, rows):
    records = []
    for index, (shape, timestamp) in enumerate(rows):
        key, value = shapes[shape % len(shapes)]
        records.append(Record(index, timestamp, key + b"%03d" % (index % 150), value))
    whole = bytes(encode_batch(records))
    assert _scanned(whole, 0, read_header(whole)) == [(record.key, record.value) for record in records]


def test_records_of_one_size_whose_fields_have_others():
    sizes = [10 + index * index % 31 for index in range(1000)]
    records = [Record(index, 0, b"k" * size, b"v" * (60 - size)) for index, size in enumerate(sizes)]
    whole = bytes(encode_batch(records))
    assert _scanned(whole, 0, read_header(whole)) == [(record.key, record.value) for record in records]


def _with_records(data: bytes, count: int):
    whole = bytearray(encode_batch([Record(0, 0, b"k", b"v")])[:61] + data)
    header = read_header(bytes(encode_batch([Record(0, 0, b"k", b"v")])))
    header.batch_length = len(whole) - 12
    header.records_count = count
    return bytes(whole), header


RECORDS = bytes(encode_batch([Record(index, index * 50, b"key %d" % index, b"value") for index in range(9)])[61:])


@given(
    st.one_of(
        st.binary(max_size=60),
        st.tuples(st.integers(0, len(RECORDS) - 1), st.binary(min_size=1, max_size=3)).map(
            lambda change: RECORDS[: change[0]] + change[1] + RECORDS[change[0] + len(change[1]) :]
        ),
    ),
    st.integers(-1, 10),
)
@example(b"\x10\x00\x80", 1)
@example(RECORDS, 8)
@example(b"", -1)
def test_only_what_is_right_is_scanned(noise, count):
    """And never otherwise than record by record."""
    whole, header = _with_records(noise, count)
    found = _scanned(whole + b"\x80" * 20, 0, header)
    try:
        wanted = [(record.key, record.value) for record in iter_records(whole, header, 0)]
    except CorruptBatch:
        wanted = None
    assert found is None or found == wanted


def test_a_batch_that_is_spoilt_counts_in_no_part(caplog):
    spoilt = batch((b"a", b"2"), (b"b", b"2"))
    spoilt[-1] = 2  # a header that is not there
    with caplog.at_level(logging.ERROR):
        assert loaded(batch((b"a", b"1")), spoilt) == [(b"a", b"1", -1)]
    assert "a batch of a coordinator's log at offset 1 is skipped" in caplog.text


def test_transactions_are_told_as_they_come():
    open_ended = {"producer_id": 7, "producer_epoch": 0, "base_sequence": 0, "transactional": True}
    marker = encode_marker_batch(EndTransactionMarker(committed=True, coordinator_epoch=1), 7, 0, 0)
    told = loaded(batch((b"a", b"1")), batch((b"a", b"2"), **open_ended), batch((b"a", b"3")), marker)
    assert told == [(b"a", b"1", -1), (b"a", b"2", 7), (b"a", b"3", -1), (7, True)]


def test_what_cannot_be_read_is_skipped_and_said(caplog):
    with caplog.at_level(logging.ERROR):
        assert loaded(batch((b"bad", b"1"), (b"a", b"1"))) == [(b"a", b"1", -1)]
    assert "no such record" in caplog.text


def test_an_empty_log():
    assert loaded() == []
