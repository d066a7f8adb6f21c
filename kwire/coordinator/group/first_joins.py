"""How long the first rebalance of an empty group waits for more members.

Consumers that start together shall be in one generation, and not find out by their heartbeats, seconds later, that
there is another one. Kafka waits for group.initial.rebalance.delay.ms, and again if somebody came. Where that is 0 a
first rebalance waits for moments only, and a little longer for members that are known to be on their way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.coordinator.group.classic.group import State

if TYPE_CHECKING:
    from kwire.coordinator.group.classic.group import ClassicGroup
    from kwire.coordinator.group.config import GroupCoordinatorConfig

FIRST_JOINS_MS = 3
"""Nobody new has come for so long."""

FIRST_JOINS_LONGEST_MS = 50
"""However many come one after the other."""

OTHERS_JOIN_MS = 60
"""The same while others are on their way: librdkafka looks every 50 ms whether it has a coordinator."""

OTHERS_JOIN_LONGEST_MS = 500


def delay_ms(group: ClassicGroup, config: GroupCoordinatorConfig) -> tuple[int, int]:
    """How long the group waits now, and again if one came; how long in all."""
    timeout_ms = group.rebalance_timeout_ms
    if config.group_initial_rebalance_delay_ms > 0:
        return config.group_initial_rebalance_delay_ms, timeout_ms
    if len(group.members) < group.expected_members:
        return OTHERS_JOIN_MS, min(timeout_ms, OTHERS_JOIN_LONGEST_MS)
    return FIRST_JOINS_MS, min(timeout_ms, FIRST_JOINS_LONGEST_MS)


def expect(group: ClassicGroup, expected_members: int) -> None:
    """So many are on their way; it counts until all who were expected have come, lest they keep each other waiting."""
    if not group.members or len(group.members) < group.expected_members:
        group.expected_members = max(group.expected_members, expected_members)


def were_last_expected(group: ClassicGroup) -> bool:
    """Whether with the newest member all have come for whom a first rebalance waits longer."""
    waits = group.state is State.PREPARING_REBALANCE and group.initial
    return waits and len(group.members) == group.expected_members
