"""OffsetForLeaderEpoch (key 23), versions 2-4.

Where a leader epoch ends, so that a client finds out whether records it has read were cut off since.

Versions
    3   replica id (KIP-392)

Source: KIP-101, KIP-320.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.offset_for_leader_epoch import (
    EpochEndOffset,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderTopicResult,
)

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.offset_for_leader_epoch import OffsetForLeaderEpochRequest, OffsetForLeaderPartition


async def handle(request: OffsetForLeaderEpochRequest, context: RequestContext) -> OffsetForLeaderEpochResponse:
    """Each partition that is asked for has one row."""
    response = OffsetForLeaderEpochResponse()
    for topic in request.topics:
        rows = []
        for asked in topic.partitions:
            row = EpochEndOffset(partition=asked.partition)
            try:
                row.leader_epoch, row.end_offset = _find(topic.topic, asked, context)
            except ApiError as error:
                row.error_code = error.code
            rows.append(row)
        response.topics.append(OffsetForLeaderTopicResult(topic=topic.topic, partitions=rows))
    return response


def _find(topic: str, asked: OffsetForLeaderPartition, context: RequestContext) -> tuple[int, int]:
    partition = context.cluster.partition(topic, asked.partition)
    if partition is None:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    partition.check_leader(context.broker.node_id, asked.current_leader_epoch)
    return partition.end_offset_for(asked.leader_epoch)
