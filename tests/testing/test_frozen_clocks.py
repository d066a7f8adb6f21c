"""A test that freezes or moves its process's time: the embedded cluster keeps to the real time."""

import asyncio
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import freezegun
import pytest
import time_machine
import trio
from confluent_kafka import Consumer, Producer

from kwire.testing import Cluster, ClusterError

YEARS = {"2020": datetime(2020, 1, 1, tzinfo=UTC), "now": None, "2030": datetime(2030, 1, 1, tzinfo=UTC)}
CONFIG = {
    "group.min.session.timeout.ms": 100,
    "log.retention.check.interval.ms": 20,
    "log.message.timestamp.type": "LogAppendTime",
}
CLOSE_S = 60


def freezegun_to(when, *, tick):
    return freezegun.freeze_time(when or datetime.now(UTC), tick=tick)


def time_machine_to(when, *, tick):
    return time_machine.travel(when or datetime.now(UTC), tick=tick)


LIBRARIES = {"freezegun": freezegun_to, "time-machine": time_machine_to}


@pytest.fixture(params=[(library, year) for library in LIBRARIES for year in YEARS], ids=" ".join)
def freeze(request):
    library, year = request.param
    return lambda *, tick=False: LIBRARIES[library](YEARS[year], tick=tick)


@pytest.fixture
def real_s(tmp_path):
    """Return the kernel's time, by the modification time of a file."""

    def real_s():
        path = tmp_path / "now"
        path.write_bytes(b"now")
        return path.stat().st_mtime

    return real_s


def appended_at_s(cluster):
    return cluster.append("dated", b"v").timestamp_ms / 1000


def serves(cluster, real_s):
    """Check everything in a broker that depends on a clock."""
    assert abs(appended_at_s(cluster) - real_s()) < CLOSE_S
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    producer.produce("orders", b"two coffees")
    assert producer.flush(20) == 0
    consumer = Consumer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "group.id": "g",
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 1000,
            "heartbeat.interval.ms": 100,
        }
    )
    consumer.subscribe(["orders"])
    assert consumer.poll(20).value() == b"two coffees", "the group has become stable by its timers"
    assert consumer.poll(0.3) is None, "a long poll ends"
    consumer.commit(asynchronous=False)
    cluster.wait_until_consumed("g")
    consumer.close()
    with pytest.raises(TimeoutError):
        cluster.wait_for_records("orders", 100, timeout_s=0.05)


@contextmanager
def started():
    with Cluster(topics=["orders", "dated"], config=CONFIG) as cluster:
        yield cluster


@pytest.mark.parametrize("tick", [False, True])
def test_a_cluster_that_was_there_before(freeze, tick, real_s):
    with started() as cluster:
        with freeze(tick=tick):
            serves(cluster, real_s)
        assert abs(appended_at_s(cluster) - real_s()) < CLOSE_S


@pytest.mark.parametrize("tick", [False, True])
def test_a_cluster_that_starts_in_frozen_time(freeze, tick, real_s):
    with freeze(tick=tick):
        opened = started()
        cluster = opened.__enter__()
        serves(cluster, real_s)
    try:
        assert abs(appended_at_s(cluster) - real_s()) < CLOSE_S, "and survives it"
        cluster.reset()
        assert cluster.records("orders") == []
    finally:
        opened.__exit__(None, None, None)


def test_members_that_are_gone_and_records_that_are_old_go_by_real_time(freeze, real_s):
    with started() as cluster, freeze():
        settings = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "session.timeout.ms": 300}
        consumer = Consumer(settings | {"heartbeat.interval.ms": 50})
        consumer.subscribe(["orders"])
        until(lambda: consumer.poll(0.05) or (cluster.groups() and cluster.group("g").state == "Stable"))
        with_a_member = cluster.snapshot()
        consumer.close()
        cluster.restore(with_a_member)
        assert len(cluster.group("g").members) == 1
        until(lambda: not cluster.group("g").members)

        minutes = {"message.timestamp.type": "CreateTime", "retention.ms": 60_000}
        for topic, age_s in {"old": 120, "young": 0}.items():
            cluster.create_topic(topic, 1, config=minutes)
            cluster.append(topic, b"v", timestamp_ms=int((real_s() - age_s) * 1000))
        until(lambda: not cluster.records("old"))
        assert len(cluster.records("young")) == 1


def test_awaiting_in_frozen_time(freeze):
    async def main():
        async with Cluster(topics=["t"]) as cluster:
            cluster.append("t", b"v")
            assert len(await cluster.wait_for_records_async("t")) == 1
            with pytest.raises(TimeoutError):
                await cluster.wait_for_records_async("t", 2, timeout_s=0.02)

    with freeze():
        asyncio.run(main())
        trio.run(main)


def until(condition):
    for _ in range(400):
        if condition():
            return
        threading.Event().wait(0.05)  # time.sleep() would do as well, but for those that replace it
    raise AssertionError


def test_records_that_name_no_time_have_that_of_their_producer(freeze):
    with Cluster(topics=["orders"]) as cluster, freeze():
        now_ms = int(time.time() * 1000)
        assert abs(cluster.append("orders", b"v").timestamp_ms - now_ms) < CLOSE_S * 1000
        dated_ms = now_ms + 2 * 3_600_000
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
        delivered = []
        producer.produce(
            "orders", b"v", timestamp=dated_ms, on_delivery=lambda error, message: delivered.append((error, message))
        )
        assert producer.flush(20) == 0
        assert delivered[0][0] is None
        assert cluster.records("orders")[-1].timestamp_ms == dated_ms
    with Cluster(topics=["orders"], config={"log.message.timestamp.after.max.ms": 3_600_000}) as cluster, freeze():
        if time.time() > datetime(2029, 1, 1, tzinfo=UTC).timestamp():
            with pytest.raises(ClusterError, match="INVALID_TIMESTAMP"):
                cluster.append("orders", b"v")


def test_whoever_patches_the_module_moves_nothing(real_s, monkeypatch):
    with Cluster(topics={"dated": 1}, config=CONFIG) as cluster:
        for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"):
            monkeypatch.setattr(time, name, lambda: 0)
        assert abs(appended_at_s(cluster) - real_s()) < CLOSE_S
        with pytest.raises(TimeoutError):
            cluster.wait_for_records("dated", 2, timeout_s=0.05)
        monkeypatch.undo()
