"""Produce through its handler: rows as Kafka's, by name and by id, and what acks=0 does."""

import dataclasses
from itertools import count

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from kwire.api import produce
from kwire.api.context import CloseConnection
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.produce import (
    PartitionProduceData,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
)
from kwire.protocol.records.compression import Codec
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.port import Appended, StorageError
from tests.kit.cluster import build_cluster, build_env

UNKNOWN_ID = bytes(15) + b"\x01"


def request(*partitions, topic="truck_gps", topic_id=bytes(16), acks=-1, transactional_id=None):
    data = [PartitionProduceData(index=index, records=records) for index, records in partitions]
    return ProduceRequest(
        transactional_id=transactional_id,
        acks=acks,
        timeout_ms=1000,
        topic_data=[TopicProduceData(name=topic, topic_id=topic_id, partition_data=data)],
    )


async def answer(asked, context):
    """The rows of the only topic, after a way over the wire."""
    response = await produce.handle(asked, context)
    decoded = codec.decode(ProduceResponse, context.api_version, codec.encode(response, context.api_version))
    (topic,) = decoded.responses
    return topic.partition_responses


async def only_row(asked, context):
    (row,) = await answer(asked, context)
    return row


def zstd():
    return memoryview(encode_batch([Record(0, 1, b"k", b"v")], compression=Codec.ZSTD))


def told(row):
    return row.error_code, row.base_offset, row.log_append_time_ms, row.log_start_offset, row.error_message


class TestRows:
    async def test_each_partition_gets_its_offsets(self, data_path, batch):
        await data_path.create("truck_gps", partitions=2)
        context = data_path.context(9)
        rows = await answer(request((0, batch(3)), (1, batch(2))), context)
        assert [told(row) for row in rows] == [(0, 0, -1, 0, None)] * 2
        rows = await answer(request((1, batch()), (0, batch())), context)
        assert [(row.index, row.base_offset) for row in rows] == [(1, 2), (0, 3)]

    @pytest.mark.parametrize("version", range(3, 13))
    async def test_every_version_by_name(self, data_path, batch, version):
        await data_path.create("truck_gps")
        row = await only_row(request((0, batch(3))), data_path.context(version))
        assert (row.error_code, row.base_offset) == (0, 0)
        assert data_path.partition("truck_gps", 0).high_watermark == 3

    async def test_by_id(self, data_path, batch):
        topic_id = await data_path.create("truck_gps")
        response = await produce.handle(request((0, batch()), topic="", topic_id=topic_id), data_path.context(13))
        (topic,) = response.responses
        assert topic.topic_id == topic_id
        assert topic.partition_responses[0].error_code == ErrorCode.NONE

    async def test_an_unknown_id_is_told_as_kafka_does(self, data_path, batch):
        row = await only_row(request((0, batch()), topic_id=UNKNOWN_ID), data_path.context(13))
        assert told(row) == (ErrorCode.UNKNOWN_TOPIC_ID, -1, -1, -1, None)

    async def test_unknown_topics_and_partitions(self, data_path, batch):
        topic_id = await data_path.create("truck_gps")
        row = await only_row(request((0, batch()), topic="nope"), data_path.context(9))
        assert told(row) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1, -1, None)
        row = await only_row(request((7, batch()), topic_id=topic_id), data_path.context(13))
        assert told(row) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1, -1, None)

    async def test_a_topic_without_partitions_gets_no_row(self, data_path):
        await data_path.create("truck_gps")
        response = await produce.handle(request(), data_path.context(9))
        assert response.responses == []

    @pytest.mark.parametrize("apart", [False, True])
    async def test_a_partition_that_is_named_twice_gets_the_last_batch(self, data_path, batch, apart):
        await data_path.create("truck_gps", partitions=2)
        asked = request((0, batch(3)), (1, batch(2)), (0, batch(5)), (7, batch()), (7, batch()))
        if apart:
            rows = asked.topic_data[0].partition_data
            asked.topic_data = [TopicProduceData(name="truck_gps", partition_data=[row]) for row in rows]
        rows = await answer(asked, data_path.context(9))
        assert [(row.index, row.error_code, row.base_offset) for row in rows] == [(0, 0, 0), (1, 0, 0), (7, 3, -1)]
        assert [data_path.partition("truck_gps", index).high_watermark for index in (0, 1)] == [5, 2]

    async def test_an_error_stays_in_its_row(self, data_path, batch):
        await data_path.create("truck_gps", partitions=2)
        rows = await answer(request((0, batch()), (9, batch()), (1, batch())), data_path.context(9))
        assert [row.error_code for row in rows] == [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0]

    async def test_acks_other_than_minus_one_to_one_are_refused(self, data_path, batch):
        await data_path.create("truck_gps")
        for acks in (2, -2):
            row = await only_row(request((0, batch()), acks=acks), data_path.context(9))
            assert told(row) == (ErrorCode.INVALID_REQUIRED_ACKS, -1, -1, -1, None)
            row = await only_row(request((0, batch()), acks=acks, topic="nope"), data_path.context(9))
            assert row.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    async def test_a_batch_that_cannot_be_one_is_refused_before_anything_else(self, data_path, batch):
        data_path.start_brokers(2)
        await data_path.create("truck_gps", replicas=[[2]])
        await data_path.create("__consumer_offsets")
        await data_path.create("few", configs={"min.insync.replicas": "2"}, replicas=[[1, 2]])
        data_path.stop_broker(2)
        refused = {"truck_gps": (2, 1), "__consumer_offsets": (1,), "few": (-1,)}
        codes = []
        for topic, several in refused.items():
            for acks in several:
                for records, code in (
                    (b"", ErrorCode.INVALID_RECORD),
                    (zstd(), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE),
                ):
                    row = await only_row(request((0, records), topic=topic, acks=acks), data_path.context(6))
                    assert told(row) == (code, -1, -1, -1, None)
                codes.append(
                    (await only_row(request((0, batch()), topic=topic, acks=acks), data_path.context(6))).error_code
                )
        assert [ErrorCode(code).name for code in codes] == [
            "INVALID_REQUIRED_ACKS",
            "NOT_LEADER_OR_FOLLOWER",
            "INVALID_TOPIC_EXCEPTION",
            "NOT_ENOUGH_REPLICAS",
        ]

    async def test_internal_topics_are_for_kafkas_tools(self, data_path, batch):
        await data_path.create("__consumer_offsets")
        asked = request((0, batch()), topic="__consumer_offsets")
        row = await only_row(asked, data_path.context(9))
        assert told(row) == (ErrorCode.INVALID_TOPIC_EXCEPTION, -1, -1, -1, None)
        context = data_path.context(9)
        context.client_id = "__admin_client"
        assert (await only_row(asked, context)).error_code == ErrorCode.NONE

    async def test_log_append_time_is_told(self, data_path, batch):
        await data_path.create("truck_gps", configs={"message.timestamp.type": "LogAppendTime"})
        row = await only_row(request((0, batch())), data_path.context(9))
        assert row.log_append_time_ms == data_path.now_ms

    async def test_the_log_start_offset_is_told(self, data_path, batch):
        await data_path.create("truck_gps")
        context = data_path.context(9)
        await only_row(request((0, batch(5))), context)
        data_path.partition("truck_gps", 0).delete_records(4)
        assert told(await only_row(request((0, batch())), context)) == (0, 5, -1, 4, None)


