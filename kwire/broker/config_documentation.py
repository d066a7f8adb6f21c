"""Describe the configs that kwire honours, in its own words; a config without a text here has no effect.

See config_effects for which broker configs are refused instead, and why the others may be ignored.

`python -m kwire.broker.config_documentation > docs/configuration.md` writes the page of all configs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from kwire.broker.config_definitions import ConfigDefinition, definitions
from kwire.broker.config_effects import IGNORED, REFUSED
from kwire.broker.configs import HOUR_MS, MINUTE_MS, TOPIC_SYNONYMS
from kwire.broker.resources import BROKER, CLIENT_METRICS, GROUP, TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WITHOUT_EFFECT = "kwire accepts this config without effect."

TOPIC_TEXTS = {
    "cleanup.policy": "What becomes of old records: delete drops whole segments by age and size. "
    "compact, alone or beside it, keeps the newest record of each key: the cleaner removes the others from closed "
    "segments, and every record needs a key.",
    "compression.gzip.level": "Level that batches are recompressed with where compression.type is gzip, -1 the usual.",
    "compression.lz4.level": "Level that batches are recompressed with where compression.type is lz4.",
    "compression.type": "Codec of the stored batches. producer keeps what the client sent, another one recompresses "
    "batches that arrive in a different codec, uncompressed stores them plain.",
    "compression.zstd.level": "Level that batches are recompressed with where compression.type is zstd.",
    "delete.retention.ms": "How long a cleaned log still shows that a key was deleted (a record without value) "
    "or that a transaction ended, from the first cleaning on that kept nothing else of it.",
    "file.delete.delay.ms": "How long the files of a deleted segment or topic stay on the disk at least; "
    "they go within a minute after.",
    "flush.messages": "Number of records after which the log is synced to the disk; "
    "without it the operating system decides.",
    "flush.ms": "Age of the oldest unsynced record at which the log is synced to the disk; "
    "without it the operating system decides.",
    "index.interval.bytes": "Bytes of log between two entries of a segment's offset index.",
    "internal.segment.bytes": "Size at which a segment is closed, where it may be smaller than segment.bytes allows.",
    "max.compaction.lag.ms": "Age of a record at which a compacted log is cleaned, however little of it is dirty; "
    "its segments are closed by then.",
    "max.decompressed.message.bytes": "Largest size to which one batch may decompress while it is validated.",
    "max.message.bytes": "Largest record batch, as it is stored, that a producer may send.",
    "message.timestamp.after.max.ms": "How far a record's timestamp may lie after the broker's time; "
    "not checked where the broker sets the timestamp.",
    "message.timestamp.before.max.ms": "How far a record's timestamp may lie before the broker's time; "
    "not checked where the broker sets the timestamp.",
    "message.timestamp.type": "Whether a record keeps its producer's timestamp (CreateTime) "
    "or gets the time of its arrival (LogAppendTime).",
    "min.cleanable.dirty.ratio": "Share of a compacted log, in bytes, that must be new since its last cleaning "
    "before the next one.",
    "min.compaction.lag.ms": "How long a record stays in a compacted log at least, though its key has a newer one.",
    "min.insync.replicas": "With acks=all, how many replicas must run for an append; "
    "with fewer the producer gets NOT_ENOUGH_REPLICAS.",
    "retention.bytes": "Size of one partition above which its oldest segments are deleted; -1 is no bound.",
    "retention.ms": "Age of a segment's newest record at which the segment is deleted; -1 is no bound.",
    "segment.bytes": "Size at which a segment is closed and the next one begun. Retention works by whole segments.",
    "segment.index.bytes": "Largest size of a segment's index files; a full index closes the segment.",
    "segment.jitter.ms": "How much segment.ms is shortened at most, at random, so that segments do not close together.",
    "segment.ms": "Age of a segment's first record at which the segment is closed, full or not.",
}

BROKER_TEXTS = {
    "advertised.listeners": "What clients are told to connect to, instead of the address by which they reached the "
    "broker. Given as `--advertise HOST:PORT`.",
    "auto.create.topics.enable": "Whether asking for a topic that does not exist creates it, "
    "where the client's request allows that too.",
    "broker.id": "The broker's id, the same as node.id. Given as `--broker-id N`.",
    "connections.max.idle.ms": "How long a connection may stay without a request before the broker closes it.",
    "default.replication.factor": "Replication factor of topics that are created without one.",
    "delete.topic.enable": "Whether clients may delete topics.",
    "fetch.max.bytes": "Largest answer to a fetch, whatever the consumer asks for; one batch is always given whole.",
    "group.consumer.assignment.interval.ms": "A consumer group's partitions are shared out anew once in so long "
    "at most. Kafka's default of 1000 spares work where many members come at once; 0 serves each one at once.",
    "group.consumer.assignors": "Server-side assignors that members of consumer groups may ask for, the default first: "
    "uniform, range.",
    "group.consumer.heartbeat.interval.ms": "How often members of consumer groups are told to show that they live.",
    "group.consumer.max.assignment.interval.ms": "Longest consumer.assignment.interval.ms of a group.",
    "group.consumer.max.heartbeat.interval.ms": "Longest consumer.heartbeat.interval.ms of a group.",
    "group.consumer.max.session.timeout.ms": "Longest consumer.session.timeout.ms of a group.",
    "group.consumer.max.size": "Most members of a consumer group; a further one gets GROUP_MAX_SIZE_REACHED.",
    "group.consumer.migration.policy": "Whether a classic group becomes a consumer group when a consumer joins it "
    "(upgrade), and a classic one again when its last consumer leaves (downgrade): disabled, upgrade, downgrade or "
    "bidirectional.",
    "group.consumer.min.assignment.interval.ms": "Shortest consumer.assignment.interval.ms of a group.",
    "group.consumer.min.heartbeat.interval.ms": "Shortest consumer.heartbeat.interval.ms of a group.",
    "group.consumer.min.session.timeout.ms": "Shortest consumer.session.timeout.ms of a group.",
    "group.consumer.regex.refresh.interval.ms": "After so long it is looked up again which topics a consumer group's "
    "regular expressions match; new topics are found ten seconds after the last look.",
    "group.consumer.session.timeout.ms": "A member of a consumer group that is silent for so long is out.",
    "group.initial.rebalance.delay.ms": "How long the first rebalance of an empty group waits for more members. "
    "Kafka's default of 3000 spares rebalances where many start together; 0 waits for moments, and a little "
    "longer for those who have just asked for the coordinator.",
    "group.max.session.timeout.ms": "Longest session timeout that a member may ask for.",
    "group.max.size": "Most members of a classic group; a further one gets GROUP_MAX_SIZE_REACHED.",
    "group.min.session.timeout.ms": "Shortest session timeout that a member may ask for.",
    "kwire.validate.records": "Whether every record of a produced batch is checked as Kafka does. "
    "Otherwise the batch's header and checksum are, and its records only where the topic's configs need it.",
    "listeners": "Where the broker listens. Given as `--listen HOST:PORT`.",
    "log.cleaner.backoff.ms": "How long the cleaner waits when no compacted log needs it.",
    "log.cleaner.dedupe.buffer.size": "Memory in which a cleaning notes keys (160 bytes each); "
    "a log with more of them is cleaned in several passes.",
    "log.cleaner.enable": "Whether compacted logs are cleaned.",
    "log.cleaner.io.buffer.load.factor": "How much of log.cleaner.dedupe.buffer.size may be used.",
    "log.cleaner.io.buffer.size": "Twice the bytes that a cleaning reads before it lets others run.",
    "log.cleaner.io.max.bytes.per.second": "How fast a cleaning reads and writes at most.",
    "log.dir": "The directory that keeps everything, empty where memory does. Given as `--data DIR`.",
    "log.dirs": "The same as log.dir.",
    "log.retention.check.interval.ms": "How often logs are searched for segments to delete, "
    "and for producer ids to forget.",
    "max.connections": "How many connections the broker keeps; a further one waits until another ends.",
    "max.connections.per.ip": "How many connections from one address the broker keeps; a further one is closed.",
    "max.incremental.fetch.session.cache.slots": "How many incremental fetch sessions the broker remembers.",
    "max.request.partition.size.limit": "How many partitions one answer of DescribeTopicPartitions may hold.",
    "node.id": "The broker's id, by which clients and partitions name it. Given as `--broker-id N`.",
    "num.partitions": "Number of partitions of topics that are created without one.",
    "offset.metadata.max.bytes": "Longest text beside a committed offset.",
    "offsets.retention.check.interval.ms": "How often a coordinator looks for offsets that nobody needs any more.",
    "offsets.retention.minutes": "How long a group without members keeps its committed offsets; "
    "where only offsets were ever committed, how long after the commit.",
    "offsets.topic.num.partitions": "Number of partitions of __consumer_offsets; a group's partition depends on it.",
    "offsets.topic.replication.factor": "Replication factor of __consumer_offsets, at most the number of brokers.",
    "offsets.topic.segment.bytes": "Segment size of __consumer_offsets; small segments make groups load fast.",
    "producer.id.expiration.ms": "How long a partition remembers the sequences of an idle producer id.",
    "socket.listen.backlog.size": "How many connections may wait to be accepted.",
    "socket.request.max.bytes": "Largest request; a client that announces a larger one is disconnected.",
}

GROUP_TEXTS = {
    "consumer.assignment.interval.ms": "The consumer group's partitions are shared out anew once in so long at most; "
    "0 for whenever a member comes, goes or changes its subscription.",
    "consumer.heartbeat.interval.ms": "How often members of the consumer group are told to show that they live.",
    "consumer.session.timeout.ms": "A member of the consumer group that is silent for so long is out.",
}

_KINDS = (
    (
        BROKER,
        "Broker configs",
        "Given at start with `--config name=value` where no other option is named, or altered while the broker runs.",
    ),
    (TOPIC, "Topic configs", "Given when a topic is created, or altered later."),
    (GROUP, "Group configs", "Stored for each group."),
    (CLIENT_METRICS, "Client metrics configs", "Stored for each subscription."),
)
_UNITS = {MINUTE_MS: " (in minutes)", HOUR_MS: " (in hours)"}
_PAGE = """\
# Configuration

