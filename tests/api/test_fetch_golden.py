"""Log directories written by Apache Kafka are answered for as its own broker answered: Fetch, ListOffsets, epochs.

The directories and the answers are described in tests/vectors/segments/README.md.
"""

import json
import shutil
from pathlib import Path

import pytest

from kwire.api import fetch, list_offsets, offset_for_leader_epoch
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kwire.protocol.messages.offset_for_leader_epoch import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)
from kwire.protocol.messages.records.cluster_metadata import PartitionRecord, TopicRecord
from kwire.protocol.records.batch import iter_headers
from kwire.storage.segments.checkpoints import format_offsets, parse_offsets
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import build_cluster, build_env, context_of

VECTORS = Path(__file__).parents[1] / "vectors" / "segments"
ANSWERS = json.loads((VECTORS / "broker-answers.json").read_text())
TOPICS = sorted(ANSWERS)


@pytest.fixture
async def golden(tmp_path):
    """A cluster whose store holds a copy of the three directories."""
    directory = tmp_path / "data"
    directory.mkdir()
    for topic in TOPICS:
        shutil.copytree(VECTORS / f"{topic}-0", directory / f"{topic}-0", copy_function=shutil.copyfile)
    shutil.copy(VECTORS / "logdir-files" / "meta.properties", directory)
    starts = parse_offsets((VECTORS / "logdir-files" / "log-start-offset-checkpoint").read_text())
    kept = {key: offset for key, offset in starts.items() if key[0] in TOPICS}
    (directory / "log-start-offset-checkpoint").write_text(format_offsets(kept))
    env = build_env()
    store = SegmentStore(str(directory), env)
    store.start()
    cluster = build_cluster(env=env, store=store)
    for stored in store.list():
        if stored.topic in ANSWERS:
            await cluster.controller.write(
                [
                    TopicRecord(name=stored.topic, topic_id=stored.topic_id),
                    PartitionRecord(0, stored.topic_id, replicas=[1], isr=[1], leader=1, leader_epoch=0),
                ]
            )
    yield cluster
    cluster.close()


async def fetched(cluster, topic, answer, isolation_level):
    partition = FetchPartition(partition=0, fetch_offset=answer["fetchOffset"], partition_max_bytes=1 << 20)
    request = FetchRequest(
        min_bytes=1, isolation_level=isolation_level, topics=[FetchTopic(topic=topic, partitions=[partition])]
    )
    response = await fetch.handle(request, context_of(cluster, 12))
    (row,) = response.responses[0].partitions
    data = row.records.tobytes() if row.records else b""
    if row.records:
        row.records.close()
    headers = [header for _, header in iter_headers(data)]
    aborted = row.aborted_transactions
    return {
        "abortedTransactions": aborted
        and [{"firstOffset": each.first_offset, "producerId": each.producer_id} for each in aborted],
        "batches": len(headers),
        "endsOnBatchBoundary": sum(header.size_bytes for header in headers) == len(data),
        "errorCode": row.error_code,
        "fetchOffset": answer["fetchOffset"],
        "firstBaseOffset": headers[0].base_offset if headers else None,
        "highWatermark": row.high_watermark,
        "lastStableOffset": row.last_stable_offset,
        "logStartOffset": row.log_start_offset,
        "partitionIndex": row.partition_index,
        "preferredReadReplica": row.preferred_read_replica,
        "recordsSize": len(data),
    }


@pytest.mark.parametrize("isolation_level", [0, 1])
@pytest.mark.parametrize("topic", TOPICS)
async def test_fetch(golden, topic, isolation_level):
    for answer in ANSWERS[topic][f"fetch_v12_iso{isolation_level}"]:
        assert await fetched(golden, topic, answer, isolation_level) == answer


async def found(cluster, topic, answer, isolation_level):
    partition = ListOffsetsPartition(partition_index=0, timestamp=answer["timestampAsked"])
    request = ListOffsetsRequest(
        replica_id=-1,
        isolation_level=isolation_level,
        topics=[ListOffsetsTopic(name=topic, partitions=[partition])],
    )
    response = await list_offsets.handle(request, context_of(cluster, 11))
    (row,) = response.topics[0].partitions
    return {
        "errorCode": row.error_code,
        "leaderEpoch": row.leader_epoch,
        "offset": row.offset,
        "timestamp": row.timestamp,
        "timestampAsked": answer["timestampAsked"],
    }


@pytest.mark.parametrize("isolation_level", [0, 1])
@pytest.mark.parametrize("topic", TOPICS)
async def test_offsets_of_timestamps(golden, topic, isolation_level):
    for answer in ANSWERS[topic]["listOffsets_v11_read_committed" if isolation_level else "listOffsets_v11"]:
        assert await found(golden, topic, answer, isolation_level) == answer


@pytest.mark.parametrize("topic", TOPICS)
async def test_the_end_of_epoch_0(golden, topic):
    partition = OffsetForLeaderPartition(partition=0, leader_epoch=0)
    request = OffsetForLeaderEpochRequest(topics=[OffsetForLeaderTopic(topic=topic, partitions=[partition])])
    response = await offset_for_leader_epoch.handle(request, context_of(golden, 4))
    (row,) = response.topics[0].partitions
    answer = ANSWERS[topic]["offsetForLeaderEpoch_v4_epoch0"]
    assert {
        "endOffset": row.end_offset,
        "errorCode": row.error_code,
        "leaderEpoch": row.leader_epoch,
        "partition": row.partition,
    } == answer
