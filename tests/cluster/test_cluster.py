import pytest
import trio

from kwire.api.context import ConnectionInfo
from kwire.broker.waiters import park
from kwire.cluster.cluster import Cluster
from kwire.cluster.endpoints import Endpoint
from kwire.protocol.messages.records.cluster_metadata import ConfigRecord, TopicRecord
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import CLUSTER_ID, START_MS, build_cluster, build_env, create_topic


def batch(value=b"v", timestamp_ms=START_MS):
    return memoryview(encode_batch([Record(0, timestamp_ms, None, value)]))


def produce(partition, value=b"v", *, now_ms=START_MS):
    return partition.produce(batch(value, now_ms), acks=-1, now_ms=now_ms, validate_records=False, api_version=9)


def open_cluster(directory, env=None):
    env = env or build_env()
    store = SegmentStore(str(directory), env)
    store.start()
    return Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[1])


async def test_a_partition_is_one_object_until_its_topic_is_deleted():
    cluster = build_cluster()
    topic = await create_topic(cluster, "t", 2)
    partition = cluster.partition("t", 1)
    assert partition is cluster.partition("t", 1)
    assert partition.image is topic.partitions[1]
    assert partition.opened is None
    assert [cluster.partition("t", 2), cluster.partition("t", -1), cluster.partition("nope", 0)] == [None] * 3
    await cluster.controller.delete_topics([topic.topic_id])
    assert cluster.partition("t", 1) is None
    await create_topic(cluster, "t", 2)
    assert cluster.partition("t", 1) is not partition


async def test_a_deleted_topics_logs_are_gone(tmp_path):
    cluster = open_cluster(tmp_path)
    for name in ("t", "stays"):
        await create_topic(cluster, name, 2)
        produce(cluster.partition(name, 0))
    await cluster.controller.delete_topics([cluster.image.topics["t"].topic_id])
    assert {(stored.topic, stored.partition) for stored in cluster.store.list()} == {
        ("__cluster_metadata", 0),
        ("stays", 0),
    }
    cluster.close()


async def test_a_log_that_nobody_opened_in_this_run_is_deleted_too(tmp_path):
    cluster = open_cluster(tmp_path)
    topic = await create_topic(cluster, "t")
    produce(cluster.partition("t", 0))
    cluster.close()
    again = open_cluster(tmp_path)
    await again.controller.delete_topics([topic.topic_id])
    assert [stored.topic for stored in again.store.list()] == ["__cluster_metadata"]
    again.close()


async def test_a_deletion_that_a_crash_cut_short_is_finished_by_the_next_start(tmp_path, monkeypatch):
    cluster = open_cluster(tmp_path)
    topic = await create_topic(cluster, "t")
    produce(cluster.partition("t", 0))
    monkeypatch.setattr(cluster, "_delete_logs", lambda _: None)
    await cluster.controller.delete_topics([topic.topic_id])
    cluster.close()
    again = open_cluster(tmp_path)
    assert [stored.topic for stored in again.store.list()] == ["__cluster_metadata"]
    again.close()


async def test_a_topic_of_a_removed_ones_name_keeps_its_records_over_a_restart(tmp_path, monkeypatch):
    cluster = open_cluster(tmp_path)
    topic = await create_topic(cluster, "t")
    produce(cluster.partition("t", 0), b"old")
    monkeypatch.setattr(cluster, "_delete_logs", lambda _: None)
    await cluster.controller.delete_topics([topic.topic_id])
    cluster.close()
    again = open_cluster(tmp_path)
    await create_topic(again, "t")
    produce(again.partition("t", 0), b"new")
    again.close()
    third = open_cluster(tmp_path)
    log = third.partition("t", 0).open()
    assert b"new" in log.read(0, 1000, before_offset=1, min_one_batch=True).tobytes()
    assert log.log_end_offset == 1
    third.close()


async def test_records_topics_and_configs_outlive_a_restart(tmp_path):
    cluster = open_cluster(tmp_path)
    await create_topic(cluster, "t", 3, configs={"segment.bytes": "2000000"})
    assert produce(cluster.partition("t", 2)).base_offset == 0
    cluster.close()
    again = open_cluster(tmp_path)
    log = again.partition("t", 2).open()
    assert (log.log_end_offset, log.config.segment_bytes) == (1, 2_000_000)
    again.close()


async def test_after_a_crash_every_stored_log_is_recovered_and_a_cut_raises_the_leader_epoch(tmp_path):
    cluster = open_cluster(tmp_path)
    await create_topic(cluster, "t", 2)
    for index in (0, 1):
        produce(cluster.partition("t", index), b"first")
        produce(cluster.partition("t", index), b"second")
    cluster.close()
    (tmp_path / ".kafka_cleanshutdown").unlink()
    (tmp_path / "recovery-point-offset-checkpoint").unlink()
    torn = tmp_path / "t-1" / "00000000000000000000.log"
    torn.write_bytes(torn.read_bytes()[:-3])
    again = open_cluster(tmp_path)
    again.open_stored_logs()
    whole, cut = (again.partition("t", index) for index in (0, 1))
    assert whole.opened is not None
    assert (whole.log_end_offset, whole.image.leader_epoch) == (2, 0)
    assert (cut.log_end_offset, cut.image.leader_epoch) == (1, 1)
    again.close()
    third = open_cluster(tmp_path)
    assert third.image.topics["t"].partitions[1].leader_epoch == 1
    third.close()


