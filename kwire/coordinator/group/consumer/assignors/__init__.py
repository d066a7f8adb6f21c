"""Server-side assignors of consumer groups (KIP-848): who of a group reads which partitions.

An assignor is a plain function of the members and of the topics' sizes; `ASSIGNORS` names them, the default first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.coordinator.group.consumer.assignors.model import Assignment, Assignor, MemberSpec, UnknownTopicError
from kwire.coordinator.group.consumer.assignors.range import assign_range
from kwire.coordinator.group.consumer.assignors.uniform import assign_uniform

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ASSIGNORS", "Assignment", "Assignor", "MemberSpec", "UnknownTopicError"]

ASSIGNORS: Mapping[str, Assignor] = {"uniform": assign_uniform, "range": assign_range}
"""By the names that members and `group.consumer.assignors` use, in Kafka's order of preference."""
