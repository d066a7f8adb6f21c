"""GroupWorld: the members of a group come, go, crash and stall; nobody loses its place, and no record is skipped."""

from contextlib import ExitStack, contextmanager
from random import Random
from typing import ClassVar
from unittest import mock

import trio

from kwire.coordinator import runtime as runtime_module
from kwire.coordinator.group.classic.group import State
from kwire.coordinator.group.consumer.group import ConsumerGroup
from kwire.coordinator.loading import load
from tests.kit.group_ledger import NO_GENERATION, GroupLedger, Membership
from tests.kit.ledger import Violation
from tests.simulation.clients import RETRY_S, PlainProducer, Unanswered
from tests.simulation.consumer_members import SESSION_TIMEOUT_S, ConsumerMember
from tests.simulation.faults import KINDS
from tests.simulation.group_clients import GroupClient, Standalone
from tests.simulation.group_faults import ANSWERS, MEMBER_FAULTS, OUTCOMES, TIMERS, TRANSITIONS, counting
from tests.simulation.members import ClassicMember
from tests.simulation.world import World

BUSY_S = 40
SETTLED_AFTER_S = 90
"""A healthy group has caught up: the slowest rebalance and session timeouts one after the other."""
MAX_MEMBERS = 4
BATCHES = 20
INSTANCES = ("i", "j")
"""Static members. Each keeps its subscription: a group does not notice what one that restarts has changed."""


