"""The arguments of Cluster: addresses, data and content."""

import copy
import pickle
import re
import socket
import sys
import traceback

import pytest

from kwire.testing import Cluster, ClusterError
from tests.kit.ports import free_port

# Where it is


def test_a_port_of_ones_own():
    port = free_port(3)
    with Cluster(port=port) as cluster:
        assert cluster.bootstrap_servers == f"127.0.0.1:{port}"
        cluster.reset()
        assert cluster.bootstrap_servers == f"127.0.0.1:{port}"
    with Cluster(brokers=3, port=port) as cluster:
        assert [broker.address for broker in cluster.brokers()] == [f"127.0.0.1:{port + step}" for step in range(3)]


def test_listening_for_others_than_this_machine():
    with Cluster(listen="0.0.0.0:0", topics=["t"]) as cluster:
        host, _, port = cluster.bootstrap_servers.partition(":")
        assert host == "localhost"
        socket.create_connection((host, int(port))).close()
    port = free_port(2)
    with Cluster(brokers=2, listen=f"127.0.0.1:{port}") as cluster:
        assert cluster.bootstrap_servers == f"127.0.0.1:{port},127.0.0.1:{port + 1}"


@pytest.mark.skipif(not socket.has_ipv6, reason="this system has no IPv6")
def test_listening_at_an_ipv6_address():
    with Cluster(listen="[::1]:0") as cluster:
        assert cluster.bootstrap_servers.startswith("[::1]:")


def test_a_port_that_is_taken_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        cluster = Cluster(port=port)
        message = f"cannot listen on 127.0.0.1:{port}: the port is in use; stop what uses it, or choose one with port= or listen="
        with pytest.raises(ClusterError, match=re.escape(message)):
            cluster.start()
    assert "closed" in repr(cluster)
    cluster.close()


def test_sockets_that_are_forbidden_are_one_sentence(monkeypatch):
    class SocketBlockedError(RuntimeError):
        __module__ = "pytest_socket"

    def forbidden(*_, **__):
        raise SocketBlockedError("A test tried to use socket.socket.")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socketpair", forbidden)
        with pytest.raises(ClusterError, match=r"tried to use socket.socket. Mark the test with @pytest.mark.enable_"):
            Cluster().start()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"port": "9092"}, "port must be a number from 0 (any free port) to 65535, not '9092'"),
        ({"port": True}, "port must be a number"),
        ({"port": 65_536}, "to 65535, not 65536"),
        ({"port": 65_535, "brokers": 2}, "to 65534, not 65535"),
        ({"port": 1, "listen": "0.0.0.0:1"}, 'port and listen exclude each other; write listen="HOST:1"'),
        ({"listen": "9092"}, "listen must be \"HOST:PORT\" with a port from 0 to 65535, not '9092'"),
        ({"listen": 9092}, 'listen must be "HOST:PORT"'),
        ({"listen": "localhost:http"}, 'listen must be "HOST:PORT"'),
        ({"data": ""}, "data must name a directory, which is made if it is missing, not ''"),
        ({"data": 3}, "data must name a directory"),
    ],
)
def test_arguments_that_are_none(arguments, message):
    with pytest.raises(ClusterError, match=re.escape(message)):
        Cluster(**arguments)


def test_one_that_could_not_be_made_is_no_trouble_afterwards(capfd, monkeypatch):
    unraisable = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    with pytest.raises(TypeError, match="unexpected keyword argument 'prot'"):
        Cluster(prot=1)
    with pytest.raises(ClusterError):
        Cluster(brokers=0)
    with pytest.raises(ClusterError, match="cannot listen"):
        Cluster(listen="192.0.2.1:1").start()
    assert unraisable == []
    assert capfd.readouterr().err == ""


# What it keeps


def test_a_directory_keeps_everything_for_the_next_one(tmp_path):
    directory = tmp_path / "kafka"
    with Cluster(data=directory, topics={"orders": 2}) as cluster:
        cluster.extend("orders", [b"tea", b"cake"])
        taken = cluster.snapshot()
        assert [[*(log.topic for log in taken.logs)].count("orders")] == [2]
        for act in (cluster.reset, lambda: cluster.restore(taken)):
            with pytest.raises(ClusterError, match=r"would delete what .*kafka keeps; close this cluster, and start"):
                act()
        with pytest.raises(ClusterError, match=r"in use|stop what uses it"):
            Cluster(data=str(directory)).start()
    with Cluster(data=str(directory), topics={"orders": 2}) as cluster:
        assert sorted(record.value for record in cluster.records("orders")) == [b"cake", b"tea"]
    with pytest.raises(ClusterError, match="begins with what its directory holds; leave out snapshot="):
        Cluster(data=directory, snapshot=taken)
    with Cluster(snapshot=taken) as cluster:
        assert len(cluster.records("orders")) == 2


# What it is


def test_a_copy_is_the_same_cluster():
    with Cluster(topics=["t"]) as cluster:
        assert copy.copy(cluster) is cluster
        assert copy.deepcopy({"kafka": [cluster]})["kafka"][0] is cluster
        with pytest.raises(TypeError, match="cannot be pickled; another process reaches it by its bootstrap_servers"):
            pickle.dumps(cluster)
        assert len(cluster.topics()) == 1


def test_start_gives_the_cluster():
    cluster = Cluster(topics=["t"]).start()
    assert [topic.name for topic in cluster.topics()] == ["t"]
    with cluster as same:
        assert same is cluster
    assert "closed" in repr(cluster)
    with pytest.raises(ClusterError, match="a cluster starts once"), cluster:
        raise AssertionError


def test_an_error_comes_from_the_line_that_asked():
    with Cluster(topics=["t"]) as cluster:
        for act in (lambda: cluster.topic("x"), lambda: cluster.wait_for_records("t", timeout_s=0.01)):
            with pytest.raises((ClusterError, TimeoutError)) as raised:
                act()
            shown = raised.traceback.filter(raised)
            assert {str(entry.path) for entry in shown} == {__file__}
            assert "actions.py" not in "".join(traceback.format_exception(raised.value))


# Topics that are not there


def test_append_creates_a_topic_where_a_producer_would():
    with Cluster(config={"num.partitions": 3}) as cluster:
        assert cluster.append("orders", b"tea").value == b"tea"
        assert len(cluster.topic("orders").partitions) == 3
        assert len(cluster.extend("audit", [b"1", b"2"])) == 2
        with pytest.raises(ClusterError, match="cannot create the topic 'a b': INVALID_TOPIC_EXCEPTION"):
            cluster.append("a b", b"v")
    with Cluster(config={"auto.create.topics.enable": False}) as cluster:
        with pytest.raises(ClusterError, match=r"no topic 'orders', there are none yet; create it with create_topic"):
            cluster.append("orders", b"tea")
        assert cluster.topics() == []


def test_append_tells_the_time_that_the_broker_gave():
    with Cluster(config={"log.message.timestamp.type": "LogAppendTime"}) as cluster:
        assert cluster.append("t", b"v", timestamp_ms=1).timestamp_ms == cluster.records("t")[0].timestamp_ms > 1
