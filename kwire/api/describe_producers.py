"""DescribeProducers (key 61), version 0.

Describe the idempotent producers that wrote to a partition. A broker answers for the partitions of which it has a
replica. Source: KIP-664.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from kwire.api.turns import LongReply
from kwire.broker.topic_names import why_invalid
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.describe_producers import (
    DescribeProducersResponse,
    PartitionResponse,
    ProducerState,
    TopicResponse,
)

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.describe_producers import DescribeProducersRequest
    from kwire.storage.producer_state import ProducerEntry

NO_TRANSACTION: Final = -1


async def handle(request: DescribeProducersRequest, context: RequestContext) -> DescribeProducersResponse:
    """Answer with one row for each partition, in the order of the request.

    Raises:
        CloseConnection: they would have too many producers.
    """
    told: dict[tuple[str, int], PartitionResponse] = {}
    reply = LongReply("DescribeProducers", context.cluster.env)
    response = DescribeProducersResponse()
    for topic in request.topics:
        rows = []
        for index in topic.partition_indexes:
            row = told.get((topic.name, index))
            if row is None:
                row = told[topic.name, index] = await _row(topic.name, index, context)
            await reply.add(len(row.active_producers))
            rows.append(row)
        response.topics.append(TopicResponse(name=topic.name, partitions=rows))
    return response


async def _row(topic: str, index: int, context: RequestContext) -> PartitionResponse:
    try:
        producers = await _producers(topic, index, context)
    except ApiError as error:
        return PartitionResponse(partition_index=index, error_code=error.code, error_message=error.message)
    return PartitionResponse(partition_index=index, active_producers=producers)


async def _producers(topic: str, index: int, context: RequestContext) -> list[ProducerState]:
    wrong = why_invalid(topic)
    if wrong is not None:
        raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, wrong)
    cluster = context.cluster
    if topic not in cluster.image.topics:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic-partition.")
    partition = cluster.partition(topic, index)
    if partition is not None and not partition.is_open:
        await (
            trio.lowlevel.checkpoint()
        )  # opening takes a while, so let other tasks run first; one may delete the topic
        partition = cluster.partition(topic, index)
    if partition is None:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    if context.broker.node_id not in partition.image.replicas:
        raise ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    return [_state(entry) for entry in partition.producers]


def _state(entry: ProducerEntry) -> ProducerState:
    first_offset = entry.current_txn_first_offset
    return ProducerState(
        producer_id=entry.producer_id,
        producer_epoch=entry.producer_epoch,
        last_sequence=entry.last_sequence,
        last_timestamp=entry.last_timestamp_ms,
        coordinator_epoch=entry.coordinator_epoch,
        current_txn_start_offset=NO_TRANSACTION if first_offset is None else first_offset,
    )
