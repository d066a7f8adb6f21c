"""The response to a bug: Kafka's error for every API and version, in every row that was asked for."""

import pytest

from kwire.api.error_response import error_response
from kwire.api.registry import APIS
from kwire.protocol import codec
from kwire.protocol.api_keys import ApiKey, request_class, response_class
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages import (
    create_topics,
    delete_topics,
    describe_configs,
    fetch,
    find_coordinator,
    list_offsets,
    metadata,
    produce,
)

BUG = ErrorCode.UNKNOWN_SERVER_ERROR


def answered(key, request, version):
    response = error_response(request, response_class(key), BUG)
    return codec.decode(response_class(key), version, codec.encode(response, version))


@pytest.mark.parametrize("api", APIS.values(), ids=lambda api: api.stem)
def test_every_version_of_every_api_can_tell_it(api):
    for version in range(api.min_version, api.max_version + 1):
        answered(api.key, request_class(api.key)(), version)


def test_produce_and_list_offsets_tell_it_per_partition():
    data = [produce.PartitionProduceData(index=index) for index in (3, 5)]
    request = produce.ProduceRequest(topic_data=[produce.TopicProduceData(name="t", partition_data=data)])
    (topic,) = answered(ApiKey.PRODUCE, request, 9).responses
    assert topic.name == "t"
    assert [(p.index, p.error_code) for p in topic.partition_responses] == [(3, BUG), (5, BUG)]

    partitions = [list_offsets.ListOffsetsPartition(partition_index=4)]
    request = list_offsets.ListOffsetsRequest(topics=[list_offsets.ListOffsetsTopic("t", partitions)])
    (topic,) = answered(ApiKey.LIST_OFFSETS, request, 7).topics
    assert [(p.partition_index, p.error_code) for p in topic.partitions] == [(4, BUG)]


def test_fetch_tells_it_at_the_top_and_per_partition():
    request = fetch.FetchRequest(topics=[fetch.FetchTopic(topic="t", partitions=[fetch.FetchPartition(partition=2)])])
    response = answered(ApiKey.FETCH, request, 12)
    assert response.error_code == BUG
    (partition,) = response.responses[0].partitions
    assert (partition.partition_index, partition.error_code) == (2, BUG)


def test_metadata_tells_it_per_topic_and_names_no_broker():
    response = answered(ApiKey.METADATA, metadata.MetadataRequest([metadata.MetadataRequestTopic(name="t")]), 12)
    assert [(topic.name, topic.error_code) for topic in response.topics] == [("t", BUG)]
    assert response.brokers == []


def test_admin_requests_tell_it_per_resource():
    request = create_topics.CreateTopicsRequest([create_topics.CreatableTopic("t", 1, 1)])
    assert [(t.name, t.error_code) for t in answered(ApiKey.CREATE_TOPICS, request, 7).topics] == [("t", BUG)]
    request = delete_topics.DeleteTopicsRequest(topic_names=["t", "u"])
    told = [(t.name, t.error_code) for t in answered(ApiKey.DELETE_TOPICS, request, 5).responses]
    assert told == [("t", BUG), ("u", BUG)]
    request = describe_configs.DescribeConfigsRequest([describe_configs.DescribeConfigsResource(2, "t")])
    (row,) = answered(ApiKey.DESCRIBE_CONFIGS, request, 4).results
    assert (row.resource_type, row.resource_name, row.error_code, row.configs) == (2, "t", BUG, [])


def test_find_coordinator_tells_it_per_key_or_at_the_top():
    request = find_coordinator.FindCoordinatorRequest(key="g", coordinator_keys=["g", "h"])
    assert [(c.key, c.error_code) for c in answered(ApiKey.FIND_COORDINATOR, request, 4).coordinators] == [
        ("g", BUG),
        ("h", BUG),
    ]
    assert answered(ApiKey.FIND_COORDINATOR, request, 2).error_code == BUG
