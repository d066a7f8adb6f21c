"""The same script of consumer group members (KIP-848) against kwire and Apache Kafka: errors, epochs, assignments.

Members choose their ids, so that they are the same; where several of them could as well have each other's partitions,
only how many each one has is compared.
"""

import shutil
import time

import pytest

from compat.side_by_side.wire import Wire, comparable
from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from kwire.protocol.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatRequestTopicPartitions,
)
from kwire.protocol.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from kwire.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from kwire.protocol.messages.delete_groups import DeleteGroupsRequest
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest, DeleteTopicState
from kwire.protocol.messages.describe_groups import DescribeGroupsRequest
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kwire.protocol.messages.leave_group import LeaveGroupRequest, MemberIdentity
from kwire.protocol.messages.list_groups import ListGroupsRequest
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kwire.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from kwire.protocol.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from kwire.protocol.messages.sync_group import SyncGroupRequest

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)

READY_S = 30
UNKNOWN_MEMBER_ID = 25
NOTICED_S = 1
"""Until a coordinator surely knows what has become of a topic, or has matched a regular expression."""
SUBSCRIPTION = b"\x00\x01\x00\x00\x00\x01\x00\x01t\xff\xff\xff\xff\x00\x00\x00\x00"


class Play:
    """One broker and the members that talk to it; answers are noted in order.

    held: what each member consumes, {topic: partition numbers}; epochs: what each was told last. names: of the members
    whose ids the broker chooses.
    """

    def __init__(self, bootstrap, name):
        self.wire = Wire(bootstrap)
        self.group_id = f"g-{name}"
        self.prefix = f"{name}-"
        self.held = {}
        self.epochs = {}
        self.notes = []
        self.topics = {}
        self.names = {}

    def create(self, topic, partitions):
        request = CreateTopicsRequest([CreatableTopic(self.prefix + topic, partitions, 1)], 10_000)
        assert self.wire.ask(request, 7).topics[0].error_code == 0
        self.topics[self.wire.topic_id(self.prefix + topic)] = topic
        time.sleep(NOTICED_S)

    def topic_id(self, topic):
        return next(topic_id for topic_id, name in self.topics.items() if name == topic)

    def enlarge(self, topic, partitions):
        rows = [CreatePartitionsTopic(self.prefix + topic, partitions, None)]
        assert self.wire.ask(CreatePartitionsRequest(rows, 10_000), 3).results[0].error_code == 0
        time.sleep(NOTICED_S)

    def delete(self, topic):
        rows = [DeleteTopicState(None, self.topic_id(topic))]
        assert self.wire.ask(DeleteTopicsRequest(rows, timeout_ms=10_000), 6).responses[0].error_code == 0
        time.sleep(NOTICED_S)

    def note(self, label, answer):
        self.notes.append((label, self._named(comparable(answer))))
        return answer

    def _named(self, value):
        if isinstance(value, dict):
            return {key: self._named(each) for key, each in value.items()}
        if isinstance(value, list):
            return sorted((self._named(each) for each in value), key=str)
        if isinstance(value, str):
            return f"<{self.names[value]}>" if value in self.names else value.replace(self.prefix, "")
        return value

    def request(self, member, epoch, *, topics=None, **fields):
        joins = epoch == 0
        held = fields.pop("held", () if joins else None)
        rows = None
        if held is not None:
            rows = [
                ConsumerGroupHeartbeatRequestTopicPartitions(self.topic_id(topic), list(partitions))
                for topic, partitions in dict(held).items()
            ]
        request = ConsumerGroupHeartbeatRequest(
            fields.pop("group_id", self.group_id),
            member,
            epoch,
            rebalance_timeout_ms=60_000 if joins else -1,
            subscribed_topic_names=None if topics is None else [self.prefix + topic for topic in topics],
            topic_partitions=rows,
        )
        for name, value in fields.items():
            setattr(request, name, value)
        return request

    def beat(self, member, epoch=None, *, version=1, counts=True, **fields):
        """A heartbeat; the epoch is what the member was told last. counts: only how many partitions it is given."""
        epoch = self.epochs.get(member, 0) if epoch is None else epoch
        answer = self.wire.ask(self.request(member, epoch, **fields), version)
        given = None
        if answer.assignment is not None:
            rows = answer.assignment.topic_partitions
            given = {self.topics[row.topic_id]: sorted(row.partitions) for row in rows if row.partitions}
        message = (answer.error_message or "").partition("not a valid regular expression:")[0]  # the rest is RE2's
        told = (answer.error_code, message, answer.member_epoch, answer.heartbeat_interval_ms)
        shown = sum(map(len, given.values())) if given and counts else given
        fields.pop("held", None)
        self.notes.append((f"{member} at {epoch} {fields or ''}", (*told, shown)))
        if answer.error_code == 0:
            self.epochs[member] = answer.member_epoch
            if given is not None:
                self.held[member] = given
        return answer

    def settle(self, *members, rounds=3):
        """Everybody says what it holds, again and again."""
        for _ in range(rounds):
            for member in members:
                self.beat(member, held=self.held.get(member, {}))

    def describe(self):
        answer = self.wire.ask(ConsumerGroupDescribeRequest([self.group_id, "missing"]), 1)
        for group in answer.groups:
            if not group.members:
                group.assignment_epoch = 0  # since Kafka 4.4 that of the group
            for member in group.members:
                member.member_id = member.member_id if member.member_id in {*self.epochs, *self.names} else "<given>"
                for part in (member.assignment, member.target_assignment):
                    part.topic_partitions = sum(len(row.partitions) for row in part.topic_partitions)
        self.note("described", answer)
        answer = self.wire.ask(DescribeGroupsRequest([self.group_id]), 6)
        for member in answer.groups[0].members:
            member.member_assignment = bytes(len(member.member_assignment))
        self.note("described as a classic one", answer)
        for types in ([], ["consumer"], ["classic"]):
            listed = self.wire.ask(ListGroupsRequest(types_filter=types), 5)
            listed.groups = [row for row in listed.groups if row.group_id == self.group_id]
            self.note(f"listed {types}", listed)

    def commit(self, member_id, epoch, offset, *, topic="t", partition=0, version=9, label=""):
        rows = [
            OffsetCommitRequestTopic(
                self.prefix + topic, bytes(16), [OffsetCommitRequestPartition(partition, offset, -1, "")]
            )
        ]
        request = OffsetCommitRequest(self.group_id, epoch, member_id, topics=rows)
        (row,) = self.wire.ask(request, version).topics[0].partitions
        self.notes.append((f"{member_id} at {epoch} commits {offset} {label}", row.error_code))

    def fetch(self, member_id=None, epoch=-1):
        group = OffsetFetchRequestGroup(self.group_id, member_id, epoch, None)
        (row,) = self.wire.ask(OffsetFetchRequest(groups=[group]), 9).groups
        offsets = sorted(each.committed_offset for topic in row.topics for each in topic.partitions)
        self.notes.append((f"{member_id} at {epoch} fetches", (row.error_code, offsets)))


