"""Control records: the markers that brokers write between the data."""

import pytest

from kwire.protocol.records.batch import InvalidRecord, read_header
from kwire.protocol.records.control import (
    ControlType,
    EndTransactionMarker,
    control_key,
    encode_control_batch,
    encode_marker_batch,
    parse_control_type,
    parse_marker,
    read_control_type,
)
from kwire.protocol.records.record import Record, encode_batch, iter_records


def test_control_type_of_a_stored_batch(stored_batch):
    header = read_header(stored_batch.bytes)
    if not header.is_control:
        assert all("control" not in record for record in stored_batch.facts["records"])
    elif not stored_batch.facts["records"]:
        assert read_control_type(stored_batch.bytes, header) is None
    else:
        facts = stored_batch.facts["records"][0]["control"]
        assert read_control_type(stored_batch.bytes, header) == ControlType[facts["type"]] == facts["typeId"]


@pytest.mark.parametrize("name", ["control/commit", "control/abort", "control/commit-max-epochs"])
def test_marker_is_read_and_written_as_kafka_does(all_vectors, name):
    vector = next(vector for vector in all_vectors if vector.name == name)
    header = read_header(vector.data)
    (record,) = iter_records(vector.data, header)
    facts = vector.facts["batches"][0]["records"][0]["control"]
    marker = parse_marker(record)
    assert marker == EndTransactionMarker(facts["type"] == "COMMIT", facts["coordinatorEpoch"])
    written = encode_marker_batch(
        marker, header.producer_id, header.producer_epoch, record.timestamp, base_offset=header.base_offset
    )
    assert written[16:] == vector.data[16:]


@pytest.mark.parametrize("name", ["leader-change", "snapshot-header", "snapshot-footer", "kraft-version", "voters"])
def test_kraft_control_batch_is_written_as_kafka_does(all_vectors, name):
    vector = next(vector for vector in all_vectors if vector.name == f"control/{name}")
    header = read_header(vector.data)
    (record,) = iter_records(vector.data, header)
    written = encode_control_batch(
        read_control_type(vector.data, header),
        record.value,
        record.timestamp,
        leader_epoch=header.partition_leader_epoch,
        base_offset=header.base_offset,
    )
    assert written == vector.data


def test_type_that_is_not_known_is_skipped_and_a_short_key_is_invalid(all_vectors):
    by_name = {vector.name: vector.data for vector in all_vectors}
    unknown = by_name["control/unknown-type-99"]
    assert read_control_type(unknown, read_header(unknown)) is ControlType.UNKNOWN
    short = by_name["control/key-too-short"]
    with pytest.raises(InvalidRecord):
        read_control_type(short, read_header(short))


@pytest.mark.parametrize("key", [None, b"", b"\0\0\0", b"\xff\xff\0\1"])
def test_bad_keys(key):
    with pytest.raises(InvalidRecord):
        parse_control_type(key)


@pytest.mark.parametrize("value", [None, b"", b"\0\0\0\0\0", b"\xff\xff\0\0\0\1"])
def test_bad_marker_values(value):
    with pytest.raises(InvalidRecord):
        parse_marker(Record(0, 0, control_key(ControlType.ABORT), value))


def test_other_control_records_end_no_transaction():
    batch = encode_control_batch(ControlType.LEADER_CHANGE, bytes(6), 0)
    (record,) = iter_records(batch, read_header(batch))
    with pytest.raises(InvalidRecord):
        parse_marker(record)


def test_newer_versions_of_key_and_value_are_read_by_what_is_known_of_them():
    record = Record(0, 0, b"\0\1\0\1more", b"\0\1\0\0\0\7more")
    batch = encode_batch([record], control=True)
    (read,) = iter_records(batch, read_header(batch))
    assert parse_marker(read) == EndTransactionMarker(committed=True, coordinator_epoch=7)
