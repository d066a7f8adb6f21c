"""ConsumerMember: a member of a consumer group (KIP-848) on virtual time: it reconciles itself with what it is given."""

import uuid

import trio

from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatRequestTopicPartitions,
)
from tests.kit.group_ledger import Membership
from tests.kit.ledger import Violation
from tests.simulation.clients import Unanswered
from tests.simulation.group_clients import Told, by_topic
from tests.simulation.members import Member

CONSUMER_GROUP_HEARTBEAT = 1
OFFSET_COMMITS = (9,)
JOINS, LEAVES, LEAVES_FOR_A_WHILE = 0, -1, -2
SESSION_TIMEOUT_S = 9
"""The broker's config."""
OUT = {ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.GROUP_ID_NOT_FOUND}
"""It has lost everything, and joins again."""


class ConsumerMember(Member):
    """One process. owned: what it consumes; given: what it was told to, None where that was done.

    stall_at: "revoking" or "polling", see Member.
    """

    stall_points = ("revoking", "polling", "polling")
    commit_versions = OFFSET_COMMITS

    def __init__(self, world, name, ledger, topics, instance_id=None):
        super().__init__(world, name, ledger, topics, instance_id)
        self.member_id = str(uuid.UUID(int=self.random.getrandbits(128)))
        self.session_timeout_s = SESSION_TIMEOUT_S
        self.assignor = self.random.choice((None, None, "uniform", "range"))
        self.uses_expression = self.random.random() < 0.3
        self.epoch = JOINS
        self.owned = frozenset()
        self.given = self.known_when_given = None
        self.is_full_due = True
        self.must_tell = False
        self.lives_until_s = 0

    async def _step(self):
        if self.epoch == JOINS or trio.current_time() >= self.beats_at_s:
            await self._beat()
        if self.epoch == JOINS:
            return
        if self.given is not None:
            await self._reconcile()
        await self._poll()

    async def _told(self, code):
        self.world.trace(f"{self.name}: {ErrorCode(code).name}")
        if code in OUT:
            self._revoke()
        elif code == ErrorCode.FENCED_INSTANCE_ID:
            self.is_over = True
        elif code == ErrorCode.UNRELEASED_INSTANCE_ID:
            await trio.sleep(1)
        elif code == ErrorCode.STALE_MEMBER_EPOCH:
            self.beats_at_s = 0  # it learns its epoch
        else:
            raise Violation(f"{self.name}: {ErrorCode(code).name}")

    def _revoke(self):
        super()._revoke()
        self.epoch = JOINS
        self.owned = frozenset()
        self.given = None
        self.is_full_due = True

    # Heartbeats

    def _request(self):
        joins = self.epoch == JOINS
        is_full = joins or self.is_full_due
        request = ConsumerGroupHeartbeatRequest(self.group_id, self.member_id, self.epoch, self.instance_id)
        if is_full:
            request.rebalance_timeout_ms = self.rebalance_timeout_s * 1000
            request.server_assignor = self.assignor
            if self.uses_expression:
                request.subscribed_topic_regex = "|".join(f"{topic[:2]}.*" for topic in self.topics)
                request.subscribed_topic_names = []
            else:
                request.subscribed_topic_names = sorted(self.topics)
                request.subscribed_topic_regex = ""
        if is_full or self.must_tell:
            request.topic_partitions = [
                ConsumerGroupHeartbeatRequestTopicPartitions(self.world.topic_ids[topic], [index for _, index in rows])
                for topic, rows in by_topic(self.owned, lambda partition: partition[0])
            ]
        return request

    async def _beat(self):
        if self.must_join_again:  # for its subscription has changed
            self.must_join_again, self.is_full_due = False, True
        if self.epoch == JOINS and self.instance_id is not None and self.world.is_mixed:
            self.ledger.started(self.name, self.instance_id)
        request = self._request()
        known = self.ledger.known()
        asked_at_s = trio.current_time()
        self.is_full_due = True  # until there is an answer
        answer = await self.ask_group(request, CONSUMER_GROUP_HEARTBEAT)
        self.check(answer.error_code)
        self.is_full_due = self.must_tell = False
        joined = self.epoch == JOINS
        if not joined and answer.member_epoch < self.epoch:
            raise Violation(f"{self.name}: its epoch falls from {self.epoch} to {answer.member_epoch}")
        if answer.member_epoch != self.epoch:
            self.world.trace(f"{self.name}: {self.member_id} is at epoch {answer.member_epoch}")
        self.epoch = answer.member_epoch
        self.membership = Membership(self.name, self.member_id, self.epoch, self.instance_id)
        if joined:
            if self.instance_id is not None:
                self.ledger.started(self.name, self.instance_id)
            self.ledger.joined(known, self.membership)
        if answer.assignment is not None:
            self.given = frozenset(
                (self.world.topic_names[row.topic_id], index)
                for row in answer.assignment.topic_partitions
                for index in row.partitions
            )
            self.known_when_given = known
        self.lives_until_s = asked_at_s + self.lease_s
        self.ledger.renewed(self.name, self.lives_until_s)
        self.beats_at_s = asked_at_s + answer.heartbeat_interval_ms / 1000

    async def _reconcile(self):
        """It gives up what it should not have, takes the rest, and says so."""
        given, self.given = self.given, None
        lost = self.owned - given
        if lost:
            await self._stall("revoking")
            if self.random.random() < 0.7:
                await self._commit_before_it_goes()
            for partition in lost:
                self.positions.pop(partition, None)
        if lost or given - self.owned:
            self.must_tell = True
            self.beats_at_s = 0
        self.owned = given
        self.world.trace(f"{self.name}: owns {sorted(given)}")
        self.ledger.assigned(self.known_when_given, self.membership, given, trio.current_time(), self.lives_until_s)
        if self.positions is None:
            self.positions, self.committed = {}, {}

    async def _poll(self):
        if await self._stall("polling"):
            await self._go_on_after_a_stall()
        missing = self.owned - (self.positions or {}).keys()
        if missing:
            for partition, offset in (await self.fetch_offsets(sorted(missing))).items():
                self.positions[partition] = self.committed[partition] = max(offset, 0)
        await self.consume_and_commit()

    async def leave(self):
        """It says good-bye, whether anybody hears it or not."""
        if self.epoch <= JOINS:
            return
        for_a_while = self.instance_id is not None and self.random.random() < 0.7
        epoch = LEAVES_FOR_A_WHILE if for_a_while else LEAVES
        request = ConsumerGroupHeartbeatRequest(self.group_id, self.member_id, epoch, self.instance_id)
        try:
            await self.ask_group(request, CONSUMER_GROUP_HEARTBEAT)
        except (Unanswered, Told) as why:
            self.world.trace(f"{self.name}: leaves without an answer, {why}")
