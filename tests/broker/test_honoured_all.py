"""No config is called honoured without a test that it changes what happens.

Such a test says so: by the marker @pytest.mark.honours(topic="retention.ms", broker=("log.retention.ms", ...)), or by a
row of the table in test_honoured_configs.py, which is made by a call of the same shape.
"""

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from kwire.broker import config_documentation
from kwire.broker.config_definitions import definitions
from kwire.broker.config_documentation import WITHOUT_EFFECT, documentation, is_honoured
from kwire.broker.resources import BROKER, CLIENT_METRICS, GROUP, TOPIC

TESTS = Path(__file__).parents[1]
KINDS = {"topic": TOPIC, "broker": BROKER, "group": GROUP, "client_metrics": CLIENT_METRICS}


def names_in(node):
    """The configs that an argument names: one string, several, or the keys of a dict."""
    match node:
        case ast.Constant(value=str(name)):
            return {name}
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Dict(keys=parts):
            return {name for part in parts for name in names_in(part)}
    raise ValueError(f"line {node.lineno}: a config is named by a literal string")


def proven(source):
    """(Kind, config) of everything that the tests in this source say they prove."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = (call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) == "honours")
    return {
        (keyword.arg, name)
        for call in named
        for keyword in call.keywords
        if keyword.arg in KINDS
        for name in names_in(keyword.value)
    }


@pytest.fixture(scope="module")
def all_proven():
    return {each for path in TESTS.rglob("test_*.py") for each in proven(path.read_text(encoding="utf-8"))}


def unproven(kind, all_proven):
    honoured = {name for name in definitions(KINDS[kind]) if is_honoured(KINDS[kind], name)}
    return honoured - {name for of_kind, name in all_proven if of_kind == kind}


@pytest.mark.parametrize("kind", KINDS)
def test_every_honoured_config_is_proven(kind, all_proven):
    assert not unproven(kind, all_proven), "mark the test that shows what they change with @pytest.mark.honours"


def test_a_config_that_no_test_names_is_found(all_proven, monkeypatch):
    monkeypatch.setitem(config_documentation.TOPIC_TEXTS, "follower.replication.throttled.replicas", "Throttles.")
    assert unproven("topic", all_proven) == {"follower.replication.throttled.replicas"}
    assert unproven("broker", all_proven - {("broker", "num.partitions")}) == {"num.partitions"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_proven_is_documented_as_honoured(kind, all_proven):
    names = {name for of_kind, name in all_proven if of_kind == kind}
    assert not [name for name in names if documentation(KINDS[kind], name) == WITHOUT_EFFECT]


def test_a_marker_or_a_row_counts_and_nothing_else_does():
    source = """\
        @pytest.mark.honours(topic="a", broker=("b", "c"))
        def test_marked(): "retention.ms"

        ROWS = [honours(observe, 1, 2, topic={"d": "5"}, broker={"e": "6"}, given={"f": "7"}), honoured(topic="g")]
    """
    assert proven(dedent(source)) == {("topic", "a"), ("broker", "b"), ("broker", "c"), ("topic", "d"), ("broker", "e")}
    with pytest.raises(ValueError, match="literal string"):
        proven("honours(topic=NAME)")
