"""The controller: every change of the metadata is decided here, written to the metadata log, and only then replayed.

A decision reads the image and makes records; it changes nothing. Decisions are synchronous, so that none sees half of
another. Source: KIP-500, KIP-631.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.broker.partition import storage_error
from kwire.broker.placement import check_assignment, place
from kwire.broker.replicas import (
    Assignment,
    Brokers,
    assignment_of,
    change,
    reassigned,
    reverted,
    why_no_election,
)
from kwire.broker.topic_creation import NewTopic, TopicCreation, check_running, new_partition
from kwire.limits import METADATA_DECISION_RECORDS, PRODUCER_ID_BLOCK
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.records.cluster_metadata import (
    BrokerRegistrationChangeRecord,
    PartitionChangeRecord,
    ProducerIdsRecord,
    RegisterBrokerRecord,
    RemoveTopicRecord,
    UnregisterBrokerRecord,
)
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from kwire.broker.configs import Configs
    from kwire.broker.metadata import MetadataImage, PartitionImage, TopicImage
    from kwire.broker.metadata_log import MetadataLog
    from kwire.env import Env
    from kwire.protocol.messages.alter_partition_reassignments import ReassignableTopic
    from kwire.protocol.messages.create_partitions import CreatePartitionsTopic
    from kwire.protocol.messages.create_topics import CreatableTopic
    from kwire.protocol.schema import Message
    from kwire.storage.port import Appended

PRODUCER_ID_BLOCKS: Final = 2**30
"""How many a cluster in memory chooses its first one from: none that an earlier one has used."""

FENCE = 1
UNFENCE = -1
"""What a BrokerRegistrationChangeRecord does to a broker."""


class Controller:
    """Decides for one cluster.

    on_change is told the records of each decision after their replay, and the topics that they removed. any_may_lead:
    a partition of which no replica runs is led by another broker, instead of being offline.
    """

    def __init__(
        self,
        env: Env,
        image: MetadataImage,
        log: MetadataLog,
        configs: Configs,
        on_change: Callable[[Sequence[Message], Sequence[TopicImage]], None],
        *,
        any_may_lead: bool = False,
    ) -> None:
        self._env = env
        self._image = image
        self._log = log
        self._configs = configs
        self._on_change = on_change
        self._any_may_lead = any_may_lead

    async def write(self, records: Sequence[Message]) -> None:
        """The records are one decision: the image has them, and they are as durable as the engine makes them.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        appended = self._commit(records)
        if appended is not None and appended.durable is not None:
            try:
                await appended.durable()
            except StorageError as error:
                raise storage_error(error) from error

    async def create_topics(
        self, topics: Sequence[CreatableTopic], *, validate_only: bool = False, configs_are_sound: bool = False
    ) -> list[NewTopic | ApiError]:
        """For each topic what was created, or why it was not; the topics without an error are created together.

        configs_are_sound: they are not a client's, so they need no check (for which all definitions would be loaded).

        Raises:
            ApiError: POLICY_VIOLATION, they are too many at once; KAFKA_STORAGE_ERROR. None is created.
        """
        outcomes = TopicCreation(self._env, self._image, self._configs, configs_are_sound=configs_are_sound).decide(
            topics
        )
        records = [record for made in outcomes if isinstance(made, NewTopic) for record in made.records()]
        await self._write_unless(records, validate_only=validate_only)
        return outcomes

    async def delete_topics(self, topic_ids: Collection[bytes]) -> None:
        """The topics of these ids, which exist, are gone.

        Raises:
            ApiError: as create_topics.
        """
        records = [RemoveTopicRecord(topic_id=topic_id) for topic_id in topic_ids]
        await self._write_unless(records, validate_only=False)

    async def create_partitions(
        self, topics: Sequence[CreatePartitionsTopic], *, validate_only: bool = False
    ) -> list[ApiError | None]:
        """For each topic why it has not got the partitions that were asked for, None where it has.

        Raises:
            ApiError: as create_topics.
        """
        records: list[Message] = []
        errors: list[ApiError | None] = []
        for topic in topics:
            try:
                records += self._added_partitions(topic)
            except ApiError as error:
                errors.append(error)
            else:
                errors.append(None)
        await self._write_unless(records, validate_only=validate_only)
        return errors

    async def alter_reassignments(
        self, topics: Sequence[ReassignableTopic], *, may_change_factor: bool
    ) -> list[list[ApiError | None]]:
        """For each topic and partition why it does not move as asked for, None where it does or did already.

        Raises:
            ApiError: as create_topics.
        """
        records: list[Message] = []
        brokers = Brokers(self._image.running, self._any_may_lead)

        def decide(name: str, index: int, replicas: list[int] | None) -> ApiError | None:
            try:
                topic, partition = self._partition(
                    name, index, f"Unable to find a topic named {name}.", f"Unable to find partition {name}:{index}."
                )
                wanted = self._wanted(topic, partition, replicas, may_change_factor=may_change_factor)
            except ApiError as error:
                return error
            record = change(topic.topic_id, partition, wanted, brokers)
            if record is not None:
                records.append(record)
            return None

        errors = [
            [decide(topic.name, row.partition_index, row.replicas) for row in topic.partitions] for topic in topics
        ]
        await self._write_unless(records, validate_only=False)
        return errors

    def why_no_election(self, topic_name: str, index: int, *, unclean: bool) -> ApiError:
        """Why the partition's preferred replica, or any for an unclean election, is not elected now.

        Whoever can lead does already, so that there is always a reason: ELECTION_NOT_NEEDED,
        PREFERRED_LEADER_NOT_AVAILABLE, ELIGIBLE_LEADERS_NOT_AVAILABLE; UNKNOWN_TOPIC_OR_PARTITION.
        """
        try:
            _, partition = self._partition(
                topic_name, index, f"No such topic as {topic_name}", f"No such partition as {topic_name}-{index}"
            )
        except ApiError as error:
            return error
        return why_no_election(partition, unclean=unclean)

    def allocate_producer_ids(self, node_id: int) -> range:
        """A block of producer ids that is on the disk as given to that broker.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        first = self._image.next_producer_id
        block = range(first, first + PRODUCER_ID_BLOCK)
        broker = self._image.brokers[node_id]
        self._commit([ProducerIdsRecord(broker_id=node_id, broker_epoch=broker.epoch, next_producer_id=block.stop)])
        try:
            self._log.flush()
        except StorageError as error:
            raise storage_error(error) from error
        return block

    def start_broker(self, node_id: int) -> None:
        """The broker runs: it is in the ISR of its partitions, and leads those of which it is the first replica.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        if self._image.brokers[node_id].fenced:
            self._commit(self._fencing(node_id, UNFENCE, sorted({*self._image.running, node_id})))

    def stop_broker(self, node_id: int) -> None:
        """The broker is fenced: other replicas lead its partitions; those without another one are offline.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        if not self._image.brokers[node_id].fenced:
            self._commit(self._fencing(node_id, FENCE, sorted({*self._image.running} - {node_id})))

    def settle(self, node_ids: Sequence[int]) -> None:
        """The cluster's brokers are exactly these, all running; what others held is theirs.

        Called when the process starts; decides nothing where nothing differs from the last run.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        records: list[Message] = []
        brokers = self._image.brokers
        for node_id in node_ids:
            known = brokers.get(node_id)
            if known is None:
                epoch = self._log.end_offset + len(records)
                records.append(RegisterBrokerRecord(broker_id=node_id, broker_epoch=epoch, rack=None, fenced=False))
            elif known.fenced:
                records.append(_fencing_record(node_id, known.epoch, UNFENCE))
        missing = brokers.keys() - set(node_ids)
        records += self._reassigned(missing, sorted(node_ids))
        for node_id in sorted(missing):
            records.append(UnregisterBrokerRecord(broker_id=node_id, broker_epoch=brokers[node_id].epoch))
        self._commit(records)

    def raise_leader_epochs(self, partitions: Sequence[tuple[bytes, int]]) -> None:
        """These partitions (topic id, index) lost records in a crash; their consumers see it by the leader epoch.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        records: list[Message] = []
        for topic_id, index in partitions:
            topic = self._image.topic_by_id(topic_id)
            if topic is not None and index < len(topic.partitions):
                leader = topic.partitions[index].leader
                records.append(PartitionChangeRecord(partition_id=index, topic_id=topic_id, leader=leader))
        self._commit(records)

    def set_apart(self, first_leader_epoch: int) -> None:
        """Keep clients that knew another cluster at these addresses from taking its state for that of this one.

        Producer ids begin at a random number: a producer goes on with the id that the other cluster gave it, and a new
        one with the same id would have its records taken for duplicates. New partitions begin with first_leader_epoch:
        clients ignore metadata with an older one than they have seen.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """
        self._image.first_leader_epoch = first_leader_epoch
        first_id = self._image.next_producer_id + self._env.random.randrange(PRODUCER_ID_BLOCKS) * PRODUCER_ID_BLOCK
        broker = next(iter(self._image.brokers.values()))
        records: list[Message] = [
            ProducerIdsRecord(broker_id=broker.node_id, broker_epoch=broker.epoch, next_producer_id=first_id)
        ]
        self._commit(records)

    def _commit(self, records: Sequence[Message]) -> Appended | None:
        if not records:
            return None
        try:
            appended = self._log.append(records)
        except StorageError as error:
            raise storage_error(error) from error
        by_id = self._image.topics_by_id
        removed = [by_id[record.topic_id] for record in records if isinstance(record, RemoveTopicRecord)]
        for record in records:
            self._image.replay(record)
        self._on_change(records, removed)
        return appended

    async def _write_unless(self, records: Sequence[Message], *, validate_only: bool) -> None:
        if len(records) > METADATA_DECISION_RECORDS:
            raise ApiError(ErrorCode.POLICY_VIOLATION, "Unable to perform excessively large batch operation.")
        if not validate_only:
            await self.write(records)

    def _added_partitions(self, asked: CreatePartitionsTopic) -> list[Message]:
        topic = self._image.topic(asked.name)
        if topic is None:
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        present = len(topic.partitions)
        if asked.count == present:
            raise ApiError(ErrorCode.INVALID_PARTITIONS, f"Topic already has {present} partition(s).")
        if asked.count < present:
            raise ApiError(
                ErrorCode.INVALID_PARTITIONS,
                f"The topic {asked.name} currently has {present} partition(s); {asked.count} would not be an increase.",
            )
        replication_factor = len(topic.partitions[0].replicas)
        brokers = list(self._image.brokers.values())
        additional = asked.count - present
        if asked.assignments is None:
            if additional > METADATA_DECISION_RECORDS:
                raise ApiError(ErrorCode.POLICY_VIOLATION, "Unable to perform excessively large batch operation.")
            placed = place(additional, replication_factor, brokers, self._env.random)
        elif len(asked.assignments) != additional:
            raise ApiError(
                ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                f"Attempted to add {additional} additional partition(s), but only "
                f"{len(asked.assignments)} assignment(s) were specified.",
            )
        else:
            placed = [assignment.broker_ids for assignment in asked.assignments]
            for index, replicas in enumerate(placed, present):
                check_assignment(replicas, [broker.node_id for broker in brokers], replication_factor)
                check_running(self._image, index, replicas)
        return [
            new_partition(self._image, topic.topic_id, present + index, replicas)
            for index, replicas in enumerate(placed)
        ]

    def _partition(
        self, topic_name: str, index: int, no_topic: str, no_partition: str
    ) -> tuple[TopicImage, PartitionImage]:
        topic = self._image.topic(topic_name)
        if topic is None:
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, no_topic)
        if not 0 <= index < len(topic.partitions):
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, no_partition)
        return topic, topic.partitions[index]

    def _wanted(
        self, topic: TopicImage, partition: PartitionImage, replicas: list[int] | None, *, may_change_factor: bool
    ) -> Assignment:
        if replicas is None:
            return reverted(partition, unclean_allowed=self._configs.topic(topic.name).unclean_leader_election_enable)
        return reassigned(partition, replicas, list(self._image.brokers), may_change_factor=may_change_factor)

    def _fencing(self, node_id: int, fencing: int, running: Sequence[int]) -> list[Message]:
        records: list[Message] = [_fencing_record(node_id, self._image.brokers[node_id].epoch, fencing)]
        brokers = Brokers(running, self._any_may_lead)
        for topic, partition in self._partitions():
            record = change(topic.topic_id, partition, assignment_of(partition), brokers)
            if record is not None:
                records.append(record)
        return records

    def _reassigned(self, missing: Collection[int], node_ids: Sequence[int]) -> list[Message]:
        """Changes after which no replica is on a missing broker, and each partition is led by a running one."""
        records: list[Message] = []
        brokers = Brokers(node_ids, self._any_may_lead)
        for topic, partition in self._partitions():
            target = assignment_of(partition).target
            turn = partition.index % len(node_ids)
            others = [each for each in [*node_ids[turn:], *node_ids[:turn]] if each not in target]
            replicas = [others.pop(0) if each in missing and others else each for each in target]
            replicas = [each for each in replicas if each not in missing]
            record = change(topic.topic_id, partition, Assignment(replicas, [], []), brokers)
            if record is not None:
                records.append(record)
        return records

    def _partitions(self) -> Iterator[tuple[TopicImage, PartitionImage]]:
        for topic in self._image.topics.values():
            for partition in topic.partitions:
                yield topic, partition


def _fencing_record(node_id: int, epoch: int, fencing: int) -> BrokerRegistrationChangeRecord:
    return BrokerRegistrationChangeRecord(broker_id=node_id, broker_epoch=epoch, fenced=fencing)
