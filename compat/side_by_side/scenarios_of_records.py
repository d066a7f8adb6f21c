"""More of producing and fetching: by topic id, in sessions, in small pieces, without an answer, with bad records."""

from compat.side_by_side.scenarios import (
    BASE_MS,
    UNKNOWN_ID,
    batch,
    create,
    metadata_of,
    new_topic,
    produce_request,
    versions,
)
from compat.side_by_side.sent import without_answer
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import delete_records as dr
from kwire.protocol.messages import describe_log_dirs as dld
from kwire.protocol.messages import fetch as f
from kwire.protocol.messages import list_offsets as lo
from kwire.protocol.messages import produce as p
from kwire.protocol.records.batch import HEADER_BYTES, new_batch, read_header
from kwire.protocol.records.record import Record, encode_batch


def by_id(topic, records, **options):
    return lambda wire: produce_request(None, records, version=13, topic_id=wire.topic_id(topic), **options)


def produce_by_id():
    yield "create", create(new_topic("pi")), 7
    yield "good", by_id("pi", batch()), 13
    yield "again", by_id("pi", batch()), 13
    yield "unknown id", produce_request(None, batch(), version=13, topic_id=UNKNOWN_ID), 13
    yield "zero id", produce_request(None, batch(), version=13, topic_id=bytes(16)), 13
    yield "unknown partition", by_id("pi", batch(), partition=3), 13
    yield "negative partition", by_id("pi", batch(), partition=-1), 13
    yield "acks 7", by_id("pi", batch(), acks=7), 13
    yield "corrupt", by_id("pi", corrupt()), 13


def corrupt():
    damaged = bytearray(batch())
    damaged[-1] ^= 1
    return bytes(damaged)


def patched(offset, value):
    """A batch with some bytes replaced and its CRC left alone: for what Kafka looks at before that."""
    data = bytearray(batch())
    data[offset : offset + len(value)] = value
    return bytes(data)


def one(key=b"k", value=b"v", timestamp=BASE_MS, **options):
    return bytes(encode_batch([Record(0, timestamp, key, value)], **options))


def bad_records():
    yield "create", create(new_topic("br"), new_topic("brc", cleanup_policy="compact,delete")), 7
    yield "create", create(new_topic("brl", message_timestamp_type="LogAppendTime")), 7
    yield "create", create(new_topic("brs", segment_bytes="1048576", max_message_bytes="5000000")), 7
    yield "create", create(new_topic("brz", compression_type="zstd")), 7
    bad = {
        "nothing": b"",
        "short": b"\0" * 10,
        "zeros": b"\0" * 80,
        "half a batch": batch()[:40],
        "a batch and a half": batch() + batch()[:20],
        "a batch and a little": batch() + b"\0\0\0",
        "length 13": patched(8, (13).to_bytes(4, "big")),
        "magic 1": patched(16, b"\1"),
        "magic 0": patched(16, b"\0"),
        "magic 3": patched(16, b"\3"),
        "magic -1": patched(16, b"\xff"),
        "corrupt": corrupt(),
        "base offset 5": patched(0, (5).to_bytes(8, "big")),
        "partition leader epoch 9": patched(12, (9).to_bytes(4, "big")),
        "control": one(control=True),
        "transactional": one(transactional=True, producer_id=7, producer_epoch=0, base_sequence=0),
        "transactional without a producer": one(transactional=True),
        "log append time": one(log_append_time_ms=BASE_MS),
        "producer without a sequence": one(producer_id=7, producer_epoch=0),
        "producer without an epoch": one(producer_id=7, base_sequence=0),
        "sequence without a producer": one(base_sequence=5),
        "timestamp -1": one(timestamp=-1),
        "timestamp 0": one(timestamp=0),
        "no key, no value": one(key=None, value=None),
    }
    for version in (7, 8, 13):
        for label, records in bad.items():
            if version == 13:
                yield label, by_id("br", records), version
            else:
                yield label, produce_request("br", records, version=version), version
    for codec in range(1, 5):
        yield f"codec {codec}", produce_request("br", one(compression=codec), version=9), 9
        yield f"codec {codec} in old version", produce_request("br", one(compression=codec), version=6), 6
        yield f"codec {codec}, dated by the broker", produce_request("brl", one(compression=codec)), 9
        yield f"codec {codec}, no key", produce_request("brc", one(key=None, compression=codec)), 9
        yield f"codec {codec}, compressed anew", produce_request("brz", one(compression=codec)), 9
    five = [Record(i, BASE_MS, b"k" if i % 3 else None, b"v") for i in range(9)]
    yield "three without keys", produce_request("brc", bytes(encode_batch(five))), 9
    yield "log append time to such a topic", produce_request("brl", one(log_append_time_ms=BASE_MS)), 9
    yield "longer than a segment", produce_request("brs", one(value=bytes(2_000_000))), 9
    for topic in ("br", "brc"):
        rows = [f.FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)]
        yield (
            f"stored in {topic}",
            f.FetchRequest(topics=[f.FetchTopic(topic=topic, partitions=rows)], max_wait_ms=0, session_epoch=-1),
            12,
        )


