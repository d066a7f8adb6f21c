"""Consumer groups: members come, share, are fenced and go; epochs are Kafka's."""

import pytest

from kwire.coordinator.group.commands import DeleteGroup, DescribeConsumerGroup, DescribeGroup, ListGroups
from kwire.protocol.errors import ApiError, ErrorCode


@pytest.fixture
def driver(make_driver):
    driver = make_driver()
    driver.topics.create("t", 4)
    return driver


def refused(asked):
    error = asked.answer
    assert isinstance(error, ApiError)
    return error.code


def state(driver, group_id="g"):
    """Everything that a group's records say."""
    group = driver.machine.groups[group_id]
    return (
        (group.epoch, group.metadata_hash, group.target_epoch, group.target_timestamp_ms, group.state_name),
        {each.member_id: (each.subscription, each.ownership) for each in group.members.values()},
        (group.static_members, group.targets, group.resolved, group.owners),
        (group.topic_names, group.expressions, group.server_assignors, group.classic_members, group.classic_protocols),
    )


def settle(driver, members):
    """Every member beats until nobody is told anything new; {member: {topic: numbers}} and their epochs."""
    held = {member_id: {} for member_id in members}
    epochs = dict.fromkeys(members, 0)
    for member_id in members:
        known = driver.group().members.get(member_id)
        if known is not None and known.ownership.epoch > 0:
            epochs[member_id] = known.ownership.epoch
            held[member_id] = {
                driver.topics.topic_by_id(each).name: sorted(numbers)
                for each, numbers in known.ownership.assigned.items()
            }
    for _ in range(4):
        for member_id in members:
            reply = driver.consumer_beat(member_id, epochs[member_id], held=held[member_id]).answer
            epochs[member_id] = reply.member_epoch
            if reply.assignment is not None:
                held[member_id] = driver.given(reply)
    return held, epochs


def test_the_first_member_has_everything_at_the_second_epoch(driver):
    reply = driver.join_consumer("a")
    assert (reply.member_id, reply.member_epoch, reply.heartbeat_interval_ms) == ("a", 2, 5_000)
    assert driver.given(reply) == {"t": [0, 1, 2, 3]}
    assert [type(record.key).API_KEY for record in driver.log] == [5, 3, 7, 6, 8]
    assert driver.group().state_name == "Stable"


def test_a_member_without_an_id_is_given_one(driver):
    reply = driver.join_consumer("")
    assert reply.member_id in driver.group().members


def test_an_idle_heartbeat_writes_nothing_and_tells_nothing(driver):
    driver.join_consumer("a")
    before = len(driver.log)
    reply = driver.consumer_beat("a", 2).answer
    assert (reply.member_epoch, reply.assignment) == (2, None)
    assert len(driver.log) == before


def test_a_second_member_waits_for_what_the_first_gives_up(driver):
    driver.join_consumer("a")
    reply = driver.join_consumer("b")
    assert (reply.member_epoch, driver.given(reply)) == (3, {})
    assert driver.group().state_name == "Reconciling"
    reply = driver.consumer_beat("a", 2).answer
    kept = driver.given(reply)
    assert (reply.member_epoch, len(kept["t"])) == (2, 2)
    assert driver.consumer_beat("b", 3).answer.assignment is None  # a has not said that it gave anything up
    assert driver.consumer_beat("a", 2, held={"t": range(4)}).answer.assignment is None
    reply = driver.consumer_beat("a", 2, held=kept).answer
    assert (reply.member_epoch, driver.given(reply)) == (3, None)
    reply = driver.consumer_beat("b", 3).answer
    assert sorted(driver.given(reply)["t"] + kept["t"]) == [0, 1, 2, 3]
    assert driver.group().state_name == "Stable"


def test_who_does_not_give_up_in_time_is_out(driver):
    driver.join_consumer("a", rebalance_timeout_ms=10_000)
    driver.join_consumer("b")
    driver.consumer_beat("a", 2)
    driver.pass_time(9_999)
    assert "a" in driver.group().members
    driver.pass_time(1)
    assert set(driver.group().members) == {"b"}
    held, _ = settle(driver, ["b"])
    assert held["b"] == {"t": [0, 1, 2, 3]}
    assert refused(driver.consumer_beat("a", 2)) == ErrorCode.UNKNOWN_MEMBER_ID


