"""A consumer group: its members, what each of them consumes, what each of them should consume.

Everything that counts is what the group's records say, in whatever order the last ones of their keys are replayed. The
group epoch rises when the target assignment has to be computed again; a member's epoch rises to the target's when the
member has given up what it must (KIP-848). Members of the classic protocol may be in it as well.

Source: KIP-848, KIP-1101 (metadata hash), KIP-1251 (assignment epochs).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from kwire.coordinator.group.consumer.member import (
    LEAVES,
    NO_TARGET,
    ConsumerMember,
    MemberState,
    Ownership,
    ResolvedExpression,
    Subscription,
)
from kwire.coordinator.group.consumer.records import (
    current_assignment_record,
    group_epoch_record,
    member_record,
    ownership_of,
    partition_metadata_tombstone,
    regular_expression_record,
    resolved_of,
    subscription_of,
    target_assignment_record,
    target_epoch_record,
    target_of,
)
from kwire.coordinator.group.embedded_protocol import CONSUMER_PROTOCOL
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.records.consumer_offsets import (
    ConsumerGroupCurrentMemberAssignmentKey,
    ConsumerGroupMemberMetadataKey,
    ConsumerGroupMetadataKey,
    ConsumerGroupPartitionMetadataKey,
    ConsumerGroupRegularExpressionKey,
    ConsumerGroupTargetAssignmentMemberKey,
    ConsumerGroupTargetAssignmentMetadataKey,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kwire.coordinator.decision import CoordinatorRecord
    from kwire.coordinator.group.commands import CommitOffsets
    from kwire.coordinator.group.topics import Partitions
    from kwire.protocol.messages.offset_commit import OffsetCommitRequestPartition
    from kwire.protocol.messages.records.consumer_offsets import (
        ConsumerGroupCurrentMemberAssignmentValue,
        ConsumerGroupMemberMetadataValue,
        ConsumerGroupMetadataValue,
        ConsumerGroupRegularExpressionValue,
        ConsumerGroupTargetAssignmentMemberValue,
        ConsumerGroupTargetAssignmentMetadataValue,
    )
    from kwire.protocol.schema import Message

FIRST_EPOCH: Final = 1
"""Group epoch and target epoch of a group without a record of another one."""


@dataclass(slots=True)
class ConsumerGroup:
    """One consumer group. It changes only by what its records say.

    metadata_hash: of the subscribed topics as they were at the group epoch. targets: by member id.
    owners: topic id to partition to the member that holds it, or may hold it still. changes: rises with each change.
    checked_version: of the metadata that the hash was last compared with. topics_seen: what new topics the
    regular expressions have been resolved with, None where that is not known. is_resolving: they will be soon.
    """

    group_type: ClassVar[str] = "consumer"

    group_id: str
    epoch: int = FIRST_EPOCH
    metadata_hash: int = 0
    target_epoch: int = FIRST_EPOCH
    target_timestamp_ms: int = 0
    members: dict[str, ConsumerMember] = field(default_factory=dict)
    static_members: dict[str, str] = field(default_factory=dict)
    targets: dict[str, Partitions] = field(default_factory=dict)
    resolved: dict[str, ResolvedExpression] = field(default_factory=dict)
    owners: dict[bytes, dict[int, str]] = field(default_factory=dict)
    topic_names: dict[str, int] = field(default_factory=dict)
    expressions: dict[str, int] = field(default_factory=dict)
    server_assignors: dict[str, int] = field(default_factory=dict)
    classic_members: int = 0
    classic_protocols: dict[str, int] = field(default_factory=dict)
    has_partition_metadata: bool = False
    changes: int = 0
    checked_version: int | None = None
    topics_seen: int | None = None
    is_resolving: bool = False

    # A group among others

    @property
    def protocol_type(self) -> str | None:
        """See Group.protocol_type."""
        return CONSUMER_PROTOCOL

    @property
    def state_name(self) -> str:
        """See Group.state_name."""
        if not self.members:
            return "Empty"
        if self.epoch > self.target_epoch:
            return "Assigning"
        if all(member.ownership.is_reconciled_to(self.target_epoch) for member in self.members.values()):
            return "Stable"
        return "Reconciling"

    @property
    def is_empty(self) -> bool:
        """See Group.is_empty."""
        return not self.members

    @property
    def is_abandoned(self) -> bool:
        """See Group.is_abandoned."""
        return self.is_empty

    def is_subscribed_to(self, topic: str) -> bool:
        """See Group.is_subscribed_to."""
        return topic in self.topic_names or any(topic in resolved.topics for resolved in self.resolved.values())

    def check_commit(self, command: CommitOffsets, is_stored: Callable[[OffsetCommitRequestPartition], bool]) -> None:
        """See Group.check_commit. A member that lags behind commits what it has held since its epoch (KIP-1251)."""
        request = command.request
        epoch = request.generation_id_or_member_epoch
        if epoch < 0 and self.is_empty:
            return
        member = self.member(request.member_id)
        is_classic = member.subscription.classic is not None
        if not is_classic and not command.knows_missing_groups:
            raise ApiError(ErrorCode.UNSUPPORTED_VERSION)
        ownership = member.ownership
        if epoch == ownership.epoch:
            return
        if epoch < ownership.epoch and all(
            (since := ownership.assigned_since(topic.topic_id, row.partition_index)) is not None and since <= epoch
            for topic in request.topics
            for row in topic.partitions
            if is_stored(row)
        ):
            return
        raise ApiError(ErrorCode.ILLEGAL_GENERATION if is_classic else ErrorCode.STALE_MEMBER_EPOCH)

    def check_fetch(self, member_id: str | None, member_epoch: int) -> None:
        """See Group.check_fetch."""
        if member_id is None and member_epoch < 0:
            return
        member = self.member(member_id or "")
        if member_epoch != member.ownership.epoch:
            is_classic = member.subscription.classic is not None
            raise ApiError(ErrorCode.ILLEGAL_GENERATION if is_classic else ErrorCode.STALE_MEMBER_EPOCH)

    def check_offset_delete(self) -> None:
        """See Group.check_offset_delete: a consumer group does not mind."""

    @property
    def lets_offsets_expire(self) -> bool:
        """See Group.lets_offsets_expire."""
        return True

    def kept_since_ms(self, commit_timestamp_ms: int) -> int:
        """See Group.kept_since_ms."""
        return commit_timestamp_ms

    def tombstones(self) -> list[CoordinatorRecord]:
        """See Group.tombstones."""
        group_id = self.group_id
        return [
            *(current_assignment_record(group_id, member_id, None) for member_id in self.members),
            *(target_assignment_record(group_id, member_id, None) for member_id in self.members),
            target_epoch_record(group_id, None),
            *(member_record(group_id, member_id, None) for member_id in self.members),
            *(regular_expression_record(group_id, expression, None) for expression in self.resolved),
            partition_metadata_tombstone(group_id),
            group_epoch_record(group_id, None),
        ]

    # Who is in it

    def member(self, member_id: str) -> ConsumerMember:
        """Return the member of that id.

        Raises:
            ApiError: UNKNOWN_MEMBER_ID.
        """
        member = self.members.get(member_id)
        if member is None:
            message = f"Member {member_id} is not a member of group {self.group_id}."
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID, message)
        return member

    def static_member(self, instance_id: str | None) -> ConsumerMember | None:
        """Return the current member of that instance."""
        member_id = self.static_members.get(instance_id) if instance_id is not None else None
        return self.members.get(member_id) if member_id is not None else None

    def check_static(self, member_id: str, instance_id: str) -> ConsumerMember:
        """Return the instance's member, checked to have that id.

        Raises:
            ApiError: UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID.
        """
        member = self.static_member(instance_id)
        if member is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID, f"Instance id {instance_id} is unknown.")
        if member.member_id != member_id:
            message = (
                f"Static member {member_id} with instance id {instance_id} was fenced by member {member.member_id}."
            )
            raise ApiError(ErrorCode.FENCED_INSTANCE_ID, message)
        return member

    def speaks_classic_without(self, leaving: Iterable[str]) -> bool:
        """Whether, without these members, all others speak the classic protocol, although now not all do."""
        leaving = set(leaving)
        leaving_classic = sum(self.members[member_id].subscription.classic is not None for member_id in leaving)
        return leaving_classic < len(leaving) and self.classic_members - leaving_classic == len(self.members) - len(
            leaving
        )

    def supports_classic(self, protocol_type: str, names: Iterable[str]) -> bool:
        """Whether a member with these classic protocols can join the group."""
        if protocol_type != CONSUMER_PROTOCOL:
            return False
        if not self.members:
            return any(True for _ in names)
        return any(self.classic_protocols.get(name, 0) == self.classic_members for name in names)

    # What they consume

    def topics_of(self, subscription: Subscription) -> frozenset[str]:
        """Return the names of the topics that a member with that subscription consumes, existing or not."""
        resolved = self.resolved.get(subscription.regex)
        return subscription.topic_names if resolved is None else subscription.topic_names | resolved.topics

    @property
    def subscribed_topics(self) -> set[str]:
        """Return the names of all topics that its members consume, existing or not."""
        return set(self.topic_names).union(*(resolved.topics for resolved in self.resolved.values()))

    @property
    def preferred_assignor(self) -> str | None:
        """Return the server-side assignor that most members want, None if none names one."""
        return max(self.server_assignors, key=lambda name: self.server_assignors[name], default=None)

    def is_free(self, topic_id: bytes, partition: int) -> bool:
        """Whether no member holds the partition."""
        return partition not in self.owners.get(topic_id, ())

    def target_of(self, member: ConsumerMember) -> Partitions:
        """Return the member's target assignment."""
        return self.targets.get(member.member_id, {})

    def waits_for_others(self, member: ConsumerMember) -> bool:
        """Whether other members still hold partitions of the member's target."""
        if member.ownership.state is not MemberState.UNRELEASED_PARTITIONS:
            return False
        assigned = member.ownership.assigned
        return any(
            partition not in assigned.get(topic_id, ()) and not self.is_free(topic_id, partition)
            for topic_id, partitions in self.target_of(member).items()
            for partition in partitions
        )

    # What its records say

    def replay(self, record: CoordinatorRecord) -> None:
        """Apply the record, which has a key of a consumer group."""
        self.REPLAYS[type(record.key)](self, record.key, record.value)
        self.changes += 1

    def _replay_epoch(self, _key: ConsumerGroupMetadataKey, value: ConsumerGroupMetadataValue | None) -> None:
        if value is not None:
            self.epoch, self.metadata_hash = value.epoch, value.metadata_hash

    def _replay_partition_metadata(self, _key: ConsumerGroupPartitionMetadataKey, value: Message | None) -> None:
        self.has_partition_metadata = value is not None

    def _replay_member(
        self, key: ConsumerGroupMemberMetadataKey, value: ConsumerGroupMemberMetadataValue | None
    ) -> None:
        if value is None:
            self._remove(key.member_id)
            return
        member = self._member_to_be(key.member_id)
        self._forget(member)
        member.subscription = subscription_of(value)
        self._count(member.subscription, 1)
        if value.instance_id is not None:
            self.static_members[value.instance_id] = key.member_id

    def _replay_target_epoch(
        self,
        _key: ConsumerGroupTargetAssignmentMetadataKey,
        value: ConsumerGroupTargetAssignmentMetadataValue | None,
    ) -> None:
        if value is None:
            self.target_epoch, self.target_timestamp_ms = NO_TARGET, 0
        else:
            self.target_epoch, self.target_timestamp_ms = value.assignment_epoch, value.assignment_timestamp

    def _replay_target(
        self, key: ConsumerGroupTargetAssignmentMemberKey, value: ConsumerGroupTargetAssignmentMemberValue | None
    ) -> None:
        if value is None:
            self.targets.pop(key.member_id, None)
        else:
            self.targets[key.member_id] = target_of(value)

    def _replay_current(
        self, key: ConsumerGroupCurrentMemberAssignmentKey, value: ConsumerGroupCurrentMemberAssignmentValue | None
    ) -> None:
        if value is None:
            if key.member_id in self.members:
                self._own(self.members[key.member_id], Ownership(LEAVES, LEAVES))
            return
        self._own(self._member_to_be(key.member_id), ownership_of(value))

    def _replay_expression(
        self, key: ConsumerGroupRegularExpressionKey, value: ConsumerGroupRegularExpressionValue | None
    ) -> None:
        if value is None:
            self.resolved.pop(key.regular_expression, None)
        else:
            self.resolved[key.regular_expression] = resolved_of(value)

    def _member_to_be(self, member_id: str) -> ConsumerMember:
        """Return the member of that id; create it if this is the first of its records."""
        member = self.members.get(member_id)
        if member is None:
            member = self.members[member_id] = ConsumerMember(member_id)
        return member

    def _remove(self, member_id: str) -> None:
        member = self.members.pop(member_id, None)
        if member is None:
            return
        self._release(member)
        self._forget(member)

    def _forget(self, member: ConsumerMember) -> None:
        """Forget what the member subscribed to."""
        self._count(member.subscription, -1)
        instance_id = member.subscription.instance_id
        if instance_id is not None and self.static_members.get(instance_id) == member.member_id:
            del self.static_members[instance_id]

    def _own(self, member: ConsumerMember, ownership: Ownership) -> None:
        self._release(member)
        member.ownership = ownership
        for owned in (ownership.assigned, ownership.revoking):
            for topic_id, partitions in owned.items():
                self.owners.setdefault(topic_id, {}).update(dict.fromkeys(partitions, member.member_id))

    def _release(self, member: ConsumerMember) -> None:
        for owned in (member.ownership.assigned, member.ownership.revoking):
            for topic_id, partitions in owned.items():
                owners = self.owners.get(topic_id, {})
                for partition in partitions:
                    if owners.get(partition) == member.member_id:
                        del owners[partition]
                if not owners:
                    self.owners.pop(topic_id, None)

    def _count(self, subscription: Subscription, change: int) -> None:
        for name in subscription.topic_names:
            _add(self.topic_names, name, change)
        if subscription.regex:
            _add(self.expressions, subscription.regex, change)
        if subscription.server_assignor is not None:
            _add(self.server_assignors, subscription.server_assignor, change)
        if subscription.classic is not None:
            self.classic_members += change
            for protocol in subscription.protocols:
                _add(self.classic_protocols, protocol.name, change)

    REPLAYS: ClassVar[Mapping[type[Message], Callable[[ConsumerGroup, Any, Any], None]]] = {
        ConsumerGroupMetadataKey: _replay_epoch,
        ConsumerGroupPartitionMetadataKey: _replay_partition_metadata,
        ConsumerGroupMemberMetadataKey: _replay_member,
        ConsumerGroupTargetAssignmentMetadataKey: _replay_target_epoch,
        ConsumerGroupTargetAssignmentMemberKey: _replay_target,
        ConsumerGroupCurrentMemberAssignmentKey: _replay_current,
        ConsumerGroupRegularExpressionKey: _replay_expression,
    }
    """What to do with a record of each key."""


CONSUMER_KEYS = frozenset(ConsumerGroup.REPLAYS)
"""The keys of the records that a consumer group is made of."""


def _add(counts: dict[str, int], name: str, change: int) -> None:
    count = counts.get(name, 0) + change
    if count:
        counts[name] = count
    else:
        del counts[name]
