"""IncrementalAlterConfigs: single configs change, each resource as a whole or not at all."""

import logging

import pytest

from kwire.api import incremental_alter_configs
from kwire.broker.config_changes import Operation
from kwire.broker.resources import BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from tests.kit.cluster import build_cluster

SET, DELETE, APPEND, SUBTRACT = Operation


def resource(resource_type, name, *changes):
    """A resource of a request; changes: (config name, operation, value)."""
    return AlterConfigsResource(
        resource_type=resource_type,
        resource_name=name,
        configs=[
            AlterableConfig(name=key, config_operation=operation, value=value) for key, operation, value in changes
        ],
    )


async def alter(context, *resources, validate_only=False):
    """(error code, message) of each resource."""
    request = IncrementalAlterConfigsRequest(resources=list(resources), validate_only=validate_only)
    response = await incremental_alter_configs.handle(request, context)
    assert [(row.resource_type, row.resource_name) for row in response.responses] == [
        (each.resource_type, each.resource_name) for each in resources
    ]
    return [(ErrorCode(row.error_code), row.error_message) for row in response.responses]


DONE = (ErrorCode.NONE, None)


def dynamic(context, resource_type, name):
    return context.cluster.image.configs.get((resource_type, name), {})


async def test_a_set_config_takes_effect_at_once(context):
    cluster = context.cluster
    log = cluster.partition("t", 0).open()
    assert await alter(context, resource(TOPIC, "t", ("retention.ms", SET, "600000"))) == [DONE]
    assert cluster.configs.topic("t").retention_ms == 600_000
    assert log.config.retention_ms == 600_000
    assert await alter(context, resource(TOPIC, "t", ("retention.ms", DELETE, None))) == [DONE]
    assert log.config.retention_ms == 604_800_000
    assert dynamic(context, TOPIC, "t") == {}


async def test_a_brokers_default_reaches_the_logs_of_topics_without_their_own(context):
    cluster = context.cluster
    log = cluster.partition("t", 0).open()
    assert await alter(context, resource(BROKER, "", ("log.retention.ms", SET, "5000"))) == [DONE]
    assert log.config.retention_ms == 5_000
    await alter(context, resource(TOPIC, "t", ("retention.ms", SET, "7")))
    await alter(context, resource(BROKER, "1", ("log.retention.ms", SET, "6000")))
    assert log.config.retention_ms == 7
    assert cluster.configs.topic("u").retention_ms == 6_000


async def test_a_broker_config_takes_effect_at_once(context):
    assert await alter(context, resource(BROKER, "1", ("message.max.bytes", SET, "1000"))) == [DONE]
    assert context.broker.config.message_max_bytes == 1000


async def test_lists_grow_and_shrink(context):
    assert await alter(context, resource(TOPIC, "t", ("cleanup.policy", APPEND, "compact"))) == [DONE]
    assert dynamic(context, TOPIC, "t") == {"cleanup.policy": "delete,compact"}
    assert await alter(context, resource(TOPIC, "t", ("cleanup.policy", APPEND, "compact,delete"))) == [DONE]
    assert dynamic(context, TOPIC, "t") == {"cleanup.policy": "delete,compact"}
    assert await alter(context, resource(TOPIC, "t", ("cleanup.policy", SUBTRACT, "delete,other"))) == [DONE]
    assert dynamic(context, TOPIC, "t") == {"cleanup.policy": "compact"}


async def test_a_list_may_name_a_value_twice(context):
    assert await alter(context, resource(TOPIC, "t", ("cleanup.policy", SET, "delete,delete"))) == [DONE]
    assert dynamic(context, TOPIC, "t") == {"cleanup.policy": "delete,delete"}
    assert context.cluster.configs.topic("t").cleanup_policy == {"delete"}
    reporter = "org.apache.kafka.common.metrics.JmxReporter"
    assert await alter(context, resource(BROKER, "1", ("metric.reporters", APPEND, f" {reporter}"))) == [DONE]
    assert dynamic(context, BROKER, "1") == {"metric.reporters": f"{reporter}, {reporter}"}


