"""`kwire serve` where open files are scarce: thousands of partitions and connections share few descriptors."""

import os
import socket
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import trio

from kwire.client.connection import Client, connected
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest
from kwire.protocol.messages.metadata import MetadataRequest
from tests.cli.test_serve import failing
from tests.kit.many_partitions import TOPIC, create, errors, read, write

if sys.platform != "linux":
    pytest.skip("only Linux tells what a process has open", allow_module_level=True)

import resource

PATIENCE_S = 0.5
"""A client without an answer this long after all others got theirs counts as waiting in the listener's backlog."""
UNHEARD = "kept clients waiting at"
CROWD = (512, 1200, 1500)
LARGE_CROWD = (1024, 2000, 5000)
"""Open files, connections, partitions."""


def open_files(broker):
    return len(list(Path(f"/proc/{broker.process.pid}/fd").iterdir()))


def cpu_s(broker):
    fields = Path(f"/proc/{broker.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def fill(client, partitions, step=500):
    """Write one record to each partition."""
    await create(client, partitions)
    for start in range(0, partitions, step):
        assert not errors(await write(client, range(start, min(start + step, partitions))))


async def count_records(client, partitions, step=500):
    """Count the partitions that have a record at offset 0."""
    found = 0
    for start in range(0, partitions, step):
        rows = await read(client, range(start, min(start + step, partitions)))
        assert not errors(rows)
        found += sum(bool(row.records) for row in rows)
    return found


@asynccontextmanager
async def many_connections(broker, count):
    """Open this many connections, accepted or not."""
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(count):
            client = Client(await trio.open_tcp_stream(broker.host, broker.port))
            clients.append(await stack.enter_async_context(client))
        yield clients


async def heard(clients, at_least):
    """Return the clients that get an answer."""
    answered = []
    enough = trio.Event()

    async def ask(client):
        await client.request(MetadataRequest(topics=[]), 9)
        answered.append(client)
        if len(answered) >= at_least:
            enough.set()

    async with trio.open_nursery() as nursery:
        for client in clients:
            nursery.start_soon(ask, client)
        with trio.fail_after(60):
            await enough.wait()
        if at_least < len(clients):
            await trio.sleep(PATIENCE_S)  # that no other client gets an answer shows only by the time
        nursery.cancel_scope.cancel()
    return answered


def test_the_soft_limit_becomes_the_hard_one(serve):
    broker = serve(ulimit="-Sn 256")
    soft, hard = resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE)
    assert soft == hard > 256


def test_four_hundred_partitions_under_two_hundred_and_fifty_six(serve, tmp_path):
    broker = serve("--data", str(tmp_path / "data"), ulimit="-n 256")

    async def use():
        async with connected(broker.host, broker.port) as client:
            await fill(client, 400)
            assert open_files(broker) < 200
            async with many_connections(broker, 150) as clients:
                await heard(clients, 150)
                assert await count_records(client, 400, step=400) == 400
                assert not errors(await write(client, range(400)))
            assert open_files(broker) < 256

    trio.run(use)
    code, _, said = broker.stop()
    assert (code, "Traceback" in said, UNHEARD in said) == (0, False, False), said
    assert (tmp_path / "data" / ".kafka_cleanshutdown").exists()


@pytest.mark.timeout(300)
def test_more_connections_and_partitions_than_open_files(serve, tmp_path, request):
    """Clients for which there is room are served; the others wait, which is logged once and costs no CPU."""
    allowed, connections, partitions = LARGE_CROWD if request.config.getoption("--large-crowd", False) else CROWD
    most = int(allowed * 0.88)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    backlog = f"socket.listen.backlog.size={connections}"  # who finds it full is not even connected
    broker = serve("--data", str(tmp_path / "data"), "--config", backlog, ulimit=f"-n {allowed}")

    async def use():
        async with connected(broker.host, broker.port) as client:
            await fill(client, partitions)
            async with many_connections(broker, connections) as clients:
                served = await heard(clients, most)
                assert len(served) < allowed
                assert await count_records(client, partitions) == partitions
                assert not errors(await write(client, range(0, partitions, 3)))
                before_s, began_s = cpu_s(broker), time.monotonic()
                await trio.sleep(1)  # an idle second, in which waiting clients must cost nearly no CPU
                assert cpu_s(broker) - before_s < 0.3 * (time.monotonic() - began_s)
                for one in served:
                    await one.aclose()
                waiting = [one for one in clients if one not in served]
                await heard(waiting, min(most, len(waiting)))
        async with connected(broker.host, broker.port) as client:
            assert await count_records(client, partitions) == partitions

    trio.run(use)
    code, _, said = broker.stop()
    assert (code, "Traceback" in said) == (0, False), said
    assert 1 <= said.count(UNHEARD) <= 2, said  # a second line at the end counts the repetitions
    assert f"no more than {allowed} open files and connections; raise the limit (ulimit -n)" in said


def test_a_limit_that_is_lowered_while_it_runs(serve, tmp_path):
    broker = serve("--data", str(tmp_path / "data"), "--topic", "other", ulimit="-n 1024")

    async def use():
        async with connected(broker.host, broker.port) as client:
            await fill(client, 400)
            resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, (128, 1024))
            async with many_connections(broker, 10) as clients:
                await heard(clients, 10)
            assert not errors(await write(client, range(400)))
            assert await count_records(client, 400, step=400) == 400
            assert open_files(broker) < 128

    trio.run(use)
    code, _, said = broker.stop()
    assert (code, "Traceback" in said, "ERROR" in said) == (0, False, False), said


def test_topics_are_deleted_while_their_files_give_way(serve, tmp_path):
    broker = serve("--data", str(tmp_path / "data"), "--config", "log.segment.delete.delay.ms=0", ulimit="-n 128")

    async def use():
        async with (
            connected(broker.host, broker.port) as client,
            connected(broker.host, broker.port) as other,
            many_connections(broker, 60) as clients,
        ):
            for _ in range(3):
                await fill(client, 300)
                assert await count_records(other, 300, step=300) == 300
                await client.request(DeleteTopicsRequest(topic_names=[TOPIC], timeout_ms=5000), 4)
            await heard(clients, 60)

    trio.run(use)
    code, _, said = broker.stop()
    assert (code, "Traceback" in said, "ERROR" in said) == (0, False, False), said


def test_connections_that_come_and_go_find_room(serve):
    broker = serve(ulimit="-n 128")
    for _ in range(5):
        left = [socket.create_connection((broker.host, broker.port), 5) for _ in range(150)]
        for one in left:
            one.close()

    async def use():
        async with connected(broker.host, broker.port) as client:
            with trio.fail_after(5):
                await client.request(MetadataRequest(topics=[]), 9)

    trio.run(use)
    code, _, said = broker.stop()
    assert (code, "Traceback" in said) == (0, False), said
    assert said.count(UNHEARD) <= 2


def test_a_limit_too_low_for_a_broker_is_one_clear_line():
    code, said = failing("serve", "--listen", "127.0.0.1:0", preexec_fn=few_files)
    assert code == 1
    assert "may have 40 open files and connections, too few for a broker; raise the limit (ulimit -n 1024)" in said


def few_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
