"""Odd requests over real sockets: kwire does with each what Apache Kafka 4.4 did, and nothing else is disturbed."""

import gzip
import json
import re
from pathlib import Path

import pytest
import trio

from kwire.api.registry import find
from kwire.app import running
from kwire.client.connection import ConnectionClosed, connected
from kwire.protocol import frames
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.settings import Address, BrokerSetting, Settings

VECTORS = Path(__file__).parents[1] / "vectors" / "probes" / "probes.jsonl.gz"
PROBES = [json.loads(line) for line in gzip.decompress(VECTORS.read_bytes()).splitlines()]
KAFKAS_CLUSTER_ID = b"MkU3OEVBNTcwNTJENDM2Qg"
MEMORY = Settings((BrokerSetting(listen=(Address("127.0.0.1", 0),)),))
ANY = object()
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(params=PROBES, ids=lambda probe: probe["probe"])
def probe(request):
    return request.param


def comparable(message):
    """The fields of a message, without those that name the broker, its cluster or what topics it happens to have."""
    if isinstance(message, list):
        return [comparable(item) for item in message]
    if not hasattr(message, "__slots__") or isinstance(message, memoryview | int):
        return bytes(message) if isinstance(message, memoryview) else message
    local = {"brokers", "cluster_id", "controller_id", "api_keys", "supported_features", "finalized_features"}
    local |= {"finalized_features_epoch"}
    fields = {name: comparable(getattr(message, name)) for name in message.__slots__ if name not in local}
    if isinstance(fields.get("member_id"), str):
        fields["member_id"] = UUID_TEXT.sub("a uuid", fields["member_id"])
    return fields


def expect(probe):
    """(closed, reply): Kafka's answer, but that an API which kwire does not announce is refused."""
    header = request_header(probe)
    supported = header is None or find(header.api_key, header.api_version) or header.api_key == ApiKey.API_VERSIONS
    return probe["answer"] == "closed" or not supported


def request_header(probe):
    return frames.decode_request_header(bytes.fromhex(probe["sent"])[4:]) if "reply" in probe else None


async def test_a_probe_is_answered_as_kafka_answered_it(probe, caplog):
    async with running(MEMORY) as started:
        address = started.addresses[0]
        async with connected(*address) as other, connected(*address) as client:
            # Kafka had met groups before, so it had the topic of their coordinators.
            await other.request(FindCoordinatorRequest(key="some-group"), 3)
            sent = bytes.fromhex(probe["sent"]).replace(KAFKAS_CLUSTER_ID, started.cluster.cluster_id.encode())
            await client.send_bytes(sent)
            with trio.fail_after(5):
                if expect(probe):
                    with pytest.raises(ConnectionClosed):
                        await client.receive_frame()
                else:
                    check_reply(probe, await client.receive_frame())
            assert (await other.request(ApiVersionsRequest("other", "1"), 5)).error_code == 0
    lines = [record.getMessage() for record in caplog.records if record.name == "kwire.server"]
    if expect(probe):
        assert len(lines) == 1
        assert lines[0].startswith("closed the connection from 127.0.0.1:")
    else:
        assert [line for line in lines if not line.startswith("refused a request from 127.0.0.1:")] == []


def check_reply(probe, reply):
    recorded = bytes.fromhex(probe["reply"])
    header = request_header(probe)
    key = header.api_key
    if find(key, header.api_version) is None:  # only ApiVersions is answered then
        assert reply == recorded
        return
    _, ours = frames.decode_response(key, header.api_version, reply)
    _, theirs = frames.decode_response(key, header.api_version, recorded)
    ours, theirs = comparable(ours), comparable(theirs)
    if key == ApiKey.METADATA and all(topic["error_code"] == 0 for topic in theirs["topics"]):
        ours["topics"] = theirs["topics"] = ANY
    if key == ApiKey.CREATE_TOPICS:  # the last one asks for a topic that existed there
        del ours["topics"][-1], theirs["topics"][-1]
    assert ours == theirs


def test_every_kind_of_answer_is_among_the_probes():
    assert {probe["answer"] for probe in PROBES} == {"reply", "closed"}
    assert len(PROBES) == 55