async def test_throttled_replicas_may_be_all_and_nothing_beside(context):
    throttled = "leader.replication.throttled.replicas"
    await alter(context, resource(TOPIC, "t", (throttled, SET, "*")))
    assert await alter(context, resource(TOPIC, "t", (throttled, APPEND, ""))) == [DONE]
    assert dynamic(context, TOPIC, "t") == {throttled: "*,"}


async def test_a_brokers_id_may_be_written_as_java_reads_numbers(context):
    for name in ("01", "+1"):
        assert await alter(context, resource(BROKER, name, ("log.retention.ms", SET, "5"))) == [DONE]


@pytest.fixture
def levels(monkeypatch):
    """Return a function that reads a logger's own level; restore the levels afterwards."""
    for name in ("kwire", "kwire.server", "root"):
        logger = logging.getLogger(None if name == "root" else name)
        monkeypatch.setattr(logger, "level", logger.level)
    yield lambda name: logging.getLogger(None if name == "root" else name).level
    logging.Logger.manager._clear_cache()


async def test_loggers_change_their_levels_at_once(context, levels):
    changes = [("kwire.server", SET, "TRACE"), ("kwire", SET, "FATAL"), ("root", SET, "WARN")]
    assert await alter(context, resource(BROKER_LOGGER, "1", *changes), validate_only=True) == [DONE]
    assert levels("kwire.server") == logging.NOTSET
    assert await alter(context, resource(BROKER_LOGGER, "1", *changes)) == [DONE]
    assert [levels(name) for name, _, _ in changes] == [5, logging.CRITICAL, logging.WARNING]
    assert await alter(context, resource(BROKER_LOGGER, "1", ("kwire.server", DELETE, None))) == [DONE]
    assert levels("kwire.server") == logging.NOTSET
    wrong = resource(BROKER_LOGGER, "1", ("kwire.server", SET, "INFO"), ("kwire.nope", SET, "INFO"))
    assert (await alter(context, wrong))[0][0] == ErrorCode.INVALID_CONFIG
    assert levels("kwire.server") == logging.NOTSET
    assert dynamic(context, BROKER_LOGGER, "1") == {}


async def test_a_level_that_is_set_again_and_again_is_told_once(context, levels, caplog):
    logging.getLogger("kwire").setLevel(logging.ERROR)
    for _ in range(3):
        assert await alter(context, resource(BROKER_LOGGER, "1", ("kwire", SET, "INFO"))) == [DONE]
    assert caplog.messages == ["the log level of kwire is INFO now"]


async def test_other_configs_stay(context):
    await alter(context, resource(TOPIC, "t", ("retention.ms", SET, "5"), ("segment.ms", SET, "6")))
    await alter(context, resource(TOPIC, "t", ("retention.ms", SET, "7")))
    assert dynamic(context, TOPIC, "t") == {"retention.ms": "7", "segment.ms": "6"}


async def test_resources_are_decided_one_by_one_and_whole(context):
    answers = await alter(
        context,
        resource(TOPIC, "t", ("retention.ms", SET, "5"), ("segment.ms", SET, "0")),
        resource(GROUP, "g", ("consumer.session.timeout.ms", SET, "50000")),
        resource(TOPIC, "nope", ("retention.ms", SET, "5")),
    )
    assert answers == [
        (
            ErrorCode.INVALID_CONFIG,
            "Invalid value 0 for configuration segment.ms: Value must be at least 1",
        ),
        DONE,
        (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "The topic 'nope' does not exist."),
    ]
    assert dynamic(context, TOPIC, "t") == {}
    assert context.cluster.configs.group("g").consumer_session_timeout_ms == 50_000


async def test_validate_only_changes_nothing(context):
    before = context.cluster.image.version
    answers = await alter(
        context,
        resource(TOPIC, "t", ("retention.ms", SET, "5")),
        resource(BROKER, "1", ("num.partitions", SET, "5")),
        validate_only=True,
    )
    assert [code for code, _ in answers] == [ErrorCode.NONE, ErrorCode.INVALID_REQUEST]
    assert context.cluster.image.version == before


async def test_what_is_so_already_writes_nothing(context):
    await alter(context, resource(TOPIC, "t", ("retention.ms", SET, "5")))
    before = context.cluster.image.version
    assert await alter(context, resource(TOPIC, "t", ("retention.ms", SET, "5"), ("segment.ms", DELETE, None))) == [
        DONE
    ]
    assert context.cluster.image.version == before


