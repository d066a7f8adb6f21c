"""Start and end of an embedded cluster, from threads, asyncio and trio, and what goes wrong around it."""

import asyncio
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import trio

from kwire.client.connection import connected
from kwire.protocol.messages.metadata import MetadataRequest
from kwire.testing import Cluster, ClusterError


def address(cluster):
    host, _, port = cluster.bootstrap_servers.partition(":")
    return host, int(port)


def first_address(cluster):
    host, _, port = cluster.brokers()[0].address.partition(":")
    return host, int(port)


def is_open(where):
    with socket.socket() as probe:
        return probe.connect_ex(where) == 0


def broker_threads():
    return [thread for thread in threading.enumerate() if thread.name == "kwire"]


# Start and end


def test_it_serves_while_its_block_runs():
    with Cluster() as cluster:
        where = address(cluster)
        assert is_open(where)
        assert repr(cluster) == f"<kwire.testing.Cluster {cluster.bootstrap_servers}>"
    assert not is_open(where)
    assert not broker_threads()
    assert repr(cluster) == "<kwire.testing.Cluster closed>"


def test_what_is_called_too_early_or_too_late_says_so():
    cluster = Cluster(topics=["t"])
    for act in (lambda: cluster.bootstrap_servers, cluster.topics, cluster.reset, cluster.describe):
        with pytest.raises(ClusterError, match=r"not started; use it in a with block: with Cluster\(...\) as kafka"):
            act()
    with cluster, pytest.raises(ClusterError, match="a cluster starts once"):
        cluster.start()
    for act in (cluster.topics, cluster.reset, cluster.describe, lambda: cluster.wait_for_records("t")):
        with pytest.raises(ClusterError, match="this cluster is closed; act on it inside its with block"):
            act()
    cluster.close()
    with pytest.raises(ClusterError, match="a cluster starts once"):
        cluster.start()


def test_a_cluster_that_cannot_start_leaves_nothing():
    with pytest.raises(ClusterError, match="cannot create the topic"):
        Cluster(topics=["a b"]).start()
    gc.collect()
    assert not broker_threads()


def test_a_forgotten_cluster_warns_and_ends():
    cluster = Cluster()
    cluster.start()
    where = address(cluster)
    with pytest.warns(ResourceWarning, match="was not closed; use it in a with block"):
        del cluster
        gc.collect()
    assert not is_open(where)
    assert not broker_threads()


