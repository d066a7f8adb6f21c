"""Cluster in a child process, as in programs that gevent or eventlet has patched."""

import copy
import gc
import os
import signal
import socket
import subprocess
import sys
import types
import warnings

import pytest
from confluent_kafka import Producer

from kwire.testing import ClusterError, NewRecord, remote
from kwire.testing import cluster as own


def is_open(address):
    host, _, port = address.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_it_offers_what_a_cluster_offers():
    public = {name for name in vars(own.Cluster) if not name.startswith("_")}
    assert {name for name in vars(remote.Cluster) if not name.startswith("_")} == public


def test_it_does_what_a_cluster_does(tmp_path):
    with remote.Cluster(brokers=2, topics=(name for name in ["orders"])) as kafka:
        address = kafka.bootstrap_servers.partition(",")[0]
        assert kafka.bootstrap_servers in repr(kafka)
        assert kafka.append("orders", "tea", key="ada").value == b"tea"
        assert len(kafka.extend("orders", (NewRecord(value=b"%d" % number) for number in range(3)))) == 3
        producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
        producer.produce("orders", b"cake")
        assert producer.flush(20) == 0
        assert len(kafka.wait_for_records("orders", 5)) == 5
        taken = kafka.snapshot()
        kafka.reset()
        assert kafka.records("orders") == []
        kafka.restore(taken)
        assert len(kafka.records("orders")) == 5
        assert "orders: partitions 1, records 5" in kafka.describe()
        assert copy.deepcopy([kafka])[0] is kafka
        with remote.Cluster(snapshot=taken) as another:
            assert len(another.records("orders")) == 5
            assert another.bootstrap_servers != kafka.bootstrap_servers
        producer.close()
    assert not is_open(address)
    assert "closed" in repr(kafka)
    with remote.Cluster(data=tmp_path / "kept") as kafka:
        kafka.append("orders", "tea")
    with remote.Cluster(data=tmp_path / "kept").start() as kafka:
        assert len(kafka.records("orders")) == 1


def test_what_goes_wrong_there_is_raised_here():
    with pytest.raises(ClusterError, match="brokers must be a number of brokers, 1 or more, not 0"):
        remote.Cluster(brokers=0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'prot'"):
        remote.Cluster(prot=1)
    kafka = remote.Cluster(topics=["orders"])
    with pytest.raises(ClusterError, match="this cluster is not started"):
        kafka.topics()
    with kafka:
        with pytest.raises(TimeoutError, match="0 of 1 records") as raised:
            kafka.wait_for_records("orders", timeout_s=0.01)
        assert {str(entry.path) for entry in raised.traceback.filter(raised)} == {__file__}
    with pytest.raises(ClusterError, match="this cluster is closed"):
        kafka.topics()


async def test_nothing_of_it_is_awaited():
    with remote.Cluster(topics=["t"]) as kafka, pytest.raises(ClusterError, match=r"use wait_for_records\(...\)"):
        await kafka.wait_for_records_async("t")


def test_one_that_is_forgotten_is_gone():
    kafka = remote.Cluster().start()
    address = kafka.bootstrap_servers
    with pytest.warns(ResourceWarning, match="was not closed; use it in a with block"):
        del kafka
        gc.collect()
    assert not is_open(address)


def test_only_its_owner_is_heard_and_it_ends_with_its_owner():
    program = """
import socket
from kwire.testing import remote
kafka = remote.Cluster().start()
with socket.create_connection(remote._child._address) as stranger:
    stranger.sendall(bytes(200))
    print(kafka.bootstrap_servers, remote._child._address[1], stranger.makefile("rb").read())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    address, port, told = done.stdout.split()
    assert told == "b''"
    assert not is_open(address)
    assert not is_open(f"127.0.0.1:{port}")


def test_a_fork_ends_nothing_of_its_parents():
    program = """
import os, warnings
from kwire.testing import remote
warnings.simplefilter("ignore")
with remote.Cluster(topics=["t"]) as kafka:
    another = remote.Cluster().start()
    fork = os.fork()
    if not fork:
        del another
        with remote.Cluster(topics=["u"]) as own:
            own.append("u", "of the fork")
        raise SystemExit(3)
    code = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
    print(code, [topic.name for topic in kafka.topics()], another.topics())
    another.close()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("3 ['t'] []\n", "")


def test_a_fork_that_stays_keeps_nobody_from_ending():
    program = """
import os, time
from kwire.testing import remote
kafka = remote.Cluster().start()
fork = os.fork()
if not fork:
    os.close(1), os.close(2)
    time.sleep(300)
print(fork)
kafka.close()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    os.kill(int(done.stdout), signal.SIGKILL)


def test_the_next_one_has_a_process_where_that_of_the_last_was_killed():
    with warnings.catch_warnings(record=True) as warned:
        kafka, another = remote.Cluster().start(), remote.Cluster()
        process = remote._child._process
        process.kill()
        process.wait()
        with pytest.raises(ClusterError, match="child process has ended"):
            kafka.append("t", "tea")
        with pytest.raises(ClusterError, match="child process has ended"):
            kafka.close()
        with remote.Cluster() as next_one:
            next_one.append("t", "tea")
        del kafka, another
        gc.collect()
    assert not warned


def test_who_has_patched_the_program_decides(monkeypatch):
    import kwire.testing

    assert kwire.testing.Cluster is own.Cluster
    gevent = types.SimpleNamespace(is_module_patched=lambda name: name == "socket")
    monkeypatch.setitem(sys.modules, "gevent.monkey", gevent)
    assert kwire.testing.Cluster is remote.Cluster
    with pytest.raises(
        ClusterError, match=r"gevent patches this program too late; patch before you import kwire.testing"
    ):
        own.Cluster().start()
    gevent.is_module_patched = lambda _: False
    assert kwire.testing.Cluster is own.Cluster
    monkeypatch.setitem(sys.modules, "eventlet.patcher", types.SimpleNamespace(is_monkey_patched=lambda _: True))
    assert kwire.testing.Cluster is remote.Cluster
