"""What happens to groups: to their members by plan, to their state as it comes; counted without a hook in kwire."""

from contextlib import ExitStack, contextmanager
from unittest import mock

from kwire.coordinator.group.classic.group import ClassicGroup
from kwire.coordinator.group.shard import GroupShard

MEMBER_FAULTS = {
    "member joined": 4,
    "member left": 1,
    "member crashed": 1,
    "all members left": 0.8,
    "all members crashed": 0.8,
    "member stalled": 4,
    "subscription changed": 1,
    "static member restarted": 1,
    "static member started twice": 1,
}
"""And how likely each is."""
OUTCOMES = ("stalled member fenced", "stalled member went on", "group deleted")
ANSWERS = (
    "NOT_COORDINATOR",
    "COORDINATOR_LOAD_IN_PROGRESS",
    "MEMBER_ID_REQUIRED",
    "UNKNOWN_MEMBER_ID",
    "ILLEGAL_GENERATION",
    "REBALANCE_IN_PROGRESS",
    "FENCED_INSTANCE_ID",
    "UNRELEASED_INSTANCE_ID",
    "GROUP_ID_NOT_FOUND",
)
TIMERS = (
    "SessionExpired",
    "InitialDelayOver",
    "FirstBeatsOver",
    "JoinOverdue",
    "SyncOverdue",
    "ExpireOffsets",
    "RevocationOverdue",
    "ClassicMemberOverdue",
    "ResolveExpressions",
)
CLASSIC_TRANSITIONS = (
    "Empty to PreparingRebalance",
    "PreparingRebalance to CompletingRebalance",
    "PreparingRebalance to Empty",
    "CompletingRebalance to PreparingRebalance",
    "CompletingRebalance to Stable",
    "Stable to PreparingRebalance",
    "Empty to Stable",  # a log is loaded
    "Empty to Dead",
)
CONSUMER_TRANSITIONS = (
    "Empty to Assigning",
    "Empty to Stable",
    "Assigning to Empty",
    "Assigning to Reconciling",
    "Assigning to Stable",
    "Reconciling to Assigning",
    "Reconciling to Stable",
    "Stable to Assigning",
    "Stable to Empty",
    "Stable to Reconciling",
    "Empty to Dead",
)
CONVERSIONS = (
    "classic becomes consumer, empty",
    "classic becomes consumer, with members",
    "consumer becomes classic, empty",
    "consumer becomes classic, with members",
)
TRANSITIONS = (
    *(f"classic: {each}" for each in CLASSIC_TRANSITIONS),
    *(f"consumer: {each}" for each in CONSUMER_TRANSITIONS),
    *CONVERSIONS,
)


@contextmanager
def counting(fired, ledger):
    """Counts the transitions of every group, and the timers that go off, while the block runs.

    ledger: of the group that is told when it begins again as one of another kind.
    """
    decide, replay = GroupShard.decide, GroupShard.replay
    last_kind, was_empty = None, True

    def set_attribute(group, name, value):
        if name == "state":
            former = getattr(group, "state", value)
            if former is not value:
                fired[f"classic: {former.value} to {value.value}"] += 1
        object.__setattr__(group, name, value)

    def look(shard):
        nonlocal last_kind, was_empty
        group = shard.groups.get(ledger.group_id)
        if group is None:
            return
        if last_kind not in {None, group.group_type}:
            fired[f"{last_kind} becomes {group.group_type}, {'empty' if was_empty else 'with members'}"] += 1
            if was_empty:
                ledger.began_again()
        last_kind, was_empty = group.group_type, group.is_empty

    def counted_decide(shard, command, now_ms, waiter):
        name = type(command).__name__
        if name in TIMERS:
            fired[name] += 1
        look(shard)
        before = _state(shard, command)
        try:
            return decide(shard, command, now_ms, waiter)
        finally:
            look(shard)
            after = _state(shard, command)
            if before is not None and after not in {None, before}:
                fired[f"consumer: {before} to {after}"] += 1

    def counted_replay(shard, record, producer_id=-1):
        empty = [group for group in shard.groups.values() if group.is_empty] if record.value is None else ()
        replay(shard, record, producer_id)
        for group in empty:
            if group.group_id not in shard.groups:
                fired[f"{group.group_type}: Empty to Dead"] += 1

    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(ClassicGroup, "__setattr__", set_attribute))
        patches.enter_context(mock.patch.object(GroupShard, "decide", counted_decide))
        patches.enter_context(mock.patch.object(GroupShard, "replay", counted_replay))
        yield


def _state(shard, command):
    """Of the consumer group that the command is for."""
    request = getattr(command, "request", command)
    group = shard.groups.get(getattr(request, "group_id", None))
    return group.state_name if group is not None and group.group_type == "consumer" else None
