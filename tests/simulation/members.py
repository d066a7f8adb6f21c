"""Members of groups on virtual time, as client libraries are; ClassicMember speaks the classic protocol, assigning ranges."""

import trio

from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kwire.protocol.messages.leave_group import LeaveGroupRequest, MemberIdentity
from kwire.protocol.messages.records.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolAssignmentTopicPartition,
    ConsumerProtocolSubscription,
)
from kwire.protocol.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from tests.kit.group_ledger import Membership
from tests.kit.ledger import Violation
from tests.simulation.clients import RETRY_S, Unanswered
from tests.simulation.group_clients import GroupClient, Told, by_topic

SYNC_GROUP, HEARTBEAT, LEAVE_GROUP = 5, 4, 4
JOIN_GROUPS = (5, 7, 9)
JOIN_GROUP_WITHOUT_ID = 3
"""The newest version in which a new member joins at once (KIP-394)."""
SUBSCRIPTION, ASSIGNMENT = 3, 3
PROTOCOL = "range"

DOWNGRADED = 0
"""The generation that a static member is told whose coming makes a consumer group a classic one; it has to join again."""
HEARTBEAT_S = 2.0
LONGEST_REBALANCE_S = 20
"""JoinGroup and SyncGroup wait for others."""


def versioned(message, version):
    return version.to_bytes(2, "big") + codec.encode(message, version)


def read_versioned(message, data):
    return codec.decode(message, int.from_bytes(data[:2], "big"), data, 2)


def assign_range(subscriptions, partition_counts):
    """{member: [(topic, partition)]}: of each topic a range to each of its subscribers in order."""
    given = {member: [] for member in subscriptions}
    for topic, count in sorted(partition_counts.items()):
        members = sorted(member for member, topics in subscriptions.items() if topic in topics)
        first = 0
        for at, member in enumerate(members):
            size = count // len(members) + (at < count % len(members))
            given[member] += [(topic, index) for index in range(first, first + size)]
            first += size
    return given


class Member(GroupClient):
    """One process. membership is None while it is in no generation; is_over: it will never be in one again.

    stall_at: one of stall_points, where it does nothing for stall_s, once, and then goes on as if nothing had been.
    positions, committed: offsets of the partitions that it consumes.
    """

    stall_points = ()

    def __init__(self, world, name, ledger, topics, instance_id=None):
        super().__init__(world, name, ledger)
        self.topics = topics
        self.instance_id = instance_id
        self.session_timeout_s = self.random.choice((6, 10, 15))
        self.rebalance_timeout_s = self.random.choice((4, 8, 12))
        self.member_id = ""
        self.membership = None
        self.positions = self.committed = None
        self.beats_at_s = 0
        self.stall_at = None
        self.stall_s = 0
        self.must_join_again = False
        self.is_over = self.is_leaving = False

    @property
    def lease_s(self):
        """The coordinator does without it no sooner."""
        return min(self.session_timeout_s, self.rebalance_timeout_s)

    async def run(self):
        try:
            while not self.is_over:
                try:
                    await self._step()
                except Unanswered as why:
                    self.world.trace(f"{self.name}: {why}")
                    await trio.sleep(RETRY_S + self.random.random() * 0.3)
                except Told as error:
                    await self._told(error.code)
        finally:
            self.ledger.released(self.name)

    async def _step(self):
        raise NotImplementedError

    async def _told(self, code):
        """What it does when the coordinator says that it has no place, or has to take a new one."""
        raise NotImplementedError

    def _revoke(self):
        self.ledger.released(self.name)
        self.membership = self.positions = self.committed = None

    async def _commit_before_it_goes(self):
        if self.positions:
            try:
                await self.commit(self.membership, self.positions)
            except (Unanswered, Told) as why:
                self.world.trace(f"{self.name}: not committed, {why}")

    async def _stall(self, point):
        """Whether it did."""
        if self.stall_at != point:
            return False
        self.world.trace(f"{self.name}: stalls for {self.stall_s:.1f} s, {point}")
        await trio.sleep(self.stall_s)
        self.stall_at = None
        return True

    async def _go_on_after_a_stall(self):
        """It believes that it owns what it owned."""
        fired = self.world.faults.fired
        if not self.positions:
            return
        try:
            await self.commit(self.membership, self.positions)
        except Told:
            fired["stalled member fenced"] += 1
            raise
        fired["stalled member went on"] += 1

    async def consume_and_commit(self):
        """A bit of what it owns is consumed, and now and then committed."""
        if self.positions:
            await self.consume(self.positions)
            if self.positions != self.committed and self.random.random() < 0.7:
                await self.commit(self.membership, self.positions)
                self.committed = dict(self.positions)
        await trio.sleep(0.5 + self.random.random())