class GroupWorld(World):
    """One run."""

    STATIC: ClassVar = {
        "log.flush.interval.messages": "1",
        "offsets.topic.segment.bytes": "4000",
        "offsets.retention.check.interval.ms": "7000",
        "log.cleaner.backoff.ms": "5000",
        "log.cleaner.min.cleanable.ratio": "0.3",
        "group.consumer.min.session.timeout.ms": "1000",
        "group.consumer.session.timeout.ms": str(SESSION_TIMEOUT_S * 1000),
        "group.consumer.min.heartbeat.interval.ms": "500",
        "group.consumer.heartbeat.interval.ms": "2000",
        "group.consumer.regex.refresh.interval.ms": "10000",
    }
    TOPICS: ClassVar = {"orders": (3, {}), "bills": (2, {})}
    PAUSE_S = 12
    MUST_FIRE = KINDS + tuple(MEMBER_FAULTS) + OUTCOMES + ANSWERS + TIMERS + TRANSITIONS

    def __init__(self, seed, clock):
        random = Random(f"group {seed}")
        self.STATIC = self.STATIC | {
            "group.initial.rebalance.delay.ms": str(random.choice((0, 0, 1500))),
            "group.consumer.assignment.interval.ms": str(random.choice((0, 0, 1000))),
        }
        super().__init__(seed, clock)
        self.protocols = random.choice(((ClassicMember,), (ConsumerMember,), (ClassicMember, ConsumerMember)))
        self.group = GroupLedger("g", in_step=self.protocols == (ClassicMember,))
        self.member_faults = [kind for kind in MEMBER_FAULTS if kind == "member joined" or self.random.random() < 0.7]
        self.instances = {instance_id: self._some_topics() for instance_id in INSTANCES}
        self.living = {}
        self.begun = 0
        self._nursery = None

    @property
    def is_mixed(self):
        return len(self.protocols) > 1

    @contextmanager
    def patches(self):
        with ExitStack() as stack:
            stack.enter_context(counting(self.faults.fired, self.group))
            stack.enter_context(mock.patch.object(runtime_module, "LOADED_AT_ONCE_BYTES", 1_500))
            yield

    async def run(self):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.machine.run)
            await self.create_topics()
            topics = self.machine.cluster.image.topics
            self.topic_ids = {topic: topics[topic].topic_id for topic in self.TOPICS}
            self.topic_names = {topic_id: topic for topic, topic_id in self.topic_ids.items()}
            await self._commit_once()
            async with trio.open_nursery() as self._nursery:
                async with trio.open_nursery() as work:
                    work.start_soon(self.go_wrong)
                    work.start_soon(Standalone(self, "standalone").run)
                    work.start_soon(PlainProducer(self, "p").run, BATCHES, 2 * BUSY_S / BATCHES)
                    work.start_soon(self._come_and_go)
                    await trio.sleep(BUSY_S)
                    work.cancel_scope.cancel()
                await self.make_healthy("last")
                await self._settle()
                self._nursery.cancel_scope.cancel()
            await self._check_everything()
            nursery.cancel_scope.cancel()

    async def _commit_once(self):
        """A group that holds an offset is never forgotten, so that its generations only rise."""
        setup = GroupClient(self, "setup", self.group)
        while not self.group.committed:
            try:
                await setup.commit(Membership("setup", "", NO_GENERATION), {self.partitions[0]: 0})
            except Unanswered:
                await trio.sleep(RETRY_S)

    # Members

    async def _come_and_go(self):
        while True:
            (kind,) = self.random.choices(self.member_faults, [MEMBER_FAULTS[each] for each in self.member_faults])
            if not self.living:
                kind = "member joined"
            idle = [each for each in self.living if each.stall_at is None] or list(self.living)
            owning = [each for each in idle if each.positions] or idle
            self._happen(kind, self.random.choice(owning) if owning else None)
            await trio.sleep(self.random.random() * (5 if self.living else 15))

    def _happen(self, kind, member):
        fired, random = self.faults.fired, self.random
        if kind == "member joined":
            if len(self.living) >= MAX_MEMBERS:
                return
            taken = {each.instance_id for each in self.living}
            free = [each for each in INSTANCES if each not in taken]
            self.start_member(random.choice(free) if free and random.random() < 0.5 else None)
        elif kind == "member left":
            self._leave(member)
        elif kind == "all members left":
            for each in list(self.living):
                self._leave(each)
        elif kind == "member crashed":
            self.living.pop(member).cancel()
        elif kind == "all members crashed":
            for each in list(self.living):
                self.living.pop(each).cancel()
        elif kind == "member stalled":
            member.stall_at = random.choice(member.stall_points)
            longest_s = max(member.session_timeout_s, member.rebalance_timeout_s)
            member.stall_s = random.choice((3, member.rebalance_timeout_s * 1.2, longest_s * 1.3, longest_s * 2))
        elif kind == "subscription changed" and member.instance_id is None:
            member.topics = self._some_topics()
            member.must_join_again = True
        elif member.instance_id is None or kind == "subscription changed":
            return
        else:
            if kind == "static member restarted":
                self.living.pop(member).cancel()
            self.start_member(member.instance_id)
        fired[kind] += 1
        self.trace(f"{kind} {member.name if member else ''}")

    def _some_topics(self):
        return self.random.choice((tuple(self.TOPICS), tuple(self.TOPICS), ("orders",), ("bills",)))

    def start_member(self, instance_id=None, topics=None):
        topics = topics or self.instances.get(instance_id) or self._some_topics()
        protocol = self.random.choice(self.protocols)
        member = protocol(self, f"m{self.begun}", self.group, topics, instance_id)
        self.begun += 1
        self.living[member] = trio.CancelScope()
        self._nursery.start_soon(self._live, member)

    async def _live(self, member):
        with self.living[member]:
            await member.run()
        self.living.pop(member, None)
        await self._hang_up(member)
        if member.is_leaving:
            with trio.move_on_after(5):
                await member.leave()
            await self._hang_up(member)

    def _leave(self, member):
        member.is_leaving = True
        self.living.pop(member).cancel()

    async def _hang_up(self, member):
        with trio.CancelScope(shield=True):
            await member.drop_all()

    # The end

    async def _settle(self):
        """The members that are left work off what there is."""
        for member in self.living:
            member.stall_at = None
        if len(self.living) < 2:
            self.start_member(topics=tuple(self.TOPICS))
        covered = {topic for member in self.living for topic in member.topics}
        if covered != set(self.TOPICS):
            self.start_member(topics=tuple(self.TOPICS))
        with trio.move_on_after(SETTLED_AFTER_S):
            while not self._caught_up():  # noqa: ASYNC110 - many things make it so
                await trio.sleep(0.5)
            return
        behind = {
            partition: (self.group.committed.get(partition), end)
            for partition, end in self._ends().items()
            if self.group.committed.get(partition, 0) < end
        }
        raise Violation(f"the group did not catch up within {SETTLED_AFTER_S} s: {behind}")

    def _ends(self):
        cluster = self.machine.cluster
        return {partition: self.log(cluster, *partition).log_end_offset for partition in self.partitions}

    def _caught_up(self):
        return all(self.group.committed.get(partition, 0) >= end for partition, end in self._ends().items())

    async def _check_everything(self):
        """On a healthy machine, before and after a kill."""
        for partition, end in self._ends().items():
            self.group.check_consumed(partition, end)
        reader = GroupClient(self, "reader", self.group)
        for _ in range(2):
            await self._read_offsets(reader)
            self._check_replay()
            self.machine.kill("killed at rest")
            await self.machine.wait_up()

    async def _read_offsets(self, reader):
        for _ in range(100):
            try:
                await reader.fetch_offsets(self.partitions)
            except Unanswered:
                await trio.sleep(RETRY_S)
            else:
                return
        raise Violation("no offsets can be fetched on a healthy machine")

    def _check_replay(self):
        """What the log says is what the shard knows."""
        coordinators = self.machine.cluster.groups
        for shard in coordinators.runtime.shards:
            if shard.machine is not None:
                replayed = coordinators._new_machine()
                for _ in load(shard.partition.open(), replayed):
                    pass
                _compare(replayed, shard.machine)


def _compare(stored, live):
    """How far a rebalance has come is in no record; everything else is."""
    if stored.groups.keys() != live.groups.keys():
        raise Violation(f"the log has the groups {sorted(stored.groups)}, the coordinator {sorted(live.groups)}")
    for group_id, group in live.groups.items():
        pairs = [(_offsets_of(stored, group_id), _offsets_of(live, group_id))]
        if isinstance(group, ConsumerGroup) or group.state in {State.STABLE, State.EMPTY}:
            pairs.append((_members_of(stored.groups[group_id]), _members_of(group)))
        for in_log, in_memory in pairs:
            if in_log != in_memory:
                raise Violation(f"of {group_id} the log has {in_log}, the coordinator {in_memory}")


def _offsets_of(machine, group_id):
    return {
        (topic, index): (found.offset, found.metadata)
        for topic, rows in machine.offsets.of(group_id).items()
        for index, found in rows.items()
    }


def _members_of(group):
    if isinstance(group, ConsumerGroup):
        members = {each.member_id: (each.subscription, each.ownership) for each in group.members.values()}
        return group.epoch, group.target_epoch, members, group.targets, group.resolved, group.static_members
    members = {member_id: member.assignment for member_id, member in group.members.items()}
    return group.state, group.generation_id, group.leader, members
