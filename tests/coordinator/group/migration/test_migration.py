"""Groups that change their kind while their members go on, and classic members of consumer groups."""

import pytest

from kwire.coordinator.group.embedded_protocol import encoded_assignment, read_assignment
from kwire.protocol.codec import encode_into
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.records.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
    ConsumerProtocolSubscriptionTopicPartition,
)


@pytest.fixture
def driver(make_driver):
    driver = make_driver()
    driver.topics.create("t", 4)
    return driver


def subscription(*topics, owned=()):
    rows = [ConsumerProtocolSubscriptionTopicPartition(name, list(numbers)) for name, numbers in owned]
    out = bytearray(b"\0\1")
    encode_into(ConsumerProtocolSubscription(list(topics), None, rows), 1, out)
    return bytes(out)


def join_classic(driver, member_id="", owned=(), **fields):
    return driver.join(member_id, metadata=subscription("t", owned=owned), **fields)


def lead(driver, **fields):
    """A classic group of one member, which has all partitions."""
    joined = join_classic(driver, **fields).answer
    everything = encoded_assignment({driver.topics.topics["t"].topic_id: frozenset(range(4))}, driver.topics, b"\0\1")
    driver.sync(joined.member_id, joined.generation_id, [(joined.member_id, everything)])
    return joined


def synced(driver, member_id, generation_id):
    """What SyncGroup gives: partition numbers of t."""
    answer = driver.sync(member_id, generation_id).answer
    assert not isinstance(answer, ApiError), answer
    assert not answer.error_code, answer
    assigned, _ = read_assignment(answer.assignment, driver.topics)
    return sorted(assigned.get(driver.topics.topics["t"].topic_id, ()))


def refused(asked):
    error = asked.answer
    return error.code if isinstance(error, ApiError) else ErrorCode(error.error_code)


def both(driver):
    """A consumer group of a classic member c, which had everything, and a consumer b; each has two partitions."""
    joined = lead(driver)
    epoch = driver.join_consumer("b").member_epoch
    c = joined.member_id
    assert refused(driver.beat(c, joined.generation_id)) == ErrorCode.REBALANCE_IN_PROGRESS
    again = join_classic(driver, c, owned=[("t", range(4))]).answer
    kept = synced(driver, c, again.generation_id)
    assert len(kept) == 2
    assert refused(driver.beat(c, again.generation_id)) == ErrorCode.REBALANCE_IN_PROGRESS  # it has to give up two
    again = join_classic(driver, c, owned=[("t", kept)]).answer
    assert (again.generation_id, synced(driver, c, again.generation_id)) == (epoch, kept)
    assert refused(driver.beat(c, epoch)) == ErrorCode.NONE
    reply = driver.consumer_beat("b", epoch).answer
    assert sorted(driver.given(reply)["t"] + kept) == [0, 1, 2, 3]
    return c, epoch


def test_a_consumer_that_joins_makes_a_classic_group_one_of_its_kind(driver):
    c, epoch = both(driver)
    group = driver.group()
    assert (group.group_type, group.classic_members, group.state_name, epoch) == ("consumer", 1, "Stable", 2)
    assert driver.reloaded().groups["g"].members.keys() == {c, "b"}


def test_those_who_wait_in_the_classic_group_are_told_to_come_again(driver):
    first = join_classic(driver).answer
    waiting = join_classic(driver)
    driver.join_consumer("b")
    assert refused(waiting) == ErrorCode.REBALANCE_IN_PROGRESS
    assert set(driver.group().members) >= {first.member_id, "b"}


def test_the_last_consumer_that_leaves_makes_it_a_classic_group_again(driver):
    c, epoch = both(driver)
    driver.consumer_beat("b", -1)
    group = driver.group()
    assert (group.group_type, group.state_name, list(group.members)) == ("classic", "PreparingRebalance", [c])
    assert refused(driver.beat(c, epoch)) == ErrorCode.REBALANCE_IN_PROGRESS
    again = join_classic(driver, c).answer
    assert (again.generation_id, again.leader) == (epoch + 1, c)
    reloaded = driver.reloaded().groups["g"]
    assert (reloaded.group_type, list(reloaded.members)) == ("classic", [c])


