from dataclasses import replace
from random import Random

import pytest

from kwire.broker import metadata_log, metadata_snapshot
from kwire.broker.metadata import MetadataImage
from kwire.broker.metadata_log import MetadataLog
from kwire.broker.metadata_records import frame, unframe
from kwire.cluster.cluster import Cluster
from kwire.files import OsFiles
from kwire.protocol.errors import ProtocolError
from kwire.protocol.messages.create_partitions import CreatePartitionsTopic
from kwire.protocol.messages.records.cluster_metadata import (
    ConfigRecord,
    FeatureLevelRecord,
    NoOpRecord,
    TopicRecord,
)
from kwire.protocol.records.batch import iter_headers
from kwire.protocol.records.control import ControlType, read_control_type
from kwire.storage.memory import MemoryStore
from kwire.storage.port import StorageError
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import CLUSTER_ID, build_cluster, build_env, create_topic
from tests.kit.simulated_disk import ProcessFiles, SimulatedDisk

TOPIC_ID = bytes(range(16))


@pytest.fixture(params=["memory", "segments"])
def log(request, tmp_path):
    env = build_env()
    store = MemoryStore(env) if request.param == "memory" else SegmentStore(str(tmp_path), env)
    store.start()
    yield MetadataLog(env, store)
    store.close()


@pytest.fixture
def short_checkpoints(monkeypatch):
    monkeypatch.setattr(metadata_log, "METADATA_CHECKPOINT_RECORDS", 20)


def open_cluster(directory, brokers=1):
    env = build_env()
    store = SegmentStore(str(directory), env)
    store.start()
    return Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=range(1, brokers + 1))


def same(image, other):
    return (image.topics, image.brokers, image.configs, image.features, image.next_producer_id) == (
        other.topics,
        other.brokers,
        other.configs,
        other.features,
        other.next_producer_id,
    )


def test_a_frame_is_kafkas():
    # frame version 1, record type 2, version 0, compact string, uuid, no tags
    assert frame(TopicRecord(name="foo", topic_id=TOPIC_ID)) == b"\x01\x02\x00\x04foo" + TOPIC_ID + b"\x00"


@pytest.mark.parametrize(
    "value", [b"\x00\x02\x00", b"\x01\x7f\x00\x00", b"\x01\x02\x09\x00", b"\x01\x02\x00\x04fo", b""]
)
def test_what_is_no_frame_is_an_error(value):
    with pytest.raises(ProtocolError):
        unframe(value)


def test_what_was_appended_is_replayed_in_order(log):
    first = [TopicRecord(name="a", topic_id=TOPIC_ID), ConfigRecord(2, "a", "retention.ms", "5")]
    log.append(first)
    log.append([NoOpRecord()])
    assert list(log.replay()) == [*first, NoOpRecord()]
    assert log.end_offset == 3


def test_a_log_longer_than_one_read_is_replayed_whole(log, monkeypatch):
    monkeypatch.setattr(metadata_log, "READ_BYTES", 300)
    records = [TopicRecord(name=f"topic-{number}", topic_id=TOPIC_ID) for number in range(100)]
    for record in records:
        log.append([record])
    assert list(log.replay()) == records


async def test_a_decision_is_one_batch(tmp_path):
    cluster = open_cluster(tmp_path)
    await create_topic(cluster, "t", 30, configs={"retention.ms": "1"})
    stored = cluster.store.open("__cluster_metadata", bytes(15) + b"\x01", 0, cluster.configs.topic("t"))
    assert [header.records_count for header in stored.headers()] == [1, 32]
    cluster.close()


async def test_a_torn_decision_is_not_visible_after_a_restart(tmp_path):
    cluster = open_cluster(tmp_path)
    await create_topic(cluster, "whole", 3)
    segment = tmp_path / "__cluster_metadata-0" / "00000000000000000000.log"
    before = segment.stat().st_size
    await create_topic(cluster, "torn", 30)
    after = segment.stat().st_size
    content = segment.read_bytes()
    cluster.close()
    (tmp_path / ".kafka_cleanshutdown").unlink()  # as after a crash
    (tmp_path / "recovery-point-offset-checkpoint").unlink()
    for kept in (before, before + 20, after - 1):
        segment.write_bytes(content[:kept])
        again = open_cluster(tmp_path)
        assert list(again.image.topics) == ["whole"]
        assert len(again.image.topics["whole"].partitions) == 3
        again.close()
        (tmp_path / ".kafka_cleanshutdown").unlink()
        (tmp_path / "recovery-point-offset-checkpoint").unlink(missing_ok=True)


async def test_a_restart_gives_the_live_state(tmp_path):
    cluster = open_cluster(tmp_path, brokers=3)
    await create_topic(cluster, "kept", 5, 2, configs={"retention.ms": "77"})
    gone = await create_topic(cluster, "gone", 2)
    await cluster.controller.create_partitions([CreatePartitionsTopic(name="kept", count=7, assignments=None)])
    await cluster.controller.delete_topics([gone.topic_id])
    cluster.controller.stop_broker(2)
    cluster.controller.start_broker(2)
    assert cluster.brokers[1].producer_ids.next() == 0
    cluster.close()
    again = open_cluster(tmp_path, brokers=3)
    assert same(again.image, cluster.image)
    assert again.configs.topic("kept").retention_ms == 77
    assert again.brokers[1].producer_ids.next() == 1000
    again.close()


async def test_a_restart_writes_nothing_where_nothing_changed(tmp_path):
    cluster = open_cluster(tmp_path, brokers=2)
    await create_topic(cluster, "t")
    cluster.close()
    segment = tmp_path / "__cluster_metadata-0" / "00000000000000000000.log"
    before = segment.read_bytes()
    open_cluster(tmp_path, brokers=2).close()
    assert segment.read_bytes() == before


