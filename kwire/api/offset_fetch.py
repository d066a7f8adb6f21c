"""OffsetFetch (key 9), versions 1-10.

What groups have committed, for the partitions that are asked for or for all.

Versions
    2   all partitions (null topics); an error for the whole group
    5   leader epochs (KIP-320)
    7   require_stable: offsets of open transactions are an error (KIP-447)
    8   several groups at once (KIP-709)
    9   members of new groups (KIP-848)
    10  topics by id
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.group_coordinator import ask_group
from kwire.api.turns import LongReply, refuse_repeats
from kwire.coordinator.group.commands import FetchOffsets
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
)

if TYPE_CHECKING:
    from kwire.api.context import RequestContext

GROUP_ERROR_VERSION = 2
SEVERAL_GROUPS_VERSION = 8
TOPIC_ID_VERSION = 10
NO_OFFSET = -1


async def handle(request: OffsetFetchRequest, context: RequestContext) -> OffsetFetchResponse:
    """Answer with one row for each group, with its offsets or its error.

    Raises:
        CloseConnection: the rows would be too many.
    """
    stable = request.require_stable
    if context.api_version >= SEVERAL_GROUPS_VERSION:
        refuse_repeats("OffsetFetch", [asked.group_id for asked in request.groups])
        reply = LongReply("OffsetFetch", context.cluster.env)
        rows = []
        for asked in request.groups:
            rows.append(await _group(asked, stable, context))
            await reply.add(sum(len(topic.partitions) for topic in rows[-1].topics))
        return OffsetFetchResponse(groups=rows)
    topics = request.topics
    asked = OffsetFetchRequestGroup(
        group_id=request.group_id,
        topics=None
        if topics is None
        else [OffsetFetchRequestTopics(name=each.name, partition_indexes=each.partition_indexes) for each in topics],
    )
    return _single(request, await _group(asked, stable, context), context.api_version)


async def _group(asked: OffsetFetchRequestGroup, stable: bool, context: RequestContext) -> OffsetFetchResponseGroup:
    by_id = context.api_version >= TOPIC_ID_VERSION
    unknown = []
    wanted = asked
    if by_id and asked.topics is not None:
        named = []
        for topic in asked.topics:
            image = context.cluster.image.topic_by_id(topic.topic_id)
            if image is None:
                unknown.append(_unknown(topic))
            else:
                topic.name = image.name
                named.append(topic)
        wanted = OffsetFetchRequestGroup(asked.group_id, asked.member_id, asked.member_epoch, named)
    try:
        found: OffsetFetchResponseGroup = await ask_group(context, asked.group_id, FetchOffsets(wanted, stable))
    except ApiError as error:
        return OffsetFetchResponseGroup(group_id=asked.group_id, error_code=error.code)
    if by_id:
        _identify(found, context)
    found.topics += unknown
    return found


def _identify(found: OffsetFetchResponseGroup, context: RequestContext) -> None:
    """Each topic has its id; those that are no more are left out."""
    rows = []
    for row in found.topics:
        image = context.cluster.image.topic(row.name)
        if image is not None:
            row.topic_id = image.topic_id
            rows.append(row)
    found.topics = rows


def _unknown(topic: OffsetFetchRequestTopics) -> OffsetFetchResponseTopics:
    rows = [
        OffsetFetchResponsePartitions(
            partition_index=index, committed_offset=NO_OFFSET, error_code=ErrorCode.UNKNOWN_TOPIC_ID
        )
        for index in topic.partition_indexes
    ]
    return OffsetFetchResponseTopics(topic_id=topic.topic_id, partitions=rows)


def _single(request: OffsetFetchRequest, group: OffsetFetchResponseGroup, version: int) -> OffsetFetchResponse:
    """The form with one group; version 1 tells the group's error in each row."""
    topics = [
        OffsetFetchResponseTopic(
            name=topic.name,
            partitions=[
                OffsetFetchResponsePartition(
                    partition_index=row.partition_index,
                    committed_offset=row.committed_offset,
                    committed_leader_epoch=row.committed_leader_epoch,
                    metadata=row.metadata,
                    error_code=row.error_code,
                )
                for row in topic.partitions
            ],
        )
        for topic in group.topics
    ]
    if group.error_code and version < GROUP_ERROR_VERSION:
        topics = [
            OffsetFetchResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetFetchResponsePartition(
                        partition_index=index, committed_offset=NO_OFFSET, error_code=group.error_code
                    )
                    for index in topic.partition_indexes
                ],
            )
            for topic in request.topics or ()
        ]
    return OffsetFetchResponse(topics=topics, error_code=group.error_code)
