"""Configs resolve as Kafka's do: topic override, dynamic broker, dynamic default, static, default."""

import ast
import gzip
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from kwire.broker import config_documentation
from kwire.broker.config_definitions import ConfigError, definitions
from kwire.broker.config_validation import validate_static, validate_topic
from kwire.broker.configs import BROKER_SYNONYMS, TOPIC_SYNONYMS, BrokerConfig, Configs, GroupConfig, config_name
from kwire.broker.metadata import BrokerImage, MetadataImage
from kwire.broker.resources import BROKER, CLIENT_METRICS, GROUP, TOPIC
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.storage.config import LogConfig

ROOT = Path(__file__).parents[2]
FACTS = json.loads(gzip.decompress((ROOT / "tests/vectors/configs/configs.json.gz").read_bytes()))
KINDS = {"topic": TOPIC, "broker": BROKER, "group": GROUP, "client-metrics": CLIENT_METRICS}

KWIRE_DEFAULTS = {
    "consumer.assignment.interval.ms": "0",
    "group.consumer.assignment.interval.ms": "0",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.segment.bytes": "4194304",
    "share.coordinator.state.topic.segment.bytes": "4194304",
    "socket.listen.backlog.size": "1024",
    "transaction.state.log.segment.bytes": "4194304",
}
"""Where kwire's default is not Kafka's."""


KWIRE_ONLY = {"kwire.validate.records"}
RATES = {
    "follower.replication.throttled.rate",
    "leader.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second",
}
"""Broker configs of Kafka that cannot be given at start."""


def image_of(*node_ids, **configs):
    """An image of these brokers; configs: t_<topic>, b_<broker id>, b_ (all brokers), g_<group>."""
    types = {"t": TOPIC, "b": BROKER, "g": GROUP}
    return MetadataImage(
        brokers={node_id: BrokerImage(node_id, epoch=1) for node_id in node_ids or (1,)},
        configs={(types[key[0]], key[2:]): value for key, value in configs.items()},
    )


def test_without_anything_set_all_is_kafkas_default():
    configs = Configs({}, image_of())
    assert configs.topic("t") == LogConfig()
    assert configs.broker(1) == BrokerConfig(node_id=1)
    assert configs.group("g") == GroupConfig()


def test_each_level_hides_the_one_below():
    static, everywhere, here, own = ({"log.segment.bytes": str(n * 1024 * 1024)} for n in (1, 2, 3, 4))
    own = {"segment.bytes": own["log.segment.bytes"]}
    mib = 1024 * 1024
    assert Configs(static, image_of()).topic("t").segment_bytes == mib
    assert Configs(static, image_of(b_=everywhere)).topic("t").segment_bytes == 2 * mib
    assert Configs(static, image_of(b_=everywhere, b_1=here)).topic("t").segment_bytes == 3 * mib
    assert Configs(static, image_of(b_=everywhere, b_1=here, t_t=own)).topic("t").segment_bytes == 4 * mib
    assert Configs(static, image_of(b_=everywhere, b_1=here, t_t=own)).topic("u").segment_bytes == 3 * mib


def test_a_brokers_own_log_configs_do_not_count_where_several_share_the_logs():
    configs = Configs({}, image_of(1, 2, b_1={"message.max.bytes": "7"}))
    assert configs.topic("t").max_message_bytes == LogConfig().max_message_bytes
    assert configs.broker(1).message_max_bytes == 7
    assert configs.broker(2).message_max_bytes == BrokerConfig().message_max_bytes


@pytest.mark.parametrize(
    ("static", "retention_ms"),
    [
        ({"log.retention.hours": "2"}, 7_200_000),
        ({"log.retention.hours": "2", "log.retention.minutes": "5"}, 300_000),
        ({"log.retention.hours": "2", "log.retention.minutes": "5", "log.retention.ms": "9"}, 9),
        ({"log.retention.minutes": "-1"}, -1),
        ({"log.retention.hours": "-1"}, -1),
    ],
)
def test_the_finest_unit_of_retention_wins(static, retention_ms):
    assert Configs(static, image_of()).topic("t").retention_ms == retention_ms


