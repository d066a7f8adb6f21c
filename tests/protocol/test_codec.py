"""What the codec promises beside Kafka's vectors: refusals, unknown tags, records left outside, text of functions."""

import traceback

import pytest

from kwire.protocol import codec
from kwire.protocol.errors import ApiError, ErrorCode, ProtocolError
from kwire.protocol.messages.add_offsets_to_txn import AddOffsetsToTxnRequest
from kwire.protocol.messages.alter_client_quotas import AlterClientQuotasRequest, OpData
from kwire.protocol.messages.alter_client_quotas import AlterClientQuotasRequestEntryData as EntryData
from kwire.protocol.messages.api_versions import ApiVersionsRequest, ApiVersionsResponse
from kwire.protocol.messages.create_topics import CreatableReplicaAssignment, CreatableTopic, CreateTopicsRequest
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest
from kwire.protocol.messages.describe_topic_partitions import (
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsRequestCursor,
)
from kwire.protocol.messages.fetch import (
    FetchableTopicResponse,
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    PartitionData,
)
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.metadata import MetadataRequest, MetadataResponse
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData


def produce(records):
    return ProduceRequest(topic_data=[TopicProduceData("t", partition_data=[PartitionProduceData(0, records)])])


class Outside:
    """A records value that is no bytes-like object."""

    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_read(kind):
    data = kind(codec.encode(produce(b"batch"), 9))
    message = codec.decode(ProduceRequest, 9, data)
    records = message.topic_data[0].partition_data[0].records
    assert isinstance(records, memoryview)
    assert records == b"batch"
    assert message == produce(b"batch")


def test_records_are_a_view_of_the_frame():
    data = bytearray(codec.encode(produce(b"batch"), 9))
    records = codec.decode(ProduceRequest, 9, data).topic_data[0].partition_data[0].records
    records[0] = ord("B")
    assert b"Batch" in data


@pytest.mark.parametrize("version", [4, 11, 12, 18])
def test_records_that_are_not_bytes_stay_outside(version):
    outside = Outside(300)
    partitions = [PartitionData(0, records=outside), PartitionData(1, records=b"in"), PartitionData(2, records=outside)]
    out = bytearray(b"head")
    cuts = []
    codec.encode_into(FetchResponse(responses=[FetchableTopicResponse("", partitions=partitions)]), version, out, cuts)
    assert [value for _, value in cuts] == [outside, outside]
    for position, _ in reversed(cuts):
        out[position:position] = b"x" * 300
    decoded = codec.decode(FetchResponse, version, out, 4)
    assert [bytes(row.records) for row in decoded.responses[0].partitions] == [b"x" * 300, b"in", b"x" * 300]


def test_records_outside_need_a_place():
    with pytest.raises(TypeError):
        codec.encode(produce(Outside(3)), 9)


def test_bytes_after_a_message_are_ignored():
    data = codec.encode(HeartbeatRequest("g", 3, "m"), 4)
    assert codec.decode(HeartbeatRequest, 4, data + b"spare") == HeartbeatRequest("g", 3, "m")
    assert codec.decode_from(HeartbeatRequest, 4, b"12" + data + b"spare", 2)[1] == 2 + len(data)


@pytest.mark.parametrize("version", range(5))
def test_every_cut_is_a_protocol_error(version):
    data = codec.encode(HeartbeatRequest("group", 3, "member"), version)
    for end in range(len(data)):
        with pytest.raises(ProtocolError, match="HeartbeatRequest"):
            codec.decode(HeartbeatRequest, version, data[:end])