def test_a_consumer_that_is_silent_makes_it_a_classic_group_too(driver):
    c, epoch = both(driver)
    for _ in range(9):
        driver.pass_time(5_000)
        driver.beat(c, epoch)
    assert driver.group().group_type == "classic"


def test_a_downgraded_group_lives_by_its_members_session(driver):
    c, _ = both(driver)
    driver.consumer_beat("b", -1)
    driver.pass_time(60_000)
    assert not driver.group().members
    assert c not in driver.reloaded().groups["g"].members


def test_a_coordinator_that_takes_over_goes_on_with_the_rebalance_of_a_downgraded_group(driver):
    c, epoch = both(driver)
    held = synced(driver, c, epoch)
    driver.consumer_beat("b", -1)
    driver.restart()
    assert driver.group().state_name == "PreparingRebalance"
    assert refused(driver.beat(c, epoch)) == ErrorCode.REBALANCE_IN_PROGRESS
    stored, _ = read_assignment(driver.group().members[c].assignment, driver.topics)
    assert [sorted(each) for each in stored.values()] == [held]  # not what b had
    assert join_classic(driver, c).answer.generation_id == epoch + 1


@pytest.mark.parametrize(
    ("policy", "upgrades", "downgrades"),
    [("disabled", False, False), ("UPGRADE", True, False), ("downgrade", False, True), ("Bidirectional", True, True)],
)
def test_the_policy_says_what_may_happen(driver, policy, upgrades, downgrades):
    lead(driver)
    driver.config.group_consumer_migration_policy = policy
    asked = driver.consumer_beat("b", topics=["t"])
    if not upgrades:
        assert refused(asked) == ErrorCode.GROUP_ID_NOT_FOUND
        assert "online upgrade is disabled" in asked.answer.message
        driver.config.group_consumer_migration_policy = "upgrade"
        driver.join_consumer("b")
        driver.config.group_consumer_migration_policy = policy
    driver.consumer_beat("b", -1)
    assert driver.group().group_type == ("classic" if downgrades else "consumer")


def test_what_cannot_be_upgraded_stays_as_it_is(driver):
    driver.join(group_id="connect", protocol_type="connect")
    asked = driver.consumer_beat("b", topics=["t"], group_id="connect")
    assert "does not use the consumer embedded protocol" in asked.answer.message
    driver.join(group_id="broken", metadata=b"\0")
    asked = driver.consumer_beat("b", topics=["t"], group_id="broken")
    assert "protocol is malformed" in asked.answer.message
    joined = join_classic(driver, group_id="custom").answer
    out = bytearray(b"\0\1")
    encode_into(ConsumerProtocolAssignment([], b"own data"), 1, out)
    driver.sync(joined.member_id, 1, [(joined.member_id, bytes(out))], group_id="custom")
    asked = driver.consumer_beat("b", topics=["t"], group_id="custom")
    assert "unsupported custom assignor" in asked.answer.message
    assert {group.group_type for group in driver.machine.groups.values()} == {"classic"}


def test_an_empty_group_is_of_the_kind_that_joins(driver):
    driver.commit(3)
    driver.join_consumer("a")
    assert driver.group().group_type == "consumer"
    driver.consumer_beat("a", -1)
    assert refused(join_classic(driver, instance_id="i" * 40_000)) == ErrorCode.UNKNOWN_SERVER_ERROR
    assert driver.group().group_type == "consumer"
    assert refused(join_classic(driver, "unknown")) == ErrorCode.UNKNOWN_MEMBER_ID
    assert "g" not in driver.machine.groups  # as in Kafka
    joined = join_classic(driver).answer
    assert (joined.generation_id, driver.group().group_type) == (1, "classic")
    assert driver.reloaded().groups["g"].group_type == "classic"
    driver.leave((joined.member_id, None))
    driver.join_consumer("a")
    assert driver.group().group_type == "consumer"
    assert driver.fetch() == {("t", 0): (3, 0)}
    assert driver.reloaded().groups["g"].group_type == "consumer"


