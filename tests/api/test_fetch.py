"""Fetch through its handler: what is read, how long it waits, and what a session leaves out."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from kwire.api import fetch
from kwire.broker.fetch_sessions import FINAL_EPOCH, INITIAL_EPOCH
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.fetch import (
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    ForgottenTopic,
    ReplicaState,
)
from kwire.protocol.records.batch import iter_headers
from kwire.protocol.records.compression import Codec
from kwire.storage.aborted import AbortedTransaction

UNKNOWN_ID = bytes(15) + b"\x01"
MEGABYTE = 1 << 20


def part(index=0, offset=0, *, max_bytes=MEGABYTE, epoch=-1, last_fetched_epoch=-1):
    return FetchPartition(
        partition=index,
        fetch_offset=offset,
        partition_max_bytes=max_bytes,
        current_leader_epoch=epoch,
        last_fetched_epoch=last_fetched_epoch,
    )


def request(*partitions, topic="truck_gps", topic_id=bytes(16), session=(0, FINAL_EPOCH), **options):
    topics = [FetchTopic(topic=topic, topic_id=topic_id, partitions=[*partitions])] if partitions else []
    defaults = {"max_wait_ms": 0, "min_bytes": 1, "max_bytes": MEGABYTE}
    return FetchRequest(session_id=session[0], session_epoch=session[1], topics=topics, **defaults | options)


def rows_of(response):
    return [row for topic in response.responses for row in topic.partitions]


async def only_row(asked, context):
    (row,) = rows_of(await fetch.handle(asked, context))
    return row


def base_offsets(row):
    data = row.records.tobytes() if row.records else b""
    return [header.base_offset for _, header in iter_headers(data)]


def error_row(row):
    return (
        row.error_code,
        row.high_watermark,
        row.last_stable_offset,
        row.log_start_offset,
        row.aborted_transactions,
        row.records,
    )


async def filled(data_path, batch, batches=4, *, topic="truck_gps", index=0, count=5, **options):
    """The topic's partition has so many batches of count records; their size."""
    if data_path.partition(topic, index) is None:
        await data_path.create(topic, **options)
    for _ in range(batches):
        data_path.append(topic, index, batch(count))
    return len(batch(count))


class TestReading:
    @pytest.mark.parametrize("version", range(4, 13))
    async def test_every_version_by_name(self, data_path, batch, version):
        size_bytes = await filled(data_path, batch)
        response = await fetch.handle(request(part(0, 7)), data_path.context(version))
        (row,) = rows_of(response)
        assert base_offsets(row) == [5, 10, 15]
        assert (row.high_watermark, row.last_stable_offset, row.log_start_offset) == (20, 20, 0)
        cuts = []
        out = bytearray()
        codec.encode_into(response, version, out, cuts)
        assert [value for _, value in cuts] == [row.records]
        assert len(row.records) == 3 * size_bytes

    @pytest.mark.parametrize("version", range(13, 19))
    async def test_every_version_by_id(self, data_path, batch, version):
        topic_id = await data_path.create("truck_gps")
        await filled(data_path, batch)
        response = await fetch.handle(request(part(), topic="", topic_id=topic_id), data_path.context(version))
        assert response.responses[0].topic_id == topic_id
        assert base_offsets(rows_of(response)[0]) == [0, 5, 10, 15]

    async def test_an_unknown_id(self, data_path):
        row = await only_row(request(part(), topic_id=UNKNOWN_ID), data_path.context(18))
        assert error_row(row) == (ErrorCode.UNKNOWN_TOPIC_ID, -1, -1, -1, [], b"")

    async def test_unknown_topics_and_partitions(self, data_path, batch):
        topic_id = await data_path.create("truck_gps")
        row = await only_row(request(part(), topic="nope"), data_path.context(12))
        assert error_row(row) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1, -1, [], b"")
        row = await only_row(request(part(9), topic_id=topic_id), data_path.context(13))
        assert row.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    async def test_offsets_out_of_range(self, data_path, batch):
        await filled(data_path, batch)
        data_path.partition("truck_gps", 0).delete_records(3)
        for offset in (-1, 0, 2, 21, 999):
            row = await only_row(request(part(0, offset)), data_path.context(12))
            assert error_row(row) == (ErrorCode.OFFSET_OUT_OF_RANGE, -1, -1, -1, None, b"")
        for offset in (3, 20):
            assert (await only_row(request(part(0, offset)), data_path.context(12))).error_code == ErrorCode.NONE

    @pytest.mark.parametrize("version", [4, 9, 10])
    async def test_zstd_is_sent_to_old_clients_too(self, data_path, batch, version):
        await filled(data_path, batch, configs={"compression.type": "zstd"})
        row = await only_row(request(part()), data_path.context(version))
        assert row.error_code == ErrorCode.NONE
        assert {header.compression for _, header in iter_headers(row.records.tobytes())} == {Codec.ZSTD}
        row = await only_row(request(part(0, 99)), data_path.context(version))
        assert row.error_code == ErrorCode.OFFSET_OUT_OF_RANGE

    async def test_a_duplicate_partition_has_one_row(self, data_path, batch):
        await filled(data_path, batch)
        row = await only_row(request(part(0, 0), part(0, 15)), data_path.context(12))
        assert base_offsets(row) == [15]


