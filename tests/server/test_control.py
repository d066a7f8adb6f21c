"""The control socket: where it is, who may use it, what it answers."""

import os
import socket
import stat
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import trio

from kwire.app import running
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.server import control, control_socket
from kwire.server.control_socket import NotReachable, ask, in_runtime_directory, listen, path_of, remove
from kwire.settings import Address, BrokerSetting, CannotStart, Settings
from tests.kit.cluster import create_topic


@pytest.fixture
def directory():
    """A directory with a short path, as that of a socket has to be."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        yield Path(made)


@pytest.fixture
def runtime(directory, monkeypatch):
    """A runtime directory of the test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(directory))
    return directory / "kwire"


@pytest.fixture
def path(directory):
    return str(directory / "c.sock")


@pytest.fixture
async def two(path):
    """Two brokers, t led by 1 and u by 2, and what the control socket answers."""
    brokers = tuple(BrokerSetting(node_id, (Address("127.0.0.1", 0),)) for node_id in (1, 2))
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(running(Settings(brokers)))
        await create_topic(started.cluster, "t", assignments=[[1, 2]])
        await create_topic(started.cluster, "u", assignments=[[2]])
        nursery = await stack.enter_async_context(trio.open_nursery())
        bound = listen(path)
        nursery.start_soon(control.serve, bound, started.brokers)
        yield started
        nursery.cancel_scope.cancel()
        remove(bound, path)


async def asked(path, **request):
    return await trio.to_thread.run_sync(lambda: ask(path, request))


def row(started, node_id, **facts):
    return {"id": node_id, "addresses": [str(started.addresses[node_id - 1])], **facts}


async def test_brokers_are_listed_stopped_and_started(two, path):
    first = row(two, 1, running=True, leads=1, in_sync=1, replicas=1)
    second = row(two, 2, running=True, leads=1, in_sync=2, replicas=2)
    assert await asked(path, command="list") == {"brokers": [first, second]}
    stopped = await asked(path, command="stop", broker=1)
    assert [one["running"] for one in stopped["brokers"]] == [False, True]
    assert [one["leads"] for one in stopped["brokers"]] == [0, 2]
    assert await asked(path, command="start", broker=1) == {"brokers": [first, second]}


async def test_what_cannot_be_done_is_one_sentence(two, path, monkeypatch):
    assert await asked(path, command="stop", broker=7) == {"error": "there is no broker 7; this cluster has 1, 2"}
    assert await asked(path, command="stop") == {"error": "there is no broker None; this cluster has 1, 2"}
    assert await asked(path, command="dance") == {
        "error": "there is no command 'dance'; there are list, start and stop"
    }
    assert await asked(path) == {"error": "that is no request"}

    def full_disk(node_id):
        raise ApiError(ErrorCode.KAFKA_STORAGE_ERROR, "the disk is full")

    monkeypatch.setattr(two.cluster.controller, "stop_broker", full_disk)
    assert await asked(path, command="stop", broker=1) == {"error": "broker 1 cannot stop: the disk is full"}
    assert two.cluster.brokers[1].running


async def test_a_bug_ends_one_answer_and_nothing_else(two, path, monkeypatch, caplog):
    async def stop(node_id):
        raise ZeroDivisionError

    monkeypatch.setattr(two.brokers, "stop", stop)
    with pytest.raises(NotReachable, match="no answer"):
        await asked(path, command="stop", broker=1)
    assert "bug while answering kwire broker" in caplog.text
    assert "brokers" in await asked(path, command="list")


@pytest.mark.parametrize("sent", [b"\n", b"no json\n", b"[1]\n", b"\xff\n", b"", b"x" * 5000])
async def test_nonsense_is_answered_and_disturbs_nobody(two, path, sent):
    async with await trio.open_unix_socket(path) as stream:
        await stream.send_all(sent)
        await stream.send_eof()
        assert await stream.receive_some() == b'{"error": "that is no request"}\n'
    assert "brokers" in await asked(path, command="list")


async def test_a_client_that_says_nothing_or_goes_away_disturbs_nobody(two, path):
    async with await trio.open_unix_socket(path):
        assert "brokers" in await asked(path, command="list")
    stream = await trio.open_unix_socket(path)
    await stream.send_all(b'{"command": "list"}\n')
    await stream.aclose()
    assert "brokers" in await asked(path, command="list")


def test_only_the_owner_may_use_it(path):
    bound = listen(path)
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    remove(bound, path)
    assert not os.path.lexists(path)
    remove(bound, path)


def test_the_socket_of_a_killed_process_is_replaced_one_that_is_answered_is_not(path):
    listen(path).close()
    assert os.path.lexists(path)
    bound = listen(path)
    with pytest.raises(CannotStart, match="in use by another cluster"):
        listen(path)
    remove(bound, path)


def test_where_it_cannot_be(directory, path):
    (directory / "c.sock").write_text("mine")
    with pytest.raises(CannotStart, match="something else is there"):
        listen(path)
    assert (directory / "c.sock").read_text() == "mine"
    with pytest.raises(CannotStart, match="No such file or directory"):
        listen(str(directory / "nowhere" / "c.sock"))
    with pytest.raises(CannotStart, match="longer than 103 bytes"):
        listen(f"{directory}/{'x' * 104}")


def test_a_system_without_unix_sockets_says_so(path, monkeypatch):
    monkeypatch.setattr(control_socket, "SUPPORTED", False)
    with pytest.raises(CannotStart, match="no Unix sockets"):
        listen(path)
    with pytest.raises(NotReachable, match="no Unix sockets"):
        ask(path, {})
    monkeypatch.delattr(control_socket.os, "getuid")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with pytest.raises(CannotStart, match="no Unix sockets"):
        listen(path_of(None, "127.0.0.1", 9092))


def test_a_directory_has_its_socket_in_it_if_its_path_is_short(runtime):
    assert path_of("/d", "", 0) == "/d/control.sock"
    assert path_of("d", "", 0) == str(Path.cwd() / "d/control.sock")
    deep = "/d" * 60
    assert Path(path_of(deep, "", 0)).parent == runtime
    assert path_of(deep, "", 0) == path_of(deep + "/", "", 0) != path_of(deep + "/e", "", 0)


def test_a_cluster_in_memory_is_told_by_its_address(runtime):
    assert path_of(None, "127.0.0.1", 9092) == f"{runtime}/127.0.0.1-9092.sock"
    assert path_of(None, "", 9092) == f"{runtime}/any-9092.sock"
    assert path_of(None, "::1", 9092) == f"{runtime}/__1-9092.sock"


def test_without_a_runtime_directory_there_is_one_per_user(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert control_socket.runtime_directory() == f"{tmp_path}/kwire-{os.getuid()}"


def test_the_runtime_directory_is_made_for_its_owner_only(runtime):
    assert list(in_runtime_directory()) == []
    path = path_of(None, "h", 1)
    bound = listen(path)
    assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
    listen(path_of(None, "h", 2)).close()
    assert list(in_runtime_directory()) == [path]
    remove(bound, path)
    runtime.chmod(0o770)
    with pytest.raises(CannotStart, match="not a directory that only you can use"):
        listen(path)


def test_nobody_answers(path):
    with pytest.raises(NotReachable, match=f"no running cluster answers at {path}: No such file or directory"):
        ask(path, {})
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        with pytest.raises(NotReachable, match="Connection refused"):
            ask(path, {})