def test_who_is_silent_is_out(driver):
    driver.join_consumer("a")
    driver.join_consumer("b")
    settle(driver, ["a", "b"])
    driver.pass_time(44_999)
    driver.consumer_beat("b", 3)
    driver.pass_time(1)
    assert set(driver.group().members) == {"b"}
    assert driver.group().epoch == 4


def test_who_leaves_is_out_at_once_and_an_empty_group_keeps_its_epoch(driver):
    driver.join_consumer("a")
    driver.commit(7, member_id="a", generation_id=2)
    reply = driver.consumer_beat("a", -1).answer
    assert (reply.member_id, reply.member_epoch, reply.heartbeat_interval_ms) == ("a", -1, 0)
    group = driver.group()
    assert (group.state_name, group.epoch, group.target_epoch, group.metadata_hash) == ("Empty", 3, 3, 0)
    assert driver.fetch() == {("t", 0): (7, 0)}
    assert driver.join_consumer("a").member_epoch == 4


def test_epochs_that_are_not_the_members_are_fenced(driver):
    driver.join_consumer("a")
    driver.join_consumer("b")
    settle(driver, ["a", "b"])
    assert refused(driver.consumer_beat("a", 4)) == ErrorCode.FENCED_MEMBER_EPOCH
    assert refused(driver.consumer_beat("a", 1, held={})) == ErrorCode.FENCED_MEMBER_EPOCH
    assert refused(driver.consumer_beat("a", 2)) == ErrorCode.FENCED_MEMBER_EPOCH
    assert refused(driver.consumer_beat("a", 2, held={"t": range(4)})) == ErrorCode.FENCED_MEMBER_EPOCH
    mine = driver.group().members["a"].ownership.assigned[driver.topics.topics["t"].topic_id]
    reply = driver.consumer_beat("a", 2, held={"t": mine}).answer  # the reply with epoch 3 was lost
    assert reply.member_epoch == 3
    assert refused(driver.consumer_beat("x", 3)) == ErrorCode.UNKNOWN_MEMBER_ID
    assert refused(driver.consumer_beat("x", 3, group_id="other")) == ErrorCode.GROUP_ID_NOT_FOUND
    assert refused(driver.consumer_beat("x", -1, group_id="other")) == ErrorCode.GROUP_ID_NOT_FOUND
    assert refused(driver.consumer_beat("x", -1)) == ErrorCode.UNKNOWN_MEMBER_ID


def test_a_member_that_joins_again_is_told_what_it_has(driver):
    driver.join_consumer("a")
    before = len(driver.log)
    reply = driver.join_consumer("a")
    assert (reply.member_epoch, driver.given(reply)) == (2, {"t": [0, 1, 2, 3]})
    assert len(driver.log) == before


def test_a_full_request_is_told_what_it_has(driver):
    driver.join_consumer("a")
    reply = driver.consumer_beat("a", 2, topics=["t"], held={"t": range(4)}, rebalance_timeout_ms=60_000).answer
    assert driver.given(reply) == {"t": [0, 1, 2, 3]}


def test_a_group_that_is_full_takes_nobody(make_driver):
    driver = make_driver(group_consumer_max_size=1)
    driver.topics.create("t", 2)
    driver.join_consumer("a")
    asked = driver.consumer_beat("b", topics=["t"])
    assert refused(asked) == ErrorCode.GROUP_MAX_SIZE_REACHED
    assert asked.answer.message == "The consumer group has reached its maximum capacity of 1 members."
    assert driver.consumer_beat("a", 2).answer.member_epoch == 2


def test_a_change_of_subscription_moves_the_epoch_and_takes_away_at_once(driver):
    driver.topics.create("u", 2)
    driver.join_consumer("a", ["t", "u"])
    reply = driver.consumer_beat("a", 2, topics=["u"], held={"t": range(4), "u": range(2)}).answer
    assert (reply.member_epoch, driver.given(reply)) == (2, {"u": [0, 1]})
    reply = driver.consumer_beat("a", 2, held={"u": range(2)}).answer
    assert (reply.member_epoch, reply.assignment) == (3, None)
    assert driver.machine.groups["g"].topic_names == {"u": 1}


