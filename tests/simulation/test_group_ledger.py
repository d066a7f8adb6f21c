"""The ledger of a group: what may be true, and what may not."""

import pytest

from tests.kit.group_ledger import GroupLedger, Membership
from tests.kit.ledger import Violation

A = Membership("a", "a-1", 1)
B = Membership("b", "b-1", 1)
P, Q, FREE = ("t", 0), ("t", 1), ("t", 2)


def later(member, generation_id, **changes):
    return Membership(
        member.name, changes.get("member_id", member.member_id), generation_id, changes.get("instance_id")
    )


@pytest.fixture
def ledger():
    ledger = GroupLedger("g")
    known = ledger.known()
    ledger.assigned(known, A, [P], now_s=0, live_until_s=10)
    ledger.assigned(known, B, [Q], now_s=0, live_until_s=10)
    return ledger


class TestOwners:
    def test_a_partition_passes_to_who_comes_after_its_owner_let_it_go(self, ledger):
        ledger.released("a")
        ledger.assigned(ledger.known(), later(B, 2), [P, Q], now_s=1, live_until_s=11)

    def test_or_after_its_owner_was_silent_for_its_session(self, ledger):
        ledger.assigned(ledger.known(), later(B, 2), [P, Q], now_s=10, live_until_s=20)

    def test_a_live_owner_is_not_passed_over(self, ledger):
        with pytest.raises(Violation, match=r"owns \[\('t', 0\)\], and so does"):
            ledger.assigned(ledger.known(), later(B, 2), [P, Q], now_s=9, live_until_s=19)

    def test_a_heartbeat_keeps_it_alive(self, ledger):
        ledger.renewed("a", 15)
        with pytest.raises(Violation, match="and so does"):
            ledger.assigned(ledger.known(), later(B, 2), [P], now_s=12, live_until_s=22)

    def test_a_generation_gives_nothing_twice(self, ledger):
        with pytest.raises(Violation, match="are both given"):
            ledger.assigned(ledger.known(), Membership("c", "c-1", 1), [Q], now_s=20, live_until_s=30)

    def test_a_generation_gives_everybody_one_thing(self, ledger):
        ledger.assigned(ledger.known(), A, [P], now_s=1, live_until_s=11)
        with pytest.raises(Violation, match="before it was"):
            ledger.assigned(ledger.known(), A, [], now_s=1, live_until_s=11)

    def test_an_instance_that_is_started_twice_is_its_owners_mistake(self, ledger):
        first = Membership("c", "i-1", 2, "i")
        second = Membership("d", "i-2", 2, "i")
        ledger.started("c", "i")
        ledger.assigned(ledger.known(), first, [("t", 2)], now_s=1, live_until_s=11)
        ledger.started("d", "i")
        ledger.assigned(ledger.known(), second, [("t", 2)], now_s=1, live_until_s=11)
        ledger.assigned(ledger.known(), first, [("t", 2)], now_s=1, live_until_s=11)  # a late answer


class TestGenerations:
    def test_an_older_one_is_over(self, ledger):
        ledger.released("a")
        before = ledger.known()
        ledger.assigned(before, later(B, 2), [P, Q], now_s=1, live_until_s=11)
        ledger.joined(before, A)  # it was asked before anybody knew
        with pytest.raises(Violation, match="joins its generation after 2 began"):
            ledger.joined(ledger.known(), A)

    def test_a_commit_of_an_older_one_is_a_violation(self, ledger):
        before = ledger.known()
        ledger.released("a")
        ledger.assigned(before, later(B, 2), [P, Q], now_s=1, live_until_s=11)
        ledger.ask_to_commit({P: 0})
        ledger.accepted(before, A, {P: 0})
        with pytest.raises(Violation, match="commits in its generation after 2 began"):
            ledger.accepted(ledger.known(), A, {P: 0})

    def test_a_commit_of_a_former_instance_is_a_violation(self, ledger):
        former = later(A, 1, member_id="i-1", instance_id="i")
        ledger.joined(ledger.known(), former)
        ledger.accepted(ledger.known(), former, {FREE: 0})
        ledger.joined(ledger.known(), later(B, 1, member_id="i-2", instance_id="i"))
        with pytest.raises(Violation, match="its instance had become i-2"):
            ledger.accepted(ledger.known(), former, {FREE: 0})

    def test_of_two_that_became_an_instance_at_the_same_time_nobody_knows_the_last(self, ledger):
        known = ledger.known()
        former = later(A, 1, member_id="i-1", instance_id="i")
        ledger.joined(known, former)
        ledger.joined(known, later(B, 1, member_id="i-2", instance_id="i"))
        ledger.accepted(ledger.known(), former, {FREE: 0})

    def test_they_begin_again_where_an_empty_group_becomes_one_of_another_kind(self, ledger):
        known = ledger.known()
        ledger.released("a")
        ledger.assigned(known, later(B, 5), [P, Q], now_s=1, live_until_s=11)
        before = ledger.known()
        ledger.began_again()
        ledger.joined(before, A)
        ledger.joined(ledger.known(), A)
        ledger.assigned(ledger.known(), A, [P, Q], now_s=2, live_until_s=12)


