"""What happens to groups: to their members by plan, to their state as it comes; counted without a hook in kwire."""

from contextlib import ExitStack, contextmanager
from unittest import mock

from kwire.coordinator.group.classic import ClassicGroup
from kwire.coordinator.group.shard import GroupShard

MEMBER_FAULTS = {
    "member joined": 4,
    "member left": 1,
    "member crashed": 1,
    "all members left": 0.3,
    "all members crashed": 0.3,
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
)
TIMERS = ("SessionExpired", "InitialDelayOver", "JoinOverdue", "SyncOverdue", "ExpireOffsets")
TRANSITIONS = (
    "Empty to PreparingRebalance",
    "PreparingRebalance to CompletingRebalance",
    "PreparingRebalance to Empty",
    "CompletingRebalance to PreparingRebalance",
    "CompletingRebalance to Stable",
    "Stable to PreparingRebalance",
    "Empty to Stable",  # a log is loaded
    "Empty to Dead",
)


@contextmanager
def counting(fired):
    """Counts the transitions of every group, and the timers that go off, while the block runs."""
    decide, replay = GroupShard.decide, GroupShard.replay

    def set_attribute(group, name, value):
        if name == "state":
            former = getattr(group, "state", value)
            if former is not value:
                fired[f"{former.value} to {value.value}"] += 1
        object.__setattr__(group, name, value)

    def counted_decide(shard, command, now_ms, waiter):
        name = type(command).__name__
        if name in TIMERS:
            fired[name] += 1
        return decide(shard, command, now_ms, waiter)

    def counted_replay(shard, record, producer_id=-1):
        before = {group_id: group.state for group_id, group in shard.groups.items()} if record.value is None else {}
        replay(shard, record, producer_id)
        for group_id, state in before.items():
            if group_id not in shard.groups:
                fired[f"{state.value} to Dead"] += 1

    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(ClassicGroup, "__setattr__", set_attribute))
        patches.enter_context(mock.patch.object(GroupShard, "decide", counted_decide))
        patches.enter_context(mock.patch.object(GroupShard, "replay", counted_replay))
        yield