class TestBatches:
    async def test_records_without_keys_are_listed_for_a_compacted_topic(self, data_path, batch):
        await data_path.create("positions", configs={"cleanup.policy": "compact"})
        asked = request((0, batch(3, key=None)), topic="positions")
        row = await only_row(asked, data_path.context(9))
        assert row.error_code == ErrorCode.INVALID_RECORD
        text = "Compacted topic cannot accept message without key in topic partition positions-0"
        assert [(error.batch_index, error.batch_index_error_message) for error in row.record_errors] == [
            (index, text) for index in range(3)
        ]
        shown = ", ".join(f"RecordError(batchIndex={index}, message='{text}')" for index in range(3))
        assert row.error_message == (
            "One or more records have been rejected due to 3 record errors in total, and only showing the first three "
            f"errors at most: [{shown}]"
        )
        assert row.base_offset == -1

    async def test_timestamps_out_of_range_are_listed(self, data_path, batch):
        await data_path.create("truck_gps", configs={"message.timestamp.before.max.ms": "1000"})
        row = await only_row(request((0, batch(timestamp=data_path.now_ms - 1001))), data_path.context(9))
        assert row.error_code == ErrorCode.INVALID_TIMESTAMP
        assert row.error_message == "One or more records have been rejected due to invalid timestamp"
        (error,) = row.record_errors
        assert error.batch_index_error_message == (
            f"Timestamp {data_path.now_ms - 1001} of message with offset 0 is out of range. The timestamp should be "
            f"within [{data_path.now_ms - 1000}, {data_path.now_ms + 3_600_000}]"
        )

    async def test_log_append_time_is_not_for_producers_to_set(self, data_path, batch):
        await data_path.create("truck_gps", configs={"message.timestamp.type": "LogAppendTime"})
        row = await only_row(request((0, batch(log_append_time_ms=5))), data_path.context(9))
        assert row.error_code == ErrorCode.INVALID_TIMESTAMP
        (error,) = row.record_errors
        assert error.batch_index_error_message == (
            "Invalid timestamp type in message DefaultRecord(offset=0, timestamp=5, key=7 bytes, value=8 bytes). "
            "Producer should not set timestamp type to LogAppendTime."
        )

    @pytest.mark.parametrize(
        ("records", "code", "message"),
        [
            (b"\xff" * 100, ErrorCode.CORRUPT_MESSAGE, "Record size -1 is less than the minimum record overhead (14)"),
            (b"", ErrorCode.INVALID_RECORD, None),
        ],
    )
    async def test_what_is_no_batch_tells_nothing_of_the_log(self, data_path, records, code, message):
        await data_path.create("truck_gps")
        row = await only_row(request((0, memoryview(records))), data_path.context(9))
        assert told(row) == (code, -1, -1, -1, message)

    async def test_too_large(self, data_path, batch):
        await data_path.create("truck_gps", configs={"max.message.bytes": "100"})
        row = await only_row(request((0, batch(value=bytes(100)))), data_path.context(9))
        assert told(row) == (ErrorCode.MESSAGE_TOO_LARGE, -1, -1, -1, None)

    async def test_a_wrong_crc(self, data_path, batch):
        await data_path.create("truck_gps")
        damaged = batch()
        damaged[-1] ^= 1
        row = await only_row(request((0, damaged)), data_path.context(9))
        assert told(row) == (ErrorCode.CORRUPT_MESSAGE, -1, -1, -1, None)

    async def test_no_records(self, data_path):
        await data_path.create("truck_gps")
        row = await only_row(request((0, None)), data_path.context(9))
        assert row.error_code == ErrorCode.UNKNOWN_SERVER_ERROR
        row = await only_row(request((0, memoryview(b""))), data_path.context(9))
        assert row.error_code == ErrorCode.INVALID_RECORD

    async def test_zstd_needs_version_7(self, data_path, batch):
        await data_path.create("truck_gps")
        for version, code in ((6, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE), (7, ErrorCode.NONE)):
            row = await only_row(request((0, batch(compression=4))), data_path.context(version))
            assert row.error_code == code