@pytest.mark.parametrize(
    ("static", "segment_ms", "jitter_ms"),
    [
        ({"log.roll.hours": "1", "log.roll.jitter.hours": "2"}, 3_600_000, 7_200_000),
        ({"log.roll.hours": "1", "log.roll.ms": "5", "log.roll.jitter.ms": "3", "log.roll.jitter.hours": "1"}, 5, 3),
    ],
)
def test_the_finest_unit_of_rolling_wins(static, segment_ms, jitter_ms):
    config = Configs(static, image_of()).topic("t")
    assert (config.segment_ms, config.segment_jitter_ms) == (segment_ms, jitter_ms)


def test_flush_ms_falls_back_to_the_schedulers_interval():
    assert Configs({"log.flush.scheduler.interval.ms": "50"}, image_of()).topic("t").flush_ms == 50


def test_a_dynamic_value_hides_a_static_one_under_another_name():
    configs = Configs({"log.retention.ms": "1"}, image_of(b_={"log.retention.minutes": "1"}))
    assert configs.topic("t").retention_ms == 60_000


def test_every_field_takes_its_text():
    """Each config that is typed can be set, by its topic name or its broker name, and is then of its type."""
    samples = {bool: "true", float: "0.25", str: "x", frozenset: "compact , delete"}
    for field in fields(LogConfig):
        text = samples.get(type(field.default), "7")
        config = Configs({}, image_of(t_t={config_name(field.name): text})).topic("t")
        value = getattr(config, field.name)
        assert type(value) is type(field.default)
        assert value == {"true": True, "0.25": 0.25, "7": 7, "compact , delete": {"compact", "delete"}}.get(text, text)
    for kind, resolve in ((BrokerConfig, lambda c: c.broker(1)), (GroupConfig, lambda c: c.group("g"))):
        prefix = "group." if kind is GroupConfig else ""
        for field in fields(kind):
            if field.name != "node_id" and not (
                prefix and f"group.{config_name(field.name)}" not in definitions(BROKER)
            ):
                text = samples.get(type(field.default), "7")
                value = getattr(resolve(Configs({prefix + config_name(field.name): text}, image_of())), field.name)
                assert value == {"true": True, "0.25": 0.25, "7": 7}.get(text, text)


def test_a_group_has_its_own_value_or_the_brokers():
    image = image_of(g_g={"consumer.session.timeout.ms": "50000"})
    configs = Configs({"group.consumer.heartbeat.interval.ms": "6000"}, image)
    assert configs.group("g") == GroupConfig(consumer_session_timeout_ms=50_000, consumer_heartbeat_interval_ms=6_000)
    assert configs.group("h") == GroupConfig(consumer_heartbeat_interval_ms=6_000)


def test_only_assignors_that_exist_may_be_offered():
    validate_static("group.consumer.assignors", "range, uniform")
    with pytest.raises(ConfigError, match="there is no sticky, only uniform and range"):
        validate_static("group.consumer.assignors", "uniform,sticky")


def test_a_groups_own_value_stays_within_the_brokers_bounds():
    own = {
        "consumer.session.timeout.ms": "50000",
        "consumer.heartbeat.interval.ms": "6000",
        "consumer.assignment.interval.ms": "500",
    }
    bounds = {
        "group.consumer.max.session.timeout.ms": "48000",
        "group.consumer.min.heartbeat.interval.ms": "7000",
        "group.consumer.min.assignment.interval.ms": "800",
    }
    config = Configs(bounds, image_of(g_g=own)).group("g")
    assert (config.consumer_session_timeout_ms, config.consumer_heartbeat_interval_ms) == (48_000, 7_000)
    assert config.consumer_assignment_interval_ms == 800


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("retention.ms", " \u0661\u0660\x00", 10),
        ("min.cleanable.dirty.ratio", " +.5d ", 0.5),
        ("min.cleanable.dirty.ratio", "25e-2F", 0.25),
        ("preallocate", "\x1fTRUE ", True),
        ("cleanup.policy", "delete , delete", {"delete"}),
        ("compression.type", " gzip\t", "gzip"),
    ],
)
def test_every_text_that_a_definition_takes_is_understood(name, text, value):
    definitions(TOPIC)[name].parse(text)
    config = Configs({}, image_of(t_t={name: text})).topic("t")
    assert getattr(config, name.replace(".", "_")) == value


