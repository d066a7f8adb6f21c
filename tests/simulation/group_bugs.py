"""Five bugs that group coordinators have had, one at a time: each of them must be caught."""

from dataclasses import replace
from unittest import mock

from kwire.coordinator.group.classic.rebalance import Rebalancing
from kwire.coordinator.group.offsets import Offsets
from kwire.coordinator.runtime import SEEN_BY_CLIENT, Runtime
from kwire.coordinator.timers import Timers
from kwire.protocol.errors import ApiError


def fencing_skipped():
    """Whoever commits is believed, whatever generation it is of."""
    return mock.patch.object(Offsets, "_check_commit", lambda _offsets, _command: None)


def timer_dropped():
    """A timer that is set again while its first deadline stands in the heap is off."""
    arm = Timers.arm

    def arm_once(timers, key, deadline_s, command):
        if key in timers._queued:
            timers.disarm(key)
        else:
            arm(timers, key, deadline_s, command)

    return mock.patch.object(Timers, "arm", arm_once)


def reply_before_append():
    """A decision's records are appended with the next one's; its replies have left already."""
    apply, waiting = Runtime._apply, {}

    def apply_late(runtime, shard, decision, now_ms):
        if decision.records:
            late, waiting[shard] = waiting.get(shard), decision.records
            try:
                for batch, header in runtime._batches(late, now_ms) if late else ():
                    shard.partition.append(batch, header, now_ms)
            except ApiError as error:
                runtime.unload(shard.partition.index)
                raise ApiError(SEEN_BY_CLIENT.get(error.code, error.code)) from error
            for record in decision.records:
                shard.machine.replay(record)
        return apply(runtime, shard, replace(decision, records=[]), now_ms)

    return mock.patch.object(Runtime, "_apply", apply_late)


def generation_reused():
    """A rebalance ends with the generation that it began with."""
    complete = Rebalancing._complete

    def complete_again(rebalancing, group, now_ms, decision):
        if group.awaiting_join and group.generation_id:
            group.generation_id -= 1
        complete(rebalancing, group, now_ms, decision)

    return mock.patch.object(Rebalancing, "_complete", complete_again)


def commit_off_by_one():
    """What is stored is one behind what was committed."""
    put = Offsets._put

    def put_next(offsets, group_id, topic, index, committed):
        put(offsets, group_id, topic, index, replace(committed, offset=committed.offset + 1))

    return mock.patch.object(Offsets, "_put", put_next)


BUGS = {
    "fencing-skipped": fencing_skipped,
    "timer-dropped": timer_dropped,
    "reply-before-append": reply_before_append,
    "generation-reused": generation_reused,
    "commit-off-by-one": commit_off_by_one,
}
