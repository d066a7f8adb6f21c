"""AlterReplicaLogDirs (key 34), versions 1-2.

Move replicas between a broker's directories. kwire has one directory: a replica is there already, and any other
directory is answered with LOG_DIR_NOT_FOUND.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.api.turns import LongReply
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.alter_replica_log_dirs import (
    AlterReplicaLogDirPartitionResult,
    AlterReplicaLogDirsResponse,
    AlterReplicaLogDirTopicResult,
)

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.protocol.messages.alter_replica_log_dirs import AlterReplicaLogDirsRequest

LONGEST_NAME: Final = 215
"""Longest name of a partition's directory that Kafka moves: the moved copy's name is longer, and limited too."""


async def handle(request: AlterReplicaLogDirsRequest, context: RequestContext) -> AlterReplicaLogDirsResponse:
    """Answer once for each partition; if several directories are named for one, use the last.

    Raises:
        CloseConnection: the partitions are too many.
    """
    reply = LongReply("AlterReplicaLogDirs", context.cluster.env)
    wanted: dict[str, dict[int, str]] = {}
    for directory in request.dirs:
        for topic in directory.topics:
            for index in topic.partitions:
                wanted.setdefault(topic.name, {})[index] = directory.path
    response = AlterReplicaLogDirsResponse()
    for name, partitions in wanted.items():
        rows = []
        for index, path in partitions.items():
            rows.append(AlterReplicaLogDirPartitionResult(index, _error(name, index, path, context)))
            await reply.add(1)
        response.results.append(AlterReplicaLogDirTopicResult(topic_name=name, partitions=rows))
    return response


def _error(topic: str, index: int, path: str, context: RequestContext) -> ErrorCode:
    if len(f"{topic}-{index}") > LONGEST_NAME:
        return ErrorCode.INVALID_TOPIC_EXCEPTION
    if path != context.cluster.store.location:
        return ErrorCode.LOG_DIR_NOT_FOUND
    partition = context.cluster.partition(topic, index)
    if partition is None:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if context.broker.node_id not in partition.image.replicas:
        return ErrorCode.REPLICA_NOT_AVAILABLE
    return ErrorCode.NONE
