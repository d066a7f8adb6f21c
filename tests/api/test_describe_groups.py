"""DescribeGroups."""

import pytest

from kwire.api import describe_groups
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_groups import DescribeGroupsRequest


async def describe(groups, *group_ids, version=6, operations=False, node_id=None):
    request = DescribeGroupsRequest(list(group_ids), operations)
    return (await groups.ask(describe_groups.handle, request, version, node_id=node_id)).groups


@pytest.mark.parametrize("version", range(7))
async def test_a_stable_group_with_its_members(groups, version):
    joined = await groups.lead()
    (row,) = await describe(groups, "g", version=version)
    assert (row.error_code, row.group_id, row.group_state) == (0, "g", "Stable")
    assert (row.protocol_type, row.protocol_data) == ("consumer", "range")
    (member,) = row.members
    assert (member.member_id, member.client_id, member.client_host) == (joined.member_id, "test", "/127.0.0.1")
    assert (member.member_metadata, member.member_assignment) == (b"m", b"all")
    assert row.authorized_operations == -(2**31)


async def test_states_on_the_way(groups):
    await groups.commit(7)
    (row,) = await describe(groups, "g")
    assert (row.group_state, row.protocol_type, row.members) == ("Empty", "", [])
    joined = await groups.enter()
    (row,) = await describe(groups, "g")
    assert (row.group_state, row.protocol_data) == ("CompletingRebalance", "")
    assert [member.member_metadata for member in row.members] == [b""]
    groups.pass_time(11)
    (row,) = await describe(groups, "g")
    assert (row.group_state, row.protocol_type, row.members) == ("Empty", "consumer", [])
    assert joined.generation_id == 1


@pytest.mark.parametrize("version", [3, 5, 6])
async def test_an_unknown_group_is_dead(groups, version):
    (row,) = await describe(groups, "nogroup", version=version, operations=True)
    assert row.group_state == "Dead"
    if version >= 6:
        assert (row.error_code, row.error_message) == (ErrorCode.GROUP_ID_NOT_FOUND, "Group nogroup not found.")
        assert row.authorized_operations == -(2**31)
    else:
        assert (row.error_code, row.authorized_operations) == (0, 3400)


async def test_the_wrong_broker(group_world):
    groups = await group_world(2)
    (row,) = await describe(groups, "g", node_id=3 - groups.coordinator_of("g"))
    assert row.error_code == ErrorCode.NOT_COORDINATOR
