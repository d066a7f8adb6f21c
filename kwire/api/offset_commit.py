"""OffsetCommit (key 8), versions 2-10.

A group's offsets are stored: those of a member of its generation, or of a consumer that is in no group's protocol.

Versions
    5   no retention time of its own (KIP-211)
    6   leader epochs (KIP-320)
    7   static members (KIP-345)
    9   members of new groups (KIP-848); an unknown group has an error of its own
    10  topics by id
"""

from __future__ import annotations

from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, cast

from kwire.api.group_coordinator import answer_group
from kwire.coordinator.group.commands import CommitOffsets
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from kwire.api.context import RequestContext
    from kwire.broker.metadata import TopicImage

MISSING_GROUP_VERSION = 9
TOPIC_ID_VERSION = 10


async def handle(request: OffsetCommitRequest, context: RequestContext) -> OffsetCommitResponse:
    """A row for each partition; those that do not exist are not asked of the coordinator."""
    answered = answer(request, context)
    return await answered if iscoroutine(answered) else cast("OffsetCommitResponse", answered)


def answer(
    request: OffsetCommitRequest, context: RequestContext
) -> OffsetCommitResponse | Coroutine[Any, Any, OffsetCommitResponse]:
    """As handle; a coroutine only where durability has to be waited for."""
    refused: list[OffsetCommitResponseTopic] = []
    accepted: list[OffsetCommitRequestTopic] = []
    for topic in request.topics:
        _sort(topic, _image(topic, context), context, accepted, refused)
    if not accepted:
        return OffsetCommitResponse(topics=_merged(refused))
    request.topics = accepted
    command = CommitOffsets(request, knows_missing_groups=context.api_version >= MISSING_GROUP_VERSION)
    response = answer_group(context, request.group_id, command, lambda error: _all_failed(accepted, error.code))
    if not refused:
        return response
    return (
        _wait_with(response, refused)
        if iscoroutine(response)
        else _with(cast("OffsetCommitResponse", response), refused)
    )


async def _wait_with(
    response: Coroutine[Any, Any, OffsetCommitResponse], refused: list[OffsetCommitResponseTopic]
) -> OffsetCommitResponse:
    return _with(await response, refused)


def _with(response: OffsetCommitResponse, refused: list[OffsetCommitResponseTopic]) -> OffsetCommitResponse:
    """The coordinator's response with the rows that it was not asked for."""
    response.topics = _merged(response.topics + refused)
    return response


def _image(topic: OffsetCommitRequestTopic, context: RequestContext) -> TopicImage | None:
    image = context.cluster.image
    if context.api_version >= TOPIC_ID_VERSION:
        return image.topic_by_id(topic.topic_id)
    return image.topic(topic.name)


def _sort(
    topic: OffsetCommitRequestTopic,
    image: TopicImage | None,
    context: RequestContext,
    accepted: list[OffsetCommitRequestTopic],
    refused: list[OffsetCommitResponseTopic],
) -> None:
    """Partitions that exist go to accepted, by name and id; the others to refused, with their error."""
    if image is None:
        by_id = context.api_version >= TOPIC_ID_VERSION
        refused.append(_failed(topic, ErrorCode.UNKNOWN_TOPIC_ID if by_id else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
        return
    topic.name, topic.topic_id = image.name, image.topic_id
    count = len(image.partitions)
    unknown = [each for each in topic.partitions if not 0 <= each.partition_index < count]
    if unknown:
        rest = OffsetCommitRequestTopic(name=image.name, topic_id=image.topic_id, partitions=unknown)
        refused.append(_failed(rest, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
        topic.partitions = [each for each in topic.partitions if 0 <= each.partition_index < count]
    if topic.partitions:
        accepted.append(topic)


def _all_failed(topics: list[OffsetCommitRequestTopic], code: ErrorCode) -> OffsetCommitResponse:
    return OffsetCommitResponse(topics=[_failed(topic, code) for topic in topics])


def _failed(topic: OffsetCommitRequestTopic, code: ErrorCode) -> OffsetCommitResponseTopic:
    rows = [
        OffsetCommitResponsePartition(partition_index=each.partition_index, error_code=code)
        for each in topic.partitions
    ]
    return OffsetCommitResponseTopic(name=topic.name, topic_id=topic.topic_id, partitions=rows)


def _merged(rows: list[OffsetCommitResponseTopic]) -> list[OffsetCommitResponseTopic]:
    """One row for each topic."""
    merged: dict[tuple[str, bytes], OffsetCommitResponseTopic] = {}
    for row in rows:
        known = merged.setdefault((row.name, row.topic_id), row)
        if known is not row:
            known.partitions += row.partitions
    return list(merged.values())
