"""Records: read as Kafka reads them, written byte for byte as Kafka writes them."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwire.limits import MAX_READ_RECORDS
from kwire.protocol.records.batch import (
    CorruptBatch,
    InvalidRecord,
    TooManyRecords,
    UndecodableBatch,
    check_crc,
    read_header,
)
from kwire.protocol.records.compression import Codec
from kwire.protocol.records.record import (
    Record,
    append_record,
    assemble_batch,
    encode_batch,
    iter_records,
    keyed_batch,
    newest_timestamp,
    records_view,
    rewrite_batch,
)

ODD_FORMS = {"record/handmade-record-attributes-byte-ff", "record/handmade-non-minimal-varints"}
"""Readable, but no writer makes them: they cannot come out as they went in."""
BATCH_ERRORS = {
    "InvalidRecordException": InvalidRecord,
    "IllegalArgumentException": UndecodableBatch,
    "KafkaException": UndecodableBatch,
}


def as_tuples(records):
    return [
        (
            record.offset,
            record.timestamp,
            None if record.key is None else bytes(record.key),
            None if record.value is None else bytes(record.value),
            [(key, None if value is None else bytes(value)) for key, value in record.headers],
        )
        for record in records
    ]


def test_records_of_a_stored_batch_are_as_kafka_reads_them(stored_batch):
    header = read_header(stored_batch.data, stored_batch.offset)
    assert as_tuples(iter_records(stored_batch.data, header, stored_batch.offset)) == stored_batch.expected_records


def test_decompressed_records_are_kafkas_bytes(stored_batch):
    header = read_header(stored_batch.bytes)
    if header.compression == Codec.NONE:
        assert "uncompressedRecordsHex" not in stored_batch.facts
        assert records_view(stored_batch.bytes, header) == stored_batch.bytes[61:]
    else:
        assert records_view(stored_batch.bytes, header).hex() == stored_batch.facts["uncompressedRecordsHex"]


def test_rewritten_batch_is_byte_identical_where_nothing_is_compressed(stored_batch):
    header = read_header(stored_batch.bytes)
    records = list(iter_records(stored_batch.bytes, header))
    written = rewrite_batch(header, records)
    if stored_batch.name in ODD_FORMS:
        again = list(iter_records(written, read_header(written)))
        assert as_tuples(again) == as_tuples(records)
    elif header.is_log_append_time:
        # The producer's own timestamps are hidden behind the broker's, which take their place.
        assert as_tuples(iter_records(written, read_header(written))) == as_tuples(records)
    elif header.compression == Codec.NONE:
        assert written == stored_batch.bytes
    else:
        check_crc(written, header)
        assert records_view(written, header).hex() == stored_batch.facts["uncompressedRecordsHex"]


def test_new_batch_is_byte_identical_to_kafkas(all_vectors):
    names = {
        "none/single",
        "none/ten",
        "none/nulls-and-empties",
        "none/headers",
        "none/idempotent",
        "none/transactional",
    }
    names |= {
        "none/two-hundred-compressible",
        "extreme/no-timestamp",
        "varint/timestamp-deltas",
        "delete-horizon/built",
    }
    vectors = [vector for vector in all_vectors if vector.name in names]
    assert len(vectors) == len(names)
    for vector in vectors:
        header = read_header(vector.data)
        written = encode_batch(
            list(iter_records(vector.data, header)),
            base_offset=header.base_offset,
            leader_epoch=header.partition_leader_epoch,
            producer_id=header.producer_id,
            producer_epoch=header.producer_epoch,
            base_sequence=header.base_sequence,
            transactional=header.is_transactional,
            delete_horizon_ms=header.delete_horizon_ms,
        )
        assert written == vector.data, vector.name


def test_new_batch_with_log_append_time_is_byte_identical_to_kafkas(all_vectors):
    vector = next(vector for vector in all_vectors if vector.name == "none/log-append-time")
    records = [Record(77, 1700000000000, b"a", b"b"), Record(78, 1700000000007, b"c", b"d")]
    written = encode_batch(records, base_offset=77, leader_epoch=5, log_append_time_ms=1700000000099)
    assert written == vector.data


def test_broken_batches_break_as_in_kafka(vector):
    java = vector.facts.get("java")
    if java is None or vector.name.startswith(("legacy/", "magic/v2-bytes-marked-1")):
        assert vector.facts["valid"] or vector.name.startswith(("legacy/", "magic/"))
        return
    if java["error"] is None:
        count = 0
        if java["batchesSeen"]:
            count = len(list(iter_records(vector.data, read_header(vector.data))))
        assert count == java["recordsSeen"]
    elif java["stage"] == "iterate":
        header = read_header(vector.data)
        check_crc(vector.data, header)
        with pytest.raises(BATCH_ERRORS[java["error"]]) as caught:
            list(iter_records(vector.data, header))
        assert type(caught.value) is BATCH_ERRORS[java["error"]]
    else:
        with pytest.raises(CorruptBatch):
            check_crc(vector.data, read_header(vector.data))


def test_overlong_size_is_an_invalid_record_where_the_batch_is_compressed(all_vectors):
    """Kafka's stream reader tells it apart from its buffer reader."""
    vector = next(vector for vector in all_vectors if vector.name == "record/varint-overflow")
    batch = encode_batch([Record(0, 0, None, None)], compression=Codec.GZIP)
    header = read_header(batch)
    batch = assemble_batch(header, vector.data[61:])
    with pytest.raises(InvalidRecord):
        list(iter_records(batch, header))


