"""What configs a topic, a broker, a group or a client metrics subscription may have: single values and combinations.

The messages are Kafka's, because people search for them.

Source: Kafka documentation, "Configuration"; KIP-226 (brokers), KIP-848 (groups), KIP-714 (client metrics).
"""

from __future__ import annotations

import difflib
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kwire.broker.config_definitions import ConfigDefinition, ConfigError, definitions, find, shown
from kwire.broker.config_effects import refuse_what_would_be_missed
from kwire.broker.configs import TOPIC_SYNONYMS, integer, real, topic_defaults, trimmed
from kwire.broker.resources import BROKER, CLIENT_METRICS, GROUP, TOPIC
from kwire.protocol.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kwire.broker.configs import Configs

_CLEANER_BYTES_PER_THREAD = 1024 * 1024
_THREAD_COUNTS = (
    "background.threads",
    "log.cleaner.threads",
    "num.io.threads",
    "num.network.threads",
    "num.recovery.threads.per.data.dir",
    "num.replica.fetchers",
)
_ONLY_PER_LISTENER = frozenset(
    {
        "ssl.key.password",
        "ssl.keystore.certificate.chain",
        "ssl.keystore.key",
        "ssl.keystore.location",
        "ssl.keystore.password",
        "ssl.keystore.type",
        "ssl.truststore.certificates",
        "ssl.truststore.location",
        "ssl.truststore.password",
        "ssl.truststore.type",
    }
)
_METRICS_INTERVAL_MS = range(100, 3_600_000 + 1)
_CLIENT_MATCH_NAMES = frozenset(
    {
        "client_id",
        "client_instance_id",
        "client_software_name",
        "client_software_version",
        "client_source_address",
        "client_source_port",
    }
)
_ASSIGNORS = ("uniform", "range")
"""Kafka would load others by the names of their classes."""
_NEAR_NAMES = 3
_REPORTER = "org.apache.kafka.common.metrics.JmxReporter"
"""Kafka's default, accepted although kwire has no JMX metrics."""


def number(texts: Mapping[str, str], definition: ConfigDefinition) -> float | None:
    """The number that texts, else the default, give for that config; None where it is null."""
    text = texts.get(definition.name, definition.default)
    return None if text is None else real(text)


def validate_topic(overrides: Mapping[str, str | None], configs: Configs) -> None:
    """A topic may have these overrides where its broker has those configs.

    Raises:
        ApiError: INVALID_CONFIG.
    """
    defaults = topic_defaults(configs.broker_texts(configs.sole_broker()))
    with _answered(ErrorCode.INVALID_CONFIG):
        texts = _without_nulls(overrides, "topic")
        known = definitions(TOPIC)
        for name in texts:
            if name not in known:
                raise ConfigError(f"Unknown topic config name: {name}")
        _parse_all(texts, known)
        effective = {**defaults, **texts}
        _check_compaction_lag(effective, "min.compaction.lag.ms", "max.compaction.lag.ms", known)
        if trimmed(effective.get("remote.storage.enable", "false")).lower() == "true":
            raise ConfigError(
                "Tiered Storage functionality is disabled in the broker. "
                "Topic cannot be configured with remote log storage."
            )


def validate_group(overrides: Mapping[str, str | None], broker_texts: Mapping[str, str]) -> None:
    """A group may have these overrides; the broker's `group.*.min.*` and `group.*.max.*` bound them.

    Raises:
        ApiError: INVALID_CONFIG.
    """
    with _answered(ErrorCode.INVALID_CONFIG):
        texts = _without_nulls(overrides, "group")
        known = definitions(GROUP)
        for name in texts:
            if name not in known:
                raise ConfigError(f"Unknown group config name: {name}")
        _parse_all(texts, known)
        for name, text in texts.items():
            _check_group_bounds(name, text, broker_texts)
        for kind in ("consumer", "share", "streams"):
            session, heartbeat = f"{kind}.session.timeout.ms", f"{kind}.heartbeat.interval.ms"
            values = [_group_number(texts, broker_texts, name) for name in (session, heartbeat)]
            if values[0] <= values[1]:
                raise ConfigError(f"{session} must be greater than {heartbeat}")


