"""How long `kwire serve` takes to stop, and what the next start finds."""

import logging
import signal
import time
from contextlib import suppress

import trio

from kwire.app import CLOSES_WITHOUT_A_WORD_S, running
from kwire.client.connection import ConnectionClosed, connected
from kwire.env import Env
from kwire.settings import Address, BrokerSetting, Settings
from kwire.storage.memory import MemoryStore
from tests.kit.many_partitions import create, errors, read, write

PARTITIONS = 1000
CONTAINERS_WAIT_S = 10
"""Docker waits this long between SIGTERM and SIGKILL."""


def test_a_thousand_written_partitions_stop_in_time_with_clients_at_work(serve, tmp_path):
    broker = serve("--data", str(tmp_path / "data"))
    took_s = trio.run(fill_and_stop, broker)
    code, _, said = broker.stop()
    assert code == 0
    assert "Traceback" not in said
    assert took_s["stop"] < max(CONTAINERS_WAIT_S, 2 * took_s["write"]), took_s  # the second where the machine is slow

    again = serve("--data", str(tmp_path / "data"))
    assert trio.run(read_all, again) == PARTITIONS
    code, _, said = again.stop()
    assert code == 0
    assert "recover" not in said
    assert "WARNING" not in said
    assert "ERROR" not in said


async def fill_and_stop(broker):
    """Return the seconds for the first records, and from the signal to the end, while clients are at work."""
    address = broker.host, broker.port
    async with trio.open_nursery() as nursery, connected(*address) as client:
        idle = [await trio.open_tcp_stream(*address) for _ in range(20)]
        await create(client, PARTITIONS)
        began_s = time.monotonic()
        for start in range(0, PARTITIONS, 500):
            assert not errors(await write(client, range(start, start + 500)))
        written_s = time.monotonic()
        for first in range(3):
            await nursery.start(write_on, address, range(first, PARTITIONS, 100))
        signalled_s = time.monotonic()
        broker.process.send_signal(signal.SIGTERM)
        await trio.to_thread.run_sync(broker.process.wait)
        stopped_s = time.monotonic()
        for stream in idle:
            await trio.aclose_forcefully(stream)
    return {"write": written_s - began_s, "stop": stopped_s - signalled_s}


async def write_on(address, partitions, task_status):
    async with connected(*address) as client:
        assert not errors(await write(client, partitions))
        task_status.started()
        with suppress(ConnectionClosed):
            while not errors(await write(client, partitions)):
                pass


async def read_all(broker):
    """Count the partitions with records."""
    async with connected(broker.host, broker.port) as client:
        rows = [row for start in range(0, PARTITIONS, 500) for row in await read(client, range(start, start + 500))]
    assert not errors(rows)
    return sum(bool(row.records) for row in rows)


class SlowStore(MemoryStore):
    """A store that takes so long to close that its progress is logged."""

    def progress(self):
        return "3 of 5 are written"

    def close(self):
        time.sleep(CLOSES_WITHOUT_A_WORD_S + 0.2)  # real time, for the log line is about that
        super().close()


async def test_a_stop_that_takes_longer_than_a_second_says_how_far_it_is(caplog):
    store = SlowStore(Env())
    store.start()
    caplog.set_level(logging.INFO, "kwire")
    async with running(Settings((BrokerSetting(listen=(Address("127.0.0.1", 0),)),)), store=store):
        assert not caplog.records
    assert [record.getMessage() for record in caplog.records] == ["closing the logs: 3 of 5 are written"]
