"""Who is told that `kwire serve` serves: a ready file, a service manager. And that it is true."""

import json
import os
import select
import socket
import subprocess
import sys
import time

import pytest

from kwire.app import running
from kwire.client.connection import connected
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kwire.protocol.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestTopic
from kwire.settings import Address, BrokerSetting, Settings, TopicSetting

needs_unix_sockets = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")


GROUPS = ("a", "b", "c")
PARTITIONS = 500


def awaited(path):
    """What the ready file says, as soon as it is there."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            return json.loads(path.read_bytes())
        except FileNotFoundError:
            time.sleep(0.001)
    raise AssertionError("it never became ready")


async def test_the_first_request_after_the_ready_file_finds_topics_and_records(tmp_path, runtime):
    (tmp_path / "records").mkdir()
    lines = "".join(f'{{"value": "{number}", "partition": 0}}\n' for number in range(2000))
    (tmp_path / "records" / "loaded.jsonl").write_text(lines)
    ready = tmp_path / "ready"
    ready.write_text('{"bootstrap": "127.0.0.1:1"}')  # of an earlier process, which was killed
    command = [sys.executable, "-m", "kwire", "serve", "--listen", "127.0.0.1:0", "--brokers", "2", "--topic", "t:3"]
    command += ["--load", str(tmp_path / "records"), "--ready-file", str(ready)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, **pipes)  # noqa: ASYNC220 - nothing else runs here
    try:
        while (facts := awaited(ready))["bootstrap"] == "127.0.0.1:1":
            time.sleep(0.001)  # noqa: ASYNC251 - nothing else runs here
        assert facts["pid"] == process.pid
        assert [broker["id"] for broker in facts["brokers"]] == [1, 2]
        assert facts["bootstrap"] == ",".join(f"127.0.0.1:{broker['port']}" for broker in facts["brokers"])
        async with connected("127.0.0.1", facts["brokers"][0]["port"]) as client:
            topics = [MetadataRequestTopic(name=name) for name in ("t", "loaded")]
            told = await client.request(MetadataRequest(topics=topics, allow_auto_topic_creation=False), 12)
            assert told.cluster_id == facts["cluster_id"]
            assert [(topic.error_code, len(topic.partitions)) for topic in told.topics] == [(0, 3), (0, 1)]
            leader = told.topics[1].partitions[0].leader_id
        async with connected("127.0.0.1", facts["brokers"][leader - 1]["port"]) as client:
            partition = FetchPartition(partition=0, fetch_offset=1999, partition_max_bytes=1 << 20)
            fetch = FetchRequest(topics=[FetchTopic(topic="loaded", partitions=[partition])], session_epoch=-1)
            (row,) = (await client.request(fetch, 12)).responses[0].partitions
            assert (row.error_code, row.high_watermark) == (0, 2000)
            assert len(row.records) > 0
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert not ready.exists()
    assert list(tmp_path.iterdir()) == [tmp_path / "records"]


async def commit(client, group_id):
    partitions = [OffsetCommitRequestPartition(partition_index=n, committed_offset=7) for n in range(PARTITIONS)]
    topics = [OffsetCommitRequestTopic(name="t", partitions=partitions)]
    response = await client.request(OffsetCommitRequest(group_id=group_id, topics=topics), 8)
    assert {row.error_code for topic in response.topics for row in topic.partitions} == {ErrorCode.NONE}


@pytest.mark.parametrize("waits", [True, False])
async def test_stored_groups_are_loaded_when_it_says_so(tmp_path, monkeypatch, waits):
    """Without the wait, the same request finds them being loaded: the test would not notice otherwise."""
    monkeypatch.setattr("kwire.coordinator.runtime.LOADED_AT_ONCE_BYTES", 0)
    monkeypatch.setattr("kwire.coordinator.loading.REPLAYED_RECORDS", 1)  # a step each
    one = (BrokerSetting(listen=(Address("127.0.0.1", 0),)),)
    chosen = Settings(one, data=str(tmp_path / "data"), topics=(TopicSetting("t", PARTITIONS),))
    async with running(chosen) as started, connected(*started.addresses[0]) as client:
        for group_id in GROUPS:
            found = await client.request(FindCoordinatorRequest(key_type=0, coordinator_keys=[group_id]), 4)
            assert found.coordinators[0].error_code == ErrorCode.NONE
            await commit(client, group_id)
    async with running(chosen) as started:
        if waits:
            await started.cluster.groups.wait_loaded()
        codes = set()
        async with connected(*started.addresses[0]) as client:
            for group_id in GROUPS:
                topics = [OffsetFetchRequestTopic(name="t", partition_indexes=[3])]
                fetched = await client.request(OffsetFetchRequest(group_id=group_id, topics=topics), 7)
                codes.add(fetched.error_code)
                if waits:
                    assert fetched.topics[0].partitions[0].committed_offset == 7
    assert (ErrorCode.COORDINATOR_LOAD_IN_PROGRESS in codes) is not waits
    assert waits is False or codes == {ErrorCode.NONE}


def test_a_ready_file_that_another_process_took_over_is_left(serve, tmp_path):
    ready = tmp_path / "ready"
    first = serve("--ready-file", str(ready))
    second = serve("--ready-file", str(ready))
    assert first.stop()[0] == 0
    assert awaited(ready)["pid"] == second.process.pid
    assert second.stop()[0] == 0
    assert not ready.exists()


def test_a_ready_file_that_cannot_be_is_one_clear_line(tmp_path):
    for path, said in (
        (tmp_path, "cannot replace the ready file"),
        (tmp_path / "no" / "r", "cannot write the ready file"),
    ):
        command = [sys.executable, "-m", "kwire", "serve", "--listen", "127.0.0.1:0", "--ready-file", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(f"kwire: {said} {path}: ")
        assert done.stderr.count("\n") == 1


@pytest.fixture(params=["a path", "an abstract name"])
def manager(request, tmp_path):
    """A service manager's socket, and its name as NOTIFY_SOCKET has it."""
    name = str(tmp_path / "notify") if request.param == "a path" else f"@kwire-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.settimeout(20)
        yield listening, name


@needs_unix_sockets
@pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")
def test_a_service_manager_is_told(serve, manager):
    listening, name = manager
    broker = serve(NOTIFY_SOCKET=name, WATCHDOG_USEC="200000")
    assert listening.recv(1000) == f"READY=1\nSTATUS=listens on {broker.bootstrap}".encode()
    told = [listening.recv(1000) for _ in range(5)]
    assert told == [b"WATCHDOG=1"] * 5
    assert broker.stop()[0] == 0
    while (last := listening.recv(1000)) == b"WATCHDOG=1":
        pass
    assert last == b"STOPPING=1"


@needs_unix_sockets
@pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")
def test_without_a_watchdog_of_ours_only_ready_and_stopping_are_told(serve, manager):
    listening, name = manager
    broker = serve(NOTIFY_SOCKET=name, WATCHDOG_USEC="1000", WATCHDOG_PID="1")
    assert listening.recv(1000).startswith(b"READY=1\n")
    assert select.select([listening], [], [], 0.3)[0] == []
    assert broker.stop()[0] == 0
    assert listening.recv(1000) == b"STOPPING=1"


@needs_unix_sockets
def test_a_service_manager_that_does_not_listen_is_a_warning(serve, tmp_path):
    broker = serve(NOTIFY_SOCKET=str(tmp_path / "nobody"), KWIRE_LOG_LEVEL="error")
    assert broker.stop()[0] == 0
