"""A shard without a runtime: decisions carried out at once, on a clock that tests move."""

from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace

import pytest

from kwire.coordinator.group.commands import Beat, CommitOffsets, ConsumerBeat, FetchOffsets, Join, Leave, Sync
from kwire.coordinator.group.shard import GroupShard
from kwire.coordinator.timers import Timers
from kwire.protocol.errors import ApiError
from kwire.protocol.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatRequestTopicPartitions,
)
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

    group_consumer_assignors: str = "uniform,range"
    group_consumer_max_size: int = 2**31 - 1
    group_consumer_migration_policy: str = "bidirectional"
    group_consumer_regex_refresh_interval_ms: int = 600_000
    group_initial_rebalance_delay_ms: int = 0
    group_max_size: int = 2**31 - 1
    message_max_bytes: int = 1_048_588
    offset_metadata_max_bytes: int = 4096
    offsets_retention_check_interval_ms: int = 600_000
    offsets_retention_minutes: int = 10_080


@dataclass
class GroupConfig:
    """The configs of a consumer group; targets are computed at once."""

    consumer_assignment_interval_ms: int = 0
    consumer_heartbeat_interval_ms: int = 5_000
    consumer_session_timeout_ms: int = 45_000


class Topics:
    """The topics that exist; a topic's id is its number, from 1."""

    def __init__(self):
        self.version = 1
        self.topics = {}
        self.ids = count(1)

    def topic(self, name):
        return self.topics.get(name)

    def topic_by_id(self, topic_id):
        return next((topic for topic in self.topics.values() if topic.topic_id == topic_id), None)

    def create(self, name, partitions=1):
        topic_id = next(self.ids).to_bytes(16, "big")
        self.topics[name] = SimpleNamespace(name=name, topic_id=topic_id, partitions=range(partitions))
        self.version += 1
        return topic_id

    def enlarge(self, name, partitions):
        self.topics[name].partitions = range(partitions)
        self.version += 1

    def delete(self, name):
        del self.topics[name]
        self.version += 1


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
        self.group_config = GroupConfig()
        self.topics = Topics()
        self.ids = count(1)
        self.now_ms = START_MS
        self.log = []
        self.waiting = []
        self.timers = Timers()
        self.machine = self.new_machine()

    def new_machine(self):
        return GroupShard(
            lambda: self.config, lambda _group_id: self.group_config, lambda: f"{next(self.ids)}", lambda: self.topics
        )

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
        for record in decision.records[decision.replayed :]:
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

    def consumer_beat(self, member_id, epoch=0, *, group_id="g", topics=None, held=None, **fields):
        """A heartbeat of the consumer protocol. topics: names, None where they are as before. held: {topic: numbers}."""
        rows = None
        if held is not None or epoch == 0:
            rows = [
                ConsumerGroupHeartbeatRequestTopicPartitions(self.topics.topics[name].topic_id, list(numbers))
                for name, numbers in (held or {}).items()
            ]
        expected_members = fields.pop("expected_members", 0)
        request = ConsumerGroupHeartbeatRequest(
            group_id,
            member_id,
            epoch,
            subscribed_topic_names=None if topics is None else list(topics),
            rebalance_timeout_ms=fields.pop("rebalance_timeout_ms", 60_000 if epoch == 0 else -1),
            topic_partitions=rows,
            instance_id=fields.pop("instance_id", None),
        )
        for name, value in fields.items():
            setattr(request, name, value)
        return self.ask(ConsumerBeat(request, "client", "/127.0.0.1", expected_members))

    def join_consumer(self, member_id, topics=("t",), **fields):
        """The reply to a member that joins."""
        return self.consumer_beat(member_id, topics=topics, **fields).answer

    def given(self, reply):
        """{topic: numbers} of what a heartbeat's reply gives; None where it says nothing."""
        if reply.assignment is None:
            return None
        return {self.topics.topic_by_id(row.topic_id).name: row.partitions for row in reply.assignment.topic_partitions}

    def leave(self, *members, group_id="g"):
        return self.ask(Leave(group_id, [MemberIdentity(*each) for each in members]))

    def commit(self, offset, *, group_id="g", topic="t", partition=0, member_id="", generation_id=-1, **fields):
        topic_id = fields.pop("topic_id", bytes(16))
        row = OffsetCommitRequestPartition(partition, offset, committed_metadata=fields.pop("metadata", ""))
        rows = [OffsetCommitRequestTopic(topic, topic_id, [row])]
        request = OffsetCommitRequest(group_id, generation_id, member_id, topics=rows, **fields)
        return self.ask(CommitOffsets(request))

    def fetching(self, group_id="g", *, require_stable=False, **fields):
        return self.ask(FetchOffsets(OffsetFetchRequestGroup(group_id, topics=None, **fields), require_stable))

    def fetch(self, group_id="g", **fields):
        """{(topic, partition): (offset, error)} of all that is committed."""
        asked = self.fetching(group_id, **fields)
        return {
            (topic.name, row.partition_index): (row.committed_offset, row.error_code)
            for topic in asked.answer.topics
            for row in topic.partitions
        }

    def group(self, group_id="g"):
        return self.machine.groups[group_id]


@pytest.fixture
def make_driver(first_joins_at_once):
    return Driver


@pytest.fixture
def driver(make_driver):
    return make_driver()