def test_other_names_of_a_setting_are_understood_as_they_are_written():
    texts = {"log.retention.hours": " +\u0662 ", "log.roll.hours": "\x003"}
    config = Configs(texts, image_of()).topic("t")
    assert (config.retention_ms, config.segment_ms) == (7_200_000, 10_800_000)


def test_a_small_internal_segment_size_overrides_the_public_one():
    overrides = {"internal.segment.bytes": "1000", "segment.bytes": "1048576"}
    assert Configs({}, image_of(t_t=overrides)).topic("t").segment_bytes == 1000


def test_answers_are_kept_until_the_image_changes():
    image = image_of()
    configs = Configs({}, image)
    before = configs.topic("t"), configs.broker(1), configs.group("g")
    assert configs.topic("t") is before[0]
    assert configs.topic("u") is before[0], "all topics without overrides share one"
    assert configs.broker(1) is before[1]
    image.configs[TOPIC, "t"] = {"retention.ms": "5"}
    image.configs[BROKER, ""] = {"min.insync.replicas": "2"}
    image.configs[GROUP, "g"] = {"share.isolation.level": "read_committed"}
    image.version += 1
    assert configs.topic("t").retention_ms == 5
    assert configs.topic("t").min_insync_replicas == 2
    assert configs.broker(1).min_insync_replicas == 2
    assert configs.group("g").share_isolation_level == "read_committed"


