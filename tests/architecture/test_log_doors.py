"""A partition is the only door to its log: who handles requests or keeps groups sees neither engines nor segments."""

import ast
from pathlib import Path

import pytest

KWIRE = Path(__file__).parents[2] / "kwire"
BEHIND_THE_DOOR = [
    *sorted((KWIRE / "api").glob("*.py")),
    *sorted((KWIRE / "coordinator").rglob("*.py")),
    *sorted((KWIRE / "testing").glob("*.py")),
    *sorted((KWIRE / "server").glob("*.py")),
    *sorted((KWIRE / "seeding").glob("*.py")),
]
ENGINES = {"SegmentedLog", "Log", "LogStore"}
DOORS_FOR_UPKEEP = {"open", "opened"}
"""What Partition offers to recovery, the cleaner and tools."""


def names_of_engines(source):
    """Lines that name an engine's log, or take one out of a partition."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "kwire.storage.port":
            found += [f"{node.lineno}: imports {each.name}" for each in node.names if each.name in ENGINES]
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in DOORS_FOR_UPKEEP
            and isinstance(node.value, ast.Name | ast.Attribute | ast.Subscript | ast.Call)
            and "partition" in ast.unparse(node.value)
        ):
            found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("path", BEHIND_THE_DOOR, ids=lambda path: path.relative_to(KWIRE).as_posix())
def test_no_log_is_named(path):
    assert names_of_engines(path.read_text("utf-8")) == []


def test_a_log_would_be_found():
    source = (
        "from kwire.storage.port import SegmentedLog\nself.partitions[0].opened\ncluster.partition('t', 0).open()\n"
    )
    assert [each.partition(":")[0] for each in names_of_engines(source)] == ["1", "2", "3"]