def validate_client_metrics(overrides: Mapping[str, str | None]) -> None:
    """A client metrics subscription may have these configs.

    Raises:
        ApiError: INVALID_REQUEST (unknown name, interval out of bounds) or INVALID_CONFIG.
    """
    texts = {name: text for name, text in overrides.items() if text is not None}
    known = definitions(CLIENT_METRICS)
    for name in texts:
        if name not in known:
            raise ApiError(ErrorCode.INVALID_REQUEST, f"Unknown client metrics configuration: {name}")
    with _answered(ErrorCode.INVALID_CONFIG):
        _parse_all(texts, known)
    interval = texts.get("interval.ms")
    if interval is not None and integer(interval) not in _METRICS_INTERVAL_MS:
        raise ApiError(
            ErrorCode.INVALID_REQUEST,
            f"Invalid value {integer(interval)} for interval.ms, interval must be between 100 and 3600000 (1 hour)",
        )
    for pattern in texts.get("match", "").split(","):
        if pattern.strip() and not _is_match(pattern):
            raise ApiError(ErrorCode.INVALID_CONFIG, f"Illegal client matching pattern: {pattern.strip()}")


def validate_dynamic_broker(
    texts: Mapping[str, str], *, per_broker: bool, current: Mapping[str, str], changed: Mapping[str, str]
) -> None:
    """A running broker may have these dynamic configs; names that Kafka does not know are kept, as Kafka keeps them.

    texts: all dynamic configs of the resource; current, changed: what is set for the broker before and after.

    Raises:
        ApiError: INVALID_REQUEST.
    """
    with _answered(ErrorCode.INVALID_REQUEST):
        known = definitions(BROKER)
        _refuse(
            (name for name in texts if name in known and not known[name].update_mode),
            "Cannot update these configs dynamically",
        )
        _refuse(
            (name for name in texts if name in _ONLY_PER_LISTENER),
            "These security configs can be dynamically updated only per-listener using the listener prefix",
        )
        for name, text in texts.items():
            definition = find(BROKER, name)
            if definition is not None:
                definition.parse(text)
        _check_reporters(texts.get("metric.reporters", ""))
        if not per_broker:
            _refuse(
                (name for name in texts if _is_per_broker(name)),
                "Cannot update these configs at default cluster level, broker id must be specified",
            )
        _check_thread_counts(current, changed, known)
        check_broker(changed)


def _check_reporters(text: str) -> None:
    for name in map(trimmed, text.split(",")):
        if name not in {"", _REPORTER}:
            raise ConfigError(
                f"metric.reporters: there is no class {name}; kwire loads none and has no metrics over JMX"
            )


def check_broker(texts: Mapping[str, str]) -> None:
    """A broker may have these configs together; each of them is valid.

    Raises:
        ConfigError: two contradict each other, or one is out of bounds that its definition does not name.
    """
    defaults = {name: integer(text) for name, text in topic_defaults(texts).items() if name.endswith("ms")}
    if defaults.get("segment.ms", 1) < 1:
        raise ConfigError("log.roll.ms must be greater than or equal to 1")
    if defaults.get("segment.jitter.ms", 0) < 0:
        raise ConfigError("log.roll.jitter.ms must be greater than or equal to 0")
    if defaults.get("retention.ms", -1) == 0:
        raise ConfigError("log.retention.ms must be unlimited (-1) or, greater than or equal to 1")
    for name in texts.get("group.consumer.assignors", "uniform").split(","):
        if name.strip() not in _ASSIGNORS:
            raise ConfigError(f"group.consumer.assignors: there is no {name.strip()}, only {' and '.join(_ASSIGNORS)}")
    known = definitions(BROKER)
    buffer = number(texts, known["log.cleaner.dedupe.buffer.size"])
    threads = number(texts, known["log.cleaner.threads"])
    if buffer is not None and threads and buffer / threads <= _CLEANER_BYTES_PER_THREAD:
        raise ConfigError("log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.")
    _check_compaction_lag(texts, "log.cleaner.min.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", known)


