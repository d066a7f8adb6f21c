"""The same script of group members against kwire and Apache Kafka: errors, generations, leaders, assignments, offsets.

Member ids are compared by the name of the member that has them, its order of appearance where it has none.
"""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from compat.side_by_side.wire import Wire, comparable
from kwire.protocol.messages.delete_groups import DeleteGroupsRequest
from kwire.protocol.messages.describe_groups import DescribeGroupsRequest
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
from kwire.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from kwire.protocol.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)

SUBSCRIPTION = b"\x00\x00\x00\x00\x00\x01\x00\x01t\xff\xff\xff\xff"
SETTLE_S = 0.5
"""Until a request that waits has surely arrived."""
READY_S = 30


class Play:
    """One broker and the members that talk to it; answers are noted in order."""

    def __init__(self, bootstrap, group_id):
        self.bootstrap = bootstrap
        self.group_id = group_id
        self.wires = {}
        self.ids = {}
        self.generation_id = -1
        self.notes = []
        self.pool = ThreadPoolExecutor(8)

    def ask(self, member, message, version):
        wire = self.wires.setdefault(member, Wire(self.bootstrap))
        return wire.ask(message, version)

    def note(self, label, answer):
        names = {member_id: f"<{member}>" for member, member_id in self.ids.items() if member_id}

        def named(value):
            if isinstance(value, dict):
                return {key: named(each) for key, each in value.items()}
            if isinstance(value, list):
                return sorted((named(each) for each in value), key=str)
            return names.get(value, value) if isinstance(value, str) else value

        self.notes.append((label, named(comparable(answer))))
        return answer

    def join(self, member, *, protocols=("range",), instance_id=None, version=9, **fields):
        request = JoinGroupRequest(
            self.group_id,
            fields.get("session_timeout_ms", 30_000),
            fields.get("rebalance_timeout_ms", 6_000),
            fields.get("member_id", self.ids.get(member, "")),
            instance_id,
            fields.get("protocol_type", "consumer"),
            [JoinGroupRequestProtocol(name, fields.get("metadata", SUBSCRIPTION)) for name in protocols],
        )
        answer = self.ask(member, request, version)
        if answer.error_code in {0, 79}:
            self.ids[member] = answer.member_id
        if answer.error_code == 0:
            self.generation_id = answer.generation_id
        return answer

    def enter(self, member, **fields):
        """A new member comes, and comes again with its id."""
        self.note(f"{member} comes", self.join(member, **fields))
        self.note(f"{member} joins", self.join(member, **fields))

    def join_together(self, *members, **fields):
        """The members' requests wait for each other; they arrive in this order."""
        futures = []
        for member in members:
            futures.append(self.pool.submit(self.join, member, **fields))
            time.sleep(SETTLE_S)
        for member, future in zip(members, futures, strict=True):
            self.note(f"{member} joins", future.result())

    def sync(self, member, given=(), generation_id=None, version=5, instance_id=None, protocol="range"):
        generation_id = self.generation_id if generation_id is None else generation_id
        rows = [SyncGroupRequestAssignment(self.ids[name], assignment) for name, assignment in given]
        request = SyncGroupRequest(
            self.group_id, generation_id, self.ids.get(member, member), instance_id, "consumer", protocol, rows
        )
        return self.note(f"{member} syncs", self.ask(member, request, version))

    def beat(self, member, generation_id=None, instance_id=None):
        generation_id = self.generation_id if generation_id is None else generation_id
        request = HeartbeatRequest(self.group_id, generation_id, self.ids.get(member, member), instance_id)
        self.note(f"{member} beats", self.ask(member, request, 4))

    def commit(self, member, offset, *, generation_id=None, version=9, topic="t", partition=0, metadata="note"):
        plain = member == "nobody"
        generation_id = -1 if plain else self.generation_id if generation_id is None else generation_id
        rows = [
            OffsetCommitRequestTopic(topic, bytes(16), [OffsetCommitRequestPartition(partition, offset, 0, metadata)])
        ]
        member_id = "" if plain else self.ids.get(member, member)
        request = OffsetCommitRequest(self.group_id, generation_id, member_id, topics=rows)
        self.note(f"{member} commits {offset}", self.ask(member, request, version))

    def fetch(self):
        every = OffsetFetchRequestGroup(self.group_id, topics=None)
        some = OffsetFetchRequestGroup(self.group_id, topics=[OffsetFetchRequestTopics("t", bytes(16), [0, 1, 7])])
        self.note("offsets", self.ask("admin", OffsetFetchRequest(groups=[every, some], require_stable=True), 9))

    def describe(self):
        for version in (0, 5, 6):
            self.note("described", self.ask("admin", DescribeGroupsRequest([self.group_id, "missing"]), version))
        listed = self.ask("admin", ListGroupsRequest(), 5)
        listed.groups = [row for row in listed.groups if row.group_id == self.group_id]
        self.note("listed", listed)

    def leave(self, *members, version=5):
        rows = [MemberIdentity(self.ids.get(member, member), None) for member in members]
        self.note(f"{members} leave", self.ask("admin", LeaveGroupRequest(self.group_id, "", rows), version))


