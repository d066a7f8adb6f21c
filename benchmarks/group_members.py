"""Members of a classic group as one epoll loop: cheap clients, so that what is measured is the broker.

Each member does what a stock consumer does: it asks for an id, joins, the leader assigns, it syncs, it beats, and it
joins again when a heartbeat tells of a rebalance.
"""

from __future__ import annotations

import heapq
import select
import time
from itertools import count
from typing import TYPE_CHECKING

from raw_requests import HEARTBEAT, JOIN_GROUP, LEAVE_GROUP, SYNC_GROUP, VERSIONS, Client, frame

from kwire.protocol import codec, frames
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kwire.protocol.messages.leave_group import LeaveGroupRequest, MemberIdentity
from kwire.protocol.messages.records.consumer_protocol import ConsumerProtocolSubscription
from kwire.protocol.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.protocol.messages.join_group import JoinGroupResponse
    from kwire.protocol.schema import Message

SESSION_TIMEOUT_MS = 45_000
REBALANCE_TIMEOUT_MS = 60_000
TIMEOUT_S = 60
REPLY_BYTES = 64 * 1024
"""What a leader is told of 200 members fits."""
ASSIGNMENT = bytes(64)
"""About what one partition takes; no broker looks into it."""

NONE, REBALANCE_IN_PROGRESS, MEMBER_ID_REQUIRED = 0, 27, 79
NOT_YET = {14, 15, 16}
"""COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR."""


class Member:
    """One member and its connection; beats as often as its group says while it is stable."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.client = Client(group.port, REPLY_BYTES)
        self.member_id = ""
        self.generation_id = -1
        self.is_stable = False
        self._asked = JOIN_GROUP
        self._beat = b""
        self.join()

    def _ask(self, api_key: int, request: bytes) -> None:
        self._asked = api_key
        self.client.socket.sendall(request)

    def join(self) -> None:
        """It wants to be in the next generation."""
        self.is_stable = False
        subscription = b"\x00\x00" + codec.encode(ConsumerProtocolSubscription(topics=[self.group.topic]), 0)
        request = JoinGroupRequest(
            group_id=self.group.group_id,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            member_id=self.member_id,
            protocol_type="consumer",
            protocols=[JoinGroupRequestProtocol("range", subscription)],
        )
        self._ask(JOIN_GROUP, frame(JOIN_GROUP, request))

    def beat(self) -> None:
        """A heartbeat, unless a request is under way that says as much."""
        if self.is_stable:
            self._ask(HEARTBEAT, self._beat)

    def received(self, reply: memoryview) -> None:
        """What follows from the reply to the only request that is under way."""
        if self._asked == HEARTBEAT and len(reply) == HEALTHY_BEAT_BYTES and not reply[-3] | reply[-2]:
            self.group.beaten(self)
            return
        message: Message = frames.decode_response(self._asked, VERSIONS[self._asked], reply)[1]
        code: int = message.error_code  # type: ignore[attr-defined]
        if code == MEMBER_ID_REQUIRED:
            self.member_id = message.member_id  # type: ignore[attr-defined]
            self.join()
        elif code == REBALANCE_IN_PROGRESS or code in NOT_YET:
            self.join()
        elif code != NONE:
            raise SystemExit(f"a member of {self.group.group_id} is told {code}")
        elif self._asked == JOIN_GROUP:
            self._sync(message)  # type: ignore[arg-type]
        else:
            self.is_stable = True
            request = HeartbeatRequest(self.group.group_id, self.generation_id, self.member_id)
            self._beat = frame(HEARTBEAT, request)
            self.group.beaten(self)

    def _sync(self, joined: JoinGroupResponse) -> None:
        self.member_id, self.generation_id = joined.member_id, joined.generation_id
        request = SyncGroupRequest(
            group_id=self.group.group_id,
            generation_id=joined.generation_id,
            member_id=joined.member_id,
            protocol_type="consumer",
            protocol_name="range",
            assignments=[SyncGroupRequestAssignment(each.member_id, ASSIGNMENT) for each in joined.members],
        )
        self._ask(SYNC_GROUP, frame(SYNC_GROUP, request))


HEALTHY_BEAT_BYTES = 12
"""Correlation id, tags, throttle time, error code, tags."""


class Group:
    """Members of one group. beat_s: how often each of them beats; beats: how many were answered."""

    def __init__(self, port: int, group_id: str, topic: str, beat_s: float) -> None:
        self.port, self.group_id, self.topic, self.beat_s = port, group_id, topic, beat_s
        self.members: list[Member] = []
        self.beats = 0
        self._poll = select.epoll()
        self._by_descriptor: dict[int, Member] = {}
        self._due: list[tuple[float, int, Member]] = []
        self._numbers = count()

    def add(self, members: int) -> None:
        """So many more ask to be in it."""
        for _ in range(members):
            member = Member(self)
            self.members.append(member)
            descriptor = member.client.socket.fileno()
            self._by_descriptor[descriptor] = member
            self._poll.register(descriptor, select.EPOLLIN)

    def beaten(self, member: Member) -> None:
        """The member's heartbeat, or what counts as one, was answered."""
        self.beats += 1
        heapq.heappush(self._due, (time.perf_counter() + self.beat_s, next(self._numbers), member))

    def spread(self) -> None:
        """From now on the members' heartbeats are spread evenly over the interval."""
        now_s = time.perf_counter()
        members = [row[2] for row in self._due]
        self._due = [
            (now_s + self.beat_s * index / len(members), index, member) for index, member in enumerate(members)
        ]

    @property
    def generation_id(self) -> int:
        """The newest that a member is in."""
        return max(member.generation_id for member in self.members)

    @property
    def is_stable(self) -> bool:
        """Whether all members are in one generation, with their assignments."""
        generation_id = self.members[0].generation_id
        return all(member.is_stable and member.generation_id == generation_id for member in self.members)

    def leave(self) -> None:
        """One member says that it leaves, and is gone when this returns."""
        member = self.members.pop()
        descriptor = member.client.socket.fileno()
        self._poll.unregister(descriptor)
        del self._by_descriptor[descriptor]
        self._due = [row for row in self._due if row[2] is not member]
        heapq.heapify(self._due)
        identity = MemberIdentity(member.member_id, None)
        leaving = LeaveGroupRequest(self.group_id, "", [identity])
        told = Client(self.port)
        told.message(LEAVE_GROUP, frame(LEAVE_GROUP, leaving))
        told.close()
        member.client.close()

    def run_until(self, is_done: Callable[[], bool]) -> float:
        """Seconds until it was so."""
        started_s = time.perf_counter()
        while not is_done():
            now_s = time.perf_counter()
            if now_s > started_s + TIMEOUT_S:
                raise SystemExit(f"{self.group_id} does not get where it should")
            while self._due and self._due[0][0] <= now_s:
                heapq.heappop(self._due)[2].beat()
            wait_s = min(self._due[0][0] - now_s, 1.0) if self._due else 1.0
            for descriptor, _ in self._poll.poll(wait_s):
                member = self._by_descriptor[descriptor]
                member.received(member.client.receive())
        return time.perf_counter() - started_s

    def close(self) -> None:
        """All connections are closed; the group is left to its sessions."""
        for member in self.members:
            member.client.close()
        self._poll.close()
