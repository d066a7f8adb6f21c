"""Kafka's own topics, which appear when something needs them first.

A key (group id, transactional id) belongs to the partition that Java's hash of it gives, and to that one's leader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.broker.metadata import INTERNAL_TOPICS
from kwire.protocol.messages.create_topics import CreatableTopic, CreatableTopicConfig

if TYPE_CHECKING:
    from kwire.broker.configs import BrokerConfig

GROUP_TOPIC: Final = "__consumer_offsets"
TRANSACTION_TOPIC: Final = "__transaction_state"
SHARE_TOPIC: Final = "__share_group_state"

INT32_MIN = -(2**31)


def java_hash(text: str) -> int:
    """What String.hashCode gives for the text, an int32."""
    value = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for position in range(0, len(units), 2):
        value = (31 * value + int.from_bytes(units[position : position + 2])) & 0xFFFF_FFFF
    return value - 2**32 if value >= 2**31 else value


def partition_for(key: str, partitions: int) -> int:
    """The partition of an internal topic that holds that key."""
    hashed = java_hash(key)
    return 0 if hashed == INT32_MIN else abs(hashed) % partitions


def creatable(name: str, config: BrokerConfig, brokers: int) -> CreatableTopic:
    """What to ask of the controller for a topic, internal or ordinary, about which nobody said more than its name."""
    if name not in INTERNAL_TOPICS:
        return CreatableTopic(name=name, num_partitions=-1, replication_factor=-1)
    partitions, replication_factor, configs = _parts(name, config)
    return CreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=min(replication_factor, brokers),
        configs=[CreatableTopicConfig(name=key, value=value) for key, value in configs.items()],
    )


def _parts(name: str, config: BrokerConfig) -> tuple[int, int, dict[str, str]]:
    """Partitions, replicas and configs of an internal topic."""
    if name == GROUP_TOPIC:
        return (
            config.offsets_topic_num_partitions,
            config.offsets_topic_replication_factor,
            {
                "cleanup.policy": "compact",
                "compression.type": "producer",
                "segment.bytes": str(config.offsets_topic_segment_bytes),
            },
        )
    if name == TRANSACTION_TOPIC:
        return (
            config.transaction_state_log_num_partitions,
            config.transaction_state_log_replication_factor,
            {
                "cleanup.policy": "compact",
                "compression.type": "uncompressed",
                "min.insync.replicas": str(config.transaction_state_log_min_isr),
                "segment.bytes": str(config.transaction_state_log_segment_bytes),
                "unclean.leader.election.enable": "false",
            },
        )
    return (
        config.share_coordinator_state_topic_num_partitions,
        config.share_coordinator_state_topic_replication_factor,
        {
            "cleanup.policy": "delete",
            "compression.type": "uncompressed",
            "min.insync.replicas": str(config.share_coordinator_state_topic_min_isr),
            "retention.ms": "-1",
            "segment.bytes": str(config.share_coordinator_state_topic_segment_bytes),
        },
    )