def plain_offsets(play):
    play.commit("nobody", 5)
    play.commit("nobody", 6, partition=1, metadata="ü" * 100)
    play.commit("nobody", 7, metadata="x" * 4097)
    play.commit("nobody", 7, partition=9)
    play.commit("nobody", 7, topic="missing")
    play.commit("stranger", 7, generation_id=3)
    play.commit("stranger", 7, generation_id=3, version=8)
    play.commit("stranger", 7, generation_id=-1)
    play.fetch()
    play.describe()
    topics = [OffsetDeleteRequestTopic("t", [OffsetDeleteRequestPartition(index) for index in (0, 5)])]
    play.note("delete", play.ask("admin", OffsetDeleteRequest(play.group_id, topics), 0))
    play.fetch()
    names = [play.group_id, "missing", ""]
    for version in (0, 1, 2):
        play.note("delete group", play.ask("admin", DeleteGroupsRequest(names), version))
    play.fetch()


def one_member(play):
    play.note("unknown", play.join("x", member_id="forged"))
    play.note("short session", play.join("x", session_timeout_ms=1))
    play.note("no protocols", play.join("x", protocols=()))
    play.enter("a")
    play.describe()
    play.commit("a", 1)
    play.beat("a")
    play.sync("a", [("a", b"all")], generation_id=9)
    play.sync("a", [("a", b"all")], protocol="other")
    play.sync("stranger")
    play.sync("a", [("a", b"all")])
    play.describe()
    play.commit("a", 3)
    play.commit("a", 4, generation_id=0)
    play.commit("nobody", 5)
    play.beat("a")
    play.beat("a", generation_id=7)
    play.beat("stranger")
    play.beat("a", instance_id="i")
    play.sync("a")
    play.note("leader again", play.join("a"))
    play.sync("a", [])
    play.note("other type", play.join("y", protocol_type="connect"))
    play.note("other protocol", play.join("y", protocols=("sticky",)))
    play.note("delete", play.ask("admin", DeleteGroupsRequest([play.group_id]), 2))
    topics = [OffsetDeleteRequestTopic(name, [OffsetDeleteRequestPartition(0)]) for name in ("t", "u")]
    play.note("delete offsets", play.ask("admin", OffsetDeleteRequest(play.group_id, topics), 0))
    play.leave("a", "stranger")
    play.describe()
    play.fetch()
    play.note("old version", play.join("b", version=3))
    play.leave("b")


