"""The metadata image: topics, partitions, brokers and configs as the metadata log gives them.

The image changes only in replay(record), so a live change, a restart and a test see the same state.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NO_LEADER = -1
INTERNAL_TOPICS = frozenset({"__consumer_offsets", "__transaction_state", "__share_group_state"})


@dataclass(slots=True)
class PartitionImage:
    """One partition's bookkeeping. leader is NO_LEADER while no replica runs."""

    index: int
    replicas: list[int]
    isr: list[int]
    leader: int
    leader_epoch: int
    partition_epoch: int


@dataclass(slots=True)
class TopicImage:
    """One topic; partitions[i].index == i."""

    name: str
    topic_id: bytes
    partitions: list[PartitionImage] = field(default_factory=list)

    @property
    def is_internal(self) -> bool:
        """Whether clients see it as one of Kafka's own."""
        return self.name in INTERNAL_TOPICS


@dataclass(slots=True)
class BrokerImage:
    """One broker of the cluster: its id, epoch, rack, and whether it is stopped (fenced)."""

    node_id: int
    epoch: int
    rack: str | None = None
    fenced: bool = False


@dataclass(slots=True)
class MetadataImage:
    """The whole of it. version rises with every replayed record: a cached reply is good for one version.

    configs: (resource type as in DescribeConfigs, resource name) to config name to value, dynamic ones only.
    """

    version: int = 0
    topics: dict[str, TopicImage] = field(default_factory=dict)
    topics_by_id: dict[bytes, TopicImage] = field(default_factory=dict)
    brokers: dict[int, BrokerImage] = field(default_factory=dict)
    configs: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)
    next_producer_id: int = 0

    def topic(self, name: str) -> TopicImage | None:
        """The topic of that name."""
        return self.topics.get(name)

    def topic_by_id(self, topic_id: bytes) -> TopicImage | None:
        """The topic with that id."""
        return self.topics_by_id.get(topic_id)
