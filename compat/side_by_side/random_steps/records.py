"""Random produces, idempotent ones too, fetches and deletions on one topic."""

from compat.side_by_side.pair import NOT_YET
from compat.side_by_side.random_steps.choices import any_of, mostly, some_of, versions
from compat.side_by_side.random_steps.side import Side, wait_until
from compat.side_by_side.random_steps.steps import Domain
from compat.side_by_side.scenarios import BASE_MS
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import delete_records as dr
from kwire.protocol.messages import fetch as f
from kwire.protocol.messages import list_offsets as lo
from kwire.protocol.messages import offset_for_leader_epoch as ofle
from kwire.protocol.messages import produce as p
from kwire.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from kwire.protocol.records.record import Record, encode_batch

PARTITIONS = some_of(0, 1, 7, at_least=1, at_most=2, twice=True)
PARTITION = mostly(0, 1, 7)
OFFSET = any_of(0, 1, 2, 5, 100, -1, -2, "end")
EPOCH = mostly(-1, 0, 1, 5)
PRODUCERS = {"p": 4000, "q": 4001}


class RecordsSide(Side):
    """A topic of two partitions. ends: the number of records in each. sequences: each producer's next sequence."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.topic = f"{self.prefix}t"
        self.ends = {}
        self.sequences = {}
        self.sent = {}
        self.deleted = False

    def prepare(self):
        self.ask(CreateTopicsRequest([CreatableTopic(self.topic, 2, 1)], 10_000), 7)
        rows = [lo.ListOffsetsPartition(index, -1, -1) for index in (0, 1)]
        asked = lo.ListOffsetsRequest(-1, topics=[lo.ListOffsetsTopic(self.topic, rows)])
        wait_until(lambda: not {row.error_code for row in self.ask(asked, 5).topics[0].partitions} & NOT_YET)

    def offset(self, partition, where):
        return self.ends.get(partition, 0) if where == "end" else where

    def remark(self, message):
        looks_for_times = isinstance(message, lo.ListOffsetsRequest) and message.topics[0].partitions[0].timestamp == -3
        return "after a deletion" if looks_for_times and self.deleted else ""

    def deletes(self, answer, **_):
        self.deleted = True

    def produced(self, answer, *, count, producer, **_):
        """Move the end and the producer's sequence past the stored records."""
        for topic in answer.responses:
            for row in topic.partition_responses:
                if row.error_code == 0 and row.base_offset >= self.ends.get(row.index, 0):
                    self.ends[row.index] = row.base_offset + count
                    if producer is not None:
                        first = self.sent.get((producer, row.index), 0)
                        self.sequences[producer, row.index] = first + count


records = Domain("records", RecordsSide, length=40)


@records.step(8, learn="produced")
def produce(
    side,
    *,
    partitions=PARTITIONS,
    count=any_of(1, 2, 3),
    producer=any_of(None, "p", "q"),
    epoch=mostly(0, 1, 2),
    sequence=mostly("next", "again", "gap", "zero"),
    acks=mostly(-1, 1, 2, -2),
    time_ms=any_of(0, 1000, 500, -1000),
    damage=mostly(None, None, "crc", "cut", "empty", "twice"),
    version=versions(ApiKey.PRODUCE, last=12),
):
    rows = []
    for partition in partitions:
        options = {}
        if producer is not None:
            following = side.sequences.get((producer, partition), 0)
            first = {"next": following, "again": max(following - count, 0), "gap": following + 5, "zero": 0}[sequence]
            side.sent[producer, partition] = first
            options = {"producer_id": PRODUCERS[producer], "producer_epoch": epoch, "base_sequence": first}
        made = [Record(index, BASE_MS + time_ms + index, b"k", b"v%d" % index) for index in range(count)]
        batch = bytearray(encode_batch(made, **options))
        if damage == "crc":
            batch[-1] ^= 1
        batch = {"cut": batch[:-1], "empty": b"", "twice": batch + batch}.get(damage, batch)
        rows.append(p.PartitionProduceData(partition, bytes(batch)))
    return p.ProduceRequest(None, acks, 5_000, [p.TopicProduceData(side.topic, partition_data=rows)]), version


@records.step(5)
def fetch(
    side,
    *,
    partitions=PARTITIONS,
    offset=OFFSET,
    epoch=EPOCH,
    last_epoch=mostly(-1, 0, 3),
    committed=mostly(0, 1),
    max_bytes=mostly(1 << 20, 1, 100),
    session_epoch=mostly(-1, 0, 3),
    version=versions(ApiKey.FETCH, last=12),
):
    rows = [
        f.FetchPartition(partition=each, fetch_offset=side.offset(each, offset), partition_max_bytes=max_bytes)
        for each in partitions
    ]
    for row in rows:
        row.current_leader_epoch = epoch if version >= 9 else -1
        row.last_fetched_epoch = last_epoch if version >= 12 else -1
    request = f.FetchRequest(topics=[f.FetchTopic(side.topic, partitions=rows)], max_wait_ms=0, min_bytes=0)
    request.isolation_level, request.max_bytes = committed, 1 << 20
    request.session_epoch = session_epoch if version >= 7 else -1
    return request, version


@records.step(4)
def list_offsets(
    side,
    *,
    partitions=PARTITIONS,
    timestamp=any_of(-1, -2, -3, -4, -5, BASE_MS, BASE_MS + 500, BASE_MS + 5000, 0, BASE_MS - 1000),
    epoch=EPOCH,
    committed=mostly(0, 1),
    version=versions(ApiKey.LIST_OFFSETS),
):
    rows = [lo.ListOffsetsPartition(each, epoch if version >= 4 else -1, timestamp) for each in partitions]
    topics = [lo.ListOffsetsTopic(name, rows) for name in (side.topic, f"{side.prefix}missing")]
    return lo.ListOffsetsRequest(-1, committed if version >= 2 else 0, topics=topics), version


@records.step(2, learn="deletes")
def delete_records(side, *, partitions=PARTITIONS, offset=OFFSET, version=versions(ApiKey.DELETE_RECORDS)):
    rows = [dr.DeleteRecordsPartition(each, side.offset(each, offset)) for each in partitions]
    return dr.DeleteRecordsRequest([dr.DeleteRecordsTopic(side.topic, rows)], 5_000), version


@records.step(2)
def epoch_end(
    side,
    *,
    partition=PARTITION,
    epoch=any_of(0, 1, -1, 5),
    current=EPOCH,
    version=versions(ApiKey.OFFSET_FOR_LEADER_EPOCH),
):
    row = ofle.OffsetForLeaderPartition(partition=partition, leader_epoch=epoch, current_leader_epoch=current)
    request = ofle.OffsetForLeaderEpochRequest(topics=[ofle.OffsetForLeaderTopic(side.topic, [row])])
    if version >= 3:
        request.replica_id = -1
    return request, version
