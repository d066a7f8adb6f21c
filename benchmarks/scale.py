"""How costs and memory grow with connections, partitions, topics, groups and the size of a log.

Each curve has a broker of its own and goes up step by step; at each step a small request is measured: CPU of the
broker, and its memory. Partitions and topics are also started again, after a clean stop, and timed until a record is
acknowledged. Writes benchmarks/SCALE.md.

    python benchmarks/scale.py [-k connections,partitions] [--gigabytes 5] [--kafka]
"""

from __future__ import annotations

import argparse
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import brokers
import report
import workloads
from groups import wait_coordinator
from raw_requests import OFFSET_COMMIT, Client, api_versions_frame, fetch_frame, frame, produce_frame

from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESULTS = Path(__file__).with_name("SCALE.md")
TOPIC = "measured"
REQUESTS = 10_000
SERIES = 10
"""The cheapest counts: whether the poller's lingering costs CPU is up to the neighbours on the machine."""
A_TOPIC = 1_000
"""Partitions of each topic on the curve of partitions."""
STEPS = {
    "connections": (10, 100, 500, 1_000, 2_000),
    "partitions": (10, 1_000, 5_000, 10_000, 20_000),
    "topics": (10, 100, 1_000, 5_000),
    "groups": (1, 10, 100, 1_000, 2_000),
}
HEAD = """\
# How it grows

Written by `python benchmarks/scale.py`. A row is one state of a broker on segment files: broker CPU for a single-record
Produce (acks=all, one connection, one after the other; the cheapest of ten series), resident memory, and where it says
so the time from the start of the process, after a clean stop, to the first acknowledged record.
"""


