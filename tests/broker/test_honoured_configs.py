"""Every config that kwire honours changes what happens: by default, set in each way there is, and taken back.

A row of the table says what is observed through the handlers, by default and with the config set. It is observed on a
topic that was created with the config, that got it later, and with each of the broker configs that give its default,
set at start and, where Kafka lets them, while the broker runs.
"""

from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType

import pytest

from kwire.api import create_topics, delete_topics, describe_topic_partitions, find_coordinator, metadata
from kwire.broker.config_definitions import definitions
from kwire.broker.config_documentation import is_honoured
from kwire.broker.resources import BROKER, TOPIC
from kwire.cluster.internal_topics import GROUP_TOPIC
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest, DeleteTopicState
from kwire.protocol.messages.describe_topic_partitions import DescribeTopicPartitionsRequest, TopicRequest
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.protocol.records.batch import iter_headers, read_header, seal
from kwire.protocol.records.compression import Codec
from kwire.protocol.records.record import Record, encode_batch, iter_records

HOUR_S, DAY_S = 3_600, 86_400
MAX_BYTES = 2**31 - 1
BOTH = ("memory", "segments")
FILES = ("segments",)
DONE = (ErrorCode.NONE, None)


@dataclass(frozen=True)
class Row:
    """topic: config and text. broker: the same of brokers. observe(world) gives default, or with the config changed.

    given: what else the topic is configured to. brokers: how many there are, with a replica each.
    """

    topic: tuple[str, str] | None
    broker: dict
    observe: object
    default: object
    changed: object
    given: dict = field(default_factory=dict)
    engines: tuple = BOTH
    brokers: int = 1
    partitions: int = 1

    def ways(self):
        """(What to do, with which config, its text)."""
        yield "default", "", ""
        if self.topic is not None:
            for way in ("created", "altered", "altered and back"):
                yield way, *self.topic
        for name, text in self.broker.items():
            yield "at start", name, text
            if definitions(BROKER)[name].update_mode:
                yield "everywhere", name, text
                yield "everywhere and back", name, text
                if self.brokers == 1:
                    yield "here", name, text


def honours(observe, default, changed, *, topic=None, broker=MappingProxyType({}), **options):
    """A row of the table; topic: {config: text}."""
    return Row(next(iter(topic.items())) if topic else None, dict(broker), observe, default, changed, **options)


# What can be observed of a topic


async def keyless_and_expired(world):
    """(The error of a record without a key, where the log starts after retention)."""
    error = (await world.produce(world.batch(key=None, age_s=30 * DAY_S))).error_code
    await world.produce(world.batch(age_s=30 * DAY_S))
    await world.cluster.upkeep.enforce_retention()
    return error, world.log().log_start_offset


async def stored_codec(world):
    await world.produce(world.batch(count=10))
    return Codec(read_header(await world.stored()).compression)


def compressed_like(codec, *levels):
    """Observes which of these levels gives the bytes that are stored of a plain batch."""
    words = Random(7).choices([b"north", b"south", b"east", b"west", b"speed", b"idle"], k=4000)

    async def observe(world):
        records = [Record(0, world.env.wall_ms(), b"truck-1", b" ".join(words))]
        sizes = {len(encode_batch(records, compression=codec, level=level)): level for level in levels}
        assert len(sizes) == len(levels), "the levels cannot be told apart"
        await world.produce(encode_batch(records))
        return sizes.get(len(await world.stored()))

    return observe


async def error_of_a_bomb(world):
    """The error of a batch of 100 bytes that unfolds to 20,000."""
    return (await world.produce(world.batch(value=bytes(20_000), compression=Codec.GZIP))).error_code


async def error_of_1_kb(world):
    return (await world.produce(world.batch(value=bytes(1000)))).error_code


def error_of_age(age_s):
    async def observe(world):
        return (await world.produce(world.batch(age_s=age_s))).error_code

    return observe


async def whose_time(world):
    """(The time of arrival that the producer is told, whose time a consumer sees)."""
    row = await world.produce(world.batch(age_s=HOUR_S))
    header = read_header(await world.stored())
    age_ms = world.env.wall_ms() - header.max_timestamp
    told = row.log_append_time_ms if row.log_append_time_ms == -1 else row.log_append_time_ms - world.env.wall_ms()
    return told, age_ms, header.is_log_append_time


async def errors_with_one_of_two_brokers(world):
    """Of acks=all and of acks=1."""
    world.cluster.controller.stop_broker(2)
    return [(await world.produce(acks=acks)).error_code for acks in (-1, 1)]