def test_resolving_loads_no_definitions():
    script = (
        "import sys; from kwire.broker.configs import Configs; from kwire.broker.metadata import MetadataImage;"
        "c = Configs({'num.partitions': '3'}, MetadataImage()); c.topic('t'); c.broker(1); c.group('g');"
        "assert not [m for m in sys.modules if 'config_' in m and m.startswith('kwire')]"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


# ---- definitions


@pytest.mark.parametrize("kind", KINDS)
def test_definitions_are_kafkas(kind):
    ours = definitions(KINDS[kind])
    facts = {fact["name"]: fact for fact in FACTS["definitions"][kind]}
    extra = KWIRE_ONLY | RATES if kind == "broker" else set()
    assert ours.keys() - facts.keys() == extra
    assert not facts.keys() - ours.keys()
    for name, fact in facts.items():
        our = ours[name]
        default = fact.get("default")
        expected = default.removeprefix("class ") if default else default
        assert our.default == KWIRE_DEFAULTS.get(name, expected)
        assert (our.type, our.importance.upper(), our.internal) == (fact["type"], fact["importance"], fact["internal"])
        assert our.valid == fact.get("valid")
        assert our.update_mode in ({"", "per-broker", "cluster-wide"} if kind == "broker" else {""})


@pytest.mark.parametrize("kind", KINDS)
def test_every_default_is_valid_and_shown_as_kafka_shows_it(kind):
    for each in definitions(KINDS[kind]).values():
        if each.default is not None:
            assert each.canonical(each.default) == each.default


def test_typed_defaults_are_those_of_the_definitions():
    for kind, resource_type in ((BrokerConfig, BROKER), (LogConfig, TOPIC), (GroupConfig, GROUP)):
        for field in fields(kind):
            if field.name not in {"node_id", "segment_records"}:  # the latter is no config of Kafka's
                name = config_name(field.name)
                image = image_of(
                    **{
                        {BROKER: "b_", TOPIC: "t_t", GROUP: "g_g"}[resource_type]: {
                            name: definitions(resource_type)[name].default
                        }
                    }
                )
                configs = Configs({}, image)
                resolved = {BROKER: configs.broker(1), TOPIC: configs.topic("t"), GROUP: configs.group("g")}
                assert getattr(resolved[resource_type], field.name) == field.default


def test_synonyms_are_broker_configs():
    known = definitions(BROKER)
    assert {name for names in TOPIC_SYNONYMS.values() for name, _ in names} <= known.keys()
    assert TOPIC_SYNONYMS.keys() <= definitions(TOPIC).keys()
    assert BROKER_SYNONYMS["log.retention.hours"] == (
        "log.retention.ms",
        "log.retention.minutes",
        "log.retention.hours",
    )


@pytest.mark.parametrize(
    ("kind", "name", "text", "message"),
    [
        (
            "topic",
            "retention.ms",
            "soon",
            "Invalid value soon for configuration retention.ms: Not a number of type LONG",
        ),
        (
            "topic",
            "retention.ms",
            "1_000",
            "Invalid value 1_000 for configuration retention.ms: Not a number of type LONG",
        ),
        (
            "topic",
            "retention.ms",
            str(2**63),
            f"Invalid value {2**63} for configuration retention.ms: Not a number of type LONG",
        ),
        ("topic", "retention.ms", "-2", "Invalid value -2 for configuration retention.ms: Value must be at least -1"),
        (
            "topic",
            "segment.bytes",
            "1000",
            "Invalid value 1000 for configuration segment.bytes: Value must be at least 1048576",
        ),
        (
            "topic",
            "min.cleanable.dirty.ratio",
            "1.5",
            "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more than 1",
        ),
        (
            "topic",
            "preallocate",
            "yes",
            "Invalid value yes for configuration preallocate: Expected value to be either true or false",
        ),
        (
            "topic",
            "compression.gzip.level",
            "0",
            "Invalid value 0 for configuration compression.gzip.level: Value must be at least 1",
        ),
        (
            "topic",
            "compression.type",
            "lzma",
            "Invalid value lzma for configuration compression.type: String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer",
        ),
        (
            "topic",
            "cleanup.policy",
            "delete,purge",
            "Invalid value purge for configuration cleanup.policy: String must be one of: compact, delete",
        ),
        (
            "topic",
            "cleanup.policy",
            "delete,purge,delete",
            "Invalid value purge for configuration cleanup.policy: String must be one of: compact, delete",
        ),
        ("broker", "metric.reporters", ",", "Configuration 'metric.reporters' values must not be empty."),
        (
            "topic",
            "retention.ms",
            "\u00a05",
            "Invalid value \u00a05 for configuration retention.ms: Not a number of type LONG",
        ),
        (
            "topic",
            "retention.ms",
            "\U0001d7d8",
            "Invalid value \U0001d7d8 for configuration retention.ms: Not a number of type LONG",
        ),
        (
            "topic",
            "retention.ms",
            "1" * 5_000,
            f"Invalid value {'1' * 5_000} for configuration retention.ms: Not a number of type LONG",
        ),
        (
            "topic",
            "min.cleanable.dirty.ratio",
            "0.\u0665",
            "Invalid value 0.\u0665 for configuration min.cleanable.dirty.ratio: Not a number of type DOUBLE",
        ),
        ("topic", "cleanup.policy", "delete,", "Configuration 'cleanup.policy' values must not be empty."),
        (
            "topic",
            "leader.replication.throttled.replicas",
            "0-1, 1:2",
            "Invalid value [0-1, 1:2] for configuration leader.replication.throttled.replicas: leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...",
        ),
        (
            "group",
            "share.auto.offset.reset",
            "by_duration:P",
            "Invalid value by_duration:P for configuration share.auto.offset.reset: String must be one of: latest, earliest, by_duration:PnDTnHnMn.nS",
        ),
        (
            "broker",
            "group.consumer.migration.policy",
            "never",
            "Invalid value never for configuration group.consumer.migration.policy: String must be one of (case insensitive): DISABLED, DOWNGRADE, UPGRADE, BIDIRECTIONAL",
        ),
        (
            "broker",
            "offsets.topic.replication.factor",
            "40000",
            "Invalid value 40000 for configuration offsets.topic.replication.factor: Not a number of type SHORT",
        ),
        (
            "broker",
            "remote.log.metadata.manager.impl.prefix",
            "",
            "Invalid value  for configuration remote.log.metadata.manager.impl.prefix: String must be non-empty",
        ),
    ],
)
def test_a_wrong_value_is_named_with_kafkas_reason(kind, name, text, message):
    with pytest.raises(ConfigError) as caught:
        definitions(KINDS[kind])[name].parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("kind", "name", "text", "shown"),
    [
        ("topic", "retention.ms", " +5 ", "5"),
        ("topic", "retention.ms", "\u0661\u0660\u0660", "100"),
        ("topic", "retention.ms", "+\uff17", "7"),
        ("topic", "retention.ms", "\x005\x1f", "5"),
        ("topic", "preallocate", "TRUE", "true"),
        ("topic", "cleanup.policy", " delete , compact,delete", "delete,compact"),
        ("topic", "cleanup.policy", "delete,delete", "delete"),
        ("topic", "cleanup.policy", "compact , delete", "compact,delete"),
        ("topic", "cleanup.policy", "", ""),
        ("topic", "compression.gzip.level", "-1", "-1"),
        ("topic", "leader.replication.throttled.replicas", "0:1, 1:2", "0:1,1:2"),
        ("topic", "leader.replication.throttled.replicas", "0:1,0:1", "0:1,0:1"),
        ("topic", "leader.replication.throttled.replicas", "*", "*"),
        ("topic", "leader.replication.throttled.replicas", "*,", "*,"),
        ("topic", "min.cleanable.dirty.ratio", "0.50", "0.5"),
        ("topic", "min.cleanable.dirty.ratio", "1e-5", "1.0E-5"),
        ("topic", "min.cleanable.dirty.ratio", "+.5d", "0.5"),
        ("broker", "log.cleaner.io.max.bytes.per.second", "12345678.9", "1.23456789E7"),
        ("broker", "log.cleaner.io.max.bytes.per.second", "Infinity", "Infinity"),
        ("broker", "group.consumer.migration.policy", "upgrade", "upgrade"),
        ("group", "share.auto.offset.reset", "by_duration:PT1H30M", "by_duration:PT1H30M"),
    ],
)
def test_a_valid_value_is_shown_in_javas_form(kind, name, text, shown):
    assert definitions(KINDS[kind])[name].canonical(text) == shown


