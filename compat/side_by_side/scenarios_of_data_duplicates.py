"""Requests that name a topic or a partition more than once."""

from compat.side_by_side.scenarios import (
    BASE_MS,
    UNKNOWN_ID,
    batch,
    create,
    metadata_of,
    new_topic,
    offsets_request,
    produce_request,
    versions,
)
from compat.side_by_side.scenarios_of_records import corrupt, next_in_session
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import delete_records as dr
from kwire.protocol.messages import describe_topic_partitions as dtp
from kwire.protocol.messages import fetch as f
from kwire.protocol.messages import list_offsets as lo
from kwire.protocol.messages import metadata as md
from kwire.protocol.messages import offset_for_leader_epoch as ofle
from kwire.protocol.messages import produce as p
from kwire.protocol.records.record import Record, encode_batch


def one(value, **options):
    return bytes(encode_batch([Record(0, BASE_MS, b"k", value)], **options))


def produce_of(*topics, **options):
    """topics: (name or id, (partition, records), …)."""
    data = []
    for name, *rows in topics:
        named = {"topic_id": name} if isinstance(name, bytes) else {"name": name}
        data.append(p.TopicProduceData(partition_data=[p.PartitionProduceData(*row) for row in rows], **named))
    return p.ProduceRequest(options.get("transactional_id"), options.get("acks", -1), 10_000, data)


def produce_duplicates():
    yield "create", create(new_topic("dp", 3), new_topic("dq")), 7
    for version in (3, 9, 12):
        yield "one partition twice", produce_of(("dp", (0, one(b"a")), (0, one(b"b")))), version
        yield "with another between", produce_of(("dp", (0, one(b"c")), (1, one(b"d")), (0, one(b"e")))), version
        twice = ("dp", (0, one(b"f"))), ("dp", (0, one(b"g")))
        yield "one topic twice", produce_of(*twice), version
        apart = ("dp", (0, one(b"h"))), ("dq", (0, one(b"i"))), ("dp", (1, one(b"j")))
        yield "one topic apart", produce_of(*apart), version
        yield "bad, then good", produce_of(("dp", (2, corrupt()), (2, one(b"k")))), version
        yield "good, then bad", produce_of(("dp", (2, one(b"l")), (2, corrupt()))), version
        yield "unknown twice", produce_of(("nope", (0, one(b"m")), (0, one(b"n")))), version
        yield "unknown partition twice", produce_of(("dp", (7, one(b"m")), (7, one(b"n")))), version
        yield "unknown topic twice", produce_of(("nope", (0, one(b"m"))), ("nope", (0, one(b"n")))), version
        yield "acks 2", produce_of(("dp", (0, one(b"o")), (0, one(b"p"))), acks=2), version
        for label, sequences in {"the same": (0, 0), "the next": (0, 1), "a gap": (0, 5)}.items():
            producer = {"producer_id": 7000 + version + 100 * len(label), "producer_epoch": 0}
            rows = [(0, one(b"q", base_sequence=sequence, **producer)) for sequence in sequences]
            yield f"sequence: {label}", produce_of(("dp", *rows)), version
        for partition in range(3):
            yield f"end of {partition}", offsets_request("dp", -1, partition), 5
            yield f"stored in {partition}", stored("dp", partition), 12
    for ids in (["dp", "dp"], ["dp", UNKNOWN_ID, UNKNOWN_ID, "dp"], [bytes(16), bytes(16)]):
        yield "by id", by_ids(ids), 13
    yield "end", offsets_request("dp", -1), 5
    transactional = one(b"t", transactional=True, producer_id=7, producer_epoch=0, base_sequence=0)
    twice = ("dp", (0, transactional), (0, one(b"u"))), ("nope", (0, one(b"v")), (0, one(b"w"))), ("dp", (1, one(b"x")))
    yield "transactional", produce_of(*twice), 9
    yield "good, then empty", produce_of(("dp", (2, one(b"l")), (2, b""))), 9
    yield "empty, then good", produce_of(("dp", (2, b""), (2, one(b"l")))), 9


def by_ids(topics):
    def make(wire):
        ids = [wire.topic_id(topic) if isinstance(topic, str) else topic for topic in topics]
        return produce_of(*[(topic_id, (0, one(b"r")), (0, one(b"s"))) for topic_id in ids])

    return make