async def start_after_retention_of_large_records(world):
    for _ in range(3):
        await world.produce(world.batch(value=bytes(600_000)))
    await world.cluster.upkeep.enforce_retention()
    return world.log().log_start_offset


async def start_after_retention_of_an_old_record(world):
    await world.produce(world.batch(age_s=2 * HOUR_S))
    await world.cluster.upkeep.enforce_retention()
    return world.log().log_start_offset


async def segments_of_large_records(world):
    for _ in range(3):
        await world.produce(world.batch(value=bytes(600_000)))
    return world.segments()


async def segments_of_small_records(world):
    for _ in range(8):
        await world.produce()
    return world.segments()


async def segments_over_time(world):
    """After an append two hours later, and after two more hours without one."""
    await world.produce()
    world.clock.advance(2 * HOUR_S)
    await world.produce()
    later = world.segments()
    world.clock.advance(2 * HOUR_S)
    await world.cluster.upkeep.enforce_retention()
    return later, world.segments()


async def some_close_early(world):
    """Whether of 16 segments that may be 1 s old, some but not all are closed after 0.5 s."""
    for index in range(16):
        await world.produce(index=index)
        world.log(index).roll(world.env.wall_ms())
        await world.produce(index=index)
    world.clock.advance(0.5)
    await world.cluster.upkeep.enforce_retention()
    closed = sum(world.segments(index) > 2 for index in range(16))
    return 0 < closed < 16


async def index_entries(world):
    """Of a segment of five batches."""
    for _ in range(5):
        await world.produce()
    world.log().roll(world.env.wall_ms())
    return (world.directory / "t-0" / f"{0:020}.index").stat().st_size // 8


async def deleted_files_after_a_second(world):
    await world.produce(world.batch(age_s=30 * DAY_S))
    await world.cluster.upkeep.enforce_retention()
    assert world.log().log_start_offset == 1
    world.clock.advance(1)
    world.housekeep()
    return any(path.name.endswith(".deleted") for path in (world.directory / "t-0").iterdir())


async def syncs_of_appends(world):
    """Which of four appends waited for the disk."""
    world.fsyncs()
    synced = []
    for _ in range(4):
        await world.produce()
        synced.append(world.fsyncs() > 0)
    return synced


async def syncs_over_time(world):
    """Whether an append is on the disk after half a second, and after one more second."""
    world.housekeep()  # also writes the checkpoints, which is due once a minute
    await world.produce()
    synced = []
    for wait_s in (0.5, 1):
        world.clock.advance(wait_s)
        world.fsyncs()
        world.housekeep()
        synced.append(world.fsyncs() > 0)
    return synced


async def dirty(world, *values, count=1):
    """A closed segment that has a record of one key with each of these values."""
    for value in values:
        await world.produce(world.batch(value=value, count=count))
    world.log().roll(world.env.wall_ms())


async def is_cleaned(world):
    await dirty(world, b"old", b"new")
    return await world.cluster.upkeep.clean()


async def is_cleaned_two_hours_later(world):
    await dirty(world, b"old", b"new")
    world.clock.advance(2 * HOUR_S)
    return await world.cluster.upkeep.clean()


async def is_cleaned_for_little(world):
    """Whether a cleaning of half of the log is followed by one for a tenth of it."""
    await dirty(world, bytes(1000))
    cleaned = [await world.cluster.upkeep.clean()]
    await dirty(world, b"new")
    return [*cleaned, await world.cluster.upkeep.clean()]


async def tombstones_over_time(world):
    """How many there are after the first cleaning, and after another one two hours later."""
    await dirty(world, b"old", None)
    counts = []
    for wait_s in (0, 2 * HOUR_S):
        world.clock.advance(wait_s)
        await world.produce(world.batch(key=b"another", value=bytes(10 ** (3 + len(counts)))))
        world.log().roll(world.env.wall_ms())
        assert await world.cluster.upkeep.clean()
        stored = world.log().read(0, MAX_BYTES, before_offset=2, min_one_batch=True).tobytes()
        records = [record for at, header in iter_headers(stored) for record in iter_records(stored, header, at)]
        counts.append(sum(record.value is None for record in records))
    return counts


async def keys_in_one_pass(world):
    """Up to which offset one cleaning of 8,000 keys comes."""
    records = [Record(0, world.env.wall_ms(), b"truck-%d" % number, b"position") for number in range(8000)]
    await world.produce(encode_batch(records))
    world.log().roll(world.env.wall_ms())
    assert await world.cluster.upkeep.clean()
    return world.log().cleaned_offset


