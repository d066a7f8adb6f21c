"""How a connection behaves, by memory streams and a clock that jumps."""

import logging

import pytest
import trio
import trio.testing

from kwire.client.connection import ConnectionClosed
from kwire.limits import PIPELINED_REPLIES
from kwire.protocol import frames
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.protocol.messages.fetch import FetchRequest, FetchResponse
from kwire.protocol.messages.metadata import MetadataRequest, MetadataResponse
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData

METADATA = MetadataRequest(topics=[])


async def answer_metadata(request, context):
    return MetadataResponse(cluster_id=context.client_id)


async def wait_long(request, context):
    await trio.sleep(request.max_wait_ms / 1000)
    return FetchResponse(session_id=request.max_wait_ms)


async def test_requests_are_answered_one_after_the_other(bench, handler):
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b, b.connect() as client:
        for _ in range(3):
            assert (await client.request(METADATA, 12)).cluster_id == "kwire-test"
        assert len(b.server.sessions) == 1


async def test_pipelined_requests_are_answered_in_order_and_leave_in_one_send(bench, handler, autojump_clock):
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b, b.connect() as client:
        sends = []
        frames = [await client.send(METADATA, version) for version in (12, 0, 9)]
        await trio.testing.wait_all_tasks_blocked()
        whole = await client.stream.receive_some()
        while whole:
            size = int.from_bytes(whole[:4], "big")
            sends.append(int.from_bytes(whole[4:8], "big"))
            whole = whole[4 + size :]
        assert sends == frames


async def test_more_requests_than_one_turn_takes_are_all_answered(bench, handler):
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b, b.connect() as client:
        count = 3 * PIPELINED_REPLIES + 5
        for _ in range(count):
            await client.send(METADATA, 12)
        for _ in range(count):
            assert (await client.receive(METADATA, 12)).cluster_id == "kwire-test"


async def test_a_reply_that_is_ready_does_not_wait_for_a_long_poll_behind_it(bench, handler, autojump_clock):
    handler(ApiKey.METADATA, answer_metadata)
    handler(ApiKey.FETCH, wait_long)
    async with bench() as b, b.connect() as client:
        started = trio.current_time()
        fetch = FetchRequest(max_wait_ms=30_000)
        await client.send(METADATA, 12)
        await client.send(fetch, 12)
        await client.send(METADATA, 12)
        await client.receive(METADATA, 12)
        assert trio.current_time() == started
        assert (await client.receive(fetch, 12)).session_id == 30_000
        assert trio.current_time() == pytest.approx(started + 30)
        await client.receive(METADATA, 12)


async def test_a_client_that_goes_away_cancels_its_long_poll(bench, handler, autojump_clock):
    ended = []

    async def poll(request, context):
        try:
            await trio.sleep_forever()
        finally:
            ended.append(trio.current_time())

    handler(ApiKey.FETCH, poll)
    async with bench() as b:
        client = b.connect()
        await client.send(FetchRequest(), 12)
        await trio.sleep(5)
        assert not ended
        left_at = trio.current_time()
        await client.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert ended == [left_at]
        assert not b.server.sessions


async def test_read_ahead_is_bounded_while_a_handler_waits(bench, handler, autojump_clock, monkeypatch):
    monkeypatch.setattr("kwire.server.session.READ_AHEAD_BYTES", 1_000)
    handler(ApiKey.FETCH, wait_long)
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b, b.connect(trio.testing.lockstep_stream_pair) as client:
        fetch = FetchRequest(max_wait_ms=60_000)
        sent = 0

        async def send_many():
            nonlocal sent
            await client.send(fetch, 12)
            for _ in range(200):
                await client.send(METADATA, 12)
                sent += 1

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send_many)
            await trio.testing.wait_all_tasks_blocked()
            assert 0 < sent < 60
            await client.receive(fetch, 12)
            for _ in range(200):
                await client.receive(METADATA, 12)
        assert sent == 200


async def test_a_slow_reader_is_not_read_further_and_does_not_stop_others(bench, handler):
    async def big(request, context):
        return MetadataResponse(cluster_id="x" * 30_000)

    handler(ApiKey.METADATA, big)
    async with bench() as b, b.connect(trio.testing.lockstep_stream_pair) as slow, b.connect() as quick:
        await slow.send(METADATA, 12)
        await trio.testing.wait_all_tasks_blocked()
        with trio.move_on_after(0.05) as blocked:
            await slow.send_bytes(b"\0\0\0\1")
        assert blocked.cancelled_caught
        assert len((await quick.request(METADATA, 12)).cluster_id) == 30_000
        assert len((await slow.receive(METADATA, 12)).cluster_id) == 30_000