def bad_requests(play):
    play.create("t", 2)
    for fields in (
        {"member": ""},
        {"group_id": ""},
        {"group_id": " "},
        {"instance_id": ""},
        {"rack_id": ""},
        {"rebalance_timeout_ms": -1},
        {"topic_partitions": None},
        {"held": {"t": [0]}},
        {"topics": None},
        {"server_assignor": "none"},
        {"server_assignor": ""},
        {"epoch": -3},
        {"epoch": -2},
        {"epoch": -1},
        {"epoch": 5},
        {"epoch": -2, "instance_id": "i"},
        {"epoch": 5, "instance_id": "i"},
        {"subscribed_topic_regex": "("},
        {"group_id": "x" * 32_000, "epoch": 3},
    ):
        said = {"member": "m", "epoch": 0, "topics": ["t"]} | fields
        for version in (0, 1):
            if version == 0 and "subscribed_topic_regex" in said:
                continue
            play.beat(
                said["member"],
                said["epoch"],
                version=version,
                **{name: value for name, value in said.items() if name not in {"member", "epoch"}},
            )
    play.describe()


def one_member(play):
    play.create("t", 3)
    play.create("u", 2)
    play.beat("m", topics=["t"], counts=False)
    play.beat("m")
    play.beat("m", held=play.held["m"])
    play.describe()
    play.beat("m", topics=["t"], held=play.held["m"], rebalance_timeout_ms=60_000, counts=False)
    play.beat("m", topics=["u", "t"], held=play.held["m"], counts=False)
    play.beat("m", topics=["u"], counts=False)
    play.describe()
    play.beat("m", held=play.held["m"])
    play.beat("m", rack_id="r")
    play.beat("m", rebalance_timeout_ms=1_000)
    play.beat("m", topics=[], counts=False)
    play.beat("m", held={}, counts=False)
    play.beat("m", topics=["missing", "u"], counts=False)
    play.beat("m", -1)
    play.describe()
    play.beat("m", -1)
    play.beat("m", 3)
    play.epochs["m"] = 0
    play.beat("m", topics=["u"], counts=False)
    play.beat("m", 0, topics=["u"], counts=False)
    play.beat("m", -1)
    play.note("deleted", play.wire.ask(DeleteGroupsRequest([play.group_id]), 2))
    play.describe()
    play.epochs["m"] = 0
    play.beat("m", topics=[])
    play.beat("m")
    play.describe()