async def test_a_resource_named_twice_is_refused_both_times(context):
    twice = resource(TOPIC, "t", ("retention.ms", SET, "5"))
    refused = (ErrorCode.INVALID_REQUEST, "Each resource must appear at most once.")
    assert await alter(context, twice, resource(GROUP, "g"), twice) == [refused, DONE, refused]
    assert dynamic(context, TOPIC, "t") == {}


VALID_LEVELS = "Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN"
REFUSED_LOGGERS = [
    (resource(BROKER_LOGGER, name, *changes), ErrorCode(code), message)
    for name, changes, code, message in (
        ("", [("kwire", SET, "INFO")], 42, "Node id must be an integer, but it is: "),
        ("7", [("kwire", SET, "INFO")], 42, "Unexpected node id. Expected 1, but received 7"),
        ("1", [("kwire.nope", SET, "INFO")], 40, "Logger kwire.nope does not exist!"),
        ("1", [("", DELETE, None)], 40, "Logger  does not exist!"),
        ("1", [("root", DELETE, None)], 42, "Removing the log level of the root logger is not allowed"),
        ("1", [("kwire", APPEND, "INFO")], 42, "APPEND operation is not allowed for the BROKER_LOGGER resource"),
        ("1", [("kwire", SUBTRACT, "INFO")], 42, "SUBTRACT operation is not allowed for the BROKER_LOGGER resource"),
        ("1", [("kwire", 4, "INFO")], -1, None),
        ("1", [("kwire", SET, None)], 42, "Null value not supported for : kwire"),
        ("1", [("kwire", SET, "INFO")] * 2, 42, "Error due to duplicate config keys"),
        *(
            (
                "1",
                [("root", SET, "DEBUG"), ("kwire", SET, level)],
                40,
                f"Cannot set the log level of kwire to {level} as it is not a supported log level. {VALID_LEVELS}",
            )
            for level in ("debug", "WARNING", "OFF", "")
        ),
    )
]


