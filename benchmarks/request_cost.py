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
import struct
import subprocess
import sys
import time
from pathlib import Path

from raw_requests import (
    FETCH_BYTES,
    Client,
    api_versions_frame,
    fetch_frame,
    free_port,
    metadata_frame,
    produce_frame,
)

BASELINE = Path(__file__).with_suffix(".json")
WARN_FACTOR = 1.6
"""A shared machine moves these ratios by a third from run to run; a real step back is larger."""
ROUNDS = 3
"""Each workload counts with its cheapest round: noise only ever adds."""
TOPIC = "request_cost"
START_TIMEOUT_S = 30


class Broker:
    """A `kwire serve` of its own, with its data in memory, and one connection to it."""

    def __init__(self) -> None:
        port = free_port()
        command = [sys.executable, "-m", "kwire", "serve"]
        self.process = subprocess.Popen([*command, "--listen", f"127.0.0.1:{port}", "--topic", f"{TOPIC}:1"])
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.client = Client(port)
                break
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise SystemExit("kwire serve does not answer") from None
                time.sleep(0.02)
        self.client.ask(api_versions_frame())

    def cpu_s(self) -> float:
        """CPU seconds of all its threads so far."""
        total_ns = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            total_ns += int((task / "schedstat").read_text().split()[0])
        return total_ns / 1e9

    def cost_us(self, request: bytes, times: int) -> float:
        """CPU microseconds of one such request, the cheapest of ROUNDS rounds."""
        for _ in range(times // 10):
            self.client.ask(request)
        costs = []
        for _ in range(ROUNDS):
            before = self.cpu_s()
            for _ in range(times):
                self.client.ask(request)
            costs.append((self.cpu_s() - before) / times)
        return min(costs) * 1e6

    def stop(self) -> None:
        """The process is gone."""
        self.client.close()
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
            "produce, 1 record of 100 B, acks=all": broker.cost_us(produce_frame(TOPIC, os.urandom(100)), 5_000),
        }
        large = produce_frame(TOPIC, os.urandom(100_000))
        for _ in range(20):
            broker.client.ask(large)
        if len(broker.client.ask(fetch_frame(TOPIC))) < FETCH_BYTES:
            raise SystemExit("a fetch of 1 MB gave less")
        costs["fetch, 1 MB"] = broker.cost_us(fetch_frame(TOPIC), 1_000)
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