def three_members(play):
    play.create("t", 6)
    play.create("u", 3)
    for member in ("a", "b", "c"):
        play.beat(member, topics=["t", "u"])
        play.describe()
    play.beat("c")
    play.beat("b")
    play.beat("a")
    play.beat("a", held={"t": range(6), "u": range(3)})
    play.describe()
    play.settle("a", "b", "c")
    play.describe()
    play.beat("a", play.epochs["a"] - 1)
    play.beat("a", play.epochs["a"] + 1)
    play.beat("b", -1)
    play.beat("b")
    play.settle("a", "c")
    play.describe()


def lost_replies(play):
    play.create("t", 4)
    play.beat("a", topics=["t"])
    play.beat("b", topics=["t"])
    play.settle("a", "b")
    play.beat("c", topics=["t"])
    play.beat("a", held=play.held["a"])
    play.settle("a", "b", "c")
    epoch = play.epochs["a"]
    play.beat("a", epoch - 1, held=play.held["a"])
    play.beat("a", epoch - 1, held={"t": range(4)})
    play.beat("a", epoch - 1)
    play.beat("a", 1, held={})
    play.beat("a", 0, topics=["t"])
    play.describe()


def static_members(play):
    play.create("t", 4)
    play.beat("a", topics=["t"], instance_id="i")
    play.beat("b", topics=["t"], instance_id="j")
    for _ in range(3):
        play.beat("a", held=play.held["a"], instance_id="i")
        play.beat("b", held=play.held["b"], instance_id="j")
    play.beat("x", topics=["t"], instance_id="i")
    play.beat("x", 3, instance_id="i")
    play.beat("a", 3, instance_id="k")
    play.beat("a", -2, instance_id="j")
    play.beat("a", -2, instance_id="i")
    play.describe()
    play.beat("a", -2, instance_id="i")
    play.beat("c", topics=["t"], instance_id="i")
    play.describe()
    play.beat("a", 3, instance_id="i")
    play.beat("c", -2, instance_id="i")
    play.beat("d", topics=["u"], instance_id="i")
    play.beat("b", held=play.held["b"], instance_id="j")
    play.describe()
    play.beat("b", -1, instance_id="j")
    play.beat("d", -1, instance_id="i")
    play.describe()


def topics_that_change(play):
    play.create("t", 2)
    play.beat("a", topics=["t", "later"])
    play.create("other", 1)
    play.beat("a")
    play.create("later", 1)
    play.beat("a", counts=False)
    play.beat("a", held=play.held["a"])
    play.enlarge("t", 4)
    play.beat("a", counts=False)
    play.beat("a", held=play.held["a"])
    play.delete("later")
    play.beat("a", counts=False)
    play.beat("a", held={"t": range(4)}, counts=False)
    play.describe()


