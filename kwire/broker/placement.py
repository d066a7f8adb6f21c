"""Where replicas go: leaders round robin over the running brokers, followers striped over the others.

Brokers that are stopped hold a replica only where the running ones are too few, and never the first. Every round over
the brokers is shuffled anew, so that the leaderships of a broker that stops spread over the others.

Source: KIP-455 (manual assignments); Kafka documentation, "Replication".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from kwire.broker.metadata import BrokerImage


def place(partitions: int, replication_factor: int, brokers: Sequence[BrokerImage], dice: Random) -> list[list[int]]:
    """The replicas of so many new partitions, the preferred leader first.

    Raises:
        ApiError: INVALID_REPLICATION_FACTOR, there are not so many brokers, or none of them runs.
    """
    running = [broker.node_id for broker in brokers if not broker.fenced]
    stopped = [broker.node_id for broker in brokers if broker.fenced]
    if not running:
        raise ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, "All brokers are currently fenced.")
    if replication_factor > len(brokers):
        raise ApiError(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"The target replication factor of {replication_factor} cannot be reached because only "
            f"{len(brokers)} broker(s) are registered or some brokers have all their log directories cordoned.",
        )
    first = dice.randrange(len(running))
    placed = []
    for index in range(partitions):
        turn = index % len(running)
        if index and turn == 0:
            dice.shuffle(running)
            dice.shuffle(stopped)
        start = (first + turn) % len(running)
        placed.append([*running[start:], *running[:start], *stopped][:replication_factor])
    return placed


def check_assignment(replicas: Sequence[int], brokers: Sequence[int], replication_factor: int | None) -> None:
    """A client may put a partition's replicas there. replication_factor: of the topic's partitions before it.

    Raises:
        ApiError: INVALID_REPLICA_ASSIGNMENT, in Kafka's words.
    """
    if not replicas:
        raise _wrong("includes an empty replica list.")
    previous = None
    for node_id in sorted(replicas):
        if node_id not in brokers:
            raise _wrong(f"includes broker {node_id}, but no such broker is registered.")
        if node_id == previous:
            raise _wrong(f"includes the broker {node_id} more than once.")
        previous = node_id
    if replication_factor is not None and len(replicas) != replication_factor:
        raise _wrong(
            f"includes a partition with {len(replicas)} replica(s), but this is not consistent with previous "
            f"partitions, which have {replication_factor} replica(s)."
        )


def _wrong(why: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, f"The manual partition assignment {why}")
