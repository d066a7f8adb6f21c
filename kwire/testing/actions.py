"""The actions of an embedded cluster, as they run in the cluster's own event loop.

Where Kafka has an API for an action, that API's handler does it, so that a test gets what an admin client would get.
"""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any

from kwire.api import registry
from kwire.api.context import ConnectionInfo, RequestContext
from kwire.broker.metadata import NO_LEADER
from kwire.broker.resources import TOPIC
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from kwire.protocol.messages.create_topics import CreatableTopic, CreatableTopicConfig, CreateTopicsRequest
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest, DeleteTopicState
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.protocol.records.batch import NO_TIMESTAMP
from kwire.protocol.records.key_hash import partition_for_key
from kwire.protocol.records.record import encode_batch
from kwire.server.brokers import UnknownBroker
from kwire.settings import CannotStart
from kwire.testing import reading
from kwire.testing.values import Broker, ClusterError, Partition, Record, Topic, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kwire.app import Running
    from kwire.broker.partition import Partition as LivePartition
    from kwire.broker.partition import ProduceResult
    from kwire.cluster.cluster import Cluster
    from kwire.protocol.records.record import Record as StoredRecord
    from kwire.protocol.schema import Message
    from kwire.testing.values import NewRecord

USE_DEFAULT = -1
BATCH_BYTES = 256 * 1024
BATCH_RECORDS = 1000
"""Bounds of a batch that extend() makes, unless a single record is longer; a producer's batches are similar."""
RECORD_OVERHEAD_BYTES = 64

INSIDE = ConnectionInfo(("127.0.0.1", 0), ("127.0.0.1", 0))
"""The owner's requests come by no connection; this stands for one."""


async def ask(running: Running, request: Message, node_id: int | None = None) -> Any:
    """Ask a broker, by default any running one, with a request in its newest version; return the response.

    Raises:
        ClusterError: no broker runs.
    """
    cluster = running.cluster
    if node_id is None:
        node_id = cluster.controller_id
    if node_id == NO_LEADER:
        raise ClusterError("no broker of this cluster runs; start one with start_broker")
    api = registry.APIS[request.API_KEY]
    context = RequestContext(cluster, cluster.brokers[node_id], INSIDE, api.max_version, "kwire")
    response: Any = api.handle(request, context)
    return await response if isinstance(response, CoroutineType) else response


def refused(what: str, code: int, message: str | None) -> ClusterError:
    """Make an error of Kafka's error code and message."""
    return ClusterError(f"cannot {what}: {ErrorCode(code).name}{f', {message}' if message else ''}")


# Brokers


async def brokers(running: Running) -> tuple[Broker, ...]:
    """Return the brokers by id."""
    states = running.cluster.brokers
    addresses = zip(states, running.addresses, strict=True)
    return tuple(Broker(node_id, str(address), states[node_id].running) for node_id, address in addresses)


async def change_broker(running: Running, node_id: int, *, start: bool) -> None:
    """Start or stop the broker."""
    word = "start" if start else "stop"
    try:
        await (running.brokers.start(node_id) if start else running.brokers.stop(node_id))
    except (UnknownBroker, CannotStart) as error:
        raise ClusterError(f"cannot {word} broker {node_id}: {error}") from None
    except ApiError as error:
        raise refused(f"{word} broker {node_id}", error.code, error.message) from None


async def move_leader(running: Running, topic: str, index: int, node_id: int) -> None:
    """Make the broker the partition's leader and preferred leader. If it has no replica, it replaces the last one."""
    image = live_partition(running.cluster, topic, index).image
    what = f"move the leader of {topic}-{index} to broker {node_id}"
    known = running.cluster.brokers
    if node_id not in known:
        raise ClusterError(f"cannot {what}: this cluster has {', '.join(map(str, known))}")
    if not known[node_id].running:
        raise ClusterError(f"cannot {what}: it is stopped; start it with start_broker({node_id})")
    others = [each for each in image.replicas if each != node_id]
    replicas = [node_id, *others][: len(image.replicas)]
    asked = ReassignableTopic(topic, [ReassignablePartition(index, replicas)])
    response = await ask(running, AlterPartitionReassignmentsRequest(topics=[asked]))
    row = response.responses[0].partitions[0]
    if response.error_code or row.error_code:
        raise refused(what, response.error_code or row.error_code, response.error_message or row.error_message)


# Topics


async def create_topic(
    running: Running, name: str, partitions: int | None, replication_factor: int | None, config: Mapping[str, str]
) -> Topic:
    """Create the topic and return it."""
    asked = CreatableTopic(
        name=name,
        num_partitions=USE_DEFAULT if partitions is None else partitions,
        replication_factor=USE_DEFAULT if replication_factor is None else replication_factor,
        configs=[CreatableTopicConfig(key, value) for key, value in config.items()],
    )
    (row,) = (await ask(running, CreateTopicsRequest(topics=[asked]))).topics
    if row.error_code:
        raise refused(f"create the topic {name!r}", row.error_code, row.error_message)
    return await topic(running, name)


async def delete_topic(running: Running, name: str) -> None:
    """Delete the topic."""
    image_of(running.cluster, name)
    response = await ask(running, DeleteTopicsRequest(topics=[DeleteTopicState(name=name)]))
    (row,) = response.responses
    if row.error_code:
        raise refused(f"delete the topic {name!r}", row.error_code, row.error_message)