class Curve:
    """One broker on the way up, started again where a curve asks for it."""

    def __init__(self, kind: str, directory: Path) -> None:
        self.broker = brokers.Broker(kind, directory)
        self.broker.create_topic(TOPIC)
        self._produce = produce_frame(TOPIC, bytes(100))

    def restart_s(self) -> float:
        """From its start to the first acknowledged record, after a clean stop."""
        self.broker.restart()
        return self.broker.first_ack_s

    def client(self) -> Client:
        """A connection that has said who it is."""
        client = Client(self.broker.port)
        client.ask(api_versions_frame())
        return client

    def cost_us(self, request: bytes | None = None, count: int = REQUESTS) -> float:
        """CPU of the broker for one request, a Produce or another one, in the cheapest of some series."""
        client = self.client()
        asked = request or self._produce
        costs_s = []
        for _ in range(SERIES):
            before_s = self.broker.cpu_s()
            for _ in range(count // SERIES):
                client.ask(asked)
            costs_s.append((self.broker.cpu_s() - before_s) / (count // SERIES))
        client.close()
        return min(costs_s) * 1e6


def connections(curve: Curve, _: argparse.Namespace) -> Iterator[dict[str, float]]:
    """Idle ones beside the one that works."""
    idle: list[socket.socket] = []
    greeting = api_versions_frame()
    for step in STEPS["connections"]:
        while len(idle) < step:
            connected = socket.create_connection(("127.0.0.1", curve.broker.port))
            connected.sendall(greeting)
            connected.recv(4096)
            idle.append(connected)
        yield {"connections": step, "Produce [µs]": curve.cost_us(), "memory [MB]": curve.broker.rss_mb()}
    for each in idle:
        each.close()


def partitions(curve: Curve, _: argparse.Namespace) -> Iterator[dict[str, float]]:
    """Of topics with 1,000 each."""
    made = 0
    for step in STEPS["partitions"]:
        client = curve.client()
        while made < step:
            count = min(A_TOPIC, step - made)
            workloads.create_topics(client, [f"many-{made}"], count)
            made += count
        client.close()
        costs = {"partitions": step, "Produce [µs]": curve.cost_us(), "memory [MB]": curve.broker.rss_mb()}
        yield costs | {"restart [s]": curve.restart_s()}


def topics(curve: Curve, _: argparse.Namespace) -> Iterator[dict[str, float]]:
    """With one partition each, which has a record."""
    made = 0
    for step in STEPS["topics"]:
        names = [f"topic-{index}" for index in range(made, step)]
        made = step
        client = curve.client()
        workloads.create_topics(client, names, 1)
        for name in names:
            client.ask(produce_frame(name, b"x"))
        client.close()
        costs = {"topics": step, "Produce [µs]": curve.cost_us(), "memory [MB]": curve.broker.rss_mb()}
        yield costs | {"restart [s]": curve.restart_s()}


def groups(curve: Curve, _: argparse.Namespace) -> Iterator[dict[str, float]]:
    """Each with a committed offset."""
    wait_coordinator(curve.broker)
    client = curve.client()
    rows = [OffsetCommitRequestTopic(TOPIC, partitions=[OffsetCommitRequestPartition(0, 7, 0, "")])]
    made = 0
    for step in STEPS["groups"]:
        for index in range(made, step):
            client.ask(frame(OFFSET_COMMIT, OffsetCommitRequest(f"group-{index}", -1, "", topics=rows)))
        made = step
        commit = frame(OFFSET_COMMIT, OffsetCommitRequest("group-0", -1, "", topics=rows))
        yield {
            "groups": step,
            "OffsetCommit [µs]": curve.cost_us(commit, REQUESTS // 2),
            "Produce [µs]": curve.cost_us(),
            "memory [MB]": curve.broker.rss_mb(),
        }
    client.close()


def log_size(curve: Curve, options: argparse.Namespace) -> Iterator[dict[str, float]]:
    """Of one partition with records of 1 KB in batches of 1 MB."""
    written = 0.0
    fetch = fetch_frame(TOPIC)
    for step in (0.1, 1.0, options.gigabytes / 2, options.gigabytes):
        workloads.fill(curve.broker, TOPIC, 1000, int((step - written) * 1e9))
        written = step
        yield {
            "log [GB]": step,
            "Produce [µs]": curve.cost_us(),
            "Fetch of 1 MB from the start [µs]": curve.cost_us(fetch, REQUESTS // 10),
            "memory [MB]": curve.broker.rss_mb(),
            "restart [s]": curve.restart_s(),
        }


CURVES: dict[str, Callable[[Curve, argparse.Namespace], Iterator[dict[str, float]]]] = {
    "connections": connections,
    "partitions": partitions,
    "topics": topics,
    "groups": groups,
    "log size": log_size,
}


def measured(kind: str, name: str, options: argparse.Namespace) -> str:
    """The curve as a table."""
    lines: list[str] = []
    with tempfile.TemporaryDirectory(prefix="kwire-scale-") as directory:
        curve = Curve(kind, Path(directory))
        try:
            for row in CURVES[name](curve, options):
                if not lines:
                    lines = [f"| {' | '.join(row)} |", "|" + "---:|" * len(row)]
                lines.append(f"| {' | '.join(report.number(value) for value in row.values())} |")
                print(lines[-1], flush=True)
        except brokers.NoAnswer:
            lines += [
                "",
                f"One step further no record is acknowledged within {brokers.START_TIMEOUT_S} s of a start.",
            ]
            print(lines[-1], flush=True)
        finally:
            curve.broker.stop()
    return "\n".join(lines)


def main() -> None:
    """Measures, and writes what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-k", metavar="CURVES", default=",".join(CURVES), help=f"some of {','.join(CURVES)}")
    parser.add_argument("--gigabytes", type=float, default=5, help="of the largest log (5)")
    parser.add_argument("--kafka", action="store_true", help="Apache Kafka as well")
    options = parser.parse_args()
    kinds = brokers.prepare(("kwire", "kafka") if options.kafka else ("kwire",))
    chosen = options.k.split(",")
    text = f"{HEAD}\n{time.strftime('%Y-%m-%d')}, {report.machine()}.\n"
    for name in chosen:
        for kind in kinds:
            print(f"{name}: {kind}", flush=True)
            text += f"\n## {name.capitalize()}: {report.NAMES[kind]}\n\n{measured(kind, name, options)}\n"
            if set(chosen) == set(CURVES):
                RESULTS.write_text(text)


if __name__ == "__main__":
    main()
