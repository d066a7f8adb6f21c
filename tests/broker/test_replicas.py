"""Leaders, ISRs and reassignments over the real controller."""

import pytest

from kwire.broker.metadata import MetadataImage
from kwire.broker.metadata_snapshot import records_of
from kwire.broker.replicas import why_no_election
from kwire.cluster.cluster import Cluster
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.alter_partition_reassignments import ReassignablePartition, ReassignableTopic
from kwire.storage.memory import MemoryStore
from tests.kit.cluster import CLUSTER_ID, build_cluster, build_env, create_topic


def state(partition):
    return partition.replicas, partition.isr, partition.leader


def under_way(partition):
    return partition.adding_replicas, partition.removing_replicas


async def move(cluster, replicas, *, topic="t", index=0, may_change_factor=True):
    """The error of one reassignment."""
    asked = [ReassignableTopic(topic, [ReassignablePartition(index, replicas)])]
    ((error,),) = await cluster.controller.alter_reassignments(asked, may_change_factor=may_change_factor)
    return error


async def made(replicas, brokers=4, *, stopped=(), **configs):
    """A cluster, and its topic's only partition."""
    cluster = build_cluster(brokers)
    topic = await create_topic(cluster, "t", assignments=[replicas], configs=configs)
    for node_id in stopped:
        cluster.controller.stop_broker(node_id)
    return cluster, topic.partitions[0]


async def test_a_reassignment_to_running_brokers_is_complete_at_once():
    cluster, partition = await made([1, 2])
    assert await move(cluster, [3, 4, 1]) is None
    assert state(partition) == ([3, 4, 1], [3, 4, 1], 3)
    assert under_way(partition) == ([], [])
    assert partition.leader_epoch == 1
    version = cluster.image.version
    assert await move(cluster, [3, 4, 1]) is None
    assert cluster.image.version == version


async def test_a_removed_replica_raises_the_leader_epoch_though_the_leader_stays():
    cluster, partition = await made([1, 2, 3])
    assert await move(cluster, [1, 3]) is None
    assert (state(partition), partition.leader_epoch) == (([1, 3], [1, 3], 1), 1)
    assert await move(cluster, [1, 3, 4]) is None
    assert (state(partition), partition.leader_epoch) == (([1, 3, 4], [1, 3, 4], 1), 1)


async def test_a_reassignment_waits_for_a_stopped_broker():
    cluster, partition = await made([1, 2], stopped=[4])
    assert await move(cluster, [4, 2]) is None
    assert state(partition) == ([4, 2, 1], [2, 1], 2)
    assert under_way(partition) == ([4], [1])
    cluster.controller.start_broker(4)
    assert state(partition) == ([4, 2], [4, 2], 4)
    assert under_way(partition) == ([], [])


async def test_a_checkpoint_keeps_the_reassignment_under_way():
    cluster, partition = await made([1, 2], stopped=[4])
    await move(cluster, [4, 2])
    again = MetadataImage()
    for record in records_of(cluster.image):
        again.replay(record)
    assert again.topics["t"].partitions[0] == partition


async def test_a_cancelled_reassignment_leaves_the_partition_as_it_was():
    cluster, partition = await made([1, 2], stopped=[4])
    await move(cluster, [4, 3])
    assert await move(cluster, None) is None
    assert sorted(partition.replicas) == [1, 2]
    assert state(partition)[1:] == (partition.replicas, partition.replicas[0])
    assert under_way(partition) == ([], [])
    assert (await move(cluster, None)).code == ErrorCode.NO_REASSIGNMENT_IN_PROGRESS


@pytest.mark.parametrize(("unclean", "code"), [("false", ErrorCode.INVALID_REPLICA_ASSIGNMENT), ("true", None)])
async def test_going_back_to_replicas_out_of_sync_is_an_unclean_election(unclean, code):
    cluster, partition = await made([1], stopped=[3], **{"unclean.leader.election.enable": unclean})
    await move(cluster, [2, 3])
    cluster.controller.stop_broker(1)
    assert state(partition) == ([2, 3, 1], [2], 2)
    error = await move(cluster, None)
    assert (error.code if error else None) == code
    assert partition.leader == (2 if code else -1)


