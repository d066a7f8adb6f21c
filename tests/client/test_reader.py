"""Reading in order, in all formats, without aborted records, also after a leader, a connection or an offset is lost."""

import struct
from zlib import crc32

import pytest
import trio

from kwire.client import admin
from kwire.client.decoding import decoded, end_of
from kwire.client.errors import ClientError, NotUnderstood, Refused
from kwire.client.reader import reading
from kwire.client.values import Address, TopicPartition
from kwire.protocol.messages.fetch import AbortedTransaction
from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.protocol.records.record import Record, encode_batch

SERVERS = {f"broker {node_id}": Address("127.0.0.1", 9091 + node_id) for node_id in (1, 2, 3)}
PLACE = TopicPartition("t", 0)


def batch(values, **options):
    return encode_batch(
        [Record(0, 1000 + at, b"k", value, [("h", b"1"), ("n", None)]) for at, value in enumerate(values)], **options
    )


def numbers(count, first=0):
    return [b"%d" % number for number in range(first, first + count)]


async def read_all(reader, count):
    found = []
    while len(found) < count:
        piece = await reader.next(30)
        assert piece is not None, f"only {len(found)} came"
        found += piece.records
    return found


@pytest.mark.parametrize("compression", range(5))
async def test_records_are_read_whole(world, autojump_clock, compression):
    async with world(1) as w, w.client() as cluster:
        await w.topic("t")
        w.append("t", batch(numbers(3), compression=compression))
        async with reading(cluster, 0) as reader:
            reader.assign({PLACE: 1})
            found = await read_all(reader, 2)
            assert [(one.offset, one.timestamp, one.key, one.value) for one in found] == [
                (1, 1001, b"k", b"1"),
                (2, 1002, b"k", b"2"),
            ]
            assert (found[0].topic, found[0].partition, found[0].appended) == ("t", 0, False)
            assert list(found[0].headers) == [("h", b"1"), ("n", None)]
            assert reader.positions == {PLACE: 3}
            assert await reader.next(1) is None


async def test_several_partitions_of_several_brokers(world, autojump_clock):
    async with world(3) as w, w.client(servers=SERVERS, max_partition_fetch_bytes=500) as cluster:
        await w.topic("t", 6)
        for number in range(6):
            for part in range(20):
                w.append("t", batch(numbers(5, 5 * part)), number)
        async with reading(cluster, 0) as reader:
            reader.assign({TopicPartition("t", number): 0 for number in range(6)})
            found = await read_all(reader, 600)
        for number in range(6):
            assert [one.value for one in found if one.partition == number] == numbers(100)


async def test_what_comes_later_is_read_when_it_comes(world, autojump_clock):
    async with world(1) as w, w.client() as cluster:
        await w.topic("t")
        async with reading(cluster, 0) as reader, trio.open_nursery() as nursery:
            reader.assign({PLACE: 0})

            async def write():
                await trio.sleep(10)
                w.append("t", batch(numbers(1)))

            nursery.start_soon(write)
            begun = w.elapsed_s
            assert [one.value for one in await read_all(reader, 1)] == [b"0"]
            assert 10 <= w.elapsed_s - begun < 11


async def test_a_leader_that_moves_and_connections_that_are_cut(world, autojump_clock):
    async with world(3) as w, w.client(servers=SERVERS, max_partition_fetch_bytes=300) as cluster:
        await w.topic("t", 1, 3)
        for part in range(40):
            w.append("t", batch(numbers(5, 5 * part)))
        async with reading(cluster, 0) as reader:
            reader.assign({PLACE: 0})
            found = await read_all(reader, 50)
            gone = w.leader("t")
            w.stop(gone)
            found += await read_all(reader, 50)
            w.cut(w.leader("t"))
            found += await read_all(reader, 50)
            w.start(gone)
            found += await read_all(reader, 200 - len(found))
        assert [one.value for one in found] == numbers(200)


async def test_a_broker_that_is_away_for_long_is_told(world, autojump_clock):
    async with world(1) as w, w.client(default_api_timeout_ms=5_000) as cluster:
        await w.topic("t")
        w.append("t", batch(numbers(1)))
        async with reading(cluster, 0) as reader:
            reader.assign({PLACE: 0})
            await read_all(reader, 1)
            w.stop(1)
            begun = w.elapsed_s
            with pytest.raises(ClientError, match=r"refused|lost|gone|LEADER_NOT_AVAILABLE"):
                await reader.next(60)
            assert 4 < w.elapsed_s - begun < 8


@pytest.mark.parametrize(("reset", "first"), [("earliest", b"5"), ("latest", b"10")])
async def test_an_offset_that_is_gone(world, autojump_clock, reset, first):
    async with world(1) as w, w.client(auto_offset_reset=reset) as cluster:
        await w.topic("t")
        w.append("t", batch(numbers(5)))
        w.append("t", batch(numbers(5, 5)))
        w.cluster.partition("t", 0).delete_records(5)
        async with reading(cluster, 0) as reader:
            reader.assign({PLACE: 2})
            if reset == "latest":
                assert await reader.next(1) is None
                w.append("t", batch(numbers(1, 10)))
            assert (await read_all(reader, 1))[0].value == first


async def test_an_offset_that_is_gone_and_must_not_be(world, autojump_clock):
    async with world(1) as w, w.client(auto_offset_reset="none") as cluster:
        await w.topic("t")
        async with reading(cluster, 0) as reader:
            reader.assign({PLACE: 9})
            with pytest.raises(Refused, match="t-0 at 9: OFFSET_OUT_OF_RANGE: The partition has no such offset"):
                await reader.next(5)


