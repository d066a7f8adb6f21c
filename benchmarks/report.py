"""The comparison's table: medians, ratios of pairs, and what was to be reached."""

from __future__ import annotations

import platform
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workloads import Figures


class Target(NamedTuple):
    """What a figure is to reach: a bound on kwire's own value, or on its ratio to Apache Kafka's.

    is_least: the bound is a lower one.
    """

    bound: float
    of_ratio: bool
    is_least: bool = False

    def shown(self) -> str:
        """In a table."""
        return f"{'≥' if self.is_least else '≤'} {self.bound:.3g}{' of Kafka' if self.of_ratio else ''}"

    def is_met(self, value: float, ratio: float) -> bool:
        """Whether it is reached."""
        got = ratio if self.of_ratio else value
        return got >= self.bound if self.is_least else got <= self.bound


FIRST_ACK = "start to first acknowledged record [ms]"
FLOOR = "start to first acknowledged record / import of trio and crc32c"
RSS_LOADED = "RSS after the load [MB]"

TARGETS = {
    FIRST_ACK: Target(1 / 12, of_ratio=True),
    FLOOR: Target(1.6, of_ratio=False),
    "RSS idle [MB]": Target(45, of_ratio=False),
    RSS_LOADED: Target(90, of_ratio=False),
    "RSS of an idle connection [KB]": Target(12, of_ratio=False),
    "CPU idle [ms/s]": Target(0.05, of_ratio=False),
    "requests, 1 connection [/s]": Target(1.0, of_ratio=True, is_least=True),
    "requests, 8 connections, broker CPU [µs each]": Target(70, of_ratio=False),
}
for _name in (
    "50 members until stable [ms]",
    "rebalance when one of 50 members leaves [ms]",
    "200 idle members, broker CPU [ms/s]",
):
    TARGETS[_name] = Target(1.0, of_ratio=True)
TARGETS["200 idle members, broker CPU [µs a heartbeat]"] = Target(60, of_ratio=False)
TARGETS["offset commits, 8 members [/s]"] = Target(1.0, of_ratio=True, is_least=True)
for _connections in (8, 32):
    TARGETS[f"requests, {_connections} connections [/s]"] = Target(1.2, of_ratio=True, is_least=True)
for _connections in ("1 connection", "8 connections", "32 connections"):
    TARGETS[f"requests, {_connections}, p99 [µs]"] = Target(1.0, of_ratio=True)
for _records in ("1 KB", "100 B"):
    for _batches in ("default", "big"):
        for _verb in ("produce", "consume"):
            _name = f"{_verb} {_records}, {_batches} batches"
            TARGETS[f"{_name} [MB/s]"] = Target(1.1, of_ratio=True, is_least=True)
            TARGETS[f"{_name}, broker CPU [ms/MB]"] = Target(0.5, of_ratio=True)


def table(kwire: list[Figures], kafka: list[Figures]) -> str:
    """Markdown, one row a figure. kwire[n] and kafka[n] are a pair of one round; kafka may be empty."""
    lines = [
        "| figure | kwire | Apache Kafka | ratio (pairs) | target | |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for name in kwire[0]:
        ours = median(figures[name] for figures in kwire)
        theirs = [figures[name] for figures in kafka if name in figures]
        ratios = [own[name] / other[name] for own, other in zip(kwire, kafka, strict=False) if other.get(name)]
        ratio = median(ratios) if ratios else float("nan")
        target = TARGETS.get(name)
        verdict = ""
        if target is not None and (ratios or not target.of_ratio):
            verdict = "met" if target.is_met(ours, ratio) else "**missed**"
        spread = f"{ratio:.2f} ({min(ratios):.2f}-{max(ratios):.2f})" if ratios else "-"
        columns = [
            name,
            number(ours),
            number(median(theirs)) if theirs else "-",
            spread,
            target.shown() if target else "",
            verdict,
        ]
        lines.append(f"| {' | '.join(columns)} |")
    return "\n".join(lines)


def number(value: float) -> str:
    """Three significant digits, whole numbers above 100."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def machine() -> str:
    """What the figures were taken on."""
    model = "unknown processor"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - not a file of ours
            model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or model
    return f"{model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
