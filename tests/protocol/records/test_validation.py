"""What a broker accepts from a producer: Kafka's verdicts and stored bytes, and the cheaper judgement by default."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwire.limits import MAX_PRODUCED_BYTES, MAX_READ_RECORDS, MAX_RECORD_ERRORS
from kwire.protocol.errors import ErrorCode
from kwire.protocol.records.batch import BatchHeader, check_crc, new_batch, patch_offset, read_header
from kwire.protocol.records.compression import Codec
from kwire.protocol.records.record import Record, append_record, assemble_batch, encode_batch, iter_records
from kwire.protocol.records.validation import (
    CODECS,
    InvalidBatch,
    ProduceRules,
    has_transactional_records,
    validate_produce,
)

NOW_MS = 1_800_000_000_000
LONG_MAX = 2**63 - 1
EVERY_TIMESTAMP = ProduceRules(after_max_ms=LONG_MAX)
"""The rules of the topic that the vectors' verdicts were observed on."""
RECORDS_DOC = Path(__file__).parents[3] / "docs" / "records.md"


def verdict(data, rules, api_version=12, **options):
    """(Error name, bytes that are stored at offset 0 under leader epoch 0, indexes of record errors), as a broker decides."""
    buffer = memoryview(bytearray(data))
    if has_transactional_records(buffer):  # the vectors were sent without a transactional id
        return "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", None, []
    try:
        validated = validate_produce(buffer, rules, NOW_MS, api_version, **options)
    except InvalidBatch as error:
        return error.code.name, None, [index for index, _ in error.record_errors]
    patch_offset(validated.batch, 0, 0)
    assert read_header(validated.batch) == replace(validated.header, base_offset=0, partition_leader_epoch=0)
    check_crc(validated.batch, validated.header)
    return "NONE", bytes(validated.batch), []


def kafkas_verdict(vector):
    facts = vector.facts["brokerProduceV12"]
    stored = None
    if facts["errorName"] == "NONE":
        sent = bytearray(vector.data)
        patch_offset(sent, 0, 0)
        stored = bytes.fromhex(facts["storedHex"]) if "storedHex" in facts else bytes(sent)
        assert len(stored) == facts["storedSize"]
    return facts["errorName"], stored, facts["recordErrorIndexes"]


def refused(records, rules, **arguments):
    with pytest.raises(InvalidBatch) as caught:
        validate_produce(memoryview(records), rules, NOW_MS, **arguments)
    return caught.value


def batch_of(*timestamps, key=b"k", **options):
    return encode_batch([Record(0, timestamp, key, b"v" * 20) for timestamp in timestamps], **options)


def stored_records(validated):
    return [
        (record.offset, record.timestamp, bytes(record.value))
        for record in iter_records(validated.batch, validated.header)
    ]


def test_verdict_and_stored_bytes_are_kafkas_where_records_are_validated(vector):
    assert verdict(vector.data, replace(EVERY_TIMESTAMP, validate_records=True)) == kafkas_verdict(vector)


def differences(vectors, **options):
    """Return vector and Kafka's verdict of those that kwire judges differently by default."""
    for vector in vectors:
        by_default, kafkas = verdict(vector.data, EVERY_TIMESTAMP, **options), kafkas_verdict(vector)
        if by_default != kafkas:
            assert by_default[0] == "NONE"
            yield vector, kafkas


def test_the_documented_differences_are_all_that_the_default_makes(all_vectors):
    rows = ["| vector | what is odd | Kafka, and kwire with validation | kwire by default |", "|---|---|---|---|"]
    for vector, kafkas in differences(all_vectors):
        rows.append(f"| {vector.name} | {vector.facts['reason']} | {kafkas[0]} | stored as sent |")
    assert "\n".join(rows) in RECORDS_DOC.read_text(encoding="utf-8")


def test_of_a_known_client_a_max_timestamp_that_is_too_small_is_believed_too(all_vectors):
    others = {vector.name for vector, _ in differences(all_vectors)}
    believed = [each for each in differences(all_vectors, knows_newest=True) if each[0].name not in others]
    assert {kafkas[0] for _, kafkas in believed} == {"NONE"}
    names = " and ".join(f"`{vector.name}`" for vector, _ in believed)
    assert f"From a known client, also {names}: Kafka corrects their max timestamp" in RECORDS_DOC.read_text(
        encoding="utf-8"
    ).replace("\n", " ")


