"""The same requests to kwire and to Apache Kafka, answer by answer.

differences.toml lists the answers that differ on purpose, each with its reason; any other difference fails, and so
does a listed one that is gone.
"""

import shutil
import time
import tomllib
from pathlib import Path

import pytest

from compat.side_by_side.scenarios import SCENARIOS, WARM_UP
from compat.side_by_side.wire import Wire, comparable

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)

CHANGES = "Create", "Delete", "Incremental", "Alter"
SETTLE_S = 0.3
"""Apache Kafka's brokers hear of a change that was acknowledged a little later; kwire's know it at once."""
WARM_UP_S = 5
DIFFERENCES = tomllib.loads((Path(__file__).parent / "differences.toml").read_text()).get("difference", [])


@pytest.fixture(scope="module")
def brokers(start_broker):
    with start_broker("kwire") as kwire, start_broker("kafka") as kafka:
        yield Wire(kwire.bootstrap), Wire(kafka.bootstrap)


def differing(ours, theirs, path=""):
    """(path, ours, theirs) of every leaf that differs."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ours:
            yield from differing(ours[key], theirs[key], f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differing(*pair, f"{path}[{index}]")
    elif ours != theirs:
        yield path, ours, theirs


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_answers_are_the_same(brokers, scenario):
    found, explained = [], set()
    for step, (label, message, version) in enumerate(SCENARIOS[scenario]()):
        ours, theirs = (comparable(broker.ask(message, version)) for broker in brokers)
        if type(message).__name__.startswith(CHANGES):
            time.sleep(SETTLE_S)
        if label == WARM_UP:
            time.sleep(WARM_UP_S)
            continue
        for path, mine, kafkas in differing(ours, theirs):
            where = f"{scenario}/{label} ({type(message).__name__} v{version}){path}"
            rules = [rule["where"] for rule in DIFFERENCES if rule["where"] in where]
            explained.update(rules)
            if not rules:
                found.append(f"{step}: {where}: kwire {str(mine)[:300]} | Kafka {str(kafkas)[:300]}")
    unused = {rule["where"] for rule in DIFFERENCES if rule["where"].startswith(f"{scenario}/")} - explained
    assert not found, "\n".join(found)
    assert not unused, f"differences.toml lists what does not differ any more: {unused}"
