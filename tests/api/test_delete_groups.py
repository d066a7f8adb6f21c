"""DeleteGroups."""

import pytest

from kwire.api import delete_groups
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.delete_groups import DeleteGroupsRequest


async def delete(groups, *names, version=3, node_id=1):
    response = await groups.ask(delete_groups.handle, DeleteGroupsRequest(list(names)), version, node_id=node_id)
    return [(row.group_id, row.error_code, row.error_message) for row in response.results]


@pytest.mark.parametrize("version", range(4))
async def test_groups_without_members_go(groups, version):
    await groups.commit(7)
    await groups.lead(group_id="busy")
    told = await delete(groups, "g", "busy", "nobody", "g", version=version)
    says = version >= 3
    assert told == [
        ("g", 0, None),
        ("busy", ErrorCode.NON_EMPTY_GROUP, "The group is not empty." if says else None),
        ("nobody", ErrorCode.GROUP_ID_NOT_FOUND, "Group nobody not found." if says else None),
    ]
    assert await groups.committed() is None


async def test_it_stays_gone_when_the_log_is_read_again(group_world):
    groups = await group_world(2)
    await groups.commit(7)
    first = groups.coordinator_of("g")
    assert await delete(groups, "g", node_id=first) == [("g", 0, None)]
    groups.cluster.controller.stop_broker(first)
    assert await groups.committed() is None
    assert (await delete(groups, "g", node_id=3 - first))[0][1] == ErrorCode.GROUP_ID_NOT_FOUND


async def test_the_wrong_broker(group_world):
    groups = await group_world(2)
    told = await delete(groups, "g", node_id=3 - groups.coordinator_of("g"))
    assert told[0][1] == ErrorCode.NOT_COORDINATOR
