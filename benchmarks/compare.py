"""kwire beside Apache Kafka and kfake: start, memory, CPU, requests, latency, throughput and groups, in one run.

The brokers take turns: in each round one of them is started, measured with the same clients, and stopped, then the
next. The tables show medians over the rounds and the median of the rounds' ratios, so that what the machine does
meanwhile falls on all. All of them keep their data on disk.

    python benchmarks/compare.py                     three rounds, about 20 minutes; writes RESULTS.md and charts/
    python benchmarks/compare.py -k groups           the parts of one section; writes that section of it
    python benchmarks/compare.py --short             one small round, about two minutes; writes nothing
    python benchmarks/compare.py --only kwire -k start,requests
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import brokers
import charts
import groups
import report
import workloads

RESULTS = Path(__file__).with_name("RESULTS.md")
SECTIONS = {
    "Start, requests and records": ("start", "idle", "connections", "requests", "topics", "latency", "throughput"),
    "Groups": ("groups",),
}
"""The tables of RESULTS.md, and the parts that each of them has; every section starts its own brokers."""
PARTS = tuple(part for parts in SECTIONS.values() for part in parts)
STARTS_A_ROUND = 5
"""kwire starts so fast that one start says little."""


class Plan:
    """How much is measured."""

    def __init__(self, options: argparse.Namespace) -> None:
        short = self.short = options.short
        self.parts = options.k.split(",") if options.k else list(PARTS)
        self.kinds: tuple[str, ...] = (options.only,) if options.only else brokers.KINDS
        self.rounds = options.rounds or (1 if short else 3)
        self.request_s = 1.0 if short else 3.0
        self.warm_s = 1.0 if short else 3.0
        self.idle_s = 1.0 if short else 5.0
        self.megabytes = 12 if short else 300
        self.large_megabytes = 12 if short else 1000
        self.groups = 2 if short else 5
        self.beats_s = 3.0 if short else 12.0


def measure(kind: str, plan: Plan, parts: set[str]) -> workloads.Figures:
    """The parts' figures of one broker, started for them."""
    figures: workloads.Figures = {}
    if "start" in parts:
        figures |= start(kind)
    with tempfile.TemporaryDirectory(prefix="kwire-compare-") as directory:
        broker = brokers.Broker(kind, Path(directory))
        try:
            if "idle" in parts:
                figures |= workloads.idle(broker, plan.idle_s)
            if "connections" in parts:
                figures |= workloads.idle_connections(broker)
            if "requests" in parts:
                figures |= workloads.request_rate(broker, 8, plan.warm_s, "first requests")
                workloads.request_rate(broker, 8, plan.warm_s, "warm")
                for connections in (1, 8, 32):
                    figures |= workloads.request_rate(broker, connections, plan.request_s)
            if "topics" in parts:
                figures |= workloads.topics(broker, plan.request_s)
            if "latency" in parts:
                figures |= workloads.latency(broker, plan.request_s)
            if "throughput" in parts:
                figures |= throughput(broker, plan)
            if "groups" in parts:
                figures |= groups.groups(broker, plan.groups, plan.request_s, plan.beats_s, stock=not plan.short)
        finally:
            broker.stop()
    return figures


def start(kind: str) -> workloads.Figures:
    """From nothing to the first acknowledged record, with a new data directory each time."""
    times_s, floors_s = [], []
    for _ in range(STARTS_A_ROUND if kind == "kwire" else 1):
        floors_s.append(brokers.floor_s())
        with tempfile.TemporaryDirectory(prefix="kwire-compare-") as directory:
            broker = brokers.Broker(kind, Path(directory))
            times_s.append(broker.first_ack_s)
            broker.stop()
    took_s, floor_s = median(times_s), median(floors_s)
    return {report.FIRST_ACK: took_s * 1000, report.FLOOR: took_s / floor_s}


def throughput(broker: brokers.Broker, plan: Plan) -> workloads.Figures:
    """Records of two sizes in two sizes of batches, plain and compressed; after 1 GB and at the end memory counts."""
    figures = workloads.throughput(broker, 1000, plan.large_megabytes, "big batches")
    figures["RSS after 1 GB [MB]"] = broker.rss_mb()
    for record_bytes in (1000, 100):
        for config in workloads.CLIENT_CONFIGS:
            if (record_bytes, config) != (1000, "big batches"):
                megabytes = plan.megabytes if record_bytes == 1000 else plan.megabytes // 3
                figures |= workloads.throughput(broker, record_bytes, megabytes, config)
    figures[report.RSS_LOADED] = broker.rss_mb()
    return figures


def main() -> None:
    """Measures, prints the tables, and keeps those of whole sections."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--short", action="store_true", help="one small round: it must run, the figures say little")
    parser.add_argument("--rounds", type=int, help="pairs to measure (3)")
    parser.add_argument("--only", choices=brokers.KINDS, help="one broker alone")
    parser.add_argument("-k", metavar="PARTS", help=f"some of {','.join(PARTS)}")
    options = parser.parse_args()
    plan = Plan(options)
    plan.kinds = brokers.prepare(plan.kinds)
    sections, measured = {}, {}
    for title, parts in SECTIONS.items():
        chosen = set(parts) & set(plan.parts)
        if chosen:
            figures, about = section(plan, chosen)
            sections[title] = f"{about}\n\n{report.table(figures)}"
            measured[title] = figures
            print(f"## {title}\n\n{sections[title]}\n", flush=True)
    whole = {title: text for title, text in sections.items() if set(SECTIONS[title]) <= set(plan.parts)}
    if not options.short and plan.kinds == brokers.KINDS:
        RESULTS.write_text(merged(RESULTS.read_text() if RESULTS.exists() else "", whole))
        for title in whole:
            charts.write(measured[title])


def section(plan: Plan, parts: set[str]) -> tuple[report.Rounds, str]:
    """The parts, measured: each broker's figures by round, and a line about the run."""
    load_before, started_s = brokers.load(), time.perf_counter()
    figures: report.Rounds = {kind: [] for kind in plan.kinds}
    for number in range(plan.rounds):
        for kind in plan.kinds:
            print(f"round {number + 1} of {plan.rounds}: {kind}, {' '.join(sorted(parts))}", flush=True)
            figures[kind].append(measure(kind, plan, parts))
    minutes = (time.perf_counter() - started_s) / 60
    about = (
        f"{time.strftime('%Y-%m-%d')}, {report.machine()}, {os.cpu_count()} cores; {plan.rounds} rounds in "
        f"{minutes:.0f} minutes; load averages {load_before} before, {brokers.load()} after."
    )
    return figures, about


def merged(before: str, sections: dict[str, str]) -> str:
    """RESULTS.md with these sections; those that were not measured stay as they were."""
    kept = {title: text.strip() for title, _, text in (part.partition("\n") for part in before.split("\n## ")[1:])}
    texts = kept | sections
    return "\n".join([HEAD, *(f"## {title}\n\n{texts[title]}\n" for title in SECTIONS if title in texts)])


HEAD = """\
# kwire beside Apache Kafka 4.3.1 and kfake

Written by `make bench`; [docs/performance.md](../docs/performance.md) says how it measures. Medians over the rounds;
a ratio is kwire's figure to the other broker's in the same round, with the lowest and the highest. kwire keeps its data
in segment files; Apache Kafka is a single KRaft node with its stock settings, but `group.initial.rebalance.delay.ms=0`,
formatted before its start is timed; kfake is franz-go's fake broker with a data directory, as
[kfake/go.mod](kfake/go.mod) names it. Broker CPU counts user and system time of all threads of the process.
"""


if __name__ == "__main__":
    main()
