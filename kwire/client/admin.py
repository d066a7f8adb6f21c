"""Requests about topics, offsets, configs and groups. Results are rows of the brokers' responses.

Where a docstring says "as answered", the caller checks the row's error code. Temporary failures are retried first.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import trio

from kwire.client.errors import Refused, raise_for
from kwire.client.tasks import together
from kwire.client.values import TopicPartition
from kwire.protocol import codec
from kwire.protocol.errors import RETRIABLE, ErrorCode, ProtocolError
from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from kwire.protocol.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from kwire.protocol.messages.create_topics import CreatableTopic, CreatableTopicConfig, CreateTopicsRequest
from kwire.protocol.messages.delete_groups import DeleteGroupsRequest
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest
from kwire.protocol.messages.describe_configs import DescribeConfigsRequest, DescribeConfigsResource
from kwire.protocol.messages.describe_groups import DescribeGroupsRequest
from kwire.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from kwire.protocol.messages.list_groups import ListGroupsRequest
from kwire.protocol.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kwire.protocol.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestTopic
from kwire.protocol.messages.records.consumer_protocol import ConsumerProtocolAssignment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kwire.client.cluster import Cluster
    from kwire.protocol.messages.consumer_group_describe import DescribedGroup as DescribedConsumerGroup
    from kwire.protocol.messages.create_partitions import CreatePartitionsResponse, CreatePartitionsTopicResult
    from kwire.protocol.messages.create_topics import CreatableTopicResult, CreateTopicsResponse
    from kwire.protocol.messages.delete_groups import DeletableGroupResult
    from kwire.protocol.messages.delete_topics import DeletableTopicResult, DeleteTopicsResponse
    from kwire.protocol.messages.describe_configs import (
        DescribeConfigsResourceResult,
        DescribeConfigsResponse,
        DescribeConfigsResult,
    )
    from kwire.protocol.messages.describe_groups import DescribedGroup
    from kwire.protocol.messages.incremental_alter_configs import (
        AlterConfigsResourceResponse,
        IncrementalAlterConfigsResponse,
    )
    from kwire.protocol.messages.list_groups import ListedGroup
    from kwire.protocol.messages.metadata import MetadataResponse
    from kwire.protocol.schema import Message

TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP = 2, 4, 8, 16, 32
"""Kinds of resources that have configs."""

CREATES_TOPICS: Final = "auto.create.topics.enable"
CREATION_LOOKS: Final = 5
"""Kafka first answers UNKNOWN_TOPIC_OR_PARTITION, and creates the topic afterwards."""

KINDS: Final = {"topic": TOPIC, "broker": BROKER, "group": GROUP, "client-metrics": CLIENT_METRICS}

SOURCES: Final = {
    1: "dynamic-topic-config",
    2: "dynamic-broker-config",
    3: "dynamic-default-broker-config",
    4: "static-broker-config",
    5: "default-config",
    6: "dynamic-broker-logger-config",
    7: "dynamic-client-metrics-config",
    8: "dynamic-group-config",
}
"""Where a config's value comes from."""

OWN_SOURCES: Final = {TOPIC: 1, BROKER: 2, BROKER_LOGGER: 6, CLIENT_METRICS: 7, GROUP: 8}
"""The source of a value that was set on the resource itself, for each kind of resource."""

SET, DELETE = 0, 1
"""Operations of IncrementalAlterConfigs."""

COMMITTED: Final = 1
"""The isolation level read_committed: end before the first open transaction."""

COMMITS_BY_NAME_TO: Final = 9
"""OffsetCommit: later versions name topics by id."""
OFFSETS_OF_ONE_GROUP_TO: Final = 7
"""OffsetFetch: later versions take several groups."""
STABLE_OFFSETS_FROM: Final = 7
"""OffsetFetch: from this version on it can wait for transactions (require_stable)."""
DELETED_BY_NAME_TO: Final = 5
"""DeleteTopics: later versions take names or ids."""


# topics


async def topics(cluster: Cluster, names: Sequence[str] | None = None) -> MetadataResponse:
    """Describe these topics, or all of them, as answered."""
    return await cluster.retrying(lambda: cluster.metadata(names))


async def names_of_topics(cluster: Cluster) -> list[str]:
    """List the names of all topics."""
    return [str(topic.name) for topic in (await topics(cluster)).topics]


