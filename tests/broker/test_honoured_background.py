"""Configs of the work that a cluster does in the background: how often it looks, and which logs it looks at."""

import pytest
import trio

from kwire.cluster.cluster import Cluster
from kwire.protocol.messages.records.cluster_metadata import ConfigRecord
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.port import StorageError
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import CLUSTER_ID, START_MS, build_cluster, build_env, create_topic

DAY_MS = 86_400_000


def open_cluster(directory, static=None):
    env = build_env()
    env.clock_s = trio.current_time
    store = SegmentStore(str(directory), env)
    store.start()
    return Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=[1], static=static)


def produce(cluster, topic, index=0, *, timestamp_ms=START_MS):
    batch = memoryview(encode_batch([Record(0, timestamp_ms, b"key", b"value")]))
    cluster.partition(topic, index).produce(batch, acks=-1, now_ms=START_MS, validate_records=False, api_version=9)


async def stored_cluster(directory):
    """A cluster over what an earlier one stored and closed: a record of 30 days ago in each of the topics' partitions."""
    cluster = open_cluster(directory)
    await create_topic(cluster, "week", 2)
    await create_topic(cluster, "always", configs={"retention.ms": "-1"})
    await create_topic(cluster, "compacted", configs={"cleanup.policy": "compact"})
    for topic, index in (("week", 0), ("week", 1), ("always", 0), ("compacted", 0)):
        produce(cluster, topic, index, timestamp_ms=START_MS - 30 * DAY_MS)
    cluster.close()
    return open_cluster(directory)


def opened(cluster):
    return {(each.topic, each.index) for each in cluster.partitions if each.opened is not None}


async def test_stored_logs_that_nobody_opened_expire_too(tmp_path):
    cluster = await stored_cluster(tmp_path)
    await cluster.upkeep.enforce_retention()
    assert opened(cluster) == {("week", 0), ("week", 1)}, "the others can lose nothing, so they stay closed"
    assert [cluster.partition("week", index).open().log_start_offset for index in (0, 1)] == [1, 1]
    cluster.close()


async def test_a_stored_log_is_opened_once_its_topic_may_expire(tmp_path, monkeypatch):
    cluster = await stored_cluster(tmp_path)
    await cluster.upkeep.enforce_retention()
    await cluster.controller.write([ConfigRecord(2, "always", "retention.bytes", "0")])
    monkeypatch.setattr(cluster.store, "list", lambda: pytest.fail("the directory is listed once"))
    await cluster.upkeep.enforce_retention()
    assert cluster.partition("always", 0).opened.log_start_offset == 1
    assert ("compacted", 0) not in opened(cluster)
    cluster.close()


class Steps(trio.abc.Instrument):
    """Counts the turns that tasks get."""

    count = 0

    def before_task_step(self, task):
        self.count += 1


async def test_logs_are_opened_one_by_one_with_requests_in_between(tmp_path, monkeypatch):
    cluster = await stored_cluster(tmp_path)
    steps, opened_at = Steps(), []
    opens = cluster.store.open

    def open_log(*args):
        opened_at.append(steps.count)
        return opens(*args)

    monkeypatch.setattr(cluster.store, "open", open_log)
    trio.lowlevel.add_instrument(steps)
    await cluster.upkeep.enforce_retention()
    assert len(opened_at) == len(set(opened_at)) == 2, "each in a turn of its own"
    cluster.close()


async def test_what_cannot_be_listed_or_opened_is_tried_again(tmp_path, monkeypatch, caplog):
    cluster = await stored_cluster(tmp_path)

    def fail(*_):
        raise StorageError("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(cluster.store, "list", fail)
        await cluster.upkeep.enforce_retention()
    with monkeypatch.context() as broken:
        broken.setattr(cluster.store, "open", fail)
        await cluster.upkeep.enforce_retention()
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "cannot tell which logs are stored",
        "clients of week-0 get KAFKA_STORAGE_ERROR",
        "clients of week-1 get KAFKA_STORAGE_ERROR",
    ]
    await cluster.upkeep.enforce_retention()
    assert cluster.partition("week", 0).opened.log_start_offset == 1
    cluster.close()


@pytest.mark.honours(broker="log.retention.check.interval.ms")
@pytest.mark.parametrize(("static", "kept_s"), [({}, 300), ({"log.retention.check.interval.ms": "2500"}, 2.5)])
async def test_retention_comes_as_often_as_it_is_told(static, kept_s, autojump_clock):
    env = build_env()
    env.clock_s = trio.current_time
    cluster = build_cluster(env=env, static=static)
    await create_topic(cluster, "t")
    produce(cluster, "t", timestamp_ms=START_MS - 30 * DAY_MS)
    log = cluster.partition("t", 0).open()
    with trio.move_on_after(kept_s - 0.1):
        await cluster.upkeep.run()
    assert log.log_start_offset == 0
    with trio.move_on_after(kept_s + 0.1):
        await cluster.upkeep.run()
    assert log.log_start_offset == 1


