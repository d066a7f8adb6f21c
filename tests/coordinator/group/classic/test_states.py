"""Any requests in any order: legal or an error, never a crash; and the log always says what counts."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kwire.coordinator.group.classic.group import State
from kwire.coordinator.group.commands import DeleteGroup, DescribeGroup, ExpireOffsets, ListGroups
from kwire.protocol.errors import ApiError

NAMES = st.sampled_from(["", "1", "2", "3", "client-1", "client-2", "client-3", "client-4", "i-2", "i-3", "stranger"])
INSTANCES = st.sampled_from([None, None, "i", "j"])
GENERATIONS = st.integers(-1, 4)
PROTOCOLS = st.sampled_from([("a",), ("a", "b"), ("b", "a"), ("b",), (), ("a", "a")])


class Groups(RuleBasedStateMachine):
    """Members that do what they like, true to nothing."""

    make_driver = None

    @initialize(delay_ms=st.sampled_from([0, 3000]), max_size=st.sampled_from([2, 100]))
    def begin(self, delay_ms, max_size):
        self.driver = self.make_driver(group_initial_rebalance_delay_ms=delay_ms, group_max_size=max_size)
        self.generation_ids = Counter()

    def known(self, pick, name):
        """A member's id, or any name."""
        group = self.driver.machine.groups.get("g")
        members = [*group.members, *sorted(group.pending_join)] if group is not None else []
        return members[pick % len(members)] if members and pick else name

    @rule(pick=st.integers(0, 5), name=NAMES, instance_id=INSTANCES, protocols=PROTOCOLS, needs_id=st.booleans())
    def join(self, pick, name, instance_id, protocols, needs_id):
        self.driver.join(
            self.known(pick, name), protocols=protocols, instance_id=instance_id, requires_member_id=needs_id
        )

    @rule(pick=st.integers(0, 5), name=NAMES, instance_id=INSTANCES, generation_id=GENERATIONS, current=st.booleans())
    def sync(self, pick, name, instance_id, generation_id, current):
        group = self.driver.machine.groups.get("g")
        if current and group is not None:
            generation_id = group.generation_id
        given = [(each, each.encode()) for each in (group.members if group is not None else ())]
        self.driver.sync(self.known(pick, name), generation_id, given, instance_id=instance_id)

    @rule()
    def everybody_syncs(self):
        group = self.driver.machine.groups.get("g")
        for member_id in list(group.members) if group is not None else ():
            self.driver.sync(member_id, group.generation_id, [(each, b"x") for each in group.members])

    @rule(pick=st.integers(0, 5), name=NAMES, instance_id=INSTANCES, generation_id=GENERATIONS)
    def beat(self, pick, name, instance_id, generation_id):
        self.driver.beat(self.known(pick, name), generation_id, instance_id=instance_id)

    @rule(members=st.lists(st.tuples(st.integers(0, 5), NAMES, INSTANCES), max_size=3))
    def leave(self, members):
        self.driver.leave(*((self.known(pick, name), instance_id) for pick, name, instance_id in members))

    @rule(pick=st.integers(0, 5), name=NAMES, generation_id=GENERATIONS, offset=st.integers(0, 9))
    def commit(self, pick, name, generation_id, offset):
        self.driver.commit(offset, member_id=self.known(pick, name), generation_id=generation_id)

    @rule(delay_ms=st.sampled_from([1, 2999, 3000, 9_999, 10_000, 60_000, 700_000, 8 * 86_400_000]))
    def time_passes(self, delay_ms):
        self.driver.pass_time(delay_ms)

    @rule(command=st.sampled_from([ListGroups(), DescribeGroup("g"), DeleteGroup("g"), ExpireOffsets()]))
    def administer(self, command):
        self.driver.ask(command)
        if isinstance(command, ExpireOffsets):
            self.driver.waiting.pop()  # a timer's command, for whose reply nobody waits

    @rule()
    def restart(self):
        before = self.driver.machine.groups.get("g")
        self.driver.restart()
        after = self.driver.machine.groups.get("g")
        if before is not None and before.state in {State.STABLE, State.EMPTY}:
            assert after is not None
            assert (after.generation_id, after.members.keys()) == (before.generation_id, before.members.keys())
        self.driver.waiting.clear()
        self.generation_ids.clear()

    @invariant()
    def the_group_is_consistent(self):
        for group in self.driver.machine.groups.values():
            members = group.members.values()
            assert group.awaiting_join == sum(each.join_waiter is not None for each in members)
            assert group.static_members == {
                each.instance_id: each.member_id for each in members if each.instance_id is not None
            }
            support = Counter(name for each in members for name in {protocol.name for protocol in each.protocols})
            assert group._supporters == support
            assert group.pending_sync <= group.members.keys()
            assert not group.pending_join & group.members.keys()
            assert (group.leader in group.members) if group.members else group.leader is None
            assert bool(members) or group.state in {State.EMPTY, State.PREPARING_REBALANCE}
            if group.state in {State.STABLE, State.EMPTY}:
                assert not any(each.join_waiter or each.sync_waiter for each in members)
            if group.state is State.COMPLETING_REBALANCE:
                assert all(each.protocols for each in members)
                assert group.members[group.leader].sync_waiter is None

    @invariant()
    def generations_only_rise(self):
        groups = self.driver.machine.groups
        for group_id in [each for each in self.generation_ids if each not in groups]:
            del self.generation_ids[group_id]
        for group_id, group in groups.items():
            assert group.generation_id >= self.generation_ids[group_id]
            self.generation_ids[group_id] = group.generation_id

    @invariant()
    def nobody_is_answered_twice_or_waits_for_nothing(self):
        still = {
            waiter
            for group in self.driver.machine.groups.values()
            for member in group.members.values()
            for waiter in (member.join_waiter, member.sync_waiter)
            if waiter is not None
        }
        for asked in self.driver.waiting:
            assert len(asked.answers) == (0 if asked in still else 1)
            assert not any(
                isinstance(answer, Exception) and not isinstance(answer, ApiError) for answer in asked.answers
            )

    @invariant()
    def the_log_says_what_is_committed(self):
        reloaded = self.driver.reloaded()

        def offsets(machine):
            return {
                (group_id, topic, index): found.offset
                for group_id, topics in machine.offsets._committed.items()
                for topic, partitions in topics.items()
                for index, found in partitions.items()
            }

        assert offsets(reloaded) == offsets(self.driver.machine)
        assert reloaded.groups.keys() == self.driver.machine.groups.keys()
        for group_id, group in self.driver.machine.groups.items():
            if group.state is State.STABLE:
                stored = reloaded.groups[group_id]
                assert stored.state is State.STABLE
                assert stored.generation_id == group.generation_id
                assert {each.member_id: each.assignment for each in stored.members.values()} == {
                    each.member_id: each.assignment for each in group.members.values()
                }


def test_any_requests_in_any_order(make_driver):
    from hypothesis.stateful import run_state_machine_as_test

    Groups.make_driver = staticmethod(make_driver)
    run_state_machine_as_test(Groups, settings=settings(max_examples=150, stateful_step_count=40, deadline=None))
