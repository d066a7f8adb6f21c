"""The comparison's pictures: one SVG a question, with a bar for each broker, readable on light and on dark pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import report

if TYPE_CHECKING:
    from report import Rounds

FOLDER = Path(__file__).with_name("charts")
COLOURS = {"kwire": "#2f81f7", "kafka": "#8b949e", "kfake": "#3fb950"}
STYLE = (
    "text{font:12px sans-serif;fill:#57606a}.t{font-weight:bold}@media(prefers-color-scheme:dark){text{fill:#adbac7}}"
)
WIDTH, LABELS, NUMBERS, BAR, GAP = 720, 210, 90, 14, 10

CHARTS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "start": (
        "From the start of the process to the first acknowledged record, ms (less is better)",
        [("", report.FIRST_ACK)],
    ),
    "memory": (
        "Resident memory, MB (less is better)",
        [("idle", "RSS idle [MB]"), ("after all of the load", report.RSS_LOADED)],
    ),
    "requests": (
        "Single records, acks=all, requests a second (more is better)",
        [
            ("8 connections, just started", "first requests, 8 connections [/s]"),
            ("1 connection, warm", "requests, 1 connection [/s]"),
            ("8 connections, warm", "requests, 8 connections [/s]"),
            ("32 connections, warm", "requests, 32 connections [/s]"),
        ],
    ),
    "throughput": (
        "confluent-kafka, MB/s (more is better)",
        [
            (f"{verb} {size}, {batches}", f"{verb} {size}, {batches} batches [MB/s]")
            for size in ("1 KB", "100 B")
            for batches in ("big", "default")
            for verb in ("produce", "consume")
        ],
    ),
    "latency": (
        "From producer to consumer at 500 records a second, ms (less is better)",
        [("p50", "end to end at 500 records/s, p50 [ms]"), ("p99", "end to end at 500 records/s, p99 [ms]")],
    ),
    "groups": (
        "Consumer groups, 50 members, ms (less is better)",
        [
            ("until stable", "50 members until stable [ms]"),
            ("when one leaves", "rebalance when one of 50 members leaves [ms]"),
        ],
    ),
}
"""By file: a title, and rows of a label and the figure that they show."""


def write(rounds: Rounds) -> None:
    """Every chart whose figures are among these is in its file."""
    FOLDER.mkdir(exist_ok=True)
    for name, (title, rows) in CHARTS.items():
        if all(figure in rounds["kwire"][0] for _, figure in rows):
            (FOLDER / f"{name}.svg").write_text(chart(title, rows, rounds))


def chart(title: str, rows: list[tuple[str, str]], rounds: Rounds) -> str:
    """The picture of those figures' medians."""
    values = {(kind, figure): report.middle(rounds[kind], figure) for kind in rounds for _, figure in rows}
    longest = max(value for value in values.values() if value is not None)
    parts, y = [], 58
    for label, figure in rows:
        parts.append(_text(LABELS - 8, y + BAR * len(rounds) / 2 + 4, label, "end"))
        for kind in rounds:
            value = values[kind, figure]
            length = 0 if value is None else max(1, (WIDTH - LABELS - NUMBERS) * value / longest)
            parts.append(f'<rect x="{LABELS}" y="{y}" width="{length:.0f}" height="{BAR - 2}" fill="{COLOURS[kind]}"/>')
            shown = "not measured" if value is None else report.number(value)
            parts.append(_text(LABELS + length + 6, y + BAR - 4, shown))
            y += BAR
        y += GAP
    x = LABELS
    for kind in rounds:
        parts.append(f'<rect x="{x}" y="30" width="12" height="12" fill="{COLOURS[kind]}"/>')
        parts.append(_text(x + 17, 40, report.NAMES[kind]))
        x += 120
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img">'
        f"<title>{title}</title><style>{STYLE}</style>"
        f'<text x="8" y="18" class="t">{title}</text>{"".join(parts)}</svg>\n'
    )


def _text(x: float, y: float, shown: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{shown}</text>'
