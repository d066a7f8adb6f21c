"""Who is on the way to a group."""

from kwire.coordinator.group.arrivals import MAX_CLIENTS, MAX_GROUPS, REMEMBERED_S, TOGETHER_S, Arrivals


def test_clients_that_ask_one_after_the_other_come_together():
    arrivals = Arrivals()
    assert arrivals.expected("g", 0.0) == 0
    for number in range(10):
        arrivals.ask("g", number, number * 0.9 * TOGETHER_S)
        arrivals.ask("g", number, number * 0.9 * TOGETHER_S)
    assert arrivals.expected("g", 9 * TOGETHER_S) == 10
    assert arrivals.expected("other", 9 * TOGETHER_S) == 0


def test_who_asks_later_comes_alone_and_is_forgotten():
    arrivals = Arrivals()
    arrivals.ask("g", "a", 5.0)
    arrivals.ask("g", "b", 5.0 + 1.1 * TOGETHER_S)
    assert arrivals.expected("g", 5.0 + REMEMBERED_S) == 1
    assert arrivals.expected("g", 5.0 + 1.1 * REMEMBERED_S) == 0
    arrivals.ask("g", "b", 7.0)
    arrivals.ask("g", "c", 7.0)
    assert arrivals.expected("g", 7.0) == 2


def test_no_more_is_kept_than_is_of_use():
    arrivals = Arrivals()
    for number in range(MAX_GROUPS + 1):
        arrivals.ask(f"g{number}", "a", number / 1000)
    assert arrivals.expected("g0", 1.0) == 0
    assert arrivals.expected("g1", 1.0) == 1
    for number in range(MAX_CLIENTS + 5):
        arrivals.ask("g1", number, 0.001)
    assert arrivals.expected("g1", 0.5) == MAX_CLIENTS
