"""ListPartitionReassignments (key 46), version 0.

The partitions that wait for a stopped broker to be moved to it. Source: KIP-455.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.messages.list_partition_reassignments import (
    ListPartitionReassignmentsResponse,
    OngoingPartitionReassignment,
    OngoingTopicReassignment,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kwire.api.context import RequestContext
    from kwire.broker.metadata import TopicImage
    from kwire.protocol.messages.list_partition_reassignments import ListPartitionReassignmentsRequest


async def handle(
    request: ListPartitionReassignmentsRequest, context: RequestContext
) -> ListPartitionReassignmentsResponse:
    """The reassignments under way, of the partitions asked for or of all; unknown partitions are left out."""
    image = context.cluster.image
    response = ListPartitionReassignmentsResponse(error_message=None)
    if request.topics is None:
        listed = [_under_way(topic, range(len(topic.partitions))) for topic in image.topics.values()]
    else:
        listed = [
            _under_way(topic, asked.partition_indexes)
            for asked in request.topics
            if (topic := image.topic(asked.name)) is not None
        ]
    response.topics = [row for row in listed if row.partitions]
    return response


def _under_way(topic: TopicImage, indexes: Iterable[int]) -> OngoingTopicReassignment:
    known = [topic.partitions[index] for index in indexes if 0 <= index < len(topic.partitions)]
    rows = [
        OngoingPartitionReassignment(
            partition_index=partition.index,
            replicas=partition.replicas,
            adding_replicas=partition.adding_replicas,
            removing_replicas=partition.removing_replicas,
        )
        for partition in known
        if partition.adding_replicas or partition.removing_replicas
    ]
    return OngoingTopicReassignment(name=topic.name, partitions=rows)