@pytest.mark.parametrize("length", [b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe", b"\x80\x00\x00\x00"])
def test_any_negative_length_is_null_as_in_kafka(length):
    assert codec.decode(MetadataRequest, 1, length).topics is None
    with pytest.raises(ProtocolError, match=r"MetadataRequest v0: MetadataRequest.topics must not be null"):
        codec.decode(MetadataRequest, 0, length)


@pytest.mark.parametrize(
    ("cls", "version", "hex_body", "message"),
    [
        (HeartbeatRequest, 0, "ffff" + "00000000" + "0000", "group_id must not be null"),
        (HeartbeatRequest, 4, "00", "group_id must not be null"),
        (HeartbeatRequest, 0, "0002c328" + "00000000" + "0000", "not UTF-8"),
        (HeartbeatRequest, 0, "0002eda0" + "00000000" + "0000", "not UTF-8"),
        (HeartbeatRequest, 4, "8180808080" + "00" * 40, "goes on after 5 bytes"),
        (HeartbeatRequest, 4, "828002" + "00" * 40000, "a string of 32769 bytes is longer"),
        (MetadataRequest, 1, "7fffffff", "topics has 2147483647 elements"),
        (MetadataRequest, 9, "ffffffff0f", "topics has 4294967294 elements"),
        (DeleteTopicsRequest, 1, "00000002" + "0001", "topic_names has 2 elements"),
        (DescribeTopicPartitionsRequest, 0, "01" + "000007d0" + "01" + "00", "cursor.topic_name must not be null"),
    ],
)
def test_refused(cls, version, hex_body, message):
    with pytest.raises(ProtocolError, match=message):
        codec.decode(cls, version, bytes.fromhex(hex_body))


def test_a_nullable_struct():
    request = DescribeTopicPartitionsRequest(cursor=DescribeTopicPartitionsRequestCursor("t", 7))
    assert codec.decode(DescribeTopicPartitionsRequest, 0, codec.encode(request, 0)) == request
    assert codec.decode(DescribeTopicPartitionsRequest, 0, bytes.fromhex("01 000007d0 fe 00")).cursor is None


def test_unknown_tags_are_skipped_or_kept():
    body = codec.encode(HeartbeatRequest("g", 3, "m"), 4)[:-1]
    tagged = body + bytes.fromhex("02 05 03 616263 8001 00")
    assert codec.decode_from(HeartbeatRequest, 4, tagged) == (HeartbeatRequest("g", 3, "m"), len(tagged))
    kept, _ = codec.reader(HeartbeatRequest, 4, keep_unknown_tags=True)(tagged, 0)
    assert kept.unknown_tags == [(5, b"abc"), (128, b"")]
    assert codec.encode(kept, 4) == body + b"\0"
    out = bytearray()
    codec.writer(HeartbeatRequest, 4, keep_unknown_tags=True)(kept, out, None)
    assert out == tagged


@pytest.mark.parametrize(
    "section", ["01", "ff01", "0105", "010505616263", "ffffffff0f0000", "01ffffffffff0100", "0305000500", "8080808080"]
)
def test_broken_sections_of_tags(section):
    body = codec.encode(HeartbeatRequest("g", 3, "m"), 4)[:-1]
    with pytest.raises(ProtocolError):
        codec.decode(HeartbeatRequest, 4, body + bytes.fromhex(section))
    with pytest.raises(ProtocolError):
        codec.decode(FetchRequest, 12, codec.encode(FetchRequest(), 12)[:-1] + bytes.fromhex(section))


@pytest.mark.parametrize("section", ["0100020261", "0100040261ff00"])
def test_a_known_tag_must_have_its_size(section):
    body = codec.encode(FetchRequest(), 12)[:-1]
    assert codec.decode(FetchRequest, 12, body + bytes.fromhex("0100020261")).cluster_id == "a"
    with pytest.raises(ProtocolError, match="cluster_id does not have the size"):
        codec.decode(
            FetchRequest, 12, body + bytes.fromhex(section.replace("0002", "0003").replace("61ff", "61")) + b"\0"
        )


def test_tagged_fields_are_written_only_when_they_differ():
    plain = codec.encode(FetchResponse(responses=[FetchableTopicResponse(partitions=[PartitionData()])]), 13)
    row = PartitionData()
    row.diverging_epoch.end_offset = 5
    longer = FetchResponse(responses=[FetchableTopicResponse(partitions=[row])])
    data = codec.encode(longer, 13)
    assert len(data) == len(plain) + 2 + 13
    assert codec.decode(FetchResponse, 13, data) == longer


def test_a_request_that_its_version_cannot_say_is_refused():
    topic = FetchTopic("t", partitions=[FetchPartition(last_fetched_epoch=4)])
    request = FetchRequest(topics=[topic])
    assert codec.encode(request, 12)
    with pytest.raises(ValueError, match=r"FetchRequest\.topics\.partitions\.last_fetched_epoch"):
        codec.encode(request, 11)
    ignorable = FetchRequest(rack_id="here", max_bytes=7)
    assert codec.decode(FetchRequest, 4, codec.encode(ignorable, 4)).rack_id == ""


def test_a_response_is_filled_once_for_all_versions():
    response = FetchResponse(
        session_id=5, responses=[FetchableTopicResponse(partitions=[PartitionData(preferred_read_replica=3)])]
    )
    assert codec.decode(FetchResponse, 4, codec.encode(response, 4)).session_id == 0


@pytest.mark.parametrize(
    ("message", "version"),
    [
        (HeartbeatRequest("x" * 32768), 0),
        (HeartbeatRequest("x" * 32768), 4),
        (HeartbeatRequest("g", 2**31), 4),
        (DeleteTopicsRequest(timeout_ms=-(2**40)), 1),
    ],
)
def test_values_that_do_not_fit_are_refused(message, version):
    with pytest.raises(ValueError, match=r"fit|longer"):
        codec.encode(message, version)


def test_long_arrays_and_strings():
    request = CreateTopicsRequest(
        topics=[
            CreatableTopic(
                "n" * 32767,
                assignments=[CreatableReplicaAssignment(partition, list(range(partition))) for partition in range(300)],
            )
        ]
    )
    for version in (2, 5, 7):
        assert codec.decode(CreateTopicsRequest, version, codec.encode(request, version)) == request


@pytest.mark.parametrize("value", [-0.0, 4.9e-324, 1.7976931348623157e308, float("inf"), 0.1])
def test_floats(value):
    request = AlterClientQuotasRequest(entries=[EntryData(ops=[OpData("k", value)])])
    for version in (0, 1):
        decoded = codec.decode(AlterClientQuotasRequest, version, codec.encode(request, version))
        assert str(decoded.entries[0].ops[0].value) == str(value)


def test_versions_that_do_not_exist():
    with pytest.raises(ProtocolError, match="MetadataResponse has no version 14"):
        codec.decode(MetadataResponse, 14, b"")
    with pytest.raises(ValueError, match="AddOffsetsToTxnRequest has no version 5"):
        codec.encode(AddOffsetsToTxnRequest(), 5)


def test_functions_are_compiled_once():
    assert codec.reader(ApiVersionsRequest, 3) is codec.reader(ApiVersionsRequest, 3)
    assert codec.writer(ApiVersionsResponse, 3) is codec.writer(ApiVersionsResponse, 3)
    before = codec.reader(ApiVersionsRequest, 3)
    assert before is not codec.reader(ApiVersionsRequest, 4)
    codec.forget_functions()
    assert codec.reader(ApiVersionsRequest, 3) is not before


def test_the_text_is_there_for_readers_and_tracebacks():
    text = codec.source(HeartbeatRequest, 4)
    assert "def read(data, offset):" in text
    assert "def write(message, out, cuts):" in text
    with pytest.raises(AttributeError) as caught:
        codec.encode(HeartbeatRequest(group_id=7), 4)
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert frame.filename == "<kwire write HeartbeatRequest v4>"
    assert frame.line == "value = group_id.encode()"


def test_api_errors_show_code_and_message():
    assert str(ApiError(ErrorCode.INVALID_REQUEST)) == "INVALID_REQUEST"
    error = ApiError(ErrorCode.TOPIC_ALREADY_EXISTS, "Topic 'a' already exists.")
    assert (error.code, error.message) == (36, "Topic 'a' already exists.")
    assert str(error) == "TOPIC_ALREADY_EXISTS: Topic 'a' already exists."