def several_partitions():
    yield "create", create(new_topic("sp", 3), new_topic("sq")), 7
    rows = [p.PartitionProduceData(index, batch()) for index in (2, 0, 7, 1)]
    data = [p.TopicProduceData(name="sq", partition_data=[p.PartitionProduceData(0, batch())])]
    data.append(p.TopicProduceData(name="sp", partition_data=rows))
    data.append(p.TopicProduceData(name="nope", partition_data=rows))
    for _ in range(2):
        yield "produce", p.ProduceRequest(None, -1, 10_000, data), 9
    yield "one bad", p.ProduceRequest(
        None, -1, 10_000,
        [p.TopicProduceData(name="sp", partition_data=[
            p.PartitionProduceData(0, batch()), p.PartitionProduceData(1, corrupt()), p.PartitionProduceData(2, b"")])],
    ), 9  # fmt: skip
    yield "nothing", p.ProduceRequest(None, -1, 10_000, []), 9
    yield "no partitions", p.ProduceRequest(None, -1, 10_000, [p.TopicProduceData(name="sp")]), 9
    for of_all in (1, 100, 200, 400, 10_000):
        for of_each in (1, 150, 10_000):
            yield f"fetch {of_all} {of_each}", fetch_all(of_all, of_each), 12
    for version in versions(ApiKey.FETCH):
        if version < 13:
            yield "fetch", fetch_all(10_000, 10_000), version
    yield "fetch nothing", f.FetchRequest(topics=[], max_wait_ms=0, min_bytes=1, session_epoch=-1), 12
    yield "waits for more", fetch_all(10_000, 10_000, offset=100, max_wait_ms=50, min_bytes=1), 12
    yield "waits at the end", fetch_all(10_000, 10_000, offset=6, max_wait_ms=50, min_bytes=1), 12


def fetch_all(of_all, of_each, offset=0, **options):
    rows = [f.FetchPartition(partition=i, fetch_offset=offset, partition_max_bytes=of_each) for i in (0, 1, 2, 5)]
    topics = [f.FetchTopic(topic="sp", partitions=rows), f.FetchTopic(topic="sq", partitions=rows[:1])]
    settings = {"max_wait_ms": 0, "min_bytes": 0, "session_epoch": -1, **options}
    return f.FetchRequest(topics=topics, max_bytes=of_all, **settings)


def in_session(wire, epoch, *rows, forget=(), version=12, **options):
    """The next request of the session that the answer before opened; rows: (topic, partition, offset)."""
    session_id = 0 if epoch == 0 else wire.session_id
    topics, forgotten = [], []
    for topic, partition, offset in rows:
        asked = [f.FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=1 << 20)]
        named = {"topic": topic} if version < 13 else {"topic_id": wire.topic_id(topic)}
        topics.append(f.FetchTopic(partitions=asked, **named))
    for topic, partition in forget:
        named = {"topic": topic} if version < 13 else {"topic_id": wire.topic_id(topic)}
        forgotten.append(f.ForgottenTopic(partitions=[partition], **named))
    settings = {"max_wait_ms": 0, "min_bytes": 0, **options}
    return f.FetchRequest(
        topics=topics, forgotten_topics_data=forgotten, session_id=session_id, session_epoch=epoch, **settings
    )


def next_in_session(epoch, *rows, **options):
    return lambda wire: in_session(wire, epoch, *rows, **options)


