"""Send the same requests to kwire and Apache Kafka, and compare; differences.toml explains intended differences."""

import time
import tomllib
from pathlib import Path

from compat.side_by_side.sent import Sent
from compat.side_by_side.wire import Wire, comparable, identity
from kwire.protocol.messages.create_topics import CreateTopicsRequest
from kwire.protocol.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic

SETTLE_S = 10
"""Apache Kafka's brokers apply an acknowledged change a little later; kwire's apply it before they acknowledge."""
POLL_S = 0.02
CHANGES = "Create", "Delete", "Incremental", "Alter"
READS = "Metadata", "Describe", "Fetch", "ListOffsets", "ListConfig", "OffsetFor", "FindCoordinator", "ApiVersions"
NOT_YET = {3, 5, 6, 14, 15, 100}
"""Errors of a broker that does not know a topic yet: it did nothing, so the request may be repeated."""
DIFFERENCES = tomllib.loads((Path(__file__).parent / "differences.toml").read_text()).get("difference", [])


class Pair:
    """Connections to kwire and Apache Kafka."""

    def __init__(self, kwire, kafka):
        self.kwire, self.kafka = Wire(kwire.bootstrap), Wire(kafka.bootstrap)
        self.settled_at = 0.0

    def ask(self, label, message, version, settle_s=0):
        """Return the unexplained differences and the rules that explain the others; repeat Kafka's while it may lag."""
        name = message_name(message)
        where = f"{label} ({name} v{version})"
        ours, theirs = comparable(self.kwire.ask(message, version)), comparable(self.kafka.ask(message, version))
        settle_s = max(settle_s, SETTLE_S if repeatable(name, theirs) else 0)
        deadline = max(self.settled_at, time.monotonic() + settle_s)
        while True:
            found, explained = sort_out(where, ours, theirs)
            if not found or time.monotonic() > deadline or not repeatable(name, theirs):
                break
            time.sleep(POLL_S)
            theirs = comparable(self.kafka.ask(message, version))
        if name.startswith(CHANGES):
            self.settled_at = time.monotonic() + SETTLE_S
        if isinstance(message, CreateTopicsRequest) and not message.validate_only:
            self.wait_until_led([topic["name"] for topic in theirs["topics"] if topic["error_code"] == 0])
        return found, explained

    def wait_until_led(self, topics):
        """Wait until Apache Kafka's broker leads the first partition of each topic."""
        asked = [ListOffsetsTopic(topic, [ListOffsetsPartition(0, -1, -1)]) for topic in topics]
        deadline = time.monotonic() + SETTLE_S
        while asked and time.monotonic() < deadline:
            answer = self.kafka.ask(ListOffsetsRequest(-1, topics=asked), 5)
            if not errors_in(comparable(answer)) & NOT_YET:
                return
            time.sleep(POLL_S)


def message_name(message):
    """Return the request's name. The name of a request that a function makes is known only afterwards."""
    return message.name if isinstance(message, Sent) else type(message).__name__


def sort_out(where, ours, theirs):
    """Return the differences that no rule explains, and the rules that explain the others."""
    found, explained = [], set()
    for path, mine, kafkas in differing(ours, theirs):
        rules = {rule["where"] for rule in DIFFERENCES if rule["where"] in where + path}
        explained |= rules
        if not rules:
            found.append(f"{where}{path}: kwire {str(mine)[:500]} | Kafka {str(kafkas)[:500]}")
    return found, explained


def repeatable(name, answer):
    """Whether the request can be repeated without effect."""
    errors = errors_in(answer)
    return name.startswith(READS) or (bool(errors) and errors <= NOT_YET)


def errors_in(answer):
    """Return every error code in an answer."""
    if isinstance(answer, dict):
        own = {value for key, value in answer.items() if key == "error_code"}
        return own.union(*map(errors_in, answer.values()))
    return set().union(*map(errors_in, answer)) if isinstance(answer, list) else set()


def differing(ours, theirs, path=""):
    """Generate path, kwire's value and Kafka's value of each leaf that differs."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**ours, **theirs}:
            yield from differing(ours.get(key), theirs.get(key), f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differing(*pair, f"{path}[{index}]")
    elif isinstance(ours, list) and isinstance(theirs, list):
        rows = [{identity(row): row for row in rows if isinstance(row, dict)} for rows in (ours, theirs)]
        unique = all(rows) and [len(each) for each in rows] == [len(ours), len(theirs)]
        yield from differing(*rows, path) if unique else [(path, ours, theirs)]
    elif ours != theirs:
        yield path, ours, theirs