async def test_an_idle_connection_is_closed_with_one_line(bench, handler, autojump_clock, caplog):
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b:
        b.config.connections_max_idle_ms = 10_000
        idle = b.connect()
        await trio.sleep(6)
        await idle.request(METADATA, 12)
        started = trio.current_time()
        with pytest.raises(ConnectionClosed):
            await idle.receive_frame()
        assert 10 <= trio.current_time() - started <= 20
    assert [record.getMessage() for record in caplog.records] == [
        "closed the connection from 10.0.0.7:50000: no bytes for 10000 ms (connections.max.idle.ms)"
    ]


async def test_a_client_that_takes_a_long_reply_slowly_is_not_idle(bench, handler, autojump_clock, caplog):
    async def fetch(request, context):
        return fetch_response(memoryview(bytes(1_000_000)))

    handler(ApiKey.FETCH, fetch)
    async with bench() as b:
        b.config.connections_max_idle_ms = 20_000
        async with b.connect(trio.testing.lockstep_stream_pair) as slow, trio.open_nursery() as nursery:
            nursery.start_soon(slow.send, FetchRequest(), 12)
            with trio.fail_after(1_000):
                for _ in range(12):
                    await trio.sleep(6)
                    assert len(await slow.stream.receive_some(50_000)) > 1_000
            (session,) = b.server.sessions
            assert session.active_s >= 60
            await trio.sleep(45)
            assert not b.server.sessions
    assert len(caplog.records) == 1


async def test_a_negative_idle_time_closes_no_connection(bench, handler, autojump_clock):
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b:
        b.config.connections_max_idle_ms = -1
        async with b.connect() as client:
            await trio.sleep(80_000)
            await client.request(METADATA, 12)


async def test_an_idle_time_of_zero_does_not_spin(bench, autojump_clock):
    async with bench() as b:
        b.config.connections_max_idle_ms = 0
        await trio.sleep(5)  # the clock would not jump while a task is busy
        with pytest.raises(ConnectionClosed):
            await b.connect().receive_frame()


async def test_a_waiting_handler_is_not_idle(bench, handler, autojump_clock):
    handler(ApiKey.FETCH, wait_long)
    async with bench() as b, b.connect() as client:
        b.config.connections_max_idle_ms = 10_000
        assert (await client.request(FetchRequest(max_wait_ms=90_000), 12)).session_id == 90_000


async def test_a_bug_is_logged_answered_and_forgotten(bench, handler, caplog):
    async def buggy(request, context):
        raise ZeroDivisionError("a bug")

    handler(ApiKey.PRODUCE, buggy)
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b, b.connect() as client:
        topic = TopicProduceData(name="t", partition_data=[PartitionProduceData(index=3)])
        response = await client.request(ProduceRequest(acks=1, topic_data=[topic]), 9)
        assert response.responses[0].name == "t"
        assert response.responses[0].partition_responses[0].index == 3
        assert response.responses[0].partition_responses[0].error_code == ErrorCode.UNKNOWN_SERVER_ERROR
        await client.request(METADATA, 12)
        with pytest.raises(ConnectionClosed):
            await client.request(ProduceRequest(acks=0, topic_data=[topic]), 9)
    assert caplog.records[0].exc_info[0] is ZeroDivisionError
    assert caplog.records[0].levelno == logging.ERROR


async def test_a_request_without_a_reply_is_followed_by_the_next(bench, handler):
    async def silent(request, context):
        return None

    handler(ApiKey.PRODUCE, silent)
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b, b.connect() as client:
        await client.send(ProduceRequest(acks=0), 9)
        await client.request(METADATA, 12)


class Slice:
    """Two bytes of a log, and whether they were let go of."""

    def __init__(self):
        self.closed = 0

    def __len__(self):
        return 2

    def parts(self):
        return [memoryview(b"a"), memoryview(b"b")]

    def close(self):
        self.closed += 1


