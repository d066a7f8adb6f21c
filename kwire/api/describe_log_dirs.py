"""DescribeLogDirs (key 35), versions 1-5.

A broker answers for the partitions that it has a replica of. Brokers of one process share the logs, so each of them
has the one directory, with the same sizes in it, and no replica lags. `cordoned.log.dirs` has no effect: none is
cordoned.

Versions
    3   an error of the whole answer, which only an authorizer would give
    4   the room of the directory's volume (KIP-827)
    5   whether the directory takes no new replicas (KIP-1066)
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import trio

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.describe_log_dirs import (
    DescribeLogDirsPartition,
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
    DescribeLogDirsTopic,
)
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kwire.api.context import RequestContext
    from kwire.broker.metadata import MetadataImage
    from kwire.protocol.messages.describe_log_dirs import DescribeLogDirsRequest

_log = logging.getLogger(__name__)


async def handle(request: DescribeLogDirsRequest, context: RequestContext) -> DescribeLogDirsResponse:
    """The directory with its room, and the sizes of the partitions asked for; those that are not here are left out."""
    cluster = context.cluster
    store = cluster.store
    result = DescribeLogDirsResult(log_dir=store.location)
    try:
        space = await cluster.env.run_blocking(store.space)
    except StorageError as error:
        _log.warning("cannot describe the log directory: %s", error)
        result.error_code = ErrorCode.KAFKA_STORAGE_ERROR
        return DescribeLogDirsResponse(results=[result])
    result.total_bytes, result.usable_bytes = space
    for name, indexes in _asked(request, cluster.image).items():
        rows = [row for index in indexes if (row := await _described(context, name, index)) is not None]
        if rows:
            result.topics.append(DescribeLogDirsTopic(name=name, partitions=rows))
    return DescribeLogDirsResponse(results=[result])


def _asked(request: DescribeLogDirsRequest, image: MetadataImage) -> Mapping[str, Iterable[int]]:
    """Partition indexes by topic, each once."""
    if request.topics is None:
        return {topic.name: range(len(topic.partitions)) for topic in image.topics.values()}
    asked: dict[str, dict[int, None]] = {}
    for topic in request.topics:
        asked.setdefault(topic.topic, {}).update(dict.fromkeys(topic.partitions))
    return asked


async def _described(context: RequestContext, topic: str, index: int) -> DescribeLogDirsPartition | None:
    """None: there is no such partition here, or its log cannot be opened (the partition has logged why)."""
    partition = context.cluster.partition(topic, index)
    if partition is not None and not partition.is_open:
        await trio.lowlevel.checkpoint()  # opening takes a while: others come in between, and may delete the topic
        partition = context.cluster.partition(topic, index)
    if partition is None or context.broker.node_id not in partition.image.replicas:
        return None
    try:
        return DescribeLogDirsPartition(partition_index=index, partition_size=partition.size_bytes)
    except ApiError:
        return None