async def create_topic(
    cluster: Cluster, name: str, partitions: int | None, replicas: int | None, configs: Mapping[str, str]
) -> CreatableTopicResult:
    """Create the topic, as answered. partitions, replicas: None for the broker's defaults."""
    wanted = CreatableTopic(
        name=name,
        num_partitions=partitions or -1,
        replication_factor=replicas or -1,
        configs=[CreatableTopicConfig(name=key, value=value) for key, value in configs.items()],
    )
    request = CreateTopicsRequest(topics=[wanted], timeout_ms=cluster.config.request_timeout_ms)
    answer: CreateTopicsResponse = await _ask_controller(cluster, request)
    return answer.topics[0]


async def wait_for_topic(cluster: Cluster, name: str) -> int:
    """Wait until every partition of the topic has a leader; return the number of partitions.

    Raises:
        Refused: the topic does not exist, or a partition still has no leader when the time is up.
    """

    async def attempt() -> int:
        (topic,) = (await cluster.metadata([name])).topics
        raise_for(topic.error_code, about=f"topic {name}")
        if any(row.leader_id < 0 for row in topic.partitions):
            raise Refused(ErrorCode.LEADER_NOT_AVAILABLE, about=f"topic {name}")
        return len(topic.partitions)

    return await cluster.retrying(attempt)


async def created_by_itself(cluster: Cluster, name: str) -> bool:
    """Ask for an absent topic so that the brokers create it; return whether they did.

    Raises:
        Refused: the name is not allowed.
    """
    configs = await describe_configs(cluster, BROKER, str(min(cluster.brokers)))
    if any((row.name, row.value) == (CREATES_TOPICS, "false") for row in configs.configs):
        return False
    for _, pause_s in zip(range(CREATION_LOOKS), cluster.pauses(), strict=False):
        (topic,) = (await cluster.metadata([name], create=True)).topics
        if topic.error_code != ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
            await wait_for_topic(cluster, name)
            return True
        await trio.sleep(pause_s)  # it may appear a moment later
    return False


async def create_partitions(cluster: Cluster, name: str, count: int) -> CreatePartitionsTopicResult:
    """Raise the topic's number of partitions to count, as answered."""
    wanted = CreatePartitionsTopic(name=name, count=count, assignments=None)
    request = CreatePartitionsRequest(topics=[wanted], timeout_ms=cluster.config.request_timeout_ms)
    answer: CreatePartitionsResponse = await _ask_controller(cluster, request)
    return answer.results[0]


async def delete_topic(cluster: Cluster, name: str) -> DeletableTopicResult:
    """Delete the topic, as answered."""
    request = DeleteTopicsRequest(topic_names=[name], timeout_ms=cluster.config.request_timeout_ms)
    answer: DeleteTopicsResponse = await _ask_controller(cluster, request, DELETED_BY_NAME_TO)
    return answer.responses[0]


async def _ask_controller(cluster: Cluster, request: Message, highest: int | None = None) -> Any:
    """Send a request about one topic to the controller: with ZooKeeper, other brokers do not forward it."""

    async def attempt() -> Any:
        known = await cluster.metadata([])
        node_id = known.controller_id if known.controller_id in cluster.brokers else min(cluster.brokers)
        answer = await cluster.node(node_id).ask(request, highest=highest)
        rows = next(getattr(answer, name) for name in ("topics", "results", "responses") if hasattr(answer, name))
        if rows[0].error_code == ErrorCode.NOT_CONTROLLER:
            raise Refused(rows[0].error_code, rows[0].error_message)
        return answer

    return await cluster.retrying(attempt)


# offsets


