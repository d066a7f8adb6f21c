"""ApiVersions: the table, the features, what is refused."""

from types import SimpleNamespace

import pytest

from kwire.api.api_versions import handle, unsupported_version
from kwire.api.context import ConnectionInfo, RequestContext
from kwire.api.registry import APIS
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.api_versions import ApiVersionsRequest, ApiVersionsResponse

CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"


@pytest.fixture
def context():
    cluster = SimpleNamespace(cluster_id=CLUSTER_ID, image=SimpleNamespace(version=41))
    broker = SimpleNamespace(node_id=1)

    def of_version(version):
        return RequestContext(cluster, broker, ConnectionInfo(("10.0.0.7", 1), ("10.0.0.1", 9092)), version)

    return of_version


@pytest.mark.parametrize("version", range(6))
async def test_every_version_tells_the_whole_table(context, version):
    request = ApiVersionsRequest("probe", "1.0") if version >= 3 else ApiVersionsRequest()
    response = await handle(request, context(version))
    read = codec.decode(ApiVersionsResponse, version, codec.encode(response, version))
    assert read.error_code == 0
    announced = {key: (api.announced_min_version, api.max_version) for key, api in APIS.items()}
    assert {row.api_key: (row.min_version, row.max_version) for row in read.api_keys} == announced
    if version >= 3:
        finalized = {row.name: (row.min_version_level, row.max_version_level) for row in read.finalized_features}
        assert finalized == {"group.version": (1, 1), "metadata.version": (33, 33)}
        supported = {row.name: (row.min_version, row.max_version) for row in read.supported_features}
        assert supported == {"metadata.version": (33, 33)} | ({"group.version": (0, 1)} if version >= 4 else {})
        assert read.finalized_features_epoch == 41


@pytest.mark.parametrize("name", ["", "bad name", "-kcat", "kcat-", "kcat\n", "käse", ".", "a/b"])
async def test_a_client_with_an_odd_name_or_version_is_refused(context, name):
    for request in (ApiVersionsRequest(name, "1.0"), ApiVersionsRequest("probe", name)):
        connection_context = context(3)
        response = await handle(request, connection_context)
        assert response == ApiVersionsResponse(error_code=ErrorCode.INVALID_REQUEST)
        assert connection_context.connection.client_software_name == ""


@pytest.mark.parametrize("name", ["a", "apache-kafka-java", "librdkafka", "1.9.2-rc.1", "A--.--z"])
async def test_a_client_with_an_ordinary_name_is_noted(context, name):
    connection_context = context(3)
    assert (await handle(ApiVersionsRequest(name, "1.0"), connection_context)).error_code == 0
    assert connection_context.connection.client_software_name == name


@pytest.mark.parametrize(
    ("cluster_id", "node_id", "code"),
    [
        (None, -1, ErrorCode.NONE),
        (CLUSTER_ID, 1, ErrorCode.NONE),
        ("AAAAAAAAAAAAAAAAAAAAAA", 1, ErrorCode.REBOOTSTRAP_REQUIRED),
        (CLUSTER_ID, 99, ErrorCode.REBOOTSTRAP_REQUIRED),
        (None, 99, ErrorCode.INVALID_REQUEST),
    ],
)
async def test_a_client_that_means_another_node_is_told_so(context, cluster_id, node_id, code):
    response = await handle(ApiVersionsRequest("probe", "1.0", cluster_id, node_id), context(5))
    assert response.error_code == code
    assert bool(response.api_keys) is (code is ErrorCode.NONE)


def test_an_unknown_version_is_told_the_versions_of_this_api_only():
    response = codec.decode(ApiVersionsResponse, 0, codec.encode(unsupported_version(), 0))
    assert response.error_code == ErrorCode.UNSUPPORTED_VERSION
    assert [(row.api_key, row.min_version, row.max_version) for row in response.api_keys] == [(18, 0, 5)]