@pytest.mark.parametrize(
    ("altered", "code", "message"),
    [
        (
            resource(TOPIC, "t", ("retention.ms", SET, "1"), ("retention.ms", SET, "2")),
            ErrorCode.INVALID_REQUEST,
            "Error due to duplicate config keys",
        ),
        (
            resource(TOPIC, "t", ("retention.ms", SET, None), ("segment.ms", APPEND, None)),
            ErrorCode.INVALID_REQUEST,
            "Null value not supported for : retention.ms, segment.ms",
        ),
        (
            resource(TOPIC, "t", ("retention.ms", APPEND, "5")),
            ErrorCode.INVALID_CONFIG,
            "Can't APPEND to key retention.ms because its type is not LIST.",
        ),
        (resource(TOPIC, "t", ("retention.ms", 9, "5")), ErrorCode.UNKNOWN_SERVER_ERROR, None),
        (
            resource(TOPIC, "t", ("retention", SET, "5")),
            ErrorCode.INVALID_CONFIG,
            "Unknown topic config name: retention",
        ),
        (
            resource(TOPIC, "", ("retention.ms", SET, "5")),
            ErrorCode.INVALID_REQUEST,
            "Default topic resources are not allowed.",
        ),
        (
            resource(TOPIC, "..", ("retention.ms", SET, "5")),
            ErrorCode.INVALID_TOPIC_EXCEPTION,
            "Topic name is invalid: '..' is not allowed",
        ),
        *(
            (
                resource(BROKER, name, (key, operation, "1")),
                ErrorCode.INVALID_REQUEST,
                f"Unknown operations type {operation}",
            )
            for name, key, operation in (
                ("1", "log.cleaner.threads", 4),
                ("", "log.retention.ms", -1),
                ("1", "nope", 127),
            )
        ),
        (
            resource(BROKER, "1", ("log.cleaner.threads", APPEND, "1")),
            ErrorCode.INVALID_CONFIG,
            "Config value append is not allowed for config key: log.cleaner.threads",
        ),
        (resource(BROKER, "", ("nope", SUBTRACT, "1")), ErrorCode.INVALID_CONFIG, "Unknown config name: nope"),
        (
            resource(BROKER, "1", ("leader.replication.throttled.rate", SET, "-131072")),
            ErrorCode.INVALID_REQUEST,
            "Invalid value -131072 for configuration leader.replication.throttled.rate: Value must be at least 0",
        ),
        (
            resource(BROKER, "", ("metric.reporters", APPEND, "com.example.Reporter")),
            ErrorCode.INVALID_REQUEST,
            "metric.reporters: there is no class com.example.Reporter; kwire loads none and has no metrics over JMX",
        ),
        (
            resource(CLIENT_METRICS, "m", ("metrics", APPEND, "a.b")),
            ErrorCode.INVALID_CONFIG,
            "Can't APPEND to key metrics because its type is not LIST.",
        ),
        *REFUSED_LOGGERS,
        (resource(77, "x"), ErrorCode.INVALID_REQUEST, "Unknown resource type 77"),
        (
            resource(BROKER, "2", ("log.retention.ms", SET, "5")),
            ErrorCode.INVALID_REQUEST,
            "Unexpected broker id, expected 1, but received 2",
        ),
        (
            resource(BROKER, "one", ("log.retention.ms", SET, "5")),
            ErrorCode.INVALID_REQUEST,
            "Node id must be an integer, but it is: one",
        ),
        (
            resource(BROKER, "1", ("num.partitions", SET, "5"), ("auto.create.topics.enable", SET, "false")),
            ErrorCode.INVALID_REQUEST,
            "Cannot update these configs dynamically: [auto.create.topics.enable, num.partitions]",
        ),
        (
            resource(BROKER, "1", ("ssl.keystore.location", SET, "/keys")),
            ErrorCode.INVALID_REQUEST,
            (
                "These security configs can be dynamically updated only per-listener using the listener prefix: "
                "[ssl.keystore.location]"
            ),
        ),
        (
            resource(BROKER, "", ("listener.name.x.ssl.keystore.location", SET, "/keys")),
            ErrorCode.INVALID_REQUEST,
            (
                "Cannot update these configs at default cluster level, broker id must be specified: "
                "[listener.name.x.ssl.keystore.location]"
            ),
        ),
        (
            resource(BROKER, "1", ("log.retention.ms", SET, "soon")),
            ErrorCode.INVALID_REQUEST,
            "Invalid value soon for configuration log.retention.ms: Not a number of type LONG",
        ),
        (
            resource(BROKER, "1", ("log.retention.ms", SET, "0")),
            ErrorCode.INVALID_REQUEST,
            "log.retention.ms must be unlimited (-1) or, greater than or equal to 1",
        ),
        (
            resource(BROKER, "", ("log.cleaner.threads", SET, "200")),
            ErrorCode.INVALID_REQUEST,
            (
                "Dynamic thread count update validation failed for log.cleaner.threads=200, "
                "value should not be greater than double the current value 1"
            ),
        ),
        (
            resource(BROKER, "", ("num.io.threads", SET, "3")),
            ErrorCode.INVALID_REQUEST,
            (
                "Dynamic thread count update validation failed for num.io.threads=3, "
                "value should be at least half the current value 8"
            ),
        ),
        (
            resource(BROKER, "", ("log.cleaner.dedupe.buffer.size", SET, "1000")),
            ErrorCode.INVALID_REQUEST,
            "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.",
        ),
        (
            resource(
                BROKER,
                "",
                ("log.cleaner.min.compaction.lag.ms", SET, "9"),
                ("log.cleaner.max.compaction.lag.ms", SET, "8"),
            ),
            ErrorCode.INVALID_REQUEST,
            "conflict topic config setting min.compaction.lag.ms (9) > max.compaction.lag.ms (8)",
        ),
        (
            resource(GROUP, "", ("share.isolation.level", SET, "x")),
            ErrorCode.INVALID_REQUEST,
            "Default group resources are not allowed.",
        ),
        (resource(GROUP, "g", ("session", SET, "5")), ErrorCode.INVALID_CONFIG, "Unknown group config name: session"),
        (
            resource(GROUP, "g", ("consumer.session.timeout.ms", SET, "1000")),
            ErrorCode.INVALID_CONFIG,
            "consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms",
        ),
        (
            resource(GROUP, "g", ("share.record.lock.duration.ms", SET, "70000")),
            ErrorCode.INVALID_CONFIG,
            "share.record.lock.duration.ms must be less than or equal to group.share.max.record.lock.duration.ms",
        ),
        (
            resource(GROUP, "g", ("streams.num.standby.replicas", SET, "3")),
            ErrorCode.INVALID_CONFIG,
            "streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas",
        ),
        (
            resource(CLIENT_METRICS, "", ("metrics", SET, "*")),
            ErrorCode.INVALID_REQUEST,
            "Subscription name can't be empty",
        ),
        (
            resource(CLIENT_METRICS, "m", ("metric", SET, "*")),
            ErrorCode.INVALID_REQUEST,
            "Unknown client metrics configuration: metric",
        ),
        (
            resource(CLIENT_METRICS, "m", ("interval.ms", SET, "99")),
            ErrorCode.INVALID_REQUEST,
            "Invalid value 99 for interval.ms, interval must be between 100 and 3600000 (1 hour)",
        ),
        (
            resource(CLIENT_METRICS, "m", ("match", SET, "client_id=ok,client_version=1")),
            ErrorCode.INVALID_CONFIG,
            "Illegal client matching pattern: client_version=1",
        ),
        (
            resource(CLIENT_METRICS, "m", ("match", SET, "client_id=(")),
            ErrorCode.INVALID_CONFIG,
            "Illegal client matching pattern: client_id=(",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_may_not_be_is_refused_in_kafkas_words(context, altered, code, message):
    assert await alter(context, altered) == [(code, message)]
    assert dynamic(context, altered.resource_type, altered.resource_name) == {}


async def test_a_session_must_outlast_its_heartbeats(make_context):
    context = await make_context({"group.consumer.min.session.timeout.ms": "1"})
    changes = ("consumer.session.timeout.ms", SET, "5000"), ("consumer.heartbeat.interval.ms", SET, "5000")
    assert await alter(context, resource(GROUP, "g", *changes)) == [
        (ErrorCode.INVALID_CONFIG, "consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms")
    ]


async def test_a_subscription_that_may_be_is_kept(context):
    changes = (
        ("interval.ms", SET, "100"),
        ("match", SET, "client_id=a.*, client_software_name=kwire"),
        ("metrics", SET, "*"),
    )
    assert await alter(context, resource(CLIENT_METRICS, "m", *changes)) == [DONE]
    assert dynamic(context, CLIENT_METRICS, "m")["interval.ms"] == "100"


async def test_in_a_cluster_of_several_only_cluster_wide_log_configs_reach_the_shared_logs(make_context):
    context = await make_context(brokers=3)
    log = context.cluster.partition("t", 0).open()
    assert await alter(context, resource(BROKER, "1", ("message.max.bytes", SET, "1000"))) == [DONE]
    assert log.config.max_message_bytes == 1_048_588
    assert [broker.config.message_max_bytes for broker in context.cluster.brokers.values()] == [
        1000,
        1_048_588,
        1_048_588,
    ]
    assert await alter(context, resource(BROKER, "", ("message.max.bytes", SET, "2000"))) == [DONE]
    assert log.config.max_message_bytes == 2000


async def test_what_was_altered_outlives_a_restart(context):
    old = context.cluster
    await alter(
        context,
        resource(TOPIC, "t", ("retention.ms", SET, "5")),
        resource(GROUP, "g", ("share.isolation.level", SET, "read_committed")),
    )
    new = build_cluster(env=old.env, store=old.store)
    assert new.configs.topic("t").retention_ms == 5
    assert new.configs.group("g").share_isolation_level == "read_committed"


async def test_what_cannot_be_written_is_told_in_every_row(context):
    context.cluster.store.close()
    answers = await alter(
        context,
        resource(TOPIC, "t", ("retention.ms", SET, "5")),
        resource(TOPIC, "nope", ("retention.ms", SET, "5")),
    )
    assert [code for code, _ in answers] == [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
    assert dynamic(context, TOPIC, "t") == {}


async def test_names_that_kafka_does_not_know_are_kept_for_a_broker(context):
    assert await alter(context, resource(BROKER, "1", ("my.plugin.color", SET, "red"))) == [DONE]
    assert dynamic(context, BROKER, "1") == {"my.plugin.color": "red"}
