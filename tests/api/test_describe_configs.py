"""DescribeConfigs answers as Apache Kafka 4.4.0 does, but for the differences listed here."""

import gzip
import json
import logging
import time
from pathlib import Path

import pytest

from kwire.api import describe_configs, incremental_alter_configs, turns
from kwire.api.context import CloseConnection
from kwire.broker.resources import BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC
from kwire.protocol import codec
from kwire.protocol.errors import MALFORMED_REQUEST, ErrorCode
from kwire.protocol.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
    DescribeConfigsResponse,
)
from kwire.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "configs"
FACTS = json.loads(gzip.decompress((VECTORS / "configs.json.gz").read_bytes()))["describe_configs"]
SOURCES = {
    1: "TOPIC_CONFIG",
    2: "DYNAMIC_BROKER_CONFIG",
    3: "DYNAMIC_DEFAULT_BROKER_CONFIG",
    4: "STATIC_BROKER_CONFIG",
    5: "DEFAULT_CONFIG",
    7: "CLIENT_METRICS_CONFIG",
    8: "GROUP_CONFIG",
}
TYPES = {code: name for name, code in describe_configs.TYPES.items()}


async def describe(context, resource_type, name, keys=None, *, documentation=False):
    request = DescribeConfigsRequest(
        resources=[DescribeConfigsResource(resource_type=resource_type, resource_name=name, configuration_keys=keys)],
        include_synonyms=True,
        include_documentation=documentation,
    )
    (result,) = (await describe_configs.handle(request, context)).results
    assert (result.resource_type, result.resource_name) == (resource_type, name)
    return result


async def rows_of(context, resource_type, name, **options):
    result = await describe(context, resource_type, name, **options)
    assert result.error_code == ErrorCode.NONE
    assert not result.error_message
    return {row.name: as_facts(row) for row in result.configs}


def as_facts(row):
    return {
        "name": row.name,
        "readOnly": row.read_only,
        "sensitive": row.is_sensitive,
        "source": SOURCES[row.config_source],
        "synonyms": [f"{each.name} ({SOURCES[each.source]})" for each in row.synonyms],
        "type": TYPES.get(row.config_type),
        "value": row.value,
    }


async def set_config(context, resource_type, name, **values):
    request = IncrementalAlterConfigsRequest(
        resources=[
            AlterConfigsResource(
                resource_type=resource_type,
                resource_name=name,
                configs=[
                    AlterableConfig(name=key.replace("_", "."), config_operation=0, value=value)
                    for key, value in values.items()
                ],
            )
        ]
    )
    (response,) = (await incremental_alter_configs.handle(request, context)).responses
    assert response.error_code == ErrorCode.NONE, response.error_message


def differences(ours, facts):
    """Config name to the keys in which the answers differ."""
    kafkas = {row["name"]: row for row in facts}
    found = {}
    for name in ours.keys() | kafkas.keys():
        our, kafka = ours.get(name), kafkas.get(name)
        if our is None or kafka is None:
            found[name] = "only kwire" if kafka is None else "only Kafka"
        elif our != kafka:
            found[name] = {key: our[key] for key in our if our[key] != kafka[key]}
    return found


NO_CLUSTER_WIDE_DEFAULT = {"source": "DEFAULT_CONFIG", "synonyms": ["min.insync.replicas (DEFAULT_CONFIG)"]}
"""Kafka writes min.insync.replicas as a cluster-wide config when eligible leader replicas are on."""


async def test_a_fresh_topic_is_described_as_kafka_does(context):
    assert differences(await rows_of(context, TOPIC, "t"), FACTS["TOPIC/t"]) == {
        "min.insync.replicas": NO_CLUSTER_WIDE_DEFAULT
    }


