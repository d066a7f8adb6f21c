"""Who is on the way to an empty group, and how long its first members wait for them."""

from types import SimpleNamespace

import pytest

from kwire.coordinator.group.first_generation import (
    ALONE_MS,
    ASK_TOGETHER_S,
    FIRST_JOINS_LONGEST_MS,
    FIRST_JOINS_MS,
    LONGEST_MS,
    OTHERS_JOIN_LONGEST_MS,
    OTHERS_JOIN_MS,
    REMEMBERED_S,
    TOGETHER_MS,
    Arrivals,
    FirstJoin,
    FirstJoins,
    expect,
    rebalance_wait_ms,
    were_last_expected,
)
from kwire.limits import MAX_AWAITED_CLIENTS, MAX_AWAITED_GROUPS


def test_clients_that_ask_one_after_the_other_come_together():
    arrivals = Arrivals()
    assert arrivals.expected("g", 0.0) == 0
    for number in range(10):
        arrivals.ask("g", number, number * 0.9 * ASK_TOGETHER_S)
        arrivals.ask("g", number, number * 0.9 * ASK_TOGETHER_S)
    assert arrivals.expected("g", 9 * ASK_TOGETHER_S) == 10
    assert arrivals.expected("other", 9 * ASK_TOGETHER_S) == 0


def test_who_asks_later_comes_alone_and_is_forgotten():
    arrivals = Arrivals()
    arrivals.ask("g", "a", 5.0)
    arrivals.ask("g", "b", 5.0 + 1.1 * ASK_TOGETHER_S)
    assert arrivals.expected("g", 5.0 + REMEMBERED_S) == 1
    assert arrivals.expected("g", 5.0 + 1.1 * REMEMBERED_S) == 0
    arrivals.ask("g", "b", 7.0)
    arrivals.ask("g", "c", 7.0)
    assert arrivals.expected("g", 7.0) == 2


def test_no_more_is_kept_than_is_of_use():
    arrivals = Arrivals()
    for number in range(MAX_AWAITED_GROUPS + 1):
        arrivals.ask(f"g{number}", "a", number / 1000)
    assert arrivals.expected("g0", 1.0) == 0
    assert arrivals.expected("g1", 1.0) == 1
    for number in range(MAX_AWAITED_CLIENTS + 5):
        arrivals.ask("g1", number, 0.001)
    assert arrivals.expected("g1", 0.5) == MAX_AWAITED_CLIENTS


def classic(members, expected=0, timeout_ms=60_000, *, gathering=True):
    return SimpleNamespace(
        members=range(members), expected_members=expected, rebalance_timeout_ms=timeout_ms, is_gathering=gathering
    )


@pytest.mark.parametrize(
    ("group", "initial_delay_ms", "wait_ms"),
    [
        (classic(1), 3_000, (3_000, 60_000)),
        (classic(1, 5), 3_000, (3_000, 60_000)),
        (classic(1), 0, (FIRST_JOINS_MS, FIRST_JOINS_LONGEST_MS)),
        (classic(1, timeout_ms=20), 0, (FIRST_JOINS_MS, 20)),
        (classic(1, 2), 0, (OTHERS_JOIN_MS, OTHERS_JOIN_LONGEST_MS)),
        (classic(1, 2, timeout_ms=100), 0, (OTHERS_JOIN_MS, 100)),
        (classic(2, 2), 0, (FIRST_JOINS_MS, FIRST_JOINS_LONGEST_MS)),
    ],
)
def test_a_first_rebalance_waits_for_moments_unless_told_or_others_come(group, initial_delay_ms, wait_ms):
    assert rebalance_wait_ms(group, initial_delay_ms) == wait_ms


def test_more_are_expected_only_until_all_have_come():
    group = classic(0)
    expect(group, 2)
    group.members = range(1)
    expect(group, 3)
    assert group.expected_members == 3
    assert not were_last_expected(group)
    group.members = range(3)
    expect(group, 9)
    assert group.expected_members == 3
    assert were_last_expected(group)
    group.is_gathering = False
    assert not were_last_expected(group)


def test_first_joins_of_a_consumer_group_are_taken_together():
    joins = FirstJoins()
    first, second = FirstJoin("a", None, object()), FirstJoin("b", None, object())
    assert joins.add("g", first, 0, was_empty=True) is None  # it was not looked for
    assert joins.add("g", first, 1, was_empty=False) is None
    assert joins.add("g", first, 1, was_empty=True) == (ALONE_MS, LONGEST_MS)
    assert joins.add("g", second, 0, was_empty=False) == (TOGETHER_MS, None)
    assert joins.add("other", first, 2, was_empty=True) == (TOGETHER_MS, LONGEST_MS)
    assert joins.take("g") == [first, second]
    assert joins.take("g") == []
    assert joins.take("other") == [first]
