"""What one request may take of the broker: others have their turn, and a reply has an end."""

import dataclasses
from itertools import count

import pytest
import trio

from kwire.api import (
    alter_replica_log_dirs,
    consumer_group_describe,
    describe_configs,
    describe_groups,
    describe_producers,
    describe_quorum,
    offset_fetch,
    turns,
)
from kwire.api.context import CloseConnection
from kwire.broker.resources import GROUP
from kwire.limits import TURN_S
from kwire.protocol.messages.alter_replica_log_dirs import (
    AlterReplicaLogDir,
    AlterReplicaLogDirsRequest,
    AlterReplicaLogDirTopic,
)
from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from kwire.protocol.messages.describe_configs import DescribeConfigsRequest, DescribeConfigsResource
from kwire.protocol.messages.describe_groups import DescribeGroupsRequest
from kwire.protocol.messages.describe_producers import DescribeProducersRequest, TopicRequest
from kwire.protocol.messages.describe_quorum import (
    DescribeQuorumRequest,
    DescribeQuorumRequestPartitionData,
    DescribeQuorumRequestTopicData,
)
from kwire.protocol.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from tests.kit.cluster import ManualClock, build_cluster, build_env, context_of, create_topic


@pytest.fixture
def clock():
    return ManualClock()


def test_a_turn_is_over_once_it_took_long(clock):
    turn = turns.Turn(build_env(clock))
    clock.advance(TURN_S)
    assert not turn.is_over
    clock.advance(TURN_S / 10)
    assert turn.is_over
    turn.begin()
    assert not turn.is_over


async def test_a_reply_has_an_end(clock, monkeypatch):
    monkeypatch.setattr(turns, "MAX_TOLD_ROWS", 10)
    reply = turns.LongReply("Ask", build_env(clock))
    await reply.add(4)
    await reply.add(6)
    await reply.add(0)
    with pytest.raises(CloseConnection, match="Ask asks for more than 10 rows; ask in several requests"):
        await reply.add(1)


NAMES = [str(number) for number in range(100)]
QUORUM_PARTITIONS = [DescribeQuorumRequestPartitionData(index) for index in range(100)]


def ask_groups(names):
    """(Handler, its request for these groups, version)."""
    return [
        (describe_groups, DescribeGroupsRequest(groups=names), 5),
        (consumer_group_describe, ConsumerGroupDescribeRequest(group_ids=names), 0),
        (offset_fetch, OffsetFetchRequest(groups=[OffsetFetchRequestGroup(name, topics=None) for name in names]), 8),
    ]


@pytest.mark.parametrize(
    ("handler", "request_", "version"),
    [
        *ask_groups(NAMES),
        (describe_producers, DescribeProducersRequest(topics=[TopicRequest("t", [*range(100)])]), 0),
        (describe_configs, DescribeConfigsRequest([DescribeConfigsResource(GROUP, each) for each in NAMES]), 1),
        (describe_quorum, DescribeQuorumRequest([DescribeQuorumRequestTopicData("t", QUORUM_PARTITIONS)]), 2),
        (
            alter_replica_log_dirs,
            AlterReplicaLogDirsRequest([AlterReplicaLogDir("/", [AlterReplicaLogDirTopic("t", [*range(100)])])]),
            2,
        ),
    ],
)
async def test_others_have_their_turn_while_much_is_asked(handler, request_, version, nursery):
    hours = count()
    cluster = build_cluster(env=dataclasses.replace(build_env(), clock_s=lambda: 3600.0 * next(hours)))
    await create_topic(cluster, "t", 2)
    turns_had = 0

    async def other():
        nonlocal turns_had
        while True:
            await trio.lowlevel.checkpoint()
            turns_had += 1

    nursery.start_soon(other)
    await handler.handle(request_, context_of(cluster, version))
    assert turns_had > 50
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize(("times", "refused"), [(101, False), (102, True)])
@pytest.mark.parametrize("number", range(3))
async def test_groups_are_not_asked_for_again_and_again(number, times, refused):
    handler, request_, version = ask_groups(["g"] * times + ["h"])[number]
    context = context_of(build_cluster(), version)
    if refused:
        with pytest.raises(CloseConnection, match="asks for the same groups again and again"):
            await handler.handle(request_, context)
    else:
        assert len((await handler.handle(request_, context)).groups) == times + 1
