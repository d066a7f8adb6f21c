"""`kwire protocol decode`: frames in hex or base64 become readable."""

import base64
import json

import pytest

from kwire.protocol.frames import encode_request, encode_response
from kwire.protocol.messages.fetch import FetchableTopicResponse, FetchResponse, PartitionData
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.protocol.records.record import Record, encode_batch

REQUEST = encode_request(3, 12, 7, "me", MetadataRequest([MetadataRequestTopic(name="orders")]))
READABLE = """\
Api: Metadata
Version: 12
CorrelationId: 7
ClientId: me
Request:
  Topics:
    - TopicId: AAAAAAAAAAAAAAAAAAAAAA
      Name: orders
  AllowAutoTopicCreation: true
  IncludeTopicAuthorizedOperations: false
"""


@pytest.mark.parametrize(
    "text",
    [
        REQUEST.hex(),
        REQUEST.hex(" ").upper(),
        REQUEST[4:].hex(":"),
        "0x" + REQUEST.hex(),
        base64.b64encode(REQUEST).decode(),
        base64.b64encode(REQUEST[4:]).decode(),
    ],
)
def test_a_request_with_or_without_its_size(run, text):
    assert run("protocol", "decode", text) == (0, READABLE, "")
    assert run("protocol", "decode", given=text.encode() + b"\n") == (0, READABLE, "")


def test_a_response_with_records(run):
    records = encode_batch([Record(0, 5, b"k", b"\xff", [("h", None)])], base_offset=3)
    partition = PartitionData(partition_index=1, records=records)
    response = FetchResponse(responses=[FetchableTopicResponse(topic="orders", partitions=[partition])])
    frame = b"".join(map(bytes, encode_response(1, 11, 9, response)))
    fields = json.loads(run("protocol", "decode", "--response", "fetch", "11", "--json", frame.hex()).out)
    assert (fields["Api"], fields["CorrelationId"]) == ("Fetch", 9)
    (decoded,) = fields["Response"]["Responses"][0]["Partitions"][0]["Records"]
    assert (decoded["BaseOffset"], decoded["Compression"]) == (3, "none")
    assert decoded["Records"] == [
        {
            "Offset": 3,
            "Timestamp": "1970-01-01T00:00:00.005Z",
            "Key": "k",
            "Value": "0xff",
            "Headers": [{"Key": "h", "Value": None}],
        }
    ]
    alone = run("protocol", "decode", "--records", records.hex())
    assert alone.out.startswith("Batches:\n  - BaseOffset: 3\n    LastOffset: 3\n    Count: 1\n")
    cut = run("protocol", "decode", "--records", (records + records[:20]).hex())
    assert cut.out == alone.out + "  - Error: the last 20 bytes are no whole batch\n"
    assert (cut.code, cut.err) == (1, "kwire: cannot decode all of the records: the last 20 bytes are no whole batch\n")
    records[-1] ^= 1
    damaged = run("protocol", "decode", "--records", records.hex())
    assert "    Error: record batch at 0 has CRC " in damaged.out
    assert (alone.code, damaged.code) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["hello!"], 2, "the frame is neither hex nor base64"),
        ([""], 2, "there is no frame; give it as an argument or on standard input"),
        (
            ["0003"],
            1,
            "cannot decode the frame: a frame of 2 bytes has no request header; a response needs --response API",
        ),
        (["7fff00000000000700046b636174"], 1, "cannot decode the frame: there is no API 32767; "),
        (["0003006400000007ffff00"], 1, "cannot decode the frame: MetadataRequest has the versions 0 to 13, not 100; "),
        (["0003000100000007ffff"], 1, "cannot decode the frame: MetadataRequest v1 is cut short; "),
        (["--response", "fech", "1", "00"], 2, "there is no API 'fech'; did you mean fetch?"),
        (["--response", "fetch", "x", "00"], 2, "--response: 'x' is no version"),
        (["--response", "fetch", "11", "00000001"], 1, "cannot decode the frame: FetchResponse v11 is cut short\n"),
        (["--records", "--response", "fetch", "1", "00"], 2, "a frame is either record batches or a response; "),
    ],
)
def test_what_is_no_frame(run, arguments, code, said):
    output = run("protocol", "decode", *arguments)
    assert output.err.startswith(f"kwire: {said}")
    assert (output.code, output.out) == (code, "")