def fetch_response(piece):
    from kwire.protocol.messages.fetch import FetchableTopicResponse, PartitionData

    partition = PartitionData(partition_index=0, records=piece)
    return FetchResponse(responses=[FetchableTopicResponse(topic="t", partitions=[partition])])


async def test_slices_are_sent_and_closed(bench, handler):
    piece = Slice()

    async def fetch(request, context):
        return fetch_response(piece)

    handler(ApiKey.FETCH, fetch)
    async with bench() as b, b.connect() as client:
        response = await client.request(FetchRequest(), 12)
        assert bytes(response.responses[0].partitions[0].records) == b"ab"
        assert piece.closed == 1


async def test_slices_are_closed_when_the_client_does_not_take_them(bench, handler, autojump_clock):
    piece = Slice()

    async def fetch(request, context):
        return fetch_response(piece)

    handler(ApiKey.FETCH, fetch)
    async with bench() as b:
        b.config.connections_max_idle_ms = 1_000
        async with b.connect(trio.testing.lockstep_stream_pair) as client, trio.open_nursery() as nursery:
            nursery.start_soon(client.send, FetchRequest(), 12)
            await trio.sleep(5)
            assert piece.closed == 1
            assert not b.server.sessions


async def test_frames_over_the_limit_close_only_their_connection(bench, handler, caplog):
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b, b.connect() as bad, b.connect() as good:
        b.config.socket_request_max_bytes = 100
        with pytest.raises(ConnectionClosed):
            await bad.send_bytes(b"\0\x10\0\0")
            await bad.receive_frame()
        await good.request(METADATA, 12)
    assert len(caplog.records) == 1
    assert "more than socket.request.max.bytes" in caplog.records[0].getMessage()


def long_request(spare_bytes):
    """A frame with so many bytes behind its body, which are ignored."""
    frame = frames.encode_request(ApiKey.METADATA, 12, 1, "c", METADATA) + bytes(spare_bytes)
    return (len(frame) - 4).to_bytes(4, "big") + frame[4:]


async def test_a_request_that_stands_still_gives_its_room_to_others(bench, handler, autojump_clock, caplog):
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b, b.connect() as still, b.connect() as other:
        b.server._in_flight.limit_bytes = 150_000
        await still.send_bytes((100_000).to_bytes(4, "big") + bytes(1000))
        await trio.sleep(100)
        assert not caplog.records, "nobody needs its room"
        started = trio.current_time()
        await other.send_bytes(long_request(100_000))
        await other.receive(METADATA, 12)
        assert trio.current_time() - started <= 20
        with pytest.raises(ConnectionClosed):
            await still.receive_frame()
    assert [record.getMessage() for record in caplog.records] == [
        "closed the connection from 10.0.0.7:50000: no bytes of its request for 10 s while others wait for its room"
    ]


async def test_what_was_answered_before_a_broken_request_is_sent(bench, handler, caplog):
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b, b.connect() as client:
        good = frames.encode_request(ApiKey.METADATA, 12, 1, "test", METADATA)
        await client.send_bytes(good + good + b"\0\0\0\4what")
        await client.receive(METADATA, 12)
        await client.receive(METADATA, 12)
        with pytest.raises(ConnectionClosed):
            await client.receive_frame()
    assert len(caplog.records) == 1


async def test_long_requests_share_a_budget(bench, handler):
    handler(ApiKey.METADATA, answer_metadata)
    async with bench() as b, b.connect() as first, b.connect() as second:
        b.server._in_flight.limit_bytes = 150_000
        frame = long_request(100_000)
        await first.send_bytes(frame[:50_000])
        await trio.testing.wait_all_tasks_blocked()
        await second.send_bytes(frame)
        await trio.testing.wait_all_tasks_blocked()
        assert b.server._in_flight.used_bytes == len(frame) - 4
        with trio.move_on_after(0.05) as waits:
            await second.receive_frame()
        assert waits.cancelled_caught
        await first.send_bytes(frame[50_000:])
        await first.receive_frame()
        await second.receive_frame()
        await trio.testing.wait_all_tasks_blocked()
        assert b.server._in_flight.used_bytes == 0


async def test_what_a_client_says_about_itself_is_noted(bench):
    async with bench() as b, b.connect() as client:
        await client.request(ApiVersionsRequest("kcat", "1.7"), 3)
        (session,) = b.server.sessions
        assert (session.info.client_software_name, session.info.client_software_version) == ("kcat", "1.7")
