"""AlterReplicaLogDirs: replicas are in the one directory that there is."""

import pytest

from kwire.api import alter_replica_log_dirs, describe_log_dirs
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.alter_replica_log_dirs import (
    AlterReplicaLogDir,
    AlterReplicaLogDirsRequest,
    AlterReplicaLogDirsResponse,
    AlterReplicaLogDirTopic,
)
from kwire.protocol.messages.describe_log_dirs import DescribeLogDirsRequest
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import build_cluster, build_env, context_of, create_topic


async def altered(cluster, *dirs, version=2, node_id=1):
    """Alter replicas; return the error by topic and partition. dirs: pairs of a path and topics with their indexes."""
    request = AlterReplicaLogDirsRequest(
        [AlterReplicaLogDir(path, [AlterReplicaLogDirTopic(*topic) for topic in topics]) for path, topics in dirs]
    )
    request = codec.decode(AlterReplicaLogDirsRequest, version, codec.encode(request, version))
    response = await alter_replica_log_dirs.handle(request, context_of(cluster, version, node_id=node_id))
    response = codec.decode(AlterReplicaLogDirsResponse, version, codec.encode(response, version))
    rows = [(topic.topic_name, row) for topic in response.results for row in topic.partitions]
    assert len({(topic, row.partition_index) for topic, row in rows}) == len(rows)
    return {(topic, row.partition_index): ErrorCode(row.error_code) for topic, row in rows}


@pytest.fixture(params=["memory", "files"])
async def cluster(request, tmp_path):
    """Two brokers; each is the only replica of one partition of t."""
    env = build_env()
    store = None
    if request.param == "files":
        store = SegmentStore(str(tmp_path / "data"), env)
        store.start()
    cluster = build_cluster(2, env=env, store=store)
    await create_topic(cluster, "t", assignments=[[1], [2]])
    yield cluster
    cluster.close()


async def directory_of(cluster):
    """Return the directory that DescribeLogDirs shows to clients."""
    answer = await describe_log_dirs.handle(DescribeLogDirsRequest([]), context_of(cluster, 1))
    return answer.results[0].log_dir


@pytest.mark.parametrize("version", [1, 2])
async def test_a_replica_may_be_moved_to_where_it_is(cluster, version):
    directory = await directory_of(cluster)
    asked = [("t", [0, 1, 2, -1, 0]), ("nope", [0])]
    assert await altered(cluster, (directory, asked), version=version) == {
        ("t", 0): ErrorCode.NONE,
        ("t", 1): ErrorCode.REPLICA_NOT_AVAILABLE,
        ("t", 2): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ("t", -1): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ("nope", 0): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }
    assert (await altered(cluster, (directory, [("t", [1])]), node_id=2))["t", 1] == ErrorCode.NONE
    assert await altered(cluster, version=version) == {}


async def test_no_other_directory_is_there(cluster):
    directory = await directory_of(cluster)
    for path in ("/nowhere", "", "relative", f"{directory}/"):
        assert await altered(cluster, (path, [("t", [0]), ("nope", [0])])) == {
            ("t", 0): ErrorCode.LOG_DIR_NOT_FOUND,
            ("nope", 0): ErrorCode.LOG_DIR_NOT_FOUND,
        }
    twice = ("/nowhere", [("t", [0])]), (directory, [("t", [0])])
    assert await altered(cluster, *twice) == {("t", 0): ErrorCode.NONE}
    assert await altered(cluster, *reversed(twice)) == {("t", 0): ErrorCode.LOG_DIR_NOT_FOUND}


async def test_a_long_name_is_refused_as_kafka_has_to(cluster):
    for name, code in (
        ("x" * 213, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("x" * 214, ErrorCode.INVALID_TOPIC_EXCEPTION),
    ):
        assert await altered(cluster, (await directory_of(cluster), [(name, [0])])) == {(name, 0): code}
