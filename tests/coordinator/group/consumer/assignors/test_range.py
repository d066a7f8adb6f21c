"""The range assignor on small groups."""

import pytest

from kwire.coordinator.group.consumer.assignors import ASSIGNORS, UnknownTopicError
from tests.coordinator.group.consumer.assignors.groups import again, member, plain, sizes

assign = ASSIGNORS["range"]


def test_topics_with_the_same_subscribers_are_co_partitioned():
    target = assign({"b": member(1, 2), "a": member(1, 2)}, sizes(3, 3))
    assert plain(target) == {"b": {1: [2], 2: [2]}, "a": {1: [0, 1], 2: [0, 1]}}


def test_each_topic_is_shared_by_its_subscribers_only():
    target = assign({"a": member(1, 2), "b": member(1), "c": member(2, 3)}, sizes(3, 4, 2))
    assert plain(target) == {"a": {1: [0, 1], 2: [0, 1]}, "b": {1: [2]}, "c": {2: [2, 3], 3: [0, 1]}}


def test_the_last_members_get_nothing_of_a_small_topic():
    target = assign({"a": member(1), "b": member(1), "c": member(1)}, sizes(2))
    assert plain(target) == {"a": {1: [0]}, "b": {1: [1]}, "c": {}}


def test_static_members_keep_their_partitions_under_new_member_ids():
    before = {"x": member(1, instance_id="i1"), "y": member(1, instance_id="i2"), "a": member(1)}
    after = {"y": member(1, instance_id="i1"), "x": member(1, instance_id="i2"), "a": member(1)}
    assert plain(assign(before, sizes(6))) == {"x": {1: [0, 1]}, "y": {1: [2, 3]}, "a": {1: [4, 5]}}
    assert plain(assign(after, sizes(6))) == {"y": {1: [0, 1]}, "x": {1: [2, 3]}, "a": {1: [4, 5]}}


def test_what_members_had_does_not_count():
    members = {"a": member(1), "b": member(1)}
    held = again(members, {"a": {next(iter(sizes(4))): frozenset({2, 3})}})
    assert assign(held, sizes(4)) == assign(members, sizes(4))


def test_ids_are_in_the_order_of_java():
    """U+1F600 is two surrogates in UTF-16, which come before U+FF5E."""
    target = assign({"\uff5e": member(1), "\U0001f600": member(1)}, sizes(2))
    assert plain(target) == {"\uff5e": {1: [1]}, "\U0001f600": {1: [0]}}


@pytest.mark.parametrize("name", ASSIGNORS)
def test_nobody_and_nothing_to_share(name):
    assert ASSIGNORS[name]({}, sizes(3)) == {}
    assert ASSIGNORS[name]({"a": member(), "b": member(t1={0})}, sizes(3)) == {"a": {}, "b": {}}
    assert ASSIGNORS[name]({"a": member(1), "b": member(1)}, sizes(0)) == {"a": {}, "b": {}}


@pytest.mark.parametrize("name", ASSIGNORS)
@pytest.mark.parametrize("other", [(1,), (1, 7)], ids=["heterogeneous", "homogeneous"])
def test_a_topic_that_does_not_exist_is_refused(name, other):
    with pytest.raises(UnknownTopicError):
        ASSIGNORS[name]({"a": member(1, 7), "b": member(*other)}, sizes(3))


def test_uniform_is_the_default():
    assert list(ASSIGNORS) == ["uniform", "range"]
