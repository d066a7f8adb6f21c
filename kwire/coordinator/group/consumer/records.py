"""Encode and decode the records of consumer groups. A value of None makes a tombstone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.coordinator.group import records
from kwire.coordinator.group.consumer.member import MemberState, Ownership, ResolvedExpression, Subscription
from kwire.protocol.messages.records.consumer_offsets import (
    ConsumerGroupCurrentMemberAssignmentKey,
    ConsumerGroupCurrentMemberAssignmentValue,
    ConsumerGroupCurrentMemberAssignmentValueTopicPartitions,
    ConsumerGroupMemberMetadataKey,
    ConsumerGroupMemberMetadataValue,
    ConsumerGroupMetadataKey,
    ConsumerGroupMetadataValue,
    ConsumerGroupPartitionMetadataKey,
    ConsumerGroupRegularExpressionKey,
    ConsumerGroupRegularExpressionValue,
    ConsumerGroupTargetAssignmentMemberKey,
    ConsumerGroupTargetAssignmentMemberValue,
    ConsumerGroupTargetAssignmentMemberValueTopicPartition,
    ConsumerGroupTargetAssignmentMetadataKey,
    ConsumerGroupTargetAssignmentMetadataValue,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kwire.coordinator.decision import CoordinatorRecord
    from kwire.coordinator.group.consumer.member import OwnedPartitions
    from kwire.coordinator.group.topics import Partitions


def group_epoch_record(group_id: str, epoch: int | None, metadata_hash: int = 0) -> CoordinatorRecord:
    """Make the record of the group's epoch, with the hash of its topics' metadata."""
    value = None if epoch is None else ConsumerGroupMetadataValue(epoch, metadata_hash)
    return records.record(ConsumerGroupMetadataKey(group_id), value)


def partition_metadata_tombstone(group_id: str) -> CoordinatorRecord:
    """Make the tombstone of the topics' metadata, which Kafka before 4.1 stored."""
    return records.record(ConsumerGroupPartitionMetadataKey(group_id), None)


def member_record(group_id: str, member_id: str, subscription: Subscription | None) -> CoordinatorRecord:
    """Make the record of the member's subscription."""
    value = None
    if subscription is not None:
        value = ConsumerGroupMemberMetadataValue(
            subscription.instance_id,
            subscription.rack_id,
            subscription.client_id,
            subscription.client_host,
            sorted(subscription.topic_names),
            subscription.regex,
            subscription.rebalance_timeout_ms,
            subscription.server_assignor,
            subscription.classic,
        )
    return records.record(ConsumerGroupMemberMetadataKey(group_id, member_id), value)


def target_epoch_record(group_id: str, epoch: int | None, timestamp_ms: int = 0) -> CoordinatorRecord:
    """Make the record of the target assignment's epoch and of the time when it was computed."""
    value = None if epoch is None else ConsumerGroupTargetAssignmentMetadataValue(epoch, timestamp_ms)
    return records.record(ConsumerGroupTargetAssignmentMetadataKey(group_id), value)


def target_assignment_record(group_id: str, member_id: str, target: Partitions | None) -> CoordinatorRecord:
    """Make the record of the member's target assignment."""
    value = None
    if target is not None:
        value = ConsumerGroupTargetAssignmentMemberValue(
            [
                ConsumerGroupTargetAssignmentMemberValueTopicPartition(topic_id, sorted(partitions))
                for topic_id, partitions in target.items()
            ]
        )
    return records.record(ConsumerGroupTargetAssignmentMemberKey(group_id, member_id), value)


def current_assignment_record(group_id: str, member_id: str, ownership: Ownership | None) -> CoordinatorRecord:
    """Make the record of what the member consumes."""
    value = None
    if ownership is not None:
        value = ConsumerGroupCurrentMemberAssignmentValue(
            ownership.epoch,
            ownership.previous_epoch,
            ownership.state,
            _owned_rows(ownership.assigned),
            _owned_rows(ownership.revoking),
        )
    return records.record(ConsumerGroupCurrentMemberAssignmentKey(group_id, member_id), value)


def regular_expression_record(group_id: str, expression: str, resolved: ResolvedExpression | None) -> CoordinatorRecord:
    """Make the record of the topics that match a regular expression."""
    value = None
    if resolved is not None:
        value = ConsumerGroupRegularExpressionValue(sorted(resolved.topics), resolved.version, resolved.timestamp_ms)
    return records.record(ConsumerGroupRegularExpressionKey(group_id, expression), value)


def _owned_rows(owned: OwnedPartitions) -> list[ConsumerGroupCurrentMemberAssignmentValueTopicPartitions]:
    rows = []
    for topic_id, epochs in owned.items():
        partitions = sorted(epochs)
        in_order = [epochs[partition] for partition in partitions]
        rows.append(ConsumerGroupCurrentMemberAssignmentValueTopicPartitions(topic_id, partitions, in_order))
    return rows


def subscription_of(value: ConsumerGroupMemberMetadataValue) -> Subscription:
    """Read the member's subscription from its record."""
    return Subscription(
        value.instance_id,
        value.rack_id,
        value.client_id,
        value.client_host,
        frozenset(value.subscribed_topic_names),
        value.subscribed_topic_regex or "",
        value.rebalance_timeout_ms,
        value.server_assignor,
        value.classic_member_metadata,
    )


def target_of(value: ConsumerGroupTargetAssignmentMemberValue) -> Partitions:
    """Read the member's target assignment from its record."""
    return {row.topic_id: frozenset(row.partitions) for row in value.topic_partitions}


def ownership_of(value: ConsumerGroupCurrentMemberAssignmentValue) -> Ownership:
    """Read what the member consumes from its record."""
    try:
        state = MemberState(value.state)
    except ValueError:
        state = MemberState.UNKNOWN
    return Ownership(
        value.member_epoch,
        value.previous_member_epoch,
        state,
        _owned(value.assigned_partitions, value.member_epoch),
        _owned(value.partitions_pending_revocation, value.member_epoch),
    )


def resolved_of(value: ConsumerGroupRegularExpressionValue) -> ResolvedExpression:
    """Read the topics that match a regular expression from its record."""
    return ResolvedExpression(frozenset(value.topics), value.version, value.timestamp)


def _owned(
    rows: Iterable[ConsumerGroupCurrentMemberAssignmentValueTopicPartitions], member_epoch: int
) -> OwnedPartitions:
    """Read the partitions. Kafka before 4.3 wrote no assignment epochs: then the member's epoch is theirs."""
    return {
        row.topic_id: dict(
            zip(row.partitions, row.assignment_epochs or [member_epoch] * len(row.partitions), strict=True)
        )
        for row in rows
    }
