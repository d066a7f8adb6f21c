"""The classic group protocol, decision by decision."""

import pytest

from kwire.coordinator.group.classic.group import State
from kwire.coordinator.group.commands import DeleteGroup, ExpireOffsets, ForgetMissingTopics
from kwire.protocol.errors import ApiError, ErrorCode


def stable(driver, *, members=2, **fields):
    """The replies to JoinGroup of a stable group's members, the leader's first."""
    asked = [driver.join(**fields) for _ in range(members)]
    first = asked[0].answer
    joined = [first]
    if members > 1:
        again = driver.join(first.member_id, **fields)
        joined = [again.answer, *(each.answer for each in asked[1:])]
    assignments = [(each.member_id, each.member_id.encode()) for each in joined]
    for each in joined:
        assert driver.sync(each.member_id, each.generation_id, assignments).answer.assignment == each.member_id.encode()
    assert driver.group().state is State.STABLE
    return joined


def test_votes_choose_the_protocol_that_all_support(driver):
    first = driver.join(protocols=("a", "b", "c")).answer
    second = driver.join(protocols=("c", "b"))
    third = driver.join(protocols=("b", "c"))
    again = driver.join(first.member_id, protocols=("a", "b", "c")).answer
    assert again.protocol_name == second.answer.protocol_name == third.answer.protocol_name == "b"
    refused = driver.join(protocols=("a",)).answer
    assert refused.error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    refused = driver.join(protocols=("b",), protocol_type="connect").answer
    assert refused.error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        # what Apache Kafka 4.3.1 answered
        (("range", "sticky"), ("sticky", "range"), "sticky"),
        (("sticky", "range"), ("range", "sticky"), "sticky"),
        (("roundrobin", "range"), ("range", "roundrobin"), "range"),
        (("cooperative-sticky", "range"), ("range", "cooperative-sticky"), "range"),
        (("cooperative-sticky", "roundrobin"), ("roundrobin", "cooperative-sticky"), "roundrobin"),
    ],
)
def test_a_tie_of_protocols_goes_to_the_one_that_kafkas_hash_map_has_first(driver, first, second, chosen):
    one = driver.join(protocols=first).answer
    two = driver.join(protocols=second)
    assert driver.join(one.member_id, protocols=first).answer.protocol_name == chosen
    assert two.answer.protocol_name == chosen


def test_a_follower_that_joins_again_unchanged_disturbs_nobody(driver):
    leader, follower = stable(driver)
    again = driver.join(follower.member_id).answer
    assert (again.generation_id, again.members) == (leader.generation_id, [])
    assert driver.group().state is State.STABLE
    driver.join(follower.member_id, metadata=b"other")
    assert driver.group().state is State.PREPARING_REBALANCE


def test_a_leader_that_joins_again_begins_a_rebalance(driver):
    leader, follower = stable(driver)
    driver.join(leader.member_id)
    assert driver.beat(follower.member_id, follower.generation_id).answer.error_code == ErrorCode.REBALANCE_IN_PROGRESS


def test_members_come_and_go_while_the_leader_assigns(driver):
    first = driver.join().answer
    second = driver.join()
    again = driver.join(first.member_id).answer
    waits = driver.sync(second.answer.member_id, 2)
    driver.leave((first.member_id,))
    assert waits.answer.error_code == ErrorCode.REBALANCE_IN_PROGRESS
    assert driver.sync(first.member_id, again.generation_id, []).answer.code == ErrorCode.UNKNOWN_MEMBER_ID
    alone = driver.join(second.answer.member_id).answer
    assert (alone.generation_id, alone.leader) == (3, second.answer.member_id)


def test_a_leader_that_forgets_a_member_gives_it_nothing(driver):
    first = driver.join().answer
    second = driver.join()
    driver.join(first.member_id)
    driver.sync(first.member_id, 2, [(first.member_id, b"all"), ("stranger", b"x")])
    assert driver.sync(second.answer.member_id, 2).answer.assignment == b""
    assert set(driver.reloaded().groups["g"].members) == {first.member_id, second.answer.member_id}


def test_a_request_that_is_sent_again_answers_the_first(driver):
    first = driver.join().answer
    waits = driver.join()
    member_id = next(each for each in driver.group().members if each != first.member_id)
    again = driver.join(member_id)
    assert waits.answer.error_code == ErrorCode.REBALANCE_IN_PROGRESS
    driver.join(first.member_id)
    assert again.answer.generation_id == 2