def test_the_interpreter_ends_with_a_forgotten_cluster():
    program = (
        "from kwire.testing import Cluster\ncluster = Cluster()\ncluster.start()\nprint(cluster.bootstrap_servers)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert ended.stderr == ""
    host, _, port = ended.stdout.strip().partition(":")
    assert not is_open((host, int(port)))


def test_calls_may_come_from_many_threads_at_once():
    failures = []

    def work(cluster, number):
        try:
            for _ in range(20):
                cluster.append("t", b"%d" % number)
                cluster.topics()
        except Exception as error:  # noqa: BLE001 - shown below
            failures.append(error)

    with Cluster(topics={"t": 4}) as cluster:
        threads = [threading.Thread(target=work, args=(cluster, number)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(cluster.records("t")) == 160
    assert failures == []


def test_threads_that_wait_when_it_ends_are_told():
    told = []

    def wait(cluster):
        with pytest.raises(ClusterError) as error:
            cluster.wait_for_records("t", 5, timeout_s=60)
        told.append(str(error.value))

    with Cluster(topics=["t"]) as cluster:
        threads = [threading.Thread(target=wait, args=(cluster,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        cluster.reset()
        threads.append(threading.Thread(target=wait, args=(cluster,)))
        threads[-1].start()
        time.sleep(0.05)
    for thread in threads:
        thread.join(10)
    assert len(told) == 4
    assert all("reset or closed while this was waited for" in text for text in told)


def test_a_reset_that_cannot_have_its_ports_again_changes_nothing():
    with Cluster(brokers=2, topics={"t": 1}) as cluster:
        cluster.append("t", b"v")
        second = cluster.brokers()[1].address
        cluster.stop_broker(2)
        with socket.socket() as taken:
            host, _, port = second.partition(":")
            taken.bind((host, int(port)))
            taken.listen()
            with pytest.raises(ClusterError, match=r"nothing has changed: cannot listen on .* the port is in use"):
                cluster.reset()
        assert len(cluster.records("t")) == 1
        cluster.reset()
        assert [broker.address for broker in cluster.brokers()][1] == second
        assert cluster.records("t") == []
        with pytest.raises(ClusterError, match=r"snapshot must be a result of Cluster.snapshot\(\), not 'x'"):
            cluster.restore("x")


@pytest.fixture
def heeds_control_c():
    """A shell starts what runs in its background deaf to Control-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="a signal cannot be sent to a thread here")
def test_control_c_ends_a_wait_and_leaves_nothing(heeds_control_c):
    main = threading.main_thread().ident  # which gets it from a terminal: a signal to another thread wakes nobody
    with pytest.raises(KeyboardInterrupt), Cluster(topics=["t"]) as cluster:
        threading.Timer(0.05, signal.pthread_kill, [main, signal.SIGINT]).start()
        began_s = time.monotonic()
        cluster.wait_for_records("t", timeout_s=30)
    assert time.monotonic() - began_s < 20
    assert not broker_threads()
    assert not is_open(address(cluster))


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors are counted in /proc")
def test_clusters_one_after_another_leave_no_thread_and_no_descriptor():
    def round_():
        with Cluster(brokers=2, topics={"t": 2}) as cluster, socket.create_connection(first_address(cluster)):
            cluster.append("t", b"v")
            cluster.restore(cluster.snapshot())
            cluster.stop_broker(2)
            cluster.reset()

    def held():
        gc.collect()
        return threading.active_count(), len([*Path("/proc/self/fd").iterdir()])

    round_()
    before = held()
    for _ in range(20):
        round_()
    assert held() == before


# Event loops


async def act(cluster):
    """What works alike under asyncio and trio."""
    cluster.append("t", b"1")
    assert [record.value for record in await cluster.wait_for_records_async("t")] == [b"1"]
    with pytest.raises(TimeoutError, match="1 of 2 records"):
        await cluster.wait_for_records_async("t", 2, timeout_s=0.02)
    with pytest.raises(TimeoutError, match="no group 'g'"):
        await cluster.wait_until_consumed_async("g", timeout_s=0.02)
    with pytest.raises(ClusterError, match=r"would block this thread's event loop; use await wait_for_records_async\("):
        cluster.wait_for_records("t")
    with pytest.raises(ClusterError, match="use await wait_until_consumed_async"):
        cluster.wait_until_consumed("g")


def test_asyncio_uses_it():
    async def main():
        async with Cluster(topics=["t"]) as cluster:
            await act(cluster)
            arrival = asyncio.create_task(cluster.wait_for_records_async("t", 2))
            await asyncio.sleep(0.02)
            assert not arrival.done()
            cluster.append("t", b"2")
            assert len(await arrival) == 2
            abandoned = asyncio.create_task(cluster.wait_for_records_async("t", 3))
            await asyncio.sleep(0.01)
            abandoned.cancel()
        return address(cluster)

    assert not is_open(asyncio.run(main()))


async def test_trio_uses_it():
    async with Cluster(topics=["t"]) as cluster:
        await act(cluster)
        async with trio.open_nursery() as nursery:

            async def append_later():
                await trio.sleep(0.02)
                cluster.append("t", b"2")

            nursery.start_soon(append_later)
            assert len(await cluster.wait_for_records_async("t", 2)) == 2
        with trio.move_on_after(0.02) as scope:
            await cluster.wait_for_records_async("t", 3)
        assert scope.cancelled_caught
        async with connected(*address(cluster)) as client:
            assert [topic.name for topic in (await client.request(MetadataRequest(topics=None), 12)).topics] == ["t"]
    assert not is_open(address(cluster))


async def test_a_start_that_is_cancelled_leaves_nothing():
    with trio.CancelScope() as scope:
        scope.cancel()
        async with Cluster():
            raise AssertionError
    assert not broker_threads()


def test_an_event_loop_that_is_over_does_not_disturb():
    with Cluster(topics=["t"]) as cluster:

        async def main():
            asyncio.ensure_future(cluster.wait_for_records_async("t", 1, timeout_s=0.1))  # noqa: RUF006
            await asyncio.sleep(0.01)

        asyncio.run(main())
        time.sleep(0.15)
        assert len(cluster.topics()) == 1


# Forks


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_is_a_stranger_that_holds_nothing():
    with Cluster(topics=["t"]) as cluster:
        reader, writer = os.pipe()
        held, let_go = os.pipe()
        connection = socket.create_connection(address(cluster))
        time.sleep(0.05)
        child = os.fork()
        if not child:
            os.close(let_go)
            try:
                cluster.topics()
            except ClusterError as error:
                os.write(writer, str(error).encode())
            cluster.close()
            os.read(held, 1)  # until the parent's end
            os._exit(0)
        os.close(held)
        assert b"belongs to process" in os.read(reader, 1000)
        where = address(cluster)
        cluster.append("t", b"v")
        cluster.close()
        assert not is_open(where)
        connection.settimeout(5)
        assert connection.recv(1) == b"", "the child holds no copy that keeps the connection open"
        os.close(let_go)
        os.waitpid(child, 0)
    for descriptor in (reader, writer):
        os.close(descriptor)
    connection.close()


# Bugs


async def test_a_bug_that_a_client_meets_is_raised_at_the_end(monkeypatch):
    from kwire.api import metadata, registry

    def broken(*_):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(metadata, "handle", broken)
    monkeypatch.setattr(registry.APIS[3], "_handle", broken)
    cluster = Cluster()
    cluster.start()
    async with connected(*address(cluster)) as client:
        await client.request(MetadataRequest(topics=None), 12)
    with pytest.raises(ClusterError, match="met a bug in kwire") as raised:
        cluster.check()
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    assert "bug while answering Metadata v12" in cluster.describe()
    cluster.close()


def test_a_bug_that_ends_the_broker_is_raised_from_every_call(monkeypatch):
    from kwire.cluster.upkeep import Upkeep

    async def broken(_):
        await trio.sleep(0.01)
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Upkeep, "run", broken)
    cluster = Cluster(topics=["t"])
    cluster.start()
    with pytest.raises(ClusterError, match=r"reset or closed|has failed"):
        cluster.wait_for_records("t")
    cluster._host.join(10)
    with pytest.raises(ClusterError, match="the cluster has failed, which is a bug in kwire") as raised:
        cluster.topics()
    assert raised.value.__cause__ is not None
    with pytest.raises(ClusterError, match="met a bug in kwire"):
        cluster.close()


def test_what_other_clusters_and_threads_log_is_not_its_own():
    with Cluster() as first, Cluster() as second:
        logging.getLogger("kwire").error("not of any cluster")
        with socket.create_connection(address(second)) as connection:
            connection.sendall(b"\xff" * 64)
            assert connection.recv(1) == b""
        assert "not of any cluster" not in first.describe() + second.describe()
        assert "closed the connection from 127.0.0.1:" in second.describe()
        assert "closed the connection" not in first.describe()
