"""Style that is a test: lengths, docstrings, what only a leaf may touch, names of rooms, words that do not belong."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.kit.project_files import ROOT, project_files

GENERATED = ROOT / "kwire" / "protocol" / "messages"
MODULES = sorted(p for p in (ROOT / "kwire").rglob("*.py") if GENERATED not in p.parents)
FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 600
LEAVES = {"kwire/env.py", "kwire/files.py"}
(PURE,) = (
    contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    if contract["name"].startswith("pure rooms")
)
PURE_ROOMS = [name.replace(".", "/") for name in PURE["source_modules"]]
CALLS_FOR_LEAVES = {"time.time", "time.time_ns", "time.monotonic", "time.sleep", "datetime.now", "datetime.utcnow"}
SEEDED = "random.Random"
"""With a seed it is an input like any other; Env.random of a test is made so."""
ROOM_NAMES_BANNED = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture(params=MODULES, ids=name_of)
def module(request):
    return request.param


def test_modules_and_functions_are_short(module):
    source = module.read_text(encoding="utf-8")
    assert source.count("\n") <= MODULE_LINES_MAX, "is there a seam?"
    too_long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert not too_long


def test_public_names_have_docstrings(module):
    tree = tree_of(module)
    missing = [] if ast.get_docstring(tree) else ["module"]
    for owner in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]:
        missing += [
            node.name
            for node in owner.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
            and not any("overload" in ast.unparse(d) or ".setter" in ast.unparse(d) for d in node.decorator_list)
        ]
    assert not missing


def is_pure(path: Path) -> bool:
    return any(name_of(path).startswith((f"{room}/", f"{room}.py")) for room in PURE_ROOMS)


def imported_by(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_pure_rooms_import_nothing_impure(module):
    if is_pure(module):
        assert not imported_by(tree_of(module)) & {*PURE["forbidden_modules"]}


def test_the_pure_rooms_are_found():
    assert [room for room in PURE_ROOMS if not ((ROOT / room).is_dir() or (ROOT / f"{room}.py").is_file())] == []


def test_only_the_leaves_read_clocks_sleep_or_draw(module):
    if name_of(module) in LEAVES:
        return
    tree = tree_of(module)
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not {call for call in calls if call in CALLS_FOR_LEAVES or (call.startswith("random.") and call != SEEDED)}


def test_rooms_are_named_by_what_they_hold(module):
    assert module.stem not in ROOM_NAMES_BANNED


def test_nothing_is_swallowed(module):
    handlers = [node for node in ast.walk(tree_of(module)) if isinstance(node, ast.ExceptHandler)]
    silent = [
        f"line {handler.lineno}"
        for handler in handlers
        if (handler.type is None or ast.unparse(handler.type) in {"Exception", "BaseException"})
        and all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)
    ]
    assert not silent


def test_no_file_names_a_home_directory_and_no_lock_an_address():
    home = re.compile(r"/(root|home/\w+|Users/\w+)/")
    offenders = []
    for name in sorted(project_files()):
        path = ROOT / name
        if path == Path(__file__):
            continue
        data = path.read_bytes()
        text = "" if b"\0" in data else data.decode("utf-8", "replace")
        if home.search(text) or (name.startswith("requirements/") and "://" in text):
            offenders.append(name)
    assert not offenders
