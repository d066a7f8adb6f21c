"""Configs: what topics, brokers and groups are configured to do, as typed values.

A topic's value is its own override, else the broker's; a broker's is the dynamic one of that broker, else the dynamic
one of the whole cluster, else the one it was started with, else the default. Only what kwire acts on is typed here, so
that serving needs no more; the definitions of all configs of Kafka 4.4 are in config_definitions and load on demand.

Brokers of one process share one log per partition, so a broker's own dynamic log configs count for the logs where it is
the only broker; in a cluster of several only the cluster-wide ones do.

Source: KIP-226 (dynamic broker configs); Kafka documentation, "Broker Configs", "Topic Configs", "Group Configs".
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from sys import float_info
from typing import TYPE_CHECKING, Any, TypeVar

from kwire.broker.metadata import INTERNAL_TOPICS
from kwire.broker.resources import BROKER, CLUSTER_DEFAULT, GROUP, TOPIC
from kwire.limits import COORDINATOR_SEGMENT_RECORDS
from kwire.storage.config import LogConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.broker.metadata import MetadataImage

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
INT_MAX = 2**31 - 1

INTERNAL_SEGMENT_BYTES = 4 * 1024 * 1024
"""kwire's segments of internal topics: small, so that loading a coordinator stays short (Kafka: 104857600)."""


@dataclass(slots=True, frozen=True)
class BrokerConfig:
    """One broker's configs. Field names are Kafka's config names with dots as underscores; units are in the names."""

    node_id: int = 0
    auto_create_topics_enable: bool = True
    connections_max_idle_ms: int = 600_000
    default_replication_factor: int = 1
    delete_topic_enable: bool = True
    fetch_max_bytes: int = 57_671_680
    group_consumer_assignors: str = "uniform,range"
    group_consumer_max_assignment_interval_ms: int = 15_000
    group_consumer_max_heartbeat_interval_ms: int = 15_000
    group_consumer_max_session_timeout_ms: int = 60_000
    group_consumer_max_size: int = INT_MAX
    group_consumer_migration_policy: str = "bidirectional"
    group_consumer_min_assignment_interval_ms: int = 0
    group_consumer_min_heartbeat_interval_ms: int = 5_000
    group_consumer_min_session_timeout_ms: int = 45_000
    group_consumer_regex_refresh_interval_ms: int = 600_000
    group_initial_rebalance_delay_ms: int = 0
    """kwire's default: a group is complete at once where nobody joins late (Kafka: 3000)."""
    group_max_session_timeout_ms: int = 1_800_000
    group_max_size: int = INT_MAX
    group_min_session_timeout_ms: int = 6_000
    kwire_validate_records: bool = False
    log_cleaner_backoff_ms: int = 15_000
    log_cleaner_dedupe_buffer_size: int = 134_217_728
    log_cleaner_enable: bool = True
    log_cleaner_io_buffer_load_factor: float = 0.9
    log_cleaner_io_buffer_size: int = 524_288
    log_cleaner_io_max_bytes_per_second: float = float_info.max
    log_retention_check_interval_ms: int = 300_000
    max_connections: int = INT_MAX
    max_connections_per_ip: int = INT_MAX
    max_incremental_fetch_session_cache_slots: int = 1_000
    max_request_partition_size_limit: int = 2_000
    message_max_bytes: int = 1_048_588
    min_insync_replicas: int = 1
    num_partitions: int = 1
    offset_metadata_max_bytes: int = 4_096
    offsets_retention_check_interval_ms: int = 600_000
    offsets_retention_minutes: int = 10_080
    offsets_topic_num_partitions: int = 50
    offsets_topic_replication_factor: int = 3
    offsets_topic_segment_bytes: int = INTERNAL_SEGMENT_BYTES
    producer_id_expiration_ms: int = 86_400_000
    share_coordinator_state_topic_min_isr: int = 2
    share_coordinator_state_topic_num_partitions: int = 50
    share_coordinator_state_topic_replication_factor: int = 3
    share_coordinator_state_topic_segment_bytes: int = INTERNAL_SEGMENT_BYTES
    socket_request_max_bytes: int = 104_857_600
    transaction_max_timeout_ms: int = 900_000
    transaction_state_log_min_isr: int = 2
    transaction_state_log_num_partitions: int = 50
    transaction_state_log_replication_factor: int = 3
    transaction_state_log_segment_bytes: int = INTERNAL_SEGMENT_BYTES
    transactional_id_expiration_ms: int = 604_800_000


