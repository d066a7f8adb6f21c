"""The same requests to kwire and to Apache Kafka, answer by answer.

differences.toml lists the answers that differ on purpose, each with its reason; any other difference fails, and so
does a listed one that is gone.
"""

import shutil
from importlib import import_module
from pathlib import Path

import pytest

from compat.side_by_side.pair import DIFFERENCES, Pair
from compat.side_by_side.scenarios import WARM_UP

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)

INTERNAL_TOPIC_S = 60
"""Apache Kafka makes an internal topic in the background, and its coordinator loads it."""
MODULES = *sorted(path.stem for path in Path(__file__).parent.glob("scenarios*.py")), "broken_bodies"
SCENARIOS = {
    scenario.__name__: scenario
    for module in MODULES
    for scenario in import_module(f"compat.side_by_side.{module}").SCENARIOS
}


@pytest.fixture(scope="module")
def brokers(start_broker):
    with start_broker("kwire") as kwire, start_broker("kafka") as kafka:
        yield Pair(kwire, kafka)


@pytest.fixture(scope="module")
def seen():
    """The rules that explained a difference, by scenario."""
    return {}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_answers_are_the_same(brokers, seen, scenario):
    found, explained = [], set()
    for label, message, version in SCENARIOS[scenario]():
        settle_s = INTERNAL_TOPIC_S if label.endswith(WARM_UP) else 0
        unexplained, rules = brokers.ask(f"{scenario}/{label}", message, version, settle_s)
        found += unexplained
        explained |= rules
    seen[scenario] = explained
    assert not found, "\n".join(found)


def test_every_listed_difference_is_one(seen):
    listed = {rule["where"] for rule in DIFFERENCES if not rule.get("random")}
    if len(seen) < len(SCENARIOS):  # a selection was run: only its own rules can be judged
        listed = {where for where in listed if where.partition("/")[0] in seen}
    unused = listed.difference(*seen.values())
    assert not unused, f"differences.toml lists what does not differ any more: {unused}"