async def steps_of_a_cleaning(world):
    """How often a cleaning of 20 batches lets others run."""
    await dirty(world, *[b"position"] * 20)
    steps = []
    run_blocking = world.env.run_blocking

    async def count(function):
        steps.append(function)
        return await run_blocking(function)

    world.env.run_blocking = count
    assert await world.cluster.upkeep.clean()
    return len(steps)


NONE = ErrorCode.NONE
COMPACT = {"cleanup.policy": "compact"}
MIB = str(1024 * 1024)

TOPIC_ROWS = [
    honours(
        keyless_and_expired,
        (NONE, 2),
        (ErrorCode.INVALID_RECORD, 0),
        topic={"cleanup.policy": "compact"},
        broker={"log.cleanup.policy": "compact"},
    ),
    honours(
        stored_codec, Codec.NONE, Codec.ZSTD, topic={"compression.type": "zstd"}, broker={"compression.type": "zstd"}
    ),
    honours(
        tombstones_over_time,
        [1, 1],
        [1, 0],
        topic={"delete.retention.ms": "3600000"},
        broker={"log.cleaner.delete.retention.ms": "3600000"},
        given=COMPACT,
    ),
    honours(
        is_cleaned_two_hours_later,
        False,
        True,
        topic={"max.compaction.lag.ms": "3600000"},
        broker={"log.cleaner.max.compaction.lag.ms": "3600000"},
        given=COMPACT | {"min.cleanable.dirty.ratio": "1"},
    ),
    honours(
        is_cleaned_for_little,
        [True, False],
        [True, True],
        topic={"min.cleanable.dirty.ratio": "0.01"},
        broker={"log.cleaner.min.cleanable.ratio": "0.01"},
        given=COMPACT,
    ),
    honours(
        is_cleaned,
        True,
        False,
        topic={"min.compaction.lag.ms": "3600000"},
        broker={"log.cleaner.min.compaction.lag.ms": "3600000"},
        given=COMPACT,
    ),
    honours(
        compressed_like(Codec.GZIP, None, 1),
        None,
        1,
        topic={"compression.gzip.level": "1"},
        broker={"compression.gzip.level": "1"},
        given={"compression.type": "gzip"},
    ),
    honours(
        compressed_like(Codec.LZ4, None, 12),
        None,
        12,
        topic={"compression.lz4.level": "12"},
        broker={"compression.lz4.level": "12"},
        given={"compression.type": "lz4"},
    ),
    honours(
        compressed_like(Codec.ZSTD, None, 19),
        None,
        19,
        topic={"compression.zstd.level": "19"},
        broker={"compression.zstd.level": "19"},
        given={"compression.type": "zstd"},
    ),
    honours(
        deleted_files_after_a_second,
        True,
        False,
        topic={"file.delete.delay.ms": "1000"},
        broker={"log.segment.delete.delay.ms": "1000"},
        engines=FILES,
    ),
    honours(
        syncs_of_appends,
        [False] * 4,
        [False, True, False, True],
        topic={"flush.messages": "2"},
        broker={"log.flush.interval.messages": "2"},
        engines=FILES,
    ),
    honours(
        syncs_over_time,
        [False, False],
        [False, True],
        topic={"flush.ms": "1000"},
        broker={"log.flush.interval.ms": "1000", "log.flush.scheduler.interval.ms": "1000"},
        engines=FILES,
    ),
    honours(
        index_entries,
        0,
        4,
        topic={"index.interval.bytes": "0"},
        broker={"log.index.interval.bytes": "0"},
        engines=FILES,
    ),
    honours(segments_of_small_records, 1, 4, topic={"internal.segment.bytes": "200"}),
    honours(
        error_of_a_bomb,
        NONE,
        ErrorCode.MESSAGE_TOO_LARGE,
        topic={"max.decompressed.message.bytes": "10000"},
        broker={"max.decompressed.message.bytes": "10000"},
        given={"compression.type": "lz4"},
    ),
    honours(
        error_of_1_kb,
        NONE,
        ErrorCode.MESSAGE_TOO_LARGE,
        topic={"max.message.bytes": "1000"},
        broker={"message.max.bytes": "1000"},
    ),
    honours(
        error_of_age(-2 * HOUR_S),
        ErrorCode.INVALID_TIMESTAMP,
        NONE,
        topic={"message.timestamp.after.max.ms": "10000000"},
        broker={"log.message.timestamp.after.max.ms": "10000000"},
    ),
    honours(
        error_of_age(2 * HOUR_S),
        NONE,
        ErrorCode.INVALID_TIMESTAMP,
        topic={"message.timestamp.before.max.ms": "3600000"},
        broker={"log.message.timestamp.before.max.ms": "3600000"},
    ),
    honours(
        whose_time,
        (-1, HOUR_S * 1000, False),
        (0, 0, True),
        topic={"message.timestamp.type": "LogAppendTime"},
        broker={"log.message.timestamp.type": "LogAppendTime"},
    ),
    honours(
        errors_with_one_of_two_brokers,
        [NONE, NONE],
        [ErrorCode.NOT_ENOUGH_REPLICAS, NONE],
        topic={"min.insync.replicas": "2"},
        broker={"min.insync.replicas": "2"},
        brokers=2,
    ),
    honours(
        start_after_retention_of_large_records,
        0,
        1,
        topic={"retention.bytes": "1200000"},
        broker={"log.retention.bytes": "1200000"},
        given={"segment.bytes": MIB},
    ),
    honours(
        start_after_retention_of_an_old_record,
        0,
        1,
        topic={"retention.ms": "3600000"},
        broker={"log.retention.ms": "3600000", "log.retention.minutes": "60", "log.retention.hours": "1"},
    ),
    honours(segments_of_large_records, 1, 3, topic={"segment.bytes": MIB}, broker={"log.segment.bytes": MIB}),
    honours(
        segments_of_small_records,
        1,
        2,
        topic={"segment.index.bytes": "40"},
        broker={"log.index.size.max.bytes": "40"},
        given={"index.interval.bytes": "0"},
        engines=FILES,
    ),
    honours(
        some_close_early,
        False,
        True,
        topic={"segment.jitter.ms": "900"},
        broker={"log.roll.jitter.ms": "900", "log.roll.jitter.hours": "1"},
        given={"segment.ms": "1000"},
        partitions=16,
    ),
    honours(
        segments_over_time,
        (1, 1),
        (2, 3),
        topic={"segment.ms": "3600000"},
        broker={"log.roll.ms": "3600000", "log.roll.hours": "1"},
    ),
]