class TestIdempotence:
    async def test_duplicates_gaps_and_old_epochs(self, data_path, batch):
        await data_path.create("truck_gps")
        context = data_path.context(9)

        async def send(sequence, epoch=1, count=2):
            records = batch(count, producer_id=5, producer_epoch=epoch, base_sequence=sequence)
            return told(await only_row(request((0, records)), context))[:2]

        for index in range(6):
            assert await send(2 * index) == (0, 2 * index)
        assert await send(10) == (0, 10)
        assert await send(2) == (0, 2)
        assert await send(0) == (ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1)
        assert await send(14) == (ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1)
        assert await send(0, epoch=0) == (ErrorCode.INVALID_PRODUCER_EPOCH, -1)
        assert await send(0, epoch=2) == (0, 12)

    async def test_an_out_of_order_row_tells_the_log_start_offset(self, data_path, batch):
        await data_path.create("truck_gps")
        context = data_path.context(9)
        await only_row(request((0, batch(producer_id=5, producer_epoch=0, base_sequence=0))), context)
        row = await only_row(request((0, batch(producer_id=5, producer_epoch=0, base_sequence=9))), context)
        assert told(row) == (ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1, -1, 0, None)


class TestTransactions:
    @pytest.mark.parametrize("transactional_id", [None, "orders"])
    async def test_are_refused_so_that_clients_stop(self, data_path, batch, transactional_id):
        await data_path.create("truck_gps", partitions=2)
        records = batch(producer_id=5, producer_epoch=0, base_sequence=0, transactional=True)
        asked = request((0, records), (1, batch()), transactional_id=transactional_id)
        rows = await answer(asked, data_path.context(9))
        refused = (ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, -1, -1, -1, None)
        assert [told(row) for row in rows] == [refused] * 2
        assert data_path.partition("truck_gps", 1).high_watermark == 0


class TestAcksZero:
    async def test_no_reply(self, data_path, batch):
        await data_path.create("truck_gps")
        assert await produce.handle(request((0, batch()), acks=0), data_path.context(9)) is None
        assert data_path.partition("truck_gps", 0).high_watermark == 1

    async def test_an_error_closes_the_connection(self, data_path, batch):
        await data_path.create("truck_gps")
        with pytest.raises(CloseConnection, match="UNKNOWN_TOPIC_OR_PARTITION"):
            await produce.handle(request((0, batch()), (3, batch()), acks=0), data_path.context(9))
        assert data_path.partition("truck_gps", 0).high_watermark == 1


