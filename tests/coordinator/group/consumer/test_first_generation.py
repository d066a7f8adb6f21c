"""Members of the consumer protocol that start together share at once."""

from itertools import chain

import pytest

from kwire.coordinator.group.first_generation import ALONE_MS, LONGEST_MS, TOGETHER_MS
from kwire.protocol.errors import ErrorCode

CLASSIC = b"\0\0\0\0\0\1\0\1t\xff\xff\xff\xff"
"""A classic consumer's subscription to t, without user data and partitions."""


@pytest.fixture
def driver(make_driver):
    driver = make_driver()
    driver.topics.create("t", 4)
    return driver


def joining(driver, member_id, expected_members, **fields):
    return driver.consumer_beat(member_id, topics=("t",), expected_members=expected_members, **fields)


def shares(driver, *asked):
    """The partitions that each of the answered joins was given."""
    return [driver.given(each.answer).get("t", []) for each in asked]


def test_all_are_answered_when_nobody_else_comes(driver):
    asked = []
    for member_id in "abc":
        asked.append(joining(driver, member_id, 2))
        driver.pass_time(TOGETHER_MS - 1)
    assert [each.answers for each in asked] == [[], [], []]
    assert driver.group().state_name == "Assigning"
    driver.pass_time(1)
    assert {each.answer.member_epoch for each in asked} == {driver.group().epoch}
    given = shares(driver, *asked)
    assert sorted(len(each) for each in given) == [1, 1, 2]
    assert sorted(chain.from_iterable(given)) == [0, 1, 2, 3]
    assert driver.group().state_name == "Stable"
    driver.pass_time(LONGEST_MS)
    assert [len(each.answers) for each in asked] == [1, 1, 1]


def test_who_comes_alone_waits_for_a_moment(driver):
    alone = joining(driver, "a", 1)
    driver.pass_time(ALONE_MS - 1)
    assert not alone.answers
    driver.pass_time(1)
    assert shares(driver, alone) == [[0, 1, 2, 3]]


def test_another_one_that_was_not_expected_yet_is_waited_for(driver):
    asked = [joining(driver, "a", 1)]
    driver.pass_time(ALONE_MS - 1)
    asked.append(joining(driver, "b", 1))
    driver.pass_time(TOGETHER_MS)
    assert [len(each) for each in shares(driver, *asked)] == [2, 2]


def test_however_many_come_nobody_waits_for_long(driver):
    asked = []
    began_ms = driver.now_ms
    while not asked or not asked[0].answers:
        asked.append(joining(driver, f"m{len(asked)}", 100))
        driver.pass_time(TOGETHER_MS // 2)
    assert driver.now_ms - began_ms <= LONGEST_MS + TOGETHER_MS
    assert all(each.answers for each in asked)
    assert joining(driver, "late", 100).answers, "the group has members now"


def test_who_has_not_asked_for_the_coordinator_lately_is_answered_at_once(driver):
    assert shares(driver, joining(driver, "a", 0)) == [[0, 1, 2, 3]]


def test_nobody_waits_for_others_in_a_group_with_members(driver):
    driver.join_consumer("a")
    assert joining(driver, "b", 5).answer.member_epoch == 3
    driver.consumer_beat("a", -1)
    driver.consumer_beat("b", -1)
    assert not joining(driver, "c", 5).answers, "it was empty"


def test_a_member_that_leaves_meanwhile_is_told(driver):
    gone, stays = joining(driver, "a", 3), joining(driver, "b", 3)
    assert driver.consumer_beat("a", -1).answer.error_code == 0
    driver.pass_time(TOGETHER_MS)
    assert gone.answer.error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert shares(driver, stays) == [[0, 1, 2, 3]]


def test_all_of_them_leave_meanwhile(driver):
    gone = joining(driver, "a", 3)
    driver.consumer_beat("a", -1)
    driver.pass_time(TOGETHER_MS)
    assert gone.answer.error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert driver.group().is_empty


def test_a_join_that_is_sent_again_is_answered_as_often(driver):
    asked = [joining(driver, "a", 2), joining(driver, "a", 2), joining(driver, "b", 2)]
    driver.pass_time(TOGETHER_MS)
    first, again, other = shares(driver, *asked)
    assert first == again
    assert sorted(first + other) == [0, 1, 2, 3]


def test_what_a_shard_forgets_while_they_wait_their_next_join_brings_back(driver):
    joining(driver, "a", 2)
    driver.restart()
    driver.pass_time(LONGEST_MS)
    assert shares(driver, joining(driver, "a", 0)) == [[0, 1, 2, 3]]


def test_a_classic_member_may_come_in_between(driver):
    first = joining(driver, "a", 3)
    assert driver.join("", protocols=("range",), metadata=CLASSIC).answer.error_code == 0
    driver.pass_time(TOGETHER_MS)
    assert len(shares(driver, first)[0]) == 2


def test_a_refused_join_does_not_wait(driver):
    joining(driver, "a", 3, instance_id="i")
    refused = joining(driver, "b", 3, instance_id="i")
    assert refused.answer.code == ErrorCode.UNRELEASED_INSTANCE_ID


def test_a_static_member_that_leaves_for_a_while_meanwhile_stays_away(driver):
    gone, stays = joining(driver, "a", 3, instance_id="i"), joining(driver, "b", 3)
    assert driver.consumer_beat("a", -2, instance_id="i").answer.error_code == 0
    driver.pass_time(TOGETHER_MS)
    assert gone.answer.error_code == ErrorCode.FENCED_MEMBER_EPOCH
    assert stays.answer.error_code == 0
    assert driver.join_consumer("a2", instance_id="i").error_code == 0


def test_a_static_member_that_is_replaced_meanwhile_is_told(driver):
    gone = joining(driver, "a", 3, instance_id="i")
    driver.consumer_beat("a", -2, instance_id="i")
    replacing = joining(driver, "a2", 3, instance_id="i")
    driver.pass_time(TOGETHER_MS)
    assert gone.answer.error_code == ErrorCode.FENCED_INSTANCE_ID
    assert shares(driver, replacing) == [[0, 1, 2, 3]]


def test_a_member_that_joins_by_the_classic_protocol_meanwhile_keeps_its_share(driver):
    consumer = joining(driver, "a", 3)
    joined = driver.join("a", protocols=("range",), metadata=CLASSIC).answer
    assert driver.sync("a", joined.generation_id).answer.error_code == 0
    other = joining(driver, "b", 3)
    driver.pass_time(TOGETHER_MS)
    assert consumer.answer.error_code == ErrorCode.FENCED_MEMBER_EPOCH
    assert shares(driver, other) == [[]]


def test_a_topic_that_grows_meanwhile_is_shared_as_it_is(driver):
    first = joining(driver, "a", 3)
    driver.join("", protocols=("range",), metadata=CLASSIC)
    driver.topics.enlarge("t", 6)
    driver.pass_time(TOGETHER_MS)
    assert len(shares(driver, first)[0]) == 3
