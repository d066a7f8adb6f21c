"""AlterPartitionReassignments (key 45), versions 0-1.

The brokers share the log, so a partition is moved when the reply leaves, unless it is to be on a broker that is
stopped: then it waits for that one, and can be called back. timeout_ms never counts.

Versions
    0   (KIP-455)
    1   a changed replication factor may be refused (KIP-860)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.errors import ApiError
from kwire.protocol.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsResponse,
    ReassignablePartitionResponse,
    ReassignableTopicResponse,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.api.context import RequestContext
    from kwire.protocol.messages.alter_partition_reassignments import AlterPartitionReassignmentsRequest


async def handle(
    request: AlterPartitionReassignmentsRequest, context: RequestContext
) -> AlterPartitionReassignmentsResponse:
    """Each partition has, or is on its way to, the brokers asked for, or its row has the error why not."""
    if not request.topics:
        return AlterPartitionReassignmentsResponse()
    may_change_factor = request.allow_replication_factor_change
    response = AlterPartitionReassignmentsResponse(
        allow_replication_factor_change=may_change_factor, error_message=None
    )
    controller = context.cluster.controller
    outcomes: Sequence[Sequence[ApiError | None]]
    try:
        outcomes = await controller.alter_reassignments(request.topics, may_change_factor=may_change_factor)
    except ApiError as error:
        response.error_code = error.code
        response.error_message = error.message
        outcomes = [[error] * len(topic.partitions) for topic in request.topics]
    for topic, errors in zip(request.topics, outcomes, strict=True):
        rows = [_row(asked.partition_index, error) for asked, error in zip(topic.partitions, errors, strict=True)]
        response.responses.append(ReassignableTopicResponse(name=topic.name, partitions=rows))
    return response


def _row(index: int, error: ApiError | None) -> ReassignablePartitionResponse:
    if error is None:
        return ReassignablePartitionResponse(partition_index=index, error_message=None)
    return ReassignablePartitionResponse(partition_index=index, error_code=error.code, error_message=error.message)