class LateLog:
    """A log whose appends become durable, or fail to, when the test says so."""

    def __init__(self, log):
        self._log = log
        self.settled = trio.Event()
        self.error = None

    def __getattr__(self, name):
        return getattr(self._log, name)

    def append(self, *args):
        appended = self._log.append(*args)

        async def durable():
            await self.settled.wait()
            if self.error is not None:
                raise self.error

        return Appended(appended.base_offset, appended.last_offset, durable)


class TestDurability:
    @pytest.mark.parametrize("error", [None, StorageError("the disk is gone")])
    async def test_the_reply_waits_for_it(self, data_path, batch, nursery, error):
        await data_path.create("truck_gps", partitions=2)
        partition = data_path.partition("truck_gps", 1)
        partition._opened = late = LateLog(partition.open())
        late.error = error
        rows = []

        async def producer():
            rows.extend(await answer(request((0, batch()), (1, batch())), data_path.context(9)))

        nursery.start_soon(producer)
        await wait_all_tasks_blocked()
        assert not rows
        late.settled.set()
        await wait_all_tasks_blocked()
        assert told(rows[0])[:2] == (ErrorCode.NONE, 0)
        assert told(rows[1])[:2] == ((ErrorCode.NONE, 0) if error is None else (ErrorCode.KAFKA_STORAGE_ERROR, -1))


class TestTurns:
    """What takes long leaves others their turn between two partitions."""

    @pytest.fixture
    def data_path(self, data_path):
        hours = count()
        env = dataclasses.replace(build_env(), clock_s=lambda: 3600.0 * next(hours))
        data_path.cluster = build_cluster(env=env)
        return data_path

    async def test_others_see_how_far_it_is(self, data_path, batch, nursery):
        await data_path.create("truck_gps", partitions=3)
        seen, rows = [], []

        async def producer():
            rows.extend(await answer(request((0, batch()), (1, batch()), (2, batch())), data_path.context(9)))

        nursery.start_soon(producer)
        while not rows:
            await trio.lowlevel.checkpoint()
            seen.append([data_path.partition("truck_gps", index).high_watermark for index in range(3)])
        assert any(0 < sum(written) < 3 for written in seen), seen
        assert [told(row)[:2] for row in rows] == [(ErrorCode.NONE, 0)] * 3

    @pytest.mark.parametrize("acks", [0, 1])
    async def test_what_was_sent_is_written_though_the_client_has_left(self, data_path, batch, acks):
        await data_path.create("truck_gps", partitions=3)
        with trio.CancelScope() as scope:
            scope.cancel()
            await produce.handle(request((0, batch()), (1, batch()), (2, batch()), acks=acks), data_path.context(9))
        assert [data_path.partition("truck_gps", index).high_watermark for index in range(3)] == [1, 1, 1]

    async def test_what_is_deleted_meanwhile_has_its_row(self, data_path, batch, nursery):
        old_id = await data_path.create("truck_gps", partitions=20)
        rows = []

        async def producer():
            asked = request(*((index, batch()) for index in range(20)), topic="", topic_id=old_id)
            rows.extend(await answer(asked, data_path.context(13)))

        nursery.start_soon(producer)
        while not data_path.partition("truck_gps", 0).high_watermark:
            await trio.lowlevel.checkpoint()
        await data_path.delete("truck_gps")
        await data_path.create("truck_gps", partitions=20)
        while not rows:
            await trio.lowlevel.checkpoint()
        assert (rows[0].error_code, rows[-1].error_code) == (ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_ID)
        assert not any(data_path.partition("truck_gps", index).high_watermark for index in range(20))


class TestSeveralBrokers:
    async def test_the_wrong_broker_names_the_right_one(self, data_path, batch):
        data_path.start_brokers(3)
        await data_path.create("truck_gps", replicas=[[2]])
        response = await produce.handle(request((0, batch())), data_path.context(10, node_id=1))
        (row,) = response.responses[0].partition_responses
        assert told(row) == (ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1, -1, None)
        assert row.current_leader.leader_id == 2
        assert [endpoint.node_id for endpoint in response.node_endpoints] == [2]
        response = await produce.handle(request((0, batch())), data_path.context(9, node_id=1))
        assert not response.node_endpoints
        row = await only_row(request((0, batch())), data_path.context(10, node_id=2))
        assert row.error_code == ErrorCode.NONE

    async def test_too_few_in_sync_replicas(self, data_path, batch):
        data_path.start_brokers(2)
        await data_path.create("truck_gps", replicas=[[1, 2]], configs={"min.insync.replicas": "2"})
        data_path.partition("truck_gps", 0).image.isr = [1]
        row = await only_row(request((0, batch())), data_path.context(9, node_id=1))
        assert row.error_code == ErrorCode.NOT_ENOUGH_REPLICAS
        row = await only_row(request((0, batch()), acks=1), data_path.context(9, node_id=1))
        assert row.error_code == ErrorCode.NONE
