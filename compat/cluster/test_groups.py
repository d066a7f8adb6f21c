"""Groups on three brokers: a wrong one refuses its members, and a stopped coordinator's groups go on at another."""

import asyncio
import contextlib

import pytest
import trio
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from compat.python_aiokafka import test_groups_aiokafka as by_aiokafka
from compat.python_confluent import test_groups_confluent as by_confluent
from compat.python_kafka import test_groups_kafka_python as by_kafka_python
from kwire.client.connection import connected
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.delete_groups import DeleteGroupsRequest
from kwire.protocol.messages.describe_groups import DescribeGroupsRequest
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kwire.protocol.messages.leave_group import LeaveGroupRequest, MemberIdentity
from kwire.protocol.messages.list_groups import ListGroupsRequest
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kwire.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from kwire.protocol.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from kwire.protocol.messages.sync_group import SyncGroupRequest

WAIT_S = 40
PARTITIONS = 4
RECORDS = 40


@pytest.fixture
def created(cluster, topic):
    """The topic is on all brokers."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 3)])[topic].result(WAIT_S)
    return topic


def produce(cluster, topic, numbers):
    producer = Producer({"bootstrap.servers": cluster.bootstrap})
    for number in numbers:
        producer.produce(topic, b"%d" % number, partition=number % PARTITIONS)
    assert producer.flush(WAIT_S) == 0


def ask(cluster, node_id, *requests):
    """One broker's answers to (request, version), without a client's retries."""
    host, port = cluster.addresses[node_id].split(":")

    async def exchange():
        async with connected(host, int(port)) as client:
            return [await client.request(request, version) for request, version in requests]

    return trio.run(exchange)


def coordinator(cluster, node_id, group_id):
    (answer,) = ask(cluster, node_id, (FindCoordinatorRequest(key_type=0, coordinator_keys=[group_id]), 6))
    return answer.coordinators[0].node_id


def test_a_wrong_broker_refuses_members(cluster, created):
    group_id = f"g-{created}"
    right = coordinator(cluster, 1, group_id)
    commit = OffsetCommitRequest(group_id, topics=[OffsetCommitRequestTopic(created)])
    commit.topics[0].partitions = [OffsetCommitRequestPartition(0, 7)]
    (committed,) = ask(cluster, right, (commit, 9))
    assert committed.topics[0].partitions[0].error_code == 0
    join = JoinGroupRequest(group_id, 10_000, 10_000, protocol_type="consumer")
    join.protocols = [JoinGroupRequestProtocol("range", b"")]
    deleted = OffsetDeleteRequestTopic(created, [OffsetDeleteRequestPartition(0)])
    for node_id in set(cluster.addresses) - {right}:
        answers = ask(
            cluster,
            node_id,
            (join, 9),
            (SyncGroupRequest(group_id, 1, "m", None, "consumer", "range"), 5),
            (HeartbeatRequest(group_id, 1, "m"), 4),
            (LeaveGroupRequest(group_id, "", [MemberIdentity("m")]), 5),
            (OffsetDeleteRequest(group_id, [deleted]), 0),
            (commit, 9),
            (OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id, topics=None)]), 9),
            (DescribeGroupsRequest([group_id]), 5),
            (DeleteGroupsRequest([group_id]), 2),
            (ListGroupsRequest(), 5),
        )
        told = [answer.error_code for answer in answers[:5]]
        told += [answers[5].topics[0].partitions[0].error_code]
        told += [rows[0].error_code for rows in (answers[6].groups, answers[7].groups, answers[8].results)]
        assert told == [ErrorCode.NOT_COORDINATOR] * 9
        assert group_id not in {row.group_id for row in answers[9].groups}
    fetch, listed = ask(
        cluster,
        right,
        (OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id, topics=None)]), 9),
        (ListGroupsRequest(), 5),
    )
    assert fetch.groups[0].topics[0].partitions[0].committed_offset == 7
    assert group_id in {row.group_id for row in listed.groups}


def join_by_new_protocol(cluster, topic):
    settings = {"bootstrap.servers": cluster.bootstrap, "group.id": f"g-{topic}", "group.protocol": "consumer"}
    consumer = Consumer(settings | {"auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([topic])
    return consumer


CLIENTS = {
    "kafka-python": (by_kafka_python, lambda cluster, topic: by_kafka_python.join(cluster.bootstrap, topic)),
    "confluent-kafka": (by_confluent, by_confluent.join),
    "confluent-kafka, consumer protocol": (by_confluent, join_by_new_protocol),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_stopped_coordinators_group_goes_on(cluster, created, client):
    by, join = CLIENTS[client]
    with contextlib.closing(join(cluster, created)) as first, contextlib.closing(join(cluster, created)) as second:
        members = [first, second]
        by.poll_until(lambda _read: by.shared(members), members)
        produce(cluster, created, range(RECORDS))
        by.poll_until(lambda read: len(seen(read)) == RECORDS, members)
        commit(members)
        stopped = coordinator(cluster, 1, f"g-{created}")
        check_committed(cluster, stopped, created, 10)
        cluster.stop(stopped)
        produce(cluster, created, range(RECORDS, 2 * RECORDS))
        read = by.poll_until(lambda read: len(seen(read)) == RECORDS, members)
        assert seen(read) == set(range(RECORDS, 2 * RECORDS))
        assert by.shared(members)
        commit(members)
        check_committed(cluster, stopped % 3 + 1, created, 20)


def test_consumers_of_the_new_protocol_do_not_notice_that_their_coordinator_moves(cluster, created):
    group_id, changes = f"g-{created}", []
    with contextlib.closing(by_confluent.join_consumer_group(cluster, [created], group_id)) as first:
        second = by_confluent.join_consumer_group(cluster, [created], group_id)
        members = [first, second]
        by_confluent.poll_until(lambda _read: by_confluent.shared(members), members)
        for member in members:
            member.subscribe(
                [created],
                on_assign=lambda _member, gained: changes.append(gained),
                on_revoke=lambda _member, lost: changes.append(lost),
            )
        before = described(cluster, group_id)
        for node_id in (coordinator(cluster, 1, group_id), coordinator(cluster, 1, group_id) % 3 + 1):
            cluster.stop(node_id)
            numbers = range(RECORDS * node_id, RECORDS * (node_id + 1))
            produce(cluster, created, numbers)
            read = by_confluent.poll_until(lambda read: len(seen(read)) == RECORDS, members)
            assert seen(read) == set(numbers)
            commit(members)
            cluster.start(node_id)
        assert (described(cluster, group_id), changes) == (before, [])
        second.close()
        by_confluent.poll_until(lambda _read: by_confluent.shared([first]), [first])
        assert changes  # which would have been told of before


def described(cluster, group_id):
    """What every member of a consumer group has, as the admin sees it."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    group = admin.describe_consumer_groups([group_id])[group_id].result(WAIT_S)
    return {
        member.member_id: sorted(row.partition for row in member.assignment.topic_partitions)
        for member in group.members
    }


