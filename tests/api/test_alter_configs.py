"""AlterConfigs: a resource has the configs of the request and no others."""

import pytest

from kwire.api import alter_configs
from kwire.broker.resources import BROKER, TOPIC
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.alter_configs import AlterableConfig, AlterConfigsRequest, AlterConfigsResource


async def alter(context, resource_type, name, *configs, validate_only=False, times=1):
    """(error code, message) of the resource; configs: (name, value)."""
    resource = AlterConfigsResource(
        resource_type=resource_type,
        resource_name=name,
        configs=[AlterableConfig(name=key, value=value) for key, value in configs],
    )
    request = AlterConfigsRequest(resources=[resource] * times, validate_only=validate_only)
    response = await alter_configs.handle(request, context)
    (answer,) = {(ErrorCode(row.error_code), row.error_message) for row in response.responses}
    assert [(row.resource_type, row.resource_name) for row in response.responses] == [(resource_type, name)] * times
    return answer


DONE = (ErrorCode.NONE, None)


def dynamic(context, resource_type, name):
    return context.cluster.image.configs.get((resource_type, name), {})


async def test_all_configs_are_replaced(context):
    log = context.cluster.partition("t", 0).open()
    assert await alter(context, TOPIC, "t", ("retention.ms", "5"), ("segment.ms", "6")) == DONE
    assert await alter(context, TOPIC, "t", ("segment.ms", "7")) == DONE
    assert dynamic(context, TOPIC, "t") == {"segment.ms": "7"}
    assert (log.config.segment_ms, log.config.retention_ms) == (7, 604_800_000)
    assert await alter(context, TOPIC, "t") == DONE
    assert dynamic(context, TOPIC, "t") == {}


async def test_a_brokers_configs_are_replaced(context):
    assert await alter(context, BROKER, "1", ("message.max.bytes", "100")) == DONE
    assert context.broker.config.message_max_bytes == 100
    assert await alter(context, BROKER, "1") == DONE
    assert context.broker.config.message_max_bytes == 1_048_588


async def test_validate_only_changes_nothing(context):
    assert await alter(context, TOPIC, "t", ("retention.ms", "5"), validate_only=True) == DONE
    assert dynamic(context, TOPIC, "t") == {}


@pytest.mark.parametrize(
    ("resource_type", "name", "configs", "code", "message"),
    [
        (
            TOPIC,
            "t",
            [("retention.ms", "1"), ("retention.ms", "2")],
            ErrorCode.INVALID_REQUEST,
            "Error due to duplicate config keys",
        ),
        (
            TOPIC,
            "t",
            [("retention.ms", None)],
            ErrorCode.INVALID_REQUEST,
            "Null value not supported for : retention.ms",
        ),
        (TOPIC, "t", [("retention", "5")], ErrorCode.INVALID_CONFIG, "Unknown topic config name: retention"),
        (
            TOPIC,
            "nope",
            [("retention.ms", "5")],
            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            "The topic 'nope' does not exist.",
        ),
        (
            BROKER,
            "1",
            [("num.partitions", "5")],
            ErrorCode.INVALID_REQUEST,
            "Cannot update these configs dynamically: [num.partitions]",
        ),
        (BROKER, "5", [], ErrorCode.INVALID_REQUEST, "Unexpected broker id, expected 1, but received 5"),
        (8, "1", [], ErrorCode.INVALID_REQUEST, "Unknown resource type 8"),
    ],
)
async def test_what_may_not_be_is_refused_in_kafkas_words(context, resource_type, name, configs, code, message):
    assert await alter(context, resource_type, name, *configs) == (code, message)
    assert dynamic(context, resource_type, name) == {}


async def test_a_resource_named_twice_is_refused(context):
    answer = await alter(context, TOPIC, "t", ("retention.ms", "5"), times=2)
    assert answer == (ErrorCode.INVALID_REQUEST, "Each resource must appear at most once.")
