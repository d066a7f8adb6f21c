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

SETTLE_S = 2
"""Apache Kafka's brokers hear of a change that was acknowledged a little later; kwire's know it at once."""
INTERNAL_TOPIC_S = 20
"""Apache Kafka makes an internal topic in the background, and its coordinator loads it."""
POLL_S = 0.02
CHANGES = "Create", "Delete", "Incremental", "Alter"
READS = "Metadata", "Describe", "Fetch", "ListOffsets", "OffsetFor", "FindCoordinator", "ApiVersions"
NOT_YET = {3, 5, 6, 14, 15, 100}
"""Errors of a broker that has not heard of a topic yet: nothing was done, so that the request may be repeated."""
DIFFERENCES = tomllib.loads((Path(__file__).parent / "differences.toml").read_text()).get("difference", [])


class Pair:
    """kwire and Apache Kafka."""

    def __init__(self, kwire, kafka):
        self.kwire, self.kafka = Wire(kwire.bootstrap), Wire(kafka.bootstrap)
        self.settled_at = 0.0

    def ask(self, label, message, version, settle_s=0):
        """(Unexplained differences, rules that explained others). Kafka is asked again while it may be behind."""
        name = type(message).__name__
        where = f"{label} ({name} v{version})"
        ours, theirs = comparable(self.kwire.ask(message, version)), comparable(self.kafka.ask(message, version))
        deadline = max(self.settled_at, time.monotonic() + settle_s)
        while True:
            found, explained = sort_out(where, ours, theirs)
            if not found or time.monotonic() > deadline or not repeatable(name, theirs):
                break
            time.sleep(POLL_S)
            theirs = comparable(self.kafka.ask(message, version))
        if name.startswith(CHANGES):
            self.settled_at = time.monotonic() + SETTLE_S
        return found, explained


def sort_out(where, ours, theirs):
    """(Differences that no rule explains, the rules that explain the others)."""
    found, explained = [], set()
    for path, mine, kafkas in differing(ours, theirs):
        rules = {rule["where"] for rule in DIFFERENCES if rule["where"] in where + path}
        explained |= rules
        if not rules:
            found.append(f"{where}{path}: kwire {str(mine)[:500]} | Kafka {str(kafkas)[:500]}")
    return found, explained


def repeatable(name, answer):
    """Whether asking again changes nothing."""
    return name.startswith(READS) or bool(NOT_YET & errors_in(answer))


def errors_in(answer):
    """Every error code of an answer."""
    if isinstance(answer, dict):
        own = {value for key, value in answer.items() if key == "error_code"}
        return own.union(*map(errors_in, answer.values()))
    return set().union(*map(errors_in, answer)) if isinstance(answer, list) else set()


@pytest.fixture(scope="module")
def brokers(start_broker):
    with start_broker("kwire") as kwire, start_broker("kafka") as kafka:
        yield Pair(kwire, kafka)


def differing(ours, theirs, path=""):
    """(path, ours, theirs) of every leaf that differs."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**ours, **theirs}:
            yield from differing(ours.get(key), theirs.get(key), f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differing(*pair, f"{path}[{index}]")
    elif ours != theirs:
        yield path, ours, theirs


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_answers_are_the_same(brokers, scenario):
    found, explained = [], set()
    for label, message, version in SCENARIOS[scenario]():
        settle_s = INTERNAL_TOPIC_S if label == WARM_UP else 0
        unexplained, rules = brokers.ask(f"{scenario}/{label}", message, version, settle_s)
        found += unexplained
        explained |= rules
    unused = {rule["where"] for rule in DIFFERENCES if rule["where"].startswith(f"{scenario}/")} - explained
    assert not found, "\n".join(found)
    assert not unused, f"differences.toml lists what does not differ any more: {unused}"
