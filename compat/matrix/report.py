"""Shows the matrix while it runs, and writes it where --report says: a pytest plugin, which conftest.py registers."""

import ast
import platform
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from compat.matrix.plan import HERE, Client, Feature, clients, features

REPORT = Path(__file__).parents[1] / "REPORT.md"
MARKS = {"passed": "✓", "failed": "✗", "lacks": "-", "missing": "○", "skipped": "·", "": " "}
SAYS = {
    "passed": "works, by its content",
    "failed": "fails",
    "lacks": "the client cannot do it",
    "missing": "kwire does not have it yet, and says so in the documented way",
    "skipped": "not run on this machine",
}


def outcome(report: pytest.TestReport, feature: Feature) -> str:
    """What a cell shows."""
    if report.skipped:
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        return "lacks" if "lacks:" in why else "skipped"
    if report.failed:
        return "failed"
    return "missing" if feature.missing else "passed"


class Matrix:
    """The cells of a run."""

    def __init__(self, config: pytest.Config) -> None:
        self._broker = config.option.broker
        self._target = config.option.report
        self._clients = {client.name: client for client in clients()}
        self._features = {feature.name: feature for feature in features()}
        self._cells: dict[tuple[str, str], str] = {}
        self._expected: Counter[str] = Counter()
        self._others: dict[str, Counter[str]] = {}
        self._began = time.monotonic()
        self._shows = sys.stderr.isatty()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Counts what is to come."""
        for item in items:
            cell = self._cell(item.nodeid)
            if cell:
                self._expected[cell[0].name] += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes a cell, and shows the row when it is complete."""
        cell = self._cell(report.nodeid)
        if not (report.when == "call" or report.skipped or report.failed):
            return
        if cell is None:
            self._others.setdefault(report.nodeid.partition("::")[0], Counter())[report.outcome] += 1
            return
        client, feature = cell
        if self._cells.get((client.name, feature.name)) != "failed":
            self._cells[client.name, feature.name] = outcome(report, feature)
        done = sum(name == client.name for name, _ in self._cells)
        if done == self._expected.get(client.name, len(self._columns(client))):
            print(f"\n{self._line(client)}", flush=True)
        self._progress()

    def pytest_sessionfinish(self) -> None:
        """Prints the table; writes the report where one is asked for."""
        if not self._cells:
            return
        rows = [client for client in self._clients.values() if any(name == client.name for name, _ in self._cells)]
        print("\n\n" + "\n".join(self._line(client) for client in rows))
        print("  ".join(f"{MARKS[kind]} {says}" for kind, says in SAYS.items()))
        if self._target:
            Path(self._target).write_text(self._document(rows))

    def _cell(self, nodeid: str) -> tuple[Client, Feature] | None:
        _, bracket, inside = nodeid.partition("test_cell[")
        if not bracket:
            return None
        name, _, feature = inside.rstrip("]").partition(":")
        return self._clients[name], self._features[feature]

    def _columns(self, client: Client) -> list[Feature]:
        return [feature for feature in self._features.values() if feature.kind == client.kind]

    def _line(self, client: Client) -> str:
        marks = "".join(MARKS[self._cells.get((client.name, each.name), "")] for each in self._columns(client))
        return f"{client.name:24} {client.version:10} {marks}"

    def _progress(self) -> None:
        total = sum(self._expected.values())
        if self._shows and total:
            done, width = len(self._cells), 30
            bar = "█" * (width * done // total)
            print(f"\r{bar:░<{width}} {done}/{total}", end="", file=sys.stderr, flush=True)

    def _document(self, rows: list[Client]) -> str:
        counted = Counter(self._cells.values())
        minutes = (time.monotonic() - self._began) / 60
        title = "kwire" if self._broker == "kwire" else "Apache Kafka"
        lines = [
            f"# Stock clients and features, against {title}",
            "",
            f"Written by `make compat` on {time.strftime('%Y-%m-%d')}:",
            f"{len(self._cells)} cells in {minutes:.0f} minutes,",
            f"{platform.system()} {platform.machine()}, Python {platform.python_version()}. Each cell is a run of the",
            "client with a check of content by another client; the scenarios are in `compat/matrix/features`.",
            "",
            "; ".join(f"{MARKS[kind]} {says} ({counted[kind]})" for kind, says in SAYS.items() if counted[kind]) + ".",
        ]
        for kind in ("client", "application"):
            chosen = [client for client in rows if client.kind == kind]
            if chosen:
                lines += ["", *self._table(chosen)]
        lines += ["", "## What else stock clients do", "", *self._table_of_others()]
        lines += ["", "## What the columns prove", ""]
        lines += [f"- **{each.name}**: {each.says}." for each in self._features.values()]
        lines += ["", "## What kwire does not have yet", ""]
        lines += [f"- **{each.name}**: {each.missing}." for each in self._features.values() if each.missing]
        lines += ["", "## What clients cannot do", ""]
        lines += [f"- {client.name}, {what}: {why}." for client in rows for what, why in client.lacks.items()]
        return "\n".join(lines) + "\n"

    def _table_of_others(self) -> list[str]:
        lines = ["| tests | what they show | |", "|---|---|---|"]
        for name, counted in sorted(self._others.items()):
            path = HERE.parent / name.removeprefix("compat/")
            says = (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0].rstrip(".")
            told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counted.items()))
            lines.append(f"| [{path.relative_to(HERE.parent)}]({path.relative_to(HERE.parent)}) | {says} | {told} |")
        return lines

    def _table(self, rows: list[Client]) -> list[str]:
        columns = self._columns(rows[0])
        lines = [
            "| client | version | " + " | ".join(each.name for each in columns) + " |",
            "|---|---|" + ":-:|" * len(columns),
        ]
        for client in rows:
            marks = [MARKS[self._cells.get((client.name, each.name), "")] for each in columns]
            lines.append(f"| {client.name} ({client.language}) | {client.version} | {' | '.join(marks)} |")
        return lines