async def test_a_fresh_broker_is_described_as_kafka_does(context):
    assert differences(await rows_of(context, BROKER, "1"), FACTS["BROKER/1"]) == {
        "kwire.validate.records": "only kwire",
        "min.insync.replicas": NO_CLUSTER_WIDE_DEFAULT,
        # kwire's own defaults
        "group.consumer.assignment.interval.ms": {"value": "0"},
        "group.initial.rebalance.delay.ms": {"value": "0"},
        "offsets.topic.segment.bytes": {"value": "4194304"},
        "share.coordinator.state.topic.segment.bytes": {"value": "4194304"},
        "socket.listen.backlog.size": {"value": "1024"},
        "transaction.state.log.segment.bytes": {"value": "4194304"},
        # what the node that answered was started with
        "controller.listener.names": {"source": "DEFAULT_CONFIG", "synonyms": [], "value": None},
        "controller.quorum.voters": {
            "source": "DEFAULT_CONFIG",
            "synonyms": ["controller.quorum.voters (DEFAULT_CONFIG)"],
            "value": "",
        },
        "inter.broker.listener.name": {"source": "DEFAULT_CONFIG", "synonyms": [], "value": None},
        "listener.security.protocol.map": {
            "source": "DEFAULT_CONFIG",
            "synonyms": ["listener.security.protocol.map (DEFAULT_CONFIG)"],
            "value": "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
        },
        "listeners": {
            "readOnly": True,
            "source": "DEFAULT_CONFIG",
            "synonyms": ["listeners (DEFAULT_CONFIG)"],
            "value": "PLAINTEXT://:9092",
        },
        "log.dirs": {"source": "DEFAULT_CONFIG", "synonyms": [], "value": None},
        "offsets.topic.replication.factor": {
            "source": "DEFAULT_CONFIG",
            "synonyms": ["offsets.topic.replication.factor (DEFAULT_CONFIG)"],
            "value": "3",
        },
        "process.roles": {"source": "DEFAULT_CONFIG", "synonyms": [], "value": None},
    }


async def test_a_fresh_cluster_has_no_dynamic_defaults(context):
    assert await rows_of(context, BROKER, "") == {}
    await set_config(context, BROKER, "", **{"min.insync.replicas": "1"})
    assert list((await rows_of(context, BROKER, "")).values()) == FACTS["BROKER/(cluster default)"]


async def test_a_fresh_group_is_described_as_kafka_does(context):
    assert differences(await rows_of(context, GROUP, "g"), FACTS["GROUP/g"]) == {
        "consumer.assignment.interval.ms": {"value": "0"}  # kwire's own default
    }


async def test_a_fresh_client_metrics_subscription_is_described_as_kafka_does(context):
    assert differences(await rows_of(context, CLIENT_METRICS, "m"), FACTS["CLIENT_METRICS/m"]) == {}


async def test_every_level_stands_among_the_synonyms(make_context):
    context = await make_context({"log.segment.bytes": "2000000"})
    await set_config(context, BROKER, "", **{"log.segment.bytes": "3000000"})
    await set_config(context, BROKER, "1", **{"log.segment.bytes": "4000000"})
    broker = (await rows_of(context, BROKER, "1"))["log.segment.bytes"]
    levels = [
        "log.segment.bytes (DYNAMIC_BROKER_CONFIG)",
        "log.segment.bytes (DYNAMIC_DEFAULT_BROKER_CONFIG)",
        "log.segment.bytes (STATIC_BROKER_CONFIG)",
        "log.segment.bytes (DEFAULT_CONFIG)",
    ]
    assert (broker["value"], broker["source"], broker["synonyms"]) == ("4000000", "DYNAMIC_BROKER_CONFIG", levels)
    topic = (await rows_of(context, TOPIC, "t"))["segment.bytes"]
    assert (topic["value"], topic["source"], topic["synonyms"]) == ("4000000", "DYNAMIC_BROKER_CONFIG", levels)
    await set_config(context, TOPIC, "t", **{"segment.bytes": "5000000"})
    topic = (await rows_of(context, TOPIC, "t"))["segment.bytes"]
    assert (topic["value"], topic["source"]) == ("5000000", "TOPIC_CONFIG")
    assert topic["synonyms"] == ["segment.bytes (TOPIC_CONFIG)", *levels]


async def test_other_names_of_a_setting_stand_after_its_own(context):
    await set_config(context, BROKER, "", **{"log.retention.ms": "60000"})
    topic = (await rows_of(context, TOPIC, "t"))["retention.ms"]
    assert topic["value"] == "60000"
    assert topic["synonyms"] == [
        "log.retention.ms (DYNAMIC_DEFAULT_BROKER_CONFIG)",
        "log.retention.hours (DEFAULT_CONFIG)",
    ]