def test_dynamic_members_that_do_not_join_are_out_a_static_one_has_until_it_should_have_synced(driver):
    driver.join(instance_id="i", rebalance_timeout_ms=5000)
    driver.join(rebalance_timeout_ms=5000)
    waits = driver.join(rebalance_timeout_ms=5000)
    driver.leave((list(driver.group().members)[1],))
    assert waits.answers == []
    driver.pass_time(5000)
    group = driver.group()
    assert (group.state, group.generation_id) == (State.COMPLETING_REBALANCE, 2)
    assert [member.instance_id for member in group.members.values()] == ["i", None]
    assert waits.answer.leader == waits.answer.member_id
    driver.sync(waits.answer.member_id, 2)
    assert group.state is State.STABLE
    driver.pass_time(5_000)
    assert list(group.members) == [waits.answer.member_id]
    assert group.state is State.PREPARING_REBALANCE


def test_a_group_whose_last_member_leaves_is_empty_and_remembers_its_generation(driver):
    (joined,) = stable(driver, members=1)
    driver.leave((joined.member_id,))
    assert (driver.group().state, driver.group().generation_id) == (State.EMPTY, 2)
    reloaded = driver.reloaded().groups["g"]
    assert (reloaded.state, reloaded.generation_id, reloaded.protocol_type) == (State.EMPTY, 2, "consumer")
    assert driver.join().answer.generation_id == 3


def test_a_new_coordinator_knows_the_last_generation(driver):
    leader, follower = stable(driver)
    driver.restart()
    assert driver.beat(leader.member_id, leader.generation_id).answer.error_code == 0
    assert driver.sync(follower.member_id, follower.generation_id).answer.assignment == follower.member_id.encode()
    driver.pass_time(9_000)
    driver.beat(leader.member_id, leader.generation_id)
    driver.pass_time(2_000)
    assert set(driver.group().members) == {leader.member_id}


def test_a_group_that_is_too_large_by_now_joins_again(driver):
    stable(driver, members=3)
    driver.config.group_max_size = 2
    driver.restart()
    assert driver.group().state is State.PREPARING_REBALANCE
    members = list(driver.group().members)
    assert driver.join(members[0]).answers == driver.join(members[1]).answers == []
    assert driver.join(members[2]).answer.error_code == ErrorCode.GROUP_MAX_SIZE_REACHED
    assert len(driver.group().members) == 2


def test_an_id_that_never_comes_back_expires(driver):
    told = driver.join(requires_member_id=True).answer
    assert told.error_code == ErrorCode.MEMBER_ID_REQUIRED
    assert driver.group().pending_join == {told.member_id}
    driver.pass_time(10_000)
    assert not driver.group().pending_join
    assert driver.join(told.member_id).answer.error_code == ErrorCode.UNKNOWN_MEMBER_ID


def test_a_rebalance_waits_for_ids_that_were_given_out(driver):
    (joined,) = stable(driver, members=1)
    told = driver.join(requires_member_id=True).answer
    again = driver.join(joined.member_id)
    assert again.answers == []
    driver.join(told.member_id, requires_member_id=True)
    assert len(again.answer.members) == 2


def test_static_members_are_replaced_and_fenced(driver):
    first = driver.join(instance_id="i").answer
    driver.sync(first.member_id, 1, [(first.member_id, b"all")])
    other = driver.join(instance_id="j")
    again = driver.join(instance_id="i")
    assert again.answer.generation_id == 2
    assert again.answer.leader == again.answer.member_id
    fenced = driver.join(first.member_id, instance_id="i").answer
    assert fenced.error_code == ErrorCode.FENCED_INSTANCE_ID
    assert driver.beat(first.member_id, 2, instance_id="i").answer.code == ErrorCode.FENCED_INSTANCE_ID
    assert driver.commit(1, member_id=first.member_id, generation_id=2).answer.code == ErrorCode.UNKNOWN_MEMBER_ID
    assert {each.group_instance_id for each in again.answer.members} == {"i", "j"}
    assert other.answer.error_code == 0


def test_a_static_member_that_waits_is_fenced_by_its_successor(driver):
    driver.join(instance_id="i")
    waits = driver.join(instance_id="j")
    assert waits.answers == []
    driver.join(instance_id="j")
    assert waits.answer.error_code == ErrorCode.FENCED_INSTANCE_ID


def test_a_static_member_may_change_the_protocol(driver):
    first = driver.join(instance_id="i", protocols=("a", "b")).answer
    driver.sync(first.member_id, 1, [])
    again = driver.join(instance_id="i", protocols=("b",)).answer
    assert (again.generation_id, again.protocol_name, again.skip_assignment) == (2, "b", False)


def test_many_members_join_in_reasonable_time(driver):
    first = driver.join().answer
    asked = [driver.join() for _ in range(2000)]
    driver.join(first.member_id)
    assert {each.answer.generation_id for each in asked} == {2}


# Offsets