# What can be observed of a broker


async def error_of_an_unknown_topic(world):
    request = MetadataRequest(topics=[MetadataRequestTopic(name="new")], allow_auto_topic_creation=True)
    (row,) = (await metadata.handle(request, world.context(12))).topics
    return ErrorCode(row.error_code)


async def shape_of_a_new_topic(world):
    """(Partitions, replicas) of a topic about which nothing was said."""
    asked = CreatableTopic(name="new", num_partitions=-1, replication_factor=-1)
    (row,) = (await create_topics.handle(CreateTopicsRequest(topics=[asked]), world.context(7))).topics
    assert row.error_code == NONE
    return row.num_partitions, row.replication_factor


async def error_of_a_deletion(world):
    request = DeleteTopicsRequest(topics=[DeleteTopicState(name="t")])
    (row,) = (await delete_topics.handle(request, world.context(6))).responses
    return ErrorCode(row.error_code), world.cluster.image.topic("t") is None


async def batches_fetched(world):
    for _ in range(4):
        await world.produce(world.batch(value=bytes(1000)))
    return len(await world.stored()) // 1000


async def error_of_a_wrong_record_count(world):
    """Of a batch with a right checksum and header, and one record more than it has."""
    batch = world.batch(count=2)
    header = read_header(batch)
    batch[header.size_bytes - 1] = 0xFF  # the last byte of the last record: how many headers it has
    seal(batch, header)
    return (await world.produce(batch)).error_code


async def sessions_given(world):
    """Which of three consumers got a fetch session."""
    return [(await world.fetch(session_epoch=0)).session_id != 0 for _ in range(3)]


async def partitions_in_one_answer(world):
    request = DescribeTopicPartitionsRequest(topics=[TopicRequest(name="t")])
    (row,) = (await describe_topic_partitions.handle(request, world.context(0))).topics
    return len(row.partitions)


async def group_topic(world):
    """(Partitions, replicas, segment size) of the topic that finding a coordinator creates."""
    request = FindCoordinatorRequest(key_type=0, coordinator_keys=["g"])
    (row,) = (await find_coordinator.handle(request, world.context(4))).coordinators
    assert row.error_code == NONE
    partitions = world.cluster.image.topics[GROUP_TOPIC].partitions
    segment_bytes = world.cluster.configs.topic(GROUP_TOPIC).segment_bytes
    return len(partitions), len(partitions[0].replicas), segment_bytes


