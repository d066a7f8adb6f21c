"""Records of a log as values: transactions, compression, what lies before the log's start; and where keys go."""

import pytest

from kwire.protocol.records.batch import read_header
from kwire.protocol.records.compression import Codec
from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.protocol.records.key_hash import partition_for_key
from kwire.protocol.records.record import Record, encode_batch
from kwire.testing.reading import count_unread, records_of
from tests.kit.cluster import START_MS, build_cluster, create_topic


class Log:
    """A partition that takes the batches of transactional and other producers."""

    def __init__(self, partition):
        self.partition = partition

    def _append(self, batch):
        self.partition.append(batch, read_header(batch), START_MS)

    def write(self, *values, producer=None, sequence=0, codec=Codec.NONE):
        rows = [Record(0, START_MS, None, value) for value in values]
        extra = {} if producer is None else {"producer_id": producer, "producer_epoch": 0, "base_sequence": sequence}
        self._append(encode_batch(rows, compression=codec, transactional=producer is not None, **extra))

    def end(self, producer, *, committed):
        self._append(
            encode_marker_batch(EndTransactionMarker(committed=committed, coordinator_epoch=0), producer, 0, 1)
        )

    def read(self, *, committed_only):
        return [record.value for record in records_of(self.partition, committed_only=committed_only)]


@pytest.fixture
async def log():
    cluster = build_cluster()
    await create_topic(cluster, "t")
    return Log(cluster.partition("t", 0))


async def test_committed_records_are_told_from_aborted_and_open_ones(log):
    log.write(b"plain")
    log.write(b"kept", producer=1)
    log.write(b"dropped", b"dropped too", producer=2)
    log.end(2, committed=False)
    log.write(b"kept too", producer=1, sequence=1)
    log.end(1, committed=True)
    log.write(b"of the same producer", producer=2, sequence=2)
    log.end(2, committed=True)
    log.write(b"open", producer=3)
    log.write(b"behind it")
    kept = [b"plain", b"kept", b"kept too", b"of the same producer"]
    assert log.read(committed_only=True) == kept
    everything = [*kept[:2], b"dropped", b"dropped too", *kept[2:], b"open", b"behind it"]
    assert log.read(committed_only=False) == everything
    assert [count_unread(log.partition, offset) for offset in (0, 1, 2, 3, 4, 6, 7, 8, 99)] == [
        4,
        3,
        2,
        2,
        2,
        1,
        1,
        0,
        0,
    ]


async def test_compressed_batches_are_read_from_the_log_s_start(log):
    log.write(b"1", b"2", b"3", codec=Codec.GZIP)
    log.write(b"4", codec=Codec.ZSTD)
    log.partition.delete_records(1)
    assert log.read(committed_only=False) == [b"2", b"3", b"4"]
    assert [record.offset for record in records_of(log.partition, committed_only=False)] == [1, 2, 3]
    assert [count_unread(log.partition, offset) for offset in (0, 1, 2, 4)] == [3, 3, 2, 0]


async def test_an_empty_log_has_nothing(log):
    assert log.read(committed_only=False) == []
    assert count_unread(log.partition, 0) == 0


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_keys_are_hashed_as_kafka_does(key, hashed):
    for partitions in (1, 3, 7, 2**31 - 1):
        assert partition_for_key(key, partitions) == (hashed & 0x7FFF_FFFF) % partitions