def fetch_sessions():
    yield "create", create(new_topic("fs", 2), new_topic("ft")), 7
    for version in (7, 12, 13, 18):
        yield "fill", produce_request("fs", batch()), 9
        everything = ("fs", 0, 0), ("fs", 1, 0), ("ft", 0, 0)
        options = {"version": version}
        yield "open", next_in_session(0, *everything, **options), version
        yield "the same offsets", next_in_session(1, **options), version
        yield "moved", next_in_session(2, ("fs", 0, 3), **options), version
        yield "nothing new", next_in_session(3, **options), version
        yield "fill", produce_request("fs", batch(1), partition=1), 9
        yield "something new", next_in_session(4, ("fs", 0, 10_000), **options), version
        yield "out of range stays", next_in_session(5, **options), version
        yield "forget", next_in_session(6, ("fs", 0, 0), forget=[("fs", 1)], **options), version
        yield "after forgetting", next_in_session(7, **options), version
        yield "waits", next_in_session(8, ("fs", 0, 1_000), max_wait_ms=20, min_bytes=1, **options), version
        yield "old epoch", next_in_session(3, **options), version
        yield "epoch too new", next_in_session(30, **options), version
        yield "right epoch", next_in_session(9, ("ft", 0, 0), **options), version
        yield "close", next_in_session(-1, **options), version
        yield "closed", next_in_session(10, **options), version
    for version in (12, 13):
        yield "open with nothing", next_in_session(0, version=version), version
        yield "nothing in it", next_in_session(1, version=version), version
    yield "open with an unknown topic", next_in_session(0, ("nope", 0, 0), ("ft", 0, 0)), 12
    yield "unknown stays", next_in_session(1), 12


def by_ids(*rows, version=13, **options):
    def make(wire):
        topics = [
            f.FetchTopic(
                topic_id=topic if isinstance(topic, bytes) else wire.topic_id(topic),
                partitions=[
                    f.FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=1 << 20, **fields)
                ],
            )
            for topic, partition, offset, fields in rows
        ]
        return f.FetchRequest(topics=topics, **{"max_wait_ms": 0, "min_bytes": 0, "session_epoch": -1, **options})

    return make


def fetch_by_id():
    yield "create", create(new_topic("fi")), 7
    yield "fill", produce_request("fi", batch()), 9
    for version in range(13, 19):
        options = {"version": version}
        for offset in (0, 2, 3, 4, -1):
            yield f"at {offset}", by_ids(("fi", 0, offset, {}), **options), version
        yield "unknown id", by_ids((UNKNOWN_ID, 0, 0, {}), ("fi", 0, 0, {}), **options), version
        yield "zero id", by_ids((bytes(16), 0, 0, {}), **options), version
        yield "unknown partition", by_ids(("fi", 4, 0, {}), **options), version
        for epoch in (0, 3):
            yield f"epoch {epoch}", by_ids(("fi", 0, 0, {"current_leader_epoch": epoch}), **options), version
            yield f"last epoch {epoch}", by_ids(("fi", 0, 1, {"last_fetched_epoch": epoch}), **options), version
        yield "committed", by_ids(("fi", 0, 0, {}), isolation_level=1, **options), version


def fetch_committed():
    """Compare whether each row has a list of aborted transactions."""
    yield "create", create(new_topic("fc", 3)), 7
    for partition in (0, 1):
        for _ in range(2):
            yield "fill", produce_request("fc", batch(), partition=partition), 9
    for version in (4, 7, 11, 12):
        for isolation in (0, 1):
            for offset in (0, 2, 6, 7, -1):
                yield f"at {offset}", committed(version, (0, offset, {}), isolation=isolation), version
            for of_all, of_each in ((1, 1000), (150, 1000), (1000, 1), (1000, 0), (0, 1000), (250, 1000), (1000, 150)):
                rows = [(partition, 0, {"partition_max_bytes": of_each}) for partition in (0, 1, 2, 9)]
                label = f"{of_all} {of_each}"
                yield label, committed(version, *rows, isolation=isolation, max_bytes=of_all), version
            for epoch in (0, 3) if version >= 9 else ():
                fields = {"current_leader_epoch": epoch}
                yield f"epoch {epoch}", committed(version, (0, 0, fields), isolation=isolation), version
            for epoch in (0, 3) if version >= 12 else ():
                for offset in (0, 6, 7):
                    rows = (0, offset, {"last_fetched_epoch": epoch})
                    yield f"last epoch {epoch}", committed(version, rows, isolation=isolation), version
            yield "follower", committed(version, (0, 0, {}), isolation=isolation, replica_id=2), version
            yield "debugging", committed(version, (0, 0, {}), isolation=isolation, replica_id=-2), version
    for isolation in (0, 1):
        for version in (12, 13, 17):
            options = {"version": version, "isolation_level": isolation}
            yield "open", next_in_session(0, ("fc", 0, 0), ("fc", 1, 6), ("fc", 2, 0), ("fc", 0, 9), **options), version
            yield "go on", next_in_session(1, ("fc", 0, 6), **options), version
            yield "out of range", next_in_session(2, ("fc", 0, 9), **options), version
            yield "little", next_in_session(3, ("fc", 0, 0), ("fc", 1, 0), max_bytes=1, **options), version
            yield (
                "waits",
                next_in_session(4, ("fc", 0, 6), ("fc", 1, 6), max_wait_ms=30, min_bytes=1, **options),
                version,
            )
            yield "close", next_in_session(-1, **options), version