class TestLimits:
    async def test_a_partitions_own_limit(self, data_path, batch):
        size_bytes = await filled(data_path, batch)
        row = await only_row(request(part(max_bytes=2 * size_bytes + 10)), data_path.context(12))
        assert base_offsets(row) == [0, 5]

    async def test_one_batch_at_least_for_the_first_partition_that_has_any(self, data_path, batch):
        await data_path.create("truck_gps", partitions=3)
        await filled(data_path, batch, index=1)
        await filled(data_path, batch, index=2)
        asked = [part(index, max_bytes=1) for index in range(3)]
        rows = rows_of(await fetch.handle(request(*asked), data_path.context(12)))
        assert [base_offsets(row) for row in rows] == [[], [0], []]

    async def test_the_replys_limit_is_shared_in_order(self, data_path, batch):
        await data_path.create("truck_gps", partitions=3)
        for index in range(3):
            size_bytes = await filled(data_path, batch, index=index)
        asked = request(part(0), part(1), part(2), max_bytes=6 * size_bytes)
        rows = rows_of(await fetch.handle(asked, data_path.context(12)))
        assert [len(row.records) for row in rows] == [4 * size_bytes, 2 * size_bytes, 0]

    async def test_the_brokers_limit_counts_too(self, data_path, batch):
        data_path.configure(fetch_max_bytes=1024)
        size_bytes = await filled(data_path, batch, batches=100)
        row = await only_row(request(part()), data_path.context(12))
        assert len(row.records) == 1024 // size_bytes * size_bytes

    async def test_limits_that_are_not_positive_give_one_batch(self, data_path, batch):
        size_bytes = await filled(data_path, batch)
        row = await only_row(request(part(max_bytes=-5), max_bytes=-1), data_path.context(12))
        assert len(row.records) == size_bytes