def test_usual_batch_is_a_view_of_what_was_received():
    buffer = batch_of(NOW_MS)
    sent = bytes(buffer)
    validated = validate_produce(memoryview(buffer), ProduceRules(), NOW_MS)
    assert validated.batch.obj is buffer
    assert validated.batch == sent
    assert validated.log_append_time_ms == -1


def test_beginning_of_a_second_batch_is_cut_off_without_a_copy():
    buffer = batch_of(NOW_MS)
    size = len(buffer)
    buffer += bytes(8) + (100).to_bytes(4, "big") + bytes(20)
    buffer[size + 16] = 2
    validated = validate_produce(memoryview(buffer), ProduceRules(), NOW_MS)
    assert validated.batch.obj is buffer
    assert len(validated.batch) == size


@pytest.mark.parametrize("validate", [False, True])
def test_log_append_time_is_patched_into_the_header(validate):
    buffer = batch_of(5, 6)
    rules = ProduceRules(timestamp_type="LogAppendTime", validate_records=validate, before_max_ms=1)
    validated = validate_produce(memoryview(buffer), rules, NOW_MS)
    assert validated.log_append_time_ms == NOW_MS
    assert validated.batch.obj is buffer
    check_crc(validated.batch, read_header(validated.batch))
    assert [timestamp for _, timestamp, _ in stored_records(validated)] == [NOW_MS, NOW_MS]


def test_producer_may_not_set_log_append_time_itself():
    error = refused(batch_of(5, 6, log_append_time_ms=7), ProduceRules(timestamp_type="LogAppendTime"))
    assert error.code is ErrorCode.INVALID_TIMESTAMP
    assert [index for index, _ in error.record_errors] == [0, 1]
    assert refused(batch_of(-1, log_append_time_ms=-1), ProduceRules()).code is ErrorCode.INVALID_TIMESTAMP


def test_compacted_topic_needs_keys():
    records = [Record(0, NOW_MS, key, b"v") for key in (b"k", None, b"", None)]
    error = refused(encode_batch(records), ProduceRules(compact=True))
    assert error.code is ErrorCode.INVALID_RECORD
    assert [index for index, _ in error.record_errors] == [1, 3]
    assert error.reply_message
    assert validate_produce(memoryview(encode_batch(records[:1])), ProduceRules(compact=True), NOW_MS)


@pytest.mark.parametrize("codec", list(Codec))
def test_timestamps_too_old_or_too_new(codec):
    hour_ms = 3_600_000
    rules = ProduceRules(before_max_ms=1000)
    error = refused(batch_of(NOW_MS, NOW_MS - 1001, NOW_MS - 1000, -1, NOW_MS + hour_ms + 1, compression=codec), rules)
    assert error.code is ErrorCode.INVALID_TIMESTAMP
    assert [index for index, _ in error.record_errors] == [1, 4]
    error = refused(batch_of(0, NOW_MS + hour_ms, NOW_MS + hour_ms + 1, compression=codec), ProduceRules())
    assert [index for index, _ in error.record_errors] == [2]
    assert validate_produce(memoryview(batch_of(0, NOW_MS + hour_ms, compression=codec)), ProduceRules(), NOW_MS)


def test_timestamp_error_outweighs_a_missing_key():
    records = [Record(0, 1, None, b""), Record(0, 2, b"k", b"")]
    error = refused(encode_batch(records), ProduceRules(compact=True, before_max_ms=5))
    assert error.code is ErrorCode.INVALID_TIMESTAMP
    assert [index for index, _ in error.record_errors] == [0, 1]


@pytest.mark.parametrize("target", list(CODECS))
@pytest.mark.parametrize("source", list(Codec))
def test_compression_type_of_the_topic(source, target):
    buffer = batch_of(
        NOW_MS,
        NOW_MS + 5,
        NOW_MS - 3,
        compression=source,
        producer_id=9,
        producer_epoch=2,
        base_sequence=4,
        transactional=True,
    )
    sent = bytes(buffer)
    rules = ProduceRules(compression_type=target, gzip_level=9, lz4_level=3, zstd_level=19)
    validated = validate_produce(memoryview(buffer), rules, NOW_MS)
    header = read_header(validated.batch)
    check_crc(validated.batch, header)
    assert header.compression == CODECS[target]
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (9, 2, 4)
    assert (header.is_transactional, header.max_timestamp, header.last_offset_delta) == (True, NOW_MS + 5, 2)
    assert stored_records(validated) == [
        (0, NOW_MS, b"v" * 20),
        (1, NOW_MS + 5, b"v" * 20),
        (2, NOW_MS - 3, b"v" * 20),
    ]
    assert (bytes(validated.batch) == sent) is (source == CODECS[target])


