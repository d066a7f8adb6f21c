"""What a request costs the broker: CPU time per produce, per fetch of 1 MB, and per empty Metadata.

Starts a real `kwire serve`, sends prebuilt frames over one raw socket, and reads the broker's CPU time from /proc.
Times are given in microseconds and as a ratio to a loop of plain Python that was timed just before, so that the
numbers of two machines can be compared. benchmarks/request_cost.json holds the ratios of the last accepted state;
a workload that costs more than WARN_FACTOR times its ratio there is pointed out.

    python benchmarks/request_cost.py [--update]
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from kwire.protocol import codec
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.metadata import MetadataRequest
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.batch import HEADER_BYTES, LOG_OVERHEAD_BYTES, BatchHeader, seal, write_header

BASELINE = Path(__file__).with_suffix(".json")
WARN_FACTOR = 1.6
"""A shared machine moves these ratios by a third from run to run; a real step back is larger."""
ROUNDS = 3
"""Each workload counts with its cheapest round: noise only ever adds."""
TOPIC = "request_cost"
PRODUCE_VERSION, FETCH_VERSION, METADATA_VERSION = 9, 12, 12
FETCH_BYTES = 1024 * 1024
SOCKET_TIMEOUT_S = 30
START_TIMEOUT_S = 30


def record_batch(value: bytes) -> bytes:
    """A batch of one record without key, timestamp and headers."""
    body = bytes((0, 0, 0, 1)) + varint(len(value)) + value + b"\x00"
    records = varint(len(body)) + body
    header = BatchHeader(
        base_offset=0,
        batch_length=HEADER_BYTES - LOG_OVERHEAD_BYTES + len(records),
        partition_leader_epoch=-1,
        magic=2,
        crc=0,
        attributes=0,
        last_offset_delta=0,
        base_timestamp=-1,
        max_timestamp=-1,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        records_count=1,
    )
    batch = bytearray(HEADER_BYTES) + records
    write_header(batch, header)
    seal(batch, header)
    return bytes(batch)


def varint(value: int) -> bytes:
    """Zigzag, as record batches have it."""
    value <<= 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def frame(message: object, api_key: int, version: int) -> bytes:
    """A whole request with its size; all versions used here are flexible."""
    header = struct.pack(">hhi", api_key, version, 1) + struct.pack(">h", 5) + b"bench" + b"\x00"
    body = codec.encode(message, version)
    return struct.pack(">i", len(header) + len(body)) + header + body


def produce_frame(value: bytes) -> bytes:
    """One record for the topic's only partition, acks=all."""
    data = PartitionProduceData(index=0, records=record_batch(value))
    request = ProduceRequest(acks=-1, timeout_ms=10_000, topic_data=[TopicProduceData(TOPIC, partition_data=[data])])
    return frame(request, 0, PRODUCE_VERSION)


def fetch_frame() -> bytes:
    """1 MB from the log's start."""
    partition = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=FETCH_BYTES)
    topics = [FetchTopic(topic=TOPIC, partitions=[partition])]
    request = FetchRequest(max_wait_ms=0, min_bytes=1, max_bytes=FETCH_BYTES, topics=topics)
    return frame(request, 1, FETCH_VERSION)


def metadata_frame() -> bytes:
    """No topics."""
    return frame(MetadataRequest(topics=[]), 3, METADATA_VERSION)


class Broker:
    """A `kwire serve` of its own, with its data in memory, and one connection to it."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "kwire", "serve"]
        self.process = subprocess.Popen([*command, "--listen", f"127.0.0.1:{port}", "--topic", f"{TOPIC}:1"])
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=SOCKET_TIMEOUT_S)
                break
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise SystemExit("kwire serve does not answer") from None
                time.sleep(0.02)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = memoryview(bytearray(2 * FETCH_BYTES))

    def cpu_s(self) -> float:
        """CPU seconds of all its threads so far."""
        total_ns = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            total_ns += int((task / "schedstat").read_text().split()[0])
        return total_ns / 1e9

    def ask(self, request: bytes) -> memoryview:
        """The reply to the request, without its size."""
        self.socket.sendall(request)
        self._receive(4)
        size = int.from_bytes(self.buffer[:4], "big")
        self._receive(size)
        return self.buffer[:size]

    def _receive(self, size: int) -> None:
        got = 0
        while got < size:
            count = self.socket.recv_into(self.buffer[got:size])
            if count == 0:
                raise SystemExit("kwire closed the connection")
            got += count

    def cost_us(self, request: bytes, times: int) -> float:
        """CPU microseconds of one such request, the cheapest of ROUNDS rounds."""
        for _ in range(times // 10):
            self.ask(request)
        costs = []
        for _ in range(ROUNDS):
            before = self.cpu_s()
            for _ in range(times):
                self.ask(request)
            costs.append((self.cpu_s() - before) / times)
        return min(costs) * 1e6

    def stop(self) -> None:
        """The process is gone."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=START_TIMEOUT_S)


def calibration_us() -> float:
    """CPU microseconds of a fixed piece of plain Python: what this machine is worth now."""
    best = float("inf")
    pack = struct.Struct(">qi").pack
    for _ in range(ROUNDS):
        before = time.process_time()
        for _ in range(200):
            rows = {index: pack(index, index) for index in range(100)}
            sum(len(row) for row in rows.values())
        best = min(best, (time.process_time() - before) / 200)
    return best * 1e6


def measure() -> dict[str, float]:
    """Workload to CPU microseconds."""
    broker = Broker()
    try:
        costs = {
            "metadata, no topics": broker.cost_us(metadata_frame(), 5_000),
            "produce, 1 record of 100 B, acks=all": broker.cost_us(produce_frame(os.urandom(100)), 5_000),
        }
        large = produce_frame(os.urandom(100_000))
        for _ in range(20):
            broker.ask(large)
        if len(broker.ask(fetch_frame())) < FETCH_BYTES:
            raise SystemExit("a fetch of 1 MB gave less")
        costs["fetch, 1 MB"] = broker.cost_us(fetch_frame(), 1_000)
    finally:
        broker.stop()
    return costs


def main() -> None:
    """Measures, prints the table, and compares with the baseline."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--update", action="store_true", help="accept this run as the new baseline")
    update = parser.parse_args().update
    unit_us = calibration_us()
    costs = measure()
    ratios = {name: round(cost_us / unit_us, 3) for name, cost_us in costs.items()}
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    print(f"{'workload':40} {'CPU µs':>9} {'ratio':>7} {'baseline':>9}")
    for name, ratio in ratios.items():
        before = baseline.get(name)
        mark = "  <- dearer than the baseline" if before and ratio > WARN_FACTOR * before else ""
        print(f"{name:40} {costs[name]:9.1f} {ratio:7.2f} {before or '-':>9}{mark}")
    print(f"ratio 1 = {unit_us:.1f} µs of plain Python on this machine")
    if update:
        BASELINE.write_text(json.dumps(ratios, indent=2) + "\n")


if __name__ == "__main__":
    main()
