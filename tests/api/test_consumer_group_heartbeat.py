"""ConsumerGroupHeartbeat."""

import pytest
import trio

from kwire.api import consumer_group_describe, consumer_group_heartbeat
from kwire.coordinator.group.first_generation import TOGETHER_MS
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from kwire.protocol.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatRequestTopicPartitions,
)
from kwire.protocol.messages.join_group import JoinGroupResponse
from tests.kit.cluster import create_topic


@pytest.fixture
async def groups(group_world):
    return await group_world()


async def beat(groups, member_id="a", epoch=0, *, version=1, node_id=None, **fields):
    request = ConsumerGroupHeartbeatRequest(member_id=member_id, member_epoch=epoch)
    if epoch == 0:
        request.rebalance_timeout_ms = 60_000
        request.subscribed_topic_names = ["t"]
        request.topic_partitions = []
    request.group_id = "g"
    for name, value in fields.items():
        setattr(request, name, value)
    handle = consumer_group_heartbeat.handle
    return await groups.ask(handle, request, version, request.group_id, node_id)


def given(response):
    """How many partitions; None where the response says nothing."""
    if response.assignment is None:
        return None
    return sum(len(row.partitions) for row in response.assignment.topic_partitions)


async def described(groups):
    request = ConsumerGroupDescribeRequest(["g"])
    return (await groups.ask(consumer_group_describe.handle, request, 1)).groups[0]


async def test_those_who_have_just_looked_for_the_coordinator_share_at_once(groups, nursery):
    await groups.look_for(1, 2)
    joined = {}

    async def join(member_id):
        joined[member_id] = await beat(groups, member_id)

    for member_id in "ab":
        nursery.start_soon(join, member_id)
        await trio.testing.wait_all_tasks_blocked()
    assert not joined
    groups.pass_time(TOGETHER_MS / 1000)
    await trio.testing.wait_all_tasks_blocked()
    assert [given(joined[member_id]) for member_id in "ab"] == [1, 1]
    assert (await described(groups)).group_state == "Stable"


async def test_a_member_joins_beats_and_leaves(groups):
    for version in (0, 1):
        joined = await beat(groups, f"m{version}" if version else "", version=version)
        assert (joined.error_code, joined.heartbeat_interval_ms, given(joined)) == (0, 5_000, 2)
        member_id, epoch = joined.member_id, joined.member_epoch
        response = await beat(groups, member_id, epoch, version=version)
        assert (response.error_code, response.member_epoch, given(response)) == (0, epoch, None)
        response = await beat(groups, member_id, -1, version=version)
        assert (response.error_code, response.member_epoch) == (0, -1)
    assert (await described(groups)).group_state == "Empty"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"member_id": ""}, "MemberId can't be empty."),
        ({"group_id": " "}, "GroupId can't be empty."),
        ({"instance_id": ""}, "InstanceId can't be empty."),
        ({"rack_id": ""}, "RackId can't be empty."),
        ({"rebalance_timeout_ms": -1}, "RebalanceTimeoutMs must be provided in first request."),
        ({"topic_partitions": None}, "TopicPartitions must be empty when (re-)joining."),
        (
            {"topic_partitions": [ConsumerGroupHeartbeatRequestTopicPartitions(bytes(16), [0])]},
            "TopicPartitions must be empty when (re-)joining.",
        ),
        (
            {"subscribed_topic_names": None},
            "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.",
        ),
        ({"epoch": -3}, "MemberEpoch is invalid."),
        ({"epoch": -2}, "InstanceId can't be null."),
    ],
)
async def test_what_is_not_well_formed(groups, fields, message):
    response = await beat(groups, **fields)
    assert (response.error_code, response.error_message) == (ErrorCode.INVALID_REQUEST, message)


async def test_refusals(groups):
    response = await beat(groups, server_assignor="none")
    assert response.error_code == ErrorCode.UNSUPPORTED_ASSIGNOR
    assert response.error_message == "ServerAssignor none is not supported. Supported assignors: uniform, range."
    response = await beat(groups, epoch=3)
    assert (response.error_code, response.error_message) == (
        ErrorCode.GROUP_ID_NOT_FOUND,
        "Consumer group g not found.",
    )
    response = await beat(groups, subscribed_topic_regex="(")
    assert response.error_code == ErrorCode.INVALID_REGULAR_EXPRESSION
    await beat(groups)
    response = await beat(groups, "x", 2)
    assert response.error_message == "Member x is not a member of group g."
    huge = await beat(groups, "m" * 32_000, subscribed_topic_names=["n" * 32_000] * 100, group_id="h" * 32_000)
    assert huge.error_code == 0
    shard = groups.shard("g")
    too_large = await beat(groups, "big", subscribed_topic_names=[f"{number:032000}" for number in range(40)])
    assert too_large.error_code == ErrorCode.UNKNOWN_SERVER_ERROR
    assert groups.shard("g") is shard  # nobody else has noticed
    assert (await beat(groups, "a", 2)).error_code == 0


async def test_only_the_coordinator_answers(group_world):
    groups = await group_world(brokers=2)
    other = next(node for node in (1, 2) if node != groups.coordinator_of("g"))
    assert (await beat(groups, node_id=other)).error_code == ErrorCode.NOT_COORDINATOR
    epoch = (await beat(groups)).member_epoch
    groups.cluster.controller.stop_broker(groups.coordinator_of("g"))
    response = await beat(groups, "a", epoch)  # at the other one, which has read the log
    assert (response.error_code, response.member_epoch) == (0, epoch)


@pytest.mark.honours(broker="group.consumer.max.size")
async def test_a_full_group(group_world):
    groups = await group_world(group_consumer_max_size=1)
    await beat(groups)
    response = await beat(groups, "b")
    assert response.error_code == ErrorCode.GROUP_MAX_SIZE_REACHED


