"""OffsetDelete (key 47), version 0.

Some of what a group has committed goes, but for topics that its members consume (KIP-496).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.group_coordinator import ask_group
from kwire.coordinator.group.commands import DeleteOffsets
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestTopic,
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)

if TYPE_CHECKING:
    from kwire.api.context import RequestContext


async def handle(request: OffsetDeleteRequest, context: RequestContext) -> OffsetDeleteResponse:
    """A row for each partition, or the error of the whole group."""
    if not request.group_id:
        return OffsetDeleteResponse(error_code=ErrorCode.INVALID_GROUP_ID)
    accepted: list[OffsetDeleteRequestTopic] = []
    refused: dict[str, OffsetDeleteResponseTopic] = {}
    for topic in request.topics:
        image = context.cluster.image.topic(topic.name)
        count = 0 if image is None else len(image.partitions)
        known = [each for each in topic.partitions if 0 <= each.partition_index < count]
        if known:
            accepted.append(OffsetDeleteRequestTopic(name=topic.name, partitions=known))
        if image is None or len(known) < len(topic.partitions):
            row = refused.setdefault(topic.name, OffsetDeleteResponseTopic(name=topic.name))
            row.partitions += [
                OffsetDeleteResponsePartition(
                    partition_index=each.partition_index, error_code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                )
                for each in topic.partitions
                if not 0 <= each.partition_index < count
            ]
    command = DeleteOffsets(OffsetDeleteRequest(group_id=request.group_id, topics=accepted))
    try:
        response: OffsetDeleteResponse = await ask_group(context, request.group_id, command)
    except ApiError as error:
        return OffsetDeleteResponse(error_code=error.code)
    if refused:
        for told in response.topics:
            refused.setdefault(told.name, OffsetDeleteResponseTopic(name=told.name)).partitions += told.partitions
        response.topics = list(refused.values())
    return response
