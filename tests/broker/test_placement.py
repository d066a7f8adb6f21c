from collections import Counter
from random import Random

import pytest

from kwire.broker.metadata import BrokerImage
from kwire.broker.placement import place
from kwire.protocol.errors import ApiError


def brokers(running, stopped=()):
    return [BrokerImage(node_id, 0, fenced=node_id in stopped) for node_id in sorted([*running, *stopped])]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", range(1, 6))
def test_leaders_and_replicas_are_spread_evenly(seed, count):
    ids = range(1, count + 1)
    for replication_factor in ids:
        placed = place(count * 4, replication_factor, brokers(ids), Random(seed))
        assert set(Counter(replicas[0] for replicas in placed).values()) == {4}
        assert set(Counter(node_id for replicas in placed for node_id in replicas).values()) == {4 * replication_factor}
        assert all(len(set(replicas)) == replication_factor for replicas in placed)


def test_the_first_leader_is_not_always_the_same():
    assert {place(1, 1, brokers([1, 2, 3]), Random(seed))[0][0] for seed in range(20)} == {1, 2, 3}


def test_the_followers_of_one_leader_differ():
    placed = place(60, 2, brokers([1, 2, 3, 4]), Random(1))
    assert {follower for leader, follower in placed if leader == 1} == {2, 3, 4}


def test_stopped_brokers_come_last_and_never_lead():
    placed = place(6, 3, brokers([1, 3], stopped=[2]), Random(0))
    assert all(replicas[2] == 2 for replicas in placed)


@pytest.mark.parametrize(("running", "stopped", "factor"), [([], [1, 2], 1), ([1], [2], 3)])
def test_too_few_brokers(running, stopped, factor):
    with pytest.raises(ApiError, match="INVALID_REPLICATION_FACTOR"):
        place(1, factor, brokers(running, stopped), Random(0))
