"""A broker's files cut at every byte of the last batch, or of the last decision: what is before it is served."""

from copy import deepcopy
from dataclasses import replace
from random import Random

import pytest

from kwire.protocol.records.batch import iter_headers, read_header
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import START_MS, build_cluster, build_env, create_topic
from tests.kit.simulated_disk import ProcessFiles, SimulatedDisk
from tests.kit.storage_bench import batch_of

ROOT = "/data"


def open_cluster(disk):
    env = replace(build_env(), files=ProcessFiles(disk))
    store = SegmentStore(ROOT, env)
    store.start()
    cluster = build_cluster(env=env, store=store)
    cluster.open_stored_logs()
    return cluster


@pytest.fixture
async def crashed():
    """The disk of a broker that was killed, with two topics, the second one new, and three batches in the first."""
    disk = SimulatedDisk(Random(0), lambda: START_MS)
    cluster = open_cluster(disk)
    await create_topic(cluster, "first")
    partition = cluster.partition("first", 0)
    for sequence in range(3):
        batch = batch_of(2, producer=(7, 0, 2 * sequence))
        partition.append(batch, read_header(batch), 0)
    await create_topic(cluster, "second", 2, configs={"retention.ms": "5000"})
    cluster.env.files.kill()
    return disk


def cut_copies(crashed, log):
    """(Disk, start of the last batch, size) for every size of the log from that start on."""
    content = bytes(crashed.file(f"{ROOT}/{log}").content)
    *_, (start, _) = iter_headers(content)
    for size in range(start, len(content)):
        disk = SimulatedDisk(Random(size), lambda: START_MS)
        disk.root = deepcopy(crashed.root)
        disk.file(f"{ROOT}/{log}").content = bytearray(content[:size])
        yield disk, start, size


def read_all(partition):
    found = partition.open().read(0, 1_000_000, before_offset=partition.open().log_end_offset, min_one_batch=True)
    try:
        return found.tobytes()
    finally:
        found.close()


async def test_a_cut_batch_is_gone_as_a_whole_and_the_leader_epoch_says_so(crashed):
    log = f"first-0/{0:020d}.log"
    content = bytes(crashed.file(f"{ROOT}/{log}").content)
    for disk, start, size in cut_copies(crashed, log):
        cluster = open_cluster(disk)
        partition = cluster.partition("first", 0)
        assert read_all(partition) == content[:start]
        assert (partition.high_watermark, partition.image.leader_epoch) == (4, int(size > start))
        batch = batch_of(2, producer=(7, 0, 4))
        assert partition.append(batch, read_header(batch), 0).base_offset == 4
        cluster.close()


async def test_a_cut_decision_was_never_made(crashed):
    for disk, _, _ in cut_copies(crashed, f"__cluster_metadata-0/{0:020d}.log"):
        cluster = open_cluster(disk)
        assert list(cluster.image.topics) == ["first"]
        assert cluster.image.configs == {}
        assert cluster.partition("first", 0).high_watermark == 6
        topic = await create_topic(cluster, "second", 1)
        cluster.close()
        again = open_cluster(disk)
        assert again.image.topics["second"] == topic
        again.close()
