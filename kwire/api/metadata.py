"""Metadata (key 3), versions 0-13.

A topic that does not exist is created if the request and auto.create.topics.enable allow it, and stands in the same
reply with its leaders, so that no client has to ask again.

Versions
    0   an empty array means all topics
    1   null means all topics, an empty array none
    4   the request says whether topics may be created (KIP-204)
    5   offline replicas (KIP-112)
    7   leader epochs (KIP-320)
    8   authorized operations (KIP-430)
    10  topic ids in the reply (KIP-516)
    12  topics by id (KIP-516)
    13  an error for the whole reply (KIP-1102)
"""

from __future__ import annotations

from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, cast

from kwire.api.authorized_operations import CLUSTER_OPERATIONS, NOT_ASKED, TOPIC_OPERATIONS
from kwire.broker.metadata import INTERNAL_TOPICS, NO_LEADER
from kwire.broker.metadata_records import METADATA_TOPIC
from kwire.broker.topic_names import why_invalid
from kwire.cluster.internal_topics import creatable
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.metadata import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from kwire.protocol.schema import ZERO_UUID

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence

    from kwire.api.context import RequestContext
    from kwire.broker.metadata import MetadataImage, PartitionImage, TopicImage
    from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic

FIRST_VERSION_BY_ID = 12


async def handle(request: MetadataRequest, context: RequestContext) -> MetadataResponse:
    """The cluster's running brokers, and a row for each topic asked for."""
    answered = answer(request, context)
    return await answered if iscoroutine(answered) else cast("MetadataResponse", answered)


def answer(
    request: MetadataRequest, context: RequestContext
) -> MetadataResponse | Coroutine[Any, Any, MetadataResponse]:
    """As handle; a coroutine only where topics are created first."""
    image = context.cluster.image
    asked = request.topics
    if asked is None or (not asked and context.api_version == 0):
        return _reply(_rows(image.topics.values(), image, context.api_version), request, context)
    if context.api_version < FIRST_VERSION_BY_ID and any(
        topic.name is None or topic.topic_id != ZERO_UUID for topic in asked
    ):
        return _refused(asked, ErrorCode.INVALID_REQUEST)
    topic_ids = dict.fromkeys(topic.topic_id for topic in asked if topic.topic_id != ZERO_UUID)
    if topic_ids:
        return _reply(_rows_by_id(topic_ids, image, context.api_version), request, context)
    if any(topic.name is None for topic in asked):
        return _refused(asked, ErrorCode.UNKNOWN_SERVER_ERROR)  # Kafka trips over it
    names = dict.fromkeys(cast("str", topic.name) for topic in asked)
    missing = [name for name in names if name not in image.topics]
    if missing and request.allow_auto_topic_creation and context.broker.config.auto_create_topics_enable:
        return _create_first(names, missing, request, context)
    return _reply(_rows_by_name(names, missing, {}, context), request, context)


async def _create_first(
    names: Collection[str], missing: Sequence[str], request: MetadataRequest, context: RequestContext
) -> MetadataResponse:
    errors = await _create(missing, context)
    return _reply(_rows_by_name(names, missing, errors, context), request, context)


def _reply(rows: list[MetadataResponseTopic], request: MetadataRequest, context: RequestContext) -> MetadataResponse:
    if request.include_topic_authorized_operations:
        for row in rows:
            if row.error_code != ErrorCode.UNKNOWN_TOPIC_ID:
                row.topic_authorized_operations = TOPIC_OPERATIONS
    if context.connection.on_told is not None:
        context.connection.on_told(context.connection)
    wants_operations = request.include_cluster_authorized_operations
    return MetadataResponse(
        brokers=_brokers(context),
        cluster_id=context.cluster.cluster_id,
        controller_id=context.cluster.controller_id,
        topics=rows,
        cluster_authorized_operations=CLUSTER_OPERATIONS if wants_operations else NOT_ASKED,
    )


def _brokers(context: RequestContext) -> list[MetadataResponseBroker]:
    rows = []
    for broker in context.cluster.image.brokers.values():
        if not broker.fenced:
            host, port = context.endpoint_for(broker.node_id)
            rows.append(MetadataResponseBroker(node_id=broker.node_id, host=host, port=port, rack=broker.rack))
    return rows