@pytest.mark.honours(topic="flush.ms", broker="log.flush.scheduler.interval.ms")
@pytest.mark.parametrize(
    ("static", "configs", "interval_s"),
    [
        ({}, {}, 60),
        ({}, {"flush.ms": "1500"}, 1.5),
        ({}, {"flush.ms": "0"}, 0.1),
        ({"log.flush.scheduler.interval.ms": "700"}, {}, 0.7),
    ],
)
async def test_housekeeping_comes_as_often_as_flush_ms_needs(static, configs, interval_s, autojump_clock, monkeypatch):
    env = build_env()
    env.clock_s = trio.current_time
    cluster = build_cluster(env=env, static=static)
    await create_topic(cluster, "t", configs=configs)
    produce(cluster, "t")
    started_s = trio.current_time()
    rounds = []
    monkeypatch.setattr(cluster.store, "housekeep", lambda _: rounds.append(trio.current_time() - started_s))
    with trio.move_on_after(interval_s * 3.5):
        await cluster.upkeep.run()
    assert rounds == pytest.approx([interval_s, 2 * interval_s, 3 * interval_s])


def duplicates(cluster, topic):
    """A closed segment with two records of one key. Returns the log."""
    for _ in range(2):
        produce(cluster, topic)
    log = cluster.partition(topic, 0).open()
    log.roll(START_MS)
    return log


@pytest.mark.honours(broker="log.cleaner.backoff.ms")
@pytest.mark.parametrize(("static", "dirty_s"), [({}, 15), ({"log.cleaner.backoff.ms": "2500"}, 2.5)])
async def test_the_cleaner_looks_as_often_as_it_is_told(static, dirty_s, autojump_clock):
    env = build_env()
    env.clock_s = trio.current_time
    cluster = build_cluster(env=env, static=static)
    await create_topic(cluster, "t", configs={"cleanup.policy": "compact"})
    log = duplicates(cluster, "t")
    with trio.move_on_after(dirty_s - 0.1):
        await cluster.upkeep.run()
    assert log.cleaned_offset is None
    with trio.move_on_after(dirty_s + 0.1):
        await cluster.upkeep.run()
    assert log.cleaned_offset == 2


@pytest.mark.honours(broker="log.cleaner.enable")
@pytest.mark.parametrize(("static", "cleaned_offset"), [({}, 2), ({"log.cleaner.enable": "false"}, None)])
async def test_nothing_is_cleaned_where_the_cleaner_is_off(static, cleaned_offset, autojump_clock):
    env = build_env()
    env.clock_s = trio.current_time
    cluster = build_cluster(env=env, static=static)
    await create_topic(cluster, "t", configs={"cleanup.policy": "compact"})
    log = duplicates(cluster, "t")
    with trio.move_on_after(3600):
        await cluster.upkeep.run()
    assert log.cleaned_offset == cleaned_offset


@pytest.mark.honours(broker="log.cleaner.io.max.bytes.per.second")
@pytest.mark.parametrize(("static", "least_s"), [({}, 0), ({"log.cleaner.io.max.bytes.per.second": "10"}, 15)])
async def test_a_cleaning_is_as_slow_as_it_is_told(static, least_s, autojump_clock):
    env = build_env()
    env.clock_s = trio.current_time
    cluster = build_cluster(env=env, static=static)
    await create_topic(cluster, "t", configs={"cleanup.policy": "compact"})
    log = duplicates(cluster, "t")
    read_twice_and_half_written_bytes = 2.5 * log.size_bytes
    began_s = trio.current_time()
    assert await cluster.upkeep.clean()
    assert trio.current_time() - began_s == pytest.approx(read_twice_and_half_written_bytes / 10 if static else 0)
    assert trio.current_time() - began_s >= least_s


async def test_the_dirtiest_log_is_cleaned_first_and_what_is_clean_is_left_alone(autojump_clock):
    cluster = build_cluster()
    for topic in ("some", "all", "plain"):
        await create_topic(cluster, topic, configs={"cleanup.policy": "delete" if topic == "plain" else "compact"})
    some, every, plain = (duplicates(cluster, topic) for topic in ("some", "all", "plain"))
    assert await cluster.upkeep.clean()
    first = next(log for log in (some, every) if log.cleaned_offset is not None)
    duplicates(cluster, first.topic)
    second = some if first is every else every
    assert await cluster.upkeep.clean()
    assert (first.cleaned_offset, second.cleaned_offset) == (2, 2)
    assert await cluster.upkeep.clean()
    assert first.cleaned_offset == 4
    assert not await cluster.upkeep.clean()
    assert plain.cleaned_offset is None


async def test_stored_logs_that_nobody_opened_are_cleaned_too(tmp_path):
    cluster = open_cluster(tmp_path)
    for topic, policy in (("compacted", "compact"), ("plain", "delete")):
        await create_topic(cluster, topic, configs={"cleanup.policy": policy, "retention.ms": "-1"})
        duplicates(cluster, topic)
    cluster.close()
    cluster = open_cluster(tmp_path)
    assert await cluster.upkeep.clean()
    assert opened(cluster) == {("compacted", 0)}
    assert cluster.partition("compacted", 0).open().cleaned_offset == 2
    assert not await cluster.upkeep.clean()
    cluster.close()
