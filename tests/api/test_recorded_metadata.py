"""What stock clients ask about metadata is answered as Apache Kafka answered it, byte for byte but for random ids."""

import gzip
import importlib
import json
from pathlib import Path

import pytest

from kwire.cluster.endpoints import DEFAULT_LISTENER, Endpoint
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.records.cluster_metadata import ConfigRecord
from kwire.protocol.schema import ZERO_UUID
from tests.kit.cluster import build_cluster, context_of

VECTORS = Path(__file__).parent.parent / "vectors" / "metadata"
STATIC = {"log.segment.delete.delay.ms": "60000", "offsets.topic.num.partitions": "2"}


def load():
    with gzip.open(VECTORS / "conversations.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


CONVERSATIONS = load()
CLIENTS = sorted({row["client"] for row in CONVERSATIONS})


def camel(api):
    return "".join(part.capitalize() for part in api.split("_"))


class Replay:
    """One client's conversation with a fresh cluster; recorded topic ids are mapped to the cluster's."""

    def __init__(self):
        self.cluster = build_cluster(static=STATIC)
        self.cluster.cluster_id = "MkU3OEVBNTcwNTJENDM2Qg"
        self.cluster.brokers[1].endpoints = {DEFAULT_LISTENER: Endpoint(19310)}
        self.ids = {}

    def decode(self, row):
        messages = importlib.import_module(f"kwire.protocol.messages.{row['api']}")
        name = camel(row["api"])
        request = codec.decode(getattr(messages, name + "Request"), row["version"], bytes.fromhex(row["request"]))
        response = codec.decode(getattr(messages, name + "Response"), row["version"], bytes.fromhex(row["response"]))
        return request, response

    def rows(self, response):
        return list(getattr(response, "topics", None) or getattr(response, "responses", None) or [])

    def use_our_ids(self, message):
        for row in self.rows(message):
            if getattr(row, "topic_id", ZERO_UUID) != ZERO_UUID:
                name = row.name or next((n for n, i in self.ids.items() if i == row.topic_id), None)
                self.ids.setdefault(name, row.topic_id)
                topic = self.cluster.image.topic(name) if name else None
                row.topic_id = topic.topic_id if topic is not None else self.deleted.get(name, row.topic_id)

    async def answer(self, row):
        request, expected = self.decode(row)
        self.deleted = {name: topic.topic_id for name, topic in self.cluster.image.topics.items()}
        self.use_our_ids(request)
        handler = importlib.import_module(f"kwire.api.{row['api']}")
        response = await handler.handle(request, context_of(self.cluster, row["version"]))
        self.use_our_ids(expected)
        return codec.encode(response, row["version"]), codec.encode(expected, row["version"])


def is_comparable(row, request, response):
    """Not comparable: topics that the recorded node had before, creation in two steps, transactional keys."""
    if row["api"] == "metadata":
        return request.topics is not None and all(
            topic.error_code not in {ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.LEADER_NOT_AVAILABLE}
            for topic in response.topics
        )
    if row["api"] == "find_coordinator":
        errors = {response.error_code, *(each.error_code for each in response.coordinators)}
        return request.key_type == 0 and errors == {ErrorCode.NONE}
    return True


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_stock_clients_conversation(client):
    replay = Replay()
    # the recorded node had set this for all brokers when it enabled eligible leader replicas
    await replay.cluster.controller.write(
        [ConfigRecord(resource_type=4, resource_name="", name="min.insync.replicas", value="1")]
    )
    compared = 0
    for row in CONVERSATIONS:
        if row["client"] == client:
            request, response = replay.decode(row)
            if is_comparable(row, request, response):
                ours, theirs = await replay.answer(row)
                assert ours == theirs, (row["api"], row["version"], request)
                compared += 1
    assert compared >= 15
