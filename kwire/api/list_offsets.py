"""ListOffsets (key 2), versions 1-11.

The offset of the first record that is at least as new as a timestamp, or one of the special offsets. kwire has no
tiered storage: what Kafka answers without it.

Versions
    2   isolation level (KIP-98)
    4   leader epochs (KIP-320)
    7   -3: the record with the newest timestamp (KIP-734)
    8   -4: the earliest local offset (KIP-405)
    9   -5: the latest tiered offset (KIP-1005)
    11  -6: the earliest offset that is still to be uploaded (KIP-1023)
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.list_offsets import (
    ListOffsetsPartitionResponse,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)
from kwire.storage.port import TimestampOffset

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.broker.partition import Partition
    from kwire.protocol.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest

LATEST = -1
EARLIEST = -2
MAX_TIMESTAMP = -3
EARLIEST_LOCAL = -4
LATEST_TIERED = -5
EARLIEST_PENDING_UPLOAD = -6

FIRST_VERSION = {
    LATEST: 1,
    EARLIEST: 1,
    MAX_TIMESTAMP: 7,
    EARLIEST_LOCAL: 8,
    LATEST_TIERED: 9,
    EARLIEST_PENDING_UPLOAD: 11,
}
"""Special timestamp to the version that brought it."""

CONSUMER_REPLICA_ID = -1
DEBUGGING_REPLICA_ID = -2
"""Kafka's tools: any replica answers them."""
READ_COMMITTED = 1
NO_TIMESTAMP = -1
NOT_FOUND = TimestampOffset(timestamp_ms=-1, offset=-1, leader_epoch=-1)


async def handle(request: ListOffsetsRequest, context: RequestContext) -> ListOffsetsResponse:
    """Each partition that is asked for has one row."""
    times_asked = Counter(
        (topic.name, partition.partition_index) for topic in request.topics for partition in topic.partitions
    )
    rows: dict[str, dict[int, ListOffsetsPartitionResponse]] = {}
    for topic in request.topics:
        answers = rows.setdefault(topic.name, {})
        for asked in topic.partitions:
            row = ListOffsetsPartitionResponse(partition_index=asked.partition_index)
            answers[asked.partition_index] = row
            if times_asked[topic.name, asked.partition_index] > 1:
                row.error_code = ErrorCode.INVALID_REQUEST
                continue
            try:
                found = _find(request, topic.name, asked, context)
            except ApiError as error:
                row.error_code = error.code
                continue
            row.timestamp = found.timestamp_ms
            row.offset = found.offset
            if context.api_version >= 4:
                row.leader_epoch = found.leader_epoch
    return ListOffsetsResponse(
        topics=[
            ListOffsetsTopicResponse(name=name, partitions=list(answers.values())) for name, answers in rows.items()
        ]
    )


def _find(
    request: ListOffsetsRequest, topic: str, asked: ListOffsetsPartition, context: RequestContext
) -> TimestampOffset:
    """What stands in the partition's row.

    Raises:
        ApiError: UNSUPPORTED_VERSION (a special timestamp too new for the version, or unknown),
            UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH,
            KAFKA_STORAGE_ERROR.
    """
    if asked.timestamp < 0 and context.api_version < FIRST_VERSION.get(asked.timestamp, context.api_version + 1):
        raise ApiError(ErrorCode.UNSUPPORTED_VERSION)
    partition = context.cluster.partition(topic, asked.partition_index)
    if partition is None:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    node_id = context.broker.node_id
    if request.replica_id == DEBUGGING_REPLICA_ID:
        partition.check_replica(node_id, asked.current_leader_epoch)
    else:
        partition.check_leader(node_id, asked.current_leader_epoch)
    committed_only = request.replica_id == CONSUMER_REPLICA_ID and request.isolation_level == READ_COMMITTED
    readable_end = partition.last_stable_offset if committed_only else partition.high_watermark
    return _look_up(asked.timestamp, partition, readable_end)


def _look_up(timestamp: int, partition: Partition, readable_end: int) -> TimestampOffset:
    if timestamp == LATEST:
        return TimestampOffset(NO_TIMESTAMP, readable_end, partition.image.leader_epoch)
    if timestamp in {EARLIEST, EARLIEST_LOCAL}:
        return TimestampOffset(NO_TIMESTAMP, partition.log_start_offset, partition.epoch_of_log_start())
    if timestamp in {LATEST_TIERED, EARLIEST_PENDING_UPLOAD}:
        return NOT_FOUND
    if timestamp == MAX_TIMESTAMP:
        newest = partition.newest_timestamp()
        return newest if newest is not None and newest.offset < readable_end else NOT_FOUND
    return partition.offset_for_timestamp(timestamp, before_offset=readable_end) or NOT_FOUND