def expressions(play):
    play.create("o-1", 2)
    play.create("o-2", 1)
    play.create("p", 1)
    expression = f"{play.prefix}o-.*"
    play.beat("a", subscribed_topic_regex=expression)
    time.sleep(NOTICED_S)
    play.describe()
    play.beat("a", counts=False)
    play.beat("a", held=play.held["a"])
    play.beat("b", subscribed_topic_regex=expression)
    play.settle("a", "b")
    play.beat("c", subscribed_topic_regex=f"{play.prefix}p", topics=["o-1"])
    time.sleep(NOTICED_S)
    play.settle("a", "b", "c")
    play.describe()
    play.beat("b", subscribed_topic_regex="")
    play.settle("a", "b", "c")
    play.beat("b", subscribed_topic_regex="[")
    play.beat("b", subscribed_topic_regex=expression)
    play.settle("a", "b", "c")
    play.beat("c", -1)
    play.settle("a", "b")
    play.describe()


def offsets(play):
    play.create("t", 2)
    play.create("u", 1)
    play.commit("", -1, 1)
    play.beat("a", topics=["t"])
    play.commit("", -1, 2)
    play.commit("a", 2, 3)
    play.commit("a", 2, 3, version=8)
    play.commit("a", 1, 4)
    play.commit("a", 3, 5)
    play.commit("x", 2, 6)
    play.commit("a", 2, 7, topic="u")
    play.beat("b", topics=["t"])
    play.settle("a", "b")
    for holder, other in (("a", "b"), ("b", "a")):
        (partition,) = play.held[holder]["t"]
        play.commit(holder, 3, 10, partition=partition, label="what it has")
        play.commit(holder, 2, 11, partition=partition, label="what it has, by an older epoch")
        play.commit(other, 3, 12, partition=partition, label="what the other one has")
        play.commit(other, 2, 13, partition=partition, label="what the other one has, by an older epoch")
    play.fetch()
    play.fetch("a", 3)
    play.fetch("a", 2)
    play.fetch("a", 4)
    play.fetch("x", 3)
    rows = [OffsetDeleteRequestTopic(play.prefix + topic, [OffsetDeleteRequestPartition(0)]) for topic in ("t", "u")]
    play.note("deleted", play.wire.ask(OffsetDeleteRequest(play.group_id, rows), 0))
    play.note("group deleted", play.wire.ask(DeleteGroupsRequest([play.group_id]), 2))
    play.fetch()


def revocations_that_take_too_long(play):
    play.create("t", 2)
    play.beat("a", topics=["t"], rebalance_timeout_ms=2_000)
    play.beat("b", topics=["t"])
    play.beat("a")
    play.describe()
    time.sleep(3)
    play.beat("a")
    play.settle("b")
    play.describe()


class Classic:
    """A member of the classic protocol that consumes t."""

    def __init__(self, play, name):
        self.play, self.name = play, name
        self.member_id, self.generation_id = "", -1
        self.topics = f"{play.prefix}t".encode()

    def subscription(self, owned=()):
        topic = len(self.topics).to_bytes(2, "big") + self.topics
        rows = b"".join(number.to_bytes(4, "big") for number in owned)
        has = b"\0\0\0\1" + topic + len(owned).to_bytes(4, "big") + rows if owned else b"\0\0\0\0"
        return b"\0\1" + b"\0\0\0\1" + topic + b"\xff\xff\xff\xff" + has

    def join(self, owned=(), protocol="range", **fields):
        request = JoinGroupRequest(
            self.play.group_id,
            30_000,
            10_000,
            self.member_id,
            None,
            "consumer",
            [JoinGroupRequestProtocol(protocol, self.subscription(owned))],
        )
        answer = self.play.wire.ask(request, fields.get("version", 9))
        told = (answer.error_code, answer.generation_id, answer.protocol_type, answer.protocol_name)
        self.play.notes.append((f"{self.name} joins", (*told, answer.skip_assignment)))
        if answer.error_code in {0, 79}:
            self.member_id, self.generation_id = answer.member_id, answer.generation_id
            self.play.names[self.member_id] = self.name
        return answer

    def sync(self, given=None):
        request = SyncGroupRequest(
            self.play.group_id, self.generation_id, self.member_id, None, "consumer", "range", []
        )
        if given is not None:
            from kwire.protocol.messages.sync_group import SyncGroupRequestAssignment

            request.assignments = [SyncGroupRequestAssignment(self.member_id, given)]
        answer = self.play.wire.ask(request, 5)
        numbers = bytes(answer.assignment)
        count = int.from_bytes(numbers[8 + len(self.topics) : 12 + len(self.topics)], "big") if len(numbers) > 10 else 0
        start = 12 + len(self.topics)
        held = [int.from_bytes(numbers[start + 4 * index : start + 4 * index + 4], "big") for index in range(count)]
        self.play.notes.append((f"{self.name} syncs", (answer.error_code, answer.protocol_name, count)))
        return held

    def beat(self, generation_id=None):
        generation_id = self.generation_id if generation_id is None else generation_id
        request = HeartbeatRequest(self.play.group_id, generation_id, self.member_id, None)
        self.play.note(f"{self.name} beats", self.play.wire.ask(request, 4))

    def leave(self):
        request = LeaveGroupRequest(self.play.group_id, "", [MemberIdentity(self.member_id, None)])
        answer = self.play.wire.ask(request, 5)
        self.play.notes.append((f"{self.name} leaves", [row.error_code for row in answer.members]))

    def everything(self, count):
        topic = len(self.topics).to_bytes(2, "big") + self.topics
        rows = b"".join(number.to_bytes(4, "big") for number in range(count))
        return b"\0\1" + b"\0\0\0\1" + topic + count.to_bytes(4, "big") + rows + b"\xff\xff\xff\xff"


