"""ListConfigResources: what has configs, by type."""

import pytest

from kwire.api import incremental_alter_configs, list_config_resources
from kwire.broker.resources import BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from kwire.protocol.messages.list_config_resources import ListConfigResourcesRequest, ListConfigResourcesResponse
from tests.kit.cluster import build_cluster, context_of, create_topic

SET, DELETE = 0, 1


async def listed(cluster, types=(), *, version=1):
    """Return type and name of each row."""
    request = ListConfigResourcesRequest(list(types))
    request = codec.decode(ListConfigResourcesRequest, version, codec.encode(request, version))
    response = await list_config_resources.handle(request, context_of(cluster, version))
    response = codec.decode(ListConfigResourcesResponse, version, codec.encode(response, version))
    assert response.error_code == 0
    return [(row.resource_type, row.resource_name) for row in response.config_resources]


@pytest.fixture
async def cluster():
    """Three brokers, of which the third is stopped, two topics, and a group and a subscription with configs."""
    cluster = build_cluster(3)
    await create_topic(cluster, "a")
    await create_topic(cluster, "b", configs={"retention.ms": "5"})
    for kind, name, operation, config, text in (
        (GROUP, "g", SET, "consumer.session.timeout.ms", "46000"),
        (GROUP, "h", SET, "consumer.session.timeout.ms", "46000"),
        (GROUP, "h", DELETE, "consumer.session.timeout.ms", None),
        (CLIENT_METRICS, "m", SET, "metrics", "a.b"),
        (BROKER, "", SET, "log.retention.ms", "5"),
    ):
        change = AlterConfigsResource(kind, name, [AlterableConfig(config, operation, text)])
        request = IncrementalAlterConfigsRequest([change])
        (row,) = (await incremental_alter_configs.handle(request, context_of(cluster, 1))).responses
        assert row.error_code == 0
    cluster.controller.stop_broker(3)
    return cluster


EVERYTHING = [
    *((TOPIC, name) for name in ("a", "b")),
    *((kind, name) for kind in (BROKER, BROKER_LOGGER) for name in ("1", "2")),
    (CLIENT_METRICS, "m"),
    (GROUP, "g"),
]


async def test_without_types_everything_is_named(cluster):
    assert await listed(cluster) == EVERYTHING


@pytest.mark.parametrize(
    "types", [[TOPIC], [BROKER], [BROKER_LOGGER], [CLIENT_METRICS], [GROUP], [GROUP, TOPIC], [TOPIC, TOPIC]], ids=str
)
async def test_only_the_types_asked_for_are_named_each_once(cluster, types):
    assert sorted(await listed(cluster, types)) == sorted(row for row in EVERYTHING if row[0] in types)


async def test_the_first_version_knows_subscriptions_only(cluster):
    assert [name for _, name in await listed(cluster, version=0)] == ["m"]


@pytest.mark.parametrize("types", [[0], [1], [TOPIC, 77], [-1]], ids=str)
async def test_an_unknown_type_is_refused(cluster, types):
    response = await list_config_resources.handle(ListConfigResourcesRequest(types), context_of(cluster, 1))
    assert response == ListConfigResourcesResponse(error_code=ErrorCode.UNSUPPORTED_VERSION)