def _rows_by_id(topic_ids: Iterable[bytes], image: MetadataImage, api_version: int) -> list[MetadataResponseTopic]:
    rows = []
    known = []
    for topic_id in topic_ids:
        topic = image.topic_by_id(topic_id)
        if topic is None:
            rows.append(MetadataResponseTopic(error_code=ErrorCode.UNKNOWN_TOPIC_ID, name=None, topic_id=topic_id))
        else:
            known.append(topic)
    return rows + _rows(known, image, api_version)


def _rows_by_name(
    names: Collection[str], missing: Sequence[str], errors: Mapping[str, ErrorCode], context: RequestContext
) -> list[MetadataResponseTopic]:
    """missing: those that were not there at first. errors: of those that could not be created then."""
    image = context.cluster.image
    known = [image.topics[name] for name in names if name in image.topics]
    failed = [_failed(name, _why_missing(name, errors)) for name in missing if name not in image.topics]
    return _rows(known, image, context.api_version) + failed


def _why_missing(name: str, errors: Mapping[str, ErrorCode]) -> ErrorCode:
    if why_invalid(name) is not None:
        return ErrorCode.INVALID_TOPIC_EXCEPTION
    return errors.get(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)


async def _create(names: Sequence[str], context: RequestContext) -> dict[str, ErrorCode]:
    """The errors of those that could not be created."""
    cluster = context.cluster
    valid = [name for name in names if why_invalid(name) is None and name != METADATA_TOPIC]
    try:
        outcomes = await cluster.controller.create_topics(
            [creatable(name, cluster.config, len(cluster.image.brokers)) for name in valid], configs_are_sound=True
        )
    except ApiError as error:
        return dict.fromkeys(valid, error.code)
    return {name: outcome.code for name, outcome in zip(valid, outcomes, strict=True) if isinstance(outcome, ApiError)}


def _refused(asked: Iterable[MetadataRequestTopic], code: ErrorCode) -> MetadataResponse:
    """The reply that tells the error and nothing else."""
    rows = [MetadataResponseTopic(error_code=code, name=topic.name or "", topic_id=topic.topic_id) for topic in asked]
    return MetadataResponse(topics=rows, error_code=code)


def _failed(name: str, code: ErrorCode) -> MetadataResponseTopic:
    return MetadataResponseTopic(error_code=code, name=name, is_internal=name in INTERNAL_TOPICS)


def _rows(topics: Iterable[TopicImage], image: MetadataImage, api_version: int) -> list[MetadataResponseTopic]:
    stopped = {node_id for node_id, broker in image.brokers.items() if broker.fenced}
    row = _row_v0 if api_version == 0 and stopped else _row
    return [
        MetadataResponseTopic(
            name=topic.name,
            topic_id=topic.topic_id,
            is_internal=topic.is_internal,
            partitions=[row(partition, stopped) for partition in topic.partitions],
        )
        for topic in topics
    ]


def _row(partition: PartitionImage, stopped: Collection[int]) -> MetadataResponsePartition:
    leader = partition.leader
    return MetadataResponsePartition(
        ErrorCode.NONE if leader != NO_LEADER else ErrorCode.LEADER_NOT_AVAILABLE,
        partition.index,
        leader,
        partition.leader_epoch,
        partition.replicas,
        partition.isr,
        [node_id for node_id in partition.replicas if node_id in stopped] if stopped else [],
    )


def _row_v0(partition: PartitionImage, stopped: Collection[int]) -> MetadataResponsePartition:
    """As version 0 has it: replicas on stopped brokers are left out, and their absence is an error."""
    row = _row(partition, stopped)
    row.replica_nodes = [node_id for node_id in partition.replicas if node_id not in stopped]
    row.isr_nodes = [node_id for node_id in partition.isr if node_id not in stopped]
    if row.error_code == ErrorCode.NONE and len(row.replica_nodes) < len(partition.replicas):
        row.error_code = ErrorCode.REPLICA_NOT_AVAILABLE
    return row
