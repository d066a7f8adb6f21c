"""Logs whose files cannot be opened or read: clients are told, and once a minute whoever runs the broker."""

import errno
from dataclasses import replace

import pytest

from kwire.api import fetch, list_offsets, produce
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.registry import StoreOptions, make_store
from tests.kit.cluster import START_MS, ManualClock, build_cluster, build_env, context_of, create_topic
from tests.kit.faulty_files import FaultyFiles

TIMES_S = (0, 1, 59, 60, 61)


class Stored:
    """A broker over a data directory, whose files fail when the test says so."""

    def __init__(self, path):
        self.clock = ManualClock()
        self.files = FaultyFiles()
        self.env = replace(build_env(self.clock), files=self.files)
        self.path = path
        self.open()

    def open(self):
        self.store = make_store(f"file:{self.path}", self.env, StoreOptions(node_id=1))
        self.store.start()
        self.cluster = build_cluster(env=self.env, store=self.store)

    async def create(self):
        await create_topic(self.cluster, "truck_gps")
        assert await self.produce() == ErrorCode.NONE

    def reopen(self):
        self.cluster.close()
        self.open()

    async def produce(self):
        batch = memoryview(encode_batch([Record(0, START_MS, b"truck-1", b"position", [])]))
        topic = TopicProduceData(name="truck_gps", partition_data=[PartitionProduceData(index=0, records=batch)])
        asked = ProduceRequest(acks=-1, timeout_ms=1000, topic_data=[topic])
        response = await produce.handle(asked, context_of(self.cluster, 9))
        return response.responses[0].partition_responses[0].error_code

    async def fetch(self):
        asked = FetchRequest(
            max_bytes=1 << 20,
            min_bytes=1,
            session_epoch=-1,
            topics=[FetchTopic("truck_gps", partitions=[FetchPartition(partition=0, partition_max_bytes=1 << 20)])],
        )
        response = await fetch.handle(asked, context_of(self.cluster, 11))
        row = response.responses[0].partitions[0]
        if row.records:
            row.records.close()
        return row.error_code

    async def list_offsets(self):
        partition = ListOffsetsPartition(partition_index=0, timestamp=START_MS)
        asked = ListOffsetsRequest(replica_id=-1, topics=[ListOffsetsTopic("truck_gps", partitions=[partition])])
        response = await list_offsets.handle(asked, context_of(self.cluster, 6))
        return response.topics[0].partitions[0].error_code


@pytest.fixture
async def stored(tmp_path):
    made = Stored(tmp_path)
    await made.create()
    yield made
    made.files.heal()
    made.cluster.close()


def said(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "kwire.broker.partition"]


@pytest.mark.parametrize("request_", ["fetch", "list_offsets"])
async def test_a_log_that_cannot_be_read_is_told_once_a_minute(stored, caplog, request_):
    stored.files.faults["pread"] = errno.EIO
    stored.files.only_path = "truck_gps-0"
    for seconds in TIMES_S:
        stored.clock.elapsed_s = seconds
        assert await getattr(stored, request_)() == ErrorCode.KAFKA_STORAGE_ERROR
    lines = said(caplog)
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("clients of truck_gps-0 get KAFKA_STORAGE_ERROR: cannot ")
        assert "Input/output error" in line
    stored.files.heal()
    assert await getattr(stored, request_)() == ErrorCode.NONE


@pytest.mark.parametrize("request_", ["produce", "fetch", "list_offsets"])
async def test_a_log_that_cannot_be_opened_is_told_once_a_minute(stored, caplog, request_):
    stored.reopen()
    stored.files.faults["open"] = errno.EACCES
    stored.files.only_path = "truck_gps-0"
    for seconds in TIMES_S:
        stored.clock.elapsed_s = seconds
        assert await getattr(stored, request_)() == ErrorCode.KAFKA_STORAGE_ERROR
    lines = said(caplog)
    assert len(lines) == 2
    for line in lines:
        assert line.startswith(f"clients of truck_gps-0 get KAFKA_STORAGE_ERROR: cannot open {stored.path}/")
        assert "Permission denied" in line
    stored.files.heal()
    assert await getattr(stored, request_)() == ErrorCode.NONE
