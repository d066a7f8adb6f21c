"""LeaveGroup."""

import pytest

from kwire.api import leave_group
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.leave_group import LeaveGroupRequest, MemberIdentity


async def leave(groups, *members, version=5, group_id="g"):
    rows = [MemberIdentity(member_id, instance_id) for member_id, instance_id in members]
    request = LeaveGroupRequest(group_id=group_id)
    if version < 3:
        request.member_id = rows[0].member_id
    else:
        request.members = rows
    return await groups.ask(leave_group.handle, request, version, group_id)


@pytest.mark.parametrize("version", range(6))
async def test_a_member_is_out_at_once(groups, version):
    joined = await groups.lead()
    response = await leave(groups, (joined.member_id, None), version=version)
    assert response.error_code == 0
    assert [row.error_code for row in response.members] == ([0] if version >= 3 else [])
    assert await groups.beat(joined) == ErrorCode.UNKNOWN_MEMBER_ID
    again = await leave(groups, (joined.member_id, None), version=version)
    told = again.members[0].error_code if version >= 3 else again.error_code
    assert told == ErrorCode.UNKNOWN_MEMBER_ID


async def test_several_leave_together_each_with_its_answer(groups):
    joined = await groups.join(group_instance_id="i")
    await groups.sync(joined, [(joined.member_id, b"")], group_instance_id="i")
    pending = await groups.join()
    response = await leave(
        groups, ("", "i"), (pending.member_id, None), ("", "stranger"), ("stranger", None), ("", None)
    )
    assert [(row.member_id, row.group_instance_id, row.error_code) for row in response.members] == [
        ("", "i", 0),
        (pending.member_id, None, 0),
        ("", "stranger", ErrorCode.UNKNOWN_MEMBER_ID),
        ("stranger", None, ErrorCode.UNKNOWN_MEMBER_ID),
        ("", None, ErrorCode.UNKNOWN_MEMBER_ID),
    ]
    assert (await groups.join(pending.member_id)).error_code == ErrorCode.UNKNOWN_MEMBER_ID


async def test_the_wrong_id_of_a_static_member_is_fenced(groups):
    await groups.join(group_instance_id="i")
    response = await leave(groups, ("old", "i"))
    assert response.members[0].error_code == ErrorCode.FENCED_INSTANCE_ID


async def test_groups_that_are_not_there(groups):
    response = await leave(groups, ("m", None), group_id="nobody")
    assert (response.error_code, response.members[0].error_code) == (0, ErrorCode.UNKNOWN_MEMBER_ID)
    assert (await leave(groups, ("m", None), group_id="")).error_code == ErrorCode.INVALID_GROUP_ID
    assert (await leave(groups, ("m", None), group_id="nobody", version=2)).error_code == ErrorCode.UNKNOWN_MEMBER_ID