@pytest.mark.parametrize(
    ("replicas", "options", "code"),
    [
        ([], {}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ([1, 1], {}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ([1, 9], {}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ([1, 2, 3], {"may_change_factor": False}, ErrorCode.INVALID_REPLICATION_FACTOR),
        ([1, 2], {"index": 1}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ([1, 2], {"index": -1}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ([1, 2], {"topic": "nope"}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ],
)
async def test_a_reassignment_that_cannot_be(replicas, options, code):
    cluster, partition = await made([1, 2])
    before = state(partition)
    assert (await move(cluster, replicas, **options)).code == code
    assert state(partition) == before


async def test_the_replication_factor_of_a_partition_on_its_way_is_the_one_it_goes_to():
    cluster, _ = await made([1, 2], stopped=[4])
    await move(cluster, [4, 3, 1])
    assert (await move(cluster, [1, 2], may_change_factor=False)).code == ErrorCode.INVALID_REPLICATION_FACTOR
    assert await move(cluster, [1, 2, 3], may_change_factor=False) is None


async def test_a_start_ends_the_reassignment_that_was_under_way():
    env = build_env()
    store = MemoryStore(env)
    store.start()
    before = Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[1, 2, 3])
    await create_topic(before, "t", assignments=[[1]])
    before.controller.stop_broker(3)
    await move(before, [3])
    after = Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[1, 2])
    (partition,) = after.image.topics["t"].partitions
    assert state(partition) == ([1], [1], 1)
    assert under_way(partition) == ([], [])


@pytest.mark.parametrize(
    ("stopped", "unclean", "code"),
    [
        ([], False, ErrorCode.ELECTION_NOT_NEEDED),
        ([], True, ErrorCode.ELECTION_NOT_NEEDED),
        ([1], False, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE),
        ([1], True, ErrorCode.ELECTION_NOT_NEEDED),
        ([1, 2], False, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE),
        ([1, 2], True, ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE),
    ],
)
async def test_who_can_lead_leads_so_there_is_nothing_to_elect(stopped, unclean, code):
    _, partition = await made([1, 2], 3, stopped=stopped)
    assert why_no_election(partition, unclean=unclean).code == code


def any_may_lead():
    env = build_env()
    store = MemoryStore(env)
    store.start()
    return Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[1, 2, 3], any_may_lead=True)


async def test_any_broker_leads_where_no_replica_runs_if_that_is_asked_for():
    cluster = any_may_lead()
    topic = await create_topic(cluster, "t", assignments=[[1]] * 4)
    cluster.controller.stop_broker(1)
    assert [state(partition) for partition in topic.partitions] == [
        ([1], [2], 2),
        ([1], [3], 3),
        ([1], [2], 2),
        ([1], [3], 3),
    ]
    cluster.controller.stop_broker(2)
    assert {partition.leader for partition in topic.partitions} == {3}
    epochs = [partition.leader_epoch for partition in topic.partitions]
    assert epochs == [2, 1, 2, 1]
    cluster.controller.start_broker(2)
    assert {partition.leader for partition in topic.partitions} == {3}
    cluster.controller.start_broker(1)
    assert [state(partition) for partition in topic.partitions] == [([1], [1], 1)] * 4


async def test_without_any_running_broker_everything_is_offline_and_the_next_one_takes_it():
    cluster = any_may_lead()
    (partition,) = (await create_topic(cluster, "t", assignments=[[1]])).partitions
    for node_id in (1, 2, 3):
        cluster.controller.stop_broker(node_id)
    assert state(partition) == ([1], [1], -1)
    assert cluster.controller_id == -1
    cluster.controller.start_broker(3)
    assert state(partition) == ([1], [3], 3)
    assert cluster.controller_id == 3
    cluster.partition("t", 0).check_replica(3)
    with pytest.raises(ApiError):
        cluster.partition("t", 0).check_replica(2)
