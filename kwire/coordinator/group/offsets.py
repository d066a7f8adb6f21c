"""Committed offsets of the groups of one shard, and the decisions over them.

Source: KIP-211 (retention counts from when the group became empty), KIP-447 (require_stable), KIP-496 (OffsetDelete).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwire.coordinator.decision import Decision
from kwire.coordinator.group.records import offset_record, offset_tombstone
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.offset_commit import (
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from kwire.protocol.messages.offset_delete import (
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)
from kwire.protocol.messages.offset_fetch import (
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
)
from kwire.protocol.messages.records.consumer_offsets import OffsetCommitValue
from kwire.protocol.records.batch import NO_PRODUCER_ID
from kwire.protocol.schema import ZERO_UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from kwire.coordinator.decision import CoordinatorRecord
    from kwire.coordinator.group.commands import CommitOffsets, DeleteOffsets, FetchOffsets
    from kwire.coordinator.group.config import GroupCoordinatorConfig
    from kwire.coordinator.group.group import Group, Groups
    from kwire.protocol.messages.records.consumer_offsets import OffsetCommitKey

NO_OFFSET = -1
NO_TIMESTAMP = -1
NO_RETENTION_TIME = -1
LAST_TIMESTAMP = 2**63 - 1
MINUTE_MS = 60_000


@dataclass(slots=True)
class CommittedOffset:
    """A committed offset. sequence: greater for a later commit."""

    offset: int
    leader_epoch: int
    metadata: str
    commit_timestamp_ms: int
    expire_timestamp_ms: int
    topic_id: bytes
    sequence: int


Topics = dict[str, dict[int, CommittedOffset]]


class Offsets:
    """The committed offsets of one shard's groups, and those of open transactions.

    new_group: makes a group of that id that only holds offsets.
    """

    def __init__(
        self, groups: Groups, new_group: Callable[[str], Group], config: Callable[[], GroupCoordinatorConfig]
    ) -> None:
        self._groups = groups
        self._new_group = new_group
        self._config = config
        self._committed: dict[str, Topics] = {}
        self._pending: dict[int, dict[tuple[str, str, int], CommittedOffset]] = {}
        self._sequence = 0

    def of(self, group_id: str) -> Topics:
        """Return what the group has committed: topic, partition, offset."""
        return self._committed.get(group_id, {})

    # OffsetCommit

    def commit(self, command: CommitOffsets, now_ms: int) -> Decision:
        """Commit the offsets; report too long metadata in the offset's row.

        Raises:
            ApiError: none of them may be committed.
        """
        request = command.request
        self._check_commit(command)
        expires_ms = NO_TIMESTAMP
        if request.retention_time_ms != NO_RETENTION_TIME:
            expires_ms = min(max(now_ms + request.retention_time_ms, 0), LAST_TIMESTAMP)
        decision = Decision(OffsetCommitResponse())
        for topic in request.topics:
            rows = []
            for asked in topic.partitions:
                metadata = asked.committed_metadata or ""
                row = OffsetCommitResponsePartition(asked.partition_index)
                rows.append(row)
                if self._is_too_long(metadata):
                    row.error_code = ErrorCode.OFFSET_METADATA_TOO_LARGE
                    continue
                offset, leader_epoch = asked.committed_offset, asked.committed_leader_epoch
                value = OffsetCommitValue(offset, leader_epoch, metadata, now_ms, expires_ms, topic.topic_id)
                decision.records.append(offset_record(request.group_id, topic.name, asked.partition_index, value))
            decision.reply.topics.append(OffsetCommitResponseTopic(topic.name, topic.topic_id, rows))
        return decision

    def _is_too_long(self, metadata: str | None) -> bool:
        if not metadata:
            return False
        longest = self._config().offset_metadata_max_bytes
        return len(metadata) > longest or (not metadata.isascii() and _utf16_length(metadata) > longest)

    def _check_commit(self, command: CommitOffsets) -> None:
        request = command.request
        group = self._groups.get(request.group_id)
        if group is not None:
            group.check_commit(command, lambda asked: not self._is_too_long(asked.committed_metadata))
        elif request.generation_id_or_member_epoch >= 0:
            missing = ErrorCode.GROUP_ID_NOT_FOUND if command.knows_missing_groups else ErrorCode.ILLEGAL_GENERATION
            raise ApiError(missing)

    # OffsetFetch

    def fetch(self, command: FetchOffsets) -> Decision:
        """Return the committed offsets of the requested partitions, or of all.

        Raises:
            ApiError: UNKNOWN_MEMBER_ID or STALE_MEMBER_EPOCH.
        """
        request = command.request
        group_id = request.group_id
        group = self._groups.get(group_id)
        if group is not None:
            group.check_fetch(request.member_id, request.member_epoch)
        committed = self.of(group_id)
        unstable = self._unstable(group_id) if command.require_stable else ()
        topics = []
        if request.topics is None:
            for name, partitions in committed.items():
                rows = [_fetched(index, found, (name, index) in unstable) for index, found in partitions.items()]
                topics.append(OffsetFetchResponseTopics(name=name, partitions=rows))
        else:
            for asked in request.topics:
                known = committed.get(asked.name, {})
                rows = []
                for index in asked.partition_indexes:
                    found = known.get(index)
                    if found is not None and _is_other_topic(found.topic_id, asked.topic_id):
                        found = None
                    rows.append(_fetched(index, found, (asked.name, index) in unstable))
                topics.append(OffsetFetchResponseTopics(name=asked.name, topic_id=asked.topic_id, partitions=rows))
        return Decision(OffsetFetchResponseGroup(group_id=group_id, topics=topics))

    def _unstable(self, group_id: str) -> Collection[tuple[str, int]]:
        return {key[1:] for pending in self._pending.values() for key in pending if key[0] == group_id}

    # OffsetDelete, deleted topics, deleted groups, retention

    def delete(self, command: DeleteOffsets) -> Decision:
        """Delete the offsets, except for topics that the group consumes.

        Raises:
            ApiError: GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP.
        """
        request = command.request
        group = self._groups.get(request.group_id)
        if group is None:
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND)
        group.check_offset_delete()
        committed = self.of(request.group_id)
        decision = Decision(OffsetDeleteResponse())
        for topic in request.topics:
            subscribed = group.is_subscribed_to(topic.name)
            code = ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC if subscribed else ErrorCode.NONE
            rows = []
            for asked in topic.partitions:
                index = asked.partition_index
                rows.append(OffsetDeleteResponsePartition(partition_index=index, error_code=code))
                if not subscribed and index in committed.get(topic.name, {}):
                    decision.records.append(offset_tombstone(request.group_id, topic.name, index))
            decision.reply.topics.append(OffsetDeleteResponseTopic(name=topic.name, partitions=rows))
        return decision

    def forget_missing(self, existing: Mapping[str, bytes]) -> Iterator[CoordinatorRecord]:
        """Make tombstones of everything committed for topics that are not among these, each with its id."""
        for group_id, committed in self._committed.items():
            for topic, partitions in committed.items():
                topic_id = existing.get(topic)
                for index, found in partitions.items():
                    if topic_id is None or _is_other_topic(found.topic_id, topic_id):
                        yield offset_tombstone(group_id, topic, index)

    def delete_all(self, group_id: str) -> Iterator[CoordinatorRecord]:
        """Make tombstones of everything that the group has committed."""
        for topic, partitions in self.of(group_id).items():
            for index in partitions:
                yield offset_tombstone(group_id, topic, index)

    def expire(self, group: Group, now_ms: int, records: list[CoordinatorRecord]) -> bool:
        """Add tombstones of expired offsets of a group without members; return whether it holds no offset then."""
        committed = self.of(group.group_id)
        if not committed:
            return not self._unstable(group.group_id)
        if not group.lets_offsets_expire:
            return False
        retention_ms = self._config().offsets_retention_minutes * MINUTE_MS
        unstable = self._unstable(group.group_id)
        nothing_left = not unstable
        for topic, partitions in committed.items():
            subscribed = group.protocol_type is not None and group.is_subscribed_to(topic)
            for index, found in partitions.items():
                if not subscribed and (topic, index) not in unstable and _expired(found, group, now_ms, retention_ms):
                    records.append(offset_tombstone(group.group_id, topic, index))
                else:
                    nothing_left = False
        return nothing_left

    # Replay

    def replay(self, key: OffsetCommitKey, value: OffsetCommitValue | None, producer_id: int) -> None:
        """Apply the record; one of a transaction is applied when that is committed."""
        if value is None:
            self._remove(key.group, key.topic, key.partition)
            for pending in self._pending.values():
                pending.pop((key.group, key.topic, key.partition), None)
            return
        if key.group not in self._groups:
            self._groups[key.group] = self._new_group(key.group)
        self._sequence += 1
        committed = CommittedOffset(
            value.offset,
            value.leader_epoch,
            value.metadata,
            value.commit_timestamp,
            value.expire_timestamp,
            value.topic_id,
            self._sequence,
        )
        if producer_id == NO_PRODUCER_ID:
            self._put(key.group, key.topic, key.partition, committed)
        else:
            self._pending.setdefault(producer_id, {})[key.group, key.topic, key.partition] = committed

    def end_transaction(self, producer_id: int, *, committed: bool) -> None:
        """Apply or drop what the producer's transaction was about to commit."""
        for (group_id, topic, index), pending in self._pending.pop(producer_id, {}).items():
            before = self.of(group_id).get(topic, {}).get(index)
            if committed and (before is None or before.sequence < pending.sequence):
                self._put(group_id, topic, index, pending)

    def _put(self, group_id: str, topic: str, index: int, committed: CommittedOffset) -> None:
        self._committed.setdefault(group_id, {}).setdefault(topic, {})[index] = committed

    def _remove(self, group_id: str, topic: str, index: int) -> None:
        topics = self.of(group_id)
        partitions = topics.get(topic)
        if partitions is None:
            return
        partitions.pop(index, None)
        if not partitions:
            del topics[topic]
        if not topics:
            del self._committed[group_id]


def _fetched(index: int, found: CommittedOffset | None, unstable: bool) -> OffsetFetchResponsePartitions:
    if unstable:
        return OffsetFetchResponsePartitions(
            partition_index=index, committed_offset=NO_OFFSET, error_code=ErrorCode.UNSTABLE_OFFSET_COMMIT
        )
    if found is None:
        return OffsetFetchResponsePartitions(partition_index=index, committed_offset=NO_OFFSET)
    return OffsetFetchResponsePartitions(
        partition_index=index,
        committed_offset=found.offset,
        committed_leader_epoch=found.leader_epoch,
        metadata=found.metadata,
    )


def _is_other_topic(stored: bytes, asked: bytes) -> bool:
    """Whether the offset was committed for an older topic of the same name."""
    return ZERO_UUID not in {stored, asked} and stored != asked


def _expired(found: CommittedOffset, group: Group, now_ms: int, retention_ms: int) -> bool:
    if found.expire_timestamp_ms != NO_TIMESTAMP:
        return now_ms >= found.expire_timestamp_ms
    return now_ms - group.kept_since_ms(found.commit_timestamp_ms) >= retention_ms


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-be", "surrogatepass")) // 2