def stored(topic, partition):
    rows = [f.FetchPartition(partition=partition, fetch_offset=0, partition_max_bytes=1 << 20)]
    topics = [f.FetchTopic(topic=topic, partitions=rows)]
    return f.FetchRequest(topics=topics, max_wait_ms=0, session_epoch=-1, max_bytes=1 << 20)


def fetch_duplicates():
    yield "create", create(new_topic("df", 2), new_topic("dg")), 7
    for topic, partition in (("df", 0), ("df", 1), ("dg", 0)):
        yield "fill", produce_request(topic, batch(), partition=partition), 9
        yield "fill", produce_request(topic, batch(), partition=partition), 9
    for version in (4, 6, 7, 12):
        yield "one partition twice", fetched(version, ("df", (0, 0), (0, 3))), version
        yield "the other way", fetched(version, ("df", (0, 3), (0, 0))), version
        yield "apart", fetched(version, ("df", (0, 0), (1, 0), (0, 3))), version
        yield "topics", fetched(version, ("df", (0, 0)), ("dg", (0, 0)), ("df", (0, 3), (1, 3))), version
        yield "in and out of range", fetched(version, ("df", (0, 0), (0, 99))), version
        yield "out of and in range", fetched(version, ("df", (0, 99), (0, 0))), version
        yield "unknown", fetched(version, ("nope", (0, 0), (0, 0)), ("nope", (0, 0))), version
    for version in (12, 13, 18):
        options = {"version": version}
        twice = ("df", 0, 0), ("dg", 0, 0), ("df", 0, 3)
        yield "open", next_in_session(0, *twice, **options), version
        yield "again", next_in_session(1, **options), version
        yield "changed twice", next_in_session(2, ("df", 0, 3), ("df", 0, 0), **options), version
        yield "added twice", next_in_session(3, ("df", 1, 3), ("df", 1, 0), **options), version
        yield "after that", next_in_session(4, ("df", 1, 6), **options), version
        yield "forgotten twice", next_in_session(5, forget=[("dg", 0), ("dg", 0)], **options), version
        yield "forgotten and asked", next_in_session(6, ("df", 1, 0), forget=[("df", 1)], **options), version
        yield "at last", next_in_session(7, **options), version
        yield "close", next_in_session(-1, **options), version
        yield "without a session", next_in_session(-1, *twice, **options), version


def fetched(version, *topics):
    rows = [
        f.FetchTopic(
            topic=name,
            partitions=[f.FetchPartition(partition=i, fetch_offset=at, partition_max_bytes=1 << 20) for i, at in asked],
        )
        for name, *asked in topics
    ]
    session = {"session_epoch": -1} if version >= 7 else {}
    return f.FetchRequest(topics=rows, max_wait_ms=0, min_bytes=0, max_bytes=1 << 20, **session)


def offsets_duplicates():
    yield "create", create(new_topic("do", 2), new_topic("dn")), 7
    yield "fill", produce_request("do", batch()), 9
    asked = {
        "partition twice": [("do", (0, -1), (0, -2))],
        "with others": [("do", (1, -1), (0, -1), (0, -2)), ("dn", (0, -1))],
        "topic twice": [("do", (0, -1)), ("do", (0, -1))],
        "topic twice, other partitions": [("do", (0, -1)), ("dn", (0, -1)), ("do", (1, -1))],
        "unknown": [("nope", (0, -1), (0, -1), (1, -1)), ("nope", (0, -1))],
        "unknown partition": [("do", (7, -1), (7, -1))],
        "bad time": [("do", (0, -99), (0, -99))],
        "three times": [("do", (0, -1), (0, -2), (0, -3))],
    }
    for label, topics in asked.items():
        rows = [
            lo.ListOffsetsTopic(name, [lo.ListOffsetsPartition(i, -1, at) for i, at in rows]) for name, *rows in topics
        ]
        for version in (1, 5, 11):
            yield label, lo.ListOffsetsRequest(-1, topics=rows), version


