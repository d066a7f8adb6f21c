"""DeleteRecords (key 21), versions 0-2.

Delete the records below an offset, which becomes the log start offset; -1 stands for the high watermark. If a partition
is named several times, use its last offset.

Source: KIP-107.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.broker.metadata import INTERNAL_TOPICS
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.delete_records import (
    DeleteRecordsPartitionResult,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
)

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.delete_records import DeleteRecordsRequest

NO_LOW_WATERMARK = -1


async def handle(request: DeleteRecordsRequest, context: RequestContext) -> DeleteRecordsResponse:
    """Each partition's row tells its log start offset, or the error."""
    asked: dict[str, dict[int, int]] = {}
    for topic in request.topics:
        asked.setdefault(topic.name, {}).update((row.partition_index, row.offset) for row in topic.partitions)
    response = DeleteRecordsResponse()
    for name, offsets in asked.items():
        rows = []
        for index, offset in offsets.items():
            row = DeleteRecordsPartitionResult(partition_index=index)
            try:
                row.low_watermark = _delete(name, index, offset, context)
            except ApiError as error:
                row.low_watermark = NO_LOW_WATERMARK
                row.error_code = error.code
            rows.append(row)
        response.topics.append(DeleteRecordsTopicResult(name=name, partitions=rows))
    return response


def _delete(topic: str, index: int, offset: int, context: RequestContext) -> int:
    partition = context.cluster.partition(topic, index)
    if partition is None:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    if topic in INTERNAL_TOPICS:
        raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION)
    partition.check_leader(context.broker.node_id)
    return partition.delete_records(offset)
