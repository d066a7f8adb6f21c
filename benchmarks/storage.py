"""CPU time of a storage engine's calls: python benchmarks/storage.py [memory|file] [--directory DIR].

Prints microseconds per call, the best of several rounds: appends of batches of 100 bytes to 1 MB, reads at the end of a
log and at random offsets, of one batch and of many.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from functools import partial
from pathlib import Path

from kwire.env import Env
from kwire.protocol.records.batch import read_header
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.config import LogConfig
from kwire.storage.registry import make_store

ROUNDS = 5
BYTES_PER_ROUND = 64 * 2**20


def best_us(function, calls):
    """Microseconds of CPU per call, of the best round."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(calls):
            function()
        times.append((time.process_time() - start) / calls)
    return min(times) * 1e6


def batch_of(value_bytes, records=1, producer_id=-1):
    """A batch of records of value_bytes each."""
    rows = [Record(0, 1_750_000_000_000, b"key", bytes(value_bytes))] * records
    sequence = -1 if producer_id < 0 else 0
    return encode_batch(rows, producer_id=producer_id, producer_epoch=min(sequence, 0), base_sequence=sequence)


def measure_appends(store, config):
    """One line per size of batch."""
    batches = [("100 B", batch_of(30)), ("100 B, idempotent", batch_of(30, producer_id=5))]
    batches += [(f"{size >> 10} KiB", batch_of(size)) for size in (1 << 10, 16 << 10, 128 << 10, 1 << 20)]
    for number, (name, batch) in enumerate(batches):
        log = store.open("bench", bytes(16), number, config)
        header = read_header(batch)
        calls = min(20_000, BYTES_PER_ROUND // len(batch))
        append = partial(log.append, batch, header, 0, 1_750_000_000_000)
        print(f"append {name:<20} {best_us(append, calls):9.2f} us")
        store.delete(log)


def measure_reads(store, config):
    """One line per kind of read, in a log of 200,000 batches."""
    log = store.open("bench", bytes(16), 99, config)
    batch = batch_of(30)
    header = read_header(batch)
    for _ in range(200_000):
        log.append(batch, header, 0, 1_750_000_000_000)
    end = log.log_end_offset
    generator = random.Random(1)

    def read(offset, max_bytes):
        part = log.read(offset, max_bytes, before_offset=end, min_one_batch=True)
        part.parts()
        part.close()

    cases = {
        "end of the log": lambda: read(end, 2**20),
        "newest batch": lambda: read(end - 1, 2**20),
        "1 KiB at random": lambda: read(generator.randrange(end), 2**10),
        "1 MiB at random": lambda: read(generator.randrange(end), 2**20),
        "offset for timestamp": lambda: log.offset_for_timestamp(1_750_000_000_000, before_offset=end),
    }
    for name, call in cases.items():
        print(f"read   {name:<20} {best_us(call, 5_000):9.2f} us")


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", nargs="?", default="memory", choices=["memory", "file"])
    parser.add_argument(
        "--directory", help="where the file engine puts its logs, for a while (default: a temporary one)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        url = "memory:" if options.engine == "memory" else f"file:{Path(directory, 'data')}"
        store = make_store(url, Env())
        store.start()
        config = LogConfig()
        measure_appends(store, config)
        measure_reads(store, config)
        store.close()


if __name__ == "__main__":
    main()
