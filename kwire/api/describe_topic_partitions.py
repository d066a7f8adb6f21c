"""DescribeTopicPartitions (key 75), version 0.

Topics by name, in order, so many partitions a page; the cursor is where the next page begins. Source: KIP-966.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.api.authorized_operations import TOPIC_OPERATIONS
from kwire.broker.metadata import INTERNAL_TOPICS
from kwire.broker.topic_names import why_invalid
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_topic_partitions import (
    DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponseCursor,
    DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
)

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.broker.metadata import MetadataImage, TopicImage
    from kwire.protocol.messages.describe_topic_partitions import DescribeTopicPartitionsRequest


async def handle(request: DescribeTopicPartitionsRequest, context: RequestContext) -> DescribeTopicPartitionsResponse:
    """One page: the topics asked for (all for none) from the cursor on."""
    image = context.cluster.image
    cursor = request.cursor
    names = {topic.name for topic in request.topics} or image.topics.keys()
    if cursor is not None and (cursor.partition_index < 0 or (request.topics and cursor.topic_name not in names)):
        return _refused([topic.name for topic in request.topics])
    first = cursor.topic_name if cursor is not None else ""
    limit = min(context.broker.config.max_request_partition_size_limit, request.response_partition_limit)
    remaining = max(limit, 1)
    response = DescribeTopicPartitionsResponse()
    for name in sorted(each for each in names if each >= first):
        if remaining == 0:
            response.next_cursor = DescribeTopicPartitionsResponseCursor(topic_name=name, partition_index=0)
            break
        topic = image.topic(name)
        if topic is None:
            response.topics.append(_missing(name))
            continue
        start = cursor.partition_index if cursor is not None and name == first else 0
        end = min(len(topic.partitions), start + remaining)
        response.topics.append(_row(topic, start, end, image))
        if end < len(topic.partitions):
            response.next_cursor = DescribeTopicPartitionsResponseCursor(topic_name=name, partition_index=end)
            break
        remaining -= max(end - start, 0)
    return response


def _refused(names: list[str]) -> DescribeTopicPartitionsResponse:
    return DescribeTopicPartitionsResponse(
        topics=[DescribeTopicPartitionsResponseTopic(error_code=ErrorCode.INVALID_REQUEST, name=name) for name in names]
    )


def _missing(name: str) -> DescribeTopicPartitionsResponseTopic:
    is_invalid = why_invalid(name) is not None
    return DescribeTopicPartitionsResponseTopic(
        error_code=ErrorCode.INVALID_TOPIC_EXCEPTION if is_invalid else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        name=name,
        is_internal=name in INTERNAL_TOPICS,
        topic_authorized_operations=TOPIC_OPERATIONS,
    )


def _row(topic: TopicImage, start: int, end: int, image: MetadataImage) -> DescribeTopicPartitionsResponseTopic:
    stopped = {node_id for node_id, broker in image.brokers.items() if broker.fenced}
    return DescribeTopicPartitionsResponseTopic(
        name=topic.name,
        topic_id=topic.topic_id,
        is_internal=topic.is_internal,
        partitions=[
            DescribeTopicPartitionsResponsePartition(
                partition_index=partition.index,
                leader_id=partition.leader,
                leader_epoch=partition.leader_epoch,
                replica_nodes=partition.replicas,
                isr_nodes=partition.isr,
                eligible_leader_replicas=[],
                last_known_elr=[],
                offline_replicas=[node_id for node_id in partition.replicas if node_id in stopped],
            )
            for partition in topic.partitions[start:end]
        ],
        topic_authorized_operations=TOPIC_OPERATIONS,
    )
