"""Nobody asks of which kind a group is: the kinds answer for themselves, so that a new one is a room and a row."""

import ast

import pytest

from tests.kit.project_files import ROOT

GROUP = ROOT / "kwire" / "coordinator" / "group"
ASKS = {GROUP / "group.py"}
"""Where the room of a kind finds its own groups."""
MODULES = sorted(path for room in ("coordinator", "api") for path in (ROOT / "kwire" / room).rglob("*.py"))


def kinds() -> dict[str, str]:
    """Classes of groups, with the name of their type: those that say which type they are."""
    found = {}
    for path in GROUP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                for field in node.body:
                    if isinstance(field, ast.AnnAssign) and ast.unparse(field.target) == "group_type" and field.value:
                        found[node.name] = ast.literal_eval(field.value)
    return found


KINDS = kinds()


def questions(source: str) -> list[str]:
    """What the source asks about the kind of a group."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        texts = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
        attributes = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
        asks_class = (
            isinstance(node, ast.Call) and ast.unparse(node.func) in {"isinstance", "issubclass"}
        ) or isinstance(node, ast.Compare | ast.MatchClass)
        if (asks_class and names & KINDS.keys()) or (
            isinstance(node, ast.Compare) and "group_type" in attributes and texts & set(KINDS.values())
        ):
            found.append(ast.unparse(node))
    return found


def test_the_kinds_are_found():
    assert KINDS == {"ClassicGroup": "classic", "ConsumerGroup": "consumer"}


@pytest.mark.parametrize(
    "source",
    [
        "if isinstance(group, ClassicGroup): pass",
        "isinstance(group, ClassicGroup | ShareGroup)",
        "type(group) is ConsumerGroup",
        "group.group_type == 'consumer'",
        "match group:\n  case ConsumerGroup(): pass",
    ],
)
def test_a_question_is_recognised(source):
    assert questions(source)


def test_nobody_asks_of_which_kind_a_group_is():
    assert {path.name: found for path in MODULES if (found := questions(path.read_text(encoding="utf-8")))} == {}


def test_only_the_groups_narrow_a_group_to_a_kind():
    asking = {
        path
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "isinstance"
        and "group" in ast.unparse(node.args[0])
    }
    assert asking == ASKS