class TestLongPoll:
    async def test_waits_until_the_deadline(self, data_path, autojump_clock):
        await data_path.create("truck_gps")
        began = trio.current_time()
        row = await only_row(request(part(), max_wait_ms=500), data_path.context(12))
        assert trio.current_time() - began == 0.5
        assert (row.error_code, row.records) == (ErrorCode.NONE, b"")
        assert not data_path.partition("truck_gps", 0).waiters

    async def test_data_that_is_there_is_not_waited_for(self, data_path, batch, autojump_clock):
        await filled(data_path, batch)
        began = trio.current_time()
        await only_row(request(part(), max_wait_ms=500), data_path.context(12))
        assert trio.current_time() == began

    async def test_a_produce_ends_the_wait(self, data_path, batch, autojump_clock, nursery):
        await data_path.create("truck_gps", partitions=2)
        replies = []

        async def consumer():
            replies.append(await fetch.handle(request(part(0), part(1), max_wait_ms=60_000), data_path.context(12)))

        nursery.start_soon(consumer)
        await wait_all_tasks_blocked()
        began = trio.current_time()
        data_path.append("truck_gps", 1, batch(3))
        await wait_all_tasks_blocked()
        assert trio.current_time() == began
        assert [base_offsets(row) for row in rows_of(replies[0])] == [[], [0]]
        assert not data_path.partition("truck_gps", 0).waiters

    async def test_min_bytes_are_collected_over_all_partitions(self, data_path, batch, autojump_clock, nursery):
        await data_path.create("truck_gps", partitions=2)
        size_bytes = len(batch())
        replies = []

        async def consumer():
            asked = request(part(0), part(1), max_wait_ms=60_000, min_bytes=3 * size_bytes)
            replies.append(await fetch.handle(asked, data_path.context(12)))

        nursery.start_soon(consumer)
        for index in (0, 1):
            await wait_all_tasks_blocked()
            data_path.append("truck_gps", index, batch())
        await wait_all_tasks_blocked()
        assert not replies
        data_path.append("truck_gps", 0, batch())
        await wait_all_tasks_blocked()
        assert [base_offsets(row) for row in rows_of(replies[0])] == [[0, 1], [0]]

    async def test_what_came_in_too_small_an_amount_is_given_at_the_deadline(self, data_path, batch, autojump_clock):
        await filled(data_path, batch, batches=1)
        began = trio.current_time()
        row = await only_row(request(part(), max_wait_ms=500, min_bytes=10_000), data_path.context(12))
        assert trio.current_time() - began == 0.5
        assert base_offsets(row) == [0]

    async def test_an_error_is_told_at_once(self, data_path, autojump_clock):
        await data_path.create("truck_gps", partitions=2)
        began = trio.current_time()
        asked = request(part(0), part(1, 77), max_wait_ms=500)
        rows = rows_of(await fetch.handle(asked, data_path.context(12)))
        assert trio.current_time() == began
        assert [row.error_code for row in rows] == [ErrorCode.NONE, ErrorCode.OFFSET_OUT_OF_RANGE]

    async def test_an_unknown_topic_alone_is_told_at_once_but_not_beside_others(self, data_path, autojump_clock):
        await data_path.create("truck_gps")
        began = trio.current_time()
        await fetch.handle(request(part(), topic="nope", max_wait_ms=500), data_path.context(12))
        assert trio.current_time() == began
        asked = request(part(), max_wait_ms=500)
        asked.topics.append(FetchTopic(topic="nope", partitions=[part()]))
        await fetch.handle(asked, data_path.context(12))
        assert trio.current_time() - began == 0.5

    async def test_a_change_of_leader_ends_the_wait(self, data_path, autojump_clock, nursery):
        data_path.start_brokers(2)
        await data_path.create("truck_gps", replicas=[[1]])
        replies = []

        async def consumer():
            replies.append(await fetch.handle(request(part(), max_wait_ms=60_000), data_path.context(10, node_id=1)))

        nursery.start_soon(consumer)
        await wait_all_tasks_blocked()
        data_path.stop_broker(1)
        await wait_all_tasks_blocked()
        assert rows_of(replies[0])[0].error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER

    async def test_deletion_of_the_topic_ends_the_wait(self, data_path, autojump_clock, nursery):
        await data_path.create("truck_gps")
        replies = []

        async def consumer():
            replies.append(await fetch.handle(request(part(), max_wait_ms=60_000), data_path.context(12)))

        nursery.start_soon(consumer)
        await wait_all_tasks_blocked()
        await data_path.delete("truck_gps")
        await wait_all_tasks_blocked()
        assert rows_of(replies[0])[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    async def test_a_client_that_goes_away_leaves_nothing_behind(self, data_path):
        await data_path.create("truck_gps", partitions=10)
        asked = request(*(part(index) for index in range(10)), max_wait_ms=60_000)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fetch.handle, asked, data_path.context(12))
            await wait_all_tasks_blocked()
            assert all(len(data_path.partition("truck_gps", index).waiters) == 1 for index in range(10))
            nursery.cancel_scope.cancel()
        assert not any(data_path.partition("truck_gps", index).waiters for index in range(10))


