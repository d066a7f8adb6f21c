import pytest

from kwire.api import describe_cluster
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_cluster import DescribeClusterRequest, DescribeClusterResponse
from tests.kit.cluster import CLUSTER_ID, build_cluster, context_of


async def describe(cluster, version, **fields):
    request = DescribeClusterRequest(**fields)
    request = codec.decode(DescribeClusterRequest, version, codec.encode(request, version))
    response = await describe_cluster.handle(request, context_of(cluster, version))
    return codec.decode(DescribeClusterResponse, version, codec.encode(response, version))


@pytest.mark.parametrize("version", range(3))
async def test_the_cluster_and_its_brokers(version):
    response = await describe(build_cluster(2), version)
    assert (response.cluster_id, response.controller_id, response.error_message) == (CLUSTER_ID, 1, None)
    assert [(row.broker_id, row.host, row.port) for row in response.brokers] == [
        (1, "127.0.0.1", 9092),
        (2, "127.0.0.1", 9093),
    ]
    assert response.cluster_authorized_operations == -(2**31)


async def test_operations_on_request():
    response = await describe(build_cluster(), 0, include_cluster_authorized_operations=True)
    assert response.cluster_authorized_operations == 8096


async def test_stopped_brokers_on_request():
    cluster = build_cluster(2)
    cluster.controller.stop_broker(1)
    usual = await describe(cluster, 2)
    assert ([row.broker_id for row in usual.brokers], usual.controller_id) == ([2], 2)
    whole = await describe(cluster, 2, include_fenced_brokers=True)
    assert [(row.broker_id, row.is_fenced) for row in whole.brokers] == [(1, True), (2, False)]


@pytest.mark.parametrize(
    ("endpoint_type", "code", "message"),
    [
        (
            2,
            ErrorCode.MISMATCHED_ENDPOINT_TYPE,
            "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER",
        ),
        (3, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, "Unsupported endpoint type 3"),
    ],
)
async def test_other_endpoints_are_not_here(endpoint_type, code, message):
    response = await describe(build_cluster(), 1, endpoint_type=endpoint_type)
    assert (response.error_code, response.error_message, response.brokers) == (code, message, [])
