"""Properties by any client's names, and errors about invalid ones."""

from pathlib import Path

import pytest

import kwire.client
from kwire.cli import consume
from kwire.client.properties import DEFAULTS, OTHER_NAMES, WITHOUT_MEANING, BadProperty, ClientConfig, config_of


def test_nothing_given_is_the_default():
    assert config_of({}) == ClientConfig()
    assert config_of({}, auto_offset_reset="latest") == ClientConfig(auto_offset_reset="latest")
    assert config_of({"auto.offset.reset": "earliest"}, auto_offset_reset="latest") == ClientConfig()


def test_names_of_all_clients_mean_the_same():
    java = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p";',
    }
    librdkafka = {
        "security.protocol": "sasl_plaintext",
        "sasl.mechanisms": "PLAIN",
        "sasl.username": "u",
        "sasl.password": "p",
    }
    kafka_python = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": "u",
        "sasl_plain_password": "p",
    }
    expected = ClientConfig(
        security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN", sasl_username="u", sasl_password="p"
    )
    assert config_of(java) == config_of(librdkafka) == config_of(kafka_python) == expected


def test_values_have_their_types():
    given = {"acks": "all", "max.poll.records": "7", "check.crcs": "False", "compression.type": "ZSTD"}
    assert config_of(given) == ClientConfig(acks=-1, max_poll_records=7, check_crcs=False, compression_type="zstd")
    assert config_of({"ssl.endpoint.identification.algorithm": ""}).ssl_check_hostname is False
    assert config_of({"ssl.endpoint.identification.algorithm": "https"}).ssl_check_hostname


def test_every_other_name_leads_to_a_property():
    assert set(OTHER_NAMES.values()) <= {*DEFAULTS, *WITHOUT_MEANING}
    assert not WITHOUT_MEANING & {*DEFAULTS, *OTHER_NAMES}
    assert config_of({name.replace("_", "."): "x" for name in WITHOUT_MEANING}) == ClientConfig()


def test_every_property_changes_something():
    sources = Path(kwire.client.__file__).parent.glob("*.py")
    text = "".join(path.read_text() for path in sources) + Path(consume.__file__).read_text()
    assert not [name for name in DEFAULTS if f"config.{name}" not in text]


def test_kafka_pythons_own_properties_are_known():
    import kafka

    clients = (kafka.KafkaAdminClient, kafka.KafkaConsumer, kafka.KafkaProducer)
    theirs = {name for client in clients for name, value in client.DEFAULT_CONFIG.items() if not callable(value)}
    beyond = {"sasl_kerberos_name", "sasl_kerberos_service_name", "sasl_kerberos_domain_name", "ssl_context"}
    beyond |= {"sasl_oauth_token_provider", "proxy_url", "socks5_proxy", "socket_options", "transactional_id"}
    assert theirs - {*DEFAULTS, *OTHER_NAMES, *WITHOUT_MEANING} == beyond


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"compresion.type": "x"}, "there is no client property 'compresion.type'; did you mean compression.type?"),
        ({"xyz": "x"}, "there is no client property 'xyz'"),
        ({"request.timeout.ms": "soon"}, "the client property request.timeout.ms must be a number, not 'soon'"),
        ({"linger.ms": "-1"}, "the client property linger.ms must be a number, not '-1'"),
        ({"enable.idempotence": "1"}, "the client property enable.idempotence must be true or false, not '1'"),
        (
            {"isolation.level": "x"},
            "the client property isolation.level must be one of read_uncommitted, read_committed, not 'x'",
        ),
        ({"ssl.key.location": "/no"}, "the client property ssl.key.location names a missing file: /no"),
        ({"transactional.id": "x"}, "there is no client property 'transactional.id'"),
    ],
)
def test_what_means_nothing_is_told(given, said):
    with pytest.raises(BadProperty, match=said.replace(".", r"\.").replace("?", r"\?")):
        config_of(given)
