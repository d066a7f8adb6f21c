"""Topics to be created: what is asked for becomes records, or the error that Kafka gives.

Source: KIP-4 (CreateTopics), KIP-464 (defaults for counts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kwire.broker.metadata_records import METADATA_TOPIC
from kwire.broker.placement import check_assignment, place
from kwire.broker.resources import TOPIC
from kwire.broker.topic_names import metric_name, why_invalid
from kwire.limits import METADATA_DECISION_RECORDS
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.records.cluster_metadata import ConfigRecord, PartitionRecord, TopicRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kwire.broker.configs import BrokerConfig, Configs
    from kwire.broker.metadata import MetadataImage
    from kwire.env import Env
    from kwire.protocol.messages.create_topics import CreatableTopic
    from kwire.protocol.schema import Message

USE_DEFAULT: Final = -1
"""A count that leaves the choice to the cluster."""

_BASE64_DASH = 62
"""The six bits that base64 for URLs writes as a dash: a topic id that begins with one looks like an option."""


@dataclass(slots=True, frozen=True)
class NewTopic:
    """A topic as it will be."""

    name: str
    topic_id: bytes
    partitions: list[PartitionRecord]
    configs: Mapping[str, str]

    def records(self) -> Iterator[Message]:
        """The decision that creates it."""
        yield TopicRecord(name=self.name, topic_id=self.topic_id)
        for name, value in self.configs.items():
            yield ConfigRecord(resource_type=TOPIC, resource_name=self.name, name=name, value=value)
        yield from self.partitions


class TopicCreation:
    """Decides about the topics of one request; the image does not change meanwhile."""

    def __init__(self, env: Env, image: MetadataImage, configs: Configs, *, configs_are_sound: bool = False) -> None:
        self._configs_are_sound = configs_are_sound
        self._env = env
        self._image = image
        self._configs = configs
        self._node_ids = list(image.brokers)
        self._broker_config: BrokerConfig = configs.broker(self._node_ids[0])
        self._names: dict[str, str] | None = None

    def decide(self, topics: Sequence[CreatableTopic]) -> list[NewTopic | ApiError]:
        """What each topic will be, or why it cannot be."""
        outcomes: list[NewTopic | ApiError] = []
        for topic in topics:
            try:
                outcomes.append(self._decide(topic))
            except ApiError as error:
                outcomes.append(error)
        return outcomes

    def _decide(self, topic: CreatableTopic) -> NewTopic:
        self._check_name(topic.name)
        configs = self._checked_configs(topic)
        assigned = self._assigned(topic) if topic.assignments else dict(enumerate(self._placed(topic)))
        topic_id = self._new_topic_id()
        partitions = [new_partition(self._image, topic_id, index, assigned[index]) for index in sorted(assigned)]
        return NewTopic(topic.name, topic_id, partitions, configs)

    def _check_name(self, name: str) -> None:
        if name == METADATA_TOPIC:
            raise ApiError(ErrorCode.INVALID_REQUEST, f"Creation of internal topic {METADATA_TOPIC} is prohibited.")
        if name in self._image.topics:
            raise ApiError(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")
        why = why_invalid(name)
        if why is not None:
            raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, why)
        twin = self._twin(name)
        if twin is not None:
            raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic '{name}' collides with existing topic: {twin}")

    def _twin(self, name: str) -> str | None:
        """The topic that metrics could not tell from one of that name."""
        if "." not in name and "_" not in name:
            return None
        if self._names is None:
            self._names = {metric_name(present): present for present in self._image.topics}
        return self._names.get(metric_name(name))

    def _checked_configs(self, topic: CreatableTopic) -> dict[str, str]:
        nulls = [config.name for config in topic.configs if config.value is None]
        if nulls:
            raise ApiError(ErrorCode.INVALID_CONFIG, f"Null value not supported for topic configs: {','.join(nulls)}")
        configs = {config.name: config.value for config in topic.configs if config.value is not None}
        if configs and not self._configs_are_sound:
            from kwire.broker.config_validation import validate_topic  # noqa: PLC0415 - loads all definitions

            validate_topic(configs, self._configs)
        return configs

    def _assigned(self, topic: CreatableTopic) -> dict[int, list[int]]:
        """Partition to replicas, as the client wants them."""
        for field, value in (("replication factor", topic.replication_factor), ("numPartitions", topic.num_partitions)):
            if value != USE_DEFAULT:
                raise ApiError(
                    ErrorCode.INVALID_REQUEST,
                    f"A manual partition assignment was specified, but {field} was not set to -1.",
                )
        assigned: dict[int, list[int]] = {}
        replication_factor = None
        for assignment in topic.assignments:
            index = assignment.partition_index
            if index in assigned:
                raise ApiError(
                    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                    f"Found multiple manual partition assignments for partition {index}",
                )
            check_assignment(assignment.broker_ids, self._node_ids, replication_factor)
            check_running(self._image, index, assignment.broker_ids)
            replication_factor = len(assignment.broker_ids)
            assigned[index] = assignment.broker_ids
        if sorted(assigned) != list(range(len(assigned))):
            raise ApiError(
                ErrorCode.INVALID_REPLICA_ASSIGNMENT, "partitions should be a consecutive 0-based integer sequence"
            )
        return assigned

    def _placed(self, topic: CreatableTopic) -> list[list[int]]:
        """The replicas of each partition, as the cluster chooses them."""
        replication_factor, partitions = topic.replication_factor, topic.num_partitions
        if replication_factor < USE_DEFAULT or replication_factor == 0:
            raise ApiError(
                ErrorCode.INVALID_REPLICATION_FACTOR,
                "Replication factor must be larger than 0, or -1 to use the default value.",
            )
        if partitions < USE_DEFAULT or partitions == 0:
            raise ApiError(
                ErrorCode.INVALID_PARTITIONS, "Number of partitions was set to an invalid non-positive value."
            )
        if partitions > METADATA_DECISION_RECORDS:
            raise ApiError(ErrorCode.POLICY_VIOLATION, "Excessively large number of partitions per request.")
        if partitions == USE_DEFAULT:
            partitions = self._broker_config.num_partitions
        if replication_factor == USE_DEFAULT:
            replication_factor = self._broker_config.default_replication_factor
        try:
            return place(partitions, replication_factor, list(self._image.brokers.values()), self._env.random)
        except ApiError as error:
            raise ApiError(
                error.code, f"Unable to replicate the partition {replication_factor} time(s): {error.message}"
            ) from None

    def _new_topic_id(self) -> bytes:
        topic_id = self._env.new_uuid()
        while topic_id[0] >> 2 == _BASE64_DASH:
            topic_id = self._env.new_uuid()
        return topic_id


def check_running(image: MetadataImage, index: int, replicas: Sequence[int]) -> None:
    """A broker runs that a client wants a replica of the new partition on.

    Raises:
        ApiError: INVALID_REPLICA_ASSIGNMENT.
    """
    if all(image.brokers[node_id].fenced for node_id in replicas):
        raise ApiError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "All brokers specified in the manual partition assignment for "
            f"partition {index} are fenced or in controlled shutdown.",
        )


def new_partition(image: MetadataImage, topic_id: bytes, index: int, replicas: list[int]) -> PartitionRecord:
    """The record that creates a partition, led by its first replica that runs."""
    isr = [node_id for node_id in replicas if not image.brokers[node_id].fenced]
    return PartitionRecord(
        partition_id=index,
        topic_id=topic_id,
        replicas=replicas,
        isr=isr,
        leader=isr[0],
        leader_epoch=image.first_leader_epoch,
        partition_epoch=0,
    )