async def errors_of_an_idle_producer(world):
    """Of a gap in its sequence at once, and two hours later: a producer that is forgotten may begin anywhere."""
    options = {"producer_id": 1, "producer_epoch": 0}
    await world.produce(world.batch(base_sequence=0, **options))
    errors = [(await world.produce(world.batch(base_sequence=5, **options))).error_code]
    world.clock.advance(2 * HOUR_S)
    await world.cluster.upkeep.enforce_retention()
    return [*errors, (await world.produce(world.batch(base_sequence=9, **options))).error_code]


GAP = ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
SMALL = 2 * 1024 * 1024

BROKER_ROWS = [
    honours(keys_in_one_pass, 8000, 5898, broker={"log.cleaner.dedupe.buffer.size": "1048577"}, given=COMPACT),
    honours(keys_in_one_pass, 8000, 838, broker={"log.cleaner.io.buffer.load.factor": "0.001"}, given=COMPACT),
    honours(steps_of_a_cleaning, 5, 45, broker={"log.cleaner.io.buffer.size": "2"}, given=COMPACT),
    honours(
        error_of_an_unknown_topic,
        NONE,
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        broker={"auto.create.topics.enable": "false"},
    ),
    honours(shape_of_a_new_topic, (1, 1), (1, 2), broker={"default.replication.factor": "2"}, brokers=2),
    honours(shape_of_a_new_topic, (1, 1), (7, 1), broker={"num.partitions": "7"}),
    honours(
        error_of_a_deletion,
        (NONE, True),
        (ErrorCode.TOPIC_DELETION_DISABLED, False),
        broker={"delete.topic.enable": "false"},
    ),
    honours(batches_fetched, 4, 2, broker={"fetch.max.bytes": "2500"}),
    honours(error_of_a_wrong_record_count, NONE, ErrorCode.INVALID_RECORD, broker={"kwire.validate.records": "true"}),
    honours(
        sessions_given,
        [True, True, True],
        [True, True, False],
        broker={"max.incremental.fetch.session.cache.slots": "2"},
    ),
    honours(partitions_in_one_answer, 5, 2, broker={"max.request.partition.size.limit": "2"}, partitions=5),
    honours(
        group_topic, (50, 2, 2 * SMALL), (9, 2, 2 * SMALL), broker={"offsets.topic.num.partitions": "9"}, brokers=2
    ),
    honours(
        group_topic, (50, 2, 2 * SMALL), (50, 1, 2 * SMALL), broker={"offsets.topic.replication.factor": "1"}, brokers=2
    ),
    honours(
        group_topic, (50, 2, 2 * SMALL), (50, 2, SMALL), broker={"offsets.topic.segment.bytes": str(SMALL)}, brokers=2
    ),
    honours(errors_of_an_idle_producer, [GAP, GAP], [GAP, NONE], broker={"producer.id.expiration.ms": "3600000"}),
]


def cases():
    """One test for each row, engine and way of setting it."""
    for row in TOPIC_ROWS + BROKER_ROWS:
        for engine in row.engines:
            for way, name, text in row.ways():
                subject = name or "+".join(([row.topic[0]] if row.topic else []) + list(row.broker))
                yield pytest.param(row, engine, way, name, text, id=f"{engine}-{subject}-{way}".replace(" ", "_"))


@pytest.mark.parametrize(("row", "engine", "way", "name", "text"), [*cases()])
async def test_it_changes_what_happens(row, engine, way, name, text, make_world):
    world = make_world(engine, brokers=row.brokers, static={name: text} if way == "at start" else None)
    configs = row.given | ({name: text} if way == "created" else {})
    await world.create("t", row.partitions, brokers=row.brokers, configs=configs)
    for index in range(row.partitions):
        assert world.log(index).log_end_offset == 0  # it is open, so that what is set from now on must reach it
    resource = {"altered": (TOPIC, "t"), "everywhere": (BROKER, ""), "here": (BROKER, "1")}.get(way.partition(" ")[0])
    if resource is not None:
        assert await world.alter(*resource, name, text) == DONE
    if way.endswith("and back"):
        assert await world.alter(*resource, name, None) == DONE
    expected = row.default if way == "default" or way.endswith("and back") else row.changed
    assert await row.observe(world) == expected


FIXED = [name for name, each in definitions(BROKER).items() if is_honoured(BROKER, name) and not each.update_mode]


@pytest.mark.parametrize("name", FIXED)
async def test_what_is_fixed_at_start_is_not_altered_later(name, make_world):
    text = definitions(BROKER)[name].default or "1"
    for resource in ("", "1"):
        assert await make_world().alter(BROKER, resource, name, text) == (
            ErrorCode.INVALID_REQUEST,
            f"Cannot update these configs dynamically: [{name}]",
        )
