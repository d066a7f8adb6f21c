import pytest

from kwire.api import elect_leaders
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.elect_leaders import ElectLeadersRequest, ElectLeadersResponse, TopicPartitions
from tests.kit.cluster import build_cluster, context_of, create_topic

PREFERRED, UNCLEAN = 0, 1


@pytest.fixture
async def cluster():
    """Broker 1 is stopped: t-0 leads by preference, t-1 and t-2 do not, alone-0 is offline."""
    cluster = build_cluster(3)
    await create_topic(cluster, "t", assignments=[[2, 1], [1, 2], [1, 3]])
    await create_topic(cluster, "alone", assignments=[[1]])
    cluster.controller.stop_broker(1)
    return cluster


async def elect(cluster, kind, asked, version=2):
    partitions = None if asked is None else [TopicPartitions(topic, indexes) for topic, indexes in asked.items()]
    request = ElectLeadersRequest(kind, partitions)
    request = codec.decode(ElectLeadersRequest, version, codec.encode(request, version))
    response = await elect_leaders.handle(request, context_of(cluster, version, node_id=2))
    return codec.decode(ElectLeadersResponse, version, codec.encode(response, version))


def codes(response):
    return {
        (result.topic, row.partition_id): ErrorCode(row.error_code)
        for result in response.replica_election_results
        for row in result.partition_result
    }


@pytest.mark.parametrize("version", range(3))
async def test_a_preferred_leader_leads_or_cannot(cluster, version):
    response = await elect(cluster, PREFERRED, {"t": [0, 1, 9], "nope": [0]}, version)
    assert response.error_code == ErrorCode.NONE
    assert codes(response) == {
        ("t", 0): ErrorCode.ELECTION_NOT_NEEDED,
        ("t", 1): ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
        ("t", 9): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ("nope", 0): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }
    messages = [row.error_message for result in response.replica_election_results for row in result.partition_result]
    assert messages == [
        "Leader election not needed for topic partition.",
        "The preferred leader was not available.",
        "No such partition as t-9",
        "No such topic as nope",
    ]


@pytest.mark.parametrize("version", [1, 2])
async def test_an_unclean_election_finds_nobody_that_does_not_lead_already(cluster, version):
    assert codes(await elect(cluster, UNCLEAN, {"t": [1], "alone": [0]}, version)) == {
        ("t", 1): ErrorCode.ELECTION_NOT_NEEDED,
        ("alone", 0): ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
    }


async def test_of_all_partitions_those_are_told_whose_leader_is_not_the_preferred_one(cluster):
    response = await elect(cluster, PREFERRED, None)
    assert [result.topic for result in response.replica_election_results] == ["t", "alone"]
    assert codes(response) == {
        ("t", 1): ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
        ("t", 2): ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
        ("alone", 0): ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
    }


async def test_a_kind_that_does_not_exist(cluster):
    response = await elect(cluster, 7, {"t": [0]})
    assert response.error_code == ErrorCode.INVALID_REQUEST
    assert codes(response) == {("t", 0): ErrorCode.INVALID_REQUEST}
    assert codes(await elect(cluster, 7, None)) == {}


async def test_nothing_is_asked_for(cluster):
    for kind in (PREFERRED, UNCLEAN, 7):
        response = await elect(cluster, kind, {})
        assert (response.error_code, response.replica_election_results) == (ErrorCode.NONE, [])
