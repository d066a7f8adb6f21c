import pytest

from kwire.cluster.cluster import Cluster
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.records.cluster_metadata import ConfigRecord
from kwire.storage.memory import MemoryStore
from kwire.storage.port import StorageError
from tests.kit.cluster import CLUSTER_ID, build_cluster, build_env, create_topic


def bookkeeping(partition):
    return partition.leader, partition.leader_epoch, partition.isr


async def test_leadership_moves_away_from_a_stopped_broker_and_back():
    cluster = build_cluster(3)
    topic = await create_topic(cluster, "t", assignments=[[1, 2, 3], [2, 3, 1]])
    first, second = topic.partitions
    cluster.controller.stop_broker(1)
    assert bookkeeping(first) == (2, 1, [2, 3])
    assert bookkeeping(second) == (2, 0, [2, 3])
    assert not cluster.brokers[1].running
    cluster.controller.start_broker(1)
    assert bookkeeping(first) == (1, 2, [1, 2, 3])
    assert bookkeeping(second) == (2, 0, [2, 3, 1])
    assert cluster.brokers[1].running


async def test_a_partition_without_a_running_replica_is_offline_and_keeps_its_last_isr():
    cluster = build_cluster(3)
    topic = await create_topic(cluster, "t", assignments=[[1, 2]])
    (partition,) = topic.partitions
    cluster.controller.stop_broker(1)
    cluster.controller.stop_broker(2)
    assert bookkeeping(partition) == (-1, 2, [2])
    cluster.controller.start_broker(1)
    assert bookkeeping(partition) == (1, 3, [1])
    cluster.controller.start_broker(2)
    assert bookkeeping(partition) == (1, 3, [1, 2])


async def test_stopping_twice_and_starting_twice_decide_nothing():
    cluster = build_cluster(2)
    await create_topic(cluster, "t", 2, 2)
    cluster.controller.stop_broker(1)
    version = cluster.image.version
    cluster.controller.stop_broker(1)
    assert cluster.image.version == version
    cluster.controller.start_broker(1)
    version = cluster.image.version
    cluster.controller.start_broker(1)
    assert cluster.image.version == version


async def test_a_new_topic_avoids_stopped_brokers_where_it_can():
    cluster = build_cluster(3)
    cluster.controller.stop_broker(2)
    topic = await create_topic(cluster, "t", 6, 2)
    assert {tuple(sorted(partition.replicas)) for partition in topic.partitions} == {(1, 3)}
    whole = await create_topic(cluster, "whole", 6, 3)
    assert all(partition.replicas[2] == 2 for partition in whole.partitions)
    assert all(2 not in partition.isr for partition in whole.partitions)


async def test_a_cluster_reopened_with_fewer_brokers_takes_over_what_the_missing_ones_held():
    env = build_env()
    store = MemoryStore(env)
    store.start()
    before = Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[1, 2, 3])
    await create_topic(before, "two", assignments=[[3, 1], [1, 2], [2, 3]])
    await create_topic(before, "three", assignments=[[3, 2, 1]])
    after = Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[1, 2])
    assert list(after.image.brokers) == [1, 2]
    assert [partition.replicas for partition in after.image.topics["two"].partitions] == [[2, 1], [1, 2], [2, 1]]
    assert [bookkeeping(partition) for partition in after.image.topics["two"].partitions] == [
        (2, 1, [2, 1]),
        (1, 0, [1, 2]),
        (2, 1, [2, 1]),
    ]
    assert after.image.topics["three"].partitions[0].replicas == [2, 1]


async def test_a_cluster_reopened_with_another_broker_id_is_all_its():
    env = build_env()
    store = MemoryStore(env)
    store.start()
    await create_topic(Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[1]), "t", 2)
    after = Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[7])
    assert [bookkeeping(partition) for partition in after.image.topics["t"].partitions] == [(7, 1, [7])] * 2


async def test_a_broker_that_was_stopped_runs_after_a_restart():
    env = build_env()
    store = MemoryStore(env)
    store.start()
    before = Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[1, 2])
    await create_topic(before, "t", assignments=[[1, 2]])
    before.controller.stop_broker(1)
    after = Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[1, 2])
    assert after.image.running == [1, 2]
    assert bookkeeping(after.image.topics["t"].partitions[0]) == (1, 2, [1, 2])


def test_producer_ids_come_in_blocks_that_no_two_brokers_share():
    cluster = build_cluster(2)
    assert cluster.controller.allocate_producer_ids(1) == range(1000)
    assert cluster.controller.allocate_producer_ids(2) == range(1000, 2000)
    assert [cluster.brokers[1].producer_ids.next() for _ in range(2)] == [2000, 2001]


async def test_raised_leader_epochs_leave_the_leader():
    cluster = build_cluster(2)
    topic = await create_topic(cluster, "t", assignments=[[2, 1]])
    cluster.controller.raise_leader_epochs([(topic.topic_id, 0), (topic.topic_id, 9), (bytes(16), 0)])
    assert bookkeeping(topic.partitions[0]) == (2, 1, [2, 1])


async def test_what_cannot_be_written_is_not_decided(monkeypatch):
    cluster = build_cluster()
    before = cluster.image.version

    def full_disk(records):
        raise StorageError("the disk is full")

    monkeypatch.setattr(cluster._metadata_log, "append", full_disk)
    with pytest.raises(ApiError, match="the disk is full") as caught:
        await create_topic(cluster, "t")
    assert caught.value.code == ErrorCode.KAFKA_STORAGE_ERROR
    with pytest.raises(ApiError):
        cluster.controller.allocate_producer_ids(1)
    assert (cluster.image.version, cluster.image.topics, cluster.image.next_producer_id) == (before, {}, 0)


async def test_a_write_waits_until_it_is_durable(monkeypatch):
    from dataclasses import replace

    cluster = build_cluster()
    waited = []
    append = cluster._metadata_log.append

    async def durable():
        waited.append(cluster.image.configs)

    monkeypatch.setattr(cluster._metadata_log, "append", lambda records: replace(append(records), durable=durable))
    await cluster.controller.write([ConfigRecord(2, "t", "a", "1")])
    assert waited == [{(2, "t"): {"a": "1"}}]


async def test_topic_ids_never_begin_with_a_dash():
    from base64 import urlsafe_b64encode

    cluster = build_cluster()
    for number in range(200):
        topic = await create_topic(cluster, f"t{number}")
        assert not urlsafe_b64encode(topic.topic_id).startswith(b"-")