async def test_a_checkpoint_cuts_the_log_and_holds_the_state(tmp_path, short_checkpoints):
    cluster = open_cluster(tmp_path, brokers=2)
    for number in range(10):
        topic = await create_topic(cluster, f"t{number}", 3, configs={"retention.ms": "5"})
        if number % 2:
            await cluster.controller.delete_topics([topic.topic_id])
    cluster.brokers[1].producer_ids.next()
    log = cluster._metadata_log
    end_offset = log.end_offset
    assert log.checkpoint_if_due(cluster.image)
    assert not log.checkpoint_if_due(cluster.image)
    directory = tmp_path / "__cluster_metadata-0"
    (checkpoint,) = directory.glob("*.checkpoint")
    assert checkpoint.name == f"{end_offset:020d}-0000000001.checkpoint"
    assert log._partition_log.log_start_offset == end_offset
    await create_topic(cluster, "after")
    cluster.close()
    again = open_cluster(tmp_path, brokers=2)
    assert same(again.image, cluster.image)
    again.close()


async def test_a_newer_checkpoint_replaces_the_older_one(tmp_path, short_checkpoints):
    cluster = open_cluster(tmp_path)
    for name, partitions in (("first", 30), ("second", 40)):
        await create_topic(cluster, name, partitions)
        assert cluster._metadata_log.checkpoint_if_due(cluster.image)
    assert len(list((tmp_path / "__cluster_metadata-0").glob("*.checkpoint"))) == 1
    cluster.close()
    again = open_cluster(tmp_path)
    assert same(again.image, cluster.image)
    again.close()


async def test_no_checkpoint_before_the_log_outgrows_the_last_one(tmp_path, short_checkpoints):
    cluster = open_cluster(tmp_path)
    await create_topic(cluster, "big", 100)
    assert cluster._metadata_log.checkpoint_if_due(cluster.image)
    await create_topic(cluster, "small", 30)
    assert not cluster._metadata_log.checkpoint_if_due(cluster.image)
    cluster.close()


async def test_in_memory_the_log_is_only_cut(short_checkpoints):
    cluster = build_cluster()
    await create_topic(cluster, "t", 30)
    assert cluster._metadata_log.checkpoint_if_due(cluster.image)
    log = cluster._metadata_log._partition_log
    assert log.log_start_offset == log.log_end_offset


async def test_a_damaged_checkpoint_is_an_error_with_its_path(tmp_path, short_checkpoints):
    cluster = open_cluster(tmp_path)
    await create_topic(cluster, "t", 30)
    cluster._metadata_log.checkpoint_if_due(cluster.image)
    cluster.close()
    (checkpoint,) = (tmp_path / "__cluster_metadata-0").glob("*.checkpoint")
    content = checkpoint.read_bytes()
    for damaged in (content[:-1], content[:100] + b"?" + content[101:], b""):
        checkpoint.write_bytes(damaged)
        store = SegmentStore(str(tmp_path), build_env())
        store.start()
        with pytest.raises(StorageError, match="checkpoint"):
            Cluster(build_env(), store, cluster_id=CLUSTER_ID, broker_ids=[1])
        store.close()


async def test_a_lost_checkpoint_is_an_error(tmp_path, short_checkpoints):
    cluster = open_cluster(tmp_path)
    await create_topic(cluster, "t", 30)
    cluster._metadata_log.checkpoint_if_due(cluster.image)
    cluster.close()
    (checkpoint,) = (tmp_path / "__cluster_metadata-0").glob("*.checkpoint")
    checkpoint.unlink()
    store = SegmentStore(str(tmp_path), build_env())
    store.start()
    with pytest.raises(StorageError, match="metadata log starts at offset"):
        Cluster(build_env(), store, cluster_id=CLUSTER_ID, broker_ids=[1])
    store.close()


def test_a_checkpoint_has_kafkas_header_and_footer(tmp_path):
    records = [TopicRecord(name=f"t{number}", topic_id=TOPIC_ID) for number in range(2500)]
    metadata_snapshot.write(OsFiles(), str(tmp_path), 2500, 1, records, 7)
    (path,) = tmp_path.iterdir()
    data = path.read_bytes()
    headers = list(iter_headers(data))
    kinds = [
        read_control_type(data, header, at) if header.is_control else header.records_count for at, header in headers
    ]
    assert kinds == [ControlType.SNAPSHOT_HEADER, 1000, 1000, 500, ControlType.SNAPSHOT_FOOTER]
    assert [header.base_offset for _, header in headers] == [0, 1, 1001, 2001, 2501]
    assert list(metadata_snapshot.read(OsFiles(), str(path))) == records


def test_a_checkpoint_written_by_kafka_is_read():
    from pathlib import Path

    path = (
        Path(__file__).parent.parent
        / "vectors/segments/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"
    )
    image = MetadataImage()
    records = list(metadata_snapshot.read(OsFiles(), str(path)))
    for record in records:
        image.replay(record)
    assert {type(record) for record in records} == {FeatureLevelRecord}
    assert image.features["metadata.version"] == 33


async def test_a_decision_outlives_power_loss():
    disk = SimulatedDisk(Random(1), lambda: 0)
    for number in range(6):
        env = replace(build_env(), files=ProcessFiles(disk))
        store = SegmentStore("/data", env)
        store.start()
        cluster = build_cluster(env=env, store=store)
        assert len(cluster.image.topics) == number
        await create_topic(cluster, f"topic-{number}")
        env.files.kill()
        disk.lose_power()