# ---- what may be set


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"retention.sm": "1"}, "Unknown topic config name: retention.sm"),
        ({"log.retention.ms": "1"}, "Unknown topic config name: log.retention.ms"),
        ({"retention.ms": "x"}, "Invalid value x for configuration retention.ms: Not a number of type LONG"),
        ({"retention.ms": None}, "Null value not supported for topic configs: retention.ms"),
        (
            {"min.compaction.lag.ms": "5", "max.compaction.lag.ms": "4"},
            "conflict topic config setting min.compaction.lag.ms (5) > max.compaction.lag.ms (4)",
        ),
        (
            {"max.compaction.lag.ms": "9"},
            "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (9)",
        ),
        (
            {"remote.storage.enable": "true"},
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
        ),
    ],
)
def test_a_topic_may_not_have_these(overrides, message):
    configs = Configs({"log.cleaner.min.compaction.lag.ms": "10"}, image_of())
    with pytest.raises(ApiError) as caught:
        validate_topic(overrides, configs)
    assert (caught.value.code, caught.value.message) == (ErrorCode.INVALID_CONFIG, message)


def test_a_topic_may_have_these():
    validate_topic(
        {
            "cleanup.policy": "compact,delete",
            "retention.ms": "-1",
            "min.compaction.lag.ms": "5",
            "segment.jitter.ms": "0",
        },
        Configs({}, image_of()),
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("num.partition", "3", "Unknown broker config name: num.partition; did you mean num.partitions"),
        ("zzzzzz", "3", "Unknown broker config name: zzzzzz"),
        ("retention.ms", "3", "retention.ms is a config of topics; a broker's default for it is log.retention.ms"),
        (
            "leader.replication.throttled.replicas",
            "*",
            "leader.replication.throttled.replicas is a config of topics, it has no default that a broker could set",
        ),
        ("num.partitions", "0", "Invalid value 0 for configuration num.partitions: Value must be at least 1"),
        ("log.roll.ms", "0", "log.roll.ms must be greater than or equal to 1"),
        ("log.roll.jitter.ms", "-1", "log.roll.jitter.ms must be greater than or equal to 0"),
        ("log.retention.minutes", "0", "log.retention.ms must be unlimited (-1) or, greater than or equal to 1"),
    ],
)
def test_a_broker_may_not_be_started_with_these(name, text, message):
    with pytest.raises(ConfigError) as caught:
        validate_static(name, text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("num.partitions", "3"),
        ("kwire.validate.records", "true"),
        ("log.retention.hours", "-1"),
        ("listener.name.internal.ssl.enabled.protocols", "TLSv1.3"),
        ("listener.name.internal.plain.connections.max.reauth.ms", "0"),
    ],
)
def test_a_broker_may_be_started_with_these(name, text):
    validate_static(name, text)


