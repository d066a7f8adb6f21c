"""What every kind of group is to committed offsets, lists and deletions, and the groups of one shard.

Here alone it is asked of which kind a group is, by the room of that kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from kwire.protocol.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.coordinator.decision import CoordinatorRecord
    from kwire.coordinator.group.commands import CommitOffsets
    from kwire.protocol.messages.offset_commit import OffsetCommitRequestPartition


class Group(Protocol):
    """A group of any kind. group_type: its name in ListGroups."""

    group_type: ClassVar[str]
    group_id: str

    @property
    def protocol_type(self) -> str | None:
        """What its members do with their partitions; None for a group that only holds offsets."""

    @property
    def state_name(self) -> str:
        """Where it stands, as it is listed and described."""

    @property
    def is_empty(self) -> bool:
        """Whether it has no members."""

    @property
    def is_abandoned(self) -> bool:
        """Whether it has no members, and none is on its way in: it may go where it holds no offsets."""

    def is_subscribed_to(self, topic: str) -> bool:
        """Whether a member consumes the topic, as far as can be told."""

    def check_commit(self, command: CommitOffsets, is_stored: Callable[[OffsetCommitRequestPartition], bool]) -> None:
        """Check that the member, or a client outside the group, may commit these offsets.

        is_stored: whether an offset passes all other checks.

        Raises:
            ApiError: why not.
        """

    def check_fetch(self, member_id: str | None, member_epoch: int) -> None:
        """Whoever says to be this member may know what is committed.

        Raises:
            ApiError: why not.
        """

    def check_offset_delete(self) -> None:
        """Offsets of topics that nobody consumes may be deleted.

        Raises:
            ApiError: why not.
        """

    @property
    def lets_offsets_expire(self) -> bool:
        """Whether offsets of topics that nobody consumes go after their retention, as it is now."""

    def kept_since_ms(self, commit_timestamp_ms: int) -> int:
        """When the retention of an offset that was committed at that time began."""

    def tombstones(self) -> list[CoordinatorRecord]:
        """The records that end it."""


G = TypeVar("G", bound=Group)


class Groups(dict[str, Group]):
    """The groups of one shard by id."""

    __slots__ = ()

    def existing(self, group_id: str) -> Group:
        """Return the group.

        Raises:
            ApiError: GROUP_ID_NOT_FOUND.
        """
        group = self.get(group_id)
        if group is None:
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} not found.")
        return group

    def of_kind(self, group_id: str, kind: type[G]) -> G | None:
        """Return the group where there is one of that kind."""
        group = self.get(group_id)
        return group if isinstance(group, kind) else None

    def existing_of_kind(self, group_id: str, kind: type[G]) -> G:
        """Return the group, which is of that kind.

        Raises:
            ApiError: GROUP_ID_NOT_FOUND.
        """
        group = self.existing(group_id)
        if not isinstance(group, kind):
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} is not a {kind.group_type} group.")
        return group
