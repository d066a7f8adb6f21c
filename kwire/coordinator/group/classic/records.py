"""The record of a classic group: one value with members, generation and assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.coordinator.group import records
from kwire.protocol.messages.records.consumer_offsets import GroupMetadataKey

if TYPE_CHECKING:
    from kwire.coordinator.decision import CoordinatorRecord
    from kwire.protocol.messages.records.consumer_offsets import GroupMetadataValue

GROUP_METADATA_VERSION: Final = 3


def group_record(group_id: str, value: GroupMetadataValue) -> CoordinatorRecord:
    """Make the record of the classic group's state."""
    return records.record(GroupMetadataKey(group=group_id), value, GROUP_METADATA_VERSION)


def group_tombstone(group_id: str) -> CoordinatorRecord:
    """Make the record that deletes the classic group."""
    return records.record(GroupMetadataKey(group=group_id), None)