def epoch_duplicates():
    yield "create", create(new_topic("de", 2), new_topic("dd")), 7
    yield "fill", produce_request("de", batch()), 9
    asked = {
        "partition twice": [("de", (0, 0), (0, 5))],
        "topic twice": [("de", (0, 0)), ("de", (0, 5))],
        "topic twice, other partitions": [("de", (0, 0)), ("dd", (0, 0)), ("de", (1, 0))],
        "unknown": [("nope", (0, 0), (0, 5)), ("nope", (0, 0))],
    }
    for label, topics in asked.items():
        rows = [
            ofle.OffsetForLeaderTopic(
                name, [ofle.OffsetForLeaderPartition(partition=i, leader_epoch=at) for i, at in rows]
            )
            for name, *rows in topics
        ]
        for version in versions(ApiKey.OFFSET_FOR_LEADER_EPOCH):
            replica = {"replica_id": -1} if version >= 3 else {}
            yield label, ofle.OffsetForLeaderEpochRequest(topics=rows, **replica), version


def delete_duplicates():
    yield "create", create(new_topic("dl", 2), new_topic("dm")), 7
    asked = {
        "twice, up": [("dl", (0, 1), (0, 2))],
        "twice, down": [("dl", (0, 4), (0, 3))],
        "topic twice": [("dl", (0, 5)), ("dl", (0, 6))],
        "topic twice, other partitions": [("dl", (0, 7)), ("dm", (0, 1)), ("dl", (1, 1))],
        "good, then out of range": [("dl", (0, 8), (0, 99))],
        "out of range, then good": [("dl", (0, 99), (0, 8))],
        "unknown": [("nope", (0, 1), (0, 1)), ("nope", (0, 1))],
        "unknown partition": [("dl", (5, 1), (5, 1), (0, 8))],
    }
    for version in versions(ApiKey.DELETE_RECORDS):
        for topic, partition in (("dl", 0), ("dl", 1), ("dm", 0)):
            yield "fill", produce_request(topic, batch(9), partition=partition), 9
        for label, topics in asked.items():
            rows = [
                dr.DeleteRecordsTopic(name, [dr.DeleteRecordsPartition(i, 9 * version + at) for i, at in rows])
                for name, *rows in topics
            ]
            yield label, dr.DeleteRecordsRequest(rows, 10_000), version
            yield "start", offsets_request("dl", -2), 5


def metadata_duplicates():
    yield "create", create(new_topic("dt"), new_topic("du")), 7
    for version in (0, 1, 4, 9, 12, 13):
        options = {"allow_auto_topic_creation": False} if version >= 4 else {}
        yield "twice", metadata_of(["dt", "dt", "du", "dt"], version, **options), version
        if version >= 4:
            yield "unknown twice", metadata_of(["nope", "dt", "nope"], version, **options), version
            yield "bad twice", metadata_of(["a b", "a b"], version, allow_auto_topic_creation=True), version
        if version >= 12:
            yield "by id", by_topic_ids("dt", "dt", UNKNOWN_ID, UNKNOWN_ID), version
            yield "by name and id", by_topic_ids("dt", ("dt", None), ("nope", None)), version
            yield "with the name", by_topic_ids(("dt", "dt"), ("dt", "du")), version
    names = [dtp.TopicRequest(name) for name in ("du", "dt", "du", "nope", "nope")]
    yield "described", dtp.DescribeTopicPartitionsRequest(names), 0
    yield "described, one a page", dtp.DescribeTopicPartitionsRequest(names, 1), 0


def by_topic_ids(*topics):
    """Ask for metadata of topics.

    A str stands for the id of the topic of that name, bytes are an id, (name, None) is a topic by name, and (name,
    other) the id of one topic with the name of another.
    """

    def row(wire, topic):
        if isinstance(topic, bytes):
            return md.MetadataRequestTopic(topic, None)
        if isinstance(topic, str):
            return md.MetadataRequestTopic(wire.topic_id(topic), None)
        name, with_name = topic
        return (
            md.MetadataRequestTopic(name=name)
            if with_name is None
            else md.MetadataRequestTopic(wire.topic_id(name), with_name)
        )

    return lambda wire: md.MetadataRequest([row(wire, topic) for topic in topics], allow_auto_topic_creation=False)


SCENARIOS = (
    produce_duplicates,
    fetch_duplicates,
    offsets_duplicates,
    epoch_duplicates,
    delete_duplicates,
    metadata_duplicates,
)
