"""Arguments and results of an embedded cluster: plain values, which do not change later."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ClusterError(Exception):
    """The cluster cannot do this; the message is one sentence that says why, and what to do."""

    __module__ = "kwire.testing"  # where its users find it, so that reports name it so


class TopicPartition(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


@dataclass(slots=True, frozen=True, kw_only=True)
class NewRecord:
    """A record to append. Text is encoded as UTF-8.

    timestamp_ms: milliseconds since the Unix epoch, None for now. partition: None for the key's partition, as Kafka's
    producers choose it; records without a key go to the partitions in turn.
    """

    value: bytes | str | None = None
    key: bytes | str | None = None
    headers: Mapping[str, bytes | str | None] | Sequence[tuple[str, bytes | str | None]] = ()
    timestamp_ms: int | None = None
    partition: int | None = None


@dataclass(slots=True, frozen=True)
class Record:
    """A stored record. timestamp_ms: since the Unix epoch, -1 for none. headers: a key may occur more than once."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(slots=True, frozen=True)
class Partition:
    """One partition: the ids of its brokers, and its offsets.

    leader: None while no replica runs. in_sync: Kafka's ISR. log_start_offset: offset of the first readable record.
    log_end_offset: offset of the next record to come.
    """

    index: int
    leader: int | None
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]
    log_start_offset: int
    log_end_offset: int


@dataclass(slots=True, frozen=True)
class Topic:
    """A topic. config: the configs set for this topic, without defaults."""

    name: str
    partitions: tuple[Partition, ...]
    config: Mapping[str, str]


@dataclass(slots=True, frozen=True)
class Broker:
    """One broker of the cluster. address: where clients reach it, host:port."""

    id: int
    address: str
    running: bool


@dataclass(slots=True, frozen=True)
class Member:
    """A member of a group. topics: its subscription. partitions: its assignment."""

    member_id: str
    client_id: str
    host: str
    topics: tuple[str, ...]
    partitions: tuple[TopicPartition, ...]


@dataclass(slots=True, frozen=True)
class Group:
    """A consumer group.

    type, state: as Kafka calls them ("classic", "Stable"). committed: the committed offsets, each that of the next
    record to read. lag: the number of offsets to each log's end, for partitions with a committed offset and those
    assigned to members; without a committed offset, the length of the log.
    """

    group_id: str
    type: str
    state: str
    members: tuple[Member, ...]
    committed: Mapping[TopicPartition, int]
    lag: Mapping[TopicPartition, int]


@dataclass(slots=True, frozen=True)
class StoredBatches:
    """One partition's whole log, as its stored record batches."""

    topic: str
    partition: int
    log_start_offset: int
    log_end_offset: int
    batches: bytes = dataclasses.field(repr=False)


@dataclass(slots=True, frozen=True)
class Snapshot:
    """Everything in a cluster: topics, configs, records, groups and their offsets. It can be pickled.

    metadata: the records that describe topics, configs and brokers, in Kafka's format.
    """

    cluster_id: str
    broker_ids: tuple[int, ...]
    metadata: tuple[bytes, ...] = dataclasses.field(repr=False)
    logs: tuple[StoredBatches, ...]
