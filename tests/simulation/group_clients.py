"""Clients of a group coordinator: they find it, commit, and go on where the group is."""

from itertools import groupby

import trio

from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.delete_groups import DeleteGroupsRequest
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kwire.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from tests.kit.group_ledger import NO_GENERATION, NO_OFFSET, GroupLedger, Membership
from tests.kit.ledger import Violation
from tests.simulation.clients import FETCH, RETRY_S, TIMEOUT_S, Peer, Unanswered

FIND_COORDINATOR, OFFSET_FETCH, DELETE_GROUPS = 4, 8, 2
OFFSET_COMMITS = (7, 8, 9)
"""Versions that name topics by name, and static members."""
FETCH_BYTES = 2_000
LOOK_AGAIN = {
    ErrorCode.NOT_COORDINATOR,
    ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
}


class Told(Exception):  # noqa: N818 - what happened
    """The coordinator refused."""

    def __init__(self, code):
        super().__init__(ErrorCode(code).name)
        self.code = code


class GroupClient(Peer):
    """Whoever has to do with a group."""

    commit_versions = OFFSET_COMMITS

    def __init__(self, world, name, ledger):
        super().__init__(world, name)
        self.ledger = ledger
        self._coordinator = None

    @property
    def group_id(self):
        return self.ledger.group_id

    async def ask_group(self, request, version, timeout_s=TIMEOUT_S):
        """The coordinator's answer."""
        if self._coordinator is None:
            find = FindCoordinatorRequest(coordinator_keys=[self.group_id])
            row = (await self.ask(self.any_broker(), find, FIND_COORDINATOR)).coordinators[0]
            self.check(row.error_code)
            self._coordinator = row.node_id
        try:
            return await self.ask(self._coordinator, request, version, timeout_s)
        except Unanswered:
            self._coordinator = None
            raise

    def check(self, code):
        """Nothing, or what the error means."""
        if code == ErrorCode.NONE:
            return
        self.world.faults.fired[ErrorCode(code).name] += 1
        if code in LOOK_AGAIN:
            self._coordinator = None
            raise Unanswered(ErrorCode(code).name)
        raise Told(code)

    async def commit(self, member, offsets):
        self.ledger.ask_to_commit(offsets)
        known = self.ledger.known()
        topics = [
            OffsetCommitRequestTopic(
                name=topic, partitions=[OffsetCommitRequestPartition(index, offset) for (_, index), offset in rows]
            )
            for topic, rows in by_topic(offsets.items())
        ]
        request = OffsetCommitRequest(
            self.group_id, member.generation_id, member.member_id, member.instance_id, topics=topics
        )
        answer = await self.ask_group(request, self.random.choice(self.commit_versions))
        for topic in answer.topics:
            for row in topic.partitions:
                self.check(row.error_code)
        self.ledger.accepted(known, member, offsets)
        self.world.figures["offsets committed"] += len(offsets)
        self.world.trace(f"{self.name}: committed {sorted(offsets.items())}")

    async def fetch_offsets(self, partitions):
        """Where the group goes on, NO_OFFSET where it has not begun."""
        known = self.ledger.known()
        topics = [
            OffsetFetchRequestTopics(name=topic, partition_indexes=[index for _, index in rows])
            for topic, rows in by_topic(partitions, lambda partition: partition[0])
        ]
        request = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(self.group_id, topics=topics)])
        group = (await self.ask_group(request, OFFSET_FETCH)).groups[0]
        self.check(group.error_code)
        offsets = {}
        for topic in group.topics:
            for row in topic.partitions:
                self.check(row.error_code)
                partition = topic.name, row.partition_index
                self.ledger.fetched(known, partition, row.committed_offset)
                offsets[partition] = row.committed_offset
        return offsets

    async def consume(self, positions):
        """What the partitions' leaders have from these positions on is consumed, and the positions are behind it."""
        leaders = {}
        for partition in sorted(positions):
            leaders.setdefault(await self.leader(*partition), []).append(partition)
        for node_id, partitions in leaders.items():
            topics = [
                FetchTopic(
                    topic=topic,
                    partitions=[
                        FetchPartition(index, fetch_offset=positions[topic, index], partition_max_bytes=FETCH_BYTES)
                        for _, index in rows
                    ],
                )
                for topic, rows in by_topic(partitions, lambda partition: partition[0])
            ]
            request = FetchRequest(max_wait_ms=0, min_bytes=0, max_bytes=1_000_000, topics=topics)
            answer = await self.ask(node_id, request, FETCH)
            for topic in answer.responses:
                for row in topic.partitions:
                    self._take((topic.topic, row.partition_index), row, positions)

    def _take(self, partition, row, positions):
        if row.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
            raise Violation(f"{partition}: offset {positions[partition]} is out of range")
        if row.error_code:
            self.forget_leaders()
            return
        first = positions[partition]
        positions[partition] = self.world.ledger(*partition).take(bytes(row.records or b""), first)
        self.ledger.consume(partition, first, positions[partition])
        self.world.figures["records consumed"] += positions[partition] - first


def by_topic(rows, key=lambda row: row[0][0]):
    """(topic, its rows), in order."""
    return [(topic, list(found)) for topic, found in groupby(sorted(rows), key)]


class Standalone(GroupClient):
    """Commits without being a member, and deletes its group: groups that come and go."""

    def __init__(self, world, name):
        super().__init__(world, name, None)
        self.begun = 0

    async def run(self):
        while True:
            await trio.sleep(self.random.random() * 15)
            self.ledger = GroupLedger(f"{self.name}-{self.begun}")
            self._coordinator = None
            self.begun += 1
            partition = self.world.partitions[0]
            member = Membership(self.name, "", NO_GENERATION)
            offset = 0
            for _ in range(self.random.randint(1, 3)):
                self.ledger.consume(partition, 0, offset)
                await self._until_answered(self.commit, member, {partition: offset})
                found = await self._until_answered(self.fetch_offsets, [partition])
                if found != {partition: offset}:
                    raise Violation(f"{self.name}: {offset} was committed, {found} is fetched")
                offset += self.random.randint(0, 5)
            await self._until_answered(self._delete)
            self.ledger = GroupLedger(self.group_id)
            found = await self._until_answered(self.fetch_offsets, [partition])
            if found != {partition: NO_OFFSET}:
                raise Violation(f"{self.name}: {found} of a deleted group is fetched")
            self.world.faults.fired["group deleted"] += 1

    async def _delete(self):
        row = (await self.ask_group(DeleteGroupsRequest([self.group_id]), DELETE_GROUPS)).results[0]
        if row.error_code != ErrorCode.GROUP_ID_NOT_FOUND:  # an earlier request, that nobody answered
            self.check(row.error_code)

    async def _until_answered(self, method, *arguments):
        while True:
            try:
                return await method(*arguments)
            except Unanswered as why:
                self.world.trace(f"{self.name}: {why}")
                await trio.sleep(RETRY_S)