def test_recompression_keeps_headers_and_dates_by_the_brokers_clock():
    records = [Record(0, 5, b"k", None, [("h", b"1"), ("h", None)])]
    rules = ProduceRules(compression_type="gzip", timestamp_type="LogAppendTime")
    validated = validate_produce(memoryview(encode_batch(records)), rules, NOW_MS)
    (record,) = iter_records(validated.batch, validated.header)
    assert (record.timestamp, record.headers, record.value) == (NOW_MS, [("h", b"1"), ("h", None)], None)
    assert validated.log_append_time_ms == NOW_MS


def test_recompressed_batch_may_be_too_large():
    buffer = batch_of(*[NOW_MS] * 500, compression=Codec.GZIP)
    rules = ProduceRules(max_message_bytes=2000)
    assert len(validate_produce(memoryview(buffer), rules, NOW_MS).batch) < 2000
    error = refused(buffer, replace(rules, compression_type="uncompressed"))
    assert error.code is ErrorCode.MESSAGE_TOO_LARGE


def test_compressed_records_with_odd_offsets_are_numbered_anew():
    header = read_header(batch_of(5, 6, compression=Codec.GZIP))
    body = bytearray()
    for delta in (3, 1):
        append_record(body, Record(0, 5, b"k", b"%d" % delta), delta, 5)
    rules = ProduceRules(validate_records=True, after_max_ms=LONG_MAX)
    validated = validate_produce(memoryview(assemble_batch(header, body)), rules, NOW_MS)
    assert stored_records(validated) == [(0, 5, b"3"), (1, 5, b"1")]
    assert validated.header.compression == Codec.GZIP


def test_sizes():
    buffer = batch_of(NOW_MS)
    assert validate_produce(memoryview(buffer), ProduceRules(max_message_bytes=len(buffer)), NOW_MS)
    error = refused(buffer, ProduceRules(max_message_bytes=len(buffer) - 1))
    assert error.code is ErrorCode.MESSAGE_TOO_LARGE
    assert error.reply_message is None
    assert refused(buffer, ProduceRules(segment_bytes=len(buffer) - 1)).code is ErrorCode.RECORD_LIST_TOO_LARGE


@pytest.mark.parametrize("codec", [Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD])
def test_records_that_decompress_to_too_much(codec):
    buffer = encode_batch([Record(0, NOW_MS, b"k", bytes(100_000))], compression=codec)
    rules = ProduceRules(validate_records=True, max_decompressed_bytes=99_999)
    assert refused(buffer, rules).code is ErrorCode.MESSAGE_TOO_LARGE
    assert validate_produce(memoryview(buffer), replace(rules, max_decompressed_bytes=100_100), NOW_MS)


def test_more_records_than_are_read():
    header = read_header(batch_of(NOW_MS, compression=Codec.ZSTD))
    header.records_count, header.last_offset_delta = MAX_READ_RECORDS + 1, MAX_READ_RECORDS
    buffer = assemble_batch(header, b"")
    assert refused(buffer, ProduceRules(compact=True)).code is ErrorCode.MESSAGE_TOO_LARGE


def many_headers(per_record, records=1):
    headers = [("", b"")] * per_record
    return encode_batch([Record(i, NOW_MS, b"k", b"v", headers) for i in range(records)], compression=Codec.ZSTD)