async def test_what_is_read_may_change_at_any_time(world, autojump_clock):
    async with world(1) as w, w.client() as cluster:
        await w.topic("t", 2)
        other = TopicPartition("t", 1)
        w.append("t", batch(numbers(5)), 0)
        w.append("t", batch(numbers(5, 100)), 1)
        async with reading(cluster, 0) as reader:
            reader.assign({PLACE: 0})
            await read_all(reader, 5)
            reader.assign({other: 3})
            assert [one.value for one in await read_all(reader, 2)] == [b"103", b"104"]
            reader.seek(other, 1)
            assert [one.value for one in await read_all(reader, 4)] == numbers(4, 101)
            reader.assign({PLACE: 4, other: 0})
            assert [one.value for one in await read_all(reader, 1)] == [b"4"]
            assert reader.positions == {PLACE: 5, other: 5}


def transactional(values, producer_id, base_offset):
    return batch(
        values, producer_id=producer_id, producer_epoch=0, base_sequence=0, transactional=True, base_offset=base_offset
    )


def marker(producer_id, base_offset, *, committed):
    return encode_marker_batch(EndTransactionMarker(committed, 0), producer_id, 0, 5, base_offset=base_offset)


LOG = memoryview(
    b"".join(
        [
            transactional([b"a"], 1, 0),
            transactional([b"b"], 2, 1),
            marker(1, 2, committed=False),
            transactional([b"c"], 1, 3),
            marker(2, 4, committed=True),
            batch([b"d"], base_offset=5),
            marker(1, 6, committed=True),
            transactional([b"e"], 2, 7),
            marker(2, 8, committed=False),
        ]
    )
)


def test_what_was_aborted_is_left_out_and_markers_always():
    aborted = [AbortedTransaction(2, 7), AbortedTransaction(1, 0)]
    pieces = list(decoded(PLACE, LOG, aborted))
    assert [one.value for records, _ in pieces for one in records] == [b"b", b"c", b"d"]
    assert [after for _, after in pieces] == list(range(1, 10))
    everything = [one.value for records, _ in decoded(PLACE, LOG, ()) for one in records]
    assert everything == [b"a", b"b", b"c", b"d", b"e"]
    assert end_of(LOG) == 9


def message(offset, value, magic, attributes=0, key=None):
    fields = bytes((magic, attributes)) + (struct.pack(">q", 77) if magic else b"")
    for part in (key, value):
        fields += struct.pack(">i", -1) if part is None else struct.pack(">i", len(part)) + part
    return struct.pack(">qiI", offset, len(fields) + 4, crc32(fields)) + fields


@pytest.mark.parametrize("magic", [0, 1])
def test_old_formats_are_read(magic):
    import gzip

    inner = b"".join(message(at if magic else 5 + at, b"%d" % at, magic) for at in range(3))
    data = memoryview(message(4, b"plain", magic, key=b"k") + message(7, gzip.compress(inner), magic, 1) + b"\0\0")
    pieces = list(decoded(PLACE, data, ()))
    assert [(one.offset, one.value) for records, _ in pieces for one in records] == [
        (4, b"plain"),
        (5, b"0"),
        (6, b"1"),
        (7, b"2"),
    ]
    assert [after for _, after in pieces] == [5, 8]
    assert pieces[0][0][0].timestamp == (77 if magic else -1)
    assert end_of(data) == 8


def test_a_batch_that_is_cut_off_comes_again_and_a_damaged_one_is_told():
    data = batch([b"a"])
    assert end_of(memoryview(data)[:-1]) is None
    assert list(decoded(PLACE, memoryview(data)[:-1], ())) == []
    data[-1] ^= 1
    with pytest.raises(NotUnderstood, match="t-0: record batch at 0 has CRC"):
        list(decoded(PLACE, memoryview(data), ()))
    assert [one.offset for records, _ in decoded(PLACE, memoryview(data), (), check_crcs=False) for one in records] == [
        0
    ]


async def test_going_back_within_what_is_in_store_leaves_nothing_out(world, autojump_clock):
    async with world(1) as w, w.client(max_poll_records=2) as cluster:
        await w.topic("t")
        for number in range(6):
            w.append("t", batch(numbers(1, number)))
        async with reading(cluster, 0) as reader:
            reader.assign({PLACE: 0})
            await read_all(reader, 4)
            reader.seek(PLACE, 1)
            assert [one.value for one in await read_all(reader, 5)] == numbers(5, 1)


async def test_a_topic_that_is_gone_is_told_though_others_go_on(world, autojump_clock):
    async with world(2) as w, w.client(servers=SERVERS, default_api_timeout_ms=5_000) as cluster:
        await w.topic("t", 4)
        await w.topic("gone")
        async with reading(cluster, 0) as reader:
            reader.assign({TopicPartition("gone", 0): 0, **{TopicPartition("t", number): 0 for number in range(4)}})
            assert await reader.next(1) is None
            await admin.delete_topic(cluster, "gone")
            begun = w.elapsed_s
            with trio.fail_after(60), pytest.raises(Refused, match=r"gone.*UNKNOWN_TOPIC_OR_PARTITION"):
                while True:
                    await reader.next(1)
            assert 4 < w.elapsed_s - begun < 8


async def test_a_large_batch_comes_beside_a_partition_that_always_has_more(world, autojump_clock):
    async with world(1) as w, w.client(max_partition_fetch_bytes=500) as cluster:
        await w.topic("t", 2)
        for _ in range(100):
            w.append("t", batch([bytes(300)]), 0)
        w.append("t", batch([bytes(5000)]), 1)
        async with reading(cluster, 0) as reader:
            reader.assign({PLACE: 0, TopicPartition("t", 1): 0})
            found = [one.partition for one in await read_all(reader, 101)]
            assert found.index(1) < 20
