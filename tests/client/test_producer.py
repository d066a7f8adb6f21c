"""Records are written once and in order, whatever happens on the way; refused ones are reported by number."""

import pytest
import trio

from kwire.api import registry
from kwire.client.errors import Refused
from kwire.client.producer import NoSuchPartition, producing
from kwire.client.values import Address
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.produce import (
    PartitionProduceResponse,
    ProduceResponse,
    TopicProduceResponse,
)
from kwire.protocol.records.key_hash import partition_for_key
from tests.kit.simulated_network import SimulatedStream

SERVERS = {f"broker {node_id}": Address("127.0.0.1", 9091 + node_id) for node_id in (1, 2, 3)}


def numbers(count, first=0):
    return [b"%d" % number for number in range(first, first + count)]


async def send_all(producer, topic, values, **options):
    for value in values:
        await producer.send(topic, None, value, **options)


async def test_records_are_written_in_order(world, autojump_clock):
    async with world(1) as w, w.client(batch_size=500) as cluster:
        await w.topic("t")
        async with producing(cluster) as producer:
            await send_all(producer, "t", numbers(1000))
            await producer.flush()
            assert (producer.confirmed, producer.failed) == (1000, None)
        assert w.values("t") == numbers(1000)


async def test_a_record_leaves_by_itself_after_a_while(world, autojump_clock):
    async with world(1) as w, w.client(linger_ms=50) as cluster:
        await w.topic("t")
        async with producing(cluster) as producer:
            await producer.send("t", b"k", b"v", [("h", None)], timestamp_ms=5)
            await trio.sleep(0.04)  # less than linger_ms
            assert w.values("t") == []
            await trio.sleep(0.5)
            assert w.values("t") == [b"v"]


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
async def test_batches_are_compressed(world, autojump_clock, compression):
    async with world(1) as w, w.client(compression_type=compression) as cluster:
        await w.topic("t")
        async with producing(cluster) as producer:
            await send_all(producer, "t", numbers(100))
            await producer.flush()
        codecs = {header.compression for header in w.cluster.partition("t", 0).open().headers(0)}
        assert codecs == {["none", "gzip", "snappy", "lz4", "zstd"].index(compression)}
        assert w.values("t") == numbers(100)


async def test_keys_choose_partitions_and_others_stay_together(world, autojump_clock):
    async with world(3) as w, w.client(servers=SERVERS) as cluster:
        await w.topic("t", 6)
        async with producing(cluster) as producer:
            for number in range(50):
                await producer.send("t", b"%d" % number, b"%d" % number)
            await producer.flush()
            found = {number: [int(value) for value in w.values("t", number)] for number in range(6)}
            assert found == {
                place: [one for one in range(50) if partition_for_key(b"%d" % one, 6) == place] for place in range(6)
            }
            await send_all(producer, "t", numbers(10, 100))
            await producer.flush()
        assert sorted(len(w.values("t", number)) - len(found[number]) for number in range(6)) == [0, 0, 0, 0, 0, 10]


async def test_a_leader_that_moves_takes_what_is_left(world, autojump_clock):
    async with world(3) as w, w.client(servers=SERVERS, batch_size=300) as cluster:
        await w.topic("t", 1, 3)
        async with producing(cluster) as producer:
            for part in range(6):
                await send_all(producer, "t", numbers(100, 100 * part))
                if part in {1, 3}:
                    gone = w.leader("t")
                    w.stop(gone)
                    await trio.sleep(0.3)  # so that requests fail meanwhile
                    w.start(gone)
            await producer.flush()
            assert (producer.confirmed, producer.failed) == (600, None)
        assert w.values("t") == numbers(600)


async def test_cut_connections_write_nothing_twice(world, autojump_clock):
    async with world(1) as w, w.client(batch_size=200) as cluster:
        await w.topic("t")
        async with producing(cluster) as producer, trio.open_nursery() as nursery:

            async def cut_again_and_again():
                while True:
                    await trio.sleep(0.07)  # several times while records are sent
                    w.cut(1)

            nursery.start_soon(cut_again_and_again)
            for part in range(20):
                await send_all(producer, "t", numbers(50, 50 * part))
                await trio.sleep(0.05)  # so that connections are cut between the parts, too
            await producer.flush()
            nursery.cancel_scope.cancel()
            assert producer.failed is None
        assert w.values("t") == numbers(1000)


@pytest.fixture
def answering(monkeypatch):
    """Make the broker answer its first Produce requests with these error codes, without writing."""
    found = registry.APIS[ApiKey.PRODUCE]

    def make(codes):
        left = list(codes)
        handle = found.handle

        def answer_first(request, context):
            if not left:
                return handle(request, context)
            code = left.pop(0)
            return ProduceResponse(
                [
                    TopicProduceResponse(
                        topic.name,
                        topic.topic_id,
                        [PartitionProduceResponse(row.index, code) for row in topic.partition_data],
                    )
                    for topic in request.topic_data
                ]
            )

        monkeypatch.setattr(found, "_handle", answer_first)
        return left

    return make


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        ErrorCode.LEADER_NOT_AVAILABLE,
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.NOT_ENOUGH_REPLICAS,
        ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        ErrorCode.REQUEST_TIMED_OUT,
        ErrorCode.KAFKA_STORAGE_ERROR,
        ErrorCode.CORRUPT_MESSAGE,
    ],
)
async def test_what_may_pass_is_tried_again(world, autojump_clock, answering, code):
    async with world(1) as w, w.client() as cluster:
        await w.topic("t")
        left = answering([code, code])
        async with producing(cluster) as producer:
            await send_all(producer, "t", numbers(10))
            await producer.flush()
            assert producer.failed is None
        assert not left
        assert w.values("t") == numbers(10)


