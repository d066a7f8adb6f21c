"""What a connection remembers of a member's commits: read and answered byte for byte as by the compiled functions."""

import pytest

from kwire.limits import MAX_OFFSET_COMMIT_FORM_BYTES, MAX_OFFSET_COMMIT_FORMS
from kwire.protocol import frames
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.forms import offset_commit
from kwire.protocol.forms.offset_commit import MAX_WAIT, OffsetCommitForm, OffsetCommitForms
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from tests.protocol.forms import known_forms
from tests.protocol.forms.known_forms import decoded, read, same

TOPIC_ID = bytes(range(16))
TOPICS = (("truck_gps", (0, 7)), ("alerts", (300,)))
VERSIONS = range(OffsetCommitRequest.MIN_VERSION, OffsetCommitRequest.MAX_VERSION + 1)


def commit(version, offset=5, *, generation=3, epoch=2, metadata="", topics=TOPICS, member="m", **fields):
    rows = [
        OffsetCommitRequestTopic(
            "" if version >= 10 else name,
            TOPIC_ID if version >= 10 else bytes(16),
            [OffsetCommitRequestPartition(index, offset + index, epoch, metadata) for index in indexes],
        )
        for name, indexes in topics
    ]
    return OffsetCommitRequest("group", generation, member, topics=rows, **fields)


def frame_of(request, version, correlation_id=1, client_id="truck"):
    whole = frames.encode_request(request.API_KEY, version, correlation_id, client_id, request)
    return bytearray(whole[frames.SIZE_BYTES :])


def learned(*request_frames):
    return known_forms.learned(OffsetCommitForms(), *request_frames)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client_id", ["truck", "", None])
def test_a_commit_of_other_offsets(version, client_id):
    forms = learned(frame_of(commit(version), version, client_id=client_id))
    for offset, generation, epoch in [(0, 0, -1), (-1, -1, 0), (2**62, 2**31 - 1, 2**31 - 1), (255, 256, 5)]:
        request = commit(version, offset, generation=generation, epoch=epoch)
        frame = frame_of(request, version, correlation_id=-559038737, client_id=client_id)
        assert same(read(forms, frame), frame)


@pytest.mark.parametrize("version", VERSIONS)
def test_any_other_byte_is_read_as_the_decoder_reads_it_or_left_to_it(version):
    original = frame_of(commit(version), version)
    forms = learned(original)
    taken, left = known_forms.read_with_each_byte_changed(forms, original)
    assert left > 100
    assert taken > 50
    assert known_forms.none_of_another_length(forms, original)


def usual_response(version, **row):
    topics = [
        OffsetCommitResponseTopic(
            "" if version >= 10 else name,
            TOPIC_ID if version >= 10 else bytes(16),
            [OffsetCommitResponsePartition(index, **row) for index in indexes],
        )
        for name, indexes in TOPICS
    ]
    return OffsetCommitResponse(topics=topics)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_reply_to_a_commit_is_the_encoders(version):
    frame = frame_of(commit(version), version)
    form = learned(frame).find(frame)
    for correlation_id in (0, -1, 2**31 - 1):
        response = usual_response(version)
        (expected,) = frames.encode_response(ApiKey.OFFSET_COMMIT, version, correlation_id, response)
        assert form.encode_response(correlation_id, response) == expected


def test_a_reply_that_tells_of_an_error_is_left_to_the_encoder():
    frame = frame_of(commit(9), 9)
    form = learned(frame).find(frame)
    one_failed = usual_response(9)
    one_failed.topics[1].partitions[0].error_code = 25
    throttled = usual_response(9)
    throttled.throttle_time_ms = 1
    assert form.encode_response(1, one_failed) is None
    assert form.encode_response(1, throttled) is None


def test_requests_share_nothing_that_a_handler_might_change():
    frame = frame_of(commit(9), 9)
    forms = learned(frame)
    first = read(forms, frame)[1]
    first.topics[0].name = "changed"
    first.topics[0].partitions.pop()
    first.topics.pop()
    assert same(read(forms, frame), frame)


def test_the_newest_form_of_a_length_counts():
    one, other = frame_of(commit(9, member="one"), 9), frame_of(commit(9, member="two"), 9)
    forms = learned(one, other, other)
    assert read(forms, one) is None
    assert same(read(forms, other), other)


def test_what_has_no_form():
    tagged = frame_of(commit(9), 9)[:-1] + b"\x01\x63\x01\xff"
    decoded(tagged)
    long = frame_of(commit(9, metadata="x" * MAX_OFFSET_COMMIT_FORM_BYTES), 9)
    hollow = frame_of(commit(9, topics=(("truck_gps", (1,)), ("alerts", ()))), 9)
    for frame in (tagged, long, hollow):
        assert read(learned(frame), frame) is None


def test_a_connection_keeps_the_newest():
    made = [frame_of(commit(9, member="m" * size), 9) for size in range(1, MAX_OFFSET_COMMIT_FORMS + 2)]
    forms = OffsetCommitForms()
    for frame in made:
        while forms.find(frame) is None:
            forms.learn(frame, *decoded(frame))
    assert [read(forms, frame) is not None for frame in made] == [False] + [True] * MAX_OFFSET_COMMIT_FORMS


def test_forms_that_are_of_no_use_are_made_ever_less_often(monkeypatch):
    made = []
    monkeypatch.setattr(offset_commit, "OffsetCommitForm", lambda *args: made.append(args) or OffsetCommitForm(*args))
    forms = OffsetCommitForms()
    for number in range(5 * MAX_WAIT):
        frame = frame_of(commit(9, metadata=f"{number:06}"), 9)
        assert read(forms, frame) is None
        forms.learn(frame, *decoded(frame))
    assert MAX_WAIT.bit_length() < len(made) <= MAX_WAIT.bit_length() + 5
    frame = frame_of(commit(9), 9)
    for _ in range(MAX_WAIT):
        forms.learn(frame, *decoded(frame))
    assert same(read(forms, frame), frame)
