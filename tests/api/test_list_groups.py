"""ListGroups."""

import pytest

from kwire.api import list_groups
from kwire.broker.partition import Partition
from kwire.cluster.internal_topics import GROUP_TOPIC, partition_for
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.list_groups import ListGroupsRequest


async def listed(groups, version=5, node_id=1, **fields):
    response = await groups.ask(list_groups.handle, ListGroupsRequest(**fields), version, node_id=node_id)
    assert response.error_code == 0
    return {row.group_id: (row.protocol_type, row.group_state, row.group_type) for row in response.groups}


@pytest.mark.parametrize("version", range(6))
async def test_all_groups_of_a_broker(groups, version):
    await groups.lead()
    await groups.commit(5, group_id="plain")
    told = await listed(groups, version)
    state, kind = version >= 4, version >= 5
    assert told == {
        "g": ("consumer", "Stable" if state else "", "classic" if kind else ""),
        "plain": ("", "Empty" if state else "", "classic" if kind else ""),
    }


async def test_filters(groups):
    await groups.lead()
    await groups.commit(5, group_id="plain")
    assert set(await listed(groups, states_filter=["stable"])) == {"g"}
    assert set(await listed(groups, states_filter=["Empty", "Dead"])) == {"plain"}
    assert set(await listed(groups, types_filter=["Classic", "consumer"])) == {"g", "plain"}
    assert await listed(groups, types_filter=["share"]) == {}


async def test_each_broker_lists_its_own(group_world):
    groups = await group_world(2)
    names = [f"g{index}" for index in range(8)]
    for name in names:
        await groups.commit(5, group_id=name)
    told = [set(await listed(groups, node_id=node_id)) for node_id in (1, 2)]
    assert told[0] | told[1] == set(names)
    assert not told[0] & told[1]
    assert all(name in told[groups.coordinator_of(name) - 1] for name in names)
    groups.cluster.controller.stop_broker(1)
    assert set(await listed(groups, node_id=2)) == set(names)


async def test_without_groups_there_is_nothing(groups):
    assert await listed(groups) == {}


async def test_groups_whose_log_cannot_be_read_hide_no_others(groups, monkeypatch):
    await groups.commit(5)
    await groups.commit(5, group_id="other")
    topic = groups.cluster.image.topics[GROUP_TOPIC]
    broken, other = (partition_for(name, len(topic.partitions)) for name in ("g", "other"))
    assert broken != other
    read = Partition.read

    def readable(partition, *args, **options):
        if (partition.topic, partition.index) == (GROUP_TOPIC, broken):
            raise ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
        return read(partition, *args, **options)

    monkeypatch.setattr(Partition, "read", readable)
    groups.cluster.groups.runtime.unload(broken)
    assert set(await listed(groups)) == {"other"}