async def test_a_group_and_a_subscription_show_their_own_values(context):
    await set_config(context, GROUP, "g", **{"consumer.session.timeout.ms": "50000"})
    row = (await rows_of(context, GROUP, "g"))["consumer.session.timeout.ms"]
    assert (row["value"], row["source"]) == ("50000", "GROUP_CONFIG")
    assert row["synonyms"] == [
        "consumer.session.timeout.ms (GROUP_CONFIG)",
        "group.consumer.session.timeout.ms (DEFAULT_CONFIG)",
    ]
    await set_config(context, CLIENT_METRICS, "m", **{"interval.ms": "1000"})
    row = (await rows_of(context, CLIENT_METRICS, "m"))["interval.ms"]
    assert (row["value"], row["source"]) == ("1000", "CLIENT_METRICS_CONFIG")


async def test_passwords_and_names_that_nobody_knows_stay_hidden(make_context):
    context = await make_context({"ssl.key.password": "s3cret"})
    await set_config(context, BROKER, "1", **{"my.plugin.token": "s3cret"})
    for name, kind in (("ssl.key.password", "PASSWORD"), ("my.plugin.token", None)):
        result = await describe(context, BROKER, "1", [name])
        (row,) = result.configs
        assert as_facts(row)["type"] == kind
        assert row.is_sensitive
        assert row.value is None
        assert row.synonyms
        assert all(each.value is None for each in row.synonyms)


async def test_internal_configs_show_only_where_they_are_set(context):
    assert "internal.segment.bytes" not in await rows_of(context, TOPIC, "t")
    await set_config(context, TOPIC, "t", **{"internal.segment.bytes": "1000"})
    assert (await rows_of(context, TOPIC, "t"))["internal.segment.bytes"]["value"] == "1000"


async def test_only_what_was_asked_for_is_told(context):
    result = await describe(context, TOPIC, "t", ["retention.ms", "no.such.config"])
    assert [row.name for row in result.configs] == ["retention.ms"]
    assert result.configs[0].documentation is None
    assert len((await describe(context, TOPIC, "t", [])).configs) == len(FACTS["TOPIC/t"])
    request = DescribeConfigsRequest(resources=[DescribeConfigsResource(resource_type=TOPIC, resource_name="t")])
    (result,) = (await describe_configs.handle(request, context)).results
    assert not any(row.synonyms for row in result.configs)


async def test_loggers_have_kafkas_words_for_their_levels(context, monkeypatch):
    for logger, level in (("kwire", logging.WARNING), ("kwire.server", 7), ("kwire.cluster.cluster", 45)):
        monkeypatch.setattr(logging.getLogger(logger), "level", level)
    monkeypatch.setattr(logging.root, "level", logging.CRITICAL)
    logging.Logger.manager._clear_cache()
    logging.getLogger("kwirelike")
    rows = {row.name: row for row in (await describe(context, BROKER_LOGGER, "01")).configs}
    told = {name: rows[name].value for name in ("root", "kwire", "kwire.api", "kwire.server", "kwire.cluster.cluster")}
    assert list(told.values()) == ["FATAL", "WARN", "WARN", "TRACE", "ERROR"]
    assert all(name in {"root", "kwire"} or name.startswith("kwire.") for name in rows)
    row = rows["root"]
    assert (row.config_source, row.read_only, row.is_sensitive, row.synonyms, row.documentation) == (
        6,
        False,
        False,
        [],
        "",
    )
    (only,) = (await describe(context, BROKER_LOGGER, "1", keys=["kwire.server", "nope"])).configs
    assert (only.name, only.value) == ("kwire.server", "TRACE")


async def test_the_clusters_own_configs_are_told_as_they_were_written(context):
    await set_config(context, BROKER, "", **{"log.retention.ms": " +5 ", "log.cleanup.policy": "delete,delete"})
    described = (await describe(context, BROKER, "")).configs
    assert {row.name: (row.value, row.synonyms[0].value) for row in described} == {
        "log.retention.ms": (" +5 ",) * 2,
        "log.cleanup.policy": ("delete,delete",) * 2,
    }
    (row,) = (await describe(context, BROKER, "1", keys=["log.cleanup.policy"])).configs
    assert (row.value, row.synonyms[0].value) == ("delete", "delete,delete")


async def test_documentation_says_what_kwire_does(context):
    result = await describe(context, TOPIC, "t", ["retention.ms", "remote.storage.enable"], documentation=True)
    assert [row.documentation for row in result.configs] == [
        "kwire accepts this config without effect.",
        "Age of a segment's newest record at which the segment is deleted; -1 is no bound.",
    ]