kwire knows every config of Apache Kafka 4.4 by name, type, default and valid values, so tools that describe or alter
configs work. A config with a text below is honoured. Of a broker's others, those that ask for what would be missed
(security, records that are kept elsewhere, a cluster of several machines) are refused at start; the rest has no effect.
This page is written by `python -m kwire.broker.config_documentation`.
"""


def _topic_defaults() -> dict[str, str]:
    """The broker configs that give topics the defaults of honoured configs, each with its text."""
    texts = {}
    for topic_name, synonyms in TOPIC_SYNONYMS.items():
        for name, factor in synonyms:
            if topic_name in TOPIC_TEXTS:
                texts[name] = f"Default of the topic config {topic_name}{_UNITS.get(factor, '')}."
    return texts


_TEXTS = {TOPIC: TOPIC_TEXTS, BROKER: {**_topic_defaults(), **BROKER_TEXTS}, GROUP: GROUP_TEXTS}


def is_honoured(resource_type: int, name: str) -> bool:
    """Whether kwire acts on that config."""
    return name in _TEXTS.get(resource_type, {})


def documentation(resource_type: int, name: str) -> str:
    """What that config does."""
    if resource_type == BROKER:
        for why, names in REFUSED.items():
            if name in names:
                return f"A start with this config is refused: {why}."
    return _TEXTS.get(resource_type, {}).get(name, WITHOUT_EFFECT)


def _row(resource_type: int, definition: ConfigDefinition) -> str:
    default = "" if definition.default is None else f"`{definition.default}`" if definition.default else "empty"
    text = documentation(resource_type, definition.name)
    changes = f" | {definition.update_mode or 'at start'}" if resource_type == BROKER else ""
    return (
        f"| `{definition.name}` | {definition.type.lower()} | {default} | {definition.valid or ''}{changes} | {text} |"
    )


def _page() -> Iterator[str]:
    yield _PAGE
    for resource_type, title, how in _KINDS:
        known = definitions(resource_type).values()
        honoured = [each for each in known if is_honoured(resource_type, each.name)]
        others = [each.name for each in known if not is_honoured(resource_type, each.name)]
        yield f"## {title}\n\n{how} {len(honoured)} of {len(known)} are honoured.\n"
        if honoured:
            changes = (" | changes", " | ---") if resource_type == BROKER else ("", "")
            yield f"| name | type | default | valid values{changes[0]} | what it does |"
            yield f"| --- | --- | --- | ---{changes[1]} | --- |"
            yield from (_row(resource_type, each) for each in honoured)
            yield ""
        if resource_type == BROKER:
            yield from _effects()
        else:
            yield f"Accepted without effect: {_listed(others)}.\n"


def _effects() -> Iterator[str]:
    yield "Refused at start, unless the value is the default, empty, or asks for nothing.\n"
    yield "| configs | why, and what to do |\n| --- | --- |"
    yield from (f"| {_listed(names)} | {why} |" for why, names in REFUSED.items())
    yield "\nAccepted without effect; the log names those that are not at their defaults in one line at the start.\n"
    yield "| configs | why |\n| --- | --- |"
    yield from (f"| {_listed(names)} | {why} |" for why, names in IGNORED.items())
    yield ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def markdown() -> str:
    """The page docs/configuration.md."""
    return "\n".join(_page())


if __name__ == "__main__":
    sys.stdout.write(markdown())
