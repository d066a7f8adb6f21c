"""Subscriptions to regular expressions: when they are resolved, and what that does to epochs."""

import pytest

from kwire.coordinator.group.consumer.member import Subscription
from kwire.coordinator.group.consumer.records import member_record
from kwire.coordinator.group.consumer.regular_expressions import matching
from kwire.protocol.errors import ApiError, ErrorCode


@pytest.fixture
def driver(make_driver):
    driver = make_driver()
    for name in ("orders-de", "orders-fr", "other"):
        driver.topics.create(name)
    return driver


def join(driver, member_id, expression, **fields):
    return driver.join_consumer(member_id, None, subscribed_topic_regex=expression, **fields)


def test_an_expression_matches_whole_names():
    assert matching("orders-.*", ["orders-de", "my-orders-de", "orders-"]) == {"orders-de", "orders-"}
    assert matching("", ["a"]) == frozenset()
    with pytest.raises(ApiError, match=r"SubscribedTopicRegex `\[` is not a valid regular expression: missing"):
        matching("[", ["a"])


def test_what_it_stands_for_comes_with_a_later_heartbeat(driver):
    reply = join(driver, "a", "orders-.*")
    assert (reply.member_epoch, driver.given(reply)) == (1, {})
    driver.pass_time(0)
    assert driver.group().epoch == 2
    reply = driver.consumer_beat("a", 1).answer
    assert (reply.member_epoch, driver.given(reply)) == (2, {"orders-de": [0], "orders-fr": [0]})
    assert driver.consumer_beat("a", 2).answer.assignment is None


def test_an_invalid_one_is_refused_and_nothing_has_changed(driver):
    asked = driver.consumer_beat("a", subscribed_topic_regex="(")
    assert asked.answer.code == ErrorCode.INVALID_REGULAR_EXPRESSION
    assert driver.machine.groups == {}
    assert driver.log == []


def test_the_second_one_of_the_same_is_served_at_once(driver):
    join(driver, "a", "orders-.*")
    driver.pass_time(0)
    driver.consumer_beat("a", 1)
    assert join(driver, "b", "orders-.*").member_epoch == 3
    assert driver.group().expressions == {"orders-.*": 2}


def test_new_topics_are_found_ten_seconds_later_and_old_ones_go(driver):
    join(driver, "a", "orders-.*")
    driver.pass_time(0)
    driver.consumer_beat("a", 1)
    driver.topics.create("orders-it")
    driver.consumer_beat("a", 2)
    driver.pass_time(10_000)
    driver.consumer_beat("a", 2)
    driver.pass_time(0)
    assert driver.group().epoch == 2
    driver.pass_time(1)
    driver.consumer_beat("a", 2)
    driver.pass_time(0)
    reply = driver.consumer_beat("a", 2).answer
    assert (reply.member_epoch, sorted(driver.given(reply))) == (3, ["orders-de", "orders-fr", "orders-it"])


def test_a_clock_that_was_set_back_holds_no_lookup_up(driver):
    join(driver, "a", "orders-.*")
    driver.pass_time(0)
    driver.consumer_beat("a", 1)
    driver.now_ms -= 3_600_000
    join(driver, "b", "orders-d.*")
    driver.pass_time(0)
    assert driver.group().resolved["orders-d.*"].topics == {"orders-de"}


def test_it_is_looked_up_again_after_the_interval(driver):
    join(driver, "a", "orders-.*")
    driver.pass_time(0)
    driver.consumer_beat("a", 1)
    first = driver.group().resolved["orders-.*"]
    driver.config.group_consumer_regex_refresh_interval_ms = 20_000
    driver.pass_time(20_000)
    driver.consumer_beat("a", 2)
    driver.pass_time(0)
    assert driver.group().resolved["orders-.*"] == first
    driver.pass_time(1)
    driver.consumer_beat("a", 2)
    driver.pass_time(0)
    assert driver.group().resolved["orders-.*"].timestamp_ms == first.timestamp_ms + 20_001
    assert driver.group().epoch == 2


def test_a_coordinator_that_takes_over_looks_it_up_again(driver):
    join(driver, "a", "orders-.*")
    driver.pass_time(0)
    driver.consumer_beat("a", 1)
    driver.topics.create("orders-it")
    driver.restart()
    driver.pass_time(10_001)
    driver.consumer_beat("a", 2)
    driver.pass_time(0)
    assert driver.consumer_beat("a", 2).answer.member_epoch == 3


def test_it_is_forgotten_with_its_last_member(driver):
    join(driver, "a", "orders-.*")
    join(driver, "b", "other")
    driver.pass_time(0)
    assert set(driver.group().resolved) == {"orders-.*", "other"}
    driver.consumer_beat("b", -1)
    assert set(driver.group().resolved) == {"orders-.*"}
    driver.consumer_beat("a", driver.group().members["a"].ownership.epoch, subscribed_topic_regex="")
    assert driver.group().resolved == {}
    assert driver.reloaded().groups["g"].resolved == {}


def test_names_and_an_expression_go_together(driver):
    driver.join_consumer("a", ["other"], subscribed_topic_regex="orders-d.*")
    driver.pass_time(0)
    reply = driver.consumer_beat("a", 2).answer
    assert sorted(driver.given(reply)) == ["orders-de", "other"]
    assert driver.group().is_subscribed_to("orders-de")


def test_one_in_the_log_that_cannot_be_read_stands_for_nothing_and_holds_up_no_other(driver):
    join(driver, "a", "orders-.*")
    unreadable = Subscription(topic_names=frozenset(), regex="(", rebalance_timeout_ms=60_000)
    driver.log.append(member_record("g", "b", unreadable))
    driver.restart()
    driver.pass_time(1)
    driver.consumer_beat("a", 1)
    driver.pass_time(0)
    for machine in (driver.machine, driver.reloaded()):
        resolved = machine.groups["g"].resolved
        assert {each: sorted(resolved[each].topics) for each in resolved} == {
            "orders-.*": ["orders-de", "orders-fr"],
            "(": [],
        }
