"""Reads as a member of a group: what the group leaves to it, from where the group is, and commits.

The group's two protocols differ in how a member learns what it has: `classic_member.py` (JoinGroup, SyncGroup) and
`consumer_member.py` (KIP-848). Both are asked to settle between two pieces of records, so that nobody else has a
partition while its records are still being used here.
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
"""So long a member that ends tries to say so; then the group has to notice by itself."""

REJOIN: Final = frozenset(
    {
        ErrorCode.ILLEGAL_GENERATION,
        ErrorCode.UNKNOWN_MEMBER_ID,
        ErrorCode.REBALANCE_IN_PROGRESS,
        ErrorCode.FENCED_MEMBER_EPOCH,
        ErrorCode.STALE_MEMBER_EPOCH,
    }
)
"""A commit that fails so was overtaken by the group: its records are read again by whoever has them now."""

_log = logging.getLogger("kwire.client")


class Member(Protocol):
    """One kind of membership. is_settled: whether what it has is what the group wants it to have.

    generation: the member epoch, or the generation. member_id: "" before it is known.
    """

    is_settled: bool
    generation: int
    member_id: str

    async def settle(self) -> Settled:
        """What the member has from now on."""
        ...

    async def beat(self) -> None:
        """The group has heard of the member; it may be settled no more."""
        ...

    @property
    def interval_s(self) -> float:
        """Seconds between two beats."""
        ...

    async def leave(self) -> None:
        """The group knows that the member is gone."""
        ...

    def forget(self) -> None:
        """The group has gone on without this member, which has to join again."""
        ...


class GroupReader:
    """Reads as a member; made by member_of().

    has_joined: whether the group has given it what it leaves to it, if only nothing. positions: the offset of the next
    record that is given, by partition.
    """

    def __init__(self, cluster: Cluster, group: str, member: Member, reader: Reader) -> None:
        self.has_joined = False
        self.positions: Mapping[TopicPartition, int] = reader.positions
        self._cluster = cluster
        self._group = group
        self._member = member
        self._reader = reader

    async def next(self, timeout_s: float) -> Piece | None:
        """The next records of a partition; None where none came in time, or the group is about to change.

        Raises:
            ClientError: the group does not take the member, or a partition cannot be read.
        """
        if not self._member.is_settled:
            await self._settle()
        return await self._reader.next(timeout_s)

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """The group goes on from these offsets, unless it has gone on without this member.

        Raises:
            Refused: it is not stored.
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
        """Where the group is in these partitions, or where it is to begin."""
        wanted = list(partitions)
        if not wanted:
            return {}
        found = await admin.committed(self._cluster, self._group, wanted, stable=True)
        missing = [one for one in wanted if one not in found]
        where = LATEST if self._cluster.config.auto_offset_reset == "latest" else EARLIEST
        begin = await admin.list_offsets(self._cluster, dict.fromkeys(missing, where), self._reader.isolation)
        return {**found, **begin}

    async def beat(self) -> None:
        """Tells the group again and again that the member is there."""
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
    """A member of the group that reads these topics, as long as the block runs; then it leaves.

    Raises:
        ClientError: the group does not take it.
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