def test_what_topics_become_is_noticed_with_the_next_heartbeat(driver):
    driver.join_consumer("a", ["t", "later"])
    driver.topics.create("unrelated", 1)
    assert driver.consumer_beat("a", 2).answer.member_epoch == 2
    driver.topics.create("later", 1)
    reply = driver.consumer_beat("a", 2, held={"t": range(4)}).answer
    assert (reply.member_epoch, driver.given(reply)) == (3, {"t": [0, 1, 2, 3], "later": [0]})
    driver.topics.enlarge("later", 3)
    reply = driver.consumer_beat("a", 3).answer
    assert (reply.member_epoch, driver.given(reply)["later"]) == (4, [0, 1, 2])
    driver.topics.delete("t")
    reply = driver.consumer_beat("a", 4).answer
    assert (reply.member_epoch, driver.given(reply)) == (4, {"later": [0, 1, 2]})
    reply = driver.consumer_beat("a", 4, held={"later": range(3)}).answer
    assert (reply.member_epoch, driver.group().epoch) == (5, 5)


def test_the_target_is_computed_as_seldom_as_is_said(driver):
    driver.group_config.consumer_assignment_interval_ms = 1_000
    driver.join_consumer("a")
    reply = driver.join_consumer("b")
    assert (reply.member_epoch, driver.given(reply)) == (2, {})
    assert (driver.group().epoch, driver.group().target_epoch, driver.group().state_name) == (3, 2, "Assigning")
    driver.pass_time(999)
    assert driver.consumer_beat("b", 2).answer.member_epoch == 2
    driver.pass_time(1)
    assert driver.consumer_beat("b", 2).answer.member_epoch == 3


def test_a_clock_that_was_set_back_holds_no_target_up(driver):
    driver.group_config.consumer_assignment_interval_ms = 1_000
    driver.join_consumer("a")
    driver.now_ms -= 3_600_000
    assert driver.join_consumer("b").member_epoch == 3


def test_the_assignor_that_most_want_is_used(driver):
    driver.topics.create("u", 3)
    driver.join_consumer("a", ["t", "u"], server_assignor="range")
    driver.join_consumer("b", ["t", "u"])
    held, _ = settle(driver, ["a", "b"])
    assert held == {"a": {"t": [0, 1], "u": [0, 1]}, "b": {"t": [2, 3], "u": [2]}}
    assert driver.ask(DescribeConsumerGroup("g")).answer.assignor_name == "range"


class TestStaticMembers:
    def test_one_that_is_back_in_time_goes_on_under_its_new_id(self, driver):
        driver.join_consumer("a", instance_id="i")
        driver.join_consumer("b", instance_id="j")
        held, _ = settle_static(driver, {"a": "i", "b": "j"})
        assert driver.consumer_beat("a", -2, instance_id="i").answer.member_epoch == -2
        epoch = driver.group().epoch
        reply = driver.join_consumer("c", instance_id="i")
        assert (reply.member_epoch, driver.given(reply)) == (3, held["a"])
        assert (driver.group().epoch, set(driver.group().members)) == (epoch, {"b", "c"})
        assert refused(driver.consumer_beat("a", 3, instance_id="i")) == ErrorCode.FENCED_INSTANCE_ID

    def test_one_that_is_not_is_out(self, driver):
        driver.join_consumer("a", instance_id="i")
        driver.consumer_beat("a", -2, instance_id="i")
        driver.pass_time(45_000)
        assert not driver.group().members

    def test_an_instance_that_has_not_left_is_not_released(self, driver):
        driver.join_consumer("a", instance_id="i")
        assert refused(driver.consumer_beat("b", topics=["t"], instance_id="i")) == ErrorCode.UNRELEASED_INSTANCE_ID
        assert refused(driver.consumer_beat("b", 2, instance_id="i")) == ErrorCode.FENCED_INSTANCE_ID
        assert refused(driver.consumer_beat("b", 2, instance_id="k")) == ErrorCode.UNKNOWN_MEMBER_ID
        assert refused(driver.consumer_beat("b", -2, instance_id="k")) == ErrorCode.UNKNOWN_MEMBER_ID
        driver.consumer_beat("a", -1, instance_id="i")
        assert driver.group().static_members == {}

    def test_an_instance_that_takes_the_id_of_another_member_leaves_nothing_behind(self, driver):
        driver.join_consumer("a", instance_id="i")
        driver.join_consumer("b", instance_id="j")
        driver.consumer_beat("a", -2, instance_id="i")
        driver.join_consumer("b", instance_id="i")
        assert driver.group().static_members == {"i": "b"}
        assert driver.reloaded().groups["g"].static_members == {"i": "b"}