def both_protocols(play):
    play.create("t", 6)
    c = Classic(play, "c")
    c.join()
    c.join()
    held = c.sync(c.everything(6))
    play.beat("a", topics=["t"])
    c.beat()
    c.beat(7)
    c.join(owned=held)
    held = c.sync()
    play.beat("a")
    c.beat()
    c.join(owned=held)
    c.sync()
    c.beat()
    play.beat("a")
    d = Classic(play, "d")
    d.join()
    d.join()
    d.sync()
    c.beat()
    c.join(owned=held)
    held = c.sync()
    play.beat("a", held=play.held["a"])
    play.beat("a", held=play.held["a"])
    c.join(owned=held)
    held = c.sync()
    d.join()
    d.sync()
    d.beat()
    d.join(protocol="other")
    d.leave()
    play.settle("a")
    c.beat()
    c.join(owned=held)
    held = c.sync()
    play.beat("a", -1)
    play.describe()
    c.beat()
    c.join(owned=held)
    c.sync(c.everything(6))
    c.beat()
    play.epochs["a"] = 0
    play.beat("a", topics=["t"])
    c.leave()
    play.beat("a")
    play.beat("a", -1)
    e = Classic(play, "e")
    e.join()
    e.join()
    e.sync(e.everything(6))
    e.leave()
    play.epochs["a"] = 0
    play.beat("a", topics=["t"])


SCRIPTS = [
    bad_requests,
    one_member,
    three_members,
    lost_replies,
    static_members,
    topics_that_change,
    expressions,
    offsets,
    revocations_that_take_too_long,
    both_protocols,
]


@pytest.fixture(scope="module")
def pair(start_broker):
    with start_broker("kwire") as kwire, start_broker("kafka") as kafka:
        for broker in (kwire, kafka):
            wire = Wire(broker.bootstrap)
            ready_by = time.monotonic() + READY_S
            while time.monotonic() < ready_by:
                found = wire.ask(FindCoordinatorRequest("", 0, ["g"]), 4).coordinators[0].error_code
                if found == 0 and wire.ask(HeartbeatRequest("g", 0, "m"), 4).error_code == UNKNOWN_MEMBER_ID:
                    break
                time.sleep(0.2)
        yield kwire, kafka


@pytest.mark.parametrize("script", SCRIPTS)
def test_members_are_told_the_same(pair, script):
    told = []
    for broker in pair:
        play = Play(broker.bootstrap, script.__name__.replace("_", "-"))
        ready_by = time.monotonic() + READY_S
        while time.monotonic() < ready_by:
            if play.wire.ask(HeartbeatRequest(play.group_id, 0, "m"), 4).error_code == UNKNOWN_MEMBER_ID:
                break
            time.sleep(0.2)
        script(play)
        told.append(play.notes)
    ours, theirs = told
    differences = [
        (number, mine, kafkas) for number, (mine, kafkas) in enumerate(zip(ours, theirs, strict=True)) if mine != kafkas
    ]
    assert not differences, "\n".join(
        f"{number}: kwire {mine}\n     Kafka {kafkas}" for number, mine, kafkas in differences
    )
