"""OffsetFetch."""

import pytest

from kwire.api import offset_fetch
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)


@pytest.mark.parametrize("version", range(1, 8))
async def test_one_group(groups, version):
    await groups.commit(7)
    request = OffsetFetchRequest(group_id="g", topics=[OffsetFetchRequestTopic("t", [0, 1])])
    response = await groups.ask(offset_fetch.handle, request, version)
    assert [(row.partition_index, row.committed_offset, row.metadata) for row in response.topics[0].partitions] == [
        (0, 7, "note"),
        (1, -1, ""),
    ]
    assert response.error_code == 0


@pytest.mark.parametrize("version", range(2, 8))
async def test_all_partitions_of_one_group(groups, version):
    await groups.commit(7, partition=1)
    response = await groups.ask(offset_fetch.handle, OffsetFetchRequest(group_id="g", topics=None), version)
    assert [(each.name, [row.partition_index for row in each.partitions]) for each in response.topics] == [("t", [1])]


async def test_several_groups(group_world):
    groups = await group_world()
    await groups.commit(7, group_id="g")
    await groups.commit(8, group_id="h")
    asked = [OffsetFetchRequestGroup(group_id=name, topics=None) for name in ("g", "h", "nobody")]
    response = await groups.ask(offset_fetch.handle, OffsetFetchRequest(groups=asked), 8)
    told = {row.group_id: [each.partitions[0].committed_offset for each in row.topics] for row in response.groups}
    assert told == {"g": [7], "h": [8], "nobody": []}


async def test_by_topic_id(groups):
    await groups.commit(7)
    topics = [
        OffsetFetchRequestTopics(topic_id=groups.topic.topic_id, partition_indexes=[0]),
        OffsetFetchRequestTopics(topic_id=b"x" * 16, partition_indexes=[0, 1]),
    ]
    asked = [OffsetFetchRequestGroup(group_id="g", topics=topics), OffsetFetchRequestGroup(group_id="g", topics=None)]
    response = await groups.ask(offset_fetch.handle, OffsetFetchRequest(groups=asked), 10)
    some, every = response.groups
    assert [row.committed_offset for row in some.topics[0].partitions] == [7]
    assert [row.error_code for row in some.topics[1].partitions] == [ErrorCode.UNKNOWN_TOPIC_ID] * 2
    assert [topic.topic_id for topic in every.topics] == [groups.topic.topic_id]


async def test_the_wrong_broker_says_so_in_every_version(group_world):
    groups = await group_world(2)
    other = 3 - groups.coordinator_of("g")
    single = OffsetFetchRequest(group_id="g", topics=[OffsetFetchRequestTopic("t", [0])])
    told = await groups.ask(offset_fetch.handle, single, 1, node_id=other)
    assert told.topics[0].partitions[0].error_code == ErrorCode.NOT_COORDINATOR
    told = await groups.ask(offset_fetch.handle, single, 2, node_id=other)
    assert told.error_code == ErrorCode.NOT_COORDINATOR
    several = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id="g", topics=None)])
    told = await groups.ask(offset_fetch.handle, several, 8, node_id=other)
    assert told.groups[0].error_code == ErrorCode.NOT_COORDINATOR


async def test_another_broker_takes_over_and_reads_the_log(group_world):
    groups = await group_world(2)
    joined = await groups.lead()
    await groups.commit(7, joined=joined)
    first = groups.coordinator_of("g")
    groups.cluster.controller.stop_broker(first)
    assert groups.coordinator_of("g") == 3 - first
    assert await groups.committed() == 7
    assert await groups.beat(joined) == 0
    groups.pass_time(11)
    assert await groups.beat(joined) == ErrorCode.UNKNOWN_MEMBER_ID
