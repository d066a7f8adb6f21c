"""The tables that are made from what is known elsewhere: APIs, clients and figures.

APIs come from kwire.api.registry, clients from compat/REPORT.md, figures from benchmarks/RESULTS.md.

python packaging/tables.py            writes them between their markers
python packaging/tables.py --check    exits with 1 where they are not what their sources say
"""

import re
import sys
from pathlib import Path

from kwire.api.registry import APIS

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "compat" / "REPORT.md"
RESULTS = ROOT / "benchmarks" / "RESULTS.md"

APPLICATION_MARKS = 2
"""Frameworks have two cells: pipeline and resume."""

FIGURES = {
    "start to first acknowledged record [ms]": "start to the first acknowledged record, ms",
    "RSS idle [MB]": "memory, idle, MB",
    "RSS after all of this [MB]": "memory after all of the load, MB",
    "first requests, 8 connections [/s]": "single records a second, 8 connections, broker just started",
    "requests, 1 connection [/s]": "the same, 1 connection, broker warm",
    "requests, 8 connections [/s]": "the same, 8 connections, broker warm",
    "requests, 32 connections [/s]": "the same, 32 connections, broker warm",
    "produce 1 KB, big batches [MB/s]": "produce 1 KB records in 1 MB batches, MB/s",
    "consume 1 KB, big batches [MB/s]": "consume them, MB/s",
    "end to end at 500 records/s, p50 [ms]": "producer to consumer, 500 records a second, median, ms",
    "end to end at 500 records/s, p99 [ms]": "the same, 99 %, ms",
    "100 topics x 4 partitions created [ms]": "100 topics with 4 partitions created, ms",
}
"""The figures of RESULTS.md that the pages show, with their words for them."""

LEADS = {
    "start to first acknowledged record [ms]": "start to the first acknowledged record, ms",
    "RSS idle [MB]": "memory, idle, MB",
    "first requests, 8 connections [/s]": "single records a second, 8 connections, just started",
    "end to end at 500 records/s, p99 [ms]": "producer to consumer, 99 % of the records within, ms",
}
"""The figures that the README shows: those where kwire leads. Its limits stand below."""


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]


def apis() -> str:
    """Make a row for each supported API with its versions."""
    lines = ["| key | API | versions |", "|---|---|---|"]
    for api in APIS.values():
        versions = dict.fromkeys((api.min_version, api.max_version))
        lines.append(f"| {int(api.key)} | {api.name} | {'–'.join(map(str, versions))} |")  # noqa: RUF001 - an en dash is meant
    return "\n".join(lines)


def clients() -> str:
    """Make a row for each client with the number of cells that work."""
    applications: list[str] = []
    lines = [
        "| client | language | version | features that work | not in kwire yet | not in the client |",
        "|---|---|---|---:|---:|---:|",
    ]
    for name, version, *marks in rows(REPORT.read_text(encoding="utf-8")):
        found = re.fullmatch(r"(\S+) \(([^)]+)\)", name)
        if found is None or not set("".join(marks)) <= set("✓✗-○· "):
            continue
        works, missing, lacks = (marks.count(mark) for mark in "✓○-")
        if works + missing + lacks != len(marks):
            raise SystemExit(f"{REPORT.name}: {name} has cells that failed or were not run")
        if len(marks) == APPLICATION_MARKS:
            applications.append(found[1])
            continue
        lines.append(f"| {found[1]} | {found[2]} | {version} | {works} | {missing or ''} | {lacks or ''} |")
    return "\n".join([*lines, "", f"Applications on {', '.join(applications)} run, too, and resume where they were."])


def measured() -> tuple[dict[str, list[str]], str]:
    """Return the figures of kwire, Apache Kafka and kfake by name, and the line about the run."""
    text = RESULTS.read_text(encoding="utf-8")
    about = next(line for line in text.splitlines() if re.match(r"\d{4}-\d\d-\d\d, ", line)).partition(";")[0]
    return {cells[0]: cells[1:4] for cells in rows(text)}, about


def figures() -> str:
    """Make the table of the chosen figures for every broker, and the line about the run."""
    found, about = measured()
    lines = ["| | kwire | Apache Kafka | kfake |", "|---|---:|---:|---:|"]
    lines += [f"| {says} | {' | '.join(found[name])} |" for name, says in FIGURES.items()]
    return "\n".join([*lines, "", f"Medians, all brokers with their data on disk; {about}."])


def leads() -> str:
    """Make the README's table: a few figures beside Apache Kafka's, and where the others are."""
    found, about = measured()
    lines = ["| | kwire | Apache Kafka |", "|---|---:|---:|"]
    lines += [f"| {says} | {' | '.join(found[name][:2])} |" for name, says in LEADS.items()]
    date, *_, cores = about.split(", ")
    others = "[all figures](docs/performance.md#beside-other-brokers), won and lost"
    return "\n".join([*lines, "", f"Medians of {date}, on {cores}; {others}."])


TABLES = {"clients": clients, "apis": apis, "figures": figures, "leads": leads}
PAGES = {"README.md": ("leads",), "docs/what-works.md": ("clients", "apis"), "docs/performance.md": ("figures",)}


def written(page: str) -> str:
    """Return the page with its tables up to date."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for name in PAGES[page]:
        before, begin, rest = text.partition(f"<!-- {name}: python packaging/tables.py -->\n")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        if not begin or not end:
            raise SystemExit(f"{page} has no place for {name}")
        text = f"{before}{begin}\n{TABLES[name]()}\n\n{end}{after}"
    return text


def main() -> int:
    """Return the exit status."""
    old = [page for page in PAGES if written(page) != (ROOT / page).read_text(encoding="utf-8")]
    if sys.argv[1:] == ["--check"]:
        for page in old:
            print(f"{page} is not what its sources say; run: python packaging/tables.py", file=sys.stderr)
        return int(bool(old))
    for page in old:
        (ROOT / page).write_text(written(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
