"""Message sets of magic 0 and 1 are read as Kafka reads them."""

import base64
import struct
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwire.protocol.records.batch import CorruptBatch, IncompleteBatch, InvalidRecord
from kwire.protocol.records.compression import Codec, compress
from kwire.protocol.records.legacy import iter_legacy_records, read_legacy_batch

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def message(offset, value, *, magic=1, codec=0, timestamp=5):
    body = struct.pack(">bb", magic, codec) + (struct.pack(">q", timestamp) if magic else b"")
    body += struct.pack(">i", -1) + struct.pack(">i", -1 if value is None else len(value)) + (value or b"")
    return struct.pack(">qiI", offset, len(body) + 4, crc32(body)) + body


def test_legacy_batch_is_as_kafka_reads_it(legacy_batch):
    batch = read_legacy_batch(legacy_batch.data, legacy_batch.offset)
    facts = legacy_batch.facts
    assert (batch.magic, batch.size_bytes, batch.crc) == (facts["magic"], facts["sizeInBytes"], facts["crc"])
    assert (batch.last_offset, batch.timestamp) == (facts["lastOffset"], facts["maxTimestamp"])
    assert (batch.attributes, CODECS[batch.compression]) == (facts["attributes"], facts["compression"])
    assert batch.is_log_append_time == (facts["timestampType"] == "LogAppendTime")
    records = list(iter_legacy_records(batch))
    assert [(record.offset, record.timestamp) for record in records] == [
        (record["offset"], record["timestamp"]) for record in facts["records"]
    ]
    for record, expected in zip(records, facts["records"], strict=True):
        for field, text in ((record.key, expected["key"]), (record.value, expected["value"])):
            assert (None if field is None else base64.b64encode(field).decode()) == text
    assert records[0].offset == facts["baseOffset"]


@pytest.mark.parametrize("name", ["legacy/magic1-crc-flipped", "legacy/magic1-length-13", "magic/v2-bytes-marked-1"])
def test_broken_messages(all_vectors, name):
    vector = next(vector for vector in all_vectors if vector.name == name)
    with pytest.raises(CorruptBatch):
        read_legacy_batch(vector.data)


def test_cut_message_is_incomplete():
    data = message(3, b"value")
    for size in range(len(data)):
        with pytest.raises(IncompleteBatch):
            read_legacy_batch(data[:size])


@pytest.mark.parametrize(
    "wrapped",
    [
        b"",
        message(0, compress(Codec.GZIP, message(0, b"x")), codec=1),
        message(0, b"x", magic=0),
    ],
    ids=["empty", "a wrapper in a wrapper", "another magic"],
)
def test_odd_wrappers_are_invalid(wrapped):
    wrapper = read_legacy_batch(message(9, compress(Codec.GZIP, wrapped), codec=1))
    with pytest.raises(InvalidRecord):
        list(iter_legacy_records(wrapper))


def test_wrapper_whose_offset_is_too_small_is_invalid():
    wrapper = read_legacy_batch(message(1, compress(Codec.GZIP, message(4, b"x")), codec=1))
    with pytest.raises(InvalidRecord):
        list(iter_legacy_records(wrapper))


def test_wrapper_at_offset_0_keeps_its_inner_offsets_as_old_librdkafka_sends_them():
    inner = message(0, b"x") + message(1, b"y")
    wrapper = read_legacy_batch(message(0, compress(Codec.GZIP, inner), codec=1))
    assert [record.offset for record in iter_legacy_records(wrapper)] == [0, 1]


@pytest.mark.parametrize(("codec", "value"), [(1, None), (4, b"x")])
def test_wrapper_without_a_value_or_of_zstd_is_invalid(codec, value):
    with pytest.raises(InvalidRecord):
        list(iter_legacy_records(read_legacy_batch(message(0, value, codec=codec))))


@given(st.binary(max_size=100), st.integers(0, 7), st.sampled_from([0, 1]))
def test_any_value_of_a_wrapper_gives_records_or_a_corrupt_batch(value, codec, magic):
    batch = read_legacy_batch(message(0, value, codec=codec, magic=magic))
    try:
        records = list(iter_legacy_records(batch))
    except CorruptBatch:
        return
    assert records
