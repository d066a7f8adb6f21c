"""Writing configs and levels of loggers: which values are valid, how they are described, and which operations exist."""

from compat.side_by_side.scenarios import create, describe, new_topic, versions
from compat.side_by_side.scenarios_of_admin import replacing
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import create_topics as ct
from kwire.protocol.messages import incremental_alter_configs as iac

SET, DELETE, APPEND, SUBTRACT = range(4)
TOPIC, BROKER, LOGGER, CLIENT_METRICS, GROUP = 2, 4, 8, 16, 32
REPORTER = "org.apache.kafka.common.metrics.JmxReporter"
THROTTLED = "leader.replication.throttled.replicas"
RATE = "leader.replication.throttled.rate"


def altering(*resources, validate_only=False):
    """resources: (type, name, [(config, operation, value)])."""
    rows = [
        iac.AlterConfigsResource(kind, name, [iac.AlterableConfig(*change) for change in changes])
        for kind, name, changes in resources
    ]
    return iac.IncrementalAlterConfigsRequest(rows, validate_only)


def steps(kind, name, changes, *described, keys=None, **options):
    """Make each change alone, and describe the configs after it."""
    for config, operation, value in changes:
        label = f"{config} {operation} {value!r}"
        request = altering((kind, name, [(config, operation, value)]))
        yield f"{label}, validated", altering((kind, name, [(config, operation, value)]), validate_only=True), 1
        yield label, request, 1
        for each in described or (name,):
            yield f"after {label}", describe(kind, each, keys or [config], include_synonyms=True, **options), 4


def operations():
    """Try unknown operations, and list operations on configs that are not lists."""
    yield "create", create(new_topic("cfo")), 7
    targets = [
        (TOPIC, "cfo", "cleanup.policy"), (TOPIC, "nope", "retention.ms"), (TOPIC, "cfo", "no.such"),
        (BROKER, "1", "log.cleaner.threads"), (BROKER, "", "log.retention.ms"), (BROKER, "1", "no.such"),
        (BROKER, "1", "num.partitions"), (BROKER, "99", "log.retention.ms"), (CLIENT_METRICS, "cfo", "metrics"),
        (CLIENT_METRICS, "cfo", "match"), (CLIENT_METRICS, "cfo", "interval.ms"),
        (GROUP, "cfo", "consumer.session.timeout.ms"), (GROUP, "cfo", "no.such"), (LOGGER, "1", "root"),
    ]  # fmt: skip
    for version in versions(ApiKey.INCREMENTAL_ALTER_CONFIGS):
        for kind, name, config in targets:
            for operation in (4, -1, 127):
                yield f"{kind} {name} {config} {operation}", altering((kind, name, [(config, operation, "1")])), version
            for operation in (APPEND, SUBTRACT):
                if config != "cleanup.policy":
                    label = f"{kind} {name} {config} {operation}"
                    yield label, altering((kind, name, [(config, operation, "1")])), version
    for broker in ("01", "+1", " 1", "1 ", "1_0", "\u0661", "2147483648"):
        yield f"broker {broker!r}", altering((BROKER, broker, [])), 1
        yield f"broker {broker!r}", replacing((BROKER, broker, [])), 2
        yield f"broker {broker!r}", describe(BROKER, broker, ["num.partitions"]), 4


def lists():
    """Set lists with blank or repeated values."""
    yield "create", create(new_topic("cfl"), new_topic("cfl-2")), 7
    policies = (
        "delete,delete",
        "compact,delete,compact",
        " delete , delete",
        "delete,,compact",
        "",
        "delete,no,delete",
    )
    for policy in policies:
        yield f"new {policy!r}", create(new_topic("cfl-new", cleanup_policy=policy), validate_only=True), 7
        yield f"legacy {policy!r}", replacing((TOPIC, "cfl-2", [("cleanup.policy", policy)])), 2
        yield f"after legacy {policy!r}", describe(TOPIC, "cfl-2", ["cleanup.policy"], include_synonyms=True), 4
    yield from steps(TOPIC, "cfl", [("cleanup.policy", SET, policy) for policy in policies])
    yield from steps(TOPIC, "cfl", [("cleanup.policy", APPEND, "compact,compact"), ("cleanup.policy", DELETE, None)])
    changes = [("log.cleanup.policy", SET, policy) for policy in policies]
    yield from steps(BROKER, "", [*changes, ("log.cleanup.policy", DELETE, None)], "", "1")
    changes = [(SET, " "), (SET, REPORTER), (APPEND, f" {REPORTER}"), (APPEND, ""), (SET, f"{REPORTER},{REPORTER}")]
    changes += [(SET, f"{REPORTER},"), (SET, ","), (SUBTRACT, REPORTER), (SET, "no.such.Class"), (DELETE, None)]
    yield from steps(BROKER, "1", [("metric.reporters", *change) for change in changes])
    changes = [(SET, "*"), (APPEND, ""), (APPEND, "0:1"), (SET, "*,"), (SET, "*,*"), (SET, "0:1,0:1"), (APPEND, "0:1")]
    changes += [(SET, ",0:1"), (SET, " 0:1 , 1:1"), (SET, "\u0661:1"), (SET, "none"), (SET, "0:-1"), (DELETE, None)]
    yield from steps(TOPIC, "cfl", [(THROTTLED, *change) for change in changes])
    changes = [(SET, "a,a"), (SET, "a,,b"), (SET, " a , b"), (DELETE, None)]
    yield from steps(CLIENT_METRICS, "cfl", [("metrics", *change) for change in changes])