async def list_offsets(
    cluster: Cluster, wanted: Mapping[TopicPartition, int], isolation: int = 0
) -> dict[TopicPartition, int]:
    """Find each partition's first offset at or after a time in ms; EARLIEST and LATEST may stand for a time.

    Raises:
        Refused: a partition does not exist, or still has no leader when the time is up.
    """
    found: dict[TopicPartition, int] = {}

    async def ask(node_id: int, partitions: Sequence[TopicPartition]) -> None:
        by_topic: dict[str, list[ListOffsetsPartition]] = defaultdict(list)
        for one in partitions:
            by_topic[one.topic].append(ListOffsetsPartition(partition_index=one.partition, timestamp=wanted[one]))
        request = ListOffsetsRequest(
            replica_id=-1,
            isolation_level=isolation,
            topics=[ListOffsetsTopic(name=name, partitions=rows) for name, rows in by_topic.items()],
            timeout_ms=cluster.config.request_timeout_ms,
        )
        answer = await cluster.node(node_id).ask(request)
        failure: Refused | None = None
        for topic in answer.topics:
            for row in topic.partitions:
                partition = TopicPartition(topic.name, row.partition_index)
                if row.error_code:
                    failure = failure or Refused(row.error_code, about=str(partition))
                else:
                    found[partition] = row.offset
        if failure is not None:
            raise failure

    async def attempt() -> None:
        leaders = await cluster.by_leader(one for one in wanted if one not in found)
        await together([partial(ask, node_id, partitions) for node_id, partitions in leaders.items()])

    await cluster.retrying(attempt)
    return found


# configs


async def describe_configs(cluster: Cluster, kind: int, name: str) -> DescribeConfigsResult:
    """Describe all configs of a resource, as answered."""
    request = DescribeConfigsRequest(
        resources=[DescribeConfigsResource(resource_type=kind, resource_name=name, configuration_keys=None)]
    )
    answer: DescribeConfigsResponse = await _ask_owner(cluster, kind, name, request)
    return answer.results[0]


async def alter_configs(
    cluster: Cluster, kind: int, name: str, changes: Mapping[str, str | None]
) -> AlterConfigsResourceResponse:
    """Set these configs, or none if one of them is refused, as answered. A value of None restores the default."""
    configs = [
        AlterableConfig(name=key, config_operation=DELETE if value is None else SET, value=value)
        for key, value in changes.items()
    ]
    request = IncrementalAlterConfigsRequest(
        resources=[AlterConfigsResource(resource_type=kind, resource_name=name, configs=configs)]
    )
    answer: IncrementalAlterConfigsResponse = await _ask_owner(cluster, kind, name, request)
    return answer.responses[0]


def source_of(config: DescribeConfigsResourceResult) -> str:
    """Name the place that the config's value comes from."""
    return SOURCES.get(config.config_source, "unknown")


def is_own(kind: int, config: DescribeConfigsResourceResult) -> bool:
    """Whether the value was set on the resource itself, which is of that kind, and neither a default nor inherited."""
    return bool(config.config_source == OWN_SOURCES[kind])


async def _ask_owner(cluster: Cluster, kind: int, name: str, request: Message) -> Any:
    """Send the request to the broker whose configs it concerns, or else to any broker."""
    if kind in {BROKER, BROKER_LOGGER} and name:
        return await cluster.ask_node(int(name), request)
    return await cluster.ask_any(request)


# groups


async def list_groups(cluster: Cluster) -> list[ListedGroup]:
    """List all groups; each broker is asked for those that it coordinates.

    Raises:
        ClientError: a broker does not answer.
    """

    async def ask(node_id: int) -> list[ListedGroup]:
        async def attempt() -> list[ListedGroup]:
            answer = await cluster.node(node_id).ask(ListGroupsRequest())
            raise_for(answer.error_code)
            return list(answer.groups)

        return await cluster.retrying(attempt)

    return [group for found in await together([partial(ask, one) for one in cluster.brokers]) for group in found]


async def names_of_groups(cluster: Cluster) -> list[str]:
    """List the names of all groups."""
    return [group.group_id for group in await list_groups(cluster)]


async def describe_classic_group(cluster: Cluster, group: str) -> DescribedGroup:
    """Describe state and members of a group of the classic protocol, as answered."""
    found: DescribedGroup = await ask_about_group(cluster, group, DescribeGroupsRequest(groups=[group]))
    return found


async def describe_consumer_group(cluster: Cluster, group: str) -> DescribedConsumerGroup:
    """Describe state and members of a group of the consumer protocol (KIP-848), as answered."""
    request = ConsumerGroupDescribeRequest(group_ids=[group])
    found: DescribedConsumerGroup = await ask_about_group(cluster, group, request)
    return found


