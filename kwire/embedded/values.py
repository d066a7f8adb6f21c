"""What an embedded cluster is asked with and answers with. Everything is a plain value: it does not change later."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ClusterError(Exception):
    """The cluster cannot do what was asked of it; the message is one sentence that says why, and what to do."""

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

    timestamp_ms: milliseconds since the Unix epoch, None for now. partition: None for the one that Kafka's producers
    choose for the key; records without a key take the partitions in turn.
    """

    value: bytes | str | None = None
    key: bytes | str | None = None
    headers: Mapping[str, bytes | str | None] | Sequence[tuple[str, bytes | str | None]] = ()
    timestamp_ms: int | None = None
    partition: int | None = None


@dataclass(slots=True, frozen=True)
class Record:
    """A record of a partition. timestamp_ms: since the Unix epoch, -1 for none; a header's key may be there twice."""

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

    leader: None while no replica runs. in_sync: Kafka's ISR. log_start_offset: of the first record that is readable;
    log_end_offset: of the record that will come next.
    """

    index: int
    leader: int | None
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]
    log_start_offset: int
    log_end_offset: int


@dataclass(slots=True, frozen=True)
class Topic:
    """A topic. config: what was set for this topic, not the defaults."""

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
    """A member of a group. topics: those that it subscribed to. partitions: those that it was assigned."""

    member_id: str
    client_id: str
    host: str
    topics: tuple[str, ...]
    partitions: tuple[TopicPartition, ...]


@dataclass(slots=True, frozen=True)
class Group:
    """A consumer group.

    type, state: as Kafka calls them ("classic", "Stable"). committed: the offsets, each of the record that comes next.
    lag: what is missing to each log's end, for the partitions with a committed offset and those that members were
    assigned; without a committed offset, the whole log.
    """

    group_id: str
    type: str
    state: str
    members: tuple[Member, ...]
    committed: Mapping[TopicPartition, int]
    lag: Mapping[TopicPartition, int]


@dataclass(slots=True, frozen=True)
class StoredBatches:
    """All of one partition's log: its record batches as they are stored."""

    topic: str
    partition: int
    log_start_offset: int
    log_end_offset: int
    batches: bytes = dataclasses.field(repr=False)


@dataclass(slots=True, frozen=True)
class Snapshot:
    """All that a cluster holds: topics, configs, records, groups and their offsets. It can be pickled.

    metadata: the records that describe topics, configs and brokers, in Kafka's form.
    """

    cluster_id: str
    broker_ids: tuple[int, ...]
    metadata: tuple[bytes, ...] = dataclasses.field(repr=False)
    logs: tuple[StoredBatches, ...]