class TestEpochs:
    async def test_the_clients_leader_epoch_is_checked(self, data_path, batch):
        await filled(data_path, batch)
        image = data_path.partition("truck_gps", 0).image
        image.leader_epoch = 5
        for epoch, code in ((5, 0), (-1, 0), (4, ErrorCode.FENCED_LEADER_EPOCH), (6, ErrorCode.UNKNOWN_LEADER_EPOCH)):
            assert (await only_row(request(part(epoch=epoch)), data_path.context(12))).error_code == code

    async def test_a_diverging_epoch_is_told_instead_of_records(self, data_path, batch):
        await filled(data_path, batch)
        first_epoch = data_path.partition("truck_gps", 0).image.leader_epoch
        data_path.partition("truck_gps", 0).image.leader_epoch = first_epoch + 3
        await filled(data_path, batch)
        row = await only_row(request(part(0, 25, last_fetched_epoch=first_epoch)), data_path.context(12))
        assert (row.error_code, row.records) == (ErrorCode.NONE, b"")
        assert (row.diverging_epoch.epoch, row.diverging_epoch.end_offset) == (first_epoch, 20)
        row = await only_row(request(part(0, 25, last_fetched_epoch=first_epoch + 3)), data_path.context(12))
        assert base_offsets(row) == [25, 30, 35]
        row = await only_row(request(part(0, 15, last_fetched_epoch=first_epoch)), data_path.context(12))
        assert base_offsets(row)[0] == 15

    async def test_a_last_fetched_epoch_that_is_not_known_is_out_of_range(self, data_path, batch):
        await filled(data_path, batch)
        row = await only_row(request(part(0, 5, last_fetched_epoch=77)), data_path.context(12))
        assert row.error_code == ErrorCode.OFFSET_OUT_OF_RANGE


class TestReplicas:
    async def test_old_consumers_read_from_the_leader_only(self, data_path, batch):
        data_path.start_brokers(3)
        await filled(data_path, batch, replicas=[[1, 2]])
        for node_id, version, code in (
            (1, 10, ErrorCode.NONE),
            (2, 10, ErrorCode.NOT_LEADER_OR_FOLLOWER),
            (2, 11, ErrorCode.NONE),
            (3, 11, ErrorCode.NOT_LEADER_OR_FOLLOWER),
        ):
            row = await only_row(request(part()), data_path.context(version, node_id=node_id))
            assert row.error_code == code

    async def test_the_wrong_broker_names_the_right_one(self, data_path, batch):
        data_path.start_brokers(3)
        topic_id = await data_path.create("truck_gps", replicas=[[2]])
        asked = request(part(), topic_id=topic_id)
        response = await fetch.handle(asked, data_path.context(16, node_id=1))
        (row,) = rows_of(response)
        assert row.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert row.current_leader.leader_id == 2
        assert [endpoint.node_id for endpoint in response.node_endpoints] == [2]
        assert not (await fetch.handle(asked, data_path.context(15, node_id=1))).node_endpoints

    async def test_nobody_is_a_follower(self, data_path, batch):
        await filled(data_path, batch)
        row = await only_row(request(part(), replica_id=1), data_path.context(12))
        assert row.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
        topic_id = data_path.partition("truck_gps", 0).topic_id
        epoch = data_path.partition("truck_gps", 0).image.leader_epoch
        asked = request(part(epoch=epoch), topic_id=topic_id, replica_state=ReplicaState(replica_id=1))
        assert (await only_row(asked, data_path.context(15))).error_code == ErrorCode.UNKNOWN_LEADER_EPOCH