def three_members(play):
    play.enter("a", protocols=("range", "sticky"))
    play.sync("a", [("a", b"all")])
    play.note("b comes", play.join("b"))
    play.join_together("b", "a")
    play.beat("b")
    play.commit("b", 5)
    follower = play.pool.submit(
        play.ask, "b", SyncGroupRequest(play.group_id, play.generation_id, play.ids["b"], None, "consumer", "range"), 5
    )
    time.sleep(SETTLE_S)
    play.sync("a", [("a", b"one"), ("b", b"two")])
    play.note("b syncs", follower.result())
    play.describe()
    play.note("follower again", play.join("b"))
    play.note("c comes", play.join("c"))
    waits = play.pool.submit(play.join, "c")
    time.sleep(SETTLE_S)
    play.beat("a", generation_id=play.generation_id)
    play.commit("a", 8)
    play.leave("b")
    play.note("a joins", play.join("a"))
    play.note("c joins", waits.result())
    play.sync("a", [("a", b"one"), ("c", b"three")])
    play.sync("c")
    play.leave("a", "c")
    play.describe()


def static_members(play):
    for version in (8, 9):
        play.note("i joins", play.join("i", instance_id="i", version=version))
        play.sync("i", [("i", b"all")], instance_id="i")
        play.ids["old"] = play.ids.pop("i")
        play.note("i is back", play.join("i", instance_id="i", version=version))
        play.beat("old", instance_id="i")
        play.beat("old")
        play.note("old joins", play.join("old", instance_id="i"))
        play.sync("i", instance_id="i")
        play.describe()
        rows = [MemberIdentity("", "i"), MemberIdentity("", "stranger"), MemberIdentity("wrong", "i")]
        play.note("leave", play.ask("admin", LeaveGroupRequest(play.group_id, "", rows), 5))
        play.ids.clear()


def every_version(play):
    for version in range(10):
        play.note(f"join v{version}", play.join(f"m{version}", version=version, member_id="forged"))
        play.note(f"join v{version}", play.join("a", version=version))
        if version >= 4:
            play.note(f"join again v{version}", play.join("a", version=version))
        sync = min(version, 5)
        play.sync("a", [("a", b"all")], version=sync, protocol="range" if sync == 5 else None)
        for each in range(5):
            request = HeartbeatRequest(play.group_id, play.generation_id, play.ids["a"])
            play.note(f"heartbeat v{each}", play.ask("a", request, each))
        for each in range(2, 10):
            play.commit("a", version * 10 + each, version=each)
        for each in range(1, 8):
            asked = [OffsetFetchRequestTopic("t", [0, 1])]
            play.note(f"fetch v{each}", play.ask("a", OffsetFetchRequest(play.group_id, asked), each))
        if version < 3:
            request = LeaveGroupRequest(play.group_id, play.ids["a"])
            play.note(f"leave v{version}", play.ask("a", request, version))
            play.note(f"leave again v{version}", play.ask("a", request, version))
        else:
            play.leave("a", version=min(version, 5))
        play.ids.clear()


def hostile(play):
    play.note("empty group", play.ask("a", JoinGroupRequest("", 10_000, 10_000, protocol_type="consumer"), 9))
    play.note("empty group", play.ask("a", SyncGroupRequest("", 0, "m", None, "consumer", "range"), 5))
    play.note("no protocol", play.ask("a", SyncGroupRequest(play.group_id, 0, "m"), 5))
    play.note("empty group", play.ask("a", HeartbeatRequest("", 0, "m"), 4))
    play.note("empty group", play.ask("a", LeaveGroupRequest("", "", [MemberIdentity("m")]), 5))
    play.note("nobody leaves", play.ask("a", LeaveGroupRequest(play.group_id, "", []), 5))
    play.note("empty group", play.ask("a", OffsetDeleteRequest("", []), 0))
    play.note("no such group", play.ask("a", OffsetDeleteRequest("missing", []), 0))
    rows = [OffsetDeleteRequestTopic("t", [OffsetDeleteRequestPartition(0)])]
    play.note("no such group", play.ask("a", OffsetDeleteRequest("missing", rows), 0))
    play.note("nothing", play.ask("a", OffsetCommitRequest(play.group_id), 9))
    play.note("nothing", play.ask("a", OffsetFetchRequest(groups=[]), 9))
    play.note("nothing", play.ask("a", DescribeGroupsRequest([]), 5))
    play.note("nothing", play.ask("a", DeleteGroupsRequest([]), 2))
    play.enter("a", protocol_type="connect", protocols=("sessioned", "compatible"), metadata=b"\xff")
    play.sync("a", [("a", b"\x00" * 100), ("a", b"second")], protocol="sessioned")
    play.describe()
    play.commit("a", -5)
    play.commit("a", 2**63 - 1)
    play.fetch()
    play.note("delete offsets", play.ask("admin", OffsetDeleteRequest(play.group_id, rows), 0))
    play.leave("a", "a", "")


