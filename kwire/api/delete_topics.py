"""DeleteTopics (key 20), versions 1-6.

The topics are gone when the reply leaves, so timeout_ms never counts.

Versions
    5   error messages
    6   topics by id (KIP-516)
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.delete_topics import DeletableTopicResult, DeleteTopicsResponse, DeleteTopicState
from kwire.protocol.schema import ZERO_UUID

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.broker.metadata import MetadataImage
    from kwire.protocol.messages.delete_topics import DeleteTopicsRequest

FIRST_VERSION_BY_ID = 6
FIRST_VERSION_DISABLED = 3
"""First version that knows TOPIC_DELETION_DISABLED."""


async def handle(request: DeleteTopicsRequest, context: RequestContext) -> DeleteTopicsResponse:
    """Each topic is gone or has the error why not; one that is named twice stays."""
    topics = request.topics
    if context.api_version < FIRST_VERSION_BY_ID:
        topics = [DeleteTopicState(name=name) for name in request.topic_names]
    if not context.broker.config.delete_topic_enable:
        disabled = _disabled(context.api_version)
        return DeleteTopicsResponse(responses=[_row(topic.name, topic.topic_id, disabled) for topic in topics])
    cluster = context.cluster
    found, rows = _resolve(topics, cluster.image)
    deleted = [_row(name, topic_id, None) for topic_id, name in found.items()]
    try:
        await cluster.controller.delete_topics(found)
    except ApiError as error:
        deleted = [_row(name, topic_id, error) for topic_id, name in found.items()]
    return DeleteTopicsResponse(responses=rows + deleted)


def _disabled(api_version: int) -> ApiError:
    if api_version < FIRST_VERSION_DISABLED:
        return ApiError(ErrorCode.INVALID_REQUEST, "Topic deletion is disabled.")
    return ApiError(ErrorCode.TOPIC_DELETION_DISABLED, "Topic deletion is disabled.")


def _resolve(
    topics: list[DeleteTopicState], image: MetadataImage
) -> tuple[dict[bytes, str], list[DeletableTopicResult]]:
    """(id to name of what is to be deleted, rows of what cannot be)."""
    names = Counter(topic.name for topic in topics if topic.name is not None and topic.topic_id == ZERO_UUID)
    ids = Counter(topic.topic_id for topic in topics if topic.name is None)
    found: dict[bytes, str] = {}
    rows: list[DeletableTopicResult] = []

    def refuse(name: str | None, topic_id: bytes, code: ErrorCode, message: str) -> None:
        rows.append(_row(name, topic_id, ApiError(code, message)))

    for topic in topics:
        if topic.name is not None and topic.topic_id != ZERO_UUID:
            message = "You may not specify both topic name and topic id."
            refuse(topic.name, topic.topic_id, ErrorCode.INVALID_REQUEST, message)
    for topic_id, count in ids.items():
        by_id = image.topic_by_id(topic_id)
        if topic_id == ZERO_UUID:
            for _ in range(count):
                refuse(None, topic_id, ErrorCode.INVALID_REQUEST, "Neither topic name nor id were specified.")
        elif count > 1:
            refuse(None, topic_id, ErrorCode.INVALID_REQUEST, "Duplicate topic id.")
        elif by_id is None:
            refuse(None, topic_id, ErrorCode.UNKNOWN_TOPIC_ID, "This server does not host this topic ID.")
        else:
            found[topic_id] = by_id.name
    for name, count in names.items():
        by_name = image.topic(name)
        if count > 1:
            refuse(name, ZERO_UUID, ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
        elif by_name is None:
            message = "This server does not host this topic-partition."
            refuse(name, ZERO_UUID, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message)
        elif by_name.topic_id in ids:
            found.pop(by_name.topic_id, None)
            message = "The provided topic name maps to an ID that was already supplied."
            refuse(name, by_name.topic_id, ErrorCode.INVALID_REQUEST, message)
        else:
            found[by_name.topic_id] = name
    return found, rows


def _row(name: str | None, topic_id: bytes, error: ApiError | None) -> DeletableTopicResult:
    if error is None:
        return DeletableTopicResult(name=name, topic_id=topic_id)
    return DeletableTopicResult(name=name, topic_id=topic_id, error_code=error.code, error_message=error.message)