class TestReadCommitted:
    async def test_open_transactions_are_not_read(self, data_path, batch):
        await filled(data_path, batch, batches=2)
        data_path.append("truck_gps", 0, batch(5, producer_id=3, producer_epoch=0, base_sequence=0, transactional=True))
        await filled(data_path, batch, batches=1)
        row = await only_row(request(part(), isolation_level=1), data_path.context(12))
        assert (row.high_watermark, row.last_stable_offset) == (20, 10)
        assert base_offsets(row) == [0, 5]
        assert row.aborted_transactions == []
        row = await only_row(request(part()), data_path.context(12))
        assert (base_offsets(row), row.aborted_transactions) == ([0, 5, 10, 15], None)

    @pytest.mark.parametrize("replica_id", [-1, -2])
    async def test_a_list_of_no_aborted_transactions_where_kafka_has_one(self, data_path, batch, replica_id):
        await data_path.create("truck_gps", partitions=2)
        size = await filled(data_path, batch, 1)
        await filled(data_path, batch, 1, index=1)
        lists = {}
        for left in (0, 1, size - 1, size):
            options = {"max_bytes": size + left, "isolation_level": 1, "replica_id": replica_id}
            asked = request(part(0, 0), part(1, 0), **options)
            first, second = rows_of(await fetch.handle(asked, data_path.context(12)))
            assert first.aborted_transactions == []
            lists[left] = second.aborted_transactions
        assert lists == {0: [], 1: None, size - 1: None, size: []}
        asked = request(part(0, 5), isolation_level=1, replica_id=replica_id)
        assert (await only_row(asked, data_path.context(12))).aborted_transactions == []

    async def test_aborted_transactions_within_what_is_read(self, data_path, batch):
        size_bytes = await filled(data_path, batch, batches=6)
        aborted = data_path.partition("truck_gps", 0).open().aborted
        aborted.append(AbortedTransaction(producer_id=1, first_offset=0, last_offset=9, last_stable_offset=10))
        aborted.append(AbortedTransaction(producer_id=2, first_offset=12, last_offset=24, last_stable_offset=25))

        async def told(offset, max_bytes):
            asked = request(part(0, offset, max_bytes=max_bytes), isolation_level=1)
            row = await only_row(asked, data_path.context(12))
            return [(each.producer_id, each.first_offset) for each in row.aborted_transactions]

        assert await told(0, 2 * size_bytes) == [(1, 0)]
        assert await told(0, MEGABYTE) == [(1, 0), (2, 12)]
        assert await told(10, size_bytes) == [(2, 12)]
        assert await told(25, size_bytes) == []
        assert await told(30, size_bytes) == []