def settle_static(driver, instances):
    members = driver.group().members
    epochs = {member_id: members[member_id].ownership.epoch for member_id in instances}
    held = dict.fromkeys(instances)
    for _ in range(4):
        for member_id, instance_id in instances.items():
            asked = driver.consumer_beat(member_id, epochs[member_id], held=held[member_id], instance_id=instance_id)
            epochs[member_id] = asked.answer.member_epoch
            if asked.answer.assignment is not None:
                held[member_id] = driver.given(asked.answer)
    return held, epochs


class TestOffsets:
    def test_a_member_commits_at_its_epoch(self, driver):
        driver.join_consumer("a")
        assert not isinstance(driver.commit(1, member_id="a", generation_id=2).answer, ApiError)
        assert refused(driver.commit(1, member_id="a", generation_id=3)) == ErrorCode.STALE_MEMBER_EPOCH
        assert refused(driver.commit(1, member_id="x", generation_id=2)) == ErrorCode.UNKNOWN_MEMBER_ID
        assert refused(driver.commit(1)) == ErrorCode.UNKNOWN_MEMBER_ID

    def test_a_member_that_lags_commits_what_it_has_held_since(self, driver):
        topic_id = driver.topics.topics["t"].topic_id
        driver.join_consumer("a")
        driver.join_consumer("b")
        settle(driver, ["a", "b"])
        mine = driver.group().members["a"].ownership.assigned[topic_id]
        theirs = driver.group().members["b"].ownership.assigned[topic_id]
        for partition, code in [(next(iter(mine)), 0), (next(iter(theirs)), ErrorCode.STALE_MEMBER_EPOCH)]:
            asked = driver.commit(5, member_id="a", generation_id=2, partition=partition, topic_id=topic_id)
            assert (refused(asked) if code else asked.answer.topics[0].partitions[0].error_code) == code
        fresh = next(iter(theirs))
        asked = driver.commit(5, member_id="b", generation_id=2, partition=fresh, topic_id=topic_id)
        assert refused(asked) == ErrorCode.STALE_MEMBER_EPOCH  # it has it since epoch 3
        asked = driver.commit(
            5, member_id="b", generation_id=2, partition=fresh, topic_id=topic_id, metadata="x" * 5_000
        )
        assert asked.answer.topics[0].partitions[0].error_code == ErrorCode.OFFSET_METADATA_TOO_LARGE  # as in Kafka

    def test_a_member_fetches_at_its_epoch(self, driver):
        driver.join_consumer("a")
        driver.commit(1, member_id="a", generation_id=2)
        assert driver.fetch(member_id="a", member_epoch=2) == {("t", 0): (1, 0)}
        assert refused(driver.fetching(member_id="a", member_epoch=1)) == ErrorCode.STALE_MEMBER_EPOCH
        assert refused(driver.fetching(member_id="x", member_epoch=2)) == ErrorCode.UNKNOWN_MEMBER_ID

    def test_those_of_topics_that_nobody_consumes_expire(self, driver):
        driver.join_consumer("a")
        driver.commit(1, member_id="a", generation_id=2)
        driver.commit(2, topic="old", member_id="a", generation_id=2)
        driver.group_config.consumer_session_timeout_ms = 10 * 24 * 3_600_000
        driver.restart()
        driver.pass_time(8 * 24 * 3_600_000)
        assert driver.group().members
        assert driver.fetch() == {("t", 0): (1, 0)}

    def test_a_group_without_members_goes_with_its_last_offset(self, driver):
        driver.join_consumer("a")
        driver.commit(1, member_id="a", generation_id=2)
        driver.consumer_beat("a", -1)
        driver.restart()
        driver.pass_time(8 * 24 * 3_600_000)
        assert driver.machine.groups == {}
        assert driver.reloaded().groups == {}