@pytest.mark.parametrize("opened_by", ["recovery", "retention"])
async def test_a_stored_log_without_a_topic_id_is_recovered_and_expires_as_any_other(tmp_path, opened_by):
    cluster = open_cluster(tmp_path)
    await create_topic(cluster, "t")
    produce(cluster.partition("t", 0))
    cluster.close()
    (tmp_path / "t-0" / "partition.metadata").unlink()
    again = open_cluster(tmp_path)
    if opened_by == "recovery":
        again.open_stored_logs()
    else:
        await again.upkeep.enforce_retention()
    assert again.partition("t", 0).is_open
    again.close()


@pytest.mark.parametrize("change", ["leader", "deletion"])
async def test_a_change_wakes_the_requests_parked_at_a_partition(change, autojump_clock):
    cluster = build_cluster(2)
    topic = await create_topic(cluster, "t", assignments=[[1, 2]])
    with trio.fail_after(1):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(park, [cluster.partition("t", 0)], 1)
            await trio.testing.wait_all_tasks_blocked()
            if change == "leader":
                cluster.controller.stop_broker(1)
            else:
                await cluster.controller.delete_topics([topic.topic_id])


async def test_a_changed_config_counts_at_once_for_the_logs_it_is_about():
    cluster = build_cluster()
    for name in ("a", "b"):
        await create_topic(cluster, name)
    logs = {name: cluster.partition(name, 0).open() for name in ("a", "b")}
    await cluster.controller.write([ConfigRecord(2, "a", "retention.ms", "5")])
    assert [logs[name].config.retention_ms for name in ("a", "b")] == [5, 604_800_000]
    await cluster.controller.write([ConfigRecord(4, "", "log.retention.ms", "9")])
    assert [logs[name].config.retention_ms for name in ("a", "b")] == [5, 9]


async def test_listeners_are_told_each_decision_after_its_replay():
    cluster = build_cluster()
    told = []
    cluster.listeners.append(lambda records: told.append((type(records[0]), "t" in cluster.image.topics)))
    await create_topic(cluster, "t")
    assert told == [(TopicRecord, True)]


async def test_retention_gives_up_old_segments_of_opened_logs():
    cluster = build_cluster()
    await create_topic(cluster, "t", configs={"retention.ms": "1000", "segment.ms": "1"})
    partition = cluster.partition("t", 0)
    for step in range(3):
        produce(partition, now_ms=START_MS + step * 10)
    await cluster.upkeep.enforce_retention()
    assert partition.open().log_start_offset == 0
    cluster.env.wall_ms = lambda: START_MS + 100_000
    await cluster.upkeep.enforce_retention()
    assert partition.open().log_start_offset == 3


async def test_background_work_comes_at_its_intervals_and_not_between(autojump_clock, monkeypatch):
    env = build_env()
    env.clock_s = trio.current_time
    cluster = build_cluster(env=env, static={"log.retention.check.interval.ms": "120000"})
    started_s = trio.current_time()
    housekeeping, retention = [], []

    async def enforce_retention():
        retention.append(trio.current_time() - started_s)

    monkeypatch.setattr(cluster.store, "housekeep", lambda _: housekeeping.append(trio.current_time() - started_s))
    monkeypatch.setattr(cluster.upkeep, "enforce_retention", enforce_retention)
    with trio.move_on_after(250):
        await cluster.upkeep.run()
    assert housekeeping == pytest.approx([60, 120, 180, 240])
    assert retention == pytest.approx([120, 240])


async def test_housekeeping_that_fails_is_logged_and_goes_on(autojump_clock, monkeypatch, caplog):
    from kwire.storage.port import StorageError

    env = build_env()
    env.clock_s = trio.current_time
    cluster = build_cluster(env=env)

    def housekeep(now_ms):
        raise StorageError("the disk is gone")

    monkeypatch.setattr(cluster.store, "housekeep", housekeep)
    with trio.move_on_after(130):
        await cluster.upkeep.run()
    assert [record.getMessage() for record in caplog.records] == ["housekeeping failed: the disk is gone"] * 2


def came_by(listener, host="127.0.0.1"):
    return ConnectionInfo(("127.0.0.1", 50_000), (host, 1), listener)


def test_a_broker_without_an_address_is_nowhere():
    cluster = build_cluster(2)
    cluster.brokers[2].endpoints = {}
    assert cluster.endpoint_for(9, came_by("PLAINTEXT")) == cluster.endpoint_for(2, came_by("PLAINTEXT")) == ("", -1)


def test_clients_stay_with_the_listener_that_they_came_by():
    cluster = build_cluster(2)
    cluster.brokers[2].endpoints = {"PLAINTEXT": Endpoint(2), "PLAINTEXT_2": Endpoint(22), "FAR": Endpoint(23, "far")}
    assert cluster.endpoint_for(2, came_by("PLAINTEXT", "::1")) == ("::1", 2)
    assert cluster.endpoint_for(2, came_by("PLAINTEXT_2")) == ("127.0.0.1", 22)
    assert cluster.endpoint_for(2, came_by("FAR")) == ("far", 23)
    assert cluster.endpoint_for(2, came_by("of another kind")) == ("127.0.0.1", 2)
