"""Read as a member of a group: the partitions assigned to it, from the committed offsets on; commit offsets.

The group's two protocols differ in how a member learns its assignment: `classic_member.py` (JoinGroup, SyncGroup) and
`consumer_member.py` (KIP-848). Both change the assignment only between two pieces of records, so that no other member
gets a partition while its records are still in use here.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

import trio

from kwire.client import admin
from kwire.client.classic_member import ClassicMember
from kwire.client.consumer_member import ConsumerMember
from kwire.client.errors import ClientError, Refused
from kwire.client.reader import reading
from kwire.client.tasks import nursery
from kwire.client.values import EARLIEST, LATEST
from kwire.protocol.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from kwire.client.cluster import Cluster
    from kwire.client.reader import Piece, Reader
    from kwire.client.values import Settled, TopicPartition

LEAVING_S: Final = 5.0
"""Try this long to leave the group; then leave it to the session time-out."""

REJOIN: Final = frozenset(
    {
        ErrorCode.ILLEGAL_GENERATION,
        ErrorCode.UNKNOWN_MEMBER_ID,
        ErrorCode.REBALANCE_IN_PROGRESS,
        ErrorCode.FENCED_MEMBER_EPOCH,
        ErrorCode.STALE_MEMBER_EPOCH,
    }
)
"""Commit errors after which the member joins again; the partitions' new owners read the records once more."""

_log = logging.getLogger("kwire.client")


class Member(Protocol):
    """A membership by one of the two protocols. is_settled: whether it holds exactly its assignment.

    generation: the member epoch, or the generation. member_id: "" before it is known.
    """

    is_settled: bool
    generation: int
    member_id: str

    async def settle(self) -> Settled:
        """Take the assignment, joining first if needed."""
        ...

    async def beat(self) -> None:
        """Send a heartbeat; is_settled is false afterwards if the group wants a change."""
        ...

    @property
    def interval_s(self) -> float:
        """Seconds between two heartbeats."""
        ...

    async def leave(self) -> None:
        """Leave the group."""
        ...

    def forget(self) -> None:
        """Forget the membership, so that the member joins again."""
        ...


class GroupReader:
    """Reads as a member; made by member_of().

    has_joined: whether it has had an assignment, if only an empty one. positions: the offset of the next record to
    return, by partition.
    """

    def __init__(self, cluster: Cluster, group: str, member: Member, reader: Reader) -> None:
        self.has_joined = False
        self.positions: Mapping[TopicPartition, int] = reader.positions
        self._cluster = cluster
        self._group = group
        self._member = member
        self._reader = reader

    async def next(self, timeout_s: float) -> Piece | None:
        """Return the next records of a partition; None if none arrive in time, or the assignment is about to change.

        Raises:
            ClientError: the group does not accept the member, or a partition cannot be read.
        """
        if not self._member.is_settled:
            await self._settle()
        return await self._reader.next(timeout_s)

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit these offsets. If the group has moved on without this member, join again instead of failing.

        Raises:
            Refused: an offset is not stored for another reason.
        """
        member = self._member
        codes = await admin.commit(
            self._cluster,
            self._group,
            offsets,
            member_id=member.member_id,
            generation=member.generation,
            instance_id=self._cluster.config.group_instance_id,
        )
        for partition, code in codes.items():
            if code not in REJOIN:
                raise Refused(code, about=f"cannot commit {partition}")
            _log.info("cannot commit %s: the group has gone on", partition)
            if code in {ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH}:
                member.forget()
            member.is_settled = False

    async def _settle(self) -> None:
        settled = await self._member.settle()
        places = {one: offset for one, offset in self._reader.positions.items() if one in settled.kept}
        self._reader.assign(places)
        self._reader.assign({**places, **await self._begin(settled.given)})
        self.has_joined = True

    async def _begin(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Find the committed offsets of these partitions, or those of auto.offset.reset where there are none."""
        wanted = list(partitions)
        if not wanted:
            return {}
        found = await admin.committed(self._cluster, self._group, wanted, stable=True)
        missing = [one for one in wanted if one not in found]
        where = LATEST if self._cluster.config.auto_offset_reset == "latest" else EARLIEST
        begin = await admin.list_offsets(self._cluster, dict.fromkeys(missing, where), self._reader.isolation)
        return {**found, **begin}

    async def beat(self) -> None:
        """Send heartbeats until cancelled."""
        while True:
            await trio.sleep(self._member.interval_s)
            try:
                await self._member.beat()
            except ClientError as error:
                if not error.passes:
                    raise
                _log.info("heartbeat: %s", error)
                await self._cluster.look_again()
            if not self._member.is_settled:
                self._reader.nudge()


@asynccontextmanager
async def member_of(cluster: Cluster, group: str, topics: Sequence[str], isolation: int) -> AsyncIterator[GroupReader]:
    """Read these topics as a member of the group while the block runs; then leave the group.

    Raises:
        ClientError: the group does not accept the member.
    """
    kind = ConsumerMember if cluster.config.group_protocol == "consumer" else ClassicMember
    member = kind(cluster, group, topics)
    async with reading(cluster, isolation) as reader:
        try:
            async with nursery() as tasks:
                made = GroupReader(cluster, group, member, reader)
                tasks.start_soon(made.beat)
                yield made
                tasks.cancel_scope.cancel()
        finally:
            with trio.move_on_after(LEAVING_S, shield=True):
                await _leave(cluster, member)


async def _leave(cluster: Cluster, member: Member) -> None:
    try:
        await cluster.retrying(member.leave)
    except ClientError as error:
        _log.info("cannot leave the group: %s", error)
