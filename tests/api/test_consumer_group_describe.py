"""ConsumerGroupDescribe."""

from kwire.api import consumer_group_describe, consumer_group_heartbeat, describe_groups, list_groups
from kwire.api.authorized_operations import GROUP_OPERATIONS
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from kwire.protocol.messages.consumer_group_heartbeat import ConsumerGroupHeartbeatRequest
from kwire.protocol.messages.describe_groups import DescribeGroupsRequest
from kwire.protocol.messages.list_groups import ListGroupsRequest


async def join(groups, member_id, **fields):
    request = ConsumerGroupHeartbeatRequest(
        "g", member_id, rebalance_timeout_ms=60_000, subscribed_topic_names=["t"], topic_partitions=[], **fields
    )
    return await groups.ask(consumer_group_heartbeat.handle, request, 1)


async def describe(groups, *group_ids, version=1, operations=False):
    request = ConsumerGroupDescribeRequest(list(group_ids), include_authorized_operations=operations)
    return (await groups.ask(consumer_group_describe.handle, request, version)).groups


async def test_a_group_with_its_members(groups):
    await join(groups, "a", rack_id="r", server_assignor="range")
    for version in (0, 1):
        (group,) = await describe(groups, "g", version=version)
        assert (group.error_code, group.group_state, group.assignor_name) == (0, "Stable", "range")
        assert (group.group_epoch, group.assignment_epoch) == (2, 2)
        (member,) = group.members
        assert (member.member_id, member.rack_id, member.instance_id, member.member_epoch) == ("a", "r", None, 2)
        assert (member.subscribed_topic_names, member.subscribed_topic_regex) == (["t"], "")
        for part in (member.assignment, member.target_assignment):
            assert [(row.topic_name, row.topic_id, row.partitions) for row in part.topic_partitions] == [
                ("t", groups.topic.topic_id, [0, 1])
            ]
        assert member.member_type == (1 if version else -1)


async def test_operations_are_told_where_they_are_asked_for(groups):
    await join(groups, "a")
    (found, missing) = await describe(groups, "g", "missing", operations=True)
    assert found.authorized_operations == GROUP_OPERATIONS
    assert missing.authorized_operations == -(2**31)


async def test_what_is_none(groups):
    await groups.lead(group_id="classic")
    (missing, empty) = await describe(groups, "missing", "")
    assert (missing.error_code, missing.error_message) == (ErrorCode.GROUP_ID_NOT_FOUND, "Group missing not found.")
    assert empty.error_code == ErrorCode.INVALID_GROUP_ID
    request = ConsumerGroupDescribeRequest(["classic"])
    (classic,) = (await groups.ask(consumer_group_describe.handle, request, 1, "classic")).groups
    assert (classic.error_code, classic.error_message) == (
        ErrorCode.GROUP_ID_NOT_FOUND,
        "Group classic is not a consumer group.",
    )


async def test_other_apis_know_it_too(groups):
    await join(groups, "a")
    (row,) = (await groups.ask(describe_groups.handle, DescribeGroupsRequest(["g"]), 6)).groups
    assert (row.error_code, row.group_state) == (ErrorCode.GROUP_ID_NOT_FOUND, "Dead")
    assert row.error_message == "Group g is not a classic group."
    listed = (await groups.ask(list_groups.handle, ListGroupsRequest([], ["consumer"]), 5)).groups
    assert [(each.group_id, each.group_state, each.group_type) for each in listed] == [("g", "Stable", "consumer")]
