"""CreatePartitions (key 37), versions 0-3.

The partitions and their leaders are there when the reply leaves, so timeout_ms never counts.

Versions
    3   THROTTLING_QUOTA_EXCEEDED may be answered (KIP-599)
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.create_partitions import CreatePartitionsResponse, CreatePartitionsTopicResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.api.context import RequestContext
    from kwire.protocol.messages.create_partitions import CreatePartitionsRequest


async def handle(request: CreatePartitionsRequest, context: RequestContext) -> CreatePartitionsResponse:
    """Each topic has as many partitions as asked for, or the error why not; one that is named twice stays as it is."""
    times = Counter(topic.name for topic in request.topics)
    duplicate = ApiError(ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
    rows = [_row(name, duplicate) for name, count in times.items() if count > 1]
    once = [topic for topic in request.topics if times[topic.name] == 1]
    errors: Sequence[ApiError | None]
    try:
        controller = context.cluster.controller
        errors = await controller.create_partitions(once, validate_only=request.validate_only)
    except ApiError as error:
        errors = [error] * len(once)
    rows += [_row(topic.name, error) for topic, error in zip(once, errors, strict=True)]
    return CreatePartitionsResponse(results=rows)


def _row(name: str, error: ApiError | None) -> CreatePartitionsTopicResult:
    if error is None:
        return CreatePartitionsTopicResult(name=name)
    return CreatePartitionsTopicResult(name=name, error_code=error.code, error_message=error.message)
