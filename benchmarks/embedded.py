"""What a cluster inside a test costs: the plugin's import, starts, stops, resets, and what 1,000 rounds leave behind.

Times are the medians of wall-clock milliseconds, beside the CPU milliseconds of the whole process, which say what an
idle machine would have needed. The targets are those of docs/testing.md.

    python benchmarks/embedded.py [--rounds 1000]
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from raw_requests import Client, produce_frame

from kwire.testing import Cluster

if TYPE_CHECKING:
    from collections.abc import Callable

TIMED = 200
RUNS = 5
WARM_ROUNDS = 100
"""Until every module is imported and every cache is as large as it gets."""

TARGET_MS = {"plugin, in a run without Kafka": 50, "start": 15, "stop": 15, "reset": 5}
LEAK_BYTES_PER_ROUND = 1024
"""The allocator gives and takes some pages over 1,000 rounds; a leak of one cluster would be 100 KB a round."""


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """(Wall-clock milliseconds, CPU milliseconds) that it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def use(cluster: Cluster) -> None:
    """A client connects and produces a record, a test reads it."""
    client = Client(int(cluster.bootstrap_servers.rpartition(":")[2]))
    client.ask(produce_frame("orders", b"two coffees"))
    client.close()
    assert len(cluster.records("orders")) == 1


def lives() -> dict[str, tuple[float, float]]:
    """Medians over clusters that are started, used, reset and stopped."""
    times: dict[str, list[tuple[float, float]]] = {"start": [], "reset": [], "stop": []}
    for _ in range(TIMED):
        cluster = Cluster(topics={"orders": 6})
        times["start"].append(timed(cluster.start))
        use(cluster)
        times["reset"].append(timed(cluster.reset))
        times["stop"].append(timed(cluster.close))
    return {
        name: (statistics.median(wall for wall, _ in rows), statistics.median(cpu for _, cpu in rows))
        for name, rows in times.items()
    }


def plugin() -> tuple[float, float]:
    """What pytest's loading of the plugin takes, in processes that have pytest already: medians."""
    program = """
import time, pytest
wall, cpu = time.perf_counter(), time.process_time()
import kwire.testing.pytest_plugin
print((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)
"""
    command = [sys.executable, "-c", program]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() for _ in range(RUNS)]
    return statistics.median(float(wall) for wall, _ in runs), statistics.median(float(cpu) for _, cpu in runs)


def held() -> tuple[int, int, int]:
    """Threads, descriptors and bytes of memory that this process has."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return threading.active_count(), len([*Path("/proc/self/fd").iterdir()]), pages * os.sysconf("SC_PAGE_SIZE")


def leaks(rounds: int) -> list[str]:
    """What rounds of create, use and destroy have left behind, in words."""
    for _ in range(WARM_ROUNDS):
        with Cluster(topics={"orders": 6}) as cluster:
            use(cluster)
    threads, descriptors, memory_bytes = held()
    for _ in range(rounds):
        with Cluster(topics={"orders": 6}) as cluster:
            use(cluster)
    threads_after, descriptors_after, memory_after_bytes = held()
    grown = memory_after_bytes - memory_bytes
    print(f"{rounds} rounds: threads {threads} to {threads_after}, descriptors {descriptors} to {descriptors_after},")
    print(f"  memory {memory_bytes >> 10} to {memory_after_bytes >> 10} KiB, {grown / rounds:.0f} bytes a round")
    found = []
    if threads_after > threads:
        found.append(f"{threads_after - threads} threads")
    if descriptors_after > descriptors:
        found.append(f"{descriptors_after - descriptors} descriptors")
    if grown > rounds * LEAK_BYTES_PER_ROUND:
        found.append(f"{grown} bytes")
    return found


def main() -> int:
    """Measures and prints; a leak makes it fail, a missed target does not, for that may be the machine's load."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=1000)
    rounds = parser.parse_args().rounds
    with Cluster(topics={"orders": 6}) as cluster:
        use(cluster)
    figures = {"plugin, in a run without Kafka": plugin(), **lives()}
    print(f"{'cluster in a test':32} {'wall ms':>8} {'CPU ms':>8} {'target':>8}")
    for name, (wall_ms, cpu_ms) in figures.items():
        mark = "" if wall_ms <= TARGET_MS[name] else "  <- above the target"
        print(f"{name:32} {wall_ms:8.2f} {cpu_ms:8.2f} {TARGET_MS[name]:8}{mark}")
    found = leaks(rounds)
    if found:
        print(f"LEAK: {', '.join(found)} are left", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