async def topics(running: Running) -> list[Topic]:
    """Return all topics except Kafka's internal ones, sorted by name."""
    names = sorted(name for name, image in running.cluster.image.topics.items() if not image.is_internal)
    return [await topic(running, name) for name in names]


async def topic(running: Running, name: str) -> Topic:
    """Return the topic."""
    cluster = running.cluster
    count = len(image_of(cluster, name).partitions)
    config = dict(cluster.image.configs.get((TOPIC, name), {}))
    return Topic(name, tuple(_partition(live_partition(cluster, name, index)) for index in range(count)), config)


def _partition(partition: LivePartition) -> Partition:
    image = partition.image
    return Partition(
        partition.index,
        None if image.leader == NO_LEADER else image.leader,
        tuple(image.replicas),
        tuple(image.isr),
        partition.log_start_offset,
        partition.log_end_offset,
    )


def image_of(cluster: Cluster, name: str) -> Any:
    """Find the topic in the metadata.

    Raises:
        ClusterError: there is no such topic.
    """
    image = cluster.image.topic(name)
    if image is None:
        names = ", ".join(repr(each) for each, topic in cluster.image.topics.items() if not topic.is_internal)
        there = f"there are {names}" if names else "there are none yet"
        raise ClusterError(f"there is no topic {name!r}, {there}; create it with create_topic({name!r})")
    return image


def live_partition(cluster: Cluster, name: str, index: int) -> LivePartition:
    """Find the partition.

    Raises:
        ClusterError: there is no such partition.
    """
    partition = cluster.partition(name, index)
    if partition is None:
        count = len(image_of(cluster, name).partitions)
        raise ClusterError(f"the topic {name!r} has no partition {index}; its partitions are 0 to {count - 1}")
    return partition


def live_partitions(cluster: Cluster, name: str, index: int | None) -> list[LivePartition]:
    """Find that partition, or all of the topic for None.

    Raises:
        ClusterError: there is no such partition.
    """
    indexes = range(len(image_of(cluster, name).partitions)) if index is None else [index]
    return [live_partition(cluster, name, each) for each in indexes]


# Records


async def records(running: Running, name: str, index: int | None, *, committed_only: bool) -> list[Record]:
    """Return the readable records, by partition and offset."""
    found: list[Record] = []
    for partition in live_partitions(running.cluster, name, index):
        found += reading.records_of(partition, committed_only=committed_only)
    return found


async def extend(running: Running, name: str, new: Sequence[NewRecord], *, dated_ms: int) -> list[Record]:
    """Append the records; return them as stored, in the order given.

    dated_ms: the time for records without one: that of the caller's clock, as in a producer.
    """
    cluster = running.cluster
    if cluster.image.topic(name) is None:
        await _auto_create(running, name)
    now_ms = cluster.env.wall_ms()
    partitions = live_partitions(cluster, name, None)
    turn = sum(each.log_end_offset for each in partitions)
    by_partition: dict[int, list[tuple[int, StoredRecord]]] = {}
    for place, record in enumerate(new):
        stored = reading.stored(record, dated_ms)
        if record.partition is not None:
            index = live_partition(cluster, name, record.partition).index
        elif stored.key is not None:
            index = partition_for_key(bytes(stored.key), len(partitions))
        else:
            index = turn % len(partitions)
            turn += 1
        by_partition.setdefault(index, []).append((place, stored))
    appended: dict[int, Record] = {}
    for index, rows in by_partition.items():
        for batch in _batches(rows):
            produced = _append(partitions[index], [record for _, record in batch], now_ms)
            for offset, (place, stored) in enumerate(batch, produced.base_offset):
                if produced.log_append_time_ms != NO_TIMESTAMP:
                    stored.timestamp = produced.log_append_time_ms
                appended[place] = reading.record_of(partitions[index], stored, offset)
    return [appended[place] for place in range(len(new))]


async def _auto_create(running: Running, name: str) -> None:
    """Create the absent topic if a producer's request would create it."""
    asked = MetadataRequest(topics=[MetadataRequestTopic(name=name)], allow_auto_topic_creation=True)
    (row,) = (await ask(running, asked)).topics
    if row.error_code not in {ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}:
        raise refused(f"create the topic {name!r}", row.error_code, None)


def _batches(rows: Iterable[tuple[int, StoredRecord]]) -> Iterable[list[tuple[int, StoredRecord]]]:
    batch: list[tuple[int, StoredRecord]] = []
    size_bytes = 0
    for place, record in rows:
        record_bytes = len(record.key or b"") + len(record.value or b"") + RECORD_OVERHEAD_BYTES
        if batch and (size_bytes + record_bytes > BATCH_BYTES or len(batch) == BATCH_RECORDS):
            yield batch
            batch, size_bytes = [], 0
        batch.append((place, record))
        size_bytes += record_bytes
    yield batch


def _append(partition: LivePartition, rows: Sequence[StoredRecord], now_ms: int) -> ProduceResult:
    """Append the rows as one batch."""
    name = TopicPartition(partition.topic, partition.index)
    if partition.image.leader == NO_LEADER:
        replicas = ", ".join(map(str, partition.image.replicas))
        raise ClusterError(f"cannot append to {name}: none of its brokers runs; start one of {replicas}")
    batch = memoryview(encode_batch(rows))
    produce = registry.APIS[0]
    try:
        return partition.produce(
            batch,
            acks=-1,
            now_ms=now_ms,
            validate_records=False,
            api_version=produce.max_version,
            knows_newest=True,
        )
    except ApiError as error:
        raise refused(f"append to {name}", error.code, error.message) from None
