"""Client properties by the names of the Java client, librdkafka and kafka-python, and what they mean here."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class BadProperty(ValueError):  # noqa: N818 - what it is, as BadLine
    """A client property is unknown or has an invalid value; the message is one sentence that names it."""


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """A client's configuration. The names are the Java client's, with underscores."""

    client_id: str = "kwire-cli"
    client_rack: str = ""
    request_timeout_ms: int = 30_000
    default_api_timeout_ms: int = 60_000
    retry_backoff_ms: int = 100
    retry_backoff_max_ms: int = 1_000

    security_protocol: str = "PLAINTEXT"
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_password: str | None = None
    ssl_crlfile: str | None = None
    ssl_ciphers: str | None = None
    ssl_check_hostname: bool = True
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = None

    acks: int = -1
    enable_idempotence: bool = True
    compression_type: str = "none"
    linger_ms: int = 5
    batch_size: int = 262_144
    delivery_timeout_ms: int = 120_000

    isolation_level: str = "read_uncommitted"
    auto_offset_reset: str = "earliest"
    check_crcs: bool = True
    fetch_max_wait_ms: int = 500
    fetch_min_bytes: int = 1
    fetch_max_bytes: int = 52_428_800
    max_partition_fetch_bytes: int = 1_048_576
    max_poll_records: int = 5_000

    group_protocol: str = "classic"
    group_instance_id: str | None = None
    group_remote_assignor: str | None = None
    session_timeout_ms: int = 45_000
    heartbeat_interval_ms: int = 3_000
    max_poll_interval_ms: int = 300_000


DEFAULTS: Final = {field.name: field.default for field in fields(ClientConfig)}

OTHER_NAMES: Final = {
    "compression_codec": "compression_type",
    "fetch_wait_max_ms": "fetch_max_wait_ms",
    "max_in_flight": "max_in_flight_requests_per_connection",
    "message_timeout_ms": "delivery_timeout_ms",
    "queue_buffering_max_ms": "linger_ms",
    "request_required_acks": "acks",
    "sasl_mechanisms": "sasl_mechanism",
    "sasl_plain_password": "sasl_password",
    "sasl_plain_username": "sasl_username",
    "ssl_ca_location": "ssl_cafile",
    "ssl_certificate_location": "ssl_certfile",
    "ssl_cipher_suites": "ssl_ciphers",
    "ssl_crl_location": "ssl_crlfile",
    "ssl_key_location": "ssl_keyfile",
    "ssl_key_password": "ssl_password",
    "ssl_keystore_location": "ssl_certfile",
    "ssl_truststore_location": "ssl_cafile",
}
"""Other clients' names for these properties."""

ONE_OF: Final = {
    "security_protocol": ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    "sasl_mechanism": ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    "compression_type": ("none", "gzip", "snappy", "lz4", "zstd"),
    "isolation_level": ("read_uncommitted", "read_committed"),
    "auto_offset_reset": ("earliest", "latest", "none"),
    "group_protocol": ("classic", "consumer"),
}
FILES: Final = frozenset({"ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_crlfile"})

WITHOUT_MEANING: Final = frozenset(
    {
        *("allow_auto_create_topics", "api_version", "auto_commit_interval_ms", "bootstrap_servers"),
        *("bootstrap_timeout_ms", "client_dns_lookup", "connections_max_idle_ms", "consumer_timeout_ms"),
        *("enable_auto_commit", "enable_incremental_fetch_sessions", "exclude_internal_topics", "group_id"),
        *("key_deserializer", "key_serializer", "max_block_ms", "max_in_flight_requests_per_connection"),
        *("max_request_size", "partition_assignment_strategy", "receive_message_max_bytes"),
        *("metadata_max_age_ms", "metric_group_prefix", "metric_reporters", "metrics_enabled"),
        *("metrics_num_samples", "metrics_sample_window_ms", "partitioner", "receive_buffer_bytes"),
        *("reconnect_backoff_max_ms", "reconnect_backoff_ms", "retries", "send_buffer_bytes"),
        *("ssl_keystore_type", "ssl_truststore_type", "transaction_timeout_ms"),
        *("value_deserializer", "value_serializer"),
    }
)
"""Properties of other clients, accepted without effect so that a properties file can be shared with them."""


def config_of(properties: Mapping[str, str], **changes: Any) -> ClientConfig:
    """Read properties by any of these clients' names. changes: other defaults, by the names of ClientConfig.

    Raises:
        BadProperty: a name is unknown (the message suggests a similar one), or a value is invalid.
    """
    values: dict[str, Any] = dict(changes)
    for written, value in properties.items():
        name = written.replace(".", "_")
        name = OTHER_NAMES.get(name, name)
        if name == "sasl_jaas_config":
            found = dict(re.findall(r'(username|password)="([^"]*)"', value))
            values.update({f"sasl_{key}": text for key, text in found.items()})
        elif name == "ssl_endpoint_identification_algorithm":
            values["ssl_check_hostname"] = value.lower() not in {"", "none"}
        elif name in DEFAULTS:
            values[name] = _value(written, name, value)
        elif name not in WITHOUT_MEANING:
            near = difflib.get_close_matches(name, [*DEFAULTS, *OTHER_NAMES], 1)
            hint = f"; did you mean {near[0].replace('_', '.')}?" if near else ""
            raise BadProperty(f"there is no client property {written!r}{hint}")
    config = ClientConfig(**values)
    if config.security_protocol.startswith("SASL"):
        _check_sasl(config)
    return config


def _check_sasl(config: ClientConfig) -> None:
    if config.sasl_mechanism is None:
        raise BadProperty(
            f"with {config.security_protocol}, sasl.mechanism must be one of {_choices('sasl_mechanism')}"
        )
    if config.sasl_username is None or config.sasl_password is None:
        raise BadProperty(f"with sasl.mechanism={config.sasl_mechanism}, sasl.username and sasl.password are needed")


def _value(written: str, name: str, text: str) -> Any:
    default = DEFAULTS[name]
    if isinstance(default, bool):
        if text.lower() not in {"true", "false"}:
            raise BadProperty(f"the client property {written} must be true or false, not {text!r}")
        return text.lower() == "true"
    if name == "acks" and text in {"all", "-1"}:
        return -1
    if isinstance(default, int):
        return _number(written, text)
    if name in ONE_OF:
        found = [choice for choice in ONE_OF[name] if choice.lower() == text.lower()]
        if not found:
            raise BadProperty(f"the client property {written} must be one of {_choices(name)}, not {text!r}")
        return found[0]
    if name in FILES and not Path(text).is_file():
        raise BadProperty(f"the client property {written} names a missing file: {text}")
    return text or default


def _choices(name: str) -> str:
    return ", ".join(ONE_OF[name])


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise BadProperty(f"the client property {name} must be a number, not {text!r}")
    return int(text)