class ClassicMember(Member):
    """A consumer of a classic group, or of a consumer group that has classic members too."""

    stall_points = ("joined", "polling", "polling")

    def __init__(self, world, name, ledger, topics, instance_id=None):
        super().__init__(world, name, ledger, topics, instance_id)
        self.join_version = self.random.choice(JOIN_GROUPS)
        if instance_id is None and self.random.random() < 0.3:
            self.join_version = JOIN_GROUP_WITHOUT_ID
        self.assigned = []
        self.session_since_s = 0

    async def _step(self):
        if self.membership is None:
            await self._join()
        else:
            await self._poll()

    async def _told(self, code):
        self.world.trace(f"{self.name}: {ErrorCode(code).name}")
        if code == ErrorCode.FENCED_INSTANCE_ID:
            self.is_over = True
        elif code == ErrorCode.REBALANCE_IN_PROGRESS:
            if self.random.random() < 0.7:
                await self._commit_before_it_goes()
        elif code == ErrorCode.UNKNOWN_MEMBER_ID:
            self.member_id = ""
        elif code == ErrorCode.UNRELEASED_INSTANCE_ID:
            await trio.sleep(1)  # a member of the consumer protocol has the instance
        elif code not in {ErrorCode.MEMBER_ID_REQUIRED, ErrorCode.ILLEGAL_GENERATION}:
            raise Violation(f"{self.name}: {ErrorCode(code).name}")
        self._revoke()

    def _revoke(self):
        super()._revoke()
        self.assigned = []

    # Joining

    async def _join(self):
        subscription = ConsumerProtocolSubscription(topics=sorted(self.topics))
        request = JoinGroupRequest(
            self.group_id,
            self.session_timeout_s * 1000,
            self.rebalance_timeout_s * 1000,
            self.member_id,
            self.instance_id,
            "consumer",
            [JoinGroupRequestProtocol(PROTOCOL, versioned(subscription, SUBSCRIPTION))],
        )
        self.must_join_again = False
        if self.instance_id is not None and not self.member_id:
            self.ledger.started(self.name, self.instance_id)
        known = self.ledger.known()
        self.session_since_s = trio.current_time()
        joined = await self.ask_group(request, self.join_version, LONGEST_REBALANCE_S)
        if joined.error_code == ErrorCode.MEMBER_ID_REQUIRED:
            self.member_id = joined.member_id
        self.check(joined.error_code)
        self.member_id = joined.member_id
        membership = Membership(self.name, joined.member_id, joined.generation_id, self.instance_id)
        self.world.trace(f"{self.name}: {membership}, led by {joined.leader}")
        if joined.generation_id > DOWNGRADED or self.ledger.in_step:
            self.ledger.joined(known, membership)
        await self._stall("joined")
        await self._sync(membership, joined)

    async def _sync(self, membership, joined):
        request = SyncGroupRequest(
            self.group_id,
            membership.generation_id,
            self.member_id,
            self.instance_id,
            "consumer",
            PROTOCOL,
            self._assign(joined) if joined.leader == self.member_id and not joined.skip_assignment else [],
        )
        known = self.ledger.known()
        synced = await self.ask_group(request, SYNC_GROUP, LONGEST_REBALANCE_S)
        self.check(synced.error_code)
        self.membership = membership
        if synced.assignment:
            given = read_versioned(ConsumerProtocolAssignment, synced.assignment)
            self.assigned = [(row.topic, index) for row in given.assigned_partitions for index in row.partitions]
        self.world.trace(f"{self.name}: owns {self.assigned}")
        now_s = trio.current_time()
        self.ledger.assigned(known, membership, self.assigned, now_s, self.session_since_s + self.lease_s)
        self.beats_at_s = now_s + HEARTBEAT_S * self.random.random()

    def _assign(self, joined):
        subscriptions = {
            each.member_id: read_versioned(ConsumerProtocolSubscription, each.metadata).topics
            for each in joined.members
        }
        counts = {topic: count for topic, (count, _) in self.world.TOPICS.items()}
        return [
            SyncGroupRequestAssignment(
                member_id,
                versioned(
                    ConsumerProtocolAssignment(
                        assigned_partitions=[
                            ConsumerProtocolAssignmentTopicPartition(topic, [index for _, index in rows])
                            for topic, rows in by_topic(given, lambda partition: partition[0])
                        ]
                    ),
                    ASSIGNMENT,
                ),
            )
            for member_id, given in assign_range(subscriptions, counts).items()
        ]

    # Being a member

    async def _poll(self):
        if await self._stall("polling"):
            await self._go_on_after_a_stall()
        if self.must_join_again:
            self._revoke()
            return
        if trio.current_time() >= self.beats_at_s:
            await self._beat()
        if self.positions is None:
            found = await self.fetch_offsets(self.assigned) if self.assigned else {}
            self.positions = {partition: max(offset, 0) for partition, offset in found.items()}
            self.committed = dict(self.positions)
        await self.consume_and_commit()

    async def _beat(self):
        request = HeartbeatRequest(self.group_id, self.membership.generation_id, self.member_id, self.instance_id)
        asked_at_s = trio.current_time()
        answer = await self.ask_group(request, HEARTBEAT)
        self.check(answer.error_code)
        self.ledger.renewed(self.name, asked_at_s + self.lease_s)
        self.beats_at_s = asked_at_s + HEARTBEAT_S

    async def leave(self):
        """It says good-bye, whether anybody hears it or not."""
        if not self.member_id:
            return
        identity = MemberIdentity(self.member_id, self.instance_id)
        try:
            await self.ask_group(LeaveGroupRequest(self.group_id, members=[identity]), LEAVE_GROUP)
        except (Unanswered, Told) as why:
            self.world.trace(f"{self.name}: leaves without an answer, {why}")
