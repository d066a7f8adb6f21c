"""OffsetCommit."""

import pytest

from kwire.api import offset_commit
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.join_group import JoinGroupResponse
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from tests.kit.cluster import create_topic


@pytest.mark.parametrize("version", range(2, 10))
async def test_a_consumer_outside_any_group_protocol_commits(groups, version):
    assert await groups.commit(7, version=version) == 0
    row = (await groups.fetch()).topics[0].partitions[0]
    assert (row.committed_offset, row.metadata) == (7, "note")
    assert row.committed_leader_epoch == (3 if version >= 6 else -1)


async def test_by_topic_id(groups):
    assert await groups.commit(9, version=10, topic="", topic_id=groups.topic.topic_id) == 0
    assert await groups.committed() == 9
    assert await groups.commit(9, version=10, topic="", topic_id=b"x" * 16) == ErrorCode.UNKNOWN_TOPIC_ID


async def test_what_does_not_exist(groups):
    request = OffsetCommitRequest(
        group_id="g",
        topics=[
            OffsetCommitRequestTopic("t", partitions=[OffsetCommitRequestPartition(index, 5) for index in (0, 9, -1)]),
            OffsetCommitRequestTopic("nowhere", partitions=[OffsetCommitRequestPartition(0, 5)]),
        ],
    )
    response = await groups.ask(offset_commit.handle, request, 9)
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert {
        topic.name: {row.partition_index: row.error_code for row in topic.partitions} for topic in response.topics
    } == {"t": {0: 0, 9: unknown, -1: unknown}, "nowhere": {0: unknown}}
    assert await groups.committed() == 5


async def test_a_member_commits_in_its_generation_only(groups):
    joined = await groups.lead()
    assert await groups.commit(5, joined=joined) == 0
    stale = JoinGroupResponse(generation_id=0, member_id=joined.member_id)
    assert await groups.commit(6, joined=stale) == ErrorCode.ILLEGAL_GENERATION
    stranger = JoinGroupResponse(generation_id=1, member_id="stranger")
    assert await groups.commit(6, joined=stranger) == ErrorCode.UNKNOWN_MEMBER_ID
    assert await groups.commit(6) == ErrorCode.UNKNOWN_MEMBER_ID
    assert await groups.committed() == 5


async def test_between_join_and_sync_nobody_commits(groups):
    joined = await groups.enter()
    assert await groups.commit(6, joined=joined) == ErrorCode.REBALANCE_IN_PROGRESS


@pytest.mark.parametrize(("version", "code"), [(8, ErrorCode.ILLEGAL_GENERATION), (9, ErrorCode.GROUP_ID_NOT_FOUND)])
async def test_a_generation_of_no_group(groups, version, code):
    joined = JoinGroupResponse(generation_id=1, member_id="m")
    assert await groups.commit(6, joined=joined, version=version) == code


async def test_metadata_round_trips_up_to_its_limit(groups):
    longest = "\N{TRIANGULAR RULER}" * 2048  # two UTF-16 units each
    assert await groups.commit(1, metadata=longest) == 0
    assert (await groups.fetch()).topics[0].partitions[0].metadata == longest
    assert await groups.commit(2, metadata=longest + "x") == ErrorCode.OFFSET_METADATA_TOO_LARGE
    assert await groups.committed() == 1
    assert await groups.commit(3, metadata=None) == 0
    assert (await groups.fetch()).topics[0].partitions[0].metadata == ""


async def test_a_commit_keeps_the_session(groups):
    joined = await groups.lead(session_timeout_ms=6000)
    for _ in range(4):
        groups.pass_time(5)
        assert await groups.commit(5, joined=joined) == 0
    assert await groups.beat(joined) == 0


async def test_a_deleted_topics_offsets_go(groups):
    await groups.commit(5)
    await groups.cluster.controller.delete_topics([groups.topic.topic_id])
    assert (await groups.fetch(topics=None)).topics == []


async def test_a_topic_that_goes_while_nobody_coordinates(groups):
    await groups.commit(5)
    runtime = groups.cluster.groups.runtime
    (shard,) = runtime.shards
    runtime.unload(shard.partition.index)
    await groups.cluster.controller.delete_topics([groups.topic.topic_id])
    await create_topic(groups.cluster, "t", 2)
    assert (await groups.fetch(topics=None)).topics == []


async def test_a_wrong_broker(group_world):
    groups = await group_world(2)
    other = 3 - groups.coordinator_of("g")
    topics = [OffsetCommitRequestTopic("t", partitions=[OffsetCommitRequestPartition(0, 5)])]
    response = await groups.ask(
        offset_commit.handle, OffsetCommitRequest(group_id="g", topics=topics), 9, node_id=other
    )
    assert response.topics[0].partitions[0].error_code == ErrorCode.NOT_COORDINATOR


@pytest.mark.honours(broker="offset.metadata.max.bytes")
async def test_the_limit_of_metadata_can_be_set(group_world):
    groups = await group_world(offset_metadata_max_bytes=4)
    assert await groups.commit(1, metadata="four") == 0
    assert await groups.commit(2, metadata="fivee") == ErrorCode.OFFSET_METADATA_TOO_LARGE


@pytest.mark.honours(broker=("offsets.retention.minutes", "offsets.retention.check.interval.ms"))
async def test_offsets_of_groups_without_members_expire(group_world):
    groups = await group_world(offsets_retention_minutes=10, offsets_retention_check_interval_ms=60_000)
    await groups.commit(5)
    groups.pass_time(9 * 60 + 30)
    assert await groups.committed() == 5
    groups.pass_time(60)
    assert await groups.committed() is None


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize(("retention_ms", "expires"), [(2**63 - 1, False), (2**62, False), (-(2**63), True), (0, True)])
async def test_any_retention_time_can_be_stored(groups, version, retention_ms, expires):
    assert await groups.commit(5, version=version, retention_time_ms=retention_ms) == 0
    groups.pass_time(3600)
    assert await groups.committed() == (None if expires else 5)


async def test_rows_of_a_topic_that_is_named_twice(groups):
    async def rows(*topics, version=9):
        asked = [
            OffsetCommitRequestTopic(name, partitions=[OffsetCommitRequestPartition(index, 5) for index in indexes])
            for name, indexes in topics
        ]
        response = await groups.ask(offset_commit.handle, OffsetCommitRequest(group_id="g", topics=asked), version)
        return [(topic.name, [row.partition_index for row in topic.partitions]) for topic in response.topics]

    assert await rows(("t", [0]), ("t", [0, 1])) == [("t", [0]), ("t", [0, 1])]  # Kafka merges where it refuses some
    assert await rows(("t", [0]), ("t", [1, 7])) == [("t", [0, 1, 7])]
    assert await rows(("nowhere", [0]), ("nowhere", [1])) == [("nowhere", [0, 1])]
