from kwire.api import list_partition_reassignments
from kwire.protocol import codec
from kwire.protocol.messages.alter_partition_reassignments import ReassignablePartition, ReassignableTopic
from kwire.protocol.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
    ListPartitionReassignmentsTopics,
)
from tests.kit.cluster import build_cluster, context_of, create_topic


async def listed(cluster, asked=None):
    topics = None
    if asked is not None:
        topics = [ListPartitionReassignmentsTopics(name, indexes) for name, indexes in asked.items()]
    request = ListPartitionReassignmentsRequest(topics=topics)
    request = codec.decode(ListPartitionReassignmentsRequest, 0, codec.encode(request, 0))
    response = await list_partition_reassignments.handle(request, context_of(cluster, 0))
    response = codec.decode(ListPartitionReassignmentsResponse, 0, codec.encode(response, 0))
    assert (response.error_code, response.error_message) == (0, None)
    return {
        (topic.name, row.partition_index): (row.replicas, row.adding_replicas, row.removing_replicas)
        for topic in response.topics
        for row in topic.partitions
    }


async def test_reassignments_are_listed_until_the_stopped_broker_starts():
    cluster = build_cluster(3)
    for name in ("a", "b", "idle"):
        await create_topic(cluster, name, assignments=[[1, 2], [1, 2]])
    cluster.controller.stop_broker(3)
    moves = [
        ReassignableTopic("a", [ReassignablePartition(1, [3])]),
        ReassignableTopic("b", [ReassignablePartition(0, [2, 3])]),
    ]
    await cluster.controller.alter_reassignments(moves, may_change_factor=True)
    first, second = ([3, 1, 2], [3], [1, 2]), ([2, 3, 1], [3], [1])
    assert await listed(cluster) == {("a", 1): first, ("b", 0): second}
    assert await listed(cluster, {"a": [0, 1, 9, -1], "nope": [0]}) == {("a", 1): first}
    assert await listed(cluster, {"b": [1]}) == {}
    assert await listed(cluster, {}) == {}
    cluster.controller.start_broker(3)
    assert await listed(cluster) == {}