@pytest.mark.parametrize(
    ("resource_type", "name", "code", "message"),
    [
        (TOPIC, "nope", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ""),
        (TOPIC, "a b", ErrorCode.INVALID_TOPIC_EXCEPTION, None),
        (TOPIC, "", ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: the empty string is not allowed"),
        (BROKER, "7", ErrorCode.INVALID_REQUEST, "Unexpected broker id, expected 1 or empty string, but received 7"),
        (BROKER, "x", ErrorCode.INVALID_REQUEST, "Broker id must be an integer, but it is: x"),
        (BROKER, " 1", ErrorCode.INVALID_REQUEST, "Broker id must be an integer, but it is:  1"),
        (BROKER_LOGGER, "", ErrorCode.INVALID_REQUEST, "Broker id must not be empty"),
        (BROKER_LOGGER, "x", ErrorCode.INVALID_REQUEST, "Broker id must be an integer, but it is: x"),
        (BROKER_LOGGER, "7", ErrorCode.INVALID_REQUEST, "Unexpected broker id, expected 1 but received 7"),
        (GROUP, "", ErrorCode.INVALID_REQUEST, "Group name must not be empty"),
        (CLIENT_METRICS, "", ErrorCode.INVALID_REQUEST, "Client metrics subscription name must not be empty"),
        (3, "x", ErrorCode.INVALID_REQUEST, MALFORMED_REQUEST),
    ],
)
async def test_what_is_not_here_is_an_error(context, resource_type, name, code, message):
    result = await describe(context, resource_type, name)
    assert result.error_code == code
    assert message is None or result.error_message == message
    assert not result.configs


async def test_an_unknown_type_fails_every_resource(context):
    resources = [
        DescribeConfigsResource(resource_type=TOPIC, resource_name="t"),
        DescribeConfigsResource(resource_type=99, resource_name="x"),
    ]
    response = await describe_configs.handle(DescribeConfigsRequest(resources=resources), context)
    assert [result.error_code for result in response.results] == [ErrorCode.INVALID_REQUEST] * 2


@pytest.mark.parametrize("version", range(DescribeConfigsResponse.MIN_VERSION, DescribeConfigsResponse.MAX_VERSION + 1))
async def test_every_version_can_be_sent(context, version):
    request = DescribeConfigsRequest(
        resources=[DescribeConfigsResource(resource_type=BROKER, resource_name="1", configuration_keys=None)],
        include_synonyms=True,
    )
    response = await describe_configs.handle(request, context)
    sent = codec.decode(DescribeConfigsResponse, version, codec.encode(response, version))
    assert [row.value for row in sent.results[0].configs] == [row.value for row in response.results[0].configs]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (TOPIC, ("t", "t")),
        (BROKER, ("1", "001")),
        (BROKER, ("", "")),
        (BROKER_LOGGER, ("1", "01")),
        (GROUP, ("one", "another")),
        (CLIENT_METRICS, ("one", "another")),
    ],
)
async def test_what_is_asked_again_and_again_is_made_once_and_has_an_end(context, monkeypatch, kind, names):
    await set_config(context, BROKER, "", log_retention_ms="7")
    one = await describe(context, kind, names[0])
    monkeypatch.setattr(turns, "MAX_TOLD_ROWS", 4 * len(one.configs))
    asked = [DescribeConfigsResource(resource_type=kind, resource_name=name) for name in names * 2]
    rows = [row.configs for row in (await describe_configs.handle(DescribeConfigsRequest(asked), context)).results]
    assert [len(row) for row in rows] == [len(one.configs)] * 4
    assert all(told is first for row in rows for told, first in zip(row, rows[0], strict=True))
    with pytest.raises(CloseConnection, match="DescribeConfigs asks for more than"):
        await describe_configs.handle(DescribeConfigsRequest(asked + asked[:1]), context)


async def test_many_keys_of_many_resources_are_looked_up_quickly(context):
    keys = [str(number) for number in range(20_000)]
    asked = [DescribeConfigsResource(BROKER, "1", [*keys, "log.retention.ms"]) for _ in range(5)]
    began_s = time.process_time()
    results = (await describe_configs.handle(DescribeConfigsRequest(asked), context)).results
    assert time.process_time() - began_s < 0.5  # 35 million comparisons would take a second
    assert [[row.name for row in result.configs] for result in results] == [["log.retention.ms"]] * 5