def digits():
    """Set numbers with digits of other scripts, and values with various blanks."""
    yield "create", create(new_topic("cfd")), 7
    texts = [
        "\u0661\u0660\u0660", "+\u0665", "\uff11", "\u00b2", "\U0001d7d8", "1_000", "0x10", "1e3", " +5 ", "\u00a05",
        "\u20035", "5\x00", "\x1f5", "-0", "007", "1" * 5000,
    ]  # fmt: skip
    yield from steps(TOPIC, "cfd", [("retention.ms", SET, text) for text in texts])
    for text in ("0.\u0665", "\u0661", "+.5d", "NaN", " .25 "):
        yield from steps(TOPIC, "cfd", [("min.cleanable.dirty.ratio", SET, text)])
    for text in ("TRUE", " True ", "tru\u0435"):
        yield from steps(TOPIC, "cfd", [("preallocate", SET, text)])


def as_written():
    """CreateTopics shows the texts as written, DescribeConfigs the values."""
    own = {"retention_ms": "+5", "preallocate": " TRUE ", "cleanup_policy": " delete, delete "}
    own |= {"min_cleanable_dirty_ratio": ".5", "segment_jitter_ms": "007", "flush_ms": "\u0665"}
    yield "own", create(new_topic("cfw", **own)), 7
    yield "described", describe(TOPIC, "cfw", [name.replace("_", ".") for name in own], include_synonyms=True), 4
    brokers = {"log.retention.ms": " +500000000 ", "log.preallocate": "TRUE", "message.max.bytes": "+1000000"}
    brokers |= {"log.cleanup.policy": " compact , delete, compact", "log.cleaner.min.cleanable.ratio": ".25"}
    yield "everywhere", altering((BROKER, "", [(name, SET, text) for name, text in brokers.items()])), 1
    for broker in ("", "1"):
        yield "everywhere, described", describe(BROKER, broker, [*brokers], include_synonyms=True), 4
    yield "described again", describe(TOPIC, "cfw", include_synonyms=True), 4
    yield "inherited", create(new_topic("cfw-2"), validate_only=True), 7
    yield "taken back", altering((BROKER, "", [(name, DELETE, None) for name in brokers])), 1


def rates():
    """Set the configs that cannot be given at start."""
    for broker in ("1", ""):
        for rate in (RATE, "follower.replication.throttled.rate", "replica.alter.log.dirs.io.max.bytes.per.second"):
            changes = [(SET, "5"), (SET, "-131072"), (SET, "-1"), (SET, "x"), (SET, ""), (SET, "0"), (DELETE, None)]
            yield from steps(BROKER, broker, [(rate, *change) for change in changes], "1")
    yield "a topic's", altering((TOPIC, "__consumer_offsets", [(RATE, SET, "5")])), 1


def loggers():
    """Set levels of loggers; both brokers have only the root logger in common."""
    levels = [
        ("root", SET, level) for level in ("WARN", "trace", "WARNING", "OFF", "ALL", "", " INFO ", "ERROR", "FATAL")
    ]
    levels += [("root", DELETE, None), ("root", APPEND, "INFO"), ("root", SUBTRACT, "INFO"), ("root", SET, None)]
    unknown = [("no.such", SET, "INFO"), ("no.such", DELETE, None), ("", SET, "INFO"), ("no.such", SET, "x")]
    yield from steps(LOGGER, "1", levels + unknown, keys=["root", "no.such"])
    yield "documentation", describe(LOGGER, "1", ["root"], include_documentation=True), 4
    for version in versions(ApiKey.DESCRIBE_CONFIGS):
        for broker in ("1", "", "x", "99", "01"):
            yield f"of {broker!r}", describe(LOGGER, broker, ["root"], version), version
    for broker in ("", "x", "99", "01"):
        yield f"at {broker!r}", altering((LOGGER, broker, [("root", SET, "INFO")])), 1
        yield f"replaced at {broker!r}", replacing((LOGGER, broker, [("root", "INFO")])), 2
    yield "whole or not at all", altering((LOGGER, "1", [("root", SET, "ERROR"), ("no.such", SET, "INFO")])), 1
    yield "named twice", altering((LOGGER, "1", [("root", SET, "ERROR"), ("root", SET, "INFO")])), 1
    yield "taken back", altering((LOGGER, "1", [("root", SET, "INFO")])), 1
    yield "at last", describe(LOGGER, "1", ["root"]), 4


def null_texts():
    configs = [ct.CreatableTopicConfig("retention.ms", text) for text in (None, "1000")]
    for label, rows in (("first", configs), ("last", configs[::-1])):
        topic = ct.CreatableTopic("cfn", 1, 1, [], rows)
        yield f"null {label}", create(topic), 7


SCENARIOS = (operations, lists, digits, as_written, rates, loggers, null_texts)
