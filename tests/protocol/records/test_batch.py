"""Headers: read as Kafka reads them, checked, patched in place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwire.protocol.records.batch import (
    CorruptBatch,
    IncompleteBatch,
    add_sequence,
    check_crc,
    iter_headers,
    new_batch,
    patch_offset,
    read_header,
    set_create_time,
    set_log_append_time,
)
from kwire.protocol.records.record import Record, encode_batch

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def test_the_vectors_are_all_here(all_vectors):
    assert len(all_vectors) == 167


def test_header_of_a_stored_batch_is_as_kafka_reads_it(stored_batch):
    header = read_header(stored_batch.data, stored_batch.offset)
    facts = stored_batch.facts
    read = {
        "magic": header.magic,
        "sizeInBytes": header.size_bytes,
        "batchLength": header.batch_length,
        "crc": header.crc,
        "attributes": header.attributes,
        "compression": CODECS[header.compression],
        "timestampType": "LogAppendTime" if header.is_log_append_time else "CreateTime",
        "baseOffset": header.base_offset,
        "lastOffset": header.last_offset,
        "lastOffsetDelta": header.last_offset_delta,
        "baseTimestamp": header.base_timestamp,
        "maxTimestamp": header.max_timestamp,
        "partitionLeaderEpoch": header.partition_leader_epoch,
        "producerId": header.producer_id,
        "producerEpoch": header.producer_epoch,
        "baseSequence": header.base_sequence,
        "lastSequence": header.last_sequence,
        "recordsCount": header.records_count,
        "isTransactional": header.is_transactional,
        "isControl": header.is_control,
    }
    assert read == {name: facts[name] for name in read}
    assert header.delete_horizon_ms == facts.get("deleteHorizonMs")
    assert header.has_delete_horizon == ("deleteHorizonMs" in facts)
    assert header.next_offset == facts["lastOffset"] + 1
    assert header.has_producer_id == (facts["producerId"] >= 0)
    check_crc(stored_batch.data, header, stored_batch.offset)


def test_header_is_written_as_it_was_read(stored_batch):
    header = read_header(stored_batch.bytes)
    header.batch_length = header.crc = 0
    assert new_batch(header, stored_batch.bytes[61:]) == stored_batch.bytes
    assert header == read_header(stored_batch.bytes)


def test_headers_of_a_log_are_found_one_after_the_other(all_vectors):
    vector = next(vector for vector in all_vectors if vector.name == "multi/partial-tail-ignored")
    found = [(position, header.base_offset) for position, header in iter_headers(vector.data)]
    facts = vector.facts["batches"]
    assert found == [(0, facts[0]["baseOffset"]), (facts[0]["sizeInBytes"], facts[1]["baseOffset"])]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("length/negative", CorruptBatch),
        ("length/zero", CorruptBatch),
        ("length/below-v2-header", CorruptBatch),
        ("length/one-too-long", IncompleteBatch),
        ("length/int-max", IncompleteBatch),
        ("length/truncated-header", IncompleteBatch),
        ("length/truncated-body", IncompleteBatch),
        ("length/empty-input", IncompleteBatch),
        ("magic/3", CorruptBatch),
        ("magic/-1", CorruptBatch),
        ("legacy/magic1-none", CorruptBatch),
    ],
)
def test_what_is_no_whole_batch_is_refused(all_vectors, name, error):
    vector = next(vector for vector in all_vectors if vector.name == name)
    with pytest.raises(CorruptBatch) as caught:
        read_header(vector.data)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "name", ["crc/flipped", "crc/payload-bit-flip", "crc/attributes-changed", "length/one-too-short"]
)
def test_wrong_crc_is_told(all_vectors, name):
    vector = next(vector for vector in all_vectors if vector.name == name)
    with pytest.raises(CorruptBatch, match="CRC"):
        check_crc(vector.data, read_header(vector.data))


def test_patching_the_offset_leaves_the_crc_right():
    buffer = bytearray(b"other bytes") + encode_batch([Record(0, 5, b"k", b"v")])
    patch_offset(buffer, 2**40, 7, offset=11)
    header = read_header(buffer, 11)
    assert (header.base_offset, header.partition_leader_epoch) == (2**40, 7)
    check_crc(buffer, header, 11)


def test_log_append_time_is_set_and_unset_in_place():
    batch = encode_batch([Record(0, 5, b"k", b"v")])
    before = bytes(batch)
    header = read_header(batch)
    set_log_append_time(batch, header, 99)
    assert header == read_header(batch)
    assert (header.is_log_append_time, header.max_timestamp) == (True, 99)
    check_crc(batch, header)
    set_create_time(batch, header, 5)
    assert batch == before


def test_reserved_attributes_go_only_when_the_timestamps_change():
    batch = encode_batch([Record(0, 5, b"k", b"v")])
    header = read_header(batch)
    header.attributes |= 0x180
    batch = new_batch(header, batch[61:])
    set_create_time(batch, header, 5)
    assert read_header(batch).attributes == 0x180
    set_create_time(batch, header, 6)
    assert read_header(batch).attributes == 0


def test_sequence_numbers_wrap_to_zero():
    assert add_sequence(2**31 - 1, 1) == 0
    assert add_sequence(2**31 - 2, 5) == 3
    assert add_sequence(10, 5) == 15


@given(st.binary(max_size=200), st.integers(0, 20))
def test_any_bytes_give_a_header_or_a_corrupt_batch(data, offset):
    try:
        header = read_header(data, offset)
    except CorruptBatch:
        return
    assert header.magic == 2
    assert offset + header.size_bytes <= len(data)