def assigned(assignment: bytes) -> dict[str, list[int]]:
    """Decode a classic member's assignment to partitions by topic; {} if the member is not a consumer."""
    try:
        (version,) = struct.unpack_from(">h", assignment)
        known = min(version, ConsumerProtocolAssignment.MAX_VERSION)
        found = codec.decode(ConsumerProtocolAssignment, known, assignment, 2)
    except (struct.error, ProtocolError):
        return {}
    return {row.topic: sorted(row.partitions) for row in found.assigned_partitions}


async def ask_about_group(cluster: Cluster, group: str, request: Message) -> Any:
    """Ask the group's coordinator about this one group; return the row about it, as answered.

    Raises:
        Refused: the coordinator is still not ready when the time is up.
    """

    def check(answer: Any) -> None:
        (row,) = answer.groups if hasattr(answer, "groups") else answer.results
        _raise_if_it_passes(row.error_code)

    answer = await cluster.ask_coordinator(group, request, check)
    return (answer.groups if hasattr(answer, "groups") else answer.results)[0]


async def delete_group(cluster: Cluster, group: str) -> DeletableGroupResult:
    """Delete the group, as answered."""
    found: DeletableGroupResult = await ask_about_group(cluster, group, DeleteGroupsRequest(groups_names=[group]))
    return found


async def committed(
    cluster: Cluster, group: str, partitions: Iterable[TopicPartition] | None = None, *, stable: bool = False
) -> dict[TopicPartition, int]:
    """Fetch the group's committed offsets, of these partitions or of all; partitions without one are left out.

    stable: wait until no open transaction can change them.

    Raises:
        Refused: the coordinator answers with an error.
    """
    by_topic: dict[str, list[int]] | None = None
    if partitions is not None:
        by_topic = defaultdict(list)
        for one in partitions:
            by_topic[one.topic].append(one.partition)

    async def attempt() -> dict[TopicPartition, int]:
        link = cluster.node(await cluster.coordinator(group))
        newest = (await link.versions()).get(OffsetFetchRequest.API_KEY, (0, 0))[1]
        rows = None if by_topic is None else [OffsetFetchRequestTopic(*row) for row in by_topic.items()]
        request = OffsetFetchRequest(
            group_id=group, topics=rows, require_stable=stable and newest >= STABLE_OFFSETS_FROM
        )
        answer = await link.ask(request, highest=OFFSETS_OF_ONE_GROUP_TO)
        raise_for(answer.error_code, about=f"group {group}")
        found = {}
        for topic in answer.topics:
            for row in topic.partitions:
                partition = TopicPartition(topic.name, row.partition_index)
                raise_for(row.error_code, about=str(partition))
                if row.committed_offset >= 0:
                    found[partition] = row.committed_offset
        return found

    return await cluster.retrying(attempt)


async def commit(
    cluster: Cluster,
    group: str,
    offsets: Mapping[TopicPartition, int],
    *,
    member_id: str = "",
    generation: int = -1,
    instance_id: str | None = None,
) -> dict[TopicPartition, int]:
    """Commit offsets; return the error codes of the partitions that failed.

    member_id, generation, instance_id: those of the committing member; the defaults commit from outside the group.

    Raises:
        Refused: the coordinator is still not ready when the time is up.
    """
    by_topic: dict[str, list[OffsetCommitRequestPartition]] = defaultdict(list)
    for one, offset in offsets.items():
        row = OffsetCommitRequestPartition(partition_index=one.partition, committed_offset=offset)
        by_topic[one.topic].append(row)
    request = OffsetCommitRequest(
        group_id=group,
        generation_id_or_member_epoch=generation,
        member_id=member_id,
        group_instance_id=instance_id,
        topics=[OffsetCommitRequestTopic(name=name, partitions=rows) for name, rows in by_topic.items()],
    )

    def check(answer: Any) -> None:
        for topic in answer.topics:
            for row in topic.partitions:
                _raise_if_it_passes(row.error_code)

    answer = await cluster.ask_coordinator(group, request, check, COMMITS_BY_NAME_TO)
    return {
        TopicPartition(topic.name, row.partition_index): row.error_code
        for topic in answer.topics
        for row in topic.partitions
        if row.error_code
    }


def _raise_if_it_passes(code: int) -> None:
    if code in RETRIABLE:
        raise Refused(code)
