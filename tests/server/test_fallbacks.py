"""Produce and Fetch over a socket where the system lacks writev, pread, preadv, sendfile or sendmsg, or is Windows."""

import socket
from dataclasses import replace

import pytest
import trio

from kwire.client.connection import Client
from kwire.files import OsFiles
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.batch import patch_offset
from kwire.protocol.records.record import Record, encode_batch
from kwire.server import transport
from kwire.server.server import Server
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import build_cluster, build_env, create_topic
from tests.kit.faulty_files import StubbornFiles

FILES = {
    "system": OsFiles,
    "fallbacks": lambda: OsFiles(vectored=False, positioned=False, nowait=False),
    "stubborn": StubbornFiles,
}
SIZES = (10, 20_000, 300_000)
"""Copied, sent by sendfile, and longer than a socket's buffer."""


def send_one_part(self, parts, flags):
    return self._socket.send(parts[0], flags)


@pytest.fixture(params=["sendfile and sendmsg", "neither"])
def calls(request, monkeypatch):
    if request.param == "neither":
        monkeypatch.setattr(transport, "_HAS_SENDFILE", False)
        monkeypatch.setattr(transport, "_MORE_FOLLOWS", 0)
        monkeypatch.setattr(transport.SocketTransport, "_send_some", send_one_part)


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize("files", FILES)
async def test_what_was_produced_is_fetched(tmp_path, files):
    env = replace(build_env(), files=FILES[files]())
    store = SegmentStore(str(tmp_path / "data"), env)
    store.start()
    cluster = build_cluster(env=env, store=store)
    await create_topic(cluster, "truck_gps", configs={"retention.ms": "-1", "segment.ms": "3600000"})
    server = Server(cluster, 1, [])
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    served = transport.SocketTransport(theirs, env.run_blocking)
    sent = b""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.serve_transport, served, ("10.0.0.7", 50_000), ("127.0.0.1", 9092))
        async with Client(trio.SocketStream(trio.socket.from_stdlib_socket(ours))) as client:
            for number, size in enumerate(SIZES):
                batch = encode_batch([Record(0, env.wall_ms(), None, bytes(size))])
                data = [PartitionProduceData(records=bytes(batch))]
                request = ProduceRequest(acks=-1, topic_data=[TopicProduceData("truck_gps", partition_data=data)])
                row = (await client.request(request, 9)).responses[0].partition_responses[0]
                assert (row.error_code, row.base_offset) == (0, number)
                patch_offset(batch, number, 0)
                sent += batch
            partition = FetchPartition(partition_max_bytes=1_000_000)
            request = FetchRequest(topics=[FetchTopic("truck_gps", partitions=[partition])])
            fetched = (await client.request(request, 12)).responses[0].partitions[0]
            assert bytes(fetched.records) == sent
    cluster.close()
