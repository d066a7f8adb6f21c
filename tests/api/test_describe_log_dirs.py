import errno
import shutil
from dataclasses import replace

import pytest

from kwire.api import describe_log_dirs
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.describe_log_dirs import (
    DescribableLogDirTopic,
    DescribeLogDirsRequest,
    DescribeLogDirsResponse,
)
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import START_MS, build_cluster, build_env, context_of, create_topic
from tests.kit.faulty_files import FaultyFiles


async def described(cluster, asked=None, *, version=5, node_id=1):
    """The one directory of the answer."""
    topics = None if asked is None else [DescribableLogDirTopic(name, indexes) for name, indexes in asked]
    request = DescribeLogDirsRequest(topics)
    request = codec.decode(DescribeLogDirsRequest, version, codec.encode(request, version))
    response = await describe_log_dirs.handle(request, context_of(cluster, version, node_id=node_id))
    response = codec.decode(DescribeLogDirsResponse, version, codec.encode(response, version))
    assert response.error_code == 0
    (result,) = response.results
    return result


def rows(result):
    return {
        (topic.name, row.partition_index): row.partition_size for topic in result.topics for row in topic.partitions
    }


def produce(cluster, topic, index=0):
    batch = encode_batch([Record(0, START_MS, b"k", b"v" * 100)])
    cluster.partition(topic, index).produce(
        memoryview(batch), acks=-1, now_ms=START_MS, validate_records=False, api_version=9
    )
    return len(batch)


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
async def test_sizes_of_all_or_of_those_asked_for(version):
    cluster = build_cluster()
    await create_topic(cluster, "a", 2)
    await create_topic(cluster, "b")
    size = produce(cluster, "a", 1) + produce(cluster, "a", 1)
    result = await described(cluster, version=version)
    assert (result.error_code, result.log_dir, result.is_cordoned) == (0, "memory:", False)
    assert rows(result) == {("a", 0): 0, ("a", 1): size, ("b", 0): 0}
    assert all((row.offset_lag, row.is_future_key) == (0, False) for topic in result.topics for row in topic.partitions)
    asked = [("a", [1, 1, 7, -1]), ("nope", [0]), ("b", []), ("a", [0])]
    assert rows(await described(cluster, asked, version=version)) == {("a", 0): 0, ("a", 1): size}
    assert rows(await described(cluster, [], version=version)) == {}


async def test_room_in_memory_shrinks_with_what_is_stored():
    cluster = build_cluster()
    await create_topic(cluster, "a")
    before = await described(cluster)
    size = produce(cluster, "a")
    after = await described(cluster)
    assert before.total_bytes == after.total_bytes == cluster.store.budget_bytes
    assert after.usable_bytes <= before.usable_bytes - size
    assert (await described(cluster, version=3)).total_bytes == -1


async def test_a_broker_has_the_partitions_that_it_is_a_replica_of():
    cluster = build_cluster(3)
    await create_topic(cluster, "a", assignments=[[1, 2], [3, 1]])
    size = produce(cluster, "a")
    assert [rows(await described(cluster, node_id=node_id)) for node_id in (1, 2, 3)] == [
        {("a", 0): size, ("a", 1): 0},
        {("a", 0): size},
        {("a", 1): 0},
    ]
    assert rows(await described(cluster, [("a", [0, 1])], node_id=3)) == {("a", 1): 0}


async def test_a_directory_on_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = replace(build_env(), files=FaultyFiles())
    store = SegmentStore("data", env)
    store.start()
    cluster = build_cluster(env=env, store=store)
    try:
        await create_topic(cluster, "a")
        size = produce(cluster, "a")
        result = await described(cluster)
        assert result.log_dir == str(tmp_path / "data")
        assert result.total_bytes == shutil.disk_usage(tmp_path).total
        assert 0 < result.usable_bytes <= result.total_bytes
        assert rows(result) == {("a", 0): size}
        env.files.faults["space"] = errno.EIO
        result = await described(cluster)
        assert (result.error_code, result.log_dir) == (ErrorCode.KAFKA_STORAGE_ERROR, str(tmp_path / "data"))
        assert result.topics == []
    finally:
        cluster.close()


async def test_logs_of_the_last_run_are_opened_and_one_that_cannot_be_is_left_out(tmp_path):
    store = SegmentStore(str(tmp_path), build_env())
    store.start()
    cluster = build_cluster(store=store)
    await create_topic(cluster, "a", 2)
    size = produce(cluster, "a", 0)
    produce(cluster, "a", 1)
    cluster.close()
    (tmp_path / "a-1" / f"{0:020}.log").rename(tmp_path / "kept")
    (tmp_path / "a-1" / f"{0:020}.log").mkdir()
    store = SegmentStore(str(tmp_path), build_env())
    store.start()
    cluster = build_cluster(store=store)
    try:
        assert rows(await described(cluster)) == {("a", 0): size}
    finally:
        cluster.close()
