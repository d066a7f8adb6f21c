import pytest

from kwire.api import find_coordinator
from kwire.cluster.internal_topics import GROUP_TOPIC, partition_for
from kwire.protocol import codec
from kwire.protocol.errors import MALFORMED_REQUEST, ErrorCode
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest, FindCoordinatorResponse
from tests.kit.cluster import build_cluster, context_of

GROUP, TRANSACTION, SHARE = 0, 1, 2


async def find(cluster, version, *keys, key_type=GROUP, node_id=1):
    request = FindCoordinatorRequest(key_type=key_type)
    if version >= 4:
        request.coordinator_keys = list(keys)
    else:
        (request.key,) = keys
    request = codec.decode(FindCoordinatorRequest, version, codec.encode(request, version))
    response = await find_coordinator.handle(request, context_of(cluster, version, node_id=node_id))
    return codec.decode(FindCoordinatorResponse, version, codec.encode(response, version))


@pytest.mark.parametrize("version", range(4))
async def test_one_group_on_a_fresh_broker(version):
    cluster = build_cluster()
    response = await find(cluster, version, "group")
    assert (response.error_code, response.node_id, response.host, response.port) == (0, 1, "127.0.0.1", 9092)
    assert response.error_message == ("NONE" if version else "")


@pytest.mark.parametrize("version", range(4, 7))
async def test_several_groups_are_led_by_the_leaders_of_their_partitions(version):
    cluster = build_cluster(3)
    keys = [f"group-{number}" for number in range(20)]
    rows = (await find(cluster, version, *keys)).coordinators
    topic = cluster.image.topics[GROUP_TOPIC]
    assert len(topic.partitions) == 50
    assert [row.key for row in rows] == keys
    assert [row.node_id for row in rows] == [topic.partitions[partition_for(key, 50)].leader for key in keys]
    assert {(row.node_id, row.port) for row in rows} == {(1, 9092), (2, 9093), (3, 9094)}
    assert {(row.error_code, row.error_message) for row in rows} == {(0, "")}


async def test_every_broker_names_the_same_coordinator():
    cluster = build_cluster(3)
    answers = [(await find(cluster, 6, "g", node_id=node_id)).coordinators[0].node_id for node_id in (1, 2, 3)]
    assert len(set(answers)) == 1


async def test_no_keys_no_rows_and_no_topic():
    cluster = build_cluster()
    assert (await find(cluster, 4)).coordinators == []
    assert not cluster.image.topics


async def test_the_coordinator_moves_with_its_partition():
    cluster = build_cluster(2)
    (before,) = (await find(cluster, 6, "g")).coordinators
    cluster.controller.stop_broker(before.node_id)
    (after,) = (await find(cluster, 6, "g")).coordinators
    assert {before.node_id, after.node_id} == {1, 2}


async def test_no_coordinator_while_no_broker_runs():
    cluster = build_cluster()
    await find(cluster, 6, "g")
    cluster.controller.stop_broker(1)
    (row,) = (await find(cluster, 6, "g")).coordinators
    assert (row.error_code, row.node_id) == (ErrorCode.COORDINATOR_NOT_AVAILABLE, -1)


async def test_no_coordinator_where_the_topic_cannot_be_created():
    cluster = build_cluster()
    cluster.controller.stop_broker(1)
    (row,) = (await find(cluster, 6, "g")).coordinators
    assert row.error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE


@pytest.mark.parametrize("version", range(1, 7))
async def test_a_transactional_key_gets_the_error_at_which_every_client_gives_up(version):
    response = await find(build_cluster(), version, "tx", key_type=TRANSACTION)
    row = response.coordinators[0] if version >= 4 else response
    assert row.error_code == ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    assert (row.node_id, row.host, row.port) == (-1, "", -1)
    assert row.error_message == "kwire does not serve transactions yet; unset transactional.id"


@pytest.mark.parametrize(("key_type", "message"), [(SHARE, ""), (7, MALFORMED_REQUEST)])
async def test_other_keys_have_no_coordinator(key_type, message):
    (row,) = (await find(build_cluster(), 6, "k", key_type=key_type)).coordinators
    assert (row.error_code, row.error_message) == (ErrorCode.INVALID_REQUEST, message)
