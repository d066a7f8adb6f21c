"""Any bytes give a message or a ProtocolError, and cost no more memory than their size allows."""

import gc
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kwire.limits import DECODED_BYTES_EXTRA, DECODED_BYTES_PER_BYTE
from kwire.protocol import codec, frames, reader_source
from kwire.protocol.api_keys import ApiKey, request_class
from kwire.protocol.errors import ProtocolError
from kwire.protocol.messages.alter_client_quotas import AlterClientQuotasRequest
from kwire.protocol.messages.alter_client_quotas import AlterClientQuotasRequestEntryData as EntryData
from kwire.protocol.messages.consumer_group_heartbeat import ConsumerGroupHeartbeatRequest
from kwire.protocol.messages.create_partitions import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.list_config_resources import ListConfigResourcesRequest
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.protocol.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.messages.streams_group_heartbeat import (
    CopartitionGroup,
    StreamsGroupHeartbeatRequest,
    Subtopology,
    Topology,
)

EXAMPLES = 300


@pytest.fixture(scope="module")
def all_versions(message_classes):
    return [
        (cls, version)
        for _, cls in sorted(message_classes.items())
        for version in range(cls.MIN_VERSION, cls.MAX_VERSION + 1)
    ]


@pytest.fixture(scope="module")
def valid(vectors):
    names = (
        "api-001-Fetch",
        "api-003-Metadata",
        "api-000-Produce",
        "api-018-ApiVersions",
        "api-088-StreamsGroupHeartbeat",
    )
    return [line for name in names for line in vectors(f"messages/{name}.jsonl.gz")]


def decode_or_refuse(cls, version, data):
    try:
        message, end = codec.decode_from(cls, version, data)
    except ProtocolError:
        return
    assert isinstance(message, cls)
    assert 0 <= end <= len(data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_random_bytes(all_versions, data):
    cls, version = data.draw(st.sampled_from(all_versions))
    decode_or_refuse(cls, version, data.draw(st.binary(max_size=300)))


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_damaged_messages(valid, message_classes, data):
    line = data.draw(st.sampled_from(valid))
    raw = bytearray.fromhex(line["hex"])
    for _ in range(data.draw(st.integers(1, 4))):
        if raw:
            position = data.draw(st.integers(0, len(raw) - 1))
            raw[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    decode_or_refuse(message_classes[line["name"]], line["version"], bytes(raw))


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_random_frames(data):
    key = data.draw(st.sampled_from(sorted(ApiKey)))
    frame = key.to_bytes(2, "big") + data.draw(st.binary(max_size=200))
    try:
        header = frames.decode_request_header(frame)
    except ProtocolError:
        return
    assert 0 <= header.body_offset <= len(frame)
    cls = request_class(key)
    try:
        codec.decode(cls, header.api_version, frame, header.body_offset)
    except ProtocolError as error:
        assert str(error)


COUNT = 20_000
FEW = 4_000  # below the memory that any frame may take
COSTLY = {
    "topic rows with empty names": (MetadataRequest([MetadataRequestTopic(name="")] * COUNT), 12),
    "topic rows with a letter of two bytes": (FetchRequest(topics=[FetchTopic("ж")] * COUNT), 12),
    "empty rows": (FetchRequest(topics=[FetchTopic("")] * COUNT), 12),
    "partition rows": (FetchRequest(topics=[FetchTopic(partitions=[FetchPartition(-9, -9, 2**60, -9)] * COUNT)]), 17),
    "views of one byte": (
        ProduceRequest(topic_data=[TopicProduceData(partition_data=[PartitionProduceData(9999, b"x")] * COUNT)]),
        13,
    ),
    "names of a letter of two bytes": (DeleteTopicsRequest(topic_names=["ж"] * COUNT), 5),
    "numbers of one byte": (ListConfigResourcesRequest([-100] * COUNT), 1),
    "large numbers": (ConsumerGroupHeartbeatRequest(subscribed_topic_names=["жж"] * COUNT), 1),
    "objects with lists": (AlterClientQuotasRequest([EntryData()] * COUNT), 1),
    "few objects with lists": (AlterClientQuotasRequest([EntryData()] * FEW), 1),
    "objects with null lists": (OffsetFetchRequest(groups=[OffsetFetchRequestGroup(topics=None)] * COUNT), 8),
    "lists in objects": (
        CreatePartitionsRequest([CreatePartitionsTopic(assignments=[CreatePartitionsAssignment()] * COUNT)]),
        3,
    ),
    "objects with three lists": (
        StreamsGroupHeartbeatRequest(
            topology=Topology(subtopologies=[Subtopology(copartition_groups=[CopartitionGroup()] * COUNT)])
        ),
        0,
    ),
}
REFUSED = {
    "objects with lists",
    "lists in objects",
    "objects with three lists",
    "objects with null lists",
    "views of one byte",
}
"""Rows of which none has a name or a value: nothing that a client would send."""


@pytest.mark.parametrize("name", COSTLY)
def test_the_memory_of_a_decoded_frame_is_bounded(name):
    message, version = COSTLY[name]
    data = codec.encode(message, version)
    cls = type(message)
    codec.reader(cls, version)
    gc.collect()
    tracemalloc.start()
    try:
        decoded = codec.decode(cls, version, data)
    except ProtocolError:
        decoded = None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= DECODED_BYTES_PER_BYTE * len(data) + DECODED_BYTES_EXTRA
    assert decoded == (None if name in REFUSED else message)


def test_what_clients_send_is_far_from_the_bound():
    topics = [FetchTopic(f"topic-{n}", partitions=[FetchPartition(p) for p in range(20)]) for n in range(2_000)]
    request = FetchRequest(topics=topics)
    for version in (11, 12):
        assert codec.decode(FetchRequest, version, codec.encode(request, version)) == request
    metadata = MetadataRequest([MetadataRequestTopic(name=f"{n:x}") for n in range(100_000)])
    assert codec.decode(MetadataRequest, 9, codec.encode(metadata, 9)) == metadata


@pytest.fixture
def low_ceiling(monkeypatch):
    monkeypatch.setattr(reader_source, "DECODED_BYTES_MAX", 100_000)
    codec.forget_functions()
    yield
    codec.forget_functions()


def test_the_memory_of_any_frame_has_a_ceiling(low_ceiling):
    data = codec.encode(FetchRequest(topics=[FetchTopic("topic")] * 1000), 12)
    with pytest.raises(ProtocolError, match="topics has 1000 elements, more than its frame may have"):
        codec.decode(FetchRequest, 12, data)
