"""The steps that decisions over consumer groups are made of, each of which builds on the one before it.

A step makes records, and they count at once: what the next one finds is the state after them. So whatever may be
refused has to be refused before the first step. Topics that were created, enlarged or deleted are noticed with the
next heartbeat: the metadata's version is compared, and the hash of the subscribed topics only where it has moved.

Source: KIP-848; Apache Kafka's group coordinator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.coordinator.decision import Decision, Timer
from kwire.coordinator.group.commands import ResolveExpressions, RevocationOverdue, SessionExpired
from kwire.coordinator.group.consumer import regular_expressions
from kwire.coordinator.group.consumer.group import ConsumerGroup
from kwire.coordinator.group.consumer.member import MemberState, Ownership, ResolvedExpression, Subscription
from kwire.coordinator.group.consumer.reconciliation import Goal, reconcile
from kwire.coordinator.group.consumer.records import (
    current_assignment_record,
    group_epoch_record,
    member_record,
    partition_metadata_tombstone,
    regular_expression_record,
    target_assignment_record,
    target_epoch_record,
)
from kwire.coordinator.group.consumer.target_assignment import changed_targets, is_due
from kwire.coordinator.group.timer_keys import join_key, revocation_key, session_key, sync_key
from kwire.coordinator.group.topics import TopicHashes
from kwire.limits import REGEX_REFRESH_INTERVAL_MS
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.records.batch import HEADER_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable

    from kwire.coordinator.decision import CoordinatorRecord
    from kwire.coordinator.group.config import ConsumerGroupConfig, GroupCoordinatorConfig
    from kwire.coordinator.group.consumer.member import ConsumerMember, HeldPartitions
    from kwire.coordinator.group.group import Groups
    from kwire.coordinator.group.topics import Topics


class Draft:
    """A decision in the making, whose records are replayed as they are added."""

    __slots__ = ("_replay", "decision")

    def __init__(self, replay: Callable[[CoordinatorRecord], None]) -> None:
        self.decision = Decision()
        self._replay = replay

    def add(self, record: CoordinatorRecord) -> None:
        """Add the record to the decision, and replay it."""
        self._replay(record)
        self.decision.records.append(record)
        self.decision.replayed += 1

    def set_timer(self, key: Hashable, delay_ms: int | None, command: object = None) -> None:
        """See Timer."""
        self.decision.timers.append(Timer(key, delay_ms, command))


class ConsumerSteps:
    """Steps over the consumer groups of one shard. topics: the current topics. replay: the shard's."""

    def __init__(
        self,
        groups: Groups,
        config: Callable[[], GroupCoordinatorConfig],
        group_config: Callable[[str], ConsumerGroupConfig],
        topics: Callable[[], Topics],
        replay: Callable[[CoordinatorRecord], None],
    ) -> None:
        self._groups = groups
        self._config = config
        self._group_config = group_config
        self._topics = topics
        self._replay = replay
        self.hashes = TopicHashes()
        self._known_topics: set[bytes] = set()
        self._known_version = -1
        self._new_topics = 0

    def draft(self) -> Draft:
        """Begin an empty draft."""
        return Draft(self._replay)

    def group(self, group_id: str) -> ConsumerGroup | None:
        """Return the consumer group of that id as it is now."""
        return self._groups.of_kind(group_id, ConsumerGroup)

    def is_other(self, group_id: str) -> bool:
        """Whether the group of that id exists and is not a consumer group."""
        return group_id in self._groups and self.group(group_id) is None

    def _group(self, group_id: str) -> ConsumerGroup:
        group = self.group(group_id)
        assert group is not None
        return group

    # Members

    def replace_member(self, draft: Draft, group: ConsumerGroup, old: ConsumerMember, member_id: str) -> None:
        """Give the static member another id; it begins anew to reconcile."""
        group_id, subscription, target = group.group_id, old.subscription, group.target_of(old)
        ownership = Ownership(0, 0, old.ownership.state, old.ownership.assigned, old.ownership.revoking)
        self._remove(draft, group_id, old.member_id)
        draft.add(member_record(group_id, member_id, subscription))
        draft.add(target_assignment_record(group_id, member_id, target))
        draft.add(current_assignment_record(group_id, member_id, ownership))

    def update_member(
        self, draft: Draft, group_id: str, member_id: str, subscription: Subscription, now_ms: int
    ) -> bool:
        """Update the member, new or not, with this subscription; return whether the target must be computed again."""
        group = self.group(group_id) or ConsumerGroup(group_id)
        member = group.members.get(member_id)
        before = Subscription() if member is None else member.subscription
        assignor = group.preferred_assignor or self.default_assignor
        if member is None or subscription != before:
            draft.add(member_record(group_id, member_id, subscription))
        group = self._group(group_id)
        if member is not None and (subscription.classic is None) != (before.classic is None):
            self._change_protocol(draft, group_id, member)
        bump = subscription.topic_names != before.topic_names
        bump = bump or (group.preferred_assignor or self.default_assignor) != assignor
        return self._update_expressions(draft, group, before.regex, subscription.regex, now_ms) or bump

    def fence(self, draft: Draft, group: ConsumerGroup, member_ids: Collection[str]) -> None:
        """Remove the members; the others share their partitions."""
        group_id = group.group_id
        used = {group.members[member_id].subscription.regex for member_id in member_ids}
        for member_id in member_ids:
            self._remove(draft, group_id, member_id)
        for expression in sorted(used):
            if expression and expression not in group.expressions:
                draft.add(regular_expression_record(group_id, expression, None))
        epoch = group.epoch + 1
        topics = self._topics()
        draft.add(group_epoch_record(group_id, epoch, self.hashes.of_topics(topics, group.subscribed_topics)))
        group.checked_version = topics.version
        if group.is_empty:
            draft.add(target_epoch_record(group_id, epoch))
        for member_id in member_ids:
            for key in (session_key, revocation_key, join_key, sync_key):
                draft.set_timer(key(group_id, member_id), None)

    def keep_session(self, draft: Draft, group_id: str, member_id: str, timeout_ms: int | None = None) -> None:
        """Restart the member's session timer, by default with the group's session timeout."""
        if timeout_ms is None:
            timeout_ms = self._group_config(group_id).consumer_session_timeout_ms
        draft.set_timer(session_key(group_id, member_id), timeout_ms, SessionExpired(group_id, member_id))

    def _change_protocol(self, draft: Draft, group_id: str, member: ConsumerMember) -> None:
        """Switch the member to the other protocol, and cancel its timers of the former one."""
        member.awaits_join = False
        for key in (revocation_key, join_key, sync_key):
            draft.set_timer(key(group_id, member.member_id), None)
        if member.subscription.classic is None:
            self.await_revocation(draft, group_id, member)

    def _remove(self, draft: Draft, group_id: str, member_id: str) -> None:
        draft.add(current_assignment_record(group_id, member_id, None))
        draft.add(target_assignment_record(group_id, member_id, None))
        draft.add(member_record(group_id, member_id, None))

    # Epochs and assignments

    def refresh_metadata(self, draft: Draft, group_id: str, *, bump: bool) -> None:
        """Raise the group epoch if it must rise, or if the subscribed topics have changed."""
        group = self._group(group_id)
        topics = self._topics()
        if not bump and group.checked_version == topics.version:
            return
        new_hash = self.hashes.of_topics(topics, group.subscribed_topics)
        if bump or new_hash != group.metadata_hash:
            draft.add(group_epoch_record(group_id, group.epoch + 1, new_hash))
        if group.has_partition_metadata:
            draft.add(partition_metadata_tombstone(group_id))
        group.checked_version = topics.version

    def update_target(self, draft: Draft, group_id: str, now_ms: int) -> None:
        """Compute the target assignment of the group epoch, if it is due."""
        group = self._group(group_id)
        if not is_due(group, self._group_config(group_id).consumer_assignment_interval_ms, now_ms):
            return
        from kwire.coordinator.group.consumer.assignors import ASSIGNORS  # noqa: PLC0415 - groups that rest need none of them

        assignor = ASSIGNORS[group.preferred_assignor or self.default_assignor]
        for member_id, target in changed_targets(group, assignor, self._topics()).items():
            draft.add(target_assignment_record(group_id, member_id, target))
        draft.add(target_epoch_record(group_id, group.epoch, now_ms))

    def reconcile(self, draft: Draft, group_id: str, member_id: str, held: HeldPartitions | None) -> bool:
        """Move the member one step towards its target; return whether it must consume something else."""
        group = self._group(group_id)
        member = group.member(member_id)
        before = member.ownership
        topics = self._topics()
        names = group.topics_of(member.subscription)

        def is_subscribed(topic_id: bytes) -> bool:
            topic = topics.topic_by_id(topic_id)
            return topic is not None and topic.name in names

        goal = Goal(group.target_epoch, group.target_of(member), is_subscribed, group.is_free, held)
        after = reconcile(before, goal)
        if after != before:
            draft.add(current_assignment_record(group_id, member_id, after))
            if member.subscription.classic is None:
                self.await_revocation(draft, group_id, member)
        if after.is_reconciled_to(group.target_epoch) and group.target_epoch == group.epoch:
            member.settled_at = (topics.version, group.changes)
        return after.assigned != before.assigned

    def await_revocation(self, draft: Draft, group_id: str, member: ConsumerMember) -> None:
        """Give the member its rebalance timeout to give up partitions, if it must give up any."""
        key = revocation_key(group_id, member.member_id)
        if member.ownership.state is MemberState.UNREVOKED_PARTITIONS:
            overdue = RevocationOverdue(group_id, member.member_id, member.ownership.epoch)
            draft.set_timer(key, member.subscription.rebalance_timeout_ms, overdue)
        else:
            draft.set_timer(key, None)

    @property
    def default_assignor(self) -> str:
        """Return the name of the server-side assignor for groups whose members name none."""
        return self._config().group_consumer_assignors.split(",")[0].strip()

    # Regular expressions

    def check_subscription(
        self, group: ConsumerGroup, member_id: str, before: Subscription, after: Subscription
    ) -> None:
        """The member may tell after in place of before.

        Raises:
            ApiError: INVALID_REGULAR_EXPRESSION; UNKNOWN_SERVER_ERROR, it is too long to be stored.
        """
        if after == before:
            return
        if after.regex and after.regex != before.regex and after.regex not in group.expressions:
            regular_expressions.check(after.regex)
        size_bytes = member_record(group.group_id, member_id, after).size_bytes
        if size_bytes + HEADER_BYTES > self._config().message_max_bytes:
            raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)

    def expressions_are_due(self, group: ConsumerGroup, now_ms: int) -> bool:
        """Whether the group's regular expressions must be resolved, and may be by now."""
        if not group.expressions or group.is_resolving:
            return False
        last = next(iter(group.resolved.values()), None)
        if last is None:
            return True
        age_ms = now_ms - last.timestamp_ms
        if 0 <= age_ms <= REGEX_REFRESH_INTERVAL_MS:  # less where the clock was set back
            return False
        known = len(group.expressions) == len(group.resolved) and group.topics_seen == self._topics_seen()
        return not known or age_ms > self._config().group_consumer_regex_refresh_interval_ms

    def refresh_expressions(self, draft: Draft, group: ConsumerGroup, now_ms: int) -> None:
        """Have the group's regular expressions resolved soon, if they must be."""
        if self.expressions_are_due(group, now_ms):
            group.is_resolving = True
            draft.set_timer(("expressions", group.group_id), 0, ResolveExpressions(group.group_id))

    def resolve_expressions(self, command: ResolveExpressions, now_ms: int) -> Decision:
        """Store the topics that match the group's regular expressions; raise the group epoch if they have changed."""
        draft = self.draft()
        group = self.group(command.group_id)
        if group is None:
            return draft.decision
        group.is_resolving = False
        group.topics_seen = self._topics_seen()
        topics = self._topics()
        bump = False
        for expression in list(group.expressions):
            found = _matching(expression, topics)
            before = group.resolved.get(expression)
            bump = bump or found != (frozenset() if before is None else before.topics)
            resolved = ResolvedExpression(found, topics.version, now_ms)
            draft.add(regular_expression_record(group.group_id, expression, resolved))
        if bump or self.hashes.of_topics(topics, group.subscribed_topics) != group.metadata_hash:
            self.refresh_metadata(draft, group.group_id, bump=True)
        return draft.decision

    def _update_expressions(self, draft: Draft, group: ConsumerGroup, before: str, after: str, now_ms: int) -> bool:
        """Replace the member's regular expression; return whether it has changed and its topics are known already."""
        if before != after and before and before not in group.expressions:
            draft.add(regular_expression_record(group.group_id, before, None))
        self.refresh_expressions(draft, group, now_ms)
        return before != after and (not after or after in group.resolved)

    def _topics_seen(self) -> int:
        """Return a number that rises whenever topics are created."""
        topics = self._topics()
        if topics.version != self._known_version:
            ids = {topic.topic_id for topic in topics.topics.values()}
            self._new_topics += not ids <= self._known_topics
            self._known_version, self._known_topics = topics.version, ids
        return self._new_topics


def _matching(expression: str, topics: Topics) -> frozenset[str]:
    """Return the matching topics; none for an expression of another broker's that is not readable here."""
    try:
        return regular_expressions.matching(expression, topics.topics)
    except ApiError:
        return frozenset()
