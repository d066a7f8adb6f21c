"""A shard without a runtime: decisions carried out at once, on a clock that tests move."""

from dataclasses import dataclass, field
from itertools import count

import pytest

from kwire.coordinator.group.commands import Beat, CommitOffsets, FetchOffsets, Join, Leave, Sync
from kwire.coordinator.group.shard import GroupShard
from kwire.coordinator.timers import Timers
from kwire.protocol.errors import ApiError
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kwire.protocol.messages.leave_group import MemberIdentity
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kwire.protocol.messages.offset_fetch import OffsetFetchRequestGroup
from kwire.protocol.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment

START_MS = 1_700_000_000_000


@dataclass
class Config:
    """The configs of a group coordinator, as Kafka's defaults are."""

    group_initial_rebalance_delay_ms: int = 0
    group_max_size: int = 2**31 - 1
    message_max_bytes: int = 1_048_588
    offset_metadata_max_bytes: int = 4096
    offsets_retention_check_interval_ms: int = 600_000
    offsets_retention_minutes: int = 10_080


@dataclass(eq=False)
class Asked:
    """One command: answers has its reply once it is there, and never a second one."""

    answers: list = field(default_factory=list)

    @property
    def answer(self):
        (answer,) = self.answers
        return answer


class Driver:
    """A GroupShard, its log and its timers."""

    def __init__(self, **config):
        self.config = Config(**config)
        self.ids = count(1)
        self.now_ms = START_MS
        self.log = []
        self.waiting = []
        self.timers = Timers()
        self.machine = self.new_machine()

    def new_machine(self):
        return GroupShard(lambda: self.config, lambda: f"{next(self.ids)}")

    def ask(self, command):
        """The command's Asked; an ApiError is its answer too."""
        asked = Asked()
        self.waiting.append(asked)
        try:
            self._carry_out(self.machine.decide(command, self.now_ms, asked), asked)
        except ApiError as error:
            asked.answers.append(error)
        return asked

    def _carry_out(self, decision, asked):
        self.log += decision.records
        for record in decision.records:
            self.machine.replay(record)
        for timer in decision.timers:
            if timer.delay_ms is None:
                self.timers.disarm(timer.key)
            else:
                self.timers.arm(timer.key, self.now_ms + timer.delay_ms, timer.command)
        for waiter, value in decision.replies:
            waiter.answers.append(value)
        if decision.reply is not None and asked is not None:
            asked.answers.append(decision.reply)

    def pass_time(self, delay_ms):
        """So much time has passed, and timers have gone off, each at its time."""
        end_ms = self.now_ms + delay_ms
        while (deadline_ms := self.timers.next_deadline_s) is not None and deadline_ms <= end_ms:
            self.now_ms = max(self.now_ms, deadline_ms)
            for _key, command in self.timers.due(self.now_ms):
                self._carry_out(self.machine.decide(command, self.now_ms, None), None)
        self.now_ms = end_ms

    def reloaded(self):
        """A machine that has read the log."""
        machine = self.new_machine()
        for record in self.log:
            machine.replay_stored(record.key_bytes, record.value_bytes)
        return machine

    def restart(self):
        """The shard has forgotten what is not in its log."""
        self.machine = self.reloaded()
        self.timers = Timers()
        self._carry_out(self.machine.loaded(self.now_ms), None)

    # Requests

    def join(self, member_id="", *, group_id="g", protocols=("range",), instance_id=None, **fields):
        needs_id = fields.pop("requires_member_id", False)
        request = JoinGroupRequest(
            group_id=group_id,
            session_timeout_ms=fields.pop("session_timeout_ms", 10_000),
            rebalance_timeout_ms=fields.pop("rebalance_timeout_ms", 60_000),
            member_id=member_id,
            group_instance_id=instance_id,
            protocol_type=fields.pop("protocol_type", "consumer"),
            protocols=[JoinGroupRequestProtocol(name, fields.get("metadata", b"m")) for name in protocols],
        )
        return self.ask(Join(request, "client", "/127.0.0.1", requires_member_id=needs_id))

    def sync(self, member_id, generation_id, assignments=(), *, group_id="g", instance_id=None):
        given = [SyncGroupRequestAssignment(*each) for each in assignments]
        request = SyncGroupRequest(group_id, generation_id, member_id, instance_id, "consumer", None, given)
        return self.ask(Sync(request))

    def beat(self, member_id, generation_id, *, group_id="g", instance_id=None):
        return self.ask(Beat(HeartbeatRequest(group_id, generation_id, member_id, instance_id)))

    def leave(self, *members, group_id="g"):
        return self.ask(Leave(group_id, [MemberIdentity(*each) for each in members]))

    def commit(self, offset, *, group_id="g", topic="t", partition=0, member_id="", generation_id=-1, **fields):
        rows = [OffsetCommitRequestTopic(topic, bytes(16), [OffsetCommitRequestPartition(partition, offset)])]
        request = OffsetCommitRequest(group_id, generation_id, member_id, topics=rows, **fields)
        return self.ask(CommitOffsets(request))

    def fetch(self, group_id="g", *, require_stable=False):
        """{(topic, partition): (offset, error)} of all that is committed."""
        asked = self.ask(FetchOffsets(OffsetFetchRequestGroup(group_id, topics=None), require_stable))
        return {
            (topic.name, row.partition_index): (row.committed_offset, row.error_code)
            for topic in asked.answer.topics
            for row in topic.partitions
        }

    def group(self, group_id="g"):
        return self.machine.groups[group_id]


@pytest.fixture
def make_driver():
    return Driver


@pytest.fixture
def driver():
    return Driver()