def test_what_is_listed_and_described(driver):
    driver.join_consumer("a")
    (row,) = driver.ask(ListGroups(types=["consumer"])).answer
    assert (row.group_id, row.group_type, row.protocol_type, row.group_state) == ("g", "consumer", "consumer", "Stable")
    assert driver.ask(ListGroups(types=["classic"])).answer == []
    assert driver.ask(ListGroups(states=["empty"])).answer == []
    group = driver.ask(DescribeConsumerGroup("g")).answer
    assert (group.group_state, group.group_epoch, group.assignment_epoch) == ("Stable", 2, 2)
    (member,) = group.members
    assert (member.member_id, member.member_epoch, member.member_type) == ("a", 2, 1)
    assert (member.client_id, member.client_host, member.subscribed_topic_names) == ("client", "/127.0.0.1", ["t"])
    assert [(row.topic_name, row.partitions) for row in member.assignment.topic_partitions] == [("t", [0, 1, 2, 3])]
    driver.join_consumer("b")
    driver.consumer_beat("a", 2)
    (member, _) = driver.ask(DescribeConsumerGroup("g")).answer.members
    assert [row.partitions for row in member.assignment.topic_partitions] == [[0, 1, 2, 3]]  # it may hold all of them
    assert [len(row.partitions) for row in member.target_assignment.topic_partitions] == [2]
    assert refused(driver.ask(DescribeGroup("g"))) == ErrorCode.GROUP_ID_NOT_FOUND
    driver.join(group_id="classic")
    assert refused(driver.ask(DescribeConsumerGroup("classic"))) == ErrorCode.GROUP_ID_NOT_FOUND
    assert refused(driver.ask(DescribeConsumerGroup("none"))) == ErrorCode.GROUP_ID_NOT_FOUND


def test_only_an_empty_group_is_deleted(driver):
    driver.join_consumer("a")
    assert refused(driver.ask(DeleteGroup("g"))) == ErrorCode.NON_EMPTY_GROUP
    driver.consumer_beat("a", -1)
    assert driver.ask(DeleteGroup("g")).answer is True
    assert driver.machine.groups == driver.reloaded().groups == {}


def test_a_coordinator_that_takes_over_knows_all_and_gives_fresh_sessions(driver):
    driver.join_consumer("a")
    driver.join_consumer("b", instance_id="i")
    driver.consumer_beat("a", 2)
    driver.pass_time(40_000)
    before = state(driver)
    driver.restart()
    assert state(driver) == before
    driver.pass_time(44_999)
    assert set(driver.group().members) == {"a", "b"}
    assert driver.consumer_beat("b", 3, instance_id="i").answer.member_epoch == 3
    driver.pass_time(1)
    assert set(driver.group().members) == {"b"}


def test_a_change_of_metadata_while_nobody_coordinated_is_noticed(driver):
    driver.join_consumer("a")
    driver.topics.enlarge("t", 5)
    driver.restart()
    reply = driver.consumer_beat("a", 2).answer
    assert (reply.member_epoch, driver.given(reply)) == (3, {"t": [0, 1, 2, 3, 4]})


def test_the_order_of_the_last_records_of_their_keys_does_not_matter(driver):
    for member_id in ("a", "b", "c"):
        driver.join_consumer(member_id)
    settle(driver, ["a", "b", "c"])
    driver.consumer_beat("b", -1)
    settle(driver, ["a", "c"])
    newest = {record.key_bytes: record for record in driver.log}
    wanted = state(driver)
    for records in (list(newest.values()), list(reversed(newest.values()))):
        machine = driver.new_machine()
        for record in records:
            if record.value_bytes is None:
                machine.replay_stored(record.key_bytes, None)
        for record in records:
            if record.value_bytes is not None:
                machine.replay_stored(record.key_bytes, record.value_bytes)
        driver.machine = machine
        assert state(driver) == wanted


def test_a_thousand_members_share_and_an_idle_one_costs_little(make_driver):
    driver = make_driver()
    driver.topics.create("t", 500)
    driver.group_config.consumer_assignment_interval_ms = 1_000
    names = [f"m{number}" for number in range(1_000)]
    for name in names:
        driver.join_consumer(name)
    driver.pass_time(1_000)
    held = {name: {} for name in names}
    epochs = {name: driver.group().members[name].ownership.epoch for name in names}
    for _ in range(4):
        for name in names:
            reply = driver.consumer_beat(name, epochs[name], held=held[name]).answer
            epochs[name] = reply.member_epoch
            if reply.assignment is not None:
                held[name] = driver.given(reply)
    assert driver.group().state_name == "Stable"
    assert sorted(number for each in held.values() for number in each.get("t", ())) == list(range(500))
    assert {len(each.get("t", ())) for each in held.values()} == {0, 1}
    before = len(driver.log)
    for name in names:
        driver.consumer_beat(name, epochs[name])
    assert len(driver.log) == before