def subscription_of(size):
    """A subscription with so many bytes of user data."""
    return SUBSCRIPTION[:-4] + size.to_bytes(4, "big") + bytes(size)


def oversized(play):
    own, play.group_id = play.group_id, "g" * 32_767
    play.enter("a")
    play.sync("a", [("a", b"all")])
    play.commit("a", 3)
    play.fetch()
    play.leave("a")
    play.group_id = own
    play.enter("b", metadata=subscription_of(900_000))
    play.sync("b", [("b", b"x" * 100_000)])
    play.leave("b")
    play.enter("c", metadata=subscription_of(1_100_000))  # its group's record is larger than the topic takes
    play.sync("c", [("c", b"all")])
    play.note("c joins", play.join("c"))
    play.sync("c", [("c", b"all")])
    play.beat("c")
    play.leave("c")


def silence(play):
    """Sessions and rebalances that time out; what is told in between depends on the moment and is not noted."""
    play.enter("a", session_timeout_ms=6_000)
    play.sync("a", [("a", b"all")])
    play.note("b comes", play.join("b", session_timeout_ms=6_000))
    play.join_together("b", "a", session_timeout_ms=6_000)
    play.sync("a", [("a", b"one"), ("b", b"two")])
    play.sync("b")
    request = HeartbeatRequest(play.group_id, play.generation_id, play.ids["a"])
    for _ in range(20):  # b is silent until its session ends
        if play.ask("a", request, 4).error_code:
            break
        time.sleep(SETTLE_S)
    play.beat("a")
    play.beat("b")
    play.note("a joins", play.join("a", session_timeout_ms=6_000))
    play.sync("a", [("a", b"all")])
    play.note("c comes", play.join("c", session_timeout_ms=20_000))
    play.note("c joins", play.join("c", session_timeout_ms=20_000, rebalance_timeout_ms=6_000))  # a is silent
    play.beat("a")
    time.sleep(7)  # c never asks for its assignment
    play.beat("c")
    play.describe()


SCRIPTS = [silence, plain_offsets, one_member, three_members, static_members, every_version, hostile, oversized]


@pytest.mark.parametrize("script", SCRIPTS)
def test_members_are_told_the_same(shared_pair, script):
    told = []
    for broker in shared_pair:
        play = Play(broker.bootstrap, f"g-{script.__name__}")
        deadline = time.monotonic() + READY_S
        while (
            play.ask("admin", HeartbeatRequest(play.group_id, 0, "m"), 4).error_code != 25
            and time.monotonic() < deadline
        ):
            time.sleep(0.2)
        script(play)
        play.pool.shutdown()
        told.append(play.notes)
    ours, theirs = told
    assert [label for label, _ in ours] == [label for label, _ in theirs]
    differences = [
        (number, mine, kafkas) for number, (mine, kafkas) in enumerate(zip(ours, theirs, strict=True)) if mine != kafkas
    ]
    assert not differences, "\n".join(
        f"{number}: kwire {mine}\n     Kafka {kafkas}" for number, mine, kafkas in differences
    )
