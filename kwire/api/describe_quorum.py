"""DescribeQuorum (key 55), versions 0-2.

Describe the replicas of the metadata log. The brokers of one process share that log: the broker that metadata names as
the controller is its leader and only voter, the other running brokers are observers, and no replica is ever behind.

Versions
    1   when replicas fetched last (KIP-836)
    2   error messages, and the voters' addresses (KIP-853)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.api.turns import LongReply
from kwire.broker.metadata_log import LEADER_EPOCH
from kwire.broker.metadata_records import METADATA_TOPIC
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_quorum import (
    DescribeQuorumResponse,
    DescribeQuorumResponsePartitionData,
    DescribeQuorumResponseTopicData,
    Listener,
    Node,
    ReplicaState,
)

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.describe_quorum import DescribeQuorumRequest

NO_PARTITION: Final = "This server does not host this topic-partition."
LISTENER: Final = "PLAINTEXT"
"""Controllers have no listener of their own here."""


async def handle(request: DescribeQuorumRequest, context: RequestContext) -> DescribeQuorumResponse:
    """Describe the metadata log's only partition; if anything else is asked for, every partition is unknown.

    Raises:
        CloseConnection: the partitions are too many.
    """
    asked = [(topic.topic_name, row.partition_index) for topic in request.topics for row in topic.partitions]
    if asked == [(METADATA_TOPIC, 0)] and len(request.topics) == 1:
        return _described(context)
    reply = LongReply("DescribeQuorum", context.cluster.env)
    response = DescribeQuorumResponse()
    for topic in request.topics:
        rows = []
        for row in topic.partitions:
            rows.append(
                DescribeQuorumResponsePartitionData(
                    partition_index=row.partition_index,
                    error_code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                    error_message=NO_PARTITION,
                )
            )
            await reply.add(1)
        response.topics.append(DescribeQuorumResponseTopicData(topic_name=topic.topic_name, partitions=rows))
    return response


def _described(context: RequestContext) -> DescribeQuorumResponse:
    cluster = context.cluster
    leader = cluster.controller_id
    end_offset = cluster.metadata_end_offset
    now_ms = cluster.env.wall_ms()

    def states(node_ids: list[int]) -> list[ReplicaState]:
        return [
            ReplicaState(
                replica_id=node_id,
                log_end_offset=end_offset,
                last_fetch_timestamp=now_ms,
                last_caught_up_timestamp=now_ms,
            )
            for node_id in node_ids
        ]

    partition = DescribeQuorumResponsePartitionData(
        leader_id=leader,
        leader_epoch=LEADER_EPOCH,
        high_watermark=end_offset,
        current_voters=states([leader]),
        observers=states([node_id for node_id in cluster.image.running if node_id != leader]),
    )
    topic = DescribeQuorumResponseTopicData(topic_name=METADATA_TOPIC, partitions=[partition])
    listener = Listener(LISTENER, *context.endpoint_for(leader))
    return DescribeQuorumResponse(topics=[topic], nodes=[Node(node_id=leader, listeners=[listener])])