class TestClassicMembers:
    def test_a_new_one_has_to_come_with_an_id(self, driver):
        both(driver)
        answer = join_classic(driver, requires_member_id=True).answer
        assert answer.error_code == ErrorCode.MEMBER_ID_REQUIRED
        assert not join_classic(driver, answer.member_id, requires_member_id=True).answer.error_code

    def test_what_is_refused(self, driver):
        c, epoch = both(driver)
        assert refused(driver.beat("x", epoch)) == ErrorCode.UNKNOWN_MEMBER_ID
        assert refused(driver.beat("b", epoch)) == ErrorCode.UNKNOWN_MEMBER_ID
        assert refused(driver.beat(c, 1)) == ErrorCode.ILLEGAL_GENERATION
        assert refused(driver.sync(c, 1)) == ErrorCode.ILLEGAL_GENERATION
        assert refused(join_classic(driver, protocols=["other"])) == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
        assert refused(join_classic(driver, protocol_type="x")) == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
        assert refused(driver.join(metadata=b"\0")) == ErrorCode.UNKNOWN_SERVER_ERROR
        assert refused(driver.commit(1, member_id=c, generation_id=1)) == ErrorCode.ILLEGAL_GENERATION
        driver.config.group_consumer_max_size = 2
        assert refused(join_classic(driver)) == ErrorCode.GROUP_MAX_SIZE_REACHED
        driver.config.group_consumer_migration_policy = "disabled"
        assert refused(join_classic(driver)) == ErrorCode.INCONSISTENT_GROUP_PROTOCOL

    def test_one_that_is_silent_is_out(self, driver):
        c, epoch = both(driver)
        driver.pass_time(10_000)
        assert set(driver.group().members) == {"b"}
        assert refused(driver.beat(c, epoch)) == ErrorCode.UNKNOWN_MEMBER_ID

    def test_one_that_does_not_join_again_in_time_is_out(self, driver):
        c, epoch = both(driver)
        driver.join_consumer("d")
        for _ in range(12):
            driver.beat(c, epoch)
            driver.pass_time(5_000)
        assert c not in driver.group().members

    def test_one_that_does_not_sync_in_time_is_out(self, driver):
        c, epoch = both(driver)
        join_classic(driver, c, owned=[("t", (0, 1))])
        for _ in range(12):
            driver.beat(c, epoch)
            driver.consumer_beat("b", epoch)
            driver.pass_time(5_000)
        assert set(driver.group().members) == {"b"}

    def test_sync_tells_of_a_rebalance(self, driver):
        c, epoch = both(driver)
        driver.join_consumer("d")
        assert refused(driver.sync(c, epoch)) == ErrorCode.REBALANCE_IN_PROGRESS

    def test_leaving_takes_members_of_both_protocols(self, driver):
        c, _ = both(driver)
        rows = driver.leave((c, None), ("b", None), ("x", None)).answer
        assert [row.error_code for row in rows] == [0, 0, ErrorCode.UNKNOWN_MEMBER_ID]
        assert driver.group().is_empty

    def test_a_static_one_takes_the_place_of_a_consumer_and_the_group_is_classic(self, driver):
        joined = lead(driver, instance_id="i")
        driver.join_consumer("b", instance_id="j")
        again = join_classic(driver, joined.member_id, instance_id="i").answer
        assert not again.error_code
        replaced = join_classic(driver, instance_id="j").answer
        group = driver.group()
        assert not replaced.error_code
        assert (group.group_type, set(group.members)) == ("classic", {joined.member_id, replaced.member_id})
        assert driver.reloaded().groups["g"].members.keys() == group.members.keys()

    def test_it_is_not_given_what_another_one_consumes_still(self, driver):
        joined = lead(driver)
        c, epoch = joined.member_id, joined.generation_id
        driver.join_consumer("b", instance_id="j")
        assert driver.group().state_name == "Reconciling"  # c has everything, and does not know better
        replaced = join_classic(driver, instance_id="j").answer
        assert driver.group().group_type == "classic"
        refusal = driver.sync(replaced.member_id, driver.group().generation_id).answer
        assert refusal.code == ErrorCode.REBALANCE_IN_PROGRESS
        first, second = join_classic(driver, c), join_classic(driver, replaced.member_id, instance_id="j")
        assert first.answer.generation_id == second.answer.generation_id > epoch

    def test_the_others_are_told_to_join_again_whatever_it_subscribes_to(self, driver):
        driver.topics.create("u", 4)
        joined = lead(driver, instance_id="i")
        driver.join_consumer("b", instance_id="j")
        again = join_classic(driver, joined.member_id, instance_id="i").answer
        replaced = driver.join(metadata=subscription("u"), instance_id="j").answer
        assert driver.group().generation_id == again.generation_id  # not of an epoch that nobody was told
        for member_id, generation_id in (
            (joined.member_id, again.generation_id),
            (replaced.member_id, replaced.generation_id),
        ):
            assert refused(driver.beat(member_id, generation_id)) == ErrorCode.REBALANCE_IN_PROGRESS
            assert refused(driver.sync(member_id, generation_id)) == ErrorCode.REBALANCE_IN_PROGRESS

    def test_a_consumer_takes_the_place_of_a_static_one(self, driver):
        joined = lead(driver, instance_id="i")
        reply = driver.join_consumer("b", instance_id="i")
        assert (reply.member_epoch, driver.given(reply)) == (1, {"t": [0, 1, 2, 3]})
        assert (driver.group().classic_members, set(driver.group().members)) == (0, {"b"})
        assert refused(driver.beat(joined.member_id, 1)) == ErrorCode.UNKNOWN_MEMBER_ID