def test_new_batch_needs_a_record():
    with pytest.raises(ValueError, match="record"):
        encode_batch([])


def test_records_are_views_of_the_batch():
    batch = encode_batch([Record(0, 1, b"key", b"value")])
    (record,) = iter_records(batch, read_header(batch))
    assert isinstance(record.key, memoryview)
    assert record.key.obj is batch


maybe_bytes = st.none() | st.binary(max_size=300)
timestamps = st.integers(-1, 2**63 - 1)
headers = st.lists(st.tuples(st.text(max_size=5), maybe_bytes), max_size=3)
record_lists = st.lists(
    st.builds(Record, st.just(0), timestamps, maybe_bytes, maybe_bytes, headers), min_size=1, max_size=8
)


@given(records=record_lists, base_offset=st.integers(0, 2**62), codec=st.sampled_from(Codec))
def test_what_is_written_is_read(records, base_offset, codec):
    batch = encode_batch(records, base_offset=base_offset, compression=codec)
    header = read_header(batch)
    check_crc(batch, header)
    assert header.max_timestamp == max(record.timestamp for record in records)
    for index, record in enumerate(records):
        record.offset = base_offset + index
    assert as_tuples(iter_records(batch, header)) == as_tuples(records)


@given(st.binary(max_size=300), st.integers(-1, 20), st.integers(0, 7))
def test_any_bytes_give_records_or_a_corrupt_batch(body, records_count, codec):
    batch = encode_batch([Record(0, 0, None, None)])
    header = read_header(batch)
    header.attributes, header.records_count = codec, records_count
    header.batch_length = 49 + len(body)
    try:
        records = list(iter_records(bytes(batch[:61]) + body, header))
    except CorruptBatch:
        return
    assert len(records) == max(records_count, 0)


def test_header_key_that_is_no_utf8_is_kept():
    batch = encode_batch([Record(0, 0, None, None, [("k\udcff", b"v")])])
    assert b"k\xff" in batch
    (record,) = iter_records(batch, read_header(batch))
    assert record.headers == [("k\udcff", b"v")]


@given(
    rows=st.lists(st.tuples(st.binary(max_size=200), st.none() | st.binary(max_size=9_000)), min_size=1, max_size=70),
    timestamp_ms=st.integers(0, 2**50),
)
def test_a_batch_of_keys_and_values_of_one_time_is_the_encoders(rows, timestamp_ms):
    batch, header = keyed_batch(rows, timestamp_ms)
    assert batch == encode_batch([Record(0, timestamp_ms, key, value) for key, value in rows])
    assert header == read_header(batch)
    check_crc(batch, header)


@given(records=record_lists, base_offset=st.integers(0, 2**62), codec=st.sampled_from(Codec))
def test_the_newest_timestamp_is_that_of_all_records(records, base_offset, codec):
    batch = bytes(10) + encode_batch(records, base_offset=base_offset, compression=codec)
    newest = max(record.timestamp for record in records)
    assert newest_timestamp(batch, read_header(batch, 10), 10) == newest


@pytest.mark.parametrize(
    "deltas", [(-70, -3, -5), (0, 63, -64), (0, 8191, 8192), (5, 2**50, 7), (-(2**50), 0, 0), (-(2**54),) * 3]
)
def test_the_newest_timestamp_whatever_the_records_say_relatively(deltas):
    records = [Record(0, 10**16 + delta, b"k" * (i * 100), b"v" * (i * 10_000)) for i, delta in enumerate(deltas)]
    header = read_header(encode_batch(records))
    header.base_timestamp = 10**16
    body = bytearray()
    for index, record in enumerate(records):
        append_record(body, record, index, header.base_timestamp)
    assert newest_timestamp(assemble_batch(header, body), header) == max(10**16 + max(deltas), -1)


def test_broken_records_have_no_newest_timestamp():
    batch = encode_batch([Record(0, 5, b"k", b"v" * 200), Record(0, 6, b"k", b"v")])
    for records_count in (1, 3):
        with pytest.raises(InvalidRecord):
            newest_timestamp(batch, replace(read_header(batch), records_count=records_count))
    with pytest.raises(InvalidRecord):
        newest_timestamp(batch, replace(read_header(batch), base_timestamp=2**63 - 1))
    with pytest.raises(TooManyRecords):
        newest_timestamp(batch, replace(read_header(batch), records_count=MAX_READ_RECORDS + 1))


@given(st.binary(max_size=300), st.integers(-1, 20), st.integers(0, 7))
def test_any_bytes_give_a_newest_timestamp_or_a_corrupt_batch(body, records_count, codec):
    header = read_header(encode_batch([Record(0, 0, None, None)]))
    header.attributes, header.records_count, header.batch_length = codec, records_count, 49 + len(body)
    with contextlib.suppress(CorruptBatch):
        assert -1 <= newest_timestamp(bytes(61) + body, header) < 2**63
