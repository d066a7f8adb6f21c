"""One partition on the memory engine: leadership, appends, what is readable, deletion and retention."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from kwire.broker.metadata import NO_LEADER, PartitionImage
from kwire.broker.partition import HIGH_WATERMARK, Partition
from kwire.broker.waiters import park
from kwire.env import Env
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.records.batch import HEADER_BYTES, read_header, seal
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.config import LogConfig
from kwire.storage.memory import MemoryStore
from kwire.storage.port import Appended, StorageError
from tests.kit.cluster import ManualClock

NOW_MS = 1_790_000_000_000
TOPIC_ID = bytes(15) + b"\x07"
DAY_MS = 86_400_000


def batch(count=1, *, timestamp=NOW_MS, value=b"position", **producer):
    records = [Record(index, timestamp, b"truck-1", value, []) for index in range(count)]
    return memoryview(encode_batch(records, **producer))


def image(**changes):
    facts = {"index": 0, "replicas": [1, 2], "isr": [1, 2], "leader": 1, "leader_epoch": 3, "partition_epoch": 0}
    return PartitionImage(**facts | changes)


def wall_ms():
    return NOW_MS


def new_partition(config=None, *, store=None, now=wall_ms, **changes):
    store = store or MemoryStore(Env())
    config = config or LogConfig()
    return Partition("truck_gps", TOPIC_ID, image(**changes), lambda: store.open("truck_gps", TOPIC_ID, 0, config), now)


def produce(partition, records=None, *, acks=-1, now_ms=NOW_MS, validate_records=False):
    return partition.produce(
        batch() if records is None else records,
        acks=acks,
        now_ms=now_ms,
        validate_records=validate_records,
        api_version=9,
    )


def refusal(function, *args, **kwargs):
    with pytest.raises(ApiError) as caught:
        function(*args, **kwargs)
    return caught.value.code


def test_a_log_that_cannot_be_written_is_told_once_a_minute(caplog):
    clock = ManualClock()
    partition = new_partition(now=clock.wall_ms)
    partition.open().close()
    for seconds in (0, 1, 59, 60, 61):
        clock.elapsed_s = seconds
        assert refusal(produce, partition) is ErrorCode.KAFKA_STORAGE_ERROR
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert set(said) == {
        "clients of truck_gps-0 get KAFKA_STORAGE_ERROR: the log of truck_gps-0 is closed",
    }


class LateLog:
    """A log whose appends become durable when the test says so."""

    def __init__(self, log):
        self._log = log
        self.events = []
        self.error = None

    def __getattr__(self, name):
        return getattr(self._log, name)

    def append(self, *args):
        appended = self._log.append(*args)
        event = trio.Event()
        self.events.append(event)

        async def durable():
            await event.wait()
            if self.error is not None:
                raise self.error

        return Appended(appended.base_offset, appended.last_offset, durable)


def late_partition():
    log = LateLog(MemoryStore(Env()).open("truck_gps", TOPIC_ID, 0, LogConfig()))
    return Partition("truck_gps", TOPIC_ID, image(), lambda: log, wall_ms), log


class TestLeadership:
    def test_only_the_leader_may_lead(self):
        partition = new_partition()
        partition.check_leader(1)
        partition.check_leader(1, 3)
        assert refusal(partition.check_leader, 2) is ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert refusal(partition.check_leader, 2, 3) is ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert refusal(partition.check_leader, 9, 2) is ErrorCode.NOT_LEADER_OR_FOLLOWER

    def test_the_clients_epoch_is_compared_before_leadership(self):
        partition = new_partition()
        assert refusal(partition.check_leader, 2, 2) is ErrorCode.FENCED_LEADER_EPOCH
        assert refusal(partition.check_leader, 1, 2) is ErrorCode.FENCED_LEADER_EPOCH
        assert refusal(partition.check_leader, 1, 4) is ErrorCode.UNKNOWN_LEADER_EPOCH

    def test_every_replica_is_one(self):
        partition = new_partition()
        partition.check_replica(1)
        partition.check_replica(2, 3)
        assert refusal(partition.check_replica, 9) is ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert refusal(partition.check_replica, 2, 4) is ErrorCode.UNKNOWN_LEADER_EPOCH

    def test_the_image_is_live(self):
        partition = new_partition()
        partition.image.leader = NO_LEADER
        assert refusal(partition.check_leader, 1) is ErrorCode.NOT_LEADER_OR_FOLLOWER


class TestProduce:
    def test_offsets_follow_each_other(self):
        partition = new_partition()
        assert produce(partition, batch(3)).base_offset == 0
        result = produce(partition, batch(2))
        assert (result.base_offset, result.log_append_time_ms, result.log_start_offset) == (3, -1, 0)
        assert result.pending is None
        assert partition.high_watermark == partition.last_stable_offset == 5

    def test_the_log_is_opened_with_the_first_need(self):
        partition = new_partition()
        assert partition.opened is None
        produce(partition)
        assert partition.opened is partition.open()

    def test_too_few_in_sync_replicas_refuse_acks_all_only(self):
        partition = new_partition(LogConfig(min_insync_replicas=2), isr=[1])
        assert refusal(produce, partition) is ErrorCode.NOT_ENOUGH_REPLICAS
        assert produce(partition, acks=1).base_offset == 0

    def test_more_in_sync_replicas_than_replicas_cannot_be_asked_for(self):
        partition = new_partition(LogConfig(min_insync_replicas=2), replicas=[1], isr=[1])
        assert produce(partition).base_offset == 0

    def test_rules_follow_the_topics_configs(self):
        partition = new_partition()
        produce(partition)
        partition.set_config(LogConfig(max_message_bytes=70))
        assert refusal(produce, partition) is ErrorCode.MESSAGE_TOO_LARGE
        partition.set_config(LogConfig(message_timestamp_type="LogAppendTime"))
        assert produce(partition, now_ms=NOW_MS + 5).log_append_time_ms == NOW_MS + 5

    def test_records_are_read_where_the_broker_is_told_to(self):
        wrong = batch()
        wrong[HEADER_BYTES] += 2  # the record's length now runs past its batch
        seal(wrong, read_header(wrong))
        code = refusal(produce, new_partition(), wrong, validate_records=True)
        assert code is ErrorCode.INVALID_RECORD
        assert produce(new_partition(), wrong).base_offset == 0
        assert produce(new_partition(), validate_records=True).base_offset == 0

    def test_a_repeated_batch_is_answered_with_the_offset_it_has(self):
        partition = new_partition()
        produce(partition, batch(5))
        for sequence in (0, 3):
            produce(partition, batch(3, producer_id=7, producer_epoch=0, base_sequence=sequence))
        result = produce(partition, batch(3, producer_id=7, producer_epoch=0, base_sequence=0))
        assert (result.base_offset, result.log_append_time_ms) == (5, NOW_MS)
        assert partition.high_watermark == 11

    def test_gaps_and_old_epochs_are_refused(self):
        partition = new_partition()
        produce(partition, batch(3, producer_id=7, producer_epoch=1, base_sequence=0))
        gap = batch(producer_id=7, producer_epoch=1, base_sequence=9)
        assert refusal(produce, partition, gap) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
        old = batch(producer_id=7, producer_epoch=0, base_sequence=3)
        assert refusal(produce, partition, old) is ErrorCode.INVALID_PRODUCER_EPOCH

    def test_an_engine_that_fails_is_a_storage_error(self):
        store = MemoryStore(Env())
        partition = new_partition(store=store)
        produce(partition)
        store.close()
        assert refusal(produce, partition) is ErrorCode.KAFKA_STORAGE_ERROR

        def broken():
            raise StorageError("no disk")

        unopened = Partition("truck_gps", TOPIC_ID, image(), broken, wall_ms)
        assert refusal(produce, unopened) is ErrorCode.KAFKA_STORAGE_ERROR


class TestDurability:
    async def test_what_is_not_durable_is_not_readable(self, nursery):
        partition, log = late_partition()
        results = [produce(partition), produce(partition)]
        assert partition.high_watermark == 0
        for result in results:
            nursery.start_soon(partition.wait_durable, result.pending)
        await wait_all_tasks_blocked()
        log.events[1].set()
        await wait_all_tasks_blocked()
        assert partition.high_watermark == 0
        log.events[0].set()
        await wait_all_tasks_blocked()
        assert partition.high_watermark == 2

    async def test_readers_are_woken_when_it_is_durable(self, nursery):
        partition, log = late_partition()
        woken = trio.Event()

        async def reader():
            await park([partition], 1)
            woken.set()

        nursery.start_soon(reader)
        await wait_all_tasks_blocked()
        result = produce(partition)
        await wait_all_tasks_blocked()
        assert not woken.is_set()
        nursery.start_soon(partition.wait_durable, result.pending)
        log.events[0].set()
        await wait_all_tasks_blocked()
        assert woken.is_set()

    async def test_a_client_that_goes_away_does_not_hold_the_readers_back(self):
        partition, log = late_partition()
        result = produce(partition)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partition.wait_durable, result.pending)
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
            log.events[0].set()
        assert partition.high_watermark == 1

    async def test_an_append_that_does_not_become_durable_is_a_storage_error(self):
        partition, log = late_partition()
        result = produce(partition)
        log.error = StorageError("the disk is gone")
        log.events[0].set()
        with pytest.raises(ApiError) as caught:
            await partition.wait_durable(result.pending)
        assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR


class TestEpochs:
    def test_the_current_epoch_begins_where_the_log_ends(self):
        partition = new_partition()
        assert partition.end_offset_for(3) == (3, 0)
        assert partition.epoch_of_log_start() == 3

    def test_an_epoch_ends_where_the_next_one_begins(self):
        partition = new_partition()
        produce(partition, batch(4))
        partition.image.leader_epoch = 6
        assert partition.end_offset_for(3) == (3, 4)
        assert partition.end_offset_for(5) == (3, 4)
        assert partition.end_offset_for(6) == (6, 4)
        produce(partition, batch(2))
        assert partition.end_offset_for(3) == (3, 4)
        assert partition.end_offset_for(6) == (6, 6)
        assert partition.epoch_of_log_start() == 3

    def test_other_epochs_are_not_known(self):
        partition = new_partition()
        produce(partition, batch(4))
        assert partition.end_offset_for(4) == (-1, -1)
        assert partition.end_offset_for(-1) == (-1, -1)
        assert partition.end_offset_for(1) == (1, 0)


class TestDeleteRecords:
    def test_the_log_starts_where_it_is_told_to(self):
        partition = new_partition()
        produce(partition, batch(10))
        assert partition.delete_records(4) == 4
        assert partition.delete_records(2) == 4
        assert partition.delete_records(HIGH_WATERMARK) == 10

    def test_offsets_beyond_the_records_are_refused(self):
        partition = new_partition()
        produce(partition, batch(10))
        assert refusal(partition.delete_records, 11) is ErrorCode.OFFSET_OUT_OF_RANGE
        assert refusal(partition.delete_records, -2) is ErrorCode.OFFSET_OUT_OF_RANGE

    def test_a_topic_that_is_only_compacted_keeps_its_records(self):
        partition = new_partition(LogConfig(cleanup_policy=frozenset({"compact"})))
        assert refusal(partition.delete_records, 0) is ErrorCode.POLICY_VIOLATION
        both = new_partition(LogConfig(cleanup_policy=frozenset({"compact", "delete"})))
        assert both.delete_records(0) == 0


class TestRetention:
    def test_expired_segments_go_in_bounded_steps(self):
        partition = new_partition(LogConfig(retention_ms=DAY_MS))
        for _ in range(40):
            produce(partition)
            partition.open().roll(NOW_MS)
        assert not partition.enforce_retention(NOW_MS + DAY_MS, DAY_MS)
        steps = 1
        while partition.enforce_retention(NOW_MS + DAY_MS + 1, DAY_MS):
            steps += 1
        assert steps == 3
        assert partition.open().log_start_offset == partition.high_watermark == 40

    def test_a_log_without_expired_segments_is_left_alone(self):
        partition = new_partition()
        produce(partition)
        assert not partition.enforce_retention(NOW_MS + DAY_MS, DAY_MS)
        assert partition.open().log_start_offset == 0

    def test_idle_producers_are_forgotten(self):
        partition = new_partition()
        produce(partition, batch(producer_id=7, producer_epoch=0, base_sequence=0))
        partition.enforce_retention(NOW_MS + DAY_MS, DAY_MS + 1)
        assert len(partition.open().producers) == 1
        partition.enforce_retention(NOW_MS + DAY_MS, DAY_MS)
        assert len(partition.open().producers) == 0


class TestWaiters:
    async def test_an_append_wakes_who_misses_no_more(self, nursery):
        partition = new_partition()
        size_bytes = len(batch())
        woken = []

        async def reader(missing_bytes):
            await park([partition], missing_bytes)
            woken.append(missing_bytes)

        nursery.start_soon(reader, 1)
        nursery.start_soon(reader, size_bytes + 1)
        await wait_all_tasks_blocked()
        produce(partition)
        await wait_all_tasks_blocked()
        assert woken == [1]
        produce(partition)
        await wait_all_tasks_blocked()
        assert woken == [1, size_bytes + 1]
        assert not partition.waiters

    async def test_a_change_wakes_everybody(self, nursery):
        partition = new_partition()
        woken = trio.Event()

        async def reader():
            await park([partition], 1_000_000)
            woken.set()

        nursery.start_soon(reader)
        await wait_all_tasks_blocked()
        partition.wake()
        await wait_all_tasks_blocked()
        assert woken.is_set()
