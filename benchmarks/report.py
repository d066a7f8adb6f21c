"""The comparison's table: medians, ratios of pairs, and what was to be reached."""

from __future__ import annotations

import platform
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workloads import Figures

    Rounds = dict[str, list[Figures]]
    """The figures of each kind of broker, by round; kwire is the first kind."""

NAMES = {"kwire": "kwire", "kafka": "Apache Kafka", "kfake": "kfake"}


class Target(NamedTuple):
    """What a figure is to reach: a bound on kwire's own value, or on its ratio to another broker's.

    of: "kafka" or "kfake"; None for the value itself. is_least: the bound is a lower one.
    """

    bound: float
    of: str | None = None
    is_least: bool = False

    def shown(self) -> str:
        """In a table."""
        return f"{'≥' if self.is_least else '≤'} {self.bound:.3g}{f' of {NAMES[self.of]}' if self.of else ''}"

    def is_met(self, value: float, ratios: dict[str, float]) -> bool | None:
        """Whether it is reached; None where the other broker was not measured."""
        got = ratios.get(self.of) if self.of else value
        if got is None:
            return None
        return got >= self.bound if self.is_least else got <= self.bound


FIRST_ACK = "start to first acknowledged record [ms]"
FLOOR = "start to first acknowledged record / import of trio and crc32c"
RSS_LOADED = "RSS after all of this [MB]"


def _targets() -> dict[str, list[Target]]:
    targets = {
        FIRST_ACK: [Target(1 / 15, "kafka")],
        FLOOR: [Target(1.4)],
        "RSS idle [MB]": [Target(45)],
        RSS_LOADED: [Target(100)],
        "RSS of an idle connection [KB]": [Target(12)],
        "CPU idle [ms/s]": [Target(0.05)],
        "requests, 1 connection [/s]": [Target(1.2, "kafka", is_least=True)],
        "Metadata of 20 topics x 4 partitions [/s]": [Target(1.0, "kfake", is_least=True)],
        "100 topics x 4 partitions created [ms]": [Target(0.2, "kafka")],
        "end to end at 500 records/s, p50 [ms]": [Target(1.0, "kafka")],
        "end to end at 500 records/s, p99 [ms]": [Target(1.0, "kafka")],
        "50 members until stable [ms]": [Target(1.0, "kafka"), Target(1.0, "kfake")],
        "rebalance when one of 50 members leaves [ms]": [Target(1.0, "kafka")],
        "offset commits, 8 members [/s]": [Target(1.0, "kafka", is_least=True)],
        "200 idle members, broker CPU [ms/s]": [Target(1.0, "kafka")],
        "200 idle members, broker CPU [µs a heartbeat]": [Target(60)],
    }
    for connections in (8, 32):
        name = f"requests, {connections} connections"
        targets[f"{name} [/s]"] = [Target(2, "kafka", is_least=True), Target(1, "kfake", is_least=True)]
        targets[f"{name}, broker CPU [µs each]"] = [Target(1, "kfake")]
    targets["requests, 8 connections, broker CPU [µs each]"].append(Target(70))
    for connections in ("1 connection", "8 connections", "32 connections"):
        targets[f"requests, {connections}, p99 [µs]"] = [Target(1.0, "kafka")]
    for records in ("1 KB", "100 B"):
        for batches in ("default batches", "big batches", "default batches, lz4", "big batches, lz4"):
            for verb in ("produce", "consume"):
                name = f"{verb} {records}, {batches}"
                targets[f"{name} [MB/s]"] = [Target(1, "kafka", is_least=True), Target(1, "kfake", is_least=True)]
                targets[f"{name}, broker CPU [ms/MB]"] = [Target(0.4, "kafka"), Target(0.6, "kfake")]
    return targets


TARGETS = _targets()


def table(rounds: Rounds) -> str:
    """Markdown, one row a figure; the n-th figures of all kinds are of one round."""
    others = [kind for kind in rounds if kind != "kwire"]
    ours = rounds["kwire"]
    titles = ["figure", *(NAMES[kind] for kind in rounds), *(f"kwire / {NAMES[kind]} (pairs)" for kind in others)]
    lines = [f"| {' | '.join([*titles, 'target', ''])} |", f"|---|{'---:|' * (len(titles) - 1)}---|---|"]
    for name in ours[0]:
        medians = {kind: middle(figures, name) for kind, figures in rounds.items()}
        ratios = {kind: pairs for kind in others if (pairs := _pairs(ours, rounds[kind], name))}
        targets = TARGETS.get(name, [])
        verdicts = [
            target.is_met(medians["kwire"] or 0.0, {kind: median(pairs) for kind, pairs in ratios.items()})
            for target in targets
        ]
        columns = [
            name,
            *("-" if value is None else number(value) for value in medians.values()),
            *(_spread(ratios.get(kind)) for kind in others),
            ", ".join(target.shown() for target in targets),
            ", ".join("met" if verdict else "**missed**" for verdict in verdicts if verdict is not None),
        ]
        lines.append(f"| {' | '.join(columns)} |")
    return "\n".join(lines)


def middle(figures: list[Figures], name: str) -> float | None:
    """The median of a figure over the rounds; None where it was not measured."""
    values = [each[name] for each in figures if name in each]
    return median(values) if values else None


def _pairs(ours: list[Figures], theirs: list[Figures], name: str) -> list[float]:
    return [own[name] / other[name] for own, other in zip(ours, theirs, strict=True) if other.get(name)]


def _spread(pairs: list[float] | None) -> str:
    return f"{median(pairs):.2f} ({min(pairs):.2f}-{max(pairs):.2f})" if pairs else "-"


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