def test_a_stopped_coordinators_group_goes_on_with_aiokafka(cluster, created):
    stopped = coordinator(cluster, 1, f"g-{created}")

    async def scenario():
        member = await by_aiokafka.join(cluster, created)
        await asyncio.to_thread(produce, cluster, created, range(RECORDS))
        values = await by_aiokafka.read_until(member, lambda values: len(values) == RECORDS)
        assert sorted(values) == list(range(RECORDS))
        await member.commit()
        await asyncio.to_thread(cluster.stop, stopped)
        await asyncio.to_thread(produce, cluster, created, range(RECORDS, 2 * RECORDS))
        values = await by_aiokafka.read_until(member, lambda values: len(set(values)) == RECORDS)
        assert set(values) == set(range(RECORDS, 2 * RECORDS))
        await member.commit()
        await member.stop()

    asyncio.run(scenario())
    check_committed(cluster, stopped % 3 + 1, created, 20)


def commit(members):
    """What each of them has read is committed when this returns."""
    for member in members:
        member.commit(asynchronous=False) if isinstance(member, Consumer) else member.commit()


def seen(read):
    return {value for values in read.values() for value in values}


def check_committed(cluster, node_id, topic, offset):
    """Every partition's committed offset is that one, at the coordinator that the broker names."""
    asked = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(f"g-{topic}", topics=None)])
    (told,) = ask(cluster, coordinator(cluster, node_id, f"g-{topic}"), (asked, 9))
    (row,) = told.groups[0].topics
    assert {each.partition_index: each.committed_offset for each in row.partitions} == dict.fromkeys(
        range(PARTITIONS), offset
    )