def committed(version, *rows, isolation, **options):
    """rows: (partition, offset, other fields)."""
    asked = [
        f.FetchPartition(partition=partition, fetch_offset=offset, **{"partition_max_bytes": 1 << 20, **fields})
        for partition, offset, fields in rows
    ]
    settings = {"max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20, "isolation_level": isolation, **options}
    if version >= 7:
        settings["session_epoch"] = -1
    return f.FetchRequest(topics=[f.FetchTopic(topic="fc", partitions=asked)], **settings)


def silent_produce():
    """acks=0: no answer, and where it failed the connection ends."""
    yield "create", create(new_topic("sl")), 7
    yield "there", produce_request("sl", batch()), 9
    following = metadata_of(["sl"], 9)
    for version in versions(ApiKey.PRODUCE):
        if version < 13:
            good = produce_request("sl", batch(), acks=0, version=version)
            yield "good", without_answer(good, version, following, 9), version
            unknown = produce_request("nope", batch(), acks=0, version=version)
            yield "unknown topic", without_answer(unknown, version, following, 9), version
    yield "corrupt", without_answer(produce_request("sl", corrupt(), acks=0), 9, following, 9), 9
    yield "empty", without_answer(produce_request("sl", b"", acks=0), 9, following, 9), 9
    yield "nothing", without_answer(p.ProduceRequest(None, 0, 10_000, []), 9, following, 9), 9
    yield (
        "how many",
        lo.ListOffsetsRequest(-1, topics=[lo.ListOffsetsTopic("sl", [lo.ListOffsetsPartition(0, -1, -1)])]),
        5,
    )


def sequences():
    yield "create", create(new_topic("se")), 7
    steps = [
        ("starts at 5", 100, 0, 5), ("starts at 0", 101, 0, 0), ("next", 101, 0, 3), ("overlaps", 101, 0, 4),
        ("gap", 101, 0, 8), ("next again", 101, 0, 6), ("first again", 101, 0, 0), ("new epoch", 101, 1, 0),
        ("first of the old epoch", 101, 0, 0), ("next of the old epoch", 101, 0, 9), ("epoch 5", 101, 5, 0),
        ("epoch 5 next", 101, 5, 3), ("epoch 6 wrong", 101, 6, 3), ("near the end", 102, 0, 2**31 - 2),
        ("over the end", 102, 0, 1), ("epoch -1", 103, -1, 0), ("far epoch", 104, 2**15 - 1, 0),
    ]  # fmt: skip
    for label, producer_id, epoch, sequence in steps:
        options = {"producer_id": producer_id, "producer_epoch": epoch, "base_sequence": sequence}
        for version in (9, 7) if label in {"gap", "first again"} else (9,):
            yield label, produce_request("se", batch(**options), version=version), version
    for number in range(6):
        options = {"producer_id": 200, "producer_epoch": 0, "base_sequence": number}
        yield f"one by one {number}", produce_request("se", batch(1, **options)), 9
    for number in range(6):
        options = {"producer_id": 200, "producer_epoch": 0, "base_sequence": number}
        yield f"again {number}", produce_request("se", batch(1, **options)), 9


def offsets_by_time():
    yield "create", create(new_topic("ot", 2), new_topic("otl", message_timestamp_type="LogAppendTime")), 7
    unordered = [Record(i, BASE_MS + at, b"k", b"v") for i, at in enumerate((50, 10, 90, 90, 20))]
    for codec in (0, 1):
        yield "fill", produce_request("ot", bytes(encode_batch(unordered, compression=codec))), 9
    yield "fill", produce_request("otl", batch()), 9
    for at in (0, 10, 11, 50, 51, 90, 91):
        yield f"at {at}", offsets(("ot", 0, BASE_MS + at)), 5
    for version in versions(ApiKey.LIST_OFFSETS):
        yield "newest", offsets(("ot", 0, -3)), version
        yield "several", offsets(("ot", 0, -1), ("ot", 1, -2), ("otl", 0, -1), ("ot", 9, -1)), version
        yield "none", offsets(), version
    for offset in (3, 5):
        rows = [dr.DeleteRecordsPartition(0, offset)]
        yield f"delete to {offset}", dr.DeleteRecordsRequest([dr.DeleteRecordsTopic("ot", rows)], 10_000), 2
        for at in (-2, -3, -4, 0, 90, 91):
            yield f"at {at}", offsets(("ot", 0, at if at < 0 else BASE_MS + at)), 8
    for version in versions(ApiKey.DELETE_RECORDS):
        yield "delete nothing", dr.DeleteRecordsRequest([], 10_000), version
        yield (
            "delete from no topic",
            dr.DeleteRecordsRequest([dr.DeleteRecordsTopic("nope", [dr.DeleteRecordsPartition(0, 1)])], 10_000),
            version,
        )


def wrong_newest():
    """Send headers with a wrong max timestamp, as a client that does not identify itself."""
    claims = {"none": -1, "0": 0, "the last one's": BASE_MS + 10, "too large": BASE_MS + 40, "never": 2**63 - 1}
    times = {"ordered": (0, 10, 30), "unordered": (0, 30, 10, 30), "alone": (30,), "late": (0, 30, 10**10)}
    for label, after in times.items():
        topic = f"wn-{label}"
        yield "create", create(new_topic(topic)), 7
        for codec in range(5):
            for claim, claimed in claims.items():
                batch = encode_batch([Record(0, BASE_MS + at, b"k", b"v" * 100) for at in after], compression=codec)
                header = read_header(batch)
                header.max_timestamp = claimed
                lying = bytes(new_batch(header, bytes(batch[HEADER_BYTES:])))
                yield f"{label}, codec {codec}, {claim}", produce_request(topic, lying), 9
        for at in (0, 5, 10, 11, 30, 31, 40, 41):
            yield f"{label} at {at}", offsets((topic, 0, BASE_MS + at)), 5
        yield f"{label}, newest", offsets((topic, 0, -3)), 8
        rows = [f.FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)]
        asked = [f.FetchTopic(topic=topic, partitions=rows)]
        yield f"{label}, stored", f.FetchRequest(topics=asked, max_wait_ms=0, session_epoch=-1), 12


