"""Heartbeat."""

from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.join_group import JoinGroupResponse


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