class TestEpochs:
    """Of a consumer group: each member is at its own."""

    @pytest.fixture
    def ledger(self):
        ledger = GroupLedger("g", in_step=False)
        ledger.assigned(ledger.known(), A, [P], now_s=0, live_until_s=10)
        ledger.assigned(ledger.known(), later(B, 2), [Q], now_s=0, live_until_s=10)
        return ledger

    def test_a_member_that_lags_behind_commits_what_it_owns(self, ledger):
        ledger.accepted(ledger.known(), A, {P: 0})
        with pytest.raises(Violation, match=r"commits 0 of .*, which b-1 had taken over"):
            ledger.accepted(ledger.known(), A, {Q: 0})

    def test_what_it_owns_grows_and_shrinks(self, ledger):
        ledger.assigned(ledger.known(), later(B, 2), [Q, FREE], now_s=1, live_until_s=11)
        ledger.assigned(ledger.known(), A, [], now_s=2, live_until_s=12)
        ledger.assigned(ledger.known(), later(B, 2), [P, Q, FREE], now_s=3, live_until_s=13)
        with pytest.raises(Violation, match="and so does"):
            ledger.assigned(ledger.known(), later(A, 2), [FREE], now_s=4, live_until_s=14)

    def test_who_comes_back_late_believes_what_it_likes(self, ledger):
        known = ledger.known()
        ledger.assigned(known, later(B, 3), [P, Q], now_s=11, live_until_s=21)
        ledger.assigned(known, A, [P], now_s=12, live_until_s=10)
        ledger.accepted(ledger.known(), later(B, 3), {P: 0})


class TestOffsets:
    def test_they_go_on(self, ledger):
        ledger.consume(P, 0, 5)
        ledger.ask_to_commit({P: 5})
        ledger.accepted(ledger.known(), A, {P: 5})
        ledger.fetched(ledger.known(), P, 5)

    @pytest.mark.parametrize("offset", [4, -1])
    def test_they_never_go_back(self, ledger, offset):
        before = ledger.known()
        ledger.consume(P, 0, 5)
        ledger.ask_to_commit({P: 4})
        ledger.ask_to_commit({P: 5})
        ledger.accepted(ledger.known(), A, {P: 5})
        ledger.fetched(before, P, offset)  # the answer may have been under way
        with pytest.raises(Violation, match="goes back from 5"):
            ledger.fetched(ledger.known(), P, offset)
        with pytest.raises(Violation, match="goes back from 5"):
            ledger.accepted(ledger.known(), A, {P: offset})

    def test_a_commit_without_an_answer_may_count(self, ledger):
        ledger.consume(P, 0, 5)
        ledger.ask_to_commit({P: 5})
        ledger.fetched(ledger.known(), P, -1)
        ledger.fetched(ledger.known(), P, 5)
        with pytest.raises(Violation, match="goes back from 5"):
            ledger.fetched(ledger.known(), P, -1)

    def test_nobody_commits_what_nobody_asked_for(self, ledger):
        ledger.consume(P, 0, 5)
        with pytest.raises(Violation, match="nobody asked for"):
            ledger.fetched(ledger.known(), P, 5)

    def test_no_record_is_skipped(self, ledger):
        ledger.consume(P, 0, 2)
        ledger.consume(P, 3, 5)
        ledger.ask_to_commit({P: 5})
        with pytest.raises(Violation, match="nobody consumed 2"):
            ledger.fetched(ledger.known(), P, 5)
        ledger.check_consumed(P, 2)
        with pytest.raises(Violation, match="nobody consumed 0"):
            ledger.check_consumed(Q, 1)
