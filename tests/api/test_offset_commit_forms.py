"""Commits that are not decoded, for they are like an earlier one: whatever changes meanwhile counts at once."""

import pytest

from kwire.protocol import frames
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kwire.server.dispatch import answer
from tests.kit.cluster import create_topic


class Member:
    """The only member of a stable group, whose connection knows its commits of that version."""

    def __init__(self, groups, joined, version):
        self.groups, self.joined, self.version = groups, joined, version
        self.context = groups.context(version)
        self.topic_id = groups.topic.topic_id
        self.generation_id = joined.generation_id
        assert [self.commit(1), self.commit(2)] == [0, 0]

    def commit(self, offset):
        rows = [OffsetCommitRequestPartition(0, offset, 3, "")]
        topics = [OffsetCommitRequestTopic("t", self.topic_id, rows)]
        request = OffsetCommitRequest("g", self.generation_id, self.joined.member_id, topics=topics)
        whole = frames.encode_request(request.API_KEY, self.version, 7, "test", request)
        connection = self.context.connection
        frame = bytearray(whole[frames.SIZE_BYTES :])
        forms = connection.forms.get(request.API_KEY)
        assert forms is None or forms.find(frame).read(frame) is not None
        (reply,) = answer(frame, self.context.cluster, self.context.broker, connection)
        told = bytes(reply)[frames.SIZE_BYTES :]
        correlation_id, response = frames.decode_response(request.API_KEY, self.version, told)
        assert correlation_id == 7
        ((row,),) = (topic.partitions for topic in response.topics)
        return row.error_code


@pytest.fixture(params=[2, 6, 9, 10])
async def member(request, groups):
    joined = await groups.lead(session_timeout_ms=6000)
    return Member(groups, joined, request.param)


async def test_offsets_are_committed(member, groups):
    for offset in (5, 2**40, 0):
        assert member.commit(offset) == 0
        assert await groups.committed() == offset


async def test_a_generation_that_is_over(member, groups):
    joined = await groups.join(member.joined.member_id)
    assert member.commit(5) == ErrorCode.ILLEGAL_GENERATION
    await groups.sync(joined, [(joined.member_id, b"all")])
    member.generation_id = joined.generation_id
    assert member.commit(6) == 0
    assert await groups.committed() == 6


async def test_a_session_goes_on_and_ends(member, groups):
    for _ in range(4):
        groups.pass_time(5)
        assert member.commit(5) == 0
    groups.pass_time(7)
    assert member.commit(6) == ErrorCode.UNKNOWN_MEMBER_ID
    assert await groups.committed() == 5


async def test_the_topic_is_deleted_and_made_again(member, groups):
    await groups.cluster.controller.delete_topics([member.topic_id])
    unknown = ErrorCode.UNKNOWN_TOPIC_ID if member.version >= 10 else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert member.commit(5) == unknown
    await create_topic(groups.cluster, "t", 2)
    assert member.commit(6) == (unknown if member.version >= 10 else 0)
    assert await groups.committed() == (None if member.version >= 10 else 6)


async def test_the_coordinator_is_another_broker(group_world):
    groups = await group_world(2)
    joined = await groups.lead()
    member = Member(groups, joined, 9)
    groups.cluster.controller.stop_broker(groups.coordinator_of("g"))
    assert member.commit(5) == ErrorCode.NOT_COORDINATOR


async def test_an_observer_sees_them(member):
    seen = []
    member.context.cluster.observers.append(lambda _context, request, response: seen.append((request, response)))
    member.commit(9)
    ((request, response),) = seen
    assert request.topics[0].partitions[0].committed_offset == 9
    assert response.topics[0].partitions[0].error_code == 0


async def test_a_topic_without_partitions_is_never_in_the_reply(member):
    topics = [OffsetCommitRequestTopic("t", member.topic_id, [])]
    request = OffsetCommitRequest("g", member.generation_id, member.joined.member_id, topics=topics)
    whole = frames.encode_request(request.API_KEY, member.version, 7, "test", request)
    for _ in range(4):
        frame = bytearray(whole[frames.SIZE_BYTES :])
        (reply,) = answer(frame, member.context.cluster, member.context.broker, member.context.connection)
        told = bytes(reply)[frames.SIZE_BYTES :]
        assert frames.decode_response(request.API_KEY, member.version, told)[1].topics == []