def test_offsets_expire_after_the_group_has_been_empty_for_the_retention(make_driver):
    driver = make_driver(offsets_retention_minutes=10)
    (joined,) = stable(driver, members=1)
    driver.commit(5, member_id=joined.member_id, generation_id=1)
    driver.ask(ExpireOffsets())
    driver.pass_time(9 * 60_000)  # the session ends after ten seconds of it
    driver.ask(ExpireOffsets())
    assert driver.fetch() == {("t", 0): (5, 0)}
    driver.pass_time(2 * 60_000)
    driver.ask(ExpireOffsets())
    assert driver.fetch() == {}
    assert "g" not in driver.machine.groups
    assert driver.reloaded().groups == {}


def test_a_plain_groups_offsets_expire_each_by_its_own_commit(make_driver):
    driver = make_driver(offsets_retention_minutes=10)
    driver.commit(5)
    driver.pass_time(6 * 60_000)
    driver.commit(6, partition=1)
    driver.pass_time(5 * 60_000)
    driver.ask(ExpireOffsets())
    assert driver.fetch() == {("t", 1): (6, 0)}


def test_a_commits_own_retention_counts(driver):
    driver.commit(5, retention_time_ms=1000)
    assert driver.log[-1].value_bytes[:2] == b"\x00\x01"
    driver.machine = driver.reloaded()
    driver.pass_time(999)
    driver.ask(ExpireOffsets())
    assert driver.fetch() == {("t", 0): (5, 0)}
    driver.pass_time(1)
    driver.ask(ExpireOffsets())
    assert driver.fetch() == {}


def test_members_keep_the_offsets_of_what_they_consume(make_driver):
    driver = make_driver(offsets_retention_minutes=1)
    subscribed = b"\x00\x00\x00\x00\x00\x01\x00\x01t\xff\xff\xff\xff"
    joined = driver.join(metadata=subscribed).answer
    driver.sync(joined.member_id, 1, [])
    for topic in ("t", "u"):
        driver.commit(5, topic=topic, member_id=joined.member_id, generation_id=1)
    for _ in range(10):
        driver.pass_time(9_000)
        driver.beat(joined.member_id, 1)
    driver.ask(ExpireOffsets())
    assert driver.fetch() == {("t", 0): (5, 0)}


def test_a_log_that_is_read_record_by_record_tells_what_members_said_last(driver):
    first, later = (b"\0\0\0\0\0\1\0\1" + topic + b"\xff\xff\xff\xff" for topic in (b"t", b"u"))
    joined = driver.join(metadata=first).answer
    driver.sync(joined.member_id, 1)
    assert driver.join(joined.member_id, metadata=later).answer.generation_id == 2
    driver.sync(joined.member_id, 2)
    for group in (driver.group(), driver.reloaded().groups["g"]):
        assert group.subscribed_topics == {"u"}
        assert group.members[joined.member_id].metadata("range") == later


def test_the_timer_looks_by_itself(make_driver):
    driver = make_driver(offsets_retention_minutes=10)
    driver.restart()
    driver.commit(5)
    driver.pass_time(30 * 60_000)
    assert driver.machine.groups == {}


def test_topics_that_are_gone(driver):
    driver.commit(5)
    driver.commit(6, topic="u")
    driver.ask(ForgetMissingTopics({"u": b"any" * 4}))  # what was committed without an id, counts by name
    assert driver.fetch() == {("u", 0): (6, 0)}
    assert driver.reloaded().offsets.of("g").keys() == {"u"}
    driver.machine.offsets.of("g")["u"][0].topic_id = b"old" * 4
    driver.ask(ForgetMissingTopics({"u": b"new" * 4}))
    assert driver.fetch() == {}


def test_a_deleted_group_leaves_nothing(driver):
    driver.commit(5)
    assert driver.ask(DeleteGroup("g")).answer is True
    machine = driver.reloaded()
    assert (machine.groups, machine.offsets.of("g")) == ({}, {})
    assert isinstance(driver.ask(DeleteGroup("g")).answer, ApiError)


@pytest.mark.parametrize("committed", [True, False])
def test_offsets_of_a_transaction_count_when_it_is_committed(driver, committed):
    driver.commit(5)
    driver.commit(5, partition=1)
    (first, *_), (second, *_) = [driver.log[-2:-1], driver.log[-1:]]
    first.value.offset, second.value.offset = 8, 9
    driver.machine.replay(first, producer_id=7)
    driver.machine.replay(second, producer_id=7)
    assert driver.fetch() == {("t", 0): (5, 0), ("t", 1): (5, 0)}
    unstable = (-1, ErrorCode.UNSTABLE_OFFSET_COMMIT)
    assert driver.fetch(require_stable=True) == {("t", 0): unstable, ("t", 1): unstable}
    driver.commit(6, partition=1)  # later than what the transaction wrote
    driver.machine.end_transaction(7, committed=committed)
    assert driver.fetch(require_stable=True) == {("t", 0): (8 if committed else 5, 0), ("t", 1): (6, 0)}
