"""The uniform assignor on small groups."""

import time

import pytest

from kwire.coordinator.group.consumer.assignors import ASSIGNORS
from tests.coordinator.group.consumer.assignors.groups import again, loads, member, moved, plain, sizes

assign = ASSIGNORS["uniform"]


def test_members_have_as_many_partitions_as_each_other():
    target = assign({"a": member(1, 2), "b": member(1, 2), "c": member(1, 2)}, sizes(3, 4))
    assert plain(target) == {"a": {1: [0, 1]}, "b": {1: [2], 2: [0]}, "c": {2: [1, 2, 3]}}


def test_a_member_that_joins_gets_its_share_of_what_the_others_have_most():
    members = {"a": member(1, t1={0, 1, 2}), "b": member(1, t1={3, 4}), "c": member(1)}
    assert plain(assign(members, sizes(5))) == {"a": {1: [0, 1]}, "b": {1: [3, 4]}, "c": {1: [2]}}


def test_what_a_member_leaves_goes_to_those_with_the_fewest():
    members = {"a": member(1, t1={0, 1}), "c": member(1, t1={4})}
    assert plain(assign(members, sizes(5))) == {"a": {1: [0, 1]}, "c": {1: [2, 3, 4]}}


def test_the_extra_partition_stays_with_who_has_it():
    members = {"a": member(1, t1={0}), "b": member(1, t1={1, 2})}
    assert plain(assign(members, sizes(3))) == {"a": {1: [0]}, "b": {1: [1, 2]}}


def test_a_topic_that_all_give_up_goes():
    members = {"a": member(1, t1={0}, t2={0}), "b": member(1, t1={1}, t2={1})}
    assert plain(assign(members, sizes(2, 2))) == {"a": {1: [0]}, "b": {1: [1]}}


def test_new_partitions_of_a_topic():
    members = {"a": member(1, t1={1}), "b": member(1, t1={0})}
    assert plain(assign(members, sizes(4))) == {"a": {1: [1, 2]}, "b": {1: [0, 3]}}


def test_differing_subscriptions_are_balanced_over_all_topics():
    members = {"a": member(1), "b": member(1, 2), "c": member(2)}
    assert plain(assign(members, sizes(6, 3))) == {"a": {1: [0, 2, 4]}, "b": {1: [1, 3, 5]}, "c": {2: [0, 1, 2]}}


def test_a_subscriber_of_one_topic_only_is_relieved_by_those_of_both():
    members = {"a": member(1), "b": member(1, 2, t1={0, 1}, t2={0, 1, 2, 3})}
    assert plain(assign(members, sizes(2, 4))) == {"a": {1: [0, 1]}, "b": {2: [0, 1, 2, 3]}}


def test_members_with_nothing_to_give_do_not_stop_the_balance():
    """Member d has the most, but only of a topic that nobody else reads."""
    members = {
        "a": member(1),
        "b": member(1, t1={0, 1, 2}),
        "c": member(1, 2, t1={3, 4, 5}),
        "d": member(1, 3, t3=range(9)),
    }
    target = assign(members, sizes(6, 0, 9))
    assert plain(target) == {"a": {1: [2, 5]}, "b": {1: [0, 1]}, "c": {1: [3, 4]}, "d": {3: list(range(9))}}


def test_a_member_that_gives_up_a_topic_loses_it():
    members = {"a": member(1, t1={0}, t2={0, 1}), "b": member(1, 2, t1={1})}
    assert plain(assign(members, sizes(2, 2))) == {"a": {1: [0, 1]}, "b": {2: [0, 1]}}


@pytest.mark.parametrize("name", ASSIGNORS)
@pytest.mark.parametrize("alike", [True, False], ids=["homogeneous", "heterogeneous"])
def test_a_big_group_is_assigned_in_a_moment(name, alike):
    """2,000 members, 20,000 partitions in 100 topics: a first assignment, then one in which 100 members have left."""
    members = {
        f"m{number}": member(*[t for t in range(1, 101) if alike or (number * 31 + t * 17) % 7 < 4])
        for number in range(2000)
    }
    counts = sizes(*[200] * 100)
    begin = time.process_time()
    first = ASSIGNORS[name](members, counts)
    rest = dict(list(again(members, first).items())[100:])
    second = ASSIGNORS[name](rest, counts)
    assert time.process_time() - begin < 1.0
    assert sum(loads(second).values()) == 20_000
    if name == "uniform":
        assert max(loads(second).values()) - min(loads(second).values()) <= 1
        assert moved(first, second) <= 100 * 10 + (0 if alike else 200)
