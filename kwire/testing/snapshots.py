"""Snapshots: a cluster's whole content as one value, and clusters that begin with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.broker.metadata_log import MetadataLog
from kwire.broker.metadata_records import METADATA_TOPIC_ID, frame, unframe
from kwire.broker.metadata_snapshot import BATCH_RECORDS, records_of
from kwire.protocol.messages.records.cluster_metadata import PartitionRecord
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.memory import MemoryStore
from kwire.testing.reading import EVERYTHING
from kwire.testing.values import Snapshot, StoredBatches

if TYPE_CHECKING:
    from kwire.app import Running
    from kwire.broker.partition import Partition
    from kwire.cluster.cluster import Cluster
    from kwire.env import Env


async def taken(running: Running) -> Snapshot:
    """Take a snapshot of the cluster."""
    cluster = running.cluster
    logs = []
    for stored in cluster.store.list():
        partition = cluster.partition(stored.topic, stored.partition) if stored.topic_id != METADATA_TOPIC_ID else None
        if partition is not None:
            logs.append(_batches_of(partition))
    metadata = tuple(frame(record) for record in records_of(cluster.image))
    return Snapshot(cluster.cluster_id, tuple(cluster.brokers), metadata, tuple(logs))


def _batches_of(partition: Partition) -> StoredBatches:
    start, end = partition.log_start_offset, partition.log_end_offset
    found = partition.read(start, EVERYTHING, before_offset=end, min_one_batch=True)
    try:
        return StoredBatches(partition.topic, partition.index, start, end, found.tobytes())
    finally:
        found.close()


def new_store(env: Env, snapshot: Snapshot | None, cluster_id: str | None, first_leader_epoch: int) -> MemoryStore:
    """Make a store: empty, or with the snapshot's metadata, so that a cluster on it has the topics.

    first_leader_epoch: no partition begins with an older one.
    """
    store = MemoryStore(env)
    store.start()
    store.cluster_id = cluster_id if snapshot is None else snapshot.cluster_id
    if snapshot is not None:
        log = MetadataLog(env, store)
        for first in range(0, len(snapshot.metadata), BATCH_RECORDS):
            records = [unframe(record) for record in snapshot.metadata[first : first + BATCH_RECORDS]]
            for record in records:
                if isinstance(record, PartitionRecord):
                    record.leader_epoch = max(record.leader_epoch, first_leader_epoch)
            log.append(records)
    return store


def fill(cluster: Cluster, snapshot: Snapshot) -> None:
    """Append the snapshot's records to a cluster on new_store() that has no clients yet."""
    now_ms = cluster.env.wall_ms()
    for stored in snapshot.logs:
        partition = cluster.partition(stored.topic, stored.partition)
        assert partition is not None, "the metadata has every topic that has logs"
        if stored.batches:
            partition.restore(stored.batches, now_ms)
        if partition.log_end_offset < stored.log_end_offset:  # all before its end was deleted
            last = encode_batch([Record(0, now_ms, None, None)], base_offset=stored.log_end_offset - 1, leader_epoch=0)
            partition.restore(last, now_ms)
        partition.advance_log_start(stored.log_start_offset)
