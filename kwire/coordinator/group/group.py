"""What every kind of group offers for committed offsets, lists and deletions; and the groups of one shard.

Only here, the room of a kind can ask whether a group is of that kind.
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
        """The purpose of its members' protocol; None for a group that only holds offsets."""

    @property
    def state_name(self) -> str:
        """Its state, as it is listed and described."""

    @property
    def is_empty(self) -> bool:
        """Whether it has no members."""

    @property
    def is_abandoned(self) -> bool:
        """Whether it has no members and none is about to join: it may be removed if it holds no offsets."""

    def is_subscribed_to(self, topic: str) -> bool:
        """Whether a member consumes the topic, as far as is known."""

    def check_commit(self, command: CommitOffsets, is_stored: Callable[[OffsetCommitRequestPartition], bool]) -> None:
        """Check that the member, or a client outside the group, may commit these offsets.

        is_stored: whether an offset passes all other checks.

        Raises:
            ApiError: why not.
        """

    def check_fetch(self, member_id: str | None, member_epoch: int) -> None:
        """Check that the client, which names itself by these, may read committed offsets.

        Raises:
            ApiError: why not.
        """

    def check_offset_delete(self) -> None:
        """Check that offsets of topics that no member consumes may be deleted.

        Raises:
            ApiError: why not.
        """

    @property
    def lets_offsets_expire(self) -> bool:
        """Whether offsets of topics that no member consumes now expire after their retention."""

    def kept_since_ms(self, commit_timestamp_ms: int) -> int:
        """Return when the retention of an offset that was committed at that time began."""

    def tombstones(self) -> list[CoordinatorRecord]:
        """Make the records that delete the group."""


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
        """Return the group if there is one of that kind."""
        group = self.get(group_id)
        return group if isinstance(group, kind) else None

    def existing_of_kind(self, group_id: str, kind: type[G]) -> G:
        """Return the group of that kind.

        Raises:
            ApiError: GROUP_ID_NOT_FOUND.
        """
        group = self.existing(group_id)
        if not isinstance(group, kind):
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} is not a {kind.group_type} group.")
        return group
