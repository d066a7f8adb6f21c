"""Headers and frames beside those of the vectors."""

import pytest

from kwire.protocol import frames
from kwire.protocol.api_keys import ApiKey, api_info
from kwire.protocol.errors import ProtocolError
from kwire.protocol.messages.api_versions import ApiVersionsResponse
from kwire.protocol.messages.fetch import FetchableTopicResponse, FetchResponse, PartitionData


class Slice:
    """Stands for a LogSlice: it has a length and is no buffer."""

    def __len__(self):
        return 1000


def test_records_stay_between_the_segments():
    first, second = Slice(), Slice()
    rows = [PartitionData(0, records=first), PartitionData(1, records=b"near"), PartitionData(2, records=second)]
    response = FetchResponse(responses=[FetchableTopicResponse(partitions=rows)])
    segments = frames.encode_response(ApiKey.FETCH, 17, 42, response)
    assert [type(segment) for segment in segments] == [memoryview, Slice, memoryview, Slice, memoryview]
    assert segments[1] is first
    assert segments[3] is second
    assert int.from_bytes(segments[0][:4], "big") == sum(len(segment) for segment in segments) - 4
    whole = b"".join(bytes(1000) if isinstance(segment, Slice) else segment for segment in segments)
    correlation_id, decoded = frames.decode_response(ApiKey.FETCH, 17, whole[4:])
    assert correlation_id == 42
    assert [len(row.records) for row in decoded.responses[0].partitions] == [1000, 4, 1000]


def test_the_header_of_an_unknown_request_is_still_read():
    header = frames.decode_request_header(bytes.fromhex("03e7 0000 00000007 0001 63 ff"))
    assert header == (999, 0, 7, "c", 11)
    with pytest.raises(KeyError):
        api_info(999)


def test_a_version_above_the_known_has_a_flexible_header():
    assert frames.decode_request_header(bytes.fromhex("0012 0063 00000007 ffff 00")).body_offset == 11
    assert frames.decode_request_header(bytes.fromhex("0012 ffff 00000007 ffff")) == (18, -1, 7, None, 10)
    assert frames.decode_request_header(bytes.fromhex("0004 0000 00000007 ffff")).body_offset == 10


def test_tags_in_a_header_are_skipped():
    header = frames.decode_request_header(bytes.fromhex("0012 0004 00000007 ffff 01 07 02 aabb 99"))
    assert header.body_offset == 15


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "0012",
        "0012 0000 000000",
        "0012 0000 00000007",
        "0012 0000 00000007 0005 61",
        "0012 0000 00000007 0001 ff",
        "0012 0003 00000007 ffff",
        "0012 0003 00000007 ffff 01",
        "0012 0003 00000007 ffff 0107ff01",
    ],
)
def test_broken_headers(raw):
    with pytest.raises(ProtocolError):
        frames.decode_request_header(bytes.fromhex(raw))


def test_api_versions_never_tags_its_response_header():
    for version in range(6):
        (frame,) = frames.encode_response(ApiKey.API_VERSIONS, version, 9, ApiVersionsResponse(error_code=35))
        assert bytes(frame[4:10]).hex() == "00000009" + "0023"
        assert frames.decode_response(ApiKey.API_VERSIONS, version, frame[4:])[1].error_code == 35
