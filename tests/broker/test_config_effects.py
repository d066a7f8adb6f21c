"""What kwire does not do is refused where somebody would miss it, and said where nobody would."""

import logging

import pytest

from kwire.broker import config_effects
from kwire.broker.config_definitions import ConfigError, definitions, find
from kwire.broker.config_documentation import WITHOUT_EFFECT, documentation, is_honoured
from kwire.broker.config_effects import (
    ASK_FOR_NOTHING,
    IGNORED,
    NO_PERMISSIONS,
    NO_SASL,
    NO_TLS,
    ONE_PROCESS,
    REFUSED,
    say_what_has_no_effect,
    without_effect,
)
from kwire.broker.config_validation import validate_static
from kwire.broker.resources import BROKER

SAMPLES = {"BOOLEAN": "true", "STRING": "x.y.Z", "CLASS": "x.y.Z", "LIST": "a,b", "PASSWORD": "hunter2", "LONG": "7"}
"""A value for each type, for configs that accept any value."""
OTHERS = {
    "listener.security.protocol.map": "CLIENTS:SASL_SSL",
    "process.roles": "broker",
    "security.inter.broker.protocol": "SSL",
    "ssl.client.auth": "required",
}


def test_every_config_is_honoured_refused_or_ignored_and_only_one_of_them():
    named = [name for table in (REFUSED, IGNORED) for names in table.values() for name in names]
    known = definitions(BROKER).keys()
    honoured = {name for name in known if is_honoured(BROKER, name)}
    assert len({*named}) == len(named)
    assert honoured.isdisjoint(named)
    assert honoured | {*named} == known


@pytest.mark.parametrize("name", [name for names in REFUSED.values() for name in names])
def test_what_would_be_missed_is_refused_in_one_sentence(name):
    text = OTHERS.get(name, SAMPLES.get(find(BROKER, name).type))
    with pytest.raises(ConfigError) as caught:
        validate_static(name, text)
    said = str(caught.value)
    assert said.startswith(f"{name}: ")
    assert "leave it out" in said
    assert "\n" not in said
    assert "hunter2" not in said
    assert documentation(BROKER, name) != WITHOUT_EFFECT


@pytest.mark.parametrize("name", [name for names in REFUSED.values() for name in names])
def test_a_default_and_an_empty_value_ask_for_nothing(name):
    definition = find(BROKER, name)
    if definition.default is not None:
        validate_static(name, definition.default)
    if definition.type in {"STRING", "CLASS", "PASSWORD"} and definition.valid is None:
        validate_static(name, "  ")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("listener.name.internal.ssl.keystore.location", "/x.jks", NO_TLS),
        ("listener.name.clients.scram-sha-256.sasl.jaas.config", "secret", NO_SASL),
        ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer", NO_PERMISSIONS),
        ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT , CLIENTS: SSL", NO_TLS),
        ("controller.quorum.voters", "1@a:9093,2@b:9093", ONE_PROCESS),
        ("controller.quorum.bootstrap.servers", "a:9093,b:9093", ONE_PROCESS),
        ("process.roles", "controller", ONE_PROCESS),
    ],
)
def test_what_asks_for_it_is_found_under_every_name_and_value(name, text, why):
    with pytest.raises(ConfigError) as caught:
        validate_static(name, text)
    assert str(caught.value) == f"{name}: {why}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("listener.security.protocol.map", "CONTROLLER:PLAINTEXT, PLAINTEXT:PLAINTEXT,SSL:SSL"),
        ("controller.quorum.voters", "1@localhost:9093"),
        ("controller.quorum.bootstrap.servers", "localhost:9093"),
        ("process.roles", "controller, broker"),
    ],
)
def test_what_one_node_of_kafka_is_started_with_is_only_said(name, text):
    validate_static(name, text)
    assert [*without_effect({name: text})] == [name]


def test_the_values_that_ask_for_nothing_are_those_of_refused_configs():
    assert ASK_FOR_NOTHING.keys() <= {name for names in REFUSED.values() for name in names}


def test_what_has_no_effect_is_said_in_one_line(caplog):
    config = {
        "num.partitions": "3",
        "num.io.threads": "4",
        "num.network.threads": " 3 ",
        "listener.name.x.ssl.protocol": "TLSv1.2",
        "transaction.state.log.replication.factor": "1",
    }
    with caplog.at_level(logging.WARNING):
        say_what_has_no_effect(config)
        say_what_has_no_effect({"num.partitions": "3", "num.network.threads": "3"})
    names = "num.io.threads, listener.name.x.ssl.protocol, transaction.state.log.replication.factor"
    (record,) = caplog.records
    assert record.getMessage() == f"without effect in kwire: {names} (docs/configuration.md says what each config does)"


def test_a_config_that_is_in_no_table_would_be_found(monkeypatch):
    monkeypatch.setitem(config_effects.IGNORED, "kwire does this in its own way.", ())
    with pytest.raises(AssertionError):
        test_every_config_is_honoured_refused_or_ignored_and_only_one_of_them()
