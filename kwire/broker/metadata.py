"""The metadata image: topics, partitions, brokers and configs as the metadata log gives them.

The image changes only in replay(record), so a live change, a restart and a test see the same state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kwire.broker.resources import TOPIC
from kwire.protocol.messages.records.cluster_metadata import (
    BrokerRegistrationChangeRecord,
    ConfigRecord,
    FeatureLevelRecord,
    PartitionChangeRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RegisterBrokerRecord,
    RemoveTopicRecord,
    TopicRecord,
    UnregisterBrokerRecord,
)
from kwire.protocol.schema import ZERO_UUID

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.protocol.schema import Message

NO_LEADER = -1
LEADER_UNCHANGED = -2
"""Leader of a PartitionChangeRecord that changes no leader."""
INTERNAL_TOPICS = frozenset({"__consumer_offsets", "__transaction_state", "__share_group_state"})


@dataclass(slots=True)
class PartitionImage:
    """One partition's bookkeeping. leader is NO_LEADER while it is offline.

    adding_replicas, removing_replicas: those of replicas that a reassignment under way adds and removes.
    """

    index: int
    replicas: list[int]
    isr: list[int]
    leader: int
    leader_epoch: int
    partition_epoch: int
    adding_replicas: list[int] = field(default_factory=list)
    removing_replicas: list[int] = field(default_factory=list)


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
    first_leader_epoch: what a new partition begins with.
    """

    version: int = 0
    topics: dict[str, TopicImage] = field(default_factory=dict)
    topics_by_id: dict[bytes, TopicImage] = field(default_factory=dict)
    brokers: dict[int, BrokerImage] = field(default_factory=dict)
    configs: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)
    features: dict[str, int] = field(default_factory=dict)
    next_producer_id: int = 0
    first_leader_epoch: int = 0

    @property
    def newest_leader_epoch(self) -> int:
        """The highest leader epoch that a client may know."""
        epochs = (partition.leader_epoch for topic in self.topics.values() for partition in topic.partitions)
        return max(epochs, default=self.first_leader_epoch)

    @property
    def running(self) -> list[int]:
        """Ids of the brokers that run, ascending."""
        return [node_id for node_id, broker in self.brokers.items() if not broker.fenced]

    def replay(self, record: Message) -> None:
        """The image is as it was when the record had been decided. Kinds that kwire does not decide change nothing."""
        apply = _APPLY.get(type(record))
        if apply is not None:
            apply(self, record)
        self.version += 1

    def topic(self, name: str) -> TopicImage | None:
        """The topic of that name."""
        return self.topics.get(name)

    def topic_by_id(self, topic_id: bytes) -> TopicImage | None:
        """The topic with that id."""
        return self.topics_by_id.get(topic_id)

    def topic_of_log(self, name: str, topic_id: bytes) -> TopicImage | None:
        """Find the topic of a stored log: by its id, or by its name where the log does not know the id."""
        return self.topics.get(name) if topic_id == ZERO_UUID else self.topics_by_id.get(topic_id)


def _topic(image: MetadataImage, record: TopicRecord) -> None:
    topic = TopicImage(record.name, record.topic_id)
    image.topics[record.name] = topic
    image.topics_by_id[record.topic_id] = topic


def _remove_topic(image: MetadataImage, record: RemoveTopicRecord) -> None:
    topic = image.topics_by_id.pop(record.topic_id)
    del image.topics[topic.name]
    image.configs.pop((TOPIC, topic.name), None)


def _partition(image: MetadataImage, record: PartitionRecord) -> None:
    image.topics_by_id[record.topic_id].partitions.append(
        PartitionImage(
            index=record.partition_id,
            replicas=record.replicas,
            isr=record.isr,
            leader=record.leader,
            leader_epoch=record.leader_epoch,
            partition_epoch=record.partition_epoch,
            adding_replicas=record.adding_replicas,
            removing_replicas=record.removing_replicas,
        )
    )


def _change_partition(image: MetadataImage, record: PartitionChangeRecord) -> None:
    partition = image.topics_by_id[record.topic_id].partitions[record.partition_id]
    if record.replicas is not None:
        partition.replicas = record.replicas
    if record.adding_replicas is not None:
        partition.adding_replicas = record.adding_replicas
    if record.removing_replicas is not None:
        partition.removing_replicas = record.removing_replicas
    if record.isr is not None:
        partition.isr = record.isr
    if record.leader != LEADER_UNCHANGED:
        partition.leader = record.leader
        partition.leader_epoch += 1
    partition.partition_epoch += 1


def _config(image: MetadataImage, record: ConfigRecord) -> None:
    resource = record.resource_type, record.resource_name
    if record.value is not None:
        image.configs.setdefault(resource, {})[record.name] = record.value
        return
    configs = image.configs.get(resource, {})
    configs.pop(record.name, None)
    if not configs:
        image.configs.pop(resource, None)


def _register_broker(image: MetadataImage, record: RegisterBrokerRecord) -> None:
    image.brokers[record.broker_id] = BrokerImage(record.broker_id, record.broker_epoch, record.rack, record.fenced)
    image.brokers = dict(sorted(image.brokers.items()))


def _unregister_broker(image: MetadataImage, record: UnregisterBrokerRecord) -> None:
    del image.brokers[record.broker_id]


def _change_broker(image: MetadataImage, record: BrokerRegistrationChangeRecord) -> None:
    if record.fenced:
        image.brokers[record.broker_id].fenced = record.fenced > 0


def _feature_level(image: MetadataImage, record: FeatureLevelRecord) -> None:
    if record.feature_level:
        image.features[record.name] = record.feature_level
    else:
        image.features.pop(record.name, None)


def _producer_ids(image: MetadataImage, record: ProducerIdsRecord) -> None:
    image.next_producer_id = record.next_producer_id


_APPLY: dict[type[Message], Callable[[MetadataImage, Any], None]] = {
    TopicRecord: _topic,
    RemoveTopicRecord: _remove_topic,
    PartitionRecord: _partition,
    PartitionChangeRecord: _change_partition,
    ConfigRecord: _config,
    RegisterBrokerRecord: _register_broker,
    UnregisterBrokerRecord: _unregister_broker,
    BrokerRegistrationChangeRecord: _change_broker,
    FeatureLevelRecord: _feature_level,
    ProducerIdsRecord: _producer_ids,
}
