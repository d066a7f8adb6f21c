"""ListOffsets through its handler: special and ordinary timestamps, isolation, epochs, and what each version knows."""

import pytest

from kwire.api import list_offsets
from kwire.api.list_offsets import (
    EARLIEST,
    EARLIEST_LOCAL,
    EARLIEST_PENDING_UPLOAD,
    LATEST,
    LATEST_TIERED,
    MAX_TIMESTAMP,
)
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopic,
)

T0 = 1_700_000_000_000


def request(*asked, topic="truck_gps", replica_id=-1, isolation_level=0, epoch=-1):
    partitions = [
        ListOffsetsPartition(partition_index=index, timestamp=timestamp, current_leader_epoch=epoch)
        for index, timestamp in asked
    ]
    topics = [ListOffsetsTopic(name=topic, partitions=partitions)]
    return ListOffsetsRequest(replica_id=replica_id, isolation_level=isolation_level, topics=topics)


async def rows_of(asked, context):
    response = await list_offsets.handle(asked, context)
    decoded = codec.decode(ListOffsetsResponse, context.api_version, codec.encode(response, context.api_version))
    return [row for topic in decoded.topics for row in topic.partitions]


async def ask(data_path, timestamp, version=11, **options):
    """(Error code, timestamp, offset, leader epoch) of partition 0."""
    (row,) = await rows_of(request((0, timestamp), **options), data_path.context(version))
    return row.error_code, row.timestamp, row.offset, row.leader_epoch


@pytest.fixture
async def filled(data_path, batch):
    """Ten batches of two records with one timestamp each, a second apart; the log starts at offset 4."""
    await data_path.create("truck_gps", partitions=2)
    for second in range(10):
        data_path.append("truck_gps", 0, batch(2, timestamp=T0 + 1000 * second))
    data_path.partition("truck_gps").delete_records(4)
    return data_path


async def test_special_timestamps_without_tiered_storage(filled):
    assert await ask(filled, LATEST) == (0, -1, 20, 0)
    assert await ask(filled, EARLIEST) == (0, -1, 4, 0)
    assert await ask(filled, MAX_TIMESTAMP) == (0, T0 + 9000, 18, 0)
    assert await ask(filled, EARLIEST_LOCAL) == (0, -1, 4, 0)
    assert await ask(filled, LATEST_TIERED) == (0, -1, -1, -1)
    assert await ask(filled, EARLIEST_PENDING_UPLOAD) == (0, -1, -1, -1)


async def test_an_empty_log(data_path):
    await data_path.create("truck_gps")
    assert await ask(data_path, LATEST) == (0, -1, 0, 0)
    assert await ask(data_path, EARLIEST) == (0, -1, 0, 0)
    assert await ask(data_path, MAX_TIMESTAMP) == (0, -1, -1, -1)
    assert await ask(data_path, T0) == (0, -1, -1, -1)


async def test_ordinary_timestamps(filled):
    assert await ask(filled, 0) == (0, T0 + 2000, 4, 0)
    assert await ask(filled, T0 + 5000) == (0, T0 + 5000, 10, 0)
    assert await ask(filled, T0 + 5001) == (0, T0 + 6000, 12, 0)
    assert await ask(filled, T0 + 9001) == (0, -1, -1, -1)


@pytest.mark.parametrize(
    ("timestamp", "first_version"),
    [(LATEST, 1), (EARLIEST, 1), (MAX_TIMESTAMP, 7), (EARLIEST_LOCAL, 8), (LATEST_TIERED, 9), (-6, 11)],
)
async def test_each_special_timestamp_has_its_first_version(filled, timestamp, first_version):
    for version in range(1, 12):
        code = (await ask(filled, timestamp, version))[0]
        assert code == (ErrorCode.NONE if version >= first_version else ErrorCode.UNSUPPORTED_VERSION)


async def test_timestamps_that_mean_nothing_are_refused(filled):
    assert await ask(filled, -7) == (ErrorCode.UNSUPPORTED_VERSION, -1, -1, -1)


async def test_leader_epochs_are_told_from_version_4_on(filled):
    assert (await ask(filled, LATEST, 3))[3] == -1
    assert (await ask(filled, LATEST, 4))[3] == 0


async def test_read_committed_ends_at_the_last_stable_offset(data_path, batch):
    await data_path.create("truck_gps")
    data_path.append("truck_gps", 0, batch(3, timestamp=T0))
    transaction = {"producer_id": 3, "producer_epoch": 0, "base_sequence": 0, "transactional": True}
    data_path.append("truck_gps", 0, batch(2, timestamp=T0 + 1000, **transaction))
    assert await ask(data_path, LATEST) == (0, -1, 5, 0)
    assert await ask(data_path, LATEST, isolation_level=1) == (0, -1, 3, 0)
    assert await ask(data_path, T0 + 1000) == (0, T0 + 1000, 3, 0)
    assert await ask(data_path, T0 + 1000, isolation_level=1) == (0, -1, -1, -1)
    assert await ask(data_path, MAX_TIMESTAMP, isolation_level=1) == (0, -1, -1, -1)


async def test_the_clients_epoch_is_checked(filled):
    filled.partition("truck_gps").image.leader_epoch = 5
    assert (await ask(filled, LATEST, epoch=5))[0] == ErrorCode.NONE
    assert (await ask(filled, LATEST, epoch=4))[0] == ErrorCode.FENCED_LEADER_EPOCH
    assert (await ask(filled, LATEST, epoch=6))[0] == ErrorCode.UNKNOWN_LEADER_EPOCH


async def test_unknown_topics_and_partitions(data_path):
    (row,) = await rows_of(request((0, LATEST), topic="nope"), data_path.context(1))
    assert (row.error_code, row.timestamp, row.offset) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1)


async def test_only_the_leader_answers_consumers_any_replica_answers_tools(data_path):
    data_path.start_brokers(3)
    await data_path.create("truck_gps", replicas=[[2, 1]])
    for node_id, replica_id, code in (
        (2, -1, ErrorCode.NONE),
        (1, -1, ErrorCode.NOT_LEADER_OR_FOLLOWER),
        (1, -2, ErrorCode.NONE),
        (3, -2, ErrorCode.NOT_LEADER_OR_FOLLOWER),
    ):
        asked = request((0, LATEST), replica_id=replica_id)
        (row,) = await rows_of(asked, data_path.context(11, node_id=node_id))
        assert row.error_code == code


async def test_a_partition_that_is_asked_for_twice_is_refused_once(filled):
    rows = await rows_of(request((0, LATEST), (1, LATEST), (0, EARLIEST)), filled.context(11))
    assert [(row.partition_index, row.error_code) for row in rows] == [(0, ErrorCode.INVALID_REQUEST), (1, 0)]
