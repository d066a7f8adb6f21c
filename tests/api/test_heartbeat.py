"""Heartbeat."""

from kwire.api import heartbeat, offset_commit
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from kwire.protocol.messages.join_group import JoinGroupResponse
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)


async def test_a_member_lives_as_long_as_it_beats(groups):
    joined = await groups.lead(session_timeout_ms=6000)
    for _ in range(5):
        groups.pass_time(5.9)
        assert await groups.beat(joined) == 0
    groups.pass_time(6.1)
    assert await groups.beat(joined) == ErrorCode.UNKNOWN_MEMBER_ID


async def test_refusals(groups):
    joined = await groups.lead()
    for version in range(5):
        assert await groups.beat(joined, version=version) == 0
    stale = JoinGroupResponse(generation_id=7, member_id=joined.member_id)
    assert await groups.beat(stale) == ErrorCode.ILLEGAL_GENERATION
    assert await groups.beat(JoinGroupResponse(generation_id=1, member_id="x")) == ErrorCode.UNKNOWN_MEMBER_ID
    assert await groups.beat(joined, group_id="other") == ErrorCode.UNKNOWN_MEMBER_ID
    assert await groups.beat(joined, group_id="") == ErrorCode.INVALID_GROUP_ID
    assert await groups.beat(joined, group_instance_id="i") == ErrorCode.UNKNOWN_MEMBER_ID


async def test_beats_and_commits_need_no_task_of_their_own(groups):
    joined = await groups.lead()
    request = HeartbeatRequest("g", joined.generation_id, joined.member_id)
    assert heartbeat.answer(request, groups.context(4)) == HeartbeatResponse()
    rows = [OffsetCommitRequestTopic("t", partitions=[OffsetCommitRequestPartition(0, 5)])]
    request = OffsetCommitRequest("g", joined.generation_id, joined.member_id, topics=rows)
    assert offset_commit.answer(request, groups.context(9)).topics[0].partitions[0].error_code == 0