def validate_static(name: str, text: str) -> None:
    """Check that a broker may be started with this config.

    Raises:
        ConfigError: one line. It suggests similar names for an unknown one, and says what to do instead of a config
            that kwire refuses.
    """
    known = definitions(BROKER)
    definition = find(BROKER, name)
    if definition is not None:
        definition.parse(text)
        check_broker({name: text})
        refuse_what_would_be_missed(name, text)
        return
    if name in TOPIC_SYNONYMS:
        raise ConfigError(f"{name} is a config of topics; a broker's default for it is {TOPIC_SYNONYMS[name][0][0]}")
    if name in definitions(TOPIC):
        raise ConfigError(f"{name} is a config of topics, it has no default that a broker could set")
    near = difflib.get_close_matches(name, known, _NEAR_NAMES)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ConfigError(f"Unknown broker config name: {name}{hint}")


@contextmanager
def _answered(code: ErrorCode) -> Iterator[None]:
    """A ConfigError inside becomes the answer to the request, with that code."""
    try:
        yield
    except ConfigError as error:
        raise ApiError(code, str(error)) from None


def _without_nulls(overrides: Mapping[str, str | None], resource: str) -> dict[str, str]:
    nulls = [name for name, text in overrides.items() if text is None]
    if nulls:
        raise ConfigError(f"Null value not supported for {resource} configs: {','.join(nulls)}")
    return {name: text for name, text in overrides.items() if text is not None}


def _parse_all(texts: Mapping[str, str], known: Mapping[str, ConfigDefinition]) -> None:
    for name, text in texts.items():
        known[name].parse(text)


def _check_compaction_lag(
    texts: Mapping[str, str], least_name: str, most_name: str, known: Mapping[str, ConfigDefinition]
) -> None:
    least, most = (integer(texts.get(name) or known[name].default or "0") for name in (least_name, most_name))
    if least > most:
        raise ConfigError(
            f"conflict topic config setting min.compaction.lag.ms ({least}) > max.compaction.lag.ms ({most})"
        )


def _group_number(texts: Mapping[str, str], broker_texts: Mapping[str, str], name: str) -> float:
    own = texts.get(name)
    value = real(own) if own is not None else number(broker_texts, definitions(BROKER)[f"group.{name}"])
    assert value is not None, "timeouts of groups have defaults"
    return value


def _check_group_bounds(name: str, text: str, broker_texts: Mapping[str, str]) -> None:
    kind, _, rest = name.partition(".")
    for bound, words in (("min", "greater"), ("max", "less")):
        bound_name = f"group.{kind}.{bound}.{rest.removeprefix('num.')}"
        definition = definitions(BROKER).get(bound_name)
        if definition is None:
            continue
        limit = number(broker_texts, definition)
        outside = limit is not None and (real(text) < limit if bound == "min" else real(text) > limit)
        if outside:
            raise ConfigError(f"{name} must be {words} than or equal to {bound_name}")


def _is_match(pattern: str) -> bool:
    """Whether it is `name=regular expression` with a name that clients can be chosen by."""
    name, separator, expression = pattern.partition("=")
    if not separator or "=" in expression or not expression or name.strip() not in _CLIENT_MATCH_NAMES:
        return False
    try:
        re.compile(expression.strip())
    except re.error:
        return False
    return True


def _is_per_broker(name: str) -> bool:
    definition = find(BROKER, name)
    return definition is not None and definition.update_mode == "per-broker"


def _refuse(names: Iterable[str], why: str) -> None:
    refused = sorted(names)
    if refused:
        raise ConfigError(f"{why}: [{', '.join(refused)}]")


def _check_thread_counts(
    current: Mapping[str, str], changed: Mapping[str, str], known: Mapping[str, ConfigDefinition]
) -> None:
    for name in _THREAD_COUNTS:
        old, new = number(current, known[name]), number(changed, known[name])
        if old is None or new is None or old == new:
            continue
        failed = f"Dynamic thread count update validation failed for {name}={shown(int(new))}"
        if new <= 0:
            raise ConfigError(f"{failed}, value should be at least 1")
        if new < old // 2:
            raise ConfigError(f"{failed}, value should be at least half the current value {shown(int(old))}")
        if new > old * 2:
            raise ConfigError(f"{failed}, value should not be greater than double the current value {shown(int(old))}")
