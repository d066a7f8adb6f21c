"""What a connection remembers of its Produce requests: read and answered byte for byte as by the compiled functions."""

import pytest

from kwire.limits import MAX_PRODUCE_FORM_BYTES, MAX_PRODUCE_FORMS
from kwire.protocol import frames
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.errors import ProtocolError
from kwire.protocol.forms.produce import ProduceForms
from kwire.protocol.messages.produce import (
    BatchIndexAndErrorMessage,
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
    TopicProduceResponse,
)
from tests.protocol.forms import known_forms
from tests.protocol.forms.known_forms import decoded, read, same

VERSIONS = range(3, ProduceRequest.MAX_VERSION + 1)
TOPIC_ID = bytes(range(16))


def request_frame(version, records, *, correlation_id=1, client_id="truck", topic="truck_gps", indexes=(7,), acks=-1):
    partitions = [PartitionProduceData(index, records) for index in indexes]
    topics = [TopicProduceData(topic, TOPIC_ID if version >= 13 else bytes(16), partitions)]
    request = ProduceRequest(None, acks, 1500, topics)
    return bytearray(frames.encode_request(ApiKey.PRODUCE, version, correlation_id, client_id, request)[4:])


def learned(*request_frames):
    return known_forms.learned(ProduceForms(), *request_frames)


def response(index=7, *, version=9, topic="truck_gps", throttle_ms=0, **row):
    row = PartitionProduceResponse(index, **row)
    name, topic_id = ("", TOPIC_ID) if version >= 13 else (topic, bytes(16))
    return ProduceResponse([TopicProduceResponse(name, topic_id, [row])], throttle_ms)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client_id", ["truck", "", None])
def test_a_like_request_says_what_the_decoder_reads(version, client_id):
    forms = learned(request_frame(version, b"first", client_id=client_id))
    for correlation_id, size in enumerate([0, 1, 126, 127, 128, 16_382, 16_383, 70_000], -3):
        frame = request_frame(version, b"r" * size, correlation_id=correlation_id, client_id=client_id)
        got = read(forms, frame)
        assert same(got, frame)
        assert got[1].topic_data[0].partition_data[0].records.obj is frame


@pytest.mark.parametrize("version", VERSIONS)
def test_its_reply_is_the_encoders(version):
    frame = request_frame(version, b"records", correlation_id=-559038737)
    form = learned(frame).find(frame)
    for numbers in [(0, -1, 0), (-1, 0, -1), (2**63 - 1, 1_700_000_000_000, 5), (255, 256, 2**40)]:
        reply = response(
            version=version, base_offset=numbers[0], log_append_time_ms=numbers[1], log_start_offset=numbers[2]
        )
        (expected,) = frames.encode_response(ApiKey.PRODUCE, version, -559038737, reply)
        assert form.encode_response(-559038737, reply) == expected


@pytest.mark.parametrize(
    "unusual",
    [
        response(error_code=3),
        response(throttle_ms=1),
        response(error_message="why"),
        response(record_errors=[BatchIndexAndErrorMessage(0, "bad")]),
    ],
    ids=["error", "throttled", "message", "record errors"],
)
def test_an_unusual_reply_is_left_to_the_encoder(unusual):
    frame = request_frame(9, b"records")
    assert learned(frame).find(frame).encode_response(1, unusual) is None


@pytest.mark.parametrize("version", [3, 8, 9, 12, 13])
def test_any_other_byte_is_read_as_the_decoder_reads_it_or_left_to_it(version):
    original = request_frame(version, b"r" * 130)
    forms = learned(original)
    taken, left = known_forms.read_with_each_byte_changed(forms, original)
    assert left > 100
    assert taken > 500


@pytest.mark.parametrize("version", [3, 9, 13])
def test_a_frame_of_another_length_is_left_to_the_decoder(version):
    frame = request_frame(version, b"r" * 130)
    assert known_forms.none_of_another_length(learned(frame), frame)


def test_other_partitions_topics_and_versions_have_their_own_forms():
    other = [
        request_frame(9, b"r", indexes=(8,)),
        request_frame(9, b"r", topic="truck"),
        request_frame(10, b"r"),
        request_frame(9, b"r", acks=1),
        request_frame(9, b"r", client_id="lorry"),
    ]
    forms = learned(request_frame(9, b"r"))
    assert [read(forms, frame) for frame in other] == [None] * len(other)
    forms = learned(request_frame(9, b"r"), *other)
    for _ in range(2):
        assert all(same(read(forms, frame), frame) for frame in [*other, request_frame(9, b"r")])


def test_what_has_no_form():
    tagged = request_frame(9, b"r")[:-1] + b"\x01\x63\x01\xff"
    decoded(tagged)
    for frame in [
        request_frame(9, b"r", indexes=(1, 2)),
        request_frame(9, b"r", indexes=()),
        request_frame(9, b"r", client_id="c" * MAX_PRODUCE_FORM_BYTES),
        tagged,
    ]:
        assert read(learned(frame), frame) is None
    null = request_frame(9, None)
    assert read(learned(request_frame(9, b"r")), null) is None


def test_a_connection_remembers_so_many():
    made = [request_frame(9, b"r", indexes=(index,)) for index in range(MAX_PRODUCE_FORMS + 2)]
    forms = learned(*made)
    assert [read(forms, frame) is not None for frame in made] == [True] * MAX_PRODUCE_FORMS + [False] * 2


def test_a_varint_that_goes_on_is_left_to_the_decoder():
    frame = request_frame(9, b"")
    at = len(frame) - 4
    broken = frame[:at] + b"\x80" * 6
    assert read(learned(frame), broken) is None
    with pytest.raises(ProtocolError):
        decoded(broken)