def sizes_after_deletion():
    yield "create", create(new_topic("sd")), 7
    asked = dld.DescribeLogDirsRequest([dld.DescribableLogDirTopic("sd", [0])])
    yield "empty", asked, 4
    for _ in range(3):
        yield "fill", produce_request("sd", batch()), 9
    yield "filled", asked, 4
    for offset in (4, 9):
        rows = [dr.DeleteRecordsPartition(0, offset)]
        yield f"delete to {offset}", dr.DeleteRecordsRequest([dr.DeleteRecordsTopic("sd", rows)], 10_000), 2
        yield f"deleted to {offset}", asked, 4
    yield "fill", produce_request("sd", batch()), 9
    yield "filled again", asked, 4


def offsets(*rows):
    topics = {}
    for topic, partition, timestamp in rows:
        topics.setdefault(topic, []).append(lo.ListOffsetsPartition(partition, -1, timestamp))
    return lo.ListOffsetsRequest(-1, topics=[lo.ListOffsetsTopic(topic, asked) for topic, asked in topics.items()])


SCENARIOS = (
    produce_by_id,
    bad_records,
    several_partitions,
    fetch_sessions,
    fetch_by_id,
    fetch_committed,
    silent_produce,
    sequences,
    offsets_by_time,
    wrong_newest,
    sizes_after_deletion,
)