@dataclass(slots=True, frozen=True)
class GroupConfig:
    """One group's configs: its own, else those of the broker under the same name with `group.` in front."""

    consumer_assignment_interval_ms: int = 0
    """kwire's default: who joins is given partitions at once (Kafka: 1000)."""
    consumer_heartbeat_interval_ms: int = 5_000
    consumer_session_timeout_ms: int = 45_000
    share_assignment_interval_ms: int = 1_000
    share_auto_offset_reset: str = "latest"
    share_delivery_count_limit: int = 5
    share_heartbeat_interval_ms: int = 5_000
    share_isolation_level: str = "read_uncommitted"
    share_partition_max_record_locks: int = 2_000
    share_record_lock_duration_ms: int = 30_000
    share_renew_acknowledge_enable: bool = True
    share_session_timeout_ms: int = 45_000
    streams_assignment_interval_ms: int = 1_000
    streams_heartbeat_interval_ms: int = 5_000
    streams_initial_rebalance_delay_ms: int = 3_000
    streams_num_standby_replicas: int = 0
    streams_session_timeout_ms: int = 45_000


TOPIC_SYNONYMS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "cleanup.policy": (("log.cleanup.policy", 1),),
    "compression.gzip.level": (("compression.gzip.level", 1),),
    "compression.lz4.level": (("compression.lz4.level", 1),),
    "compression.type": (("compression.type", 1),),
    "compression.zstd.level": (("compression.zstd.level", 1),),
    "delete.retention.ms": (("log.cleaner.delete.retention.ms", 1),),
    "file.delete.delay.ms": (("log.segment.delete.delay.ms", 1),),
    "flush.messages": (("log.flush.interval.messages", 1),),
    "flush.ms": (("log.flush.interval.ms", 1), ("log.flush.scheduler.interval.ms", 1)),
    "index.interval.bytes": (("log.index.interval.bytes", 1),),
    "local.retention.bytes": (("log.local.retention.bytes", 1),),
    "local.retention.ms": (("log.local.retention.ms", 1),),
    "max.compaction.lag.ms": (("log.cleaner.max.compaction.lag.ms", 1),),
    "max.decompressed.message.bytes": (("max.decompressed.message.bytes", 1),),
    "max.message.bytes": (("message.max.bytes", 1),),
    "message.timestamp.after.max.ms": (("log.message.timestamp.after.max.ms", 1),),
    "message.timestamp.before.max.ms": (("log.message.timestamp.before.max.ms", 1),),
    "message.timestamp.type": (("log.message.timestamp.type", 1),),
    "min.cleanable.dirty.ratio": (("log.cleaner.min.cleanable.ratio", 1),),
    "min.compaction.lag.ms": (("log.cleaner.min.compaction.lag.ms", 1),),
    "min.insync.replicas": (("min.insync.replicas", 1),),
    "preallocate": (("log.preallocate", 1),),
    "remote.copy.lag.bytes": (("log.remote.copy.lag.bytes", 1),),
    "remote.copy.lag.ms": (("log.remote.copy.lag.ms", 1),),
    "retention.bytes": (("log.retention.bytes", 1),),
    "retention.ms": (("log.retention.ms", 1), ("log.retention.minutes", MINUTE_MS), ("log.retention.hours", HOUR_MS)),
    "segment.bytes": (("log.segment.bytes", 1),),
    "segment.index.bytes": (("log.index.size.max.bytes", 1),),
    "segment.jitter.ms": (("log.roll.jitter.ms", 1), ("log.roll.jitter.hours", HOUR_MS)),
    "segment.ms": (("log.roll.ms", 1), ("log.roll.hours", HOUR_MS)),
    "unclean.leader.election.enable": (("unclean.leader.election.enable", 1),),
}
"""Topic config to the broker configs that give its default, first one set wins: (name, factor to the topic's unit)."""