def test_a_member_that_goes_over_to_the_other_protocol_is_not_waited_for_in_the_first_one(driver):
    c, _ = both(driver)
    join_classic(driver, c)  # it would have to ask for its assignment
    reply = driver.consumer_beat(c, topics=["t"], instance_id=None).answer
    for _ in range(4):
        driver.pass_time(20_000)
        assert driver.consumer_beat(c, reply.member_epoch).answer.member_epoch == reply.member_epoch
        driver.consumer_beat("b", driver.group().members["b"].ownership.epoch)
    assert {c, "b"} == driver.group().members.keys()


def test_a_member_that_has_to_give_up_partitions_does_so_in_time_in_either_protocol(driver):
    c = lead(driver).member_id
    driver.join_consumer("b")
    join_classic(driver, c, owned=[("t", range(4))])
    assert driver.group().members[c].ownership.revoking
    epoch = driver.group().members[c].ownership.epoch
    driver.consumer_beat(c, epoch, topics=["t"], rebalance_timeout_ms=20_000)
    driver.pass_time(19_999)
    assert c in driver.group().members
    driver.pass_time(1)
    assert c not in driver.group().members


def test_partitions_that_are_no_more_are_no_part_of_an_upgrade(driver):
    c = lead(driver).member_id
    driver.topics.delete("t")
    driver.topics.create("t", 2)
    driver.topics.create("u", 1)
    driver.join_consumer("b", ["t", "u"])  # subscriptions differ: the assignor looks at every partition
    assert [sorted(each) for each in driver.group().members[c].ownership.partitions.values()] == [[0, 1]]
    assert driver.reloaded().groups["g"].members.keys() == {c, "b"}