class TestSessions:
    async def open(self, data_path, partitions=3, version=12):
        await data_path.create("truck_gps", partitions=partitions)
        context = data_path.context(version)
        asked = request(*(part(index) for index in range(partitions)), session=(0, INITIAL_EPOCH))
        response = await fetch.handle(asked, context)
        assert response.session_id > 0
        assert len(rows_of(response)) == partitions
        return context, response.session_id

    async def test_only_what_changed_is_told(self, data_path, batch):
        context, session_id = await self.open(data_path)
        response = await fetch.handle(request(session=(session_id, 1)), context)
        assert (response.session_id, rows_of(response)) == (session_id, [])
        data_path.append("truck_gps", 1, batch(4))
        (row,) = rows_of(await fetch.handle(request(session=(session_id, 2)), context))
        assert (row.partition_index, row.high_watermark) == (1, 4)
        (row,) = rows_of(await fetch.handle(request(part(1, 2), session=(session_id, 3)), context))
        assert base_offsets(row) == [0]
        assert rows_of(await fetch.handle(request(part(1, 4), session=(session_id, 4)), context)) == []

    async def test_a_new_log_start_offset_is_told(self, data_path, batch):
        context, session_id = await self.open(data_path, 1)
        data_path.append("truck_gps", 0, batch(4))
        await fetch.handle(request(part(0, 4), session=(session_id, 1)), context)
        data_path.partition("truck_gps", 0).delete_records(2)
        (row,) = rows_of(await fetch.handle(request(session=(session_id, 2)), context))
        assert (row.log_start_offset, row.records) == (2, b"")
        assert rows_of(await fetch.handle(request(session=(session_id, 3)), context)) == []

    async def test_a_hundred_idle_partitions_cost_no_bytes(self, data_path):
        context, session_id = await self.open(data_path, 100, version=12)
        response = await fetch.handle(request(session=(session_id, 1)), context)
        assert len(codec.encode(response, 12)) == 12

    async def test_errors_are_told_every_time_and_their_end_once(self, data_path, batch):
        context, session_id = await self.open(data_path, 1)
        for epoch in (1, 2):
            asked = request(part(0, 50), session=(session_id, epoch))
            (row,) = rows_of(await fetch.handle(asked, context))
            assert row.error_code == ErrorCode.OFFSET_OUT_OF_RANGE
        (row,) = rows_of(await fetch.handle(request(part(0, 0), session=(session_id, 3)), context))
        assert row.error_code == ErrorCode.NONE
        assert rows_of(await fetch.handle(request(session=(session_id, 4)), context)) == []

    async def test_session_errors_have_no_rows(self, data_path):
        context, session_id = await self.open(data_path)
        for session, code in (
            ((session_id, 9), ErrorCode.INVALID_FETCH_SESSION_EPOCH),
            ((session_id + 1, 1), ErrorCode.FETCH_SESSION_ID_NOT_FOUND),
        ):
            response = await fetch.handle(request(session=session), context)
            assert (response.error_code, response.session_id, response.responses) == (code, 0, [])
        response = await fetch.handle(request(session=(session_id, 1)), data_path.context(13))
        assert response.error_code == ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR

    async def test_forgotten_partitions_are_not_served(self, data_path, batch):
        context, session_id = await self.open(data_path)
        for index in range(3):
            data_path.append("truck_gps", index, batch())
        asked = request(session=(session_id, 1))
        asked.forgotten_topics_data = [ForgottenTopic(topic="truck_gps", partitions=[0, 2])]
        assert [row.partition_index for row in rows_of(await fetch.handle(asked, context))] == [1]

    async def test_who_was_served_is_served_last_next_time(self, data_path, batch):
        context, session_id = await self.open(data_path)
        for index in range(3):
            await filled(data_path, batch, index=index)
        served = []
        for epoch in range(1, 7):
            asked = request(session=(session_id, epoch), max_bytes=1)
            rows = rows_of(await fetch.handle(asked, context))
            served += [row.partition_index for row in rows if row.records]
        assert served == [0, 1, 2, 0, 1, 2]

    async def test_a_full_request_ends_the_session_that_it_names(self, data_path):
        context, session_id = await self.open(data_path)
        response = await fetch.handle(request(part(), session=(session_id, FINAL_EPOCH)), context)
        assert response.session_id == 0
        response = await fetch.handle(request(session=(session_id, 1)), context)
        assert response.error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND

    async def test_a_session_without_partitions_ends(self, data_path):
        context, session_id = await self.open(data_path, 1)
        asked = request(session=(session_id, 1))
        asked.forgotten_topics_data = [ForgottenTopic(topic="truck_gps", partitions=[0])]
        response = await fetch.handle(asked, context)
        assert (response.error_code, response.session_id) == (ErrorCode.NONE, 0)

    async def test_a_request_that_was_overtaken_is_told_so(self, data_path, autojump_clock, nursery):
        context, session_id = await self.open(data_path, 1)
        replies = []

        async def consumer():
            replies.append(await fetch.handle(request(session=(session_id, 1), max_wait_ms=1000), context))

        nursery.start_soon(consumer)
        await wait_all_tasks_blocked()
        await fetch.handle(request(session=(session_id, 2)), context)
        await trio.sleep(2)
        assert replies[0].error_code == ErrorCode.INVALID_FETCH_SESSION_EPOCH

    async def test_a_topic_made_anew_has_another_id(self, data_path):
        topic_id = await data_path.create("truck_gps")
        context = data_path.context(13)
        asked = request(part(), topic_id=topic_id, session=(0, INITIAL_EPOCH))
        session_id = (await fetch.handle(asked, context)).session_id
        await data_path.delete("truck_gps")
        (row,) = rows_of(await fetch.handle(request(session=(session_id, 1)), context))
        assert row.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        await data_path.create("truck_gps")
        (row,) = rows_of(await fetch.handle(request(session=(session_id, 2)), context))
        assert row.error_code == ErrorCode.INCONSISTENT_TOPIC_ID

    async def test_a_topic_that_is_created_later_is_found_by_its_id(self, data_path, batch):
        context = data_path.context(13)
        await data_path.create("other")
        other_id = data_path.partition("other", 0).topic_id
        asked = request(part(), topic_id=other_id, session=(0, INITIAL_EPOCH))
        asked.topics.append(FetchTopic(topic_id=UNKNOWN_ID, partitions=[part()]))
        response = await fetch.handle(asked, context)
        assert [row.error_code for row in rows_of(response)] == [0, ErrorCode.UNKNOWN_TOPIC_ID]

    async def test_old_versions_have_no_sessions(self, data_path):
        await data_path.create("truck_gps")
        response = await fetch.handle(request(part()), data_path.context(6))
        assert response.session_id == 0
        assert codec.decode(FetchResponse, 6, codec.encode(response, 6)).session_id == 0