async def test_what_does_not_pass_in_time_is_told(world, autojump_clock, answering):
    async with world(1) as w, w.client(delivery_timeout_ms=3_000) as cluster:
        await w.topic("t")
        answering([ErrorCode.NOT_ENOUGH_REPLICAS] * 1000)
        async with producing(cluster) as producer:
            await send_all(producer, "t", numbers(10))
            await producer.flush()
            number, error = producer.failed
        assert number == 0
        assert str(error).startswith("NOT_ENOUGH_REPLICAS: Fewer replicas")
        assert 2 < w.elapsed_s < 5


@pytest.mark.parametrize(
    "code", [ErrorCode.TOPIC_AUTHORIZATION_FAILED, ErrorCode.INVALID_TIMESTAMP, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER]
)
async def test_what_does_not_pass_is_told_at_once(world, autojump_clock, answering, code):
    async with world(1) as w, w.client() as cluster:
        await w.topic("t")
        answering([code])
        async with producing(cluster) as producer:
            await send_all(producer, "t", numbers(10))
            await producer.flush()
            number, error = producer.failed
        assert (number, error.code, w.values("t")) == (0, code, [])
        assert w.elapsed_s < 1


async def test_a_batch_that_was_written_before_is_no_failure(world, autojump_clock, answering):
    async with world(1) as w, w.client() as cluster:
        await w.topic("t")
        answering([ErrorCode.DUPLICATE_SEQUENCE_NUMBER])
        async with producing(cluster) as producer:
            await send_all(producer, "t", numbers(3))
            await producer.flush()
            assert (producer.confirmed, producer.failed) == (3, None)


async def test_a_batch_that_is_too_large_is_cut_down_to_the_record_that_is(world, autojump_clock):
    async with world(1) as w, w.client() as cluster:
        await w.topic("t", max_message_bytes="1000")
        values = numbers(300)
        values[200] = b"x" * 2000
        async with producing(cluster) as producer:
            await send_all(producer, "t", values)
            await producer.flush()
            number, error = producer.failed
        assert (number, error.code) == (200, ErrorCode.MESSAGE_TOO_LARGE)
        assert w.values("t") == numbers(200)


async def test_the_first_refused_record_counts_and_other_partitions_go_on(world, autojump_clock):
    async with world(1) as w, w.client(batch_size=200) as cluster:
        await w.topic("t", 2, max_message_bytes="1000")
        async with producing(cluster) as producer:
            for number in range(100):
                big = number % 2 and number > 50
                await producer.send("t", None, b"x" * 5000 if big else b"%d" % number, partition=number % 2)
            await producer.flush()
            assert producer.failed[0] == 51
        assert w.values("t", 0) == [b"%d" % number for number in range(0, 100, 2)]
        assert w.values("t", 1) == [b"%d" % number for number in range(1, 51, 2)]


async def test_what_the_topic_does_not_have(world, autojump_clock):
    async with world(1) as w, w.client() as cluster:
        await w.topic("t", 2)
        async with producing(cluster) as producer:
            with pytest.raises(NoSuchPartition, match="topic t has no partition 2, but 0 to 1"):
                await producer.send("t", None, b"", partition=2)
            with pytest.raises(Refused, match="topic none: UNKNOWN_TOPIC_OR_PARTITION"):
                await producer.send("none", None, b"")


@pytest.mark.parametrize(("acks", "idempotent"), [(-1, True), (-1, False), (1, True), (0, False)])
async def test_acks_and_idempotence(world, autojump_clock, acks, idempotent):
    async with world(1) as w, w.client(acks=acks, enable_idempotence=idempotent) as cluster:
        await w.topic("t")
        async with producing(cluster) as producer:
            await send_all(producer, "t", numbers(10))
            await producer.flush()
            assert producer.confirmed == 10
            await trio.sleep(1)  # with acks=0 there is no answer to wait for
        written = w.cluster.partition("t", 0).open().headers(0)
        assert {header.producer_id >= 0 for header in written} == {idempotent and acks == -1}
        assert w.values("t") == numbers(10)


async def takes_nothing(*_):
    await trio.sleep_forever()


async def test_a_broker_that_takes_nothing_is_told(world, autojump_clock, monkeypatch):
    async with world(1) as w, w.client(acks=0, request_timeout_ms=2_000, delivery_timeout_ms=5_000) as cluster:
        await w.topic("t")
        async with producing(cluster) as producer:
            await producer.send("t", None, b"0")
            await producer.flush()
            monkeypatch.setattr(SimulatedStream, "send_all", takes_nothing)
            await producer.send("t", None, b"1")
            with trio.fail_after(60):
                await producer.flush()
            assert producer.failed is not None
            assert "no answer within 2 s" in str(producer.failed[1]) or "accepts no data" in str(producer.failed[1])


async def test_no_more_is_held_than_is_allowed(world, autojump_clock, monkeypatch):
    monkeypatch.setattr("kwire.client.producer.UNCONFIRMED_BYTES", 10_000)
    async with world(1) as w, w.client(batch_size=1000) as cluster:
        await w.topic("t")
        async with producing(cluster) as producer:
            for number in range(200):
                await producer.send("t", None, b"%0500d" % number)
                assert producer._held_bytes <= 10_000
            await producer.flush()
            assert producer._held_bytes == 0
        assert [int(value) for value in w.values("t")] == list(range(200))