_SHARED_MEANING = [tuple(name for name, _ in synonyms) for synonyms in TOPIC_SYNONYMS.values()]
BROKER_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    name: names for names in _SHARED_MEANING if len(names) > 1 for name in names
}
"""Broker configs that are one setting under several names, each to all of them in order of precedence."""

JAVA_BLANKS = "".join(map(chr, range(0x21)))
"""The characters that Kafka strips from a text's ends: all up to the blank, and no others."""

T = TypeVar("T", BrokerConfig, GroupConfig, LogConfig)


def config_name(field_name: str) -> str:
    """Kafka's name of the config that a field of BrokerConfig, GroupConfig or LogConfig holds."""
    return field_name.replace("_", ".")


def trimmed(text: str) -> str:
    """Strip the text as Kafka does."""
    return text.strip(JAVA_BLANKS)


def integer(text: str) -> int:
    """Convert a validated text of type SHORT, INT or LONG, which may have digits of any script."""
    return int(trimmed(text))


def real(text: str) -> float:
    """Convert a validated text of type DOUBLE, which may end in one of Java's type letters."""
    return float(trimmed(text).rstrip("fFdD"))


def _typed(text: str, default: object) -> object:
    """The config value that text gives, of the default's type. The text has been validated before."""
    match default:
        case bool():
            return trimmed(text).lower() == "true"
        case int():
            return integer(text)
        case float():
            return real(text)
        case frozenset():
            return frozenset(part for each in text.split(",") if (part := trimmed(each)))
        case _:
            return trimmed(text)


def _from_texts(kind: type[T], texts: Mapping[str, str]) -> T:
    """The configs of that kind: texts where they name one, else the defaults."""
    values: dict[str, Any] = {}
    for field in fields(kind):
        text = texts.get(config_name(field.name))
        if text is not None:
            values[field.name] = _typed(text, field.default)
    return kind(**values)


def _bounded(own: Mapping[str, str], broker: BrokerConfig) -> dict[str, str]:
    """A group's own configs within the bounds that the broker sets by now."""
    bounds = {
        "consumer.assignment.interval.ms": (
            broker.group_consumer_min_assignment_interval_ms,
            broker.group_consumer_max_assignment_interval_ms,
        ),
        "consumer.heartbeat.interval.ms": (
            broker.group_consumer_min_heartbeat_interval_ms,
            broker.group_consumer_max_heartbeat_interval_ms,
        ),
        "consumer.session.timeout.ms": (
            broker.group_consumer_min_session_timeout_ms,
            broker.group_consumer_max_session_timeout_ms,
        ),
    }
    within = {
        name: str(min(max(integer(own[name]), least), most)) for name, (least, most) in bounds.items() if name in own
    }
    return {**own, **within}


def topic_defaults(broker_texts: Mapping[str, str]) -> dict[str, str]:
    """Topic configs as a broker's configs give them; one is absent where the broker says nothing about it."""
    texts = {}
    for name, synonyms in TOPIC_SYNONYMS.items():
        for broker_name, factor in synonyms:
            text = broker_texts.get(broker_name)
            if text is not None:
                texts[name] = text if factor == 1 else str(integer(text) * factor)
                break
    if integer(texts.get("retention.ms", "0")) < 0:
        texts["retention.ms"] = "-1"  # any negative hours or minutes mean: for ever
    return texts


