"""The same records cleaned by Apache Kafka and by kwire: the same bytes."""

import gzip
from pathlib import Path

import trio

from kwire.protocol.records.batch import iter_headers
from kwire.protocol.records.record import Record, encode_batch, iter_records
from kwire.storage.cleaner import Cleaner, CleanerLimits
from kwire.storage.config import LogConfig
from kwire.storage.segments.store import SegmentStore
from tests.kit.storage_bench import Bench

GOLDEN = Path(__file__).parent.parent / "vectors" / "segments" / "seg-compacted-0"
ROUND = 8
ROLLED_AT = 32
CONFIG = LogConfig(cleanup_policy=frozenset({"compact"}), index_interval_bytes=200, min_cleanable_dirty_ratio=0.01)


def golden(name):
    path = GOLDEN / name
    return path.read_bytes() if path.exists() else gzip.decompress(path.with_name(name + ".gz").read_bytes())


def rounds_before(golden_batches):
    """What the producer sent before the cleaning: each round overwrites k0 to k7, the third deletes k8."""
    last_round = [(header, batch) for header, batch in golden_batches if header.base_offset >= 24]
    for number in range(3):
        for header, batch in last_round:
            records = list(iter_records(batch, header))
            if number == 2 and header.base_offset == 24:
                yield golden_round_with_tombstone(golden_batches[0])
                continue
            yield encode_batch(
                [Record(0, header.max_timestamp - 61_000 * (3 - number), r.key, b"old") for r in records],
                leader_epoch=0,
                base_offset=number * ROUND + header.base_offset - 24,
                producer_id=header.producer_id,
                producer_epoch=0,
                base_sequence=number * ROUND + header.base_offset - 24,
            )
    for _, batch in last_round:
        yield batch


def golden_round_with_tombstone(cleaned):
    """The batch of which the tombstone of k8 is left."""
    header, batch = cleaned
    (tombstone,) = iter_records(batch, header)
    assert (bytes(tombstone.key), tombstone.value, tombstone.offset) == (b"k8", None, 18)
    records = [
        Record(0, tombstone.timestamp, key, value) for key, value in [(b"k0", b"x"), (b"k1", b"x"), (b"k8", None)]
    ]
    return encode_batch(records, base_offset=16, leader_epoch=0, producer_id=26, producer_epoch=0, base_sequence=16)


def test_what_is_kept_is_what_apache_kafka_keeps(tmp_path):
    cleaned = golden(f"{0:020d}.log")
    batches = [(header, cleaned[at : at + header.size_bytes]) for at, header in iter_headers(cleaned)]
    bench = Bench(lambda place, env: SegmentStore(str(tmp_path / place), env), CONFIG)
    for batch in rounds_before(batches):
        bench.log.append_as_is(batch, bench.time.now_ms)
    assert bench.log.log_end_offset == ROLLED_AT
    bench.log.roll(bench.time.now_ms)
    bench.log.append_as_is(golden(f"{ROLLED_AT:020d}.log"), bench.time.now_ms)
    bench.time.now_ms = batches[0][0].delete_horizon_ms - CONFIG.delete_retention_ms

    cleaner = Cleaner(bench.time.env(), lambda: [(bench.log, bench.log.log_end_offset)])
    assert trio.run(cleaner.clean_dirtiest, CleanerLimits())
    assert bench.read_all(0) == cleaned + golden(f"{ROLLED_AT:020d}.log")
    bench.store.close()
    directory = Path(bench.log.directory)
    for base_offset in (0, ROLLED_AT):
        for suffix in (".log", ".index", ".timeindex"):
            name = f"{base_offset:020d}{suffix}"
            assert (directory / name).read_bytes() == golden(name), name
    assert (tmp_path / "place" / "cleaner-offset-checkpoint").read_text() == f"0\n1\n{bench.log.topic} 0 {ROLLED_AT}\n"
