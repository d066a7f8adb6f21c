"""What a produced batch costs before it is appended: microseconds of CPU per batch of 1 and of 100 records.

    python benchmarks/records.py

The first row is the path of a default topic (header and CRC only); the others read the records.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from kwire.protocol.records.compression import Codec
from kwire.protocol.records.record import Record, encode_batch
from kwire.protocol.records.validation import ProduceRules, validate_produce

if TYPE_CHECKING:
    from collections.abc import Callable

NOW_MS = 1_800_000_000_000
RECORD_COUNTS = (1, 100)
VALUE_BYTES = 100
ROUND_S = 0.2
ROUNDS = 3
LAST_ATTRIBUTES_BYTE = 22
MAX_TIMESTAMP = slice(35, 43)
CRC = slice(17, 21)


def batch(count: int, codec: Codec = Codec.NONE) -> bytearray:
    """A batch as a producer sends it: keys, values of 100 bytes, no headers."""
    records = [Record(0, NOW_MS + index, b"truck-%d" % index, bytes(VALUE_BYTES)) for index in range(count)]
    return encode_batch(records, compression=codec)


def cpu_us(function: Callable[[], object]) -> float:
    """Microseconds of CPU per call, the best of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        calls, start = 0, time.process_time()
        while (spent := time.process_time() - start) < ROUND_S:
            for _ in range(100):
                function()
            calls += 100
        best = min(best, spent / calls)
    return best * 1e6


def validated(buffer: bytearray, rules: ProduceRules) -> Callable[[], object]:
    """One validation of the batch in buffer, whose header is first what the producer sent."""
    records, attributes = memoryview(buffer), buffer[LAST_ATTRIBUTES_BYTE]
    sent_crc, sent_max_timestamp = bytes(buffer[CRC]), bytes(buffer[MAX_TIMESTAMP])

    def once() -> None:
        buffer[LAST_ATTRIBUTES_BYTE] = attributes
        buffer[CRC], buffer[MAX_TIMESTAMP] = sent_crc, sent_max_timestamp
        validate_produce(records, rules, NOW_MS)

    return once


def main() -> None:
    """The table, on standard output."""
    rows: list[tuple[str, Codec, ProduceRules]] = [
        ("header and CRC (default)", Codec.NONE, ProduceRules()),
        ("header and CRC, lz4", Codec.LZ4, ProduceRules()),
        ("LogAppendTime", Codec.NONE, ProduceRules(timestamp_type="LogAppendTime")),
        ("compacted topic", Codec.NONE, ProduceRules(compact=True)),
        ("kwire.validate.records", Codec.NONE, ProduceRules(validate_records=True)),
        ("kwire.validate.records, lz4", Codec.LZ4, ProduceRules(validate_records=True)),
        ("compression.type=zstd", Codec.NONE, ProduceRules(compression_type="zstd")),
    ]
    print(f"{'validate_produce, CPU µs per batch':36}" + "".join(f"{count:>6} records" for count in RECORD_COUNTS))
    for name, codec, rules in rows:
        costs = [cpu_us(validated(batch(count, codec), rules)) for count in RECORD_COUNTS]
        print(f"{name:36}" + "".join(f"{cost:14.2f}" for cost in costs))
    costs = [cpu_us(partial(batch, count)) for count in RECORD_COUNTS]
    print(f"{'encode_batch':36}" + "".join(f"{cost:14.2f}" for cost in costs))


if __name__ == "__main__":
    main()
