"""The hash of a group's topics: as stored logs have it (tests/coordinator/group/test_golden_groups.py has Kafka's own)."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from kwire.coordinator.group.topics import NO_TOPICS_HASH, TopicHashes

MANY = [(f"t{number:02}", number + 1) for number in range(40)]


def topics_of(*named):
    made = {
        name: SimpleNamespace(name=name, topic_id=bytes(range(len(name), len(name) + 16)), partitions=range(count))
        for name, count in named
    }
    return SimpleNamespace(topics=made, topic=made.get)


@pytest.mark.parametrize(
    ("named", "value"),
    [
        ([("t", 1)], 4573825593198515515),
        ([("orders", 6)], 2434120650288566278),
        ([("über-ä", 24)], 1610234579829539774),
        ([("a" * 200, 100)], 5472690528298912866),
        ([("big", 1000)], -4226936680851783361),
        ([("a", 1), ("b", 2), ("c", 3)], 5788718417625048042),
        (MANY, 619946142175635485),
    ],
    ids=lambda value: f"{len(value)} topics" if isinstance(value, list) else "",
)
def test_each_size_of_topics(named, value):
    topics = topics_of(*named)
    assert TopicHashes().of_topics(topics, [*reversed(topics.topics), "missing"]) == value


def test_a_topic_that_got_partitions_is_hashed_again():
    hashes = TopicHashes()
    few, more = topics_of(("orders", 5)), topics_of(("orders", 6))
    assert hashes.of_topics(few, ["orders"]) != hashes.of_topics(more, ["orders"]) == 2434120650288566278


def test_no_topics_have_no_hash():
    assert TopicHashes().of_topics(topics_of(), ["missing"]) == NO_TOPICS_HASH


def test_who_has_no_such_groups_loads_no_library():
    code = "import sys, kwire.coordinator.group.consumer.steps, kwire.protocol.records.validation; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "kwire.coordinator.group.topics" in loaded
    assert "xxhash" not in loaded
