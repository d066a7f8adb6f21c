"""Groups of an embedded cluster: members, committed offsets and lag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kwire.api import registry
from kwire.broker.metadata import NO_LEADER
from kwire.cluster.internal_topics import GROUP_TOPIC, partition_for
from kwire.protocol import codec
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages.describe_groups import DescribeGroupsRequest
from kwire.protocol.messages.list_groups import ListGroupsRequest
from kwire.protocol.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from kwire.protocol.messages.records.consumer_protocol import ConsumerProtocolAssignment, ConsumerProtocolSubscription
from kwire.testing import reading
from kwire.testing.actions import ask, live_partitions, refused
from kwire.testing.values import ClusterError, Group, Member, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kwire.app import Running
    from kwire.cluster.cluster import Cluster
    from kwire.protocol.messages.describe_groups import DescribedGroupMember

CONSUMER = "consumer"
"""The type of KIP-848's groups, and the protocol type of classic groups of consumers."""
VERSION_BYTES = 2


async def groups(running: Running) -> list[Group]:
    """Return every group, sorted by id."""
    found = []
    for node_id in running.cluster.image.running:
        response = await ask(running, ListGroupsRequest(), node_id)
        if response.error_code:
            raise refused("list the groups", response.error_code, None)
        found += [await _described(running, node_id, row) for row in response.groups]
    return sorted(found, key=lambda each: each.group_id)


async def group(running: Running, group_id: str) -> Group:
    """Return the group.

    Raises:
        ClusterError: there is no such group.
    """
    found = await groups(running)
    for each in found:
        if each.group_id == group_id:
            return each
    names = ", ".join(repr(each.group_id) for each in found)
    there = f"there are {names}" if names else "there are none yet"
    raise ClusterError(f"there is no group {group_id!r}, {there}; a group appears when a consumer joins or commits")


async def _described(running: Running, node_id: int, listed: Any) -> Group:
    group_id = listed.group_id
    members = await _members(running, node_id, listed)
    committed = await _committed(running, node_id, group_id)
    of_interest = {*committed, *(each for member in members for each in member.partitions)}
    lag = {}
    for name, index in sorted(of_interest):
        partition = running.cluster.partition(name, index)
        if partition is not None:
            first = committed.get(TopicPartition(name, index), partition.log_start_offset)
            lag[TopicPartition(name, index)] = max(partition.high_watermark - first, 0)
    return Group(group_id, listed.group_type, listed.group_state, members, committed, lag)


async def _members(running: Running, node_id: int, listed: Any) -> tuple[Member, ...]:
    if listed.group_type.lower() == "classic":
        (described,) = (await ask(running, DescribeGroupsRequest(groups=[listed.group_id]), node_id)).groups
        return tuple(_classic_member(each, described.protocol_type) for each in described.members)
    if listed.group_type.lower() == CONSUMER and ApiKey.CONSUMER_GROUP_DESCRIBE in registry.APIS:
        from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest  # noqa: PLC0415 - rare

        (described,) = (await ask(running, ConsumerGroupDescribeRequest([listed.group_id]), node_id)).groups
        return tuple(_consumer_member(each) for each in described.members)
    return ()


def _classic_member(member: DescribedGroupMember, protocol_type: str) -> Member:
    assigned: Iterable[TopicPartition] = ()
    topics: Iterable[str] = ()
    if protocol_type == CONSUMER:
        if member.member_assignment:
            decoded = _unversioned(ConsumerProtocolAssignment, member.member_assignment)
            assigned = (
                TopicPartition(row.topic, each) for row in decoded.assigned_partitions for each in row.partitions
            )
        if member.member_metadata:
            topics = _unversioned(ConsumerProtocolSubscription, member.member_metadata).topics
    return Member(
        member.member_id, member.client_id, _plain(member.client_host), tuple(topics), tuple(sorted(assigned))
    )


def _consumer_member(member: Any) -> Member:
    assigned = [
        TopicPartition(row.topic_name, each) for row in member.assignment.topic_partitions for each in row.partitions
    ]
    host = _plain(member.client_host)
    return Member(
        member.member_id, member.client_id, host, tuple(member.subscribed_topic_names), tuple(sorted(assigned))
    )


def _plain(host: str) -> str:
    return host.removeprefix("/")


def _unversioned(kind: Any, data: bytes) -> Any:
    """Decode the message behind its version, of which clients may send newer ones than we know."""
    version = min(int.from_bytes(data[:VERSION_BYTES], "big"), kind.MAX_VERSION)
    return codec.decode(kind, version, data, VERSION_BYTES)


async def _committed(running: Running, node_id: int, group_id: str) -> dict[TopicPartition, int]:
    asked = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id=group_id, topics=None)])
    (found,) = (await ask(running, asked, node_id)).groups
    if found.error_code:
        raise refused(f"tell what the group {group_id!r} has committed", found.error_code, None)
    rows = [
        (topic.name, row.partition_index, row.committed_offset) for topic in found.topics for row in topic.partitions
    ]
    return {TopicPartition(name, index): offset for name, index, offset in sorted(rows) if offset >= 0}


async def unread(running: Running, group_id: str, topics: Iterable[str]) -> Mapping[TopicPartition, int] | None:
    """Count the records of each partition that the group has not committed; leave out partitions without any.

    topics: the topics to check, by default all that the group consumes. None: there is no such group. Records of open
    and aborted transactions do not count.
    """
    wanted = set(topics)
    for name in wanted:
        live_partitions(running.cluster, name, None)
    coordinator = _coordinator(running.cluster, group_id)
    if coordinator is None:
        return None
    listed = [row for row in (await ask(running, ListGroupsRequest(), coordinator)).groups if row.group_id == group_id]
    if not listed:
        return None
    found = await _described(running, coordinator, listed[0])
    if not wanted:
        wanted = {each.topic for each in (*found.committed, *found.lag)}
        wanted |= {name for member in found.members for name in member.topics}
        if not wanted:
            return None
    left = {}
    for name in sorted(wanted):
        if running.cluster.image.topic(name) is None:
            continue
        for partition in live_partitions(running.cluster, name, None):
            place = TopicPartition(name, partition.index)
            count = reading.count_unread(partition, found.committed.get(place, 0))
            if count:
                left[place] = count
    return left


def _coordinator(cluster: Cluster, group_id: str) -> int | None:
    """Return the broker that coordinates the group, None without one."""
    topic = cluster.image.topic(GROUP_TOPIC)
    if topic is None:
        return None
    leader = topic.partitions[partition_for(group_id, len(topic.partitions))].leader
    return None if leader == NO_LEADER else leader