@pytest.mark.parametrize(("per_record", "records"), [(MAX_READ_RECORDS + 1, 1), (MAX_READ_RECORDS // 100, 100)])
def test_more_headers_than_are_read(per_record, records):
    error = refused(many_headers(per_record, records), ProduceRules(compact=True))
    assert error.code is ErrorCode.MESSAGE_TOO_LARGE
    assert str(MAX_READ_RECORDS) in str(error)
    assert validate_produce(memoryview(many_headers(100, 100)), ProduceRules(compact=True), NOW_MS)


def test_records_that_are_read_twice_count_twice():
    for count, code in ((MAX_READ_RECORDS // 2, None), (MAX_READ_RECORDS // 2 + 1, ErrorCode.MESSAGE_TOO_LARGE)):
        header = read_header(batch_of(*[NOW_MS] * 2, compression=Codec.ZSTD))
        header.records_count, header.last_offset_delta = count, count - 1
        body = bytearray()
        for delta in range(count):
            append_record(body, Record(0, NOW_MS, b"k", b""), delta if delta < count - 1 else 0, NOW_MS)
        buffer = assemble_batch(header, body)
        if code is None:
            assert validate_produce(memoryview(buffer), ProduceRules(compact=True), NOW_MS)
        else:
            assert refused(buffer, ProduceRules(compact=True)).code is code


def test_the_longest_unfolded_batch():
    rules = ProduceRules(compact=True, max_decompressed_bytes=2**31 - 9)
    for value_bytes, code in ((MAX_PRODUCED_BYTES - 100, None), (MAX_PRODUCED_BYTES, ErrorCode.MESSAGE_TOO_LARGE)):
        buffer = encode_batch([Record(0, NOW_MS, b"k", bytes(value_bytes))], compression=Codec.LZ4)
        if code is None:
            assert validate_produce(memoryview(buffer), rules, NOW_MS)
        else:
            assert refused(buffer, rules).code is code


def test_late_errors_count_though_their_rows_are_left_out():
    records = [Record(i, NOW_MS, None, b"v") for i in range(MAX_RECORD_ERRORS + 1)]
    keyless = refused(encode_batch(records), ProduceRules(compact=True))
    assert keyless.code is ErrorCode.INVALID_RECORD
    assert f"due to {MAX_RECORD_ERRORS + 1} record errors" in keyless.reply_message
    late = Record(len(records), NOW_MS + 10**9, b"k", b"v")
    assert refused(encode_batch([*records, late]), ProduceRules(compact=True)).code is ErrorCode.INVALID_TIMESTAMP


def test_rows_of_record_errors_are_bounded():
    buffer = batch_of(*[NOW_MS] * (MAX_RECORD_ERRORS + 5), key=None)
    assert len(refused(buffer, ProduceRules(compact=True)).record_errors) == MAX_RECORD_ERRORS


def test_zstd_needs_produce_7():
    buffer = batch_of(NOW_MS, compression=Codec.ZSTD)
    assert refused(buffer, ProduceRules(), api_version=6).code is ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
    assert validate_produce(memoryview(buffer), ProduceRules(), NOW_MS, api_version=7)
    assert validate_produce(memoryview(batch_of(NOW_MS, compression=Codec.LZ4)), ProduceRules(), NOW_MS, api_version=3)


def test_null_records():
    with pytest.raises(InvalidBatch) as caught:
        validate_produce(None, ProduceRules(), NOW_MS)
    assert caught.value.code is ErrorCode.UNKNOWN_SERVER_ERROR
    assert not has_transactional_records(None)


def test_negative_timestamp_cannot_be_recompressed():
    buffer = batch_of(-5, -1)
    assert validate_produce(memoryview(bytearray(buffer)), EVERY_TIMESTAMP, NOW_MS)
    error = refused(buffer, replace(EVERY_TIMESTAMP, compression_type="gzip"))
    assert error.code is ErrorCode.UNKNOWN_SERVER_ERROR


def test_transactional_records_are_seen(all_vectors):
    seen = {vector.name for vector in all_vectors if has_transactional_records(memoryview(vector.data))}
    refusal = "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"
    assert seen == {vector.name for vector in all_vectors if vector.facts["brokerProduceV12"]["errorName"] == refusal}


rules_of_any_kind = st.builds(
    ProduceRules,
    timestamp_type=st.sampled_from(["CreateTime", "LogAppendTime"]),
    before_max_ms=st.sampled_from([1000, LONG_MAX]),
    compression_type=st.sampled_from(["producer", *CODECS]),
    compact=st.booleans(),
    validate_records=st.booleans(),
    max_decompressed_bytes=st.just(10_000),
)


@given(st.binary(max_size=200), rules_of_any_kind, st.integers(0, 20))
def test_any_bytes_are_stored_or_refused(data, rules, api_version):
    try:
        validated = validate_produce(memoryview(bytearray(data)), rules, NOW_MS, api_version)
    except InvalidBatch:
        return
    check_crc(validated.batch, read_header(validated.batch))


@given(
    body=st.binary(max_size=100),
    attributes=st.integers(-0x8000, 0x7FFF),
    timestamps=st.tuples(st.integers(-(2**63), LONG_MAX), st.integers(-(2**63), LONG_MAX)),
    producer=st.tuples(st.integers(-1, 3), st.integers(-1, 3), st.integers(-1, 3)),
    count=st.integers(1, 4),
    rules=rules_of_any_kind,
)
def test_any_body_with_a_right_crc_is_stored_or_refused(body, attributes, timestamps, producer, count, rules):
    header = BatchHeader(0, 0, -1, 2, 0, attributes, count - 1, *timestamps, *producer, count)
    data = new_batch(header, body)
    try:
        validated = validate_produce(memoryview(data), rules, NOW_MS)
    except InvalidBatch:
        return
    check_crc(validated.batch, read_header(validated.batch))


def lying(max_timestamp, *timestamps, **options):
    """Make a batch whose header has another max timestamp than its records."""
    buffer = batch_of(*timestamps, **options)
    header = read_header(buffer)
    header.max_timestamp = max_timestamp
    return new_batch(header, bytes(buffer[61:]))


TIMES = NOW_MS, NOW_MS + 30_000, NOW_MS + 10_000


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("claimed", [-1, 0, NOW_MS, NOW_MS + 10_000, NOW_MS + 30_001, NOW_MS + 10**10, LONG_MAX])
def test_a_wrong_max_timestamp_is_corrected(codec, claimed):
    buffer = lying(claimed, *TIMES, compression=codec)
    validated = validate_produce(memoryview(buffer), ProduceRules(), NOW_MS)
    assert validated.batch.obj is buffer
    assert validated.batch == batch_of(*TIMES, compression=codec)
    assert validated.header == read_header(validated.batch)


def test_a_known_client_is_believed_unless_it_contradicts_itself():
    for claimed, stored in ((NOW_MS + 10_000, NOW_MS + 10_000), (NOW_MS - 1, NOW_MS + 30_000), (-1, NOW_MS + 30_000)):
        validated = validate_produce(memoryview(lying(claimed, *TIMES)), ProduceRules(), NOW_MS, knows_newest=True)
        assert validated.header.max_timestamp == read_header(validated.batch).max_timestamp == stored


def test_records_from_the_future_are_refused_whatever_the_header_says():
    late = NOW_MS, NOW_MS + 3_600_001
    error = refused(lying(NOW_MS, *late), ProduceRules())
    assert (error.code, error.record_errors[0][0]) == (ErrorCode.INVALID_TIMESTAMP, 1)
    validated = validate_produce(memoryview(lying(NOW_MS, *late)), ProduceRules(timestamp_type="LogAppendTime"), NOW_MS)
    assert validated.header.max_timestamp == NOW_MS
    assert validate_produce(memoryview(lying(late[1], NOW_MS)), ProduceRules(), NOW_MS).header.max_timestamp == NOW_MS


def test_a_batch_whose_records_cannot_be_read_is_stored_as_sent():
    too_many = read_header(batch_of(*TIMES))
    too_many.records_count, too_many.last_offset_delta = MAX_READ_RECORDS + 1, MAX_READ_RECORDS
    broken = lying(5, *TIMES)
    broken[61] += 1
    gzip = lying(5, *TIMES)
    gzip[22] |= Codec.GZIP
    for buffer in (assemble_batch(too_many, bytes(7) * (MAX_READ_RECORDS + 1)), broken, gzip):
        sent = new_batch(read_header(buffer), bytes(buffer[61:]))
        assert validate_produce(memoryview(bytearray(sent)), ProduceRules(), NOW_MS).batch == sent
    small = ProduceRules(max_decompressed_bytes=50)
    sent = lying(5, *TIMES, compression=Codec.LZ4)
    assert validate_produce(memoryview(bytearray(sent)), small, NOW_MS).batch == sent
