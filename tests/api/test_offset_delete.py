"""OffsetDelete."""

from kwire.api import offset_delete
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from tests.kit.cluster import create_topic

SUBSCRIBED_TO_U = b"\x00\x00\x00\x00\x00\x01\x00\x01u\xff\xff\xff\xff"
"""A consumer's subscription to the topic u."""


async def delete(groups, *partitions, group_id="g"):
    """(Error of the group, {(topic, partition): error})."""
    topics = {}
    for topic, index in partitions:
        topics.setdefault(topic, []).append(OffsetDeleteRequestPartition(index))
    rows = [OffsetDeleteRequestTopic(name, indexes) for name, indexes in topics.items()]
    response = await groups.ask(offset_delete.handle, OffsetDeleteRequest(group_id, rows), 0, group_id)
    told = {(topic.name, row.partition_index): row.error_code for topic in response.topics for row in topic.partitions}
    return response.error_code, told


async def test_some_offsets_go(groups):
    await groups.commit(7)
    await groups.commit(8, partition=1)
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    told = await delete(groups, ("t", 0), ("t", 5), ("nowhere", 0))
    assert told == (0, {("t", 0): 0, ("t", 5): unknown, ("nowhere", 0): unknown})
    assert (await groups.committed(), await groups.committed(partition=1)) == (None, 8)


async def test_not_those_of_topics_that_are_consumed(groups):
    await create_topic(groups.cluster, "u")
    joined = await groups.enter(protocols=[("range", SUBSCRIBED_TO_U)])
    await groups.sync(joined)
    await groups.commit(7, joined=joined)
    assert await groups.commit(9, joined=joined, topic="u") == 0
    assert await delete(groups, ("t", 0), ("u", 0)) == (
        0,
        {("t", 0): 0, ("u", 0): ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC},
    )
    assert await groups.committed() is None


async def test_a_subscription_that_cannot_be_read_may_be_to_anything(groups):
    await groups.lead()
    assert await delete(groups, ("t", 0)) == (0, {("t", 0): ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC})


async def test_refusals(groups):
    assert await delete(groups, ("t", 0), group_id="") == (ErrorCode.INVALID_GROUP_ID, {})
    for asked in ([("t", 0)], [("nowhere", 0)], []):
        assert await delete(groups, *asked, group_id="nobody") == (ErrorCode.GROUP_ID_NOT_FOUND, {})
    await groups.enter(protocol_type="connect")
    assert await delete(groups, ("t", 0)) == (ErrorCode.NON_EMPTY_GROUP, {})


async def test_rows_of_topics_without_partitions_and_of_topics_that_are_named_twice(groups):
    await groups.commit(7)

    async def rows(*topics):
        asked = [
            OffsetDeleteRequestTopic(name, [OffsetDeleteRequestPartition(index) for index in indexes])
            for name, indexes in topics
        ]
        response = await groups.ask(offset_delete.handle, OffsetDeleteRequest("g", asked), 0, "g")
        return [(topic.name, sorted(row.partition_index for row in topic.partitions)) for topic in response.topics]

    assert await rows(("nowhere", [])) == [("nowhere", [])]
    assert await rows(("t", [])) == []
    assert await rows(("t", [0]), ("t", [1])) == [
        ("t", [0]),
        ("t", [1]),
    ]  # as Kafka, which merges where it refuses some
    assert await rows(("t", [0, 7]), ("t", [1, 7])) == [("t", [0, 1, 7, 7])]
    assert await rows(("nowhere", [0]), ("t", [0]), ("nowhere", [1])) == [("nowhere", [0, 1]), ("t", [0])]