class Configs:
    """Resolves the configs of one cluster: those its process was started with, and the metadata image's dynamic ones.

    static: broker config name to text, as given at start and validated by config_validation.validate_static.
    own_static: by broker id what was given to that broker alone (listeners, directories), for descriptions.
    A resolved value is kept until the image changes; ask again rather than keep it.
    """

    __slots__ = ("_brokers", "_groups", "_image", "_topics", "_version", "own_static", "static")

    def __init__(self, static: Mapping[str, str], image: MetadataImage) -> None:
        self.static = dict(static)
        self.own_static: dict[int, Mapping[str, str]] = {}
        self._image = image
        self._version = image.version
        self._topics: dict[str, LogConfig] = {}
        self._brokers: dict[int, BrokerConfig] = {}
        self._groups: dict[str, GroupConfig] = {}

    def topic(self, name: str) -> LogConfig:
        """The configs of that topic's logs, existing or not: overrides, else the brokers' defaults."""
        self._forget_old()
        config = self._topics.get(name)
        if config is None:
            overrides = self._image.configs.get((TOPIC, name))
            # No topic is named "": that entry stands for all topics without overrides.
            config = self.topic("") if overrides is None and name else self.topic_with(overrides or {})
            if name in INTERNAL_TOPICS:
                config = replace(config, segment_records=COORDINATOR_SEGMENT_RECORDS)
            self._topics[name] = config
        return config

    def topic_with(self, overrides: Mapping[str, str]) -> LogConfig:
        """The configs that a topic with these overrides has."""
        texts = topic_defaults(self.broker_texts(self.sole_broker())) | dict(overrides)
        segment_bytes = overrides.get("internal.segment.bytes")
        if segment_bytes is not None:
            texts["segment.bytes"] = segment_bytes
        return _from_texts(LogConfig, texts)

    def broker(self, node_id: int) -> BrokerConfig:
        """That broker's configs."""
        self._forget_old()
        config = self._brokers.get(node_id)
        if config is None:
            config = self._brokers[node_id] = _from_texts(BrokerConfig, self.broker_texts(node_id))
        return config

    def group(self, group_id: str) -> GroupConfig:
        """That group's configs."""
        self._forget_old()
        config = self._groups.get(group_id)
        if config is None:
            brokers = self.broker_texts(self.sole_broker())
            texts = {name[len("group.") :]: text for name, text in brokers.items() if name.startswith("group.")}
            own = self._image.configs.get((GROUP, group_id))
            if own:
                texts |= _bounded(own, _from_texts(BrokerConfig, brokers))
            config = self._groups[group_id] = _from_texts(GroupConfig, texts)
        return config

    def broker_texts(
        self, node_id: int | None, assumed: Mapping[str, Mapping[str, str]] | None = None
    ) -> dict[str, str]:
        """What is set for that broker, dynamic over static; defaults are absent. None: for no particular broker.

        A dynamic value also hides a static one under another name of the same setting (log.roll.ms, log.roll.hours).
        assumed: broker resource name to the dynamic configs that count instead of the image's.
        """
        texts = self.static_texts(node_id)
        for resource_name in (CLUSTER_DEFAULT,) if node_id is None else (CLUSTER_DEFAULT, str(node_id)):
            dynamic = self._image.configs.get((BROKER, resource_name), {})
            for name, text in (assumed or {}).get(resource_name, dynamic).items():
                for synonym in BROKER_SYNONYMS.get(name, ()):
                    texts.pop(synonym, None)
                texts[name] = text
        return texts

    def static_texts(self, node_id: int | None) -> dict[str, str]:
        """What that broker was started with; its id is one of these configs."""
        if node_id is None:
            return self.static.copy()
        own = self.own_static.get(node_id, {})
        return {**self.static, "broker.id": str(node_id), "node.id": str(node_id), **own}

    def sole_broker(self) -> int | None:
        """The id of the cluster's only broker, None where there are several."""
        brokers = self._image.brokers
        return next(iter(brokers)) if len(brokers) == 1 else None

    def _forget_old(self) -> None:
        if self._version != self._image.version:
            self._version = self._image.version
            self._topics.clear()
            self._brokers.clear()
            self._groups.clear()