@pytest.mark.honours(
    broker=(
        "group.consumer.session.timeout.ms",
        "group.consumer.heartbeat.interval.ms",
        "group.consumer.min.session.timeout.ms",
        "group.consumer.min.heartbeat.interval.ms",
    ),
    group=("consumer.session.timeout.ms", "consumer.heartbeat.interval.ms"),
)
async def test_sessions_and_heartbeats(group_world):
    groups = await group_world(
        group_consumer_min_session_timeout_ms=1_000,
        group_consumer_session_timeout_ms=7_000,
        group_consumer_min_heartbeat_interval_ms=100,
        group_consumer_heartbeat_interval_ms=300,
    )
    await groups.configure("own", **{"consumer.session.timeout.ms": "2000", "consumer.heartbeat.interval.ms": "200"})
    for group_id, interval_ms, timeout_s in (("g", 300, 7), ("own", 200, 2)):
        assert (await beat(groups, group_id=group_id)).heartbeat_interval_ms == interval_ms
        groups.pass_time(timeout_s - 0.1)
        response = await beat(groups, "a", 2, group_id=group_id)
        assert (response.error_code, response.heartbeat_interval_ms) == (0, interval_ms)
        groups.pass_time(timeout_s + 0.1)
        assert (await beat(groups, "a", 2, group_id=group_id)).error_code == ErrorCode.UNKNOWN_MEMBER_ID


@pytest.mark.honours(
    broker=("group.consumer.max.session.timeout.ms", "group.consumer.max.heartbeat.interval.ms"),
)
async def test_the_longest_of_a_group(group_world):
    groups = await group_world(
        group_consumer_max_session_timeout_ms=45_000, group_consumer_max_heartbeat_interval_ms=6_000
    )
    for name, text in (("consumer.session.timeout.ms", "45001"), ("consumer.heartbeat.interval.ms", "6001")):
        with pytest.raises(AssertionError, match="must be less than or equal to"):
            await groups.configure("g", **{name: text})
    await groups.configure("g", **{"consumer.heartbeat.interval.ms": "6000"})
    assert (await beat(groups)).heartbeat_interval_ms == 6_000


@pytest.mark.honours(
    broker=(
        "group.consumer.assignment.interval.ms",
        "group.consumer.min.assignment.interval.ms",
        "group.consumer.max.assignment.interval.ms",
    ),
    group="consumer.assignment.interval.ms",
)
async def test_how_often_partitions_are_shared_out(group_world):
    groups = await group_world(
        group_consumer_assignment_interval_ms=1_000,
        group_consumer_min_assignment_interval_ms=500,
        group_consumer_max_assignment_interval_ms=1_500,
    )
    for text in ("499", "1501"):
        with pytest.raises(AssertionError, match="than or equal to"):
            await groups.configure("own", **{"consumer.assignment.interval.ms": text})
    await groups.configure("own", **{"consumer.assignment.interval.ms": "500"})
    for group_id, interval_s in (("g", 1), ("own", 0.5)):
        await beat(groups, group_id=group_id)
        assert (await beat(groups, "b", group_id=group_id)).member_epoch == 2
        groups.pass_time(interval_s - 0.01)
        assert (await beat(groups, "b", 2, group_id=group_id)).member_epoch == 2
        groups.pass_time(0.01)
        assert (await beat(groups, "b", 2, group_id=group_id)).member_epoch == 3


@pytest.mark.honours(broker="group.consumer.assignors")
async def test_the_assignors_that_there_are(group_world):
    groups = await group_world(group_consumer_assignors="range")
    assert (await beat(groups, server_assignor="uniform")).error_code == ErrorCode.UNSUPPORTED_ASSIGNOR
    await beat(groups)
    assert (await described(groups)).assignor_name == "range"


@pytest.mark.honours(broker="group.consumer.migration.policy")
async def test_the_migration_policy(group_world):
    groups = await group_world(group_consumer_migration_policy="disabled")
    await groups.lead()
    response = await beat(groups)
    assert response.error_code == ErrorCode.GROUP_ID_NOT_FOUND
    assert response.error_message.endswith("because online upgrade is disabled.")


@pytest.mark.honours(broker="group.consumer.regex.refresh.interval.ms")
async def test_expressions_are_looked_up_again(group_world):
    groups = await group_world(group_consumer_regex_refresh_interval_ms=20_000)
    joined = await beat(groups, subscribed_topic_names=None, subscribed_topic_regex="t|u")
    groups.pass_time(0)
    assert given(await beat(groups, "a", joined.member_epoch)) == 2
    shard = groups.shard("g")
    stored = shard.groups["g"].resolved["t|u"]
    for seconds in (19, 2):
        assert shard.groups["g"].resolved["t|u"] == stored
        groups.pass_time(seconds)
        await beat(groups, "a", 2)
        groups.pass_time(0)
    assert shard.groups["g"].resolved["t|u"].timestamp_ms > stored.timestamp_ms


async def test_new_topics_and_partitions_are_noticed(groups):
    await beat(groups, subscribed_topic_names=["t", "later"])
    await create_topic(groups.cluster, "later", 3)
    response = await beat(groups, "a", 2)
    assert (response.member_epoch, given(response)) == (3, 5)


async def test_committed_offsets_of_a_member(groups):
    told = await beat(groups)
    member = JoinGroupResponse(generation_id=told.member_epoch, member_id=told.member_id)
    for version, code in ((8, ErrorCode.UNSUPPORTED_VERSION), (9, 0)):
        assert await groups.commit(7, joined=member, version=version) == code
    member.generation_id = 1
    assert await groups.commit(8, joined=member) == ErrorCode.STALE_MEMBER_EPOCH
    assert await groups.committed() == 7
