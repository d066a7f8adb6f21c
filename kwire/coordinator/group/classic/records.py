"""The record of a classic group. Who is in it, its generation and what each member was given are one value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.coordinator.group import records
from kwire.protocol.messages.records.consumer_offsets import GroupMetadataKey

if TYPE_CHECKING:
    from kwire.coordinator.decision import CoordinatorRecord
    from kwire.protocol.messages.records.consumer_offsets import GroupMetadataValue

GROUP_METADATA_VERSION: Final = 3


def group_record(group_id: str, value: GroupMetadataValue) -> CoordinatorRecord:
    """Say what the classic group is from now on."""
    return records.record(GroupMetadataKey(group=group_id), value, GROUP_METADATA_VERSION)


def group_tombstone(group_id: str) -> CoordinatorRecord:
    """Say that the classic group is no more."""
    return records.record(GroupMetadataKey(group=group_id), None)