# ---- documentation


def test_the_page_of_all_configs_is_current():
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert page == config_documentation.markdown(), (
        "run: python -m kwire.broker.config_documentation > docs/configuration.md"
    )


def test_only_configs_that_exist_are_documented():
    assert config_documentation.TOPIC_TEXTS.keys() <= definitions(TOPIC).keys()
    assert config_documentation.BROKER_TEXTS.keys() <= definitions(BROKER).keys()
    assert config_documentation.GROUP_TEXTS.keys() <= definitions(GROUP).keys()
    assert config_documentation.documentation(BROKER, "zzz") == config_documentation.WITHOUT_EFFECT


def attributes_read_in_kwire():
    """Names of attributes that some module other than configs.py reads."""
    names = set()
    for path in (ROOT / "kwire").rglob("*.py"):
        if path.name != "configs.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    names.add(node.attr)
    return names


READ_OTHERWISE = {
    *("advertised_listeners", "listeners", "log_dir", "log_dirs"),  # descriptions of kwire's own settings
    "broker_id",  # the same as node.id
    "cleanup_policy",  # LogConfig.compact and .delete
    *(f"group_consumer_{name}" for name in ("assignment_interval_ms", "heartbeat_interval_ms", "session_timeout_ms")),
    # Configs makes them the defaults of groups, and bounds what groups set themselves by these
    *(f"group_consumer_{end}_assignment_interval_ms" for end in ("min", "max")),
    *(f"group_consumer_{end}_heartbeat_interval_ms" for end in ("min", "max")),
    *(f"group_consumer_{end}_session_timeout_ms" for end in ("min", "max")),
    "internal_segment_bytes",  # Configs makes it segment.bytes
    "socket_listen_backlog_size",  # taken from the settings before there is a broker
}


def test_honoured_means_that_something_reads_it():
    read = attributes_read_in_kwire() | READ_OTHERWISE
    fields_of_names = {name.replace(".", "_") for name in config_documentation.TOPIC_TEXTS}
    fields_of_names |= {name.replace(".", "_") for name in config_documentation.BROKER_TEXTS}
    fields_of_names |= {name.replace(".", "_") for name in config_documentation.GROUP_TEXTS}
    assert not fields_of_names - read
