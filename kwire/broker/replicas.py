"""Replicas: which of a partition's brokers are in sync, which leads, and how a partition moves to other brokers.

The brokers of one process share the log, so every replica that runs is in sync, and the first of them leads. What
Kafka does step by step is therefore one change here. A reassignment waits only for brokers that are stopped: as in
Kafka it is complete once all replicas that shall remain are in sync, until then old and new ones are replicas.

Source: KIP-455 (reassignments), KIP-460 (elections), KIP-860 (the replication factor is kept on request).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kwire.broker.metadata import LEADER_UNCHANGED, NO_LEADER
from kwire.broker.placement import check_assignment
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.records.cluster_metadata import PartitionChangeRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from kwire.broker.metadata import PartitionImage


class Assignment(NamedTuple):
    """The brokers that hold a partition, the preferred leader first; adding and removing say what is on the way."""

    replicas: list[int]
    adding: list[int]
    removing: list[int]

    @property
    def original(self) -> list[int]:
        """The replicas before the reassignment that is under way."""
        return _without(self.replicas, self.adding)

    @property
    def target(self) -> list[int]:
        """The replicas after it."""
        return _without(self.replicas, self.removing)


class Brokers(NamedTuple):
    """Which brokers run, ascending, and whether any of them may lead a partition of which no replica runs."""

    running: Sequence[int]
    any_may_lead: bool


def assignment_of(partition: PartitionImage) -> Assignment:
    """As the image has it."""
    return Assignment(partition.replicas, partition.adding_replicas, partition.removing_replicas)


def change(
    topic_id: bytes, partition: PartitionImage, wanted: Assignment, brokers: Brokers
) -> PartitionChangeRecord | None:
    """The record after which the partition is assigned so while these brokers run; None where that is so already."""
    replicas, adding, removing = wanted
    if all(node_id in brokers.running for node_id in wanted.target):
        replicas, adding, removing = wanted.target, [], []
    leader, isr = _leader_and_isr(partition, replicas, brokers)
    lost_a_replica = not set(partition.replicas) <= set(replicas)
    record = PartitionChangeRecord(
        partition_id=partition.index,
        topic_id=topic_id,
        isr=_if_new(isr, partition.isr),
        leader=leader if leader != partition.leader or lost_a_replica else LEADER_UNCHANGED,
        replicas=_if_new(replicas, partition.replicas),
        adding_replicas=_if_new(adding, partition.adding_replicas),
        removing_replicas=_if_new(removing, partition.removing_replicas),
    )
    return None if record == PartitionChangeRecord(partition_id=partition.index, topic_id=topic_id) else record


def _leader_and_isr(partition: PartitionImage, replicas: list[int], brokers: Brokers) -> tuple[int, list[int]]:
    """The first replica that runs leads those that run. Where none does, the last ISR stays, as in Kafka."""
    live = [node_id for node_id in replicas if node_id in brokers.running]
    if live:
        return live[0], live
    if brokers.any_may_lead and brokers.running:
        turn = partition.index % len(brokers.running)
        leader = partition.leader if partition.leader in brokers.running else brokers.running[turn]
        return leader, [leader]
    return NO_LEADER, [node_id for node_id in partition.isr if node_id in replicas] or replicas


def reassigned(
    partition: PartitionImage, wanted: list[int], registered: Sequence[int], *, may_change_factor: bool
) -> Assignment:
    """The partition on its way to the brokers that a client wants it on.

    Raises:
        ApiError: INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT.
    """
    assigned = assignment_of(partition)
    check_assignment(wanted, registered, None)
    if not may_change_factor and len(assigned.target) != len(wanted):
        raise ApiError(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"The replication factor is changed from {len(assigned.target)} to {len(wanted)}",
        )
    adding = sorted(_without(wanted, assigned.replicas))
    removing = sorted(_without(assigned.replicas, wanted))
    return Assignment([*wanted, *removing], adding, removing)


def reverted(partition: PartitionImage, *, unclean_allowed: bool) -> Assignment:
    """The partition as it was before the reassignment that is under way.

    unclean_allowed: unclean.leader.election.enable of the topic: then none of those replicas need be in sync.

    Raises:
        ApiError: NO_REASSIGNMENT_IN_PROGRESS, INVALID_REPLICA_ASSIGNMENT.
    """
    assigned = assignment_of(partition)
    if not assigned.adding and not assigned.removing:
        raise ApiError(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS)
    if not unclean_allowed and not _without(partition.isr, assigned.adding):
        raise ApiError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT, "None of the replicas to go back to is in sync with the leader."
        )
    return Assignment(assigned.original, [], [])


def why_no_election(partition: PartitionImage, *, unclean: bool) -> ApiError:
    """Whoever can lead does: the first replica that runs. Which of Kafka's reasons to elect nobody that is.

    ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE or, for an unclean election, ELIGIBLE_LEADERS_NOT_AVAILABLE.
    """
    if partition.leader == partition.replicas[0] or (unclean and partition.leader != NO_LEADER):
        return ApiError(ErrorCode.ELECTION_NOT_NEEDED, "Leader election not needed for topic partition.")
    if unclean:
        return ApiError(ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE, "Eligible topic partition leaders are not available.")
    return ApiError(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, "The preferred leader was not available.")


def _without(node_ids: Sequence[int], others: Collection[int]) -> list[int]:
    return [node_id for node_id in node_ids if node_id not in others]


def _if_new(value: list[int], present: list[int]) -> list[int] | None:
    return value if value != present else None
